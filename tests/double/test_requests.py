"""The requests of a directory: structured values, filters, waiting."""

import json
import threading
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from double.client import ADA, BASE, BOB, PEOPLE, Asking, in_another_process

from fakeldapd import FakeDirectory
from fakeldapd.middleware.secrets import Secret
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Delay, Disconnect, Raw, Request
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE, clock="2026-01-31T12:00:00Z")


@pytest.fixture(params=["here", "there"])
def asked(directory: FakeDirectory, request: pytest.FixtureRequest) -> FakeDirectory:
    """A directory that was asked one of everything."""
    client, other = Asking(directory), Asking(directory, peer="127.0.0.1:6", tls=True)
    client.bind()
    client.search("(&(objectClass=person)(uid=ada))", f"ou=people,{BASE}", attributes=("cn", "Mail"))
    other.bind(f"cn=admin,{BASE}", "admin")
    other.modify(BOB, "mail", "bob@example.com")
    eve = f"uid=eve,ou=people,{BASE}".encode()
    attributes = ((b"objectClass", b"inetOrgPerson"), (b"sn", b"Eve"), (b"cn", b"Eve"), (b"userPassword", b"hush"))
    other.ask(m.AddRequest(eve, tuple(m.Attribute(name, (value,)) for name, value in attributes)))
    other.ask(m.ModifyDNRequest(eve, b"uid=eva", True), m.Control(b"2.16.840.1.113730.3.4.2"))
    other.ask(m.DeleteRequest(eve.replace(b"eve", b"eva")))
    other.ask(m.CompareRequest(ADA.encode(), b"cn", b"ada lovelace"))
    other.ask(m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3"))
    other.session.tell(m.AbandonRequest(7), 8)
    client.bind(ADA, "wrong")
    client.unbind()
    return directory if request.param == "here" else in_another_process(directory)


def test_what_a_request_is_made_of(asked: FakeDirectory) -> None:
    bind, search = asked.requests[:2]
    assert (bind.op, bind.dn, bind.method, bind.code, bind.connection) == ("bind", ADA, "simple", 0, 1)
    assert (bind.password == "secret", bind.password == "wrong") == (True, False)
    assert (bind.identity, bind.became) == ("", ADA)
    assert isinstance(bind.password, Secret)
    assert (search.base, search.scope, search.attributes) == (f"ou=people,{BASE}", "sub", ["cn", "Mail"])
    assert search.filter == "(&(objectClass=person)(uid=ada))"
    assert (search.identity, search.peer, search.tls, search.entries) == (ADA, "127.0.0.1:5", False, 1)
    assert search.sent == [(ADA, {"cn": ["Ada Lovelace"], "mail": ["ada@example.com"]})]
    assert search.at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert search.duration is not None
    assert search.duration >= 0
    with pytest.raises(AttributeError, match="a search request has no filer; did you mean 'filter'"):
        search.filer  # noqa: B018
    assert str(search) == (
        f"#2 connection 1 by {ADA}: search base=ou=people,{BASE} scope=sub "
        "filter=(&(objectClass=person)(uid=ada)) attributes=[cn, Mail] -> 0 success, 1 entry"
    )


def test_each_operation(asked: FakeDirectory) -> None:
    assert [(r.op, r.connection, r.code) for r in asked.requests] == [
        ("bind", 1, 0),
        ("search", 1, 0),
        ("bind", 2, 0),
        ("modify", 2, 0),
        ("add", 2, 0),
        ("rename", 2, 0),
        ("delete", 2, 0),
        ("compare", 2, 6),
        ("extended", 2, 0),
        ("abandon", 2, None),
        ("bind", 1, 49),
        ("unbind", 1, None),
    ]
    assert asked.requests[3].changes == [("replace", "mail", ["bob@example.com"])]
    assert asked.requests[4].attributes["cn"] == ["Eve"]
    assert asked.requests[4].attributes["userPassword"] == ["hush"]
    assert asked.requests[5].fields == {
        "dn": f"uid=eve,ou=people,{BASE}",
        "new_rdn": "uid=eva",
        "keep_old": False,
        "new_superior": None,
    }
    assert asked.requests[7].touched == {"cn": ["ada lovelace"]}
    assert asked.requests[10].outcome == "49 invalidCredentials"
    assert "secret" not in str(asked.requests).replace("<secret>", "")


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (lambda r: r.bind(), [1, 3, 11]),
        (lambda r: r.bind(ADA.upper()), [1, 11]),
        (lambda r: r.bind(password="secret"), [1]),
        (lambda r: r.bind(code="invalidCredentials"), [11]),
        (lambda r: r.bind(code="invalid_credentials"), [11]),
        (lambda r: r.bind(code=0, tls=True), [3]),
        (lambda r: r.bind(method="SIMPLE"), [1, 3, 11]),
        (lambda r: r.search(), [2]),
        (lambda r: r.search(base=f"OU=People, {BASE}"), [2]),
        (lambda r: r.search(scope="subtree"), [2]),
        (lambda r: r.search(scope=1), []),
        (lambda r: r.search(filter="( & (UID=ADA) (objectclass=PERSON) )"), [2]),
        (lambda r: r.search(filter="(uid=ada)"), []),
        (lambda r: r.search(attributes=["mail", "CN"]), [2]),
        (lambda r: r.search(attributes="mail"), []),
        (lambda r: r.search(entries=1, size_limit=0, time_limit=0, types_only=False, deref="never"), [2]),
        (lambda r: r.modify(attribute="MAIL"), [4]),
        (lambda r: r.modify(value="BOB@example.com"), [4]),
        (lambda r: r.modify(changes={"mail": "bob@example.com"}), [4]),
        (lambda r: r.modify(changes=[("add", "mail", "bob@example.com")]), []),
        (lambda r: r.add(attributes="cn"), [5]),
        (lambda r: r.add(attributes={"cn": "EVE", "userPassword": "hush"}), [5]),
        (lambda r: r.add(attributes={"userPassword": "other"}), []),
        (lambda r: r.rename(new_rdn="UID=eva"), [6]),
        (lambda r: r.rename(new_superior=BASE), []),
        (lambda r: r.rename(keep_old=False), [6]),
        (lambda r: r.delete(f"uid=eva,ou=people,{BASE}"), [7]),
        (lambda r: r.compare(ADA, attribute="commonName", value="ADA  LOVELACE"), [8]),
        (lambda r: r.compare(value="x"), []),
        (lambda r: r.extended("1.3.6.1.4.1.4203.1.11.3"), [9]),
        (lambda r: r.abandon(), [10]),
        (lambda r: r.unbind(), [12]),
        (lambda r: r.of(under=f"ou=people,{BASE}"), [1, 2, 4, 5, 6, 7, 8, 11]),
        (lambda r: r.of("read"), [2, 8]),
        (lambda r: r.of(["write", "compare"]), [4, 5, 6, 7, 8]),
        (lambda r: r.of("whoami"), [9]),
        (lambda r: r.of("starttls"), []),
        (lambda r: r.of(dn=f"ou=people,{BASE}"), [2]),
        (lambda r: r.search(clause="(UID=ada)"), [2]),
        (lambda r: r.search(clause="(UID={any})"), [2]),
        (lambda r: r.search(filter="(&(objectClass={any})(uid={any}))"), [2]),
        (lambda r: r.search(filter="(uid={any})"), []),
        (lambda r: r.search(attribute="mail"), [2]),
        (lambda r: r.search(attribute="uid"), [2]),
        (lambda r: r.add(attribute="sn"), [5]),
        (lambda r: r.of(identity="users"), [2, 4, 5, 6, 7, 8, 9, 10, 11]),
        (lambda r: r.of(identity="admin"), [4, 5, 6, 7, 8, 9, 10]),
        (lambda r: r.of(connection="127.0.0.1:6"), [3, 4, 5, 6, 7, 8, 9, 10]),
        (lambda r: r.of(control="2.16.840.1.113730.3.4.2"), [6]),
        (lambda r: r.of("modrdn"), [6]),
        (lambda r: r.of(connection=1), [1, 2, 11, 12]),
        (lambda r: r.of(identity=ADA), [2, 11]),
        (lambda r: r.of(identity=""), [1, 3, 12]),
        (lambda r: r.of(diagnostic="no such"), []),
        (lambda r: r.writes, [4, 5, 6, 7]),
        (lambda r: r.after(r[8]).bind(), [11]),
        (lambda r: r.after(10), [11, 12]),
        (lambda r: r.before(2), [1]),
        (lambda r: r.between(r[0], r[3]), [2, 3]),
        (lambda r: r.after(datetime(2026, 1, 31)).before(2), [1]),
        (lambda r: r.before(datetime(2026, 1, 31, tzinfo=UTC)), []),
        (lambda r: r[2:4], [3, 4]),
    ],
)
def test_those_that_fit(asked: FakeDirectory, given: Any, numbers: list[int]) -> None:
    assert [request.number for request in given(asked.requests)] == numbers


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        (lambda r: r.of("serch"), ValueError, "did you mean 'search'"),
        (lambda r: r.search(scope="subb"), ValueError, "one of base, one, sub, subordinate is expected; did you mean"),
        (lambda r: r.search(filter="(uid=ada"), ValueError, "position 8"),
        (lambda r: r.search(attributes=["mial"]), ValueError, "attribute 'mial': .*did you mean 'mail'"),
        (lambda r: r.modify(attribute="telephonNumber"), ValueError, "did you mean 'telephoneNumber'"),
        (lambda r: r.modify(attribute=5), ValueError, "the name of an attribute is expected"),
        (lambda r: r.modify(changes=[("replce", "mail", "x")]), ValueError, "did you mean 'replace'"),
        (lambda r: r.bind(code="bussy"), ValueError, "did you mean 'busy'"),
        (lambda r: r.bind(dn=5), ValueError, "a DN is expected"),
        (lambda r: r.bind(dn="garbage"), ValueError, "this is no DN"),
        (lambda r: r.bind(identity="usres"), ValueError, "did you mean 'users'"),
        (lambda r: r.search(deref="nver"), ValueError, "did you mean 'never'"),
        (lambda r: r.search(when=len), TypeError, "search can't be picked by when"),
        (lambda r: r.search(atributes="x"), TypeError, "did you mean 'attributes'"),
        (lambda r: r.bind(filter="(uid=x)"), ValueError, "bind can't be picked by filter"),
    ],
)
def test_mistakes_are_refused(asked: FakeDirectory, given: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        given(asked.requests)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("(uid=ada)", "(UID=ADA)", True),
        ("(uid=ada)", "(userid= ada )", True),
        ("(uid=ada)", "(0.9.2342.19200300.100.1.1=Ada)", True),
        ("(&(a=1)(b=2))", "(&(b=2)(a=1))", True),
        ("(&(a=1)(&(b=2)(c=3)))", "(&(a=1)(b=2)(c=3))", True),
        ("(&(uid=x))", "(uid=x)", True),
        ("(&(uid=x)(uid=X))", "(uid=x)", True),
        ("(!(!(uid=x)))", "(uid=x)", True),
        ("(cn=a  b)", "(cn=A B)", True),
        ("(cn=a*b*c)", "(CN=A*B*C)", True),
        ("(cn=a*)", "(cn=*a)", False),
        ("(cn=*)", "(cn=a)", False),
        ("(uid>=a)", "(uid<=a)", False),
        ("(member=uid=a, dc=x)", "(member=UID=A,DC=X)", True),
        ("(foo=Bar)", "(FOO=bar)", True),
        ("(cn;lang-en=x)", "(cn=x)", False),
        ("(cn:caseIgnoreMatch:=X)", "(cn:2.5.13.2:=x)", True),
        ("(cn:caseExactMatch:=X)", "(cn:2.5.13.5:=x)", False),
        ("(cn:dn:=x)", "(cn:=x)", False),
        ("(userPassword=x)", "(userPassword=x)", True),
        ("(userPassword=x)", "(userPassword=X)", False),
        ("(|(userPassword=x)(uid=a))", "(|(uid=A)(userPassword=x))", True),
        ("(&(a=1)(b=2))", "(|(a=1)(b=2))", False),
        ("(createTimestamp=20260101000000Z)", "(createtimestamp=20260101000000.0Z)", True),
    ],
)
def test_filters_by_meaning(directory: FakeDirectory, one: str, other: str, same: bool) -> None:
    Asking(directory).search(one)
    assert bool(directory.requests.search(filter=other)) is same


