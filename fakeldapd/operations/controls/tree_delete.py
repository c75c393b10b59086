"""Tree Delete (draft-armijo-ldap-treedelete, Active Directory): with an entry goes what is below it.

slapd knows the control and refuses it. Here it works, for tests of clients that use it.
"""

from fakeldapd.operations.controls.row import Row, no_value
from fakeldapd.protocol import messages as m

TREE_DELETE = b"1.2.840.113556.1.4.805"

ROW = Row("treeDelete", (m.DeleteRequest,), no_value("treeDelete"), advertised=False)
