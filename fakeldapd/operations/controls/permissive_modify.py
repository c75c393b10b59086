"""Permissive Modify (draft-zeilenga-ldap-permissive, from Active Directory): adding a value that is there and deleting
an attribute that isn't are no errors.

slapd still refuses to delete a value that the attribute hasn't got (16, and doesn't say why); so it is here.
"""

from fakeldapd.operations.controls.row import Row, no_value
from fakeldapd.protocol import messages as m

PERMISSIVE_MODIFY = b"1.2.840.113556.1.4.1413"

ROW = Row(
    "permissiveModify",
    (m.ModifyRequest,),
    no_value("permissiveModify"),
    advertised=False,
    source="draft-zeilenga-ldap-permissive",
    shown_by="clients/test_update_controls.py::test_python_ldap",
)
