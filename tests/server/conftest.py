"""A connection without a socket: a handler behind the Twisted protocol, a clock that stands still, a transport that
remembers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from server_support.running import Running
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from fakeldapd.operations.request import Action, Handler, Request
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.encode import encode_message
from fakeldapd.server.protocol import LDAPServer
from fakeldapd.server.service import LDAPServerFactory, Limits


class Transport(StringTransport):
    """A StringTransport that keeps what was written write by write, and is gone as soon as it is to be."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.writes: list[bytes] = []
        self.closed = ""
        self.on_close: Callable[[], None] = lambda: None

    def write(self, data: bytes) -> None:
        self.writes.append(data)
        super().write(data)  # type: ignore[no-untyped-call]

    def loseConnection(self) -> None:
        self._close("closed")

    def abortConnection(self) -> None:
        self._close("aborted")

    def _close(self, how: str) -> None:
        if not self.closed:
            self.closed = how
            self.on_close()


class Client:
    """The other end of one connection. Responses are read by our own codec, which has its own tests."""

    def __init__(self, factory: LDAPServerFactory, transport: Any = None) -> None:
        self.transport = transport or Transport()
        server = factory.buildProtocol(None)
        assert server is not None
        self.server: LDAPServer = server
        if isinstance(self.transport, Transport):
            self.transport.on_close = self.server.connectionLost
        self.server.makeConnection(self.transport)
        self._connection = Connection(client=True, max_message_size=0)

    def send(self, *messages: tuple[int, m.RequestOp]) -> None:
        """Let these arrive in one read."""
        self.server.dataReceived(b"".join(encode_message(number, op) for number, op in messages))

    def received(self) -> list[tuple[int, m.ProtocolOp]]:
        """What has come since the last call."""
        octets = self.transport.value()
        self.transport.clear()
        self.transport.writes.clear()
        return [(message.message_id, message.op) for message in self._connection.receive(octets)]

    def ids(self) -> list[int]:
        """The message ids of what has come since the last call."""
        return [number for number, _ in self.received()]


class Served:
    """A handler behind a factory, the clock it goes by, and connections to it."""

    def __init__(self, handler: Handler, limits: Limits | None = None, **options: Any) -> None:
        self.clock = Clock()
        self.factory = LDAPServerFactory(handler, self.clock, limits, **options)

    def connect(self) -> Client:
        return Client(self.factory)

    def run(self, passes: int = 1) -> None:
        """So many passes of the reactor, in no time."""
        for _ in range(passes):
            self.clock.advance(0)


@pytest.fixture
def run() -> Iterator[Callable[..., Running]]:
    """``run(handler, limits, **LDAPServerFactory's)``: a service on real sockets."""
    running: list[Running] = []

    def start(*given: Any, **options: Any) -> Running:
        running.append(Running(*given, **options))
        return running[-1]

    yield start
    for each in running:
        each.end()


class Script:
    """A handler that plays the actions given for a message id, and remembers which iterators were closed early."""

    def __init__(self, actions: dict[int, Sequence[Any]]) -> None:
        self.actions = actions
        self.began: list[int] = []
        self.requests: list[Request] = []
        self.ended: list[int] = []

    def __call__(self, request: Request) -> Iterator[Action]:
        self.began.append(request.message_id)
        self.requests.append(request)
        try:
            for action in self.actions.get(request.message_id, ()):
                if isinstance(action, Exception):
                    raise action
                if callable(action):
                    action(request)
                else:
                    yield action
        except GeneratorExit:
            self.ended.append(request.message_id)
            raise


@pytest.fixture
def serve() -> Callable[..., Served]:
    """``serve({message id: [action, ...]})`` or ``serve(handler)``."""

    def start(handler: Any, limits: Limits | None = None, **options: Any) -> Served:
        return Served(Script(handler) if isinstance(handler, dict) else handler, limits, **options)

    return start
