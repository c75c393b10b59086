"""The recorder: what is kept of a request, what is not, and when it is forgotten."""

from collections.abc import Iterator
from typing import Any

import pytest

from fakeldapd.middleware.recorder import Log, recorder
from fakeldapd.middleware.secrets import ATTRIBUTES, Secret, concealed, concealed_answer, is_secret
from fakeldapd.operations.controls.assertion import ASSERTION
from fakeldapd.operations.controls.deref import DEREF
from fakeldapd.operations.controls.matched_values import MATCHED_VALUES
from fakeldapd.operations.controls.read_entry import POST_READ, PRE_READ
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Action, Delay, Disconnect, Entries, Pause, Raw, Request, Response, Session
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.filter import parse
from fakeldapd.schema.dn import DN

SECRET = b"top-secret"
SEARCH = m.SearchRequest(b"o=a", 2, 0, 0, 0, False, m.Present(b"cn"))
DONE = Response(m.SearchResultDone())
ENTRY = (b"cn=a", ())


class Ticking:
    """A clock that goes on by half a second whenever it is asked."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


class Standing:
    """A clock that stands still."""

    @property
    def state(self) -> "Standing":
        return self

    def at(self, now: float) -> float:
        return 1000.0


def asked(
    log: Log, *actions: Any, op: Any = SEARCH, session: Session | None = None, octets: bytes = b""
) -> Iterator[Action]:
    """A recorded operation that gives these actions; ``octets`` are what it came as."""

    def handler(request: Request) -> Iterator[Action]:
        for action in actions:
            if isinstance(action, Exception):
                raise action
            if action == "bound":
                request.session.become(DN(None, None))
                continue
            yield action

    return recorder(log)(handler)(Request(session or Session(peer="10.0.0.1:5"), 7, op, (), octets))


def log() -> Log:
    return Log(clock=Standing(), seconds=Ticking())


def test_what_is_kept() -> None:
    kept = log()
    actions = [Entries([ENTRY, ENTRY]), Pause(), Response(m.SearchResultEntry(*ENTRY)), Delay(1), DONE]
    assert list(asked(kept, *actions)) == actions
    [record] = kept.snapshot()
    assert (record.number, record.message_id, record.op, record.entries) == (1, 7, SEARCH, 3)
    assert (record.at, record.began, record.ended) == (1000.0, 1.0, 1.5)
    assert (record.peer.name, record.identity, record.tls) == ("10.0.0.1:5", None, False)
    assert record.sent == [ENTRY] * 3
    assert record.result == DONE
    assert record.other == [Delay(1)]


@pytest.mark.parametrize(
    ("entries", "kept"), [([1], 1), ([2], 2), ([3], 2), ([1, 1, 1], 2), ([1, 5], 2), ([5, 1], 2), ([], 0)]
)
def test_of_many_entries_some_are_kept(entries: list[int], kept: int) -> None:
    small = Log(sent=2)
    list(asked(small, *(Entries([ENTRY] * count) for count in entries), DONE))
    [record] = small.snapshot()
    assert (record.entries, len(record.sent)) == (sum(entries), kept)


@pytest.mark.parametrize(
    ("actions", "other"),
    [
        ([Disconnect()], [Disconnect()]),
        ([Raw(b"x"), Disconnect(abort=True)], [Raw(b"x"), Disconnect(abort=True)]),
        ([Response(m.SearchResultReference((b"ldap://x",)))], [Response(m.SearchResultReference((b"ldap://x",)))]),
        ([Response(m.IntermediateResponse()), Delay(1)], [Response(m.IntermediateResponse()), Delay(1)]),
    ],
)
def test_what_is_no_answer(actions: list[Action], other: list[Action]) -> None:
    kept = log()
    assert list(asked(kept, *actions)) == actions
    [record] = kept.snapshot()
    assert (record.result, record.other) == (None, other)
    assert record.ended is not None


def test_a_request_is_there_before_its_answer() -> None:
    kept = log()
    iterator: Any = asked(kept, Delay(1), DONE)
    next(iterator)
    [record] = kept.snapshot()
    assert (record.result, record.ended) == (None, None)
    iterator.close()
    assert (record.result, record.ended) == (None, 1.5)


def test_an_error_passes_through() -> None:
    kept = log()
    with pytest.raises(ValueError, match="oops"):
        list(asked(kept, ValueError("oops")))
    assert kept.snapshot()[0].ended is not None


def test_a_bind_makes_somebody_else_of_a_connection() -> None:
    kept = log()
    list(asked(kept, "bound", Response(m.BindResponse()), op=m.BindRequest(3, b"", m.SimpleAuthentication(b""))))
    [record] = kept.snapshot()
    assert record.identity is None
    assert record.became is not None


def test_connections_are_counted() -> None:
    kept = log()
    sessions = [Session(peer="a"), Session(peer="b")]
    for each in (0, 1, 0):
        list(asked(kept, DONE, session=sessions[each]))
    assert [record.peer.number for record in kept.snapshot()] == [1, 2, 1]
    sessions[0].tell(m.AbandonRequest(3), 8)
    sessions[0].tell(m.UnbindRequest(), 9)
    sessions[0].end()
    assert [(peer.number, peer.unbound, peer.closed) for peer in kept.connections()] == [
        (1, True, True),
        (2, False, False),
    ]
    assert [(type(r.op), r.message_id, r.ended) for r in kept.snapshot()[3:]] == [
        (m.AbandonRequest, 8, 4.5),
        (m.UnbindRequest, 9, 5.0),
    ]


def test_connections_are_there_before_they_ask() -> None:
    kept = log()
    session, other, third = (Session(peer=name) for name in "abc")
    kept.opened(session)
    kept.opened(other)
    assert [(peer.number, peer.name, peer.asked) for peer in kept.connections()] == [(1, "a", False), (2, "b", False)]
    list(asked(kept, DONE, session=other))
    list(asked(kept, DONE, session=third))
    session.end()
    assert [(p.number, p.asked, p.closed) for p in kept.connections()] == [
        (1, False, True),
        (2, True, False),
        (3, True, False),
    ]
    assert [record.peer.number for record in kept.snapshot()] == [2, 3]
    kept.opened(session := Session())
    kept.clear()
    assert kept.connections() == []
    list(asked(kept, DONE, session=session))
    assert [(peer.number, peer.asked) for peer in kept.connections()] == [(1, True)]


def test_a_late_request_does_not_show_up_after_clear() -> None:
    kept = log()
    session = Session()
    late = asked(kept, Delay(1), DONE, session=session)
    next(late)
    kept.clear()
    assert list(late) == [DONE]
    session.end()
    assert (kept.snapshot(), kept.connections(), kept.seen) == ([], [], 0)
    list(asked(kept, DONE, session=session))
    [record] = kept.snapshot()
    assert (record.number, record.peer.number, record.peer.closed) == (1, 1, False)


def test_the_oldest_are_dropped() -> None:
    kept = Log(limit=2)
    for _ in range(5):
        list(asked(kept, DONE))
    assert [record.number for record in kept.snapshot()] == [4, 5]
    assert (kept.seen, len(kept.connections())) == (5, 2)
    with pytest.raises(ValueError, match="limit=0"):
        Log(limit=0)


# --- secrets ---


def passmod(*parts: bytes) -> bytes:
    return ber.element(b"\x30", b"".join(ber.element(bytes((0x80 + i,)), part) for i, part in enumerate(parts)))


def filtered(filter: m.Filter) -> m.SearchRequest:
    return m.SearchRequest(b"", 2, 0, 0, 0, False, filter)


SECRETIVE: list[Any] = [
    m.BindRequest(3, b"cn=a", m.SimpleAuthentication(SECRET)),
    m.BindRequest(3, b"", m.SaslCredentials(b"PLAIN", SECRET)),
    m.AddRequest(b"cn=a", (m.Attribute(b"cn", (b"a",)), m.Attribute(b"userPassword;x-y", (SECRET,)))),
    m.ModifyRequest(b"cn=a", (m.Change(0, b"cn", (b"a",)), m.Change(2, b"2.5.4.35", (SECRET, SECRET)))),
    m.CompareRequest(b"cn=a", b"USERPASSWORD", SECRET),
    m.ExtendedRequest(PASSWORD_MODIFY, passmod(b"cn=a", SECRET, SECRET)),
    m.ExtendedRequest(PASSWORD_MODIFY, passmod(b"cn=a", SECRET) + b"junk"),
    filtered(parse(b"(userPassword=" + SECRET + b")")),
    filtered(parse(b"(&(cn=a)(|(!(userPassword>=" + SECRET + b"))(unicodePwd~=" + SECRET + b")))")),
    filtered(parse(b"(userPassword=top*" + SECRET + b")")),
    filtered(parse(b"(userPassword:2.5.13.17:=" + SECRET + b")")),
    # what can't be told apart from something else
    m.BindRequest(3, b"cn=" + SECRET, m.SimpleAuthentication(SECRET)),
    m.AddRequest(b"cn=a", (m.Attribute(b"userPassword", (SECRET, b"x" + SECRET)),)),
    m.ModifyRequest(b"cn=a", (m.Change(2, b"userPassword", (SECRET, b"")),)),
]


@pytest.mark.parametrize("came", [False, True], ids=["as values", "as octets"])
@pytest.mark.parametrize("op", SECRETIVE)
def test_nothing_secret_is_kept(op: Any, came: bool) -> None:
    kept = log()
    list(asked(kept, DONE, op=op, octets=encode_message(7, op) if came else b""))
    [record] = kept.snapshot()
    names = [op.name] if isinstance(op, m.BindRequest) else []
    in_memory = [each for each in contents(tuple(record.row)) if isinstance(each, bytes) and each not in names]
    assert not [each for each in in_memory if SECRET in each]
    assert type(record.op) is type(op)
    assert record.message_id == 7
    found = [each for each in contents(record.op) if each not in names]
    assert [each for each in found if isinstance(each, Secret)]
    assert not [each for each in found if isinstance(each, bytes) and SECRET in each]
    assert contents(record.op) == contents(concealed(op, kept.hide))


@pytest.mark.parametrize(
    "op",
    [
        m.AddRequest(b"cn=a", (m.Attribute(b"userPassword", (b"one", b"two")), m.Attribute(b"unicodePwd", (b"3",)))),
        m.ModifyRequest(b"cn=a", (m.Change(1, b"userPassword", (b"one",)), m.Change(0, b"userPassword", (b"two",)))),
        m.AddRequest(b"cn=a", (m.Attribute(b"userPassword", (b"{SSHA}c2FsdGVkaGFzaA==", b"two")),)),
        m.AddRequest(b"cn=a", (m.Attribute(b"userPassword", (b"0" * 48,)),)),  # its length is a 0, too
        m.ModifyRequest(b"cn=a", (m.Change(0, b"userPassword", (b"\x03\x03\x03", b"\x01", b"\0")),)),
    ],
)
def test_each_secret_keeps_its_place(op: Any) -> None:
    kept = log()
    list(asked(kept, DONE, op=op, octets=encode_message(7, op)))
    assert contents(kept.snapshot()[0].op) == contents(op)
    assert list(map(str, contents(kept.snapshot()[0].op))) == list(map(str, contents(concealed(op, kept.hide))))


NAMED = b"\xa3\x1a\x04\x0cuserPassword\x04\x0a" + SECRET
"""What a filter and an attribute have in common."""


@pytest.mark.parametrize("came", [False, True], ids=["as values", "as octets"])
@pytest.mark.parametrize(
    ("oid", "asks", "answers"),
    [
        (ASSERTION, True, False),
        (MATCHED_VALUES, True, False),
        (PRE_READ, False, True),
        (POST_READ, False, True),
        (DEREF, False, True),
        (b"1.2.3", False, False),
    ],
)
def test_secrets_in_controls(oid: bytes, asks: bool, answers: bool, came: bool) -> None:
    kept = log()
    controls = (m.Control(b"1.2.3.4", True), m.Control(oid, True, NAMED), m.Control(oid, False, b"\x04\x02cn"))
    done = Response(m.SearchResultDone(), controls)
    octets = encode_message(9, SEARCH, controls) if came else b""
    list(recorder(kept)(lambda request: iter([done]))(Request(Session(), 9, SEARCH, controls, octets)))
    [record] = kept.snapshot()
    for found, hidden in ((record.controls, asks), (record.result.controls, answers)):
        assert found == controls  # a Secret is equal to what it was
        assert isinstance(found[1].value, Secret) is hidden
    assert record.op == SEARCH
    in_request = [each for each in contents(record.asked) if isinstance(each, bytes) and SECRET in each]
    assert bool(in_request) is not asks


def test_octets_are_read_when_somebody_looks() -> None:
    kept = log()
    controls = (m.Control(b"1.2.3", True, b"x"),)
    session = Session()
    octets = encode_message(9, SEARCH, controls)
    list(recorder(kept)(lambda request: iter([DONE]))(Request(session, 9, SEARCH, controls, octets)))
    assert octets in kept.rows[0]
    record = kept.snapshot()[0]
    assert (record.message_id, record.op, record.controls) == (9, SEARCH, controls)
    assert record.asked is kept.snapshot()[0].asked


def contents(value: Any) -> list[Any]:
    """Everything in a value that isn't made of something else."""
    if isinstance(value, tuple | list):
        return [each for part in value for each in contents(part)]
    names = getattr(type(value), "__slots__", ())
    if names and not isinstance(value, Secret):
        return [each for name in names for each in contents(getattr(value, name))]
    return [value]


