"""What the table of controls has of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

UPDATES: tuple[type, ...] = (m.AddRequest, m.DeleteRequest, m.ModifyRequest, m.ModifyDNRequest)
"""The requests that change entries."""


@dataclass(slots=True, frozen=True)
class Row:
    """One kind of control.

    ``operations``: the requests it goes with. ``read(value)`` gives what the operation sees, or raises LDAPError.
    ``advertised``: whether the root DSE names it. ``repeatable``: whether it may come twice. ``extended``: the extended
    operations it goes with, by OID.
    """

    name: str
    operations: tuple[type, ...]
    read: Callable[[bytes | None], Any]
    advertised: bool = True
    repeatable: bool = False
    extended: frozenset[bytes] = frozenset()

    def goes_with(self, op: m.RequestOp) -> bool:
        """Whether the control means something with this request."""
        return type(op) in self.operations or (type(op) is m.ExtendedRequest and op.name in self.extended)


def no_value(name: str) -> Callable[[bytes | None], bool]:
    """A ``read`` for controls that have no value."""

    def read(value: bytes | None) -> bool:
        if value is not None:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} control value not absent")
        return True

    return read