def test_a_password_that_is_changed(directory: FakeDirectory) -> None:
    value = ber.element(b"\x30", ber.element(b"\x80", ADA.encode()) + ber.element(b"\x82", b"new"))
    client = Asking(directory)
    client.bind()
    client.ask(m.ExtendedRequest(PASSWORD_MODIFY, value))
    [request] = directory.requests.extended(user=ADA)
    assert (request.user, request.old, request.new == "new") == (ADA, None, True)
    assert directory.requests.writes[0] == request


@pytest.mark.parametrize(
    ("action", "outcome"),
    [
        (Disconnect(), "the connection was closed"),
        (Raw(b"x"), "octets that are no answer"),
        (Delay(0.0), "no answer"),
    ],
)
def test_outcomes_without_an_answer(directory: FakeDirectory, action: Any, outcome: str) -> None:
    directory.set_layer("faults", lambda handler: lambda request: iter((action,)))
    Asking(directory).search()
    [request] = directory.requests
    assert (request.outcome, request.answered, request.is_over) == (outcome, False, True)
    assert request.code is None


def test_references(directory: FakeDirectory) -> None:
    directory.add(f"cn=away,{BASE}", {"objectClass": ["referral", "extensibleObject"], "ref": "ldap://else/"})
    Asking(directory).search()
    [reference] = directory.requests[0].references
    assert reference.startswith("ldap://else/")