@pytest.mark.parametrize(
    "op",
    [
        SEARCH,
        m.BindRequest(3, b"cn=a", m.SimpleAuthentication(b"")),
        m.BindRequest(3, b"", m.SaslCredentials(b"EXTERNAL")),
        m.BindRequest(3, b"", m.UnknownAuthentication(9)),
        m.DeleteRequest(b"cn=a"),
        m.AddRequest(b"cn=a", (m.Attribute(b"cn", (b"a",)),)),
        m.ModifyRequest(b"cn=a", (m.Change(0, b"cn", (b"a",)),)),
        m.CompareRequest(b"cn=a", b"cn", b"a"),
        m.ExtendedRequest(b"1.2.3", b"x"),
        m.ExtendedRequest(PASSWORD_MODIFY),
        filtered(parse("(&(userPassword=*)(cn=a)(:dn:2.4.6:=x))")),
        filtered(m.Undefined(9)),
    ],
)
def test_what_has_no_secret_is_kept_as_it_is(op: Any) -> None:
    assert concealed(op, log().hide) is op


def test_a_filter_too_deep_to_be_gone_through_shows_nothing() -> None:
    deep: m.Filter = m.Equality(b"userPassword", SECRET)
    for _ in range(5000):
        deep = m.Not(deep)
    assert concealed(filtered(deep), log().hide).filter == m.Undefined(0)


