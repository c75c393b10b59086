"""What each fault does, as a list of actions."""

from collections.abc import Iterator
from typing import Any

import pytest

from fakeldapd.middleware.faults import ACTIONS, ANOTHER_ID, GARBAGE, UNANSWERED, Fault, faults
from fakeldapd.middleware.rules import Occasions, Rules
from fakeldapd.operations.request import (
    Action,
    Delay,
    Disconnect,
    Entries,
    Handler,
    Pause,
    Raw,
    Request,
    Response,
    Session,
    StartTLS,
    Wait,
)
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.encode import attribute, encode_message
from fakeldapd.protocol.result import ProtocolError
from fakeldapd.schema.dn import ROOT

SEARCH = m.SearchRequest(b"o=x", 2, 0, 0, 0, False, m.Present(b"cn"))
CN = (attribute(b"cn", [b"x"]),)
ONE, TWO, THREE = ((name, CN) for name in (b"cn=1", b"cn=2", b"cn=3"))
REFERENCE = Response(m.SearchResultReference((b"ldap://x/",)))
DONE = Response(m.SearchResultDone())
FOUND: list[Action] = [Pause(), Entries([ONE, TWO]), REFERENCE, Response(m.SearchResultEntry(*THREE)), DONE]


def octets(op: m.ProtocolOp, message_id: int = 7) -> bytes:
    return encode_message(message_id, op)


RAW = [octets(op) for op in (*(m.SearchResultEntry(*e) for e in (ONE, TWO)), REFERENCE.op, FOUND[3].op, DONE.op)]  # type: ignore[union-attr]


def handler(actions: list[Action], seen: list[Request] | None = None) -> Handler:
    def handle(request: Request) -> Iterator[Action]:
        if seen is not None:
            seen.append(request)
        yield from actions

    return handle


def played(fault: Fault, op: Any = SEARCH, actions: list[Action] = FOUND, session: Session | None = None) -> list[Any]:
    """The actions that a request comes to; a Wait is played through."""
    rules: Rules[Fault] = Rules()
    rules.put([fault])
    return list(faults(rules)(handler(actions))(Request(session or Session(), 7, op)))


