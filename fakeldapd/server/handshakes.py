"""Handshakes that come to nothing, or to a certificate that a client had better refuse.

Each is another kind of TLSTransport than the layer would make, see ``LDAPServerFactory.on_tls``.
"""

from collections.abc import Callable, Mapping

from fakeldapd.server.protocol import LDAPServer
from fakeldapd.server.tls import ServerTLS, TLSLayer, TLSTransport


class SilentTLS(TLSTransport):
    """The client's part of the handshake is never answered."""

    silent = True

    def dataReceived(self, data: bytes) -> None:
        """Whatever it is."""

    def _too_slow(self) -> None:
        self._timer = None


class DroppedTLS(TLSTransport):
    """Closed when the client begins the handshake."""

    def dataReceived(self, data: bytes) -> None:
        """The client's first message."""
        self.loseConnection()


class ResetTLS(TLSTransport):
    """Reset when the client begins the handshake."""

    def dataReceived(self, data: bytes) -> None:
        """The client's first message."""
        self.abortConnection()


def with_certificate(tls: ServerTLS) -> Callable[[TLSLayer, LDAPServer], TLSTransport]:
    """TLS with this certificate instead of the server's own."""

    def make(layer: TLSLayer, server: LDAPServer) -> TLSTransport:
        transport = TLSTransport(layer, server)
        transport.tls = tls
        return transport

    return make


HANDSHAKES: Mapping[str, type[TLSTransport]] = {"drop": DroppedTLS, "reset": ResetTLS, "silent": SilentTLS}
"""What may become of a handshake, apart from other certificates."""
