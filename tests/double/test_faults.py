"""Faults as a test asks for them: which requests they take, what is refused, what ends them."""

from typing import Any

import pytest
from double.asking import ADA, BASE, BOB, CYD, PEOPLE, ask, bind, code, search

from fakeldapd import FakeDirectory, RuleError
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Delay, Request, Session, Wait
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS

OU = f"ou=people,{BASE}"
STAFF = f"cn=staff,ou=groups,{BASE}"
MODIFY = m.ModifyRequest(ADA.encode(), (m.Change(2, b"Title", (b"x",)),))
ADD = m.AddRequest(
    f"uid=eve,{OU}".encode(), (m.Attribute(b"objectClass", (b"account",)), m.Attribute(b"uid", (b"eve",)))
)
RENAME = m.ModifyDNRequest(ADA.encode(), b"uid=eve", True)
DELETE = m.DeleteRequest(BOB.encode())
COMPARE = m.CompareRequest(ADA.encode(), b"cn", b"x")
WHOAMI = m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3")
PASSWD = m.ExtendedRequest(PASSWORD_MODIFY, ber.element(b"\x30", ber.element(b"\x80", ADA.encode())))
TLS = m.ExtendedRequest(STARTTLS)
ALL = {
    "bind": bind(),
    "search": search(),
    "compare": COMPARE,
    "add": ADD,
    "modify": MODIFY,
    "rename": RENAME,
    "delete": DELETE,
    "whoami": WHOAMI,
    "starttls": TLS,
}


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE)


@pytest.mark.parametrize(
    ("op", "taken"),
    [
        (None, set(ALL)),
        ("search", {"search"}),
        (["add", "bind"], {"add", "bind"}),
        ("read", {"search", "compare"}),
        ("write", {"add", "modify", "rename", "delete"}),
        ("modifydn", {"rename"}),
        ("extended", {"whoami", "starttls"}),
        (["extended", "starttls"], {"whoami", "starttls"}),
        ("starttls", {"starttls"}),
        (["whoami", "bind"], {"whoami", "bind"}),
        ("1.3.6.1.4.1.4203.1.11.3", {"whoami"}),
    ],
)
def test_operations(directory: FakeDirectory, op: Any, taken: set[str]) -> None:
    with directory.fault(op=op, code=4711):
        assert {name for name, request in ALL.items() if code(directory, request) == 4711} == taken


