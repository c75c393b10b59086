"""Request controls (RFC 4511 section 4.1.11): the table by OID, and the rules that hold for every control.

A control is a row: what it is called, which operations it goes with, whether the root DSE names it, and how its value
is read. What it does is the business of the operation. A control that isn't in the table is ignored, unless it is
critical.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

_UPDATES: tuple[type, ...] = (m.AddRequest, m.DeleteRequest, m.ModifyRequest, m.ModifyDNRequest)


@dataclass(slots=True, frozen=True)
class Row:
    """One kind of control. ``read(value)`` gives what the operation sees, or raises LDAPError."""

    name: str
    operations: tuple[type, ...]
    read: Callable[[bytes | None], Any]
    advertised: bool = True


def _no_value(name: str) -> Callable[[bytes | None], bool]:
    def read(value: bytes | None) -> bool:
        if value is not None:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} control value not absent")
        return True

    return read


MANAGE_DSA_IT = b"2.16.840.1.113730.3.4.2"
"""RFC 3296: referral objects are entries like others."""

CONTROLS: Mapping[bytes, Row] = {
    MANAGE_DSA_IT: Row("manageDSAit", (m.SearchRequest, m.CompareRequest, *_UPDATES), _no_value("manageDSAit")),
}

NO_CONTROLS: Mapping[bytes, Any] = {}


def read_controls(op: m.RequestOp, controls: tuple[m.Control, ...]) -> Mapping[bytes, Any]:
    """The values of the controls that count for an operation, by OID.

    Raises LDAPError 12 for a critical control that is unknown, or known and not for this operation; 2 for one that
    comes twice or whose value can't be read.
    """
    found: dict[bytes, Any] = {}
    for control in controls:
        row = CONTROLS.get(control.oid)
        if row is None:
            if control.criticality:
                raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical extension is not recognized")
        elif type(op) not in row.operations:
            if control.criticality:
                raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical extension is unavailable")
        elif control.oid in found:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{row.name} control specified multiple times")
        else:
            found[control.oid] = row.read(control.value)
    return found
