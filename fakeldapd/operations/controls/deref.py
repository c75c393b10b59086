"""Dereference (draft-masarati-ldap-deref): with an entry come attributes of the entries that its DNs name.

The value is SEQUENCE OF SEQUENCE { derefAttr, SEQUENCE OF AttributeDescription }; each entry that has such an attribute
gets a response control with, for each of its values, the attributes asked for. A value that names nothing, or nothing
that may be read, comes without attributes. Stored attributes only, each by exactly its description, as in slapd, where
this is an overlay.
"""

from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Node
from fakeldapd.directory.evaluate import Guard
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.controls.row import Row, some_value, with_criticality
from fakeldapd.operations.request import Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element, find_element, header, octet_string, octet_strings, within
from fakeldapd.protocol.decode import attribute_values
from fakeldapd.protocol.encode import octet_string as encode_octet_string
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.elements import AttributeDescription

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

DEREF = b"1.3.6.1.4.1.4203.666.5.16"

_NAMES = ("1.3.6.1.4.1.1466.115.121.1.12", "1.3.6.1.4.1.1466.115.121.1.34")
"""The syntaxes whose values are DNs: DN, Name and Optional UID."""

Specification = tuple[bytes, tuple[bytes, ...]]


def _refused(text: str) -> LDAPError:
    return LDAPError(ResultCode.PROTOCOL_ERROR, f"Dereference control: {text}")


def read(value: bytes | None) -> tuple[Specification, ...]:
    """What is asked for: attribute descriptions of DNs, each with those of the attributes wanted. Raises LDAPError 2.

    What is no list at all asks for nothing, as in slapd. A specification that can't be read is the last one, and has no
    attributes: slapd looks at what the earlier ones mean before it reads on.
    """
    value = some_value("Dereference", value)
    found: list[Specification] = []
    outer = find_element(value, 0)
    if outer is None:
        return ()
    _, offset, stop = outer
    try:
        while offset < stop and find_element(value, offset) is not None:
            _, offset, _ = header(value, offset)
            name, offset = octet_string(value, offset)
            wanted, offset = octet_strings(value, offset)
            within(value, offset)
            found.append((name, wanted))
            if not wanted:
                break
    except IndexError:
        found.append((b"", ()))
    if found and not found[0][1]:
        raise _refused("derefSpec decoding error")
    return tuple(found)


ROW = Row(
    "Dereference",
    (m.SearchRequest,),
    read,
    take=with_criticality(read, DEREF),
    source="draft-masarati-ldap-deref section 2",
    shown_by="clients/test_search_controls.py::test_ldapsearch_dereferences",
)


class Dereferencing:
    """Makes the response controls of one search. Raises LDAPError 2 for descriptions that don't fit.

    ``specifications`` is empty where a control that isn't critical names an attribute without DNs: it is ignored then.
    """

    def __init__(
        self, directory: "Directory", session: Session, request: tuple[bool, tuple[Specification, ...]]
    ) -> None:
        critical, wanted = request
        self.specifications: list[tuple[AttributeDescription, list[AttributeDescription]]] = []
        self._find = directory.dit.find
        self._schema = schema = directory.schema
        self._access = directory.access
        self._session = session
        self._guards: dict[Any, Guard | None] = {}
        for name, names in wanted:
            if not names:
                raise _refused("derefSpec decoding error")
            description = schema.find(name)
            if description is None:
                raise _refused("derefAttr decoding error")
            if any(description is other for other, _ in self.specifications):
                raise _refused("derefAttr must be unique within control")
            if description.type.syntax.oid not in _NAMES:
                if critical:
                    raise _refused("derefAttr syntax not distinguishedName")
                self.specifications = []
                return
            attributes = [schema.find(each) for each in names]
            if None in attributes:
                raise _refused("attribute decoding error")
            self.specifications.append((description, attributes))  # type: ignore[arg-type]

    def control(self, node: Node) -> m.Control | None:
        """The response control for one entry, None where it has none of the attributes."""
        results = []
        assert node.entry is not None
        for description, wanted in self.specifications:
            position = node.entry.layout.index.get(description)
            if position is None or not allowed(self._guard(description.type), node):
                continue
            for value in attribute_values(node.entry.attributes[position]):
                attributes = self._attributes(value, wanted)
                named = description.header + encode_octet_string(value)
                results.append(element(b"\x30", named + (element(b"\xa0", attributes) if attributes else b"")))
        return m.Control(DEREF, False, element(b"\x30", b"".join(results))) if results else None

    def _attributes(self, value: bytes, wanted: list[AttributeDescription]) -> bytes:
        """The attributes of the entry that a value names, encoded one behind the other."""
        try:
            node = self._find(self._schema.dn(value))
        except LDAPError:
            return b""
        if node is None or node.entry is None or not allowed(self._guard(None), node):
            return b""
        entry = node.entry
        return b"".join(
            [
                entry.attributes[position]
                for description in wanted
                if (position := entry.layout.index.get(description)) is not None
                and allowed(self._guard(description.type), node)
            ]
        )

    def _guard(self, attribute_type: Any) -> Guard | None:
        try:
            return self._guards[attribute_type]
        except KeyError:
            guard = self._access.guard(self._session, attribute_type, Level.READ)
            self._guards[attribute_type] = guard
            return guard
