"""Pre-read and post-read (RFC 4527): the entry as it was before an update, and as it is after it.

The value of the request is a list of attributes as in a search, that of the response a SearchResultEntry. As in slapd,
an update that fails brings no entry; a name that stands for no attribute, that of an object class (``@person``)
included, makes a critical control fail. An entry that may not be read isn't shown, and if the control is critical the
update isn't done.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Node
from fakeldapd.directory.select import Selection
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.controls.row import Row
from fakeldapd.operations.request import Request, Session
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import WRITERS
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.registry import AttributeDescriptionError, Schema

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

PRE_READ = b"1.3.6.1.1.13.1"
POST_READ = b"1.3.6.1.1.13.2"

_SEQUENCE = 0x30
_SPECIAL = (b"*", b"+", b"1.1")


class Reading:
    """What is to be read: ``names`` as the client sent them."""

    __slots__ = ("critical", "names")

    def __init__(self, critical: bool, names: tuple[bytes, ...]) -> None:
        self.critical = critical
        self.names = names

    def check(self, schema: Schema) -> None:
        """Raise LDAPError 17 for a name that is no attribute's where the control is critical."""
        for name in self.names if self.critical else ():
            try:
                if name not in _SPECIAL:
                    schema.describe(name)
            except AttributeDescriptionError as error:
                raise LDAPError(ResultCode.UNDEFINED_ATTRIBUTE_TYPE, error.reason) from None


def _names(name: str, value: bytes | None) -> tuple[bytes, ...]:
    """An AttributeSelection (RFC 4511 section 4.5.1). Raises LDAPError 2."""
    if not value:
        state = "absent" if value is None else "empty"
        raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} control: value is {state}")
    try:
        tag, _, _ = ber.header(value, 0)
        if tag != _SEQUENCE:
            raise ber.BERError("not a SEQUENCE")
        names, end = ber.octet_strings(value, 0)
        ber.within(value, end)
    except IndexError:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} control: decoding error") from None
    return names


def _taking(name: str, oid: bytes) -> Callable[[m.Control, dict[bytes, Any]], None]:
    def take(control: m.Control, found: dict[bytes, Any]) -> None:
        if oid in found:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} control: specified multiple times")
        found[oid] = Reading(control.criticality, _names(name, control.value))

    return take


def _understand(directory: "Directory", request: Request, value: Reading) -> Request:
    value.check(directory.schema)
    return request


def _row(name: str, oid: bytes, operations: tuple[type, ...], source: str) -> Row:
    return Row(
        name,
        operations,
        lambda value: _names(name, value),
        source=source,
        shown_by="clients/test_update_controls.py::test_ldapmodify_prints_what_was_read",
        take=_taking(name, oid),
        repeatable=True,
        prepare=_understand,
    )


PRE_ROW = _row("preread", PRE_READ, (m.DeleteRequest, m.ModifyRequest, m.ModifyDNRequest), "RFC 4527 section 3.1")
POST_ROW = _row("postread", POST_READ, (m.AddRequest, m.ModifyRequest, m.ModifyDNRequest), "RFC 4527 section 3.2")


def response(
    directory: "Directory", session: Session, oid: bytes, controls: Mapping[bytes, Any], node: Node
) -> tuple[m.Control, ...]:
    """The response control with the entry at a node, where one of ``controls`` asks for it. Raises LDAPError 50 where
    that is critical and the session may not read the entry.
    """
    reading: Reading | None = controls.get(oid)
    if reading is None:
        return ()
    assert node.entry is not None
    if not allowed(directory.access.guard(session, None, Level.READ), node):
        if reading.critical:
            raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
        return ()
    selection = Selection(
        directory.schema,
        reading.names,
        False,
        lambda attribute_type: directory.access.guard(session, attribute_type, Level.READ),
    )
    found = m.SearchResultEntry(node.text, selection.attributes(node, node.entry))
    return (m.Control(oid, False, WRITERS[m.SearchResultEntry](found)),)
