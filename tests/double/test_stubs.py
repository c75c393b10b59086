"""Canned answers over the real tree."""

import logging
from typing import Any

import pytest
from double.asking import ADA, BASE, BOB, PEOPLE, ask, bind, code, search

from fakeldapd import FakeDirectory, LDAPError, RuleError
from fakeldapd.middleware.stubs import Asked
from fakeldapd.operations.request import Request, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import attribute

EVE = "uid=eve,ou=people,dc=example,dc=com"
WHOAMI = m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3")


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE)


def found(directory: FakeDirectory, op: Any, session: Session | None = None) -> list[tuple[str, dict[str, list[str]]]]:
    """The entries of an answer."""
    shown = []
    for each in ask(directory, op, session):
        if isinstance(each, m.SearchResultEntry):
            read = [attribute(octets) for octets in each.attributes]
            shown.append((each.dn.decode(), {a.type.decode(): [v.decode() for v in a.values] for a in read}))
    return shown


def names(directory: FakeDirectory, op: Any) -> list[str]:
    return [dn for dn, _ in found(directory, op)]


def test_an_entry_that_is_not_there(directory: FakeDirectory) -> None:
    entry: dict[str, Any] = {
        "objectClass": ["inetOrgPerson"],
        "uid": "eve",
        "employeeNumber": 5,
        "jpegPhoto": b"\xff{\x00",
    }
    stub = directory.stub(clause="(uid=eve)", entries={EVE: entry})
    one, done = ask(directory, search(filter="(&(objectClass=person)(uid=Eve))"))
    assert one.dn == EVE.encode()
    assert [attribute(each).values for each in one.attributes] == [
        (b"inetOrgPerson",),
        (b"eve",),
        (b"5",),
        (b"\xff{\x00",),
    ]
    assert done == m.SearchResultDone()
    assert names(directory, search(filter="(uid=ada)")) == [ADA]
    assert (stub.hits, directory.stubs) == (1, (stub,))
    stub.close()
    assert names(directory, search(filter="(uid=eve)")) == []


@pytest.mark.parametrize(
    ("op", "dn", "cn"),
    [
        (search(BASE, "(&(objectClass=person)(uid=eve))"), EVE, "eve of dc=example,dc=com"),
        (search(BASE, "(|(cn=x)(userid=eve))"), EVE, "eve of dc=example,dc=com"),
        (search(BASE, "(uid=e, or f)"), EVE.replace("eve", "e\\2C or f"), "e, or f of dc=example,dc=com"),
        (search("uid=mal,dc=example,dc=com"), EVE.replace("eve", "mal"), "mal of uid=mal,dc=example,dc=com"),
        (search("cn=x,uid=mal,dc=example,dc=com", "(uid=eve)"), EVE, "eve of cn=x,uid=mal,dc=example,dc=com"),
    ],
)
def test_templates(directory: FakeDirectory, op: Any, dn: str, cn: str) -> None:
    directory.stub(
        op="search", entries={"uid={uid},ou=people,dc=example,dc=com": {"cn": "{UID} of {base}", "sn": "{{}}"}}
    )
    assert found(directory, op) == [(dn, {"cn": [cn], "sn": ["{}"]})]


def test_what_the_request_does_not_say(directory: FakeDirectory) -> None:
    stub = directory.stub(op="search", entries={"uid={uid},dc=x": {}}, count=1)
    assert names(directory, search(filter="(cn=staff)")) == [f"cn=staff,ou=groups,{BASE}"]
    assert stub.hits == 0
    assert names(directory, search(filter="(uid=ada)")) == ["uid=ada,dc=x"]


def test_every_text_is_a_template(directory: FakeDirectory) -> None:
    ada = Session()
    code(directory, bind(), ada)
    directory.stub(op="add", code="entryAlreadyExists", text="{uid} is there, {identity}", matched_dn="{dn}")
    add = m.AddRequest(EVE.encode(), (m.Attribute(b"uid", (b"eve",)),))
    assert ask(directory, add, ada) == [m.AddResponse(68, EVE.encode(), f"eve is there, {ADA}".encode())]
    directory.stub(op="search", referral="ldap://other/{base}??sub?{filter}")
    [answer] = ask(directory, search(filter="(uid=x)"))
    assert answer == m.SearchResultDone(10, referral=(f"ldap://other/{BASE}??sub?(uid=x)".encode(),))