@pytest.mark.parametrize(
    ("said", "op", "taken"),
    [
        ({"dn": ADA}, search(ADA.upper()), True),
        ({"dn": ADA}, search(f"{OU}"), False),
        ({"dn": "UID=Ada, OU=people," + BASE}, bind(), True),
        ({"dn": ADA}, search("garbage"), False),
        ({"dn": ADA}, WHOAMI, False),
        ({"dn": ""}, search("", scope=0), True),
        ({"base": OU}, search(OU.upper()), True),
        ({"base": OU}, search(ADA), False),
        ({"base": OU}, m.DeleteRequest(OU.encode()), False),
        ({"under": OU}, search(OU), True),
        ({"under": OU}, search(ADA), True),
        ({"under": OU}, search(BASE), False),
        ({"under": OU}, DELETE, True),
        ({"under": OU}, bind(), True),
        ({"under": OU}, RENAME, True),
        ({"under": OU}, m.DeleteRequest(STAFF.encode()), False),
        ({"under": ""}, search(), True),
        ({"filter": "(uid=ADA)"}, search(BASE, "(UID=ada)"), True),
        ({"filter": "(userid=ada)"}, search(BASE, "(&(objectClass=*)(uid=ada))"), False),
        ({"clause": "(userid=ada)"}, search(BASE, "(&(objectClass=*)(uid=ada))"), True),
        ({"clause": "(uid=ada)"}, search(BASE, "(|(uid=bob)(&(cn=x)(uid=ada)))"), True),
        ({"clause": "(uid={any})"}, search(BASE, "(|(cn=bob)(&(cn=x)(uid=ada)))"), True),
        ({"clause": "(uid=ada)"}, search(BASE, "(uid=ADA)"), True),
        ({"clause": "(uid=ada)"}, search(BASE, "(!(uid=ada))"), False),
        ({"filter": "(uid=ada)"}, search(BASE, "(uid=ad*)"), False),
        ({"filter": "(uid=a*)"}, search(BASE, "(uid=A*)"), True),
        ({"filter": "(uid=a*)"}, search(BASE, "(uid=*a)"), False),
        ({"filter": "(uid={name})"}, search(BASE, "(uid=whoever)"), True),
        ({"filter": "(uid={name})"}, search(BASE, "(cn=whoever)"), False),
        ({"filter": "(&(uid=a)(cn=b))"}, search(BASE, "(&(cn=B)(uid=A))"), True),
        ({"filter": "(&(uid={any})(cn=b))"}, search(BASE, "(&(cn=B)(uid=A))"), True),
        ({"filter": "(|(uid={any})(uid=b)(cn={any}))"}, search(BASE, "(|(cn=x)(uid=B)(uid=A))"), True),
        ({"filter": "(|(uid={any})(uid=b))"}, search(BASE, "(|(uid=C)(uid=A))"), False),
        ({"filter": "(userPassword={any})"}, search(BASE, "(userPassword=x)"), True),
        ({"filter": "(userPassword=x)"}, search(BASE, "(userPassword=x)"), True),
        ({"filter": "(userPassword=x)"}, search(BASE, "(userPassword=y)"), False),
        ({"filter": "(&(uid=a)(cn=b))"}, search(BASE, "(&(uid=a)(cn=b)(sn=c))"), False),
        ({"filter": "(uidNumber>=5)"}, search(BASE, "(uidNumber>=5)"), True),
        ({"filter": "(cn:caseExactMatch:=x)"}, search(BASE, "(cn:caseExactMatch:=x)"), True),
        ({"filter": "(uid=*)"}, search(BASE, "(uid=*)"), True),
        ({"filter": "(uid=ada)"}, WHOAMI, False),
        ({"filter": "(unheardOf=ada)"}, search(BASE, "(unheardof=Ada)"), True),
        ({"attribute": "mail"}, search(BASE, "(cn=x)", "cn", "rfc822mailbox"), True),
        ({"attribute": "mail"}, search(BASE, "(!(mail=x))"), True),
        ({"attribute": "mail"}, search(BASE, "(cn=x)", "cn"), False),
        ({"attribute": "title"}, MODIFY, True),
        ({"attribute": "mail"}, MODIFY, False),
        ({"attribute": "uid"}, ADD, True),
        ({"attribute": "cn"}, COMPARE, True),
        ({"attribute": "cn"}, DELETE, False),
        ({"attribute": "cn;lang-de"}, search(BASE, "(cn=x)"), False),
        ({"attribute": "cn"}, search(BASE, "(cn;lang-de=x)"), True),
        ({"attributes": ["mail", "cn"]}, search(BASE, "(cn=x)", "CN", "mail"), True),
        ({"attributes": "cn"}, search(BASE, "(cn=x)", "cn", "mail"), False),
        ({"attributes": {"uid": "EVE"}}, ADD, True),
        ({"attributes": {"uid": "bob"}}, ADD, False),
        ({"changes": {"title": "X"}}, MODIFY, True),
        ({"changes": [("add", "title", "x")]}, MODIFY, False),
        ({"scope": "sub"}, search(), True),
        ({"scope": "base"}, search(), False),
        ({"deref": "always"}, search(), False),
        ({"time_limit": 0, "types_only": False}, search(), True),
        ({"method": "Simple"}, bind(), True),
        ({"method": "PLAIN"}, bind(), False),
        ({"password": "secret"}, bind(), True),
        ({"password": "wrong"}, bind(), False),
        ({"new_rdn": "UID=Eve"}, RENAME, True),
        ({"new_superior": BASE}, RENAME, False),
        ({"keep_old": False}, RENAME, True),
        ({"user": ADA}, PASSWD, True),
        ({"user": BOB}, PASSWD, False),
        ({"tls": False}, search(), True),
        ({"tls": True}, search(), False),
        ({"control": "1.2.3"}, search(), False),
        ({"when": lambda request: request.op.scope == 2}, search(), True),
        ({"when": lambda request: False}, search(), False),
        ({"op": "search", "base": OU, "attribute": "cn"}, search(OU, "(cn=x)"), True),
        ({"op": "search", "base": OU, "attribute": "cn"}, search(BASE, "(cn=x)"), False),
    ],
)
def test_what_a_request_is_about(directory: FakeDirectory, said: dict[str, Any], op: Any, taken: bool) -> None:
    fault = directory.fault(code=4711, **said)
    assert (code(directory, op) == 4711) is taken
    assert fault.hits == taken


