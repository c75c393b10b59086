"""A server's connections passed on, octet for octet, with a copy of either direction for whoever wants one.

What the client sends goes to the server and the other way round, as it comes; nothing is understood here. Who reads
slowly is waited for: its peer isn't read meanwhile. When one side closes, the other one is closed once everything has
been sent. A tap that fails ends; the connection doesn't notice.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from OpenSSL import SSL, crypto
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, UNIXClientEndpoint
from twisted.internet.interfaces import IHandshakeListener, IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory, ServerFactory
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.internet.ssl import Certificate, optionsForClientTLS, trustRootFromCertificates
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from fakeldapd.server import local
from fakeldapd.server.listen import LDAP_PORT, LDAPS_PORT
from fakeldapd.server.tls import TLSError, reason_of

_log = logging.getLogger("fakeldapd.record")

CONNECT_TIMEOUT = 10.0
"""Seconds that the server has to let us in."""


class Tap(Protocol):
    """Who gets the copies."""

    def asked(self, octets: bytes) -> None:
        """The client has sent this."""

    def answered(self, octets: bytes) -> None:
        """The server has sent this."""


@implementer(IOpenSSLClientConnectionCreator)
class _Unverified:
    """TLS with whoever is there."""

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        return SSL.Connection(context, None)


class Upstream:
    """Where connections are passed on to: a host and port, with TLS or without, or the path of a local socket.

    ``ca_file`` has the certificates to trust, "" means the system's; ``insecure`` trusts any. Raises TLSError.
    """

    def __init__(
        self,
        host: str,
        port: int | None,
        *,
        tls: bool = False,
        ca_file: str = "",
        insecure: bool = False,
        path: str = "",
    ) -> None:
        self._path = path
        self._host = host
        self._port = port or (LDAPS_PORT if tls else LDAP_PORT)
        self._tls: Any = None
        if tls:
            self._tls = _Unverified() if insecure else optionsForClientTLS(host, _trusted(ca_file))

    @property
    def url(self) -> str:
        """How it is written."""
        if self._path:
            return local.url(self._path)
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"ldap{'s' * (self._tls is not None)}://{host}:{self._port}"

    def connect(self, reactor: Any, protocol: TwistedProtocol) -> "Deferred[Any]":
        """Connect the protocol; fires with it once there is a connection, which is before TLS has begun."""
        factory: Any = Factory.forProtocol(lambda: protocol)
        factory.noisy = False
        if self._tls is not None:
            factory = TLSMemoryBIOFactory(self._tls, True, factory, reactor)
            factory.noisy = False
        endpoint: Any = (
            UNIXClientEndpoint(reactor, self._path, CONNECT_TIMEOUT)
            if self._path
            else HostnameEndpoint(reactor, self._host, self._port, CONNECT_TIMEOUT)
        )
        connected: Deferred[Any] = endpoint.connect(factory)
        return connected

    def probe(self, reactor: Any) -> "Deferred[None]":
        """Fires when a connection has been made, TLS included, and closed again; fails with what keeps it away."""
        done: Deferred[None] = Deferred()
        probe = _Probe(done, tls=self._tls is not None)
        self.connect(reactor, probe).addErrback(probe.fail)
        return done


def _trusted(ca_file: str) -> Any:
    if not ca_file:
        return None
    try:
        pem = Path(ca_file).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise TLSError(f"--ca-file {ca_file}: {getattr(error, 'strerror', None) or 'is not a PEM file'}") from None
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    found = [begin + each.partition(end)[0] + end for each in pem.split(begin)[1:]]
    if not found:
        raise TLSError(f"--ca-file {ca_file}: there is no certificate in it (PEM is expected)")
    try:
        return trustRootFromCertificates([Certificate.loadPEM(each.encode()) for each in found])
    except (crypto.Error, ValueError):
        raise TLSError(f"--ca-file {ca_file}: there is a broken certificate in it") from None


def reason(failure: Failure) -> str:
    """Why there is no connection, in a line."""
    error: Any = failure.value
    if isinstance(error, SSL.Error):
        return f"TLS: {reason_of(error)}"
    return str(getattr(error, "osError", None) or error or type(error).__name__)


@implementer(IHandshakeListener)
class _Probe(TwistedProtocol):
    """Connects, and says so."""

    transport: Any

    def __init__(self, done: "Deferred[None]", *, tls: bool) -> None:
        self._done = done
        self._waits_for_tls = tls

    def connectionMade(self) -> None:
        if not self._waits_for_tls:
            self._succeed()

    def handshakeCompleted(self) -> None:
        """IHandshakeListener."""
        self._succeed()

    def _succeed(self) -> None:
        if not self._done.called:
            self._done.callback(None)
        if self.transport is not None:
            self.transport.loseConnection()

    def fail(self, failure: Failure) -> None:
        """There is no connection."""
        if not self._done.called:
            self._done.errback(failure)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Perhaps before TLS could begin."""
        if reason is not None:
            self.fail(reason)


