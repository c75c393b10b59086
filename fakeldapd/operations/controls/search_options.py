"""Search Options (MS-ADTS section 3.1.1.3.4.1.12): flags, of which one is known here, 1: Domain Scope.

The other of Active Directory's, 2, asks a global catalogue for all its contexts and is refused with 53 as slapd does,
or ignored where the control isn't critical. slapd doesn't advertise the control.
"""

from typing import Any

from fakeldapd.operations.controls.domain_scope import DOMAIN_SCOPE
from fakeldapd.operations.controls.row import Row, some_value
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import header, integer, within
from fakeldapd.protocol.result import LDAPError, ResultCode

SEARCH_OPTIONS = b"1.2.840.113556.1.4.1340"

_DOMAIN_SCOPE_FLAG = 1


def read(value: bytes | None) -> int:
    """The flags: SEQUENCE { flags INTEGER }. Raises LDAPError 2."""
    value = some_value("searchOptions", value)
    try:
        flags, stop = integer(value, header(value, 0)[1])
        within(value, stop)
    except IndexError:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "searchOptions control decoding error") from None
    return flags


def take(control: m.Control, found: dict[bytes, Any]) -> None:
    """Set what the flags ask for. Raises LDAPError 2, 53."""
    flags = read(control.value)
    if flags & ~_DOMAIN_SCOPE_FLAG:
        if control.criticality:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "searchOptions contained unrecognized flag")
        return
    if flags:
        if DOMAIN_SCOPE in found:
            text = "searchOptions control specified multiple times or with domainScope control"
            raise LDAPError(ResultCode.PROTOCOL_ERROR, text)
        found[DOMAIN_SCOPE] = True


ROW = Row(
    "searchOptions",
    (m.SearchRequest,),
    read,
    advertised=False,
    take=take,
    repeatable=True,
    source="MS-ADTS section 3.1.1.3.4.1.12",
    shown_by="clients/test_search_controls.py::test_ldapsearch_says_what_to_see",
)