def test_who_asks(directory: FakeDirectory) -> None:
    nobody, ada, admin = Session(), Session(), Session()
    assert code(directory, bind(), ada) == 0
    assert code(directory, bind(directory.admin_dn, directory.admin_password), admin) == 0
    for who, taken in {
        "anonymous": [True, False, False],
        "": [True, False, False],
        "users": [False, True, True],
        "admin": [False, False, True],
        ADA.upper(): [False, True, False],
        directory.admin_dn: [False, False, True],
    }.items():
        with directory.fault(op="search", identity=who, code="busy"):
            assert [code(directory, search(), session) == 51 for session in (nobody, ada, admin)] == taken


def test_connections(directory: FakeDirectory) -> None:
    sessions = [Session(peer=f"127.0.0.1:{number}") for number in range(3)]
    which: dict[Any, int] = {1: 2, 2: 0, 3: 1, "127.0.0.1:1": 1}  # numbers as in the log: who asks first is the first
    assert code(directory, WHOAMI, sessions[2]) == 0
    for connection, taken in which.items():
        with directory.fault(op="search", connection=connection, code="busy") as fault:
            for _ in range(2):
                assert [code(directory, search(), session) == 51 for session in sessions] == [
                    number == taken for number in range(3)
                ]
        assert fault.hits == 2
        assert len(directory.requests.search(code="busy", connection=connection)) >= 2


def test_busy_twice_then_fine(directory: FakeDirectory) -> None:
    fault = directory.fault(op="search", code="busy", count=2)
    assert [code(directory, search()) for _ in range(4)] == [51, 51, 0, 0]
    assert (fault.hits, directory.faults) == (2, (fault,))


@pytest.mark.parametrize("name", ["busy", "BUSY", 51, "noSuchObject", "no_such_object", "no-such-object"])
def test_codes(directory: FakeDirectory, name: Any) -> None:
    directory.fault(code=name)
    assert code(directory, search()) in (51, 32)


def test_details(directory: FakeDirectory) -> None:
    with directory.fault(referral=["ldap://a/", "ldap://b/"], text="there", matched_dn=BASE):
        [answer] = ask(directory, search())
        assert answer == m.SearchResultDone(10, BASE.encode(), b"there", (b"ldap://a/", b"ldap://b/"))
    with directory.fault(size_limit=2):
        assert code(directory, search()) == 4
    with directory.fault(delay=(1, 2), seed=5), directory.fault(op="bind", delay=0):
        drawn = [ask(directory, search())[0].seconds for _ in range(5)]
        assert drawn == sorted(set(drawn), key=drawn.index)
        assert all(1 <= seconds <= 2 for seconds in drawn)
        assert ask(directory, bind())[0] == Delay(0.0)
    with directory.fault(delay=(1, 2), seed=5):
        assert ask(directory, search())[0].seconds == drawn[0]


