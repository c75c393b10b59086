"""Bulk load: LDIF records straight into the tree, as slapadd does it.

Content records become entries, operational attributes included where the file has them; change records are carried out
as the administrator's. Each is checked like an operation over the wire, and what is wrong is an LDIFError with the line
it stands on. Whoever loads decides what errors mean: a server that starts gives up, ``fakeldapd check`` goes on and
tells them all.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from fakeldapd.directory.entry import Values
from fakeldapd.directory.ldif import ChangeRecord, ContentRecord, LDIFError, Record
from fakeldapd.operations.add import add_naming_values, check_layout, read_attributes
from fakeldapd.operations.request import Request, Response, Session
from fakeldapd.protocol.messages import Attribute, LDAPResult
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.check import check_classes, check_naming, violations
from fakeldapd.schema.dn import DN, RDN
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

COMPUTED_ATTRIBUTES = frozenset([b"entrydn", b"subschemasubentry", b"hassubordinates", b"numsubordinates"])
"""What a dump may hold and no entry stores, in lower case."""


class Loader:
    """Puts records into a directory.

    ``check_syntax`` false believes the values, as slapadd does with ``-s``. ``keep_operational`` false makes
    operational attributes anew. ``on_error`` is given each LDIFError; without one, the first is raised.
    """

    def __init__(
        self,
        directory: "Directory",
        *,
        check_syntax: bool = True,
        keep_operational: bool = True,
        on_error: Callable[[LDIFError], None] | None = None,
    ) -> None:
        self.directory = directory
        self.check_syntax = check_syntax
        self.keep_operational = keep_operational
        self.on_error = on_error
        self.count = 0
        admin = directory.admin_dn
        self._creator = admin.text if admin is not None else b""
        self._session = Session(identity=admin, is_admin=True)
        self._refused: set[bytes] = set()

    def load(self, records: Iterable[Record]) -> None:
        """Take in every record. Raises LDIFError where there is no ``on_error``."""
        for record in records:
            try:
                if type(record) is ContentRecord:
                    self._entry(record)
                elif type(record) is ChangeRecord:
                    self._change(record)
            except LDAPError as error:
                self._refuse(record, error)
            else:
                self.count += 1

    def _refuse(self, record: Record, error: LDAPError) -> None:
        """Tell what is wrong with a record: all of it where somebody listens, else the first thing, as an exception."""
        if self.on_error is None:
            raise record.error(_reason(error), _line(record, error)) from None
        faults = list(self._faults(record)) if type(record) is ContentRecord else []
        for fault in faults or [error]:
            if fault is not _BELOW_REFUSED:
                self.on_error(record.error(_reason(fault), _line(record, fault)))

    def _faults(self, record: ContentRecord) -> Iterator[LDAPError]:
        """Everything that is wrong with an entry which was refused for one of these things."""
        schema = self.directory.schema
        try:
            dn = schema.dn(record.dn)
        except LDAPError as error:
            yield error
            return
        present: dict[AttributeDescription, Values] = {}
        for name, values in self._given(record):
            yield from _faults_of_values(schema, name, values)
            if (description := schema.find(name)) is not None:
                present[description] = values
        assert dn.rdn is not None
        yield from _faults_together(self.directory, dn.rdn, present)
        below_refused = dn.parent is not None and dn.parent.key in self._refused
        try:
            self._check_place(dn)
        except LDAPError as error:
            yield _BELOW_REFUSED if below_refused else error
        if self.directory.dit.find(dn) is None:
            self._refused.add(dn.key)

    def _entry(self, record: ContentRecord) -> None:
        directory = self.directory
        schema, dit, entries = directory.schema, directory.dit, directory.entries
        dn = schema.dn(record.dn)
        if dn.rdn is None:
            return  # the root DSE, at the top of a dump of everything
        attributes = self._attributes(record)
        class_values = attributes.get(entries.object_class)
        if not class_values:
            raise LDAPError(ResultCode.OBJECT_CLASS_VIOLATION, "no objectClass attribute")
        classes = schema.class_set(class_values)
        check_classes(schema, classes, class_values)
        check_naming(dn.rdn)
        add_naming_values(schema, dn.rdn, attributes)
        directory.stamps.added(attributes, classes, self._creator)
        entry = entries.build(attributes)
        check_layout(schema, entry)
        self._check_place(dn)
        dit.add(dn, entry)

    def _attributes(self, record: ContentRecord) -> dict[AttributeDescription, Values]:
        schema, given = self.directory.schema, self._given(record)
        if self.check_syntax:
            return read_attributes(schema, tuple(given), operational=True)
        return {schema.attribute(name): values for name, values in given}

    def _given(self, record: ContentRecord) -> list[Attribute]:
        """The attributes of a record that are to be stored."""
        schema = self.directory.schema
        given = [a for a in record.attributes if a.type.lower() not in COMPUTED_ATTRIBUTES]
        if not self.keep_operational:
            given = [a for a in given if (d := schema.find(a.type)) is None or not d.type.no_user_modification]
        return given

    def _check_place(self, dn: DN) -> None:
        dit = self.directory.dit
        if dit.context(dn) is None:
            bases = " or ".join(f"'{suffix.text.decode()}'" for suffix in self.directory.suffixes)
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, f"is not below the base DN {bases}; --base sets it")
        if dit.find(dn) is not None:
            raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS, "there is an entry of this DN already")
        if dn.key not in dit.contexts and (dn.parent is None or dit.find(dn.parent) is None):
            assert dn.parent is not None
            raise LDAPError(ResultCode.NO_SUCH_OBJECT, f"its superior '{dn.parent.text.decode()}' does not exist (yet)")

    def _change(self, record: ChangeRecord) -> None:
        for action in self.directory(Request(self._session, 0, record.op, record.controls)):
            if isinstance(action, Response) and isinstance(action.op, LDAPResult) and action.op.code:
                result = action.op
                raise LDAPError(result.code, result.diagnostic.decode(), matched_dn=result.matched_dn)


_BELOW_REFUSED = LDAPError(ResultCode.NO_SUCH_OBJECT)
"""The superior was refused, which has been told already."""


def _faults_of_values(schema: Schema, name: bytes, values: Values) -> Iterator[LDAPError]:
    """What is wrong with one attribute, and with each of its values."""
    done = 0
    while done < len(values):
        try:
            read_attributes(schema, ((Attribute(name, values[done:])),), operational=True)
            return
        except LDAPError as error:
            number = _value_number(error.diagnostic)
            if number is None or error.code != ResultCode.INVALID_ATTRIBUTE_SYNTAX:
                yield error
                return
            done += number + 1
            text = error.diagnostic.replace(f"value #{number}", f"value #{done - 1}", 1)
            yield LDAPError(error.code, text)


def _faults_together(
    directory: "Directory", rdn: RDN, attributes: dict[AttributeDescription, Values]
) -> Iterator[LDAPError]:
    """What is wrong with an entry whose attributes may each be good by themselves."""
    schema, entries = directory.schema, directory.entries
    class_values = attributes.get(entries.object_class)
    if not class_values:
        yield LDAPError(ResultCode.OBJECT_CLASS_VIOLATION, "no objectClass attribute")
        return
    try:
        classes = schema.class_set(class_values)
    except LDAPError:  # told already: the value isn't one
        return
    checks: list[Callable[[], None]] = [
        lambda: check_classes(schema, classes, class_values),
        lambda: check_naming(rdn),
        lambda: add_naming_values(schema, rdn, attributes),
    ]
    for check in checks:
        try:
            check()
        except LDAPError as error:
            yield error
    yield from violations(schema, classes, attributes)


def _line(record: Record, error: LDAPError) -> int | None:
    """The line of the attribute that the diagnostic message names, the record's where it names none."""
    quoted = _NOT_ALLOWED.fullmatch(error.diagnostic)
    name, colon, _ = (quoted[1], ":", "") if quoted else error.diagnostic.partition(":")
    if not colon or " " in name:
        return None
    return record.line_of(name.encode(), _value_number(error.diagnostic) or 0)


_VALUE_NUMBER = re.compile(r"[^ ]+: value #([0-9]+) ")
_NOT_ALLOWED = re.compile("attribute '([^']+)' not allowed")


def _value_number(diagnostic: str) -> int | None:
    found = _VALUE_NUMBER.match(diagnostic)
    return None if found is None else int(found[1])


def _reason(error: LDAPError) -> str:
    text = str(error)
    if error.matched_dn:
        text += f" (found as far as '{error.matched_dn.decode()}')"
    return text