def test_references(directory: FakeDirectory) -> None:
    directory.stub(op="search", references=["ldap://a/", "ldap://b/{base}"])
    answers = [(b"ldap://a/",), (f"ldap://b/{BASE}".encode(),)]
    assert ask(directory, search()) == [*map(m.SearchResultReference, answers), m.SearchResultDone()]


def test_extended(directory: FakeDirectory) -> None:
    directory.stub(op="1.2.3", name="1.2.4", value=b"{x")
    assert ask(directory, m.ExtendedRequest(b"1.2.3")) == [m.ExtendedResponse(name=b"1.2.4", value=b"{x")]
    assert code(directory, m.ExtendedRequest(b"1.2.5")) == 2


def test_a_bind_that_was_stubbed(directory: FakeDirectory) -> None:
    session = Session()
    with directory.stub(op="bind", dn=EVE, code=0):
        assert code(directory, bind(EVE, "whatever"), session) == 0
    assert ask(directory, WHOAMI, session) == [m.ExtendedResponse(value=b"dn:" + EVE.encode())]
    directory.stub(op="bind", code="invalidCredentials")
    assert code(directory, bind(), session) == 49
    assert session.identity is None


# --- one after another ---


@pytest.mark.parametrize(
    ("afterwards", "codes"),
    [
        (None, [51, 52, 0, 0, 0]),
        ("directory", [51, 52, 0, 0, 0]),
        ("last", [51, 52, 52, 52, 52]),
        ("cycle", [51, 52, 51, 52, 51]),
    ],
)
def test_answers_in_order(directory: FakeDirectory, afterwards: Any, codes: list[int]) -> None:
    stub = directory.stub(op="search", answers=[{"code": 51}, {"code": 52}], afterwards=afterwards)
    assert [code(directory, search()) for _ in range(5)] == codes
    assert stub.hits == sum(map(bool, codes))


def test_once(directory: FakeDirectory) -> None:
    directory.stub(op="search", code="busy", count=1)
    assert [code(directory, search()) for _ in range(3)] == [51, 0, 0]


def test_who_comes_first(directory: FakeDirectory) -> None:
    given = [(1, 0), (2, 5), (3, 0), (4, -1), (5, 5)]
    stubs = {number: directory.stub(op="search", code=number, priority=priority) for number, priority in given}
    order = [5, 2, 3, 1, 4]
    assert directory.stubs == tuple(stubs[number] for number in order)
    for number in order:
        assert code(directory, search()) == number
        stubs[number].close()
    assert code(directory, search()) == 0


# --- functions ---


def test_a_function(directory: FakeDirectory) -> None:
    seen: list[Asked] = []

    def answer(asked: Asked) -> Any:
        seen.append(asked)
        match asked.values.get("uid"):
            case "eve":
                return {"entries": {EVE: {"cn": "Eve"}}, "code": "sizeLimitExceeded"}
            case "mallory":
                raise LDAPError(50, "not you")
            case "oops":
                raise ValueError("oops")
            case "wrong":
                return {"cod": 5}
        return None

    stub = directory.stub(op=["search", "compare"], answer=answer)
    asked = search(BASE, "(&(sn=x)(uid=eve))", "cn")
    assert found(directory, asked) == [(EVE, {"cn": ["Eve"]})]
    assert code(directory, asked) == 4
    assert code(directory, search(filter="(uid=mallory)")) == 50
    assert names(directory, search(filter="(uid=ada)")) == [ADA]
    assert code(directory, m.CompareRequest(ADA.encode(), b"mail", b"x")) == 5
    assert stub.hits == 3
    assert (seen[0].dn, seen[0].filter, seen[0].attributes, seen[0].identity) == (
        BASE,
        "(&(sn=x)(uid=eve))",
        ["cn"],
        "",
    )
    assert seen[-1].values == {"mail": "x", "uid": "ada", "ou": "people", "dc": "example"}
    assert isinstance(seen[0].request, Request)


