"""``fake://`` URIs, and directories behind other ones."""

from collections.abc import Iterator

import pytest

import fakeldapd.ldap as ldap
from fakeldapd import FakeDirectory, FakeLDAPServer
from fakeldapd.ldap.transport import opening

ORGANIZATION = [("objectClass", [b"dcObject", b"organization"]), ("o", b"Example"), ("dc", b"example")]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    opening.forget_named()


@pytest.mark.parametrize(
    ("uri", "base"), [("fake://one", "dc=example,dc=com"), ("fake://two/dc=example,dc=org", "dc=example,dc=org")]
)
def test_a_directory_is_made_when_it_is_named(uri: str, base: str) -> None:
    connection = ldap.initialize(uri)
    assert connection.get_naming_contexts() == [base.encode()]
    assert connection.get_option(ldap.OPT_URI) == uri
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        connection.search_s(base, ldap.SCOPE_SUBTREE)
    connection.simple_bind_s(f"cn=admin,{base}", "admin")
    connection.add_s(base, ORGANIZATION)
    again = ldap.initialize(uri)
    assert again.search_s(base, ldap.SCOPE_BASE, attrlist=["o"]) == [(base, {"o": [b"Example"]})]
    other = ldap.initialize("fake://three")
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        other.search_s("dc=example,dc=com", ldap.SCOPE_BASE)


def test_every_uri() -> None:
    one, all_others = FakeDirectory(), FakeDirectory(empty=True, base="o=other")
    ldap.register("ldap://directory.example:3890", one)
    ldap.register("*", all_others)
    try:
        assert ldap.initialize("ldap://directory.example:3890").get_naming_contexts() == [b"dc=example,dc=com"]
        with_more = ldap.initialize("ldap://directory.example:3890/dc=x??sub")
        assert with_more.get_naming_contexts() == [b"dc=example,dc=com"]
        for uri in ("ldap://directory.example", "ldaps://elsewhere", "ldapi://", "ldap://a ldap://b"):
            assert ldap.initialize(uri).get_naming_contexts() == [b"o=other"]
        assert set(opening.registered()) == {"ldap://directory.example:3890", "*"}
    finally:
        ldap.register("*", None)
        ldap.register("ldap://directory.example:3890", None)
    assert not opening.registered()


def test_the_first_that_is_there() -> None:
    away, there = FakeDirectory(empty=True, base="o=away"), FakeDirectory(empty=True, base="o=there")
    away.down = True
    ldap.register("ldap://away", away)
    ldap.register("ldap://there", there)
    try:
        assert ldap.initialize("ldap://away ldap://there").get_naming_contexts() == [b"o=there"]
    finally:
        ldap.register("ldap://away", None)
        ldap.register("ldap://there", None)


def test_a_uri_that_is_none() -> None:
    with pytest.raises(ValueError, match="http"):
        ldap.register("http://x", FakeDirectory())


def test_the_directory_remembers_what_was_asked() -> None:
    ldap.register("ldap://remembering", directory := FakeDirectory())
    try:
        connection, leaking, idle = (ldap.initialize("ldap://remembering") for _ in range(3))
        connection.simple_bind_s("uid=alice,ou=people,dc=example,dc=com", "alice-secret")
        connection.abandon(connection.search(directory.base_dn, ldap.SCOPE_SUBTREE))
        connection.unbind_s()
        directory.assert_order(("bind", {"password": "alice-secret"}), "unbind")
        directory.assert_unbound()
        leaking.whoami_s()
        with pytest.raises(AssertionError, match=r"1 of 2 .*\n  connection 2 .* still open: 1 requests"):
            directory.assert_unbound(timeout=0.01)
        leaking.unbind_s()
        idle.unbind_s()  # never asked, never connected
        directory.assert_unbound()
    finally:
        ldap.register("ldap://remembering", None)


def test_what_cannot_be_asked_in_this_thread() -> None:
    with FakeLDAPServer() as server:
        for wrong in (server, server.directory, "ldap://elsewhere"):
            with pytest.raises(TypeError, match="a server is asked over its own URL"):
                ldap.register("ldap://directory.example", wrong)
    assert opening.registered() == {}