def test_reset_forgets(asked: FakeDirectory) -> None:
    assert len(asked.requests) == 12
    asked.reset()
    assert (len(asked.requests), asked.requests.seen, str(asked.requests)) == (0, 0, "no requests")


def test_bounded(directory: FakeDirectory) -> None:
    client = Asking(directory)
    directory.requests.log.limit = 3
    directory.requests.clear()
    for number in range(5):
        client.search(f"(uid={number})")
    assert [request.filter for request in directory.requests] == ["(uid=2)", "(uid=3)", "(uid=4)"]
    assert (directory.requests.seen, directory.requests.dropped) == (5, 2)


def test_json(asked: FakeDirectory) -> None:
    found = json.loads(asked.requests.as_json())
    assert [each["op"] for each in found] == [request.op for request in asked.requests]
    search = found[1]
    assert search["result"]["name"] == "success"
    assert search["sent"] == [[ADA, {"cn": ["Ada Lovelace"], "mail": ["ada@example.com"]}]]
    assert found[0]["password"]["secret"].startswith("{SSHA256}")
    assert found[5]["controls"] == [{"oid": "2.16.840.1.113730.3.4.2", "critical": False, "value": None}]
    assert "hush" not in asked.requests.as_json()


def test_json_of_octets(directory: FakeDirectory) -> None:
    Asking(directory).ask(m.CompareRequest(ADA.encode(), b"jpegPhoto", b"\xff"))
    assert json.loads(directory.requests.as_json())[0]["value"] == {"base64": "/w=="}


