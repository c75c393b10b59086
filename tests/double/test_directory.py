"""A directory in a test's hand: looked at, changed, refused, put back."""

from typing import Any

import pytest

from fakeldapd import Clock, FakeDirectory, LDAPError
from fakeldapd.config import ConfigError
from fakeldapd.directory.ldif import LDIFError
from fakeldapd.directory.snapshot import SnapshotError
from fakeldapd.loading import LoadError

BASE = "dc=example,dc=com"
ADA, BOB = (f"uid={name},ou=people,{BASE}" for name in ("ada", "bob"))
PEOPLE: dict[str, Any] = {
    "users": {"ada": {"cn": "Ada Lovelace", "mail": "ada@example.com", "password": "secret"}, "bob": {}},
    "groups": {"staff": ["ada", "bob"]},
}
PERSON = {"objectClass": "inetOrgPerson", "cn": "Eve", "sn": "Eve"}


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE)


def test_what_it_is(directory: FakeDirectory) -> None:
    assert len(directory) == 6
    assert directory.base_dn == BASE
    assert directory.base_dns == (BASE,)
    assert (directory.admin_dn, directory.admin_password) == (f"cn=admin,{BASE}", "admin")
    assert ADA in directory
    assert "uid=nobody,dc=example,dc=com" not in directory
    assert [entry.dn for entry in directory][:2] == [BASE, f"ou=people,{BASE}"]


def test_without_data_it_is_the_sample() -> None:
    assert f"uid=alice,ou=people,{BASE}" in FakeDirectory()
    assert len(FakeDirectory(empty=True, base="dc=x")) == 0


def test_an_entry(directory: FakeDirectory) -> None:
    ada = directory.get(ADA.upper())
    assert ada is not None
    assert (ada.dn, ada["MAIL"], ada.raw("mail")) == (ADA, ["ada@example.com"], (b"ada@example.com",))
    assert ada["structuralObjectClass"] == ["inetOrgPerson"]
    assert "Mail" in ada
    assert "title" not in ada
    assert repr(ada).startswith(f"<{ADA}: objectClass, ")
    with pytest.raises(KeyError, match="has no mial; did you mean 'mail'"):
        ada["mial"]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({}, 6),
        ({"base": f"ou=people,{BASE}", "scope": "one"}, 2),
        ({"filter": "(cn=ada*)"}, 1),
        ({"scope": "base"}, 1),
        ({"scope": "subordinate"}, 5),
    ],
)
def test_search(directory: FakeDirectory, arguments: Any, found: int) -> None:
    assert len(directory.search(**arguments)) == found


def test_search_for_some_attributes(directory: FakeDirectory) -> None:
    assert dict(directory.search(ADA, attributes=["mail"])[0]) == {"mail": ["ada@example.com"]}


def test_changes(directory: FakeDirectory) -> None:
    eve = f"uid=eve,ou=people,{BASE}"
    directory.add(eve, {**PERSON, "jpegPhoto": b"\xff\xd8", "employeeNumber": 7})
    directory.modify(eve, {"mail": ["a@x", "b@x"], "employeeNumber": None})
    directory.modify(eve, [("add", "title", "Dr"), ("delete", "mail", "a@x")])
    directory.rename(eve, "uid=eva")
    eva = directory.get(f"uid=eva,ou=people,{BASE}")
    assert eva is not None
    assert (eva["uid"], eva["mail"], eva["title"]) == (["eva"], ["b@x"], ["Dr"])
    assert eva.raw("jpegPhoto") == (b"\xff\xd8",)
    assert "employeeNumber" not in eva
    directory.rename(eva.dn, "cn=Eve", BASE, keep_old=True)
    assert directory.search(filter="(uid=eva)")[0].dn == f"cn=Eve,{BASE}"
    directory.delete(f"cn=Eve,{BASE}")
    directory.delete(f"ou=people,{BASE}", subtree=True)
    assert len(directory) == 3


