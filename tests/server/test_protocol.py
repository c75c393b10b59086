"""The Twisted protocol against a handler that plays scripts: what is answered, when, and what is not."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fakeldapd.operations.request import (
    Action,
    Delay,
    Disconnect,
    Pause,
    Raw,
    Request,
    Response,
    Session,
    Signal,
    StartTLS,
    Wait,
)
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.result import LDAPError
from fakeldapd.server import protocol
from fakeldapd.server.service import Limits
from fakeldapd.server.turns import SLICE

SEARCH = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"))
DELETE = m.DeleteRequest(b"cn=a")
BIND = m.BindRequest(3, b"", m.SimpleAuthentication(b""))
UNBIND = m.UnbindRequest()
WHO_AM_I = m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3")
DONE = Response(m.SearchResultDone())
BOUND = Response(m.BindResponse())
FOREVER = Wait()

Serve = Callable[..., Any]


def entry(name: bytes, size: int = 0) -> Response:
    return Response(m.SearchResultEntry(name, (b"x" * size,) if size else ()))


def test_messages_of_one_read_are_answered_in_one_write(serve: Serve) -> None:
    client = serve({1: [entry(b"cn=a"), DONE], 2: [DONE], 3: [Response(m.DeleteResponse(32))]}).connect()
    client.send((1, SEARCH), (2, SEARCH), (3, DELETE))
    assert len(client.transport.writes) == 1
    assert client.received() == [
        (1, m.SearchResultEntry(b"cn=a", ())),
        (1, m.SearchResultDone()),
        (2, m.SearchResultDone()),
        (3, m.DeleteResponse(32)),
    ]


def test_controls_of_a_response_are_sent(serve: Serve) -> None:
    client = serve({1: [Response(m.SearchResultDone(), (m.Control(b"1.2", False, b"v"),))]}).connect()
    client.send((1, SEARCH))
    assert b"1.2" in client.transport.value()


def test_the_same_message_id_twice_is_served_twice(serve: Serve) -> None:
    client = serve({5: [DONE]}).connect()
    client.send((5, SEARCH), (5, SEARCH))
    assert client.ids() == [5, 5]


@pytest.mark.parametrize(
    ("op", "response"),
    [
        (BIND, m.BindResponse),
        (SEARCH, m.SearchResultDone),
        (m.ModifyRequest(b"", ()), m.ModifyResponse),
        (m.AddRequest(b"", ()), m.AddResponse),
        (DELETE, m.DeleteResponse),
        (m.ModifyDNRequest(b"", b"", False), m.ModifyDNResponse),
        (m.CompareRequest(b"", b"", b""), m.CompareResponse),
        (WHO_AM_I, m.ExtendedResponse),
    ],
)
def test_what_a_handler_lets_out_becomes_its_operations_answer(
    serve: Serve, op: m.RequestOp, response: type, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve({1: [ValueError("secret")], 2: [LDAPError(53, "no")]})
    client = served.connect()
    client.send((1, op))
    [(number, answer)] = client.received()
    assert (number, type(answer), answer.code, answer.diagnostic) == (1, response, 80, b"internal error")
    assert "secret" in caplog.text
    client.send((2, op))
    assert client.received() == [(2, response(53, diagnostic=b"no"))]


def test_a_handler_that_fails_before_its_first_action(serve: Serve) -> None:
    def handler(request: Request) -> Iterator[Action]:
        raise ValueError(request)

    client = serve(handler).connect()
    client.send((1, SEARCH))
    assert client.received() == [(1, m.SearchResultDone(80, diagnostic=b"internal error"))]
    assert client.server.session.outstanding == 0


def test_an_operation_that_fails_after_its_answer_gets_no_second_one(serve: Serve) -> None:
    client = serve({1: [DONE, ValueError()], 2: [entry(b""), ValueError()]}).connect()
    client.send((1, SEARCH), (2, SEARCH))
    assert [(n, type(op).__name__) for n, op in client.received()] == [
        (1, "SearchResultDone"),
        (2, "SearchResultEntry"),
        (2, "SearchResultDone"),
    ]


def test_what_is_no_action_is_an_internal_error(serve: Serve) -> None:
    client = serve({1: ["what?"], 2: [Response(None)]}).connect()  # type: ignore[arg-type]
    client.send((1, SEARCH), (2, SEARCH))
    assert client.received() == [(n, m.SearchResultDone(80, diagnostic=b"internal error")) for n in (1, 2)]


# --- actions other than Response ---


def test_delay_lets_later_operations_pass(serve: Serve) -> None:
    served = serve({1: [Delay(1.5), DONE], 2: [DONE]})
    client = served.connect()
    client.send((1, SEARCH), (2, SEARCH))
    assert client.ids() == [2]
    served.clock.advance(1.4)
    served.run()
    assert client.ids() == []
    served.clock.advance(0.2)
    served.run()
    assert client.ids() == [1]


def test_wait_goes_on_when_the_signal_fires_and_not_in_that_call(serve: Serve) -> None:
    signal = Signal()
    served = serve({1: [Wait(signal), DONE], 2: [lambda _: signal.fire(), DONE]})
    client = served.connect()
    client.send((1, SEARCH))
    client.send((2, SEARCH))
    assert client.ids() == [2]
    served.run()
    assert client.ids() == [1]


def test_wait_for_what_has_happened_does_not_wait(serve: Serve) -> None:
    signal = Signal()
    signal.fire()
    client = serve({1: [Wait(signal), DONE]}).connect()
    client.send((1, SEARCH))
    assert client.ids() == [1]


def test_raw_octets_keep_their_place(serve: Serve) -> None:
    client = serve({1: [entry(b"a"), Raw(b"###"), DONE]}).connect()
    client.send((1, SEARCH))
    before, after = client.transport.value().split(b"###")
    assert before
    assert after


@pytest.mark.parametrize(("abort", "how"), [(False, "closed"), (True, "aborted")])
def test_disconnect_closes_behind_what_was_sent(serve: Serve, abort: bool, how: str) -> None:
    served = serve({1: [entry(b"a"), Disconnect(abort)], 2: [DONE], 3: [FOREVER]})
    client = served.connect()
    client.send((3, SEARCH), (1, SEARCH), (2, SEARCH))
    assert client.transport.closed == how
    assert client.ids() == [1]
    assert sorted(served.factory.handler.ended) == [1, 3]


def test_a_handler_that_begins_tls_without_any_is_cut_off(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    client = serve({1: [Response(m.ExtendedResponse()), StartTLS()]}).connect()
    client.send((1, m.ExtendedRequest(STARTTLS)))
    assert client.transport.closed == "closed"
    assert "TLS" in caplog.text


def test_octets_behind_a_refused_starttls_are_served_after_it(serve: Serve) -> None:
    refused = Response(m.ExtendedResponse(2))
    client = serve({1: [refused], 2: [DONE]}).connect()
    client.send((1, m.ExtendedRequest(STARTTLS)), (2, SEARCH))
    assert client.ids() == [1, 2]


def test_nothing_begins_while_starttls_is_being_decided(serve: Serve) -> None:
    served = serve({1: [Delay(1), Response(m.ExtendedResponse(2))], 2: [DONE], 3: [DONE]})
    client = served.connect()
    client.send((1, m.ExtendedRequest(STARTTLS)), (2, SEARCH))
    client.send((3, SEARCH))
    assert served.factory.handler.began == [1]
    served.clock.advance(1)
    served.run(3)
    assert client.ids() == [1, 2, 3]
    assert client.transport.producerState == "producing"


# --- bind, abandon, unbind ---


def test_bind_ends_what_is_outstanding_without_an_answer(serve: Serve) -> None:
    served = serve({1: [entry(b"a"), FOREVER, DONE], 2: [Delay(1), DONE], 3: [BOUND]})
    client = served.connect()
    client.send((1, SEARCH), (2, SEARCH), (3, BIND))
    served.clock.advance(2)
    served.run()
    assert client.ids() == [1, 3]
    assert served.factory.handler.ended == [1, 2]
    assert [request.session.outstanding for request in served.factory.handler.requests] == [0, 0, 0]


def test_nothing_begins_beside_a_bind(serve: Serve) -> None:
    served = serve({1: [Delay(1), BOUND], 2: [DONE], 3: [DONE]})
    client = served.connect()
    client.send((1, BIND), (2, SEARCH))
    assert client.transport.producerState == "paused"
    client.send((3, SEARCH))
    assert served.factory.handler.began == [1]
    served.clock.advance(1)
    served.run(3)
    assert client.ids() == [1, 2, 3]
    assert client.transport.producerState == "producing"


def test_abandon_ends_one_operation_silently(serve: Serve) -> None:
    served = serve({1: [Delay(1), DONE], 2: [Delay(1), DONE]})
    client = served.connect()
    client.send((1, SEARCH), (2, SEARCH), (3, m.AbandonRequest(1)), (4, m.AbandonRequest(99)))
    served.clock.advance(1)
    served.run()
    assert client.ids() == [2]
    assert served.factory.handler.ended == [1]


def test_unbind_closes_and_what_follows_is_dropped(serve: Serve) -> None:
    served = serve({1: [FOREVER], 2: [DONE], 4: [DONE]})
    client = served.connect()
    client.send((1, SEARCH), (2, SEARCH), (3, UNBIND), (4, SEARCH))
    assert client.ids() == [2]
    assert client.transport.closed == "closed"
    assert served.factory.handler.ended == [1]
    assert served.factory.handler.began == [1, 2]


def test_a_lost_connection_ends_its_operations(serve: Serve) -> None:
    served = serve({1: [Delay(5), DONE], 2: [FOREVER]})
    client = served.connect()
    client.send((1, SEARCH), (2, SEARCH))
    client.transport.abortConnection()
    assert served.factory.handler.ended == [1, 2]
    assert served.clock.getDelayedCalls() == []
    assert served.factory.connections == set()


def test_an_iterator_that_fails_when_closed_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: Request) -> Iterator[Action]:
        try:
            yield FOREVER
        finally:
            raise ValueError("at the end")

    client = serve(handler).connect()
    client.send((1, SEARCH), (2, m.AbandonRequest(1)))
    assert "at the end" in caplog.text
    assert not client.transport.closed


def test_outstanding_counts_the_present_operation_too(serve: Serve) -> None:
    seen: list[int] = []

    def look(request: Request) -> None:
        seen.append(request.session.outstanding)

    client = serve({1: [look, FOREVER], 2: [look, DONE], 3: [look, FOREVER], 4: [look, DONE]}).connect()
    client.send(*((n, SEARCH) for n in (1, 2, 3, 4)))
    assert seen == [1, 2, 2, 3]
    assert client.server.session.outstanding == 2


# --- bad input ---


@pytest.mark.parametrize(
    ("octets", "notice"),
    [
        (b"0\x05\x02\x01\x05\x63\x00", b"decoding error"),
        (b"0\x05\x02\x01\x05\x61\x00", b"unknown LDAP request"),
        (b"\x16\x03\x01\x00\x00", None),
        (b"0\x80", None),
    ],
)
def test_what_is_not_ldap_ends_the_connection(serve: Serve, octets: bytes, notice: bytes | None) -> None:
    client = serve({1: [DONE]}).connect()
    client.send((1, SEARCH))
    client.server.dataReceived(octets)
    [answered, *rest] = client.received()
    assert answered[0] == 1
    if notice is None:
        assert rest == []
    else:
        assert rest == [(0, m.ExtendedResponse(2, diagnostic=notice, name=m.NOTICE_OF_DISCONNECTION))]
    assert client.transport.closed == "closed"


def test_complete_messages_before_a_bad_one_in_the_same_read_are_answered(serve: Serve) -> None:
    client = serve({1: [DONE], 2: [Delay(1), DONE]}).connect()
    octets = encode_message(1, SEARCH, ()) + encode_message(2, SEARCH, ()) + b"0\x05\x02\x01\x05\x63\x00"
    client.server.dataReceived(octets)
    assert client.ids() == [1, 0]
    assert client.transport.closed == "closed"


def test_a_bind_under_way_is_answered_before_the_notice_for_what_follows(serve: Serve) -> None:
    served = serve({1: [Delay(1), BOUND]})
    client = served.connect()
    client.server.dataReceived(encode_message(1, BIND, ()) + b"0\x05\x02\x01\x05\x63\x00")
    assert client.ids() == []
    served.clock.advance(1)
    served.run()
    assert client.ids() == [1, 0]


def bind_as(session: Session, identity: Any) -> None:
    session.become(identity)


@pytest.mark.parametrize(
    ("identity", "size", "is_read"), [(None, 101, False), (None, 100, True), ("dn", 200, True), ("dn", 201, False)]
)
def test_message_size_follows_the_identity(serve: Serve, identity: Any, size: int, is_read: bool) -> None:
    limits = Limits(max_message_size=100, max_message_size_bound=200)
    served = serve({1: [lambda request: bind_as(request.session, identity), BOUND], 2: [DONE]}, limits)
    client = served.connect()
    client.send((1, BIND))
    envelope = encode_message(2, m.DeleteRequest(b""), ())
    overhead = len(envelope) - 2 + (size > 150)  # a long length is an octet longer
    client.server.dataReceived(encode_message(2, m.DeleteRequest(b"x" * (size - overhead)), ()))
    assert (client.ids() == [1, 2]) is is_read
    assert (client.transport.closed == "") is is_read


# --- slices ---


def test_a_long_operation_lets_others_have_their_turn(serve: Serve) -> None:
    served = serve({2: [DONE]})
    script = served.factory.handler

    def works(_: Request) -> None:
        served.clock.rightNow += SLICE

    script.actions[1] = [works, Pause(), works, Pause(), DONE]
    client, other = served.connect(), served.connect()
    client.send((1, SEARCH))
    other.send((2, SEARCH))
    assert other.ids() == [2]
    assert client.ids() == []
    served.run(3)
    assert client.ids() == [1]


def test_a_pause_inside_a_slice_costs_nothing(serve: Serve) -> None:
    client = serve({1: [Pause()] * 1000 + [DONE]}).connect()
    client.send((1, SEARCH))
    assert client.ids() == [1]


def test_long_operations_share_the_passes(serve: Serve) -> None:
    served = serve({})
    order: list[int] = []

    def works(request: Request) -> None:
        order.append(request.message_id)
        served.clock.rightNow += SLICE

    served.factory.handler.actions = {n: [works, Pause()] * 3 + [DONE] for n in (1, 2)}
    first, second = served.connect(), served.connect()
    first.send((1, SEARCH))
    second.send((2, SEARCH))
    served.run(10)
    assert order == [1, 2] * 3
    assert first.ids() + second.ids() == [1, 2]


def test_very_many_messages_in_one_read_are_begun_in_slices(serve: Serve) -> None:
    served = serve({})

    def works(_: Request) -> None:
        served.clock.rightNow += SLICE / 8

    served.factory.handler.actions = {n: [works, DONE] for n in range(100)}
    client = served.connect()
    client.send(*((n, SEARCH) for n in range(100)))
    assert len(served.factory.handler.began) < 40
    assert client.transport.producerState == "paused"
    served.run(20)
    assert client.ids() == list(range(100))
    assert client.transport.producerState == "producing"


# --- limits, and being stopped ---


def test_too_many_outstanding_operations_stop_the_reading(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_OUTSTANDING", 3)
    served = serve({n: [Delay(1), DONE] for n in range(5)})
    client = served.connect()
    client.send(*((n, SEARCH) for n in range(5)))
    assert client.transport.producerState == "paused"
    assert served.factory.handler.began == [0, 1, 2]
    served.clock.advance(1)
    served.run(2)
    served.clock.advance(1)
    served.run(2)
    assert client.ids() == [0, 1, 2, 3, 4]
    assert client.transport.producerState == "producing"


def test_idle_connections_are_closed(serve: Serve) -> None:
    served = serve({1: [DONE], 2: [Delay(100), DONE]}, Limits(idle_timeout=10))
    idle, asks, waits = served.connect(), served.connect(), served.connect()
    waits.send((2, SEARCH))
    served.clock.advance(6)
    asks.send((1, SEARCH))
    served.clock.advance(5)
    assert [each.transport.closed for each in (idle, asks, waits)] == ["closed", "", ""]
    served.clock.advance(6)
    assert [each.transport.closed for each in (idle, asks, waits)] == ["closed", "closed", ""]


def test_too_many_connections_are_refused(serve: Serve) -> None:
    served = serve({}, Limits(max_connections=2))
    first, _ = served.connect(), served.connect()
    assert served.factory.buildProtocol(None) is None
    first.transport.abortConnection()
    assert served.factory.buildProtocol(None) is not None


@pytest.mark.parametrize("notice", [False, True])
def test_stopping_finishes_what_is_under_way(serve: Serve, notice: bool) -> None:
    served = serve({1: [Delay(1), DONE], 2: [DONE]}, notice_on_stop=notice)
    busy, quiet = served.connect(), served.connect()
    busy.send((1, SEARCH))
    stopped: list[None] = []
    served.factory.finish().addCallback(stopped.append)
    assert quiet.transport.closed == "closed"
    busy.send((2, SEARCH))
    served.clock.advance(1)
    served.run()
    assert busy.transport.closed == "closed"
    assert stopped == [None]
    goodbye = (0, m.ExtendedResponse(52, diagnostic=b"server is shutting down", name=m.NOTICE_OF_DISCONNECTION))
    assert busy.received() == [(1, m.SearchResultDone())] + [goodbye] * notice
    assert quiet.received() == [goodbye] * notice
    assert served.clock.getDelayedCalls() == []


def test_stopping_does_not_wait_for_ever(serve: Serve) -> None:
    served = serve({1: [FOREVER]})
    client = served.connect()
    client.send((1, SEARCH))
    stopped: list[None] = []
    served.factory.finish(grace=2).addCallback(stopped.append)
    served.clock.advance(1.9)
    assert stopped == []
    served.clock.advance(0.2)
    assert stopped == [None]
    assert client.transport.closed == "aborted"


def test_stopping_twice_cuts_it_short(serve: Serve) -> None:
    served = serve({1: [FOREVER]})
    served.connect().send((1, SEARCH))
    stopped: list[None] = []
    served.factory.finish().addCallback(stopped.append)
    served.factory.finish()
    assert stopped == [None]


def test_a_service_without_connections_stops_at_once(serve: Serve) -> None:
    stopped: list[None] = []
    serve({}).factory.finish().addCallback(stopped.append)
    assert stopped == [None]


def test_comings_and_goings_are_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "fakeldapd")
    client = serve({}).connect()
    client.send((1, UNBIND))
    assert [record.message.split()[-1] for record in caplog.records] == ["connected", "disconnected"]
