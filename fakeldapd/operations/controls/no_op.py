"""No-Op (draft-zeilenga-ldap-noop): an update is checked in every respect and not carried out, which is said with
noOperation (16654). Reading operations don't care.
"""

from fakeldapd.operations.controls.row import UPDATES, Row
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

NO_OP = b"1.3.6.1.4.1.4203.666.5.2"


def read(value: bytes | None) -> bool:
    """Nothing to see. Raises LDAPError 2 where there is a value."""
    if value is not None:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "noop control value not empty")
    return True


ROW = Row(
    "noop",
    (m.SearchRequest, m.CompareRequest, *UPDATES),
    read,
    advertised=False,
    source="draft-zeilenga-ldap-noop section 2",
    shown_by="clients/test_update_controls.py::test_ldapmodify",
)
