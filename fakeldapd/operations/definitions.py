"""Changes of the definitions that one entry of the configuration directory holds: what they make of its values, and of
the schema."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fakeldapd.directory import ordered
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.operations.add import check_layout
from fakeldapd.operations.modify import Edit
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.description import SchemaError
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import SchemaCheck
from fakeldapd.schema.revision import Revision

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

KINDS = {
    b"olcObjectIdentifier": "objectIdentifiers",
    b"olcLdapSyntaxes": "ldapSyntaxes",
    b"olcAttributeTypes": "attributeTypes",
    b"olcObjectClasses": "objectClasses",
    b"olcDitContentRules": "dITContentRules",
}
"""The attributes that hold definitions, in the order in which slapd reads them, and the kind that each holds."""


def put_in_order(description: AttributeDescription, values: Values) -> Values:
    """The values of a new entry with the positions that they asked for. Raises LDAPError 21."""
    found = ordered.in_order(values)
    if found is None:
        text = f"ordered_value_sort failed on attr {description.name.decode()}\n"
        raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, text)
    return ordered.numbered(found)


class Changes:
    """Made for one request. ``source`` names the entry in messages; ``built_in`` says that it is the one with the
    definitions that are always there, which stay.

    ``after`` is what each attribute holds in the end, without positions. Nothing is in force before ``put_in_force``.
    """

    def __init__(self, directory: "Directory", source: str, *, built_in: bool = False) -> None:
        self.after: dict[AttributeDescription, list[bytes]] = {}
        self._directory = directory
        self._source = source
        self._built_in = built_in
        self._revision: Revision | None = None
        self._steps: list[tuple[bool, AttributeDescription, bytes]] = []
        self._others: dict[AttributeDescription, Values] = {}

    @property
    def revision(self) -> Revision:
        """The schema as it will be."""
        if self._revision is None:
            self._revision = self._directory.schema.revision()
        return self._revision

    # --- what a request asks for --------------------------------------------------------------------------------------

    def take(self, edit: Edit, old: Entry) -> None:
        """Understand one change of a modify request. Raises LDAPError 16, 20, 53, 67."""
        name = edit.description.type.name
        if name == b"olcDitContentRules" and edit.operation in (m.ModifyOperation.DELETE, m.ModifyOperation.REPLACE):
            raise LDAPError(ResultCode.OTHER, "cannot delete olcDitContentRules")
        if name in KINDS:
            have = self.after.get(edit.description)
            if have is None:
                have = self.after[edit.description] = ordered.plain(old.values(edit.description))
            if edit.operation == m.ModifyOperation.ADD:
                self._add(edit, have)
            elif edit.operation == m.ModifyOperation.REPLACE and edit.values:
                self._delete_all(edit, have)
                self._add(edit, have)
            else:
                self._delete(edit, have)
        elif name == b"cn":
            raise LDAPError(ResultCode.NOT_ALLOWED_ON_RDN, "Use modrdn to change the entry name")
        elif name == b"objectClass":
            _check_classes(edit, old.values(edit.description))
        elif edit.values and edit.operation != m.ModifyOperation.DELETE:
            self._others[edit.description] = edit.values
        elif edit.description not in old:
            text = f"modify/delete: {edit.name}: no such attribute"
            raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE, text)
        else:
            self._others[edit.description] = ()

    def _add(self, edit: Edit, have: list[bytes]) -> None:
        for number, value in enumerate(edit.values):
            position, rest = ordered.split(value)
            if position is None and ordered.find(have, rest) is not None:
                text = f"modify/add: {edit.name}: value #{number} already exists"
                raise LDAPError(ResultCode.ATTRIBUTE_OR_VALUE_EXISTS, text)
        for value in edit.values:
            self._steps.append((True, edit.description, ordered.insert(have, value)))

    def _delete(self, edit: Edit, have: list[bytes]) -> None:
        if not have:
            raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE, f"modify/delete: {edit.name}: no such attribute")
        if not edit.values:
            self._delete_all(edit, have)
            return
        gone = set()
        for value in edit.values:
            position = ordered.find(have, value)
            if position is None:
                raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE, f"modify/delete: {edit.name}: no such value")
            gone.add(position)
        if self._built_in:
            raise LDAPError(ResultCode.OPERATIONS_ERROR)
        self._steps += [(False, edit.description, have[position]) for position in sorted(gone)]
        have[:] = [value for position, value in enumerate(have) if position not in gone]

    def _delete_all(self, edit: Edit, have: list[bytes]) -> None:
        if self._built_in and have:
            raise LDAPError(ResultCode.OTHER)
        self._steps += [(False, edit.description, value) for value in have]
        have.clear()

    def check(self, inner: "Directory", new: Entry) -> None:
        """Whether an entry of the configuration may be what the request makes of it. Raises LDAPError 53, 65."""
        check_layout(inner.schema, inner.entries.change(new, self._others))
        if self._others:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "only definitions can be changed here")

    # --- what becomes of the schema -----------------------------------------------------------------------------------

    def make(self) -> None:
        """Take out and put in, in the order of the request. Raises LDAPError 19, 53, 80."""
        for new, description, value in self._steps:
            (self.put_in if new else self._take_out)(description, value)

    def put_in(self, description: AttributeDescription, value: bytes) -> None:
        """Put in the definition that a value, without a position, holds. Raises LDAPError 19, 80."""
        name = description.name.decode()
        kind = KINDS[description.type.name]
        try:
            text = value.decode()
        except UnicodeDecodeError:  # only where values aren't checked
            raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, f"{name}: value is not UTF-8") from None
        try:
            if kind == "objectIdentifiers":
                words = len(text.split())
                if words != 2:
                    wrong = "missing <name> <oid> argument" if words < 2 else "extra cruft after <name> <oid>"
                    raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, f"<{name}> {wrong}")
                self.revision.define_macro(text, self._source)
            elif text.lstrip().startswith("("):
                self.revision.put_in(kind, text, self._source)
            elif kind == "dITContentRules":
                raise LDAPError(ResultCode.OTHER, f"{name}: Unexpected end of data before ")
            else:
                raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, f"<{name}> old format not supported")
        except SchemaError as error:
            raise LDAPError(ResultCode.OTHER, f"{name}: {error.terse or error.reason}") from None

    def _take_out(self, description: AttributeDescription, value: bytes) -> None:
        if description.type.name == b"olcObjectIdentifier":
            raise LDAPError(ResultCode.OTHER)
        try:
            self.revision.take_out(KINDS[description.type.name], value.decode(), self._source)
        except SchemaError as error:
            raise LDAPError(ResultCode.OTHER, f"{description.name.decode()}: {error.reason}") from None

    def put_in_force(self, inner: "Directory") -> None:
        """Change the schema, and what was worked out under the old one. Raises LDAPError 53 where a definition that
        goes is needed; then nothing has changed."""
        if self._revision is None:
            return
        directory, revision = self._directory, self._revision
        try:
            revision.complete()
        except SchemaError as error:
            text = f"what is in use can't be taken out: {error.reason.partition(';')[0]}"
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, text) from None
        _check_unused(revision, (directory, inner))
        directory.schema.put_in_force(revision)
        renew = revision.affects_entries or directory.schema.check is not SchemaCheck.STRICT
        for each in (directory, inner):
            each.entries.forget_layouts()
            if renew:
                each.dit.renew(each.entries)


def _check_classes(edit: Edit, have: Values) -> None:
    """Refuse another list of classes; the same one again is none."""
    known = {value.lower() for value in have}
    if edit.operation == m.ModifyOperation.REPLACE and {value.lower() for value in edit.values} == known:
        return
    if edit.operation == m.ModifyOperation.ADD:
        for number, value in enumerate(edit.values):
            if value.lower() in known:
                text = f"modify/add: objectClass: value #{number} already exists"
                raise LDAPError(ResultCode.ATTRIBUTE_OR_VALUE_EXISTS, text)
    raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "objectclass modification disallowed")


def _check_unused(revision: Revision, directories: "Sequence[Directory]") -> None:
    """Raises LDAPError 53 where an entry has a type or class that would be gone."""
    gone = revision.gone()
    if not gone:
        return
    layouts = {node.entry.layout for each in directories for node in each.dit.nodes() if node.entry is not None}
    for layout in layouts:
        for element in (*[d.type for d in layout.descriptions], *layout.classes.all):
            if element in gone:
                text = f"what is in use can't be taken out: entries have {element.name.decode()}"
                raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, text)
