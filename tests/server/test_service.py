"""A service on real sockets, in a reactor of its own in a thread: streaming, fairness, backpressure, and its end."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from server_support.running import DONE, LONG, Running
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.tcp import Port

from fakeldapd.operations.request import Action, Handler, Pause, Request, Response, Signal, Wait
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import attribute, encode_message
from fakeldapd.server.listen import CannotListen, ListenAddress
from fakeldapd.server.reactor import in_thread
from fakeldapd.server.service import LDAPServerFactory, Limits, Service


def stream(count: int, size: int) -> Handler:
    """Answers a search of base "many" with so many entries, others at once."""
    response = Response(m.SearchResultEntry(b"cn=a", (attribute(b"cn", [b"x" * size]),)))

    def handler(request: Request) -> Iterator[Action]:
        assert isinstance(request.op, m.SearchRequest)
        if request.op.base == b"many":
            for _ in range(count):
                handler.made += 1  # type: ignore[attr-defined]
                yield response
        yield DONE

    handler.made = 0  # type: ignore[attr-defined]
    return handler


def test_a_large_answer_arrives_whole(run: Callable[..., Running]) -> None:
    with run(stream(20_000, 500)).connect() as client:
        client.send(1, b"many")
        client.send(2)
        answers = [client.receive() for _ in range(20_002)]
    assert sum(isinstance(each.op, m.SearchResultEntry) for each in answers) == 20_000
    assert sorted(each.message_id for each in answers if isinstance(each.op, m.SearchResultDone)) == [1, 2]


def test_a_client_that_does_not_read_stops_its_own_search_only(run: Callable[..., Running]) -> None:
    handler = stream(1_000_000, 1000)
    running = run(handler)
    with running.connect() as lazy, running.connect() as other:
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.send(1, b"many")
        for number in range(2000):  # every answer is a pass of the reactor
            other.send(number)
            assert other.receive().message_id == number
        made = running.call(lambda: handler.made)  # type: ignore[attr-defined]
        for number in range(500):
            other.send(number)
            other.receive()
        assert running.call(lambda: handler.made) == made  # type: ignore[attr-defined]
        [connection] = [each for each in running.factory.connections if each.session.outstanding]
        assert running.call(lambda: connection.transport._tempDataLen + len(connection.transport.dataBuffer)) < 1 << 20


def test_a_client_that_only_asks_is_not_read_from(run: Callable[..., Running]) -> None:
    began: list[int] = []

    def handler(request: Request) -> Iterator[Action]:
        began.append(request.message_id)
        yield Response(m.SearchResultEntry(b"cn=a", (attribute(b"cn", [b"x" * 10_000]),)))
        yield DONE

    running = run(handler)
    request = encode_message(1, m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass")), ())
    with running.connect() as greedy:
        greedy.socket.setblocking(False)
        sent = 0
        with contextlib.suppress(BlockingIOError):
            while sent < 1 << 30:
                sent += greedy.socket.send(request * 1000)
                running.call(lambda: None)
        assert sent < 1 << 30
        assert len(began) * len(request) < sent


def test_others_are_served_during_a_long_search(run: Callable[..., Running]) -> None:
    stop = Signal()

    def handler(request: Request) -> Iterator[Action]:
        assert isinstance(request.op, m.SearchRequest)
        while request.op.base == b"endless" and not stop.fired:
            yield Pause()
        yield DONE

    running = run(handler)
    with running.connect() as scanning, running.connect() as other:
        scanning.send(1, b"endless")
        for number in range(2, 20):
            other.send(number)
            assert other.receive().message_id == number
        scanning.send(20)
        assert scanning.receive().message_id == 20
        running.call(stop.fire)
        assert scanning.receive().message_id == 1


def test_slow_work_is_done_in_a_thread(run: Callable[..., Running]) -> None:
    threads: list[str] = []

    def work() -> None:
        threads.append(threading.current_thread().name)
        raise ValueError("is logged, and waited for no longer")

    def handler(request: Request) -> Iterator[Action]:
        signal = Signal()
        in_thread(lambda: running.reactor)(work, signal)
        yield Wait(signal)
        threads.append(threading.current_thread().name)
        yield DONE

    running = run(handler)
    with running.connect() as client:
        client.send(1)
        assert client.receive().message_id == 1
    assert threads[1] == running.thread.name
    assert threads[0] != threads[1]


def test_a_reset_connection_is_forgotten(run: Callable[..., Running]) -> None:
    running = run(stream(1_000_000, 1000))
    with running.connect() as client:
        client.send(1, b"many")
        client.receive()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    with running.connect() as other:
        for number in range(200):
            other.send(number)
            other.receive()
            if len(running.call(lambda: running.factory.connections)) == 1:
                break
        else:
            pytest.fail("the connection is still there")


def test_one_connection_too_many_is_closed(run: Callable[..., Running]) -> None:
    running = run(stream(0, 0), Limits(max_connections=1))
    with running.connect() as first, running.connect() as second:
        first.send(1)
        assert first.receive().message_id == 1
        assert second.socket.recv(1) == b""


def test_stopping_answers_what_is_under_way(run: Callable[..., Running]) -> None:
    go = Signal()

    def handler(request: Request) -> Iterator[Action]:
        yield Wait(go)
        yield DONE

    running = run(handler)
    with running.connect() as busy, running.connect() as idle:
        busy.send(1)
        while not running.call(lambda: sum(each.session.outstanding for each in running.factory.connections)):
            pass
        ended = threading.Event()
        running.call(lambda: running.service.stop(LONG).addCallback(lambda _: ended.set()))
        assert idle.socket.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            running.connect()
        running.call(go.fire)
        assert busy.receive().message_id == 1
        assert busy.socket.recv(1) == b""
        assert ended.wait(LONG)


def test_where_one_address_is_taken_none_is_listened_on() -> None:
    reactor = EPollReactor()
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            service = Service(LDAPServerFactory(stream(0, 0), reactor), reactor)
            free = ListenAddress("127.0.0.1", 0)
            with pytest.raises(CannotListen):
                service.listen([free, ListenAddress("127.0.0.1", taken.getsockname()[1])])
            assert service.urls == []
            reactor.iterate()
            assert not any(isinstance(each, Port) for each in reactor.getReaders())
    finally:
        reactor.removeAll()
