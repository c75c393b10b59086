"""Session Tracking (draft-wahl-ldap-session): for whom the client acts. It goes with every request and changes none.

The value is SEQUENCE { sessionSourceIp, sessionSourceName, formatOID, sessionTrackingIdentifier }, four OCTET STRINGs.
It must not be critical, and it may come several times: a proxy adds its own. The access log has it. slapd knows the
control and doesn't advertise it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from fakeldapd.operations.controls.row import UPDATES, Row, some_value
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import BERError, header, octet_string
from fakeldapd.protocol.result import LDAPError, ResultCode

SESSION_TRACKING = b"1.3.6.1.4.1.21008.108.63.1"

_LONGEST = (("sessionSourceIp", 128), ("sessionSourceName", 65536), ("formatOID", 1024))


class Tracked(NamedTuple):
    """The value of one control."""

    source_ip: bytes
    source_name: bytes
    format_oid: bytes
    identifier: bytes


def read(value: bytes | None) -> Tracked:
    """Raises LDAPError 2 for what slapd doesn't take."""
    value = some_value("sessionTracking", value)
    parts = []
    try:
        _, offset, stop = header(value, 0)
        for _ in Tracked._fields:
            part, offset = octet_string(value, offset)
            parts.append(part)
        if offset != stop:
            raise BERError("there must be four")
    except IndexError:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "sessionTracking control decoding error") from None
    for part, (name, longest) in zip(parts, _LONGEST, strict=False):
        if len(part) > longest:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"sessionTracking.{name} too long")
    if not parts[2]:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "sessionTracking.formatOID empty")
    return Tracked(*parts)


def take(control: m.Control, found: dict[bytes, Any]) -> None:
    """Check it; no operation looks at it. Raises LDAPError 2."""
    if control.criticality:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "sessionTracking criticality is TRUE")
    read(control.value)


def tracked(controls: Iterable[m.Control]) -> str:
    """What the session tracking controls among ``controls`` say, for a log: identifiers, separated by spaces."""
    said = []
    for control in controls:
        if control.oid == SESSION_TRACKING:
            try:
                said.append(read(control.value).identifier.decode("utf-8", "backslashreplace"))
            except LDAPError:
                continue
    return " ".join(said)


_EVERY_REQUEST = (
    *UPDATES,
    m.BindRequest,
    m.SearchRequest,
    m.UndecodableModifyRequest,
    m.CompareRequest,
    m.ExtendedRequest,
)

ROW = Row(
    "sessionTracking",
    _EVERY_REQUEST,
    read,
    advertised=False,
    take=take,
    repeatable=True,
    source="draft-wahl-ldap-session",
    shown_by="clients/test_search_controls.py::test_ldapsearch_tracks_a_session",
)
