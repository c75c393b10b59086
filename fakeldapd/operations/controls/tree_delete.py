"""Tree Delete (draft-armijo-ldap-treedelete, Active Directory): with an entry goes what is below it.

slapd knows the control and refuses it. Here it works, for tests of clients that use it.
"""

from fakeldapd.operations.controls.row import Row, no_value
from fakeldapd.protocol import messages as m

TREE_DELETE = b"1.2.840.113556.1.4.805"

ROW = Row(
    "treeDelete",
    (m.DeleteRequest,),
    no_value("treeDelete"),
    advertised=False,
    source="draft-armijo-ldap-treedelete",
    shown_by="clients/test_update_controls.py::test_a_subtree_is_deleted_one_by_one_or_at_once",
)