@pytest.mark.parametrize(
    ("do", "code", "text"),
    [
        (lambda d: d.add(f"uid=x,ou=people,{BASE}", {"objectClass": "inetOrgPerson"}), 65, "requires attribute"),
        (lambda d: d.add(f"uid=x,ou=nowhere,{BASE}", PERSON), 32, ""),
        (lambda d: d.delete(f"ou=people,{BASE}"), 66, "subordinate objects"),
        (lambda d: d.modify(ADA, {"uidNumber": "x"}), 21, "uidNumber"),
        (lambda d: d.get("what"), 34, "invalid DN"),
        (lambda d: d.search("dc=elsewhere"), 32, ""),
    ],
)
def test_refused_as_over_the_wire(directory: FakeDirectory, do: Any, code: int, text: str) -> None:
    with pytest.raises(LDAPError) as raised:
        do(directory)
    assert raised.value.code == code
    assert text in raised.value.diagnostic


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (lambda d: d.search(scope="subtre"), ValueError, "one of base, one, sub, subordinate"),
        (lambda d: d.modify(ADA, [("ad", "mail", "x")]), ValueError, "did you mean 'add'"),
        (
            lambda d: d.modify(ADA, {"mail": object()}),
            ValueError,
            "mail: a value is a str, bytes or a number, not object",
        ),
        (lambda d: d.search(filter="(uid=x"), ValueError, "."),
        (lambda d: FakeDirectory(siz_limit=3), TypeError, "no option 'siz_limit'; did you mean 'size_limit'"),
        (lambda d: FakeDirectory(listen="ldap://x"), TypeError, "no option 'listen'"),
        (lambda d: FakeDirectory(schema_check="strikt"), ConfigError, "did you mean 'strict'"),
        (lambda d: FakeDirectory(PEOPLE, ldif="x"), TypeError, "mean the same"),
        (lambda d: FakeDirectory("dn: dc=x\nobjectClass: domain\nfoo: bar\n"), LoadError, "data:3: dc=x: .*foo"),
        (lambda d: FakeDirectory(schema="no-such-file.schema"), LoadError, "no-such-file"),
        (lambda d: FakeDirectory(clock="tomorrow"), ValueError, "is no time"),
    ],
)
def test_mistakes_are_named(directory: FakeDirectory, do: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        do(directory)


def test_load_is_all_or_nothing(directory: FakeDirectory) -> None:
    before = directory.dump()
    with pytest.raises(LDIFError, match=r"data:7: .*people2.*sn"):
        directory.load(
            f"dn: uid=x,ou=people,{BASE}\nobjectClass: account\nuid: x\n\n\n\n"
            f"dn: cn=people2,{BASE}\nobjectClass: person\ncn: people2\n"
        )
    assert directory.dump() == before
    directory.load({f"uid=x,ou=people,{BASE}": {"objectClass": "account"}})
    assert len(directory) == 7


def test_a_dump_loads_again(directory: FakeDirectory) -> None:
    assert FakeDirectory(directory.dump()).dump() == directory.dump()


def test_snapshots(directory: FakeDirectory) -> None:
    start = directory.dump()
    directory.delete(BOB)
    without = directory.snapshot()
    directory.modify(ADA, {"title": "Countess"})
    directory.restore(without)
    assert BOB not in directory
    directory.reset()
    assert directory.dump() == start
    directory.restore(without)
    assert BOB not in directory
    with pytest.raises(SnapshotError):
        directory.restore(FakeDirectory(PEOPLE).snapshot())


def test_a_schema_changed_at_run_time_is_as_before(directory: FakeDirectory) -> None:
    definitions = {
        "objectClass": "olcSchemaConfig",
        "olcAttributeTypes": "( 1.9.1 NAME 'shoeSize' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )",
        "olcObjectClasses": "( 1.9.2 NAME 'shod' SUP top AUXILIARY MAY shoeSize )",
    }

    def add() -> None:
        directory.add("cn=shoes,cn=schema,cn=config", definitions)
        directory.modify(ADA, [("add", "objectClass", "shod"), ("add", "shoeSize", "38")])

    start = directory.dump()
    add()
    shod = directory.snapshot()
    directory.reset()
    assert directory.dump() == start
    with pytest.raises(LDAPError, match="objectClass"):
        directory.modify(ADA, [("add", "objectClass", "shod")])
    assert directory.search(filter="(mail=ada@example.com)")
    add()
    directory.reset()
    directory.restore(shod)
    assert directory.search(filter="(shoeSize=38)", attributes=["shoeSize"])
    directory.reset()
    assert directory.dump() == start


def test_the_same_in_every_run() -> None:
    twice = [FakeDirectory(PEOPLE, clock="2026-01-31T12:00:00Z") for _ in range(2)]
    assert twice[0].dump() == twice[1].dump()
    assert "createTimestamp: 20260131120000Z" in twice[0].dump()
    for directory in twice:
        directory.delete(BOB)
    twice[0].reset()
    for directory in twice:
        directory.add(f"uid=eve,ou=people,{BASE}", PERSON)
    uuids = [directory.search(filter="(cn=Eve)")[0]["entryUUID"] for directory in twice]
    assert uuids[0] == uuids[1]


def test_the_clock() -> None:
    clock = Clock("2026-01-31T12:00:00")
    directory = FakeDirectory(PEOPLE, clock=clock)
    directory.clock.advance(days=1, hours=1)
    directory.modify(ADA, {"title": "x"})
    ada = directory.get(ADA)
    assert ada is not None
    assert ada["modifyTimestamp"] == ["20260201130000Z"]
    directory.reset()
    assert clock.now.isoformat() == "2026-01-31T12:00:00+00:00"
    running = Clock()
    running.advance(days=-1)
    running.stop()
    assert running() == running()
