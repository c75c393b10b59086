"""Octets that leave one by one: nothing comes between them, and nobody waits for them for ever."""

from collections.abc import Callable
from typing import Any

import pytest

from fakeldapd.operations.request import Delay, Pause, Raw, Response
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.result import LDAPError

SEARCH = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"cn"))
DONE = Response(m.SearchResultDone())


def octets(number: int) -> bytes:
    return encode_message(number, m.SearchResultDone())


APART = Raw(octets(1), apart=True)


def test_each_octet_is_written_by_itself(serve: Callable[..., Any]) -> None:
    served = serve({1: [APART]})
    client = served.connect()
    client.send((1, SEARCH))
    assert client.transport.writes == [octets(1)[:1]]
    served.run()
    assert client.transport.writes == [bytes((octet,)) for octet in octets(1)]
    assert client.server.session.outstanding == 0


def test_nothing_comes_between(serve: Callable[..., Any]) -> None:
    served = serve({1: [DONE, APART, Pause(), DONE], 2: [DONE], 3: [Delay(0), DONE]})
    client = served.connect()
    client.send((3, SEARCH), (1, SEARCH), (2, SEARCH))
    client.send((2, SEARCH))
    assert client.ids() == [1]
    assert client.transport.producerState == "paused"
    served.run()
    assert sorted(client.ids()) == [1, 1, 2, 2, 3]
    assert client.transport.producerState == "producing"


def test_the_client_goes(serve: Callable[..., Any]) -> None:
    served = serve({1: [APART, DONE]})
    client = served.connect()
    client.send((1, SEARCH))
    client.server.abort()
    assert client.server.session.outstanding == 0
    served.run()
    assert not served.clock.getDelayedCalls()


def test_an_operation_that_is_ended_meanwhile(serve: Callable[..., Any]) -> None:
    served = serve({1: [APART, DONE], 2: [DONE]})
    client = served.connect()
    client.send((1, SEARCH))
    client.server.begin_anew(LDAPError(52))
    answers = [(number, op.code) for number, op in client.received()]
    assert answers == [(1, 0), (1, 52)]
    client.send((2, SEARCH))
    assert client.ids() == [2]
    served.run()
    assert client.ids() == []


@pytest.mark.parametrize("end", ["finish", "abort"])
def test_the_service_stops(serve: Callable[..., Any], end: str) -> None:
    served = serve({1: [APART]})
    client = served.connect()
    client.send((1, SEARCH))
    getattr(client.server, end)()
    served.run()
    assert client.transport.closed == ("closed" if end == "finish" else "aborted")
    assert client.ids() == [1]
