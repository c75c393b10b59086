"""ManageDsaIT (RFC 3296 section 3): referral objects are entries like others."""

from fakeldapd.operations.controls.row import UPDATES, Row, no_value
from fakeldapd.protocol import messages as m

MANAGE_DSA_IT = b"2.16.840.1.113730.3.4.2"

ROW = Row(
    "manageDSAit",
    (m.SearchRequest, m.CompareRequest, *UPDATES),
    no_value("manageDSAit"),
    source="RFC 3296 section 3",
    shown_by="clients/test_update_controls.py::test_ldapmodify",
)
