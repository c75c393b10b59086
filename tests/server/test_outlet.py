"""Answers on their way out: straight to a socket, left to the transport, and what happens when nobody reads them."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from twisted.internet.testing import StringTransport

from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import attribute, encode_message
from fakeldapd.server.outlet import Outlet
from fakeldapd.server.protocol import FLUSH_AT, LINGER


class SocketTransport(StringTransport):
    """As Twisted's on a socket: has a handle, queues what it is given, and asks a pull producer for more when told to
    drain."""

    def __init__(self, handle: socket.socket) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._handle = handle
        self.aborted = False

    def getHandle(self) -> socket.socket:
        return self._handle

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        super().registerProducer(producer, streaming)  # type: ignore[no-untyped-call]
        if not streaming:
            producer.resumeProducing()

    def abortConnection(self) -> None:
        self.aborted = True

    def drain(self) -> bytes:
        octets: bytes = self.value()  # type: ignore[no-untyped-call]
        self.clear()  # type: ignore[no-untyped-call]
        producer: Any = self.producer
        producer.resumeProducing()
        return octets


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    with ours, theirs:
        yield ours, theirs


def read_all(theirs: socket.socket) -> bytes:
    octets = b""
    while True:
        try:
            piece = theirs.recv(1 << 20)
        except BlockingIOError:
            return octets
        if not piece:
            return octets
        octets += piece


def put(outlet: Outlet, *pieces: bytes) -> None:
    outlet.pieces.extend(pieces)
    outlet.size += sum(map(len, pieces))
    outlet.flush()


def test_a_socket_with_room_is_written_to_directly(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    transport = SocketTransport(ours)
    outlet = Outlet(transport, lambda full: pytest.fail("it is not full"))
    put(outlet, b"one", b"two")
    put(outlet)
    put(outlet, b"three")
    assert read_all(theirs) == b"onetwothree"
    assert transport.value() == b""  # type: ignore[no-untyped-call]
    assert (outlet.size, outlet.pieces) == (0, [])


def test_giving_way_to_a_layer_leaves_nothing_behind(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    transport = SocketTransport(ours)
    outlet = Outlet(transport, lambda full: None)
    outlet.pieces.append(b"said before")
    outlet.give_way()
    assert read_all(theirs) == b"said before"
    flood = bytes(10_000_000)
    put(outlet, flood)
    assert outlet.full
    outlet.pieces.append(b"last")
    outlet.give_way()
    assert transport.producer is None
    left = transport.value()  # type: ignore[no-untyped-call]
    assert len(read_all(theirs)) + len(left) == len(flood) + 4
    assert left.endswith(b"last")


def test_what_a_socket_does_not_take_is_left_to_the_transport(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    transport = SocketTransport(ours)
    changes: list[bool] = []
    outlet = Outlet(transport, changes.append)
    flood = bytes(range(256)) * 40_000
    put(outlet, flood)
    assert outlet.full
    put(outlet, b"later")  # a notice, say: it must not overtake
    received = read_all(theirs) + transport.drain()
    assert received == flood + b"later"
    assert changes == [True, False]
    assert transport.producer is None
    put(outlet, b"directly again")
    assert read_all(theirs) == b"directly again"


def test_a_client_that_is_gone_is_aborted(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.close()
    transport = SocketTransport(ours)
    changes: list[bool] = []
    outlet = Outlet(transport, changes.append)
    put(outlet, b"anybody there?")
    put(outlet, b"?")
    assert transport.aborted
    assert changes == [True]


def test_other_transports_are_written_to_and_say_when_they_are_full() -> None:
    transport = StringTransport()
    changes: list[bool] = []
    outlet = Outlet(transport, changes.append)
    assert transport.streaming
    put(outlet, b"one", b"two")
    outlet.pauseProducing()
    outlet.resumeProducing()
    outlet.resumeProducing()
    assert (transport.value(), changes) == (b"onetwo", [True, False])
    outlet.close()
    assert transport.producer is None


def entries(number: int, size: int) -> Callable[[Request], Iterator[Action]]:
    def handler(request: Request) -> Iterator[Action]:
        handler.made = 0  # type: ignore[attr-defined]
        for _ in range(number):
            handler.made += 1  # type: ignore[attr-defined]
            yield Response(m.SearchResultEntry(b"cn=a", (attribute(b"cn", [b"x" * size]),)))
        yield Response(m.SearchResultDone())

    return handler


SEARCH = encode_message(1, m.SearchRequest(b"", 2, 0, 0, 0, False, m.Present(b"cn")), ())


def test_nothing_is_made_that_a_full_transport_would_have_to_remember(serve: Callable[..., Any]) -> None:
    handler = entries(1000, 1000)
    served = serve(handler)
    client = served.connect()
    producer = client.transport.producer
    # the transport is full with the first octets
    write, client.transport.write = client.transport.write, lambda octets: (write(octets), producer.pauseProducing())
    client.server.dataReceived(SEARCH)
    served.run(5)
    assert handler.made * 1000 <= FLUSH_AT + 2000  # type: ignore[attr-defined]
    assert client.transport.producerState == "paused"
    client.server.dataReceived(SEARCH.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1))
    answers = client.received()
    while True:
        producer.resumeProducing()
        served.run()
        new = client.received()
        if not new:
            break
        assert len(new) <= FLUSH_AT // 1000 + 1
        answers += new
    assert len(answers) == 2002
    assert client.transport.producerState == "producing"


def test_a_client_that_does_not_take_the_rest_is_cut_off_in_the_end(serve: Callable[..., Any]) -> None:
    served = serve(entries(1, 1))
    client = served.connect()
    client.transport.loseConnection = lambda: None  # it waits until everything has been sent
    client.send((1, m.UnbindRequest()))
    served.clock.advance(LINGER - 0.1)
    assert client.transport.closed == ""
    served.clock.advance(0.2)
    assert client.transport.closed == "aborted"


def test_a_connection_being_closed_can_be_aborted(serve: Callable[..., Any]) -> None:
    served = serve(entries(1, 1))
    client = served.connect()
    client.transport.loseConnection = lambda: None
    client.send((1, m.UnbindRequest()))
    client.server.abort()
    assert client.transport.closed == "aborted"
    assert served.clock.getDelayedCalls() == []