@pytest.mark.parametrize(
    ("request_op", "answer", "hidden"),
    [
        (SEARCH, m.SearchResultDone(), False),
        (m.BindRequest(3, b"", m.SaslCredentials(b"X")), m.BindResponse(14, server_sasl_creds=SECRET), True),
        (m.ExtendedRequest(PASSWORD_MODIFY), m.ExtendedResponse(value=SECRET), True),
        (m.ExtendedRequest(b"1.2.3"), m.ExtendedResponse(value=SECRET), False),
    ],
)
def test_answers_hide_what_the_server_made_up(request_op: Any, answer: Any, hidden: bool) -> None:
    found = concealed_answer(request_op, answer, log().hide)
    assert (found is answer) is not hidden
    assert found.code == answer.code
    if hidden:
        assert [type(each) for each in contents(found) if each == SECRET] == [Secret]


def test_a_secret_tells_right_from_wrong() -> None:
    kept = log()
    secret = kept.hide(SECRET)
    assert secret == SECRET
    assert secret == SECRET.decode()
    assert secret == kept.hide(SECRET)
    assert len({secret, kept.hide(SECRET), kept.hide(b"x")}) == 2
    assert secret != "wrong"
    assert secret != Log().hide(SECRET)
    assert secret != 5
    assert repr(secret) == "<secret>"
    assert str(secret).startswith("{SSHA256}")
    assert str(kept.hide(b"{SSHA}xyz")) == "{SSHA}xyz"
    assert str(kept.hide(b"{SHA}xyz")).startswith("{SSHA256}")


def test_which_attributes_are_secret() -> None:
    assert all(is_secret(name) and is_secret(name.upper()) and is_secret(name + b";lang-en") for name in ATTRIBUTES)
    assert not any(is_secret(b"attribute%d" % n) for n in range(2000))
