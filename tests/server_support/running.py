"""A service in a reactor of its own in a thread, and a blocking client of it."""

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.epollreactor import EPollReactor

from fakeldapd.operations.request import Handler, Response
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.encode import encode_message
from fakeldapd.server.listen import ListenAddress, LocalAddress
from fakeldapd.server.service import LDAPServerFactory, Limits, Service

LONG = 30
DONE = Response(m.SearchResultDone())


class Running:
    """A service and the thread its reactor runs in."""

    def __init__(
        self, handler: Handler, limits: Limits | None = None, path: Path | None = None, **options: Any
    ) -> None:
        self.reactor = EPollReactor()
        self.factory = LDAPServerFactory(handler, self.reactor, limits, **options)
        self.service = Service(self.factory, self.reactor)
        addresses: list[ListenAddress | LocalAddress] = [ListenAddress("127.0.0.1", 0)]
        if self.factory.tls is not None:
            addresses.append(ListenAddress("127.0.0.1", 0, tls=True))
        if path is not None:
            addresses.append(LocalAddress(str(path)))
        self.service.listen(addresses)
        ports = [int(url.rpartition(":")[2]) for url in self.service.urls if not url.startswith("ldapi")]
        self.port, self.tls_port = ports[0], ports[-1]
        self.path = path
        self.thread = threading.Thread(target=self.reactor.run, kwargs={"installSignalHandlers": False})
        self.thread.start()

    def connect(self) -> "Client":
        """Over ldap://."""
        return Client(socket.create_connection(("127.0.0.1", self.port), LONG))

    def connect_tls(self, context: ssl.SSLContext) -> "Client":
        """Over ldaps://."""
        plain = socket.create_connection(("127.0.0.1", self.tls_port), LONG)
        try:
            return Client(context.wrap_socket(plain, server_hostname="localhost"))
        except BaseException:
            plain.close()
            raise

    def connect_local(self) -> "Client":
        """Over ldapi://."""
        local = socket.socket(socket.AF_UNIX)
        local.settimeout(LONG)
        try:
            local.connect(str(self.path))
        except BaseException:
            local.close()
            raise
        return Client(local)

    def call(self, function: Callable[[], Any]) -> Any:
        """Have it called in the reactor's thread; gives its result."""
        done = threading.Event()
        results: list[Any] = []

        def run() -> None:
            results.append(function())
            done.set()

        self.reactor.callFromThread(run)
        assert done.wait(LONG)
        return results[0]

    def end(self) -> None:
        """Stop; whoever is still connected is cut off."""

        def stop() -> None:
            self.service.stop(0).addCallback(lambda _: self.reactor.stop())

        if self.thread.is_alive():
            self.reactor.callFromThread(stop)
            self.thread.join(LONG)
        assert not self.thread.is_alive()
        self.reactor.removeAll()


class Client:
    """A blocking client."""

    def __init__(self, to_server: socket.socket) -> None:
        self.socket = to_server
        self._connection = Connection(client=True, max_message_size=0)
        self._messages: list[m.LDAPMessage] = []

    def send(self, number: int, name: bytes = b"") -> None:
        """A search of that base."""
        self.socket.sendall(
            encode_message(number, m.SearchRequest(name, 0, 0, 0, 0, False, m.Present(b"objectClass")), ())
        )

    def ask(self, number: int, op: m.RequestOp) -> m.ProtocolOp:
        """Send a request, and give the next response."""
        self.socket.sendall(encode_message(number, op, ()))
        return self.receive().op

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Begin TLS here and now, whatever was said about it."""
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def receive(self) -> m.LDAPMessage:
        """The next message."""
        while not self._messages:
            octets = self.socket.recv(1 << 20)
            assert octets
            self._messages = self._connection.receive(octets)
        return self._messages.pop(0)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()
