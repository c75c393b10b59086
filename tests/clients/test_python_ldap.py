"""python-ldap, which is OpenLDAP's C library, and its module for schemas."""

from typing import Any

import pytest
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD
from oracle.steps import ALICE, GROUPS, PEOPLE

pytestmark = pytest.mark.requires("python:ldap")


@pytest.fixture
def ldap() -> Any:
    """The module: it isn't everywhere."""
    return pytest.importorskip("ldap")


def connect(ldap: Any, server: Fakeldapd) -> Any:
    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.simple_bind_s(ADMIN, PASSWORD)
    return connection


def test_search(ldap: Any, readable: Fakeldapd) -> None:
    connection = connect(ldap, readable)
    found = connection.search_s(PEOPLE, ldap.SCOPE_SUBTREE, "(uid=alice)", ["cn", "mail"])
    assert found == [
        (
            ALICE,
            {
                "cn": [b"Alice Adams"],
                "cn;lang-de": ["Alice Ädams".encode()],
                "cn;lang-de-at": ["Alice Ädamerl".encode()],
                "mail": [b"alice@example.com", b"Alice.Adams@example.org"],
            },
        )
    ]
    with pytest.raises(ldap.NO_SUCH_OBJECT) as caught:
        connection.search_s(f"ou=none,{PEOPLE}", ldap.SCOPE_BASE)
    assert caught.value.args[0]["matched"] == PEOPLE
    connection.unbind_s()


def test_schema(ldap: Any, readable: Fakeldapd) -> None:
    schema_module = pytest.importorskip("ldap.schema")
    dn, schema = schema_module.subentry.urlfetch(f"ldap://127.0.0.1:{readable.port}")
    assert dn == "cn=Subschema"
    cn = schema.get_obj(schema_module.AttributeType, "commonName")
    assert cn.oid == "2.5.4.3"
    must, _may = schema.attribute_types(["inetOrgPerson"])
    assert {kind.names[0] for kind in must.values()} >= {"sn", "cn", "objectClass"}
    assert schema.get_structural_oc(["inetOrgPerson"]) == "2.16.840.1.113730.3.2.2"


def test_updates(ldap: Any, writable: Fakeldapd) -> None:
    modlist = pytest.importorskip("ldap.modlist")
    connection = connect(ldap, writable)
    new = f"cn=new,{PEOPLE}"
    connection.add_s(new, modlist.addModlist({"objectClass": [b"person"], "cn": [b"new"], "sn": [b"N"]}))
    connection.modify_s(new, [(ldap.MOD_REPLACE, "sn", [b"M"]), (ldap.MOD_ADD, "description", b"x")])
    connection.rename_s(new, "cn=newer", GROUPS)
    assert connection.compare_s(f"cn=newer,{GROUPS}", "sn", b"m") is True
    connection.delete_s(f"cn=newer,{GROUPS}")
    with pytest.raises(ldap.OBJECT_CLASS_VIOLATION) as caught:
        connection.add_s(new, [("objectClass", [b"person"]), ("cn", [b"new"])])
    assert caught.value.args[0]["info"] == "object class 'person' requires attribute 'sn'"
    connection.unbind_s()


def test_extended(ldap: Any, writable: Fakeldapd) -> None:
    connection = connect(ldap, writable)
    assert connection.whoami_s() == f"dn:{ADMIN}"
    connection.passwd_s(ALICE, None, "changed")
    connection.simple_bind_s(ALICE, "changed")
    assert connection.whoami_s() == f"dn:{ALICE}"
    with pytest.raises(ldap.INVALID_CREDENTIALS):
        connection.simple_bind_s(ALICE, "alice-secret")
    connection.unbind_s()


def test_asynchronous(ldap: Any, readable: Fakeldapd) -> None:
    connection = connect(ldap, readable)
    ids = [connection.search(PEOPLE, ldap.SCOPE_ONELEVEL, f"(uid={uid})", ["uid"]) for uid in ("alice", "bob", "none")]
    assert [len(connection.result(message_id)[1]) for message_id in reversed(ids)] == [0, 1, 1]
    connection.abandon(connection.search(BASE, ldap.SCOPE_SUBTREE))
    assert connection.whoami_s() == f"dn:{ADMIN}"
    connection.unbind_s()


def test_reconnecting(ldap: Any, readable: Fakeldapd) -> None:
    ldapobject = pytest.importorskip("ldap.ldapobject")
    connection = ldapobject.ReconnectLDAPObject(f"ldap://127.0.0.1:{readable.port}")
    connection.simple_bind_s(ADMIN, PASSWORD)
    assert len(connection.search_s(PEOPLE, ldap.SCOPE_ONELEVEL, "(uid=*)", ["1.1"])) == 4
    connection.unbind_s()