@pytest.mark.parametrize("uid", ["oops", "wrong"])
def test_a_function_that_fails(directory: FakeDirectory, caplog: pytest.LogCaptureFixture, uid: str) -> None:
    def answer(asked: Asked) -> Any:
        if asked.values["uid"] == "oops":
            raise ValueError("oops")
        return {"cod": 5}

    directory.stub(op="search", answer=answer)
    with caplog.at_level(logging.ERROR):
        [answered] = ask(directory, search(filter=f"(uid={uid})"))
    assert answered == m.SearchResultDone(80, diagnostic=b"internal error")
    assert "a stub's function failed: <stub(op='search', answer=" in caplog.text


def test_functions_among_answers(directory: FakeDirectory) -> None:
    directory.stub(op="search", answers=[{"code": 51}, lambda asked: {"text": asked.dn, "code": 52}])
    assert [code(directory, search()) for _ in range(3)] == [51, 52, 0]


# --- with others ---


def test_faults_are_around_stubs(directory: FakeDirectory) -> None:
    directory.fault(op="search", action="error", code="busy", after_entries=1)
    directory.stub(op="search", entries=[(EVE, {}), (BOB, {})])
    assert names(directory, search()) == [EVE]
    assert code(directory, search()) == 51


def test_a_reset_ends_them(directory: FakeDirectory) -> None:
    plain = directory.layers
    stub = directory.stub(code=51)
    directory.reset()
    assert directory.stubs == ()
    assert directory.layers == plain
    stub.close()
    with directory.stub(code=51):
        assert code(directory, search()) == 51
    assert code(directory, search()) == 0


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "one of these is expected"),
    ({"op": "search"}, "one of these is expected"),
    ({"code": 1, "answer": print}, "one of these is expected"),
    ({"op": "unbind", "code": 1}, "unbind and abandon have no answer"),
    ({"opp": "search", "code": 1}, "there is no argument 'opp'; did you mean 'op'?"),
    ({"op": "connect", "code": 1}, "op 'connect': one of bind"),
    ({"code": "bussy"}, "did you mean 'busy'?"),
    ({"entries": {EVE: 5}}, "entries: .*: attributes are expected, not int"),
    ({"entries": {EVE: {"cn": 1.5}}}, "cn: a value is a str, bytes or a number, not float"),
    ({"entries": {"uid={udi},o=x": {}}, "filter": "(uid=x)"}, "{udi} is nothing known; did you mean 'uid'?"),
    (
        {"entries": {EVE: {"userPassword": "{SSHA}abc"}}},
        "{SSHA} is nothing known; write {{SSHA}} for just these letters",
    ),
    ({"entries": {EVE: {"cn": "{uid"}}}, "write {{ and }} for braces"),
    ({"entries": {EVE: {"cn": "{uid!r}"}}}, "{uid} can't have a format"),
    ({"op": "add", "entries": {EVE: {}}}, "an answer with entries or references is of a search"),
    ({"op": "search", "value": "x"}, "an answer with a value or a name is of an extended operation"),
    ({"answers": []}, "answers: a list of answers is expected"),
    ({"answers": {"code": 5}}, "answers: a list of answers is expected"),
    ({"answers": [5]}, "5: an answer is a dict such as"),
    ({"answers": [{"cod": 5}]}, "an answer has no 'cod'; did you mean 'code'?"),
    (
        {"answers": [{"code": 5}], "afterwards": "circle"},
        "afterwards 'circle': one of directory, last, cycle is expected; did you mean 'cycle'?",
    ),
    ({"code": 5, "afterwards": "cycle"}, "afterwards goes with answers"),
    ({"code": 5, "priority": "high"}, "priority='high'"),
    ({"code": 5, "referral": "ldap://x/"}, "referral goes with the code 10"),
    ({"code": 5, "text": 5}, "text: text is expected, not int"),
]


@pytest.mark.parametrize(("said", "wrong"), REFUSED, ids=lambda case: str(case)[:40])
def test_refused(directory: FakeDirectory, said: dict[str, Any], wrong: str) -> None:
    with pytest.raises(RuleError, match=wrong):
        directory.stub(**said)
    assert directory.stubs == ()
