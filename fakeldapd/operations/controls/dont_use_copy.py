"""Don't Use Copy (RFC 6171): the client wants no copied data. There are no copies here, so nothing has to be done."""

from fakeldapd.operations.controls.row import Row, no_value
from fakeldapd.protocol import messages as m

DONT_USE_COPY = b"1.3.6.1.1.22"

ROW = Row(
    "dontUseCopy",
    (m.SearchRequest, m.CompareRequest),
    no_value("dontUseCopy"),
    source="RFC 6171 section 2",
    shown_by="clients/test_search_controls.py::test_ldapsearch_says_what_to_see",
)
