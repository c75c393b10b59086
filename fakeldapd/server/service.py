"""A handler served on sockets: what the connections of one service share, and how the service starts and stops.

The reactor is given, never imported: a program may have its own, and a test has none.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, gatherResults, maybeDeferred
from twisted.internet.interfaces import IAddress
from twisted.internet.protocol import ServerFactory

from fakeldapd.operations.request import Handler, Middleware, Session
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.server.listen import CannotListen, Inherited, ListenAddress, LocalAddress
from fakeldapd.server.protocol import LDAPServer
from fakeldapd.server.turns import Clock, Turns

if TYPE_CHECKING:
    from fakeldapd.server.tls import ServerTLS, TLSLayer, TLSTransport

_log = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections the kernel keeps waiting for us; slapd asks for as many."""

GRACE = 5.0
"""Seconds that answers under way get when the service stops."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a connection may do. Sizes in octets, times in seconds; 0 is unlimited. The sizes are slapd's
    sockbuf_max_incoming and sockbuf_max_incoming_auth."""

    max_message_size: int = 262143
    max_message_size_bound: int = 4194303
    max_connections: int = 0
    idle_timeout: float = 0.0


def _unread(text: bytes) -> DN:
    """Who has no schema knows nobody by a certificate."""
    raise LDAPError(ResultCode.INVALID_DN_SYNTAX)


class LDAPServerFactory(ServerFactory):
    """Makes an LDAPServer for each connection, and knows those that are open.

    ``tls`` is what connections begin TLS with, None where they can't; ``read_dn`` makes a DN of a certificate's
    subject, or raises LDAPError. ``opened``, where it is set, is told of the session of each connection that comes.
    ``on_connect`` and ``on_tls``, where there are any, are asked for each connection and for each beginning of TLS for
    another kind of transport, see ``server.refusals`` and ``server.handshakes``; None: the usual one. ``on_unanswered``
    is a middleware around what is done for Abandon and Unbind (``server.unanswered``).
    """

    noisy = False

    def __init__(
        self,
        handler: Handler,
        clock: Clock,
        limits: Limits | None = None,
        *,
        notice_on_stop: bool = False,
        tls: "ServerTLS | None" = None,
        read_dn: Callable[[bytes], DN] = _unread,
    ) -> None:
        self.handler = handler
        self.clock = clock
        self.limits = limits or Limits()
        self.notice_on_stop = notice_on_stop
        self.tls = tls
        self.read_dn = read_dn
        self.opened: Callable[[Session], None] | None = None
        self.on_connect: Callable[[], type[LDAPServer] | None] | None = None
        self.on_tls: Callable[[], Callable[[TLSLayer, LDAPServer], TLSTransport] | None] | None = None
        self.on_unanswered: Middleware | None = None
        self.turns = Turns(clock)
        self.connections: set[LDAPServer] = set()
        self._emptied: Deferred[None] | None = None
        self._over_tls: TLSLayer | None = None

    @property
    def over_tls(self) -> "TLSLayer":
        """The same connections below a layer of TLS: a factory for ``ldaps://``, and what StartTLS begins."""
        if self._over_tls is None:
            from fakeldapd.server.tls import TLSLayer

            assert self.tls is not None
            self._over_tls = TLSLayer(self.tls, self, self.clock)
        return self._over_tls

    def buildProtocol(self, addr: IAddress | None) -> LDAPServer | None:
        """A connection has been accepted; with None the transport closes it again."""
        limit = self.limits.max_connections
        if self._emptied is not None or (limit and len(self.connections) >= limit):
            _log.warning("%s refused: there are %d connections already", addr, len(self.connections))
            return None
        otherwise = None if self.on_connect is None else self.on_connect()
        return LDAPServer(self) if otherwise is None else otherwise(self)

    def handle_by(self, handler: Handler) -> None:
        """From now on let this handler answer, on open connections, too."""
        self.handler = handler
        for connection in self.connections:
            connection.handler = handler

    def connection_opened(self, connection: LDAPServer) -> None:
        """A connection is there, and its session knows of whom."""
        self.connections.add(connection)
        if self.opened is not None:
            self.opened(connection.session)

    def connection_closed(self, connection: LDAPServer) -> None:
        """A connection says goodbye."""
        self.connections.discard(connection)
        if self._emptied is not None and not self.connections and not self._emptied.called:
            self._emptied.callback(None)

    def finish(self, grace: float = GRACE) -> "Deferred[None]":
        """Let every connection answer what it has read, then close it; after ``grace`` seconds at the latest.

        The Deferred fires when none is left. Calling again cuts the grace short.
        """
        if self._emptied is not None:
            self._abort()
            return self._emptied
        self._emptied = Deferred()
        cut = self.clock.callLater(grace, self._abort)

        def done(result: None) -> None:
            if cut.active():
                cut.cancel()

        self._emptied.addCallback(done)
        for connection in list(self.connections):
            connection.finish()
        if not self.connections and not self._emptied.called:
            self._emptied.callback(None)
        return self._emptied

    def drop(self) -> None:
        """Close every connection at once."""
        self._abort()

    def _abort(self) -> None:
        for connection in list(self.connections):
            connection.abort()


class Service:
    """A factory and its listening sockets. ``urls`` says where, once it has started: free ports are filled in."""

    def __init__(self, factory: LDAPServerFactory, reactor: Any) -> None:
        self.factory = factory
        self.urls: list[str] = []
        self._reactor = reactor
        self._ports: list[Any] = []

    def listen(self, addresses: Sequence[ListenAddress | LocalAddress | Inherited]) -> None:
        """Open every address; where one can't be, none is. Raises CannotListen."""
        try:
            for address in addresses:
                port, url = address.open(self._reactor, self.factory, BACKLOG)
                self._ports.append(port)
                self.urls.append(url)
        except CannotListen:
            self.close()
            raise

    def stop(self, grace: float = GRACE) -> "Deferred[None]":
        """Accept nothing more, and finish what is under way. Fires when the last connection is gone."""
        closed = self.close()
        return self.factory.finish(grace).addCallback(lambda _: closed)

    def close(self) -> "Deferred[None]":
        """Accept nothing more. Fires when every address is free again."""
        ports, self._ports = self._ports, []
        self.urls = []
        return gatherResults([maybeDeferred(port.stopListening) for port in ports]).addCallback(lambda _: None)
