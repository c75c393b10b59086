"""How a request gets to a server and its answer back: over a socket (``wire``), or in this process (``inprocess``).

Both are one small interface, ``Transport``. Whoever uses it counts message ids, matches answers to requests and knows
LDAP; a transport only carries messages, in the order in which they were sent. ``opening`` chooses one by the URI.
"""

from typing import Protocol

from fakeldapd.ldap.transport.tls import TLSSettings
from fakeldapd.protocol.messages import Control, LDAPMessage, RequestOp


class ConnectionLost(Exception):
    """There is no connection, or there is none any more.

    ``errno`` is the system's error number where python-ldap shows one, else 0; ``info`` says more about TLS.
    """

    def __init__(self, errno: int = 0, info: str = "") -> None:
        super().__init__(errno, info)
        self.errno = errno
        self.info = info


class TLSFailed(ConnectionLost):
    """TLS could not begin on a connection that was there; it isn't any more."""


class TLSFacts(Protocol):
    """What is known of a TLS layer that is there."""

    @property
    def version(self) -> str:
        """The protocol, as in ``TLS1.3``."""

    @property
    def cipher(self) -> str:
        """The cipher's name."""

    @property
    def peer_certificate(self) -> bytes | None:
        """The server's certificate (DER)."""

    @property
    def bits(self) -> int:
        """The key's length."""


class Transport(Protocol):
    """One connection to one server."""

    @property
    def fileno(self) -> int:
        """The socket's descriptor, -1 where there is none."""

    @property
    def tls(self) -> TLSFacts | None:
        """What is known of its TLS layer, None without one."""

    @property
    def has_received(self) -> bool:
        """Whether ``receive`` has something to give at once that its socket doesn't tell of."""

    @property
    def is_local(self) -> bool:
        """Whether the server knows who we are from the operating system (ldapi)."""

    def send(self, message_id: int, op: RequestOp, controls: tuple[Control, ...] = ()) -> None:
        """Send a request. Raises ConnectionLost."""

    def send_octets(self, octets: bytes) -> None:
        """Send what is no message. Raises ConnectionLost."""

    def receive(self, deadline: float | None) -> LDAPMessage | None:
        """The next message; None when it is ``deadline`` (``time.monotonic``; None: never). Raises ConnectionLost."""

    def start_tls(self, settings: TLSSettings) -> None:
        """Begin TLS: the server has agreed to it. Raises TLSFailed."""

    def close(self, octets: bytes = b"") -> None:
        """Send what is given, if that is still possible, and close."""
