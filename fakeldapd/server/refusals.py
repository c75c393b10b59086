"""Connections that come to nothing: what a server does with them that is down or overloaded.

Each is another kind of LDAPServer than the factory would make, see ``LDAPServerFactory.on_connect``. What a listening
socket can't do is to refuse one connection and take the next: refused here means accepted by the kernel and reset
before a word.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fakeldapd.server.protocol import LDAPServer

if TYPE_CHECKING:
    from fakeldapd.server.service import LDAPServerFactory


class Silent(LDAPServer):
    """Accepted, and never a word; on ``ldaps://`` not even of TLS."""

    comes_to_tls = False
    silent = True

    def dataReceived(self, recd: bytes) -> None:
        """Whatever it is."""


class Refused(LDAPServer):
    """Reset at once."""

    comes_to_tls = False

    def makeConnection(self, transport: Any) -> None:
        """The connection is there, and gone."""
        super().makeConnection(transport)
        self.abort()


class Dropped(LDAPServer):
    """Closed at once."""

    comes_to_tls = False

    def makeConnection(self, transport: Any) -> None:
        """The connection is there, and gone."""
        super().makeConnection(transport)
        self.finish()


def end_silence(factory: "LDAPServerFactory") -> None:
    """Reset the connections that are kept waiting for a first word."""
    for connection in list(factory.connections):
        if getattr(connection, "silent", False) or getattr(connection.transport, "silent", False):
            connection.abort()


CONNECTED: Mapping[str, type[LDAPServer]] = {"refuse": Refused, "drop": Dropped, "silent": Silent}
"""What may become of a connection."""
