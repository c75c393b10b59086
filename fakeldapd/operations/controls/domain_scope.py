"""Domain Scope (MS-ADTS section 3.1.1.3.4.1.4): a search makes no referrals.

Referral objects in scope are passed over; a base at or below one doesn't exist. slapd knows the control and doesn't
advertise it.
"""

from fakeldapd.operations.controls.row import Row
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

DOMAIN_SCOPE = b"1.2.840.113556.1.4.1339"


def read(value: bytes | None) -> bool:
    """Raises LDAPError 2 for a value; an empty one is let pass, as slapd does."""
    if value:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "domainScope control value not absent")
    return True


ROW = Row(
    "domainScope",
    (m.SearchRequest,),
    read,
    advertised=False,
    source="MS-ADTS section 3.1.1.3.4.1.4",
    shown_by="clients/test_search_controls.py::test_ldapsearch_says_what_to_see",
)
