"""What the table of controls has of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakeldapd.operations.request import Request
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

UPDATES: tuple[type, ...] = (m.AddRequest, m.DeleteRequest, m.ModifyRequest, m.ModifyDNRequest)
"""The requests that change entries."""


@dataclass(slots=True, frozen=True)
class Row:
    """One kind of control.

    ``operations``: the requests it goes with. ``read(value)`` gives what the operation sees, or raises LDAPError.
    ``source`` and ``shown_by`` are for the conformance page: where it is specified, and a test of it.
    ``advertised``: whether the root DSE names it. ``take(control, found)``, where a row has one, is called instead of
    ``read``, for a control whose meaning depends on its criticality or on those before it: it puts what the operation
    sees into ``found``. ``repeatable``: whether it may come twice. ``extended``: the extended operations it goes with,
    by OID. ``prepare(directory, request, value)``, where there is one, is called before the operation begins: it gives
    the request that is to be answered, or raises LDAPError.
    """

    name: str
    operations: tuple[type, ...]
    read: Callable[[bytes | None], Any]
    source: str
    shown_by: str
    advertised: bool = True
    take: Callable[[m.Control, dict[bytes, Any]], None] | None = None
    repeatable: bool = False
    extended: frozenset[bytes] = frozenset()
    prepare: "Callable[[Directory, Request, Any], Request] | None" = None

    def goes_with(self, op: m.RequestOp) -> bool:
        """Whether the control means something with this request."""
        return type(op) in self.operations or (type(op) is m.ExtendedRequest and op.name in self.extended)


@dataclass(slots=True, frozen=True)
class Absent:
    """What clients ask other servers for and this one hasn't got: it is as unknown as anything. For the conformance
    page.
    """

    name: str
    source: str


def no_value(name: str) -> Callable[[bytes | None], bool]:
    """A ``read`` for controls that have no value."""

    def read(value: bytes | None) -> bool:
        if value is not None:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} control value not absent")
        return True

    return read


def some_value(name: str, value: bytes | None) -> bytes:
    """The value of a control that must have one. Raises LDAPError 2 where it is absent or empty."""
    if not value:
        state = "absent" if value is None else "empty"
        raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} control value is {state}")
    return value


def with_criticality(read: Callable[[bytes | None], Any], oid: bytes) -> Callable[[m.Control, dict[bytes, Any]], None]:
    """A ``take`` that puts the pair of criticality and what ``read`` gives."""

    def take(control: m.Control, found: dict[bytes, Any]) -> None:
        found[oid] = (control.criticality, read(control.value))

    return take
