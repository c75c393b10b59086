"""Subentries (RFC 3672 section 3): whether a search is for subentries or for entries.

Without the control a search of base scope sees both, any other sees entries only. The value is a BOOLEAN, the
visibility: TRUE for subentries only, FALSE for entries only.
"""

from fakeldapd.operations.controls.row import Row
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

SUBENTRIES = b"1.3.6.1.4.1.4203.1.10.1"


def read(value: bytes | None) -> bool:
    """The visibility. Raises LDAPError 2."""
    if value is None or len(value) != 3 or value[:2] != b"\x01\x01":
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "subentries control value encoding is bogus")
    return value[2] != 0


ROW = Row(
    "subentries",
    (m.SearchRequest,),
    read,
    source="RFC 3672 section 3",
    shown_by="clients/test_search_controls.py::test_ldapsearch_says_what_to_see",
)