def half(message: bytes) -> bytes:
    return message[: len(message) // 2]


CASES: list[tuple[dict[str, Any], list[Any]]] = [
    ({"action": "error", "code": 51, "text": "later"}, [Response(m.SearchResultDone(51, b"", b"later"))]),
    (
        {"action": "error", "code": 10, "matched_dn": b"o=x", "referral": (b"ldap://y/",)},
        [Response(m.SearchResultDone(10, b"o=x", b"", (b"ldap://y/",)))],
    ),
    ({"action": "error", "code": 4711}, [Response(m.SearchResultDone(4711))]),
    ({"action": "error", "code": 51, "after_entries": 0}, [Response(m.SearchResultDone(51))]),
    ({"action": "error", "code": 3, "after_entries": 1}, [Pause(), Entries([ONE]), Response(m.SearchResultDone(3))]),
    (
        {"action": "error", "code": 3, "after_entries": 2},
        [Pause(), Entries([ONE, TWO]), Response(m.SearchResultDone(3))],
    ),
    ({"action": "error", "code": 3, "after_entries": 3}, [*FOUND[:4], Response(m.SearchResultDone(3))]),
    ({"action": "error", "code": 3, "after_entries": 9}, [*FOUND[:4], Response(m.SearchResultDone(3))]),
    ({"action": "error", "code": 52, "performed": True}, [Pause(), Response(m.SearchResultDone(52))]),
    ({"action": "delay", "delay": lambda: 1.5}, [Delay(1.5), *FOUND]),
    ({"action": "drop", "delay": lambda: 2.0}, [Delay(2.0), Disconnect()]),
    ({"action": "hang"}, [Wait]),
    ({"action": "hang", "after_entries": 1}, [Pause(), Entries([ONE]), Wait]),
    ({"action": "hang", "performed": True}, [Pause(), Wait]),
    ({"action": "drop"}, [Disconnect()]),
    ({"action": "drop", "after_entries": 2}, [Pause(), Entries([ONE, TWO]), Disconnect()]),
    ({"action": "reset"}, [Disconnect(abort=True)]),
    ({"action": "drop-after"}, [*FOUND, Disconnect()]),
    ({"action": "reset-after"}, [*FOUND, Disconnect(abort=True)]),
    ({"action": "truncate"}, [Pause(), *map(Raw, RAW[:4]), Raw(half(RAW[4])), Wait, Disconnect()]),
    ({"action": "truncate", "after_entries": 1}, [Pause(), Raw(RAW[0]), Raw(half(RAW[1])), Wait, Disconnect()]),
    ({"action": "drop-midway", "after_entries": 9}, [Pause(), *map(Raw, RAW[:4]), Raw(half(RAW[4])), Disconnect()]),
    ({"action": "drop-midway"}, [Pause(), *map(Raw, RAW[:4]), Raw(half(RAW[4])), Disconnect()]),
    ({"action": "garbage"}, [Raw(GARBAGE)]),
    ({"action": "garbage", "octets": b"\xff", "after_entries": 2}, [Pause(), Entries([ONE, TWO]), Raw(b"\xff")]),
    ({"action": "duplicate"}, [Pause(), *map(Raw, RAW), Raw(RAW[4])]),
    ({"action": "entry-after-done"}, [*FOUND, FOUND[3]]),
    ({"action": "single-octets"}, [Pause(), *(Raw(each, apart=True) for each in RAW)]),
]


@pytest.mark.parametrize(
    ("given", "expected"), CASES, ids=lambda case: case.get("action") if type(case) is dict else ""
)
def test_a_search(given: dict[str, Any], expected: list[Any]) -> None:
    fault = Fault(**given)
    shown = [Wait if type(action) is Wait else action for action in played(fault)]
    assert shown == expected
    assert fault.hits == 1


def test_every_action_has_a_case() -> None:
    shown_below = {"notice", "corrupt", "wrong-id", "size-limit", "ignore"}
    assert {given["action"] for given, _ in CASES} | shown_below == set(ACTIONS)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"action": "ignore"}, []),
        ({"action": "delay", "delay": lambda: 1.5}, [Delay(1.5), Disconnect()]),
        ({"action": "reset"}, [Disconnect(abort=True)]),
        ({"action": "garbage"}, [Raw(GARBAGE), Disconnect()]),
    ],
)
def test_an_unbind(given: dict[str, Any], expected: list[Any]) -> None:
    fault = Fault(kinds=UNANSWERED, **given)
    assert played(fault, m.UnbindRequest(), [Disconnect()]) == expected
    assert played(fault) == FOUND


def received(actions: list[Any]) -> list[tuple[int, m.ProtocolOp]]:
    connection = Connection(client=True, max_message_size=0)
    sent = b"".join(action.octets for action in actions if type(action) is Raw)
    return [(message.message_id, message.op) for message in connection.receive(sent)]


def test_a_notice() -> None:
    raw, closed = played(Fault("notice", code=52, text="bye"))
    assert received([raw]) == [(0, m.ExtendedResponse(52, b"", b"bye", (), m.NOTICE_OF_DISCONNECTION))]
    assert closed == Disconnect()


def test_another_message_id() -> None:
    actions = played(Fault("wrong-id"))
    assert {number for number, _ in received(actions)} == {7 + ANOTHER_ID}
    assert len(received(actions)) == 5


@pytest.mark.parametrize("after", [None, 0, 1])
def test_broken_ber_in_a_message_of_the_right_length(after: int | None) -> None:
    raw = [action.octets for action in played(Fault("corrupt", after_entries=after)) if type(action) is Raw]
    number = 4 if after is None else after
    assert raw[:number] == RAW[:number]
    assert len(raw) == number + 1
    assert (len(raw[number]), raw[number] != RAW[number]) == (len(RAW[number]), True)
    connection = Connection(client=True, max_message_size=0)
    for message in raw[:number]:
        assert connection.receive(message)
    with pytest.raises(ProtocolError):
        connection.receive(raw[number])


@pytest.mark.parametrize(("asked", "limit"), [(0, 2), (1, 1), (5, 2)])
def test_the_size_limit_is_the_search_s_own(asked: int, limit: int) -> None:
    seen: list[Request] = []
    rules: Rules[Fault] = Rules()
    rules.put([Fault("size-limit", size_limit=2)])
    op = m.SearchRequest(b"o=x", 2, 0, asked, 0, False, m.Present(b"cn"))
    assert list(faults(rules)(handler(FOUND, seen))(Request(Session(), 7, op))) == FOUND
    assert isinstance(seen[0].op, m.SearchRequest)
    assert seen[0].op.size_limit == limit