def test_an_operation_that_is_done_without_its_answer(directory: FakeDirectory) -> None:
    admin = Session()
    code(directory, bind(directory.admin_dn, directory.admin_password), admin)
    with directory.fault(op="delete", action="hang", performed=True):
        assert isinstance(ask(directory, DELETE, admin)[-1], Wait)
    assert BOB not in directory
    with directory.fault(op="delete", action="hang"):
        ask(directory, m.DeleteRequest(CYD.encode()), admin)
    assert CYD in directory


# --- how long ---


def test_scopes(directory: FakeDirectory) -> None:
    plain = directory.layers
    with directory.fault(code=1) as outer:
        with directory.fault(op="search", code=2) as inner:
            assert (code(directory, search()), code(directory, WHOAMI)) == (2, 1)
            assert directory.faults == (inner, outer)
        assert code(directory, search()) == 1
        inner.close()
    assert code(directory, search()) == 0
    assert directory.layers == plain
    assert (outer.hits, inner.hits) == (2, 1)
    assert repr(inner) == "<fault(op='search', code=2): 1 hit>"


def test_a_reset_ends_them(directory: FakeDirectory) -> None:
    plain = directory.layers
    fault = directory.fault(action="hang")
    hanging = directory.handler(Request(Session(), 1, search()))
    wait = next(hanging)
    directory.reset()
    assert isinstance(wait, Wait)
    assert wait.signal.fired
    assert directory.faults == ()
    assert directory.layers == plain
    fault.close()
    directory.fault(code=1)
    assert code(directory, search()) == 1


def test_what_the_test_itself_does_is_not_disturbed(directory: FakeDirectory) -> None:
    directory.fault(action="hang")
    directory.modify(ADA, {"title": "Countess"})
    assert directory.search(filter="(title=countess)")


