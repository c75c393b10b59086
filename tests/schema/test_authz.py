import pytest

from fakeldapd.schema.authz import rule
from fakeldapd.schema.registry import Schema

SCHEMA = Schema()

# Most of what slapd takes and refuses is in values_as_slapd_takes_them.txt.


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (b"CN=Foo, dc=X", b"dn:cn=foo,dc=x"),
        (b"DN.exact:cn=A", b"dn:cn=a"),
        (b"dn.children:*", b"dn:*"),
        (b"dn.Subtree:DC=X", b"dn.subtree:dc=x"),
        (b"dn.regex:CN=.*", b"dn.regex:CN=.*"),
        (b"U:Bjorn", b"U:Bjorn"),
        (b"u.plain/realm:x", b"u.plain/realm:x"),
        (b"group/GROUPOFNAMES/Member:cn=G", b"group/groupOfNames/member:cn=g"),
        (b"group:cn=G", b"group:cn=g"),
        (b"ldap:///DC=X??sub", b"ldap:///dc=x??sub"),
        (b"LDAP:///dc=x", b"ldap:///dc=x??base"),
        (b"ldap:///dc=x??sub?cn=a", b"ldap:///dc=x??sub?(cn=a)"),
        (b"ldap:///dc=x??sub?(cn=a b)", b"ldap:///dc=x??sub?(cn=a%20b)"),
        (b"ldap:///cn=a%2c dc=x", b"ldap:///cn=a,dc=x??base"),
        (b"ldap:///dc=x??foo", None),
        (b"ldap:///dc=x??sub?(cn=a", None),
        (b"ldap:///dc=x?cn?sub", None),
        (b"ldap://host/dc=x", None),
        (b"ldap:///dc=x????x", None),
        (b"group/noSuch:cn=g", None),
        (b"group/groupOfNames/noSuch:cn=g", None),
        (b"dn.one:dc=x", None),
        (b"{0}dn:cn=a", None),
        (b"junk", None),
    ],
)
def test_rules_are_compared_in_normal_form(value: bytes, normal: bytes | None) -> None:
    assert rule(value, SCHEMA, lambda name: SCHEMA.dn(name).key) == normal