def test_an_entry_after_nothing_was_found() -> None:
    late = Response(m.SearchResultEntry(b"o=x", ()))
    assert played(Fault("entry-after-done"), actions=[DONE]) == [DONE, late]


def test_a_delay_is_another_each_time() -> None:
    delays = iter((1.0, 2.0))
    fault = Fault("delay", delay=lambda: next(delays))
    assert [played(fault)[0], played(fault)[0]] == [Delay(1.0), Delay(2.0)]


BIND = m.BindRequest(3, b"cn=x", m.SimpleAuthentication(b"x"))


@pytest.mark.parametrize(
    ("op", "response"),
    [
        (BIND, m.BindResponse(52)),
        (m.AddRequest(b"o=x", ()), m.AddResponse(52)),
        (m.ModifyRequest(b"o=x", ()), m.ModifyResponse(52)),
        (m.ModifyDNRequest(b"o=x", b"o=y", True), m.ModifyDNResponse(52)),
        (m.DeleteRequest(b"o=x"), m.DeleteResponse(52)),
        (m.CompareRequest(b"o=x", b"o", b"x"), m.CompareResponse(52)),
        (m.ExtendedRequest(b"1.2"), m.ExtendedResponse(52)),
    ],
)
def test_every_operation_may_fail(op: Any, response: Any) -> None:
    assert played(Fault("error", code=52), op) == [Response(response)]


def test_a_bind_that_fails_leaves_nobody() -> None:
    session = Session(identity=ROOT)
    played(Fault("error", code=52), BIND, session=session)
    assert session.identity is None


def test_nothing_comes_between_an_answer_and_tls() -> None:
    said = Response(m.ExtendedResponse())
    actions = played(Fault("duplicate"), m.ExtendedRequest(b"1.2"), [said, StartTLS()])
    assert actions == [Raw(octets(said.op)), Raw(octets(said.op)), StartTLS()]


# --- which requests ---


def taken(fault: Fault, times: int) -> list[int]:
    """The numbers of the requests that it takes, from 1."""
    return [number for number in range(1, times + 1) if played(fault) != FOUND]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"nth": {2}}, [2]),
        ({"nth": {1, 4}}, [1, 4]),
        ({"after": 3}, [4, 5]),
        ({"count": 2}, [1, 2]),
        ({"after": 1, "count": 2}, [2, 3]),
        ({"probability": 1.0}, [1, 2, 3, 4, 5]),
        ({"probability": 0.5, "seed": 1, "count": 2}, [1, 4]),
    ],
)
def test_occasions(given: dict[str, Any], expected: list[int]) -> None:
    fault = Fault("drop", occasions=Occasions(**given))
    assert taken(fault, 5) == expected
    assert fault.hits == len(expected)


def test_chance_is_the_same_in_every_run() -> None:
    chances = [taken(Fault("drop", occasions=Occasions(probability=0.3, seed=seed)), 100) for seed in (1, 1, 2)]
    assert chances[0] == chances[1] != chances[2]
    assert 15 < len(chances[0]) < 45


def test_the_first_that_takes_a_request_acts_alone() -> None:
    first = Fault("error", code=1, tests=[lambda request: request.message_id == 7], occasions=Occasions(count=1))
    second, third = Fault("error", code=2), Fault("error", code=3)
    of_binds = Fault("error", code=4, kinds=[m.BindRequest])
    rules: Rules[Fault] = Rules()
    rules.put([of_binds, first, second, third])
    handle = faults(rules)(handler(FOUND))

    def code(number: int, op: Any = SEARCH) -> int:
        [response] = handle(Request(Session(), number, op))
        assert isinstance(response, Response)
        assert isinstance(response.op, m.LDAPResult)
        return response.op.code

    assert [code(8), code(7), code(7), code(7, BIND)] == [2, 1, 2, 4]
    assert [rule.hits for rule in rules] == [1, 1, 2, 0]


def test_what_hangs_is_let_go() -> None:
    fault = Fault("hang")
    iterator = fault.perform(handler(FOUND), Request(Session(), 7, SEARCH))
    wait = next(iterator)
    assert isinstance(wait, Wait)
    assert not wait.signal.fired
    fault.let_go()
    assert wait.signal.fired
    assert list(iterator) == []
    abandoned: Any = fault.perform(handler(FOUND), Request(Session(), 7, SEARCH))
    signal = next(abandoned).signal
    abandoned.close()
    fault.let_go()
    assert not signal.fired