# --- what makes no sense ---


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "what is to happen"),
    ({"op": "search"}, "what is to happen"),
    ({"opp": "search", "code": 1}, "there is no argument 'opp'; did you mean 'op'?"),
    ({"op": "serach", "code": 1}, "op 'serach': one of bind, .*; did you mean 'search'?"),
    ({"op": [], "code": 1}, "op: none is named"),
    ({"op": "unbind", "code": 1}, "no answer that could go wrong: action 'error': one of delay, reset, .* is expected"),
    ({"op": "unbind", "action": "drop"}, "closed anyway: action 'drop': one of delay, reset, notice, garbage, ignore"),
    ({"op": ["unbind", "abandon"], "action": "ignroe"}, "did you mean 'ignore'"),
    ({"op": "abandon", "action": "wrong-id"}, "action 'wrong-id': one of delay, drop, reset, notice, garbage, ignore"),
    ({"op": ["unbind", "search"], "action": "reset"}, "unbind and abandon .* need a fault of their own"),
    ({"op": "search", "action": "ignore"}, "action 'ignore' is of an unbind or abandon"),
    ({"action": "ignore"}, "action 'ignore' is of an unbind or abandon"),
    ({"op": "abandon", "action": "drop", "performed": True}, "performed is about answers"),
    ({"op": "unbind", "action": "reset", "after_entries": 1}, "after_entries is about answers"),
    ({"op": "unbind", "dn": ADA, "action": "reset"}, "unbind can't be picked by dn"),
    ({"action": "hangg"}, "action 'hangg': one of error, .*; did you mean 'hang'?"),
    ({"code": "bussy"}, "code 'bussy': there is no such result code; did you mean 'busy'?"),
    ({"code": "noSuchObjekt"}, "did you mean 'noSuchObject'?"),
    ({"code": -1}, "not negative"),
    ({"code": 1.5}, "a number or a name"),
    ({"dn": "garbage", "code": 1}, "dn 'garbage': this is no DN"),
    ({"dn": 5, "code": 1}, "dn=5: a DN is expected"),
    ({"base": ADA, "keep_old": True, "code": 1}, "no operation has all of base, keep_old"),
    ({"op": "whoami", "dn": ADA, "code": 1}, "whoami can't be picked by dn"),
    (
        {"op": ["add", "bind"], "filter": "(cn=x)", "code": 1},
        "add, bind can't be picked by filter; there is",
    ),
    ({"scope": "subb", "code": 1}, "scope 'subb': one of base, one, sub, subordinate is expected; did you mean 'sub'"),
    ({"tls": "yes", "code": 1}, "tls='yes': True or False is expected"),
    ({"password": 5, "code": 1}, "password=5: text is expected"),
    ({"changes": [("replce", "mail", "x")], "code": 1}, "changes 'replce': .*did you mean 'replace'"),
    ({"diagnostic": "x", "code": 1}, "there is no argument 'diagnostic'"),
    ({"filter": "(cn=x", "code": 1}, "filter"),
    ({"filter": 5, "code": 1}, "filter=5: a filter is expected"),
    ({"attribute": "mial", "code": 1}, "attribute 'mial': the schema has none of that name; did you mean 'mail'?"),
    ({"attribute": 5, "code": 1}, "attribute=5"),
    ({"op": "bind", "attribute": "cn", "code": 1}, "bind can't be picked by attribute"),
    ({"identity": "anonymus", "code": 1}, "did you mean 'anonymous'?"),
    ({"identity": "x=", "code": 1}, "this is no DN"),
    ({"connection": 0, "code": 1}, "connection=0: a whole number from 1 up"),
    ({"when": True, "code": 1}, "when=True: a function"),
    ({"nth": 0, "code": 1}, "nth=0: a whole number from 1 up"),
    ({"nth": 2, "count": 1, "code": 1}, "after and count don't go with it"),
    ({"after": -1, "code": 1}, "after=-1"),
    ({"count": True, "code": 1}, "count=True"),
    ({"probability": 0, "code": 1}, "probability=0"),
    ({"probability": 1.5, "code": 1}, "above 0 and up to 1"),
    ({"seed": "x", "code": 1}, "seed='x'"),
    ({"delay": -1}, "delay=-1: seconds"),
    ({"delay": (2, 1)}, "the least and the most"),
    ({"delay": "1"}, "seconds are expected"),
    ({"delay": float("inf")}, "seconds are expected"),
    ({"delay": (0, float("nan"))}, "the least and the most"),
    ({"action": "delay"}, "action 'delay' needs delay"),
    ({"action": "size-limit"}, "action 'size-limit' needs size_limit"),
    ({"action": "hang", "code": 1}, "code doesn't go with action 'hang': it takes delay, after_entries, performed"),
    ({"action": "drop-after", "text": "x"}, "text doesn't go with action 'drop-after': it takes a delay only"),
    ({"after_entries": 1, "performed": True, "action": "hang"}, "don't go together"),
    ({"op": "add", "after_entries": 1, "action": "hang"}, "after_entries is of a search"),
    ({"op": "add", "size_limit": 1}, "action 'size-limit' is of a search"),
    ({"after_entries": -1, "action": "hang"}, "after_entries=-1"),
    ({"size_limit": 0}, "size_limit=0"),
    ({"code": 51, "referral": "ldap://x/"}, "referral goes with the code 10"),
    ({"referral": [1]}, "referral=\\[1\\]: text is expected"),
    ({"code": 1, "text": 5}, "text=5: text is expected"),
    ({"octets": "x"}, "octets='x': bytes"),
    ({"op": "connect", "action": "refuse"}, "there are no sockets to this directory"),
    ({"op": "connect", "action": "refsue"}, "action 'refsue': one of refuse, .*; did you mean 'refuse'?"),
    ({"op": "connect"}, "action None: one of refuse"),
    ({"op": "tls", "action": "expird"}, "did you mean 'expired'?"),
    ({"op": "tls", "action": "expired", "dn": ADA}, "dn doesn't go with op='tls': only action, nth, .* do"),
]


@pytest.mark.parametrize(("said", "wrong"), REFUSED, ids=lambda case: str(case)[:40])
def test_refused(directory: FakeDirectory, said: dict[str, Any], wrong: str) -> None:
    with pytest.raises(RuleError, match=wrong):
        directory.fault(**said)
    assert directory.faults == ()