def test_ldif(asked: FakeDirectory) -> None:
    ldif = asked.requests.as_ldif()
    assert [line for line in ldif.splitlines() if line.startswith("changetype")] == [
        "changetype: modify",
        "changetype: add",
        "changetype: modrdn",
        "changetype: delete",
    ]
    other = FakeDirectory(PEOPLE)
    other.load(ldif)
    assert [(e.dn, e.get("mail"), e.get("cn")) for e in other] == [(e.dn, e.get("mail"), e.get("cn")) for e in asked]


def test_a_password_from_ldif_lets_the_right_one_in(directory: FakeDirectory) -> None:
    client = Asking(directory)
    client.bind()
    client.modify(ADA, "userPassword", "changed")
    other = FakeDirectory(PEOPLE)
    assert "changed" not in directory.requests.as_ldif()
    other.load(directory.requests.as_ldif())
    assert Asking(other).bind(ADA, "changed") == 0
    assert Asking(other).bind(ADA, "secret") == 49


def test_a_secret_in_a_control_is_not_exported(directory: FakeDirectory) -> None:
    directory.modify(ADA, {"userPassword": "hush-hush"})
    client = Asking(directory, identity=directory.inner.admin_dn, is_admin=True)
    filter = b"\xa3\x19\x04\x0cuserPassword\x04\x09hush-hush"
    change = m.ModifyRequest(ADA.encode(), (m.Change(2, b"description", (b"x",)),))
    client.ask(change, m.Control(b"1.3.6.1.1.12", True, filter))
    requests = directory.requests
    assert [(request.code, request.controls[0].value) for request in requests] == [(0, filter)]
    for text in (requests.as_json(), requests.as_ldif()):
        assert "description" in text
        assert not [form for form in ("hush", b64encode(filter).decode()) if form in text]
    for client_name in ("ldapsearch", "python-ldap", "ldap3"):
        assert "# 1: modify with a secret in a control: not asked again" in requests.as_code(client_name)


# --- waiting ---


def test_wait_for_what_is_there(asked: FakeDirectory) -> None:
    assert asked.wait_for("search", timeout=0).number == 2
    assert asked.wait_for("bind", count=2, timeout=0).number == 11


def test_wait_for_what_comes(directory: FakeDirectory) -> None:
    client = Asking(directory)
    started = threading.Event()

    def search() -> None:
        started.wait(10)
        client.search("(uid=other)")
        client.search("(uid=ada)")

    thread = threading.Thread(target=search)
    thread.start()
    started.set()
    assert directory.wait_for("search", filter="(uid=ada)", timeout=10).entries == 1
    thread.join()


def test_wait_for_what_hangs(directory: FakeDirectory) -> None:
    directory.set_layer("faults", lambda handler: lambda request: iter((Delay(1000.0),)))
    client = Asking(directory)

    def hang() -> None:
        iterator = directory.handler(Request(client.session, 1, m.DeleteRequest(b"o=a")))
        next(iterator)
        kept.append(iterator)

    kept: list[Any] = []
    thread = threading.Thread(target=hang)
    thread.start()
    assert not directory.wait_for("delete", answered=False, timeout=10).answered
    thread.join()
    with pytest.raises(TimeoutError, match=r"waited 0 s: 1 delete; 1 was expected\n(.|\n)*answered=False"):
        directory.wait_for("delete", timeout=0)


def test_wait_in_vain(directory: FakeDirectory) -> None:
    with pytest.raises(TimeoutError, match=r"no search with filter=.uid=ada.; 1 was expected\nno request was seen"):
        directory.wait_for("search", filter="(uid=ada)", timeout=0.01)
    with pytest.raises(ValueError, match="did you mean 'search'"):
        directory.wait_for("serch")