# --- connections ------------------------------------------------------------------------------------------------------


class _Side(TwistedProtocol):
    """One end of a connection that is passed on."""

    transport: Any
    other: "_Side | None" = None

    def __init__(self, copy: Callable[[bytes], None]) -> None:
        self._copy: Callable[[bytes], None] | None = copy

    def dataReceived(self, data: bytes) -> None:
        """Pass it on."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)
        if self._copy is not None:
            try:
                self._copy(data)
            except Exception:
                self._copy = None
                _log.exception("this connection isn't recorded any more")

    def connectionLost(self, reason: Failure | None = None) -> None:
        """What is on its way to the other side still gets there."""
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            _close(other)

    def join(self, other: "_Side") -> None:
        """From now on the two are one connection: neither is read faster than the other one takes it."""
        self.other, other.other = other, self
        for one, its in ((self, other), (other, self)):
            one.transport.registerProducer(its.transport, True)


def _close(side: _Side) -> None:
    transport = side.transport
    if transport is not None:
        transport.unregisterProducer()
        transport.resumeProducing()  # or else it would never be noticed that the peer closes, too
        transport.loseConnection()


class _Client(_Side):
    """The end where the client is. Nothing is read before the server is there."""

    def __init__(self, proxy: "ProxyFactory", tap: Tap) -> None:
        super().__init__(tap.asked)
        self._proxy = proxy
        self._tap = tap
        self._waiting: Deferred[Any] | None = None

    def connectionMade(self) -> None:
        """Ask the server for a connection."""
        proxy = self._proxy
        proxy.connections.add(self)
        self.transport.pauseProducing()
        self._waiting = proxy.upstream.connect(proxy.reactor, _Side(self._tap.answered))
        self._waiting.addCallbacks(self._connected, self._refused)

    def _connected(self, server: Any) -> None:
        self._waiting = None
        server = getattr(server, "wrappedProtocol", server)
        self.join(server)
        self.transport.resumeProducing()

    def _refused(self, failure: Failure) -> None:
        if self._waiting is None:
            return
        self._waiting = None
        _log.warning("%s: cannot reach the server: %s", self._proxy.upstream.url, reason(failure))
        _close(self)

    def connectionLost(self, reason: Failure | None = None) -> None:
        """The client is gone."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
        super().connectionLost(reason)
        self._proxy.closed(self)


class ProxyFactory(ServerFactory):
    """Passes connections on to ``upstream``; ``tap`` makes a Tap for each, given the client's name."""

    noisy = False

    def __init__(self, upstream: Upstream, reactor: Any, tap: Callable[[str], Tap]) -> None:
        self.upstream = upstream
        self.reactor = reactor
        self._tap = tap
        self.connections: set[_Client] = set()
        self._emptied: Deferred[None] | None = None

    def buildProtocol(self, addr: Any) -> _Client | None:
        """A connection has been accepted."""
        if self._emptied is not None:
            return None
        name = f"{addr.host}:{addr.port}" if hasattr(addr, "host") else "a local client"
        return _Client(self, self._tap(name))

    def closed(self, connection: _Client) -> None:
        """A connection says goodbye."""
        self.connections.discard(connection)
        if self._emptied is not None and not self.connections and not self._emptied.called:
            self._emptied.callback(None)

    def finish(self) -> "Deferred[None]":
        """Close every connection at once, and fire when none is left."""
        if self._emptied is None:
            self._emptied = Deferred()
            for each in list(self.connections):
                each.transport.abortConnection()
            if not self.connections and not self._emptied.called:
                self._emptied.callback(None)
        return self._emptied
