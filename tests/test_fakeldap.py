"""The first fake's API, as it was, and where it was wrong."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

import fakeldapd.ldap as shim
from fakeldapd import fakeldap
from fakeldapd.fakeldap import MOD_ADD, MOD_DELETE, MOD_REPLACE, SCOPE_BASE, SCOPE_SUBTREE, FakeLDAP, Store

ALICE = "uid=alice,ou=people,dc=x"
STAFF = "cn=staff,ou=groups,dc=x"


@pytest.fixture(autouse=True)
def store() -> Iterator[Store]:
    store = Store.instance()
    yield store
    store.flushdb()


@pytest.fixture
def connection() -> FakeLDAP:
    connection = fakeldap.initialize("fake://whatever")
    connection.add_s(ALICE, [("objectclass", ["novaUser", "person"]), ("uid", ["alice"]), ("isAdmin", "True")])
    connection.add_s(STAFF, [("objectclass", "groupOfNames"), ("cn", ["staff"]), ("member", [ALICE])])
    connection.add_s("cn=p,ou=projects,dc=x", [("objectclass", ["novaProject"]), ("cn", "p"), ("member", [ALICE])])
    return connection


def names(connection: FakeLDAP, query: str | None = None, base: str = "dc=x", scope: int = SCOPE_SUBTREE) -> list[str]:
    return [dn.partition(",")[0] for dn, _ in connection.search_s(base, scope, query)]


def test_the_constants() -> None:
    assert (fakeldap.SCOPE_BASE, fakeldap.SCOPE_ONELEVEL, fakeldap.SCOPE_SUBTREE) == (0, 1, 2)
    assert (fakeldap.MOD_ADD, fakeldap.MOD_DELETE, fakeldap.MOD_REPLACE) == (0, 1, 2)


@pytest.mark.parametrize("name", ["NO_SUCH_OBJECT", "OBJECT_CLASS_VIOLATION", "SERVER_DOWN"])
def test_the_exceptions_are_those_of_the_shim(name: str) -> None:
    assert getattr(fakeldap, name) is getattr(shim, name)


def test_anybody_may_bind_and_unbinding_ends_nothing(connection: FakeLDAP) -> None:
    connection.simple_bind_s("cn=nobody", "wrong")
    connection.unbind_s()
    assert names(connection)


def test_connections_share_the_store(connection: FakeLDAP) -> None:
    assert names(FakeLDAP(), "(uid=alice)") == ["uid=alice"]


# --- what the store has ---


def test_there_is_one_store(store: Store) -> None:
    assert Store.instance() is store
    with pytest.raises(RuntimeError):
        Store()


def test_keys_fields_and_values_are_as_they_were(connection: FakeLDAP, store: Store) -> None:
    assert store.keys("ldap:uid=*") == [f"ldap:{ALICE}"]
    assert len(store.keys()) == 3
    assert store.hget(f"ldap:{ALICE}", "uid") == '["alice"]'
    assert store.hgetall(f"ldap:{ALICE}")["isAdmin"] == '["True"]'
    assert store.hget("nothing", "uid") is None
    assert store.hgetall("nothing") == {}
    store.hset("ldap:cn=new,dc=x", "cn", '["new"]')
    store.hmset("ldap:cn=new,dc=x", {"sn": '["n"]'})
    assert connection.search_s("cn=new,dc=x", SCOPE_BASE) == [("cn=new,dc=x", {"cn": ["new"], "sn": ["n"]})]
    store.delete("ldap:cn=new,dc=x")
    store.delete("ldap:cn=new,dc=x")
    assert "cn=new" not in names(connection)


# --- adding, deleting, renaming ---


def test_adding_to_an_entry_that_is_there_merges(connection: FakeLDAP) -> None:
    connection.add_s("UID=Alice, ou=people,dc=x", [("ISADMIN", "False"), ("mail", ["a@x"])])
    [(dn, attributes)] = connection.search_s(ALICE, SCOPE_BASE)
    assert (dn, attributes["isAdmin"], attributes["mail"], attributes["uid"]) == (ALICE, ["False"], ["a@x"], ["alice"])


def test_a_parent_is_not_needed_and_children_outlive_it(connection: FakeLDAP) -> None:
    connection.add_s("ou=people,dc=x", [("ou", "people")])
    connection.delete_s("ou=people,dc=x")
    assert names(connection, base="ou=people,dc=x") == ["uid=alice"]


def test_deleting_nothing_is_silent(connection: FakeLDAP) -> None:
    connection.delete_s("cn=nothing,dc=x")
    connection.delete_s(ALICE)
    assert "uid=alice" not in names(connection)


def test_a_rename_keeps_the_place_and_the_attributes(connection: FakeLDAP) -> None:
    connection.add_s("cn=a\\,b,dc=x", [("cn", "a,b")])
    connection.modrdn_s("cn=a\\,b,dc=x", "cn=c")
    assert connection.search_s("cn=c,dc=x", SCOPE_BASE) == [("cn=c,dc=x", {"cn": ["a,b"]})]
    with pytest.raises(fakeldap.NO_SUCH_OBJECT):
        connection.modrdn_s("cn=a\\,b,dc=x", "cn=d")
    connection.add_s("cn=top", [("cn", "top")])
    connection.modrdn_s("cn=top", "cn=root")
    assert names(connection, base="cn=root", scope=SCOPE_BASE) == ["cn=root"]


# --- changes ---


@pytest.mark.parametrize(
    ("change", "mail"),
    [
        ((MOD_ADD, "mail", "c"), ["a", "b", "c"]),
        ((MOD_ADD, "MAIL", ["c", "d"]), ["a", "b", "c", "d"]),
        ((MOD_REPLACE, "mail", "c"), ["c"]),
        ((MOD_REPLACE, "mail", ["c", "d"]), ["c", "d"]),
        ((MOD_DELETE, "mail", "a"), ["b"]),
        ((MOD_DELETE, "mail", ["a", "b"]), []),
        ((MOD_DELETE, "mail", None), []),
    ],
)
def test_a_change(connection: FakeLDAP, change: Any, mail: list[str]) -> None:
    connection.add_s(ALICE, [("mail", ["a", "b"])])
    connection.modify_s(ALICE, [change])
    assert connection.search_s(ALICE, SCOPE_BASE)[0][1]["mail"] == mail


def test_an_attribute_that_is_not_there_is_added_to(connection: FakeLDAP) -> None:
    connection.modify_s(ALICE, [(MOD_ADD, "mail", "a")])
    assert names(connection, "(mail=a)") == ["uid=alice"]


@pytest.mark.parametrize(
    ("dn", "change", "error"),
    [
        ("uid=bob,dc=x", (MOD_ADD, "mail", "a"), "NO_SUCH_OBJECT"),
        (ALICE, (MOD_DELETE, "mail", "a"), "NO_SUCH_ATTRIBUTE"),
        (ALICE, (MOD_DELETE, "uid", "bob"), "NO_SUCH_ATTRIBUTE"),
        (STAFF, (MOD_DELETE, "member", ALICE), "OBJECT_CLASS_VIOLATION"),
        (STAFF, (MOD_REPLACE, "Member", []), "OBJECT_CLASS_VIOLATION"),
        ("cn=p,ou=projects,dc=x", (MOD_DELETE, "member", None), "OBJECT_CLASS_VIOLATION"),
    ],
)
def test_a_change_that_is_refused_changes_nothing(connection: FakeLDAP, dn: str, change: Any, error: str) -> None:
    before = connection.search_s("dc=x", SCOPE_SUBTREE)
    with pytest.raises(getattr(shim, error)) as caught:
        connection.modify_s(dn, [(MOD_ADD, "description", "d"), change])
    assert caught.value.args[0]["result"] == caught.value.errnum
    assert connection.search_s("dc=x", SCOPE_SUBTREE) == before


def test_the_member_of_what_is_no_group_may_go(connection: FakeLDAP) -> None:
    connection.add_s(ALICE, [("member", ["x"])])
    connection.modify_s(ALICE, [(MOD_DELETE, "member", "x")])
    assert connection.search_s(ALICE, SCOPE_BASE)[0][1]["member"] == []


# --- searches ---


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (None, ["uid=alice", "cn=staff", "cn=p"]),
        ("", ["uid=alice", "cn=staff", "cn=p"]),
        ("(uid=alice)", ["uid=alice"]),
        ("uid=ALICE", ["uid=alice"]),
        ("(isAdmin=true)", ["uid=alice"]),
        ("(isAdmin=T*)", ["uid=alice"]),
        ("(cn=*)", ["cn=staff", "cn=p"]),
        ("(cn~=staff)", ["cn=staff"]),
        ("(isAdmin>=s)", ["uid=alice"]),
        ("(isAdmin<=s)", []),
        ("(!(cn=*))", ["uid=alice"]),
        ("(&(cn=*)(member=UID=alice, OU=people,dc=x)(!(cn=p)))", ["cn=staff"]),
        ("(|(uid=x)(cn=staff)(cn=p)(cn=q))", ["cn=staff", "cn=p"]),
        ("(&(objectclass=groupOfNames)(cn=*))", ["cn=staff", "cn=p"]),
        ("(objectclass=novaProject)", ["cn=p"]),
        ("(objectclass=novauser)", ["uid=alice"]),
        ("(nothing=x)", []),
        ("(ou:dn:=people)", ["uid=alice"]),
    ],
)
def test_a_filter(connection: FakeLDAP, query: str | None, found: list[str]) -> None:
    assert names(connection, query) == found


def test_what_is_no_filter(connection: FakeLDAP) -> None:
    with pytest.raises(shim.FILTER_ERROR):
        names(connection, "((uid=alice)")


@pytest.mark.parametrize(
    ("base", "scope", "found"),
    [
        ("dc=x", SCOPE_SUBTREE, ["uid=alice", "cn=staff", "cn=p"]),
        ("DC = X", SCOPE_SUBTREE, ["uid=alice", "cn=staff", "cn=p"]),
        ("ou=groups,dc=x", SCOPE_SUBTREE, ["cn=staff"]),
        (STAFF, SCOPE_SUBTREE, ["cn=staff"]),
        (STAFF, SCOPE_BASE, ["cn=staff"]),
        ("", SCOPE_SUBTREE, ["uid=alice", "cn=staff", "cn=p"]),
        ("ou=groups,dc=x", SCOPE_BASE, None),
        ("dc=y", SCOPE_SUBTREE, None),
        ("c=x", SCOPE_SUBTREE, None),
        ("uid=*,ou=people,dc=x", SCOPE_BASE, None),
        ("no name", SCOPE_SUBTREE, None),
    ],
)
def test_a_base(connection: FakeLDAP, base: str, scope: int, found: list[str] | None) -> None:
    if found is None:
        with pytest.raises(fakeldap.NO_SUCH_OBJECT):
            connection.search_s(base, scope)
    else:
        assert names(connection, base=base, scope=scope) == found


def test_a_key_that_is_no_name_is_found_by_its_text(connection: FakeLDAP) -> None:
    connection.add_s("no name", [("cn", "n")])
    assert connection.search_s("no name", SCOPE_BASE, "(cn=n)") == [("no name", {"cn": ["n"]})]
    assert connection.search_s("no name", SCOPE_BASE, "(cn=x)") == []
    assert "no name" not in names(connection)


def test_only_two_scopes_are_known(connection: FakeLDAP) -> None:
    with pytest.raises(NotImplementedError):
        connection.search_s("dc=x", fakeldap.SCOPE_ONELEVEL)


def test_some_fields(connection: FakeLDAP) -> None:
    assert connection.search_s(ALICE, SCOPE_BASE, None, ["UID", "nothing"]) == [(ALICE, {"uid": ["alice"]})]
    assert set(connection.search_s(ALICE, SCOPE_BASE, None, [])[0][1]) == {"objectclass", "uid", "isAdmin"}


def test_what_is_found_is_the_caller_s(connection: FakeLDAP) -> None:
    connection.search_s(ALICE, SCOPE_BASE)[0][1]["uid"].append("changed")
    assert connection.search_s(ALICE, SCOPE_BASE)[0][1]["uid"] == ["alice"]


# --- how it is used ---


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.simple_bind_s("", ""),
        lambda c: c.unbind_s(),
        lambda c: c.add_s("cn=a", []),
        lambda c: c.delete_s("cn=a"),
        lambda c: c.modify_s(ALICE, []),
        lambda c: c.modrdn_s(ALICE, "cn=a"),
        lambda c: c.search_s("dc=x", SCOPE_SUBTREE),
    ],
)
def test_a_server_that_fails(connection: FakeLDAP, monkeypatch: pytest.MonkeyPatch, call: Any) -> None:
    monkeypatch.setattr(fakeldap, "server_fail", True)
    assert fakeldap.initialize("still works")
    with pytest.raises(fakeldap.SERVER_DOWN):
        call(connection)


def test_in_place_of_ldap(connection: FakeLDAP, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ldap", fakeldap)
    ldap = __import__("ldap")
    assert ldap.initialize("ldap://production").search_s(ALICE, ldap.SCOPE_BASE)
    with pytest.raises(ldap.NO_SUCH_OBJECT):
        ldap.initialize("").search_s("dc=nowhere", ldap.SCOPE_SUBTREE, "(objectclass=*)")
