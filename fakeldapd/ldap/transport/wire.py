"""A connection over a socket: the project's own codec, a blocking socket, and deadlines.

Nothing is read before somebody asks for a message, and nothing longer than until the deadline. What the server sends
that isn't LDAP ends the connection, as it does for libldap; the beginning of a message is waited for.
"""

import errno
import os
import select
import socket
import ssl
import time
from collections import deque
from contextlib import suppress
from typing import Any

from fakeldapd.ldap.transport import ConnectionLost, TLSFacts, TLSFailed
from fakeldapd.ldap.transport.tls import TLSSettings
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.messages import Control, LDAPMessage, RequestOp
from fakeldapd.protocol.result import ProtocolError

READ_AT_ONCE = 262_144
"""Octets taken from the socket in one call, at most."""


NO_MESSAGE = "not an LDAPMessage"
"""What the reader says of an element that is another one."""

NONSENSE = os.strerror(errno.ERANGE)
"""What libldap says of octets that aren't LDAP: the error that its BER library leaves behind."""


class Layer:
    """TLSFacts of a socket's TLS."""

    def __init__(self, wrapped: ssl.SSLSocket) -> None:
        name, _, bits = wrapped.cipher() or ("", "", 0)
        self.version = wrapped.version() or ""
        self.version = {"TLSv1": "TLS1.0"}.get(self.version, self.version.replace("TLSv", "TLS"))
        self.cipher = gnutls_name(name)
        self.bits = bits
        self.peer_certificate = wrapped.getpeercert(binary_form=True)


def gnutls_name(cipher: str) -> str:
    """A cipher of TLS 1.3 as GnuTLS calls it: without the hash; others as OpenSSL does."""
    if not cipher.startswith("TLS_"):
        return cipher
    parts = cipher.removeprefix("TLS_").split("_")
    return "-".join(parts[:-1])


class Descriptor:
    """What is no socket and used as one all the same: a pipe, a file, a descriptor that isn't open."""

    family = -1

    def __init__(self, number: int) -> None:
        self._number = number
        self._timeout: float | None = None

    def fileno(self) -> int:
        """Its number."""
        return self._number

    def settimeout(self, seconds: float | None) -> None:
        """How long ``recv`` waits; None: as long as it takes."""
        self._timeout = seconds

    def sendall(self, octets: bytes) -> None:
        """Write all of it. Raises OSError."""
        while octets:
            octets = octets[os.write(self._number, octets) :]

    def recv(self, size: int) -> bytes:
        """Read what there is. Raises OSError, TimeoutError."""
        if not select.select([self._number], [], [], self._timeout)[0]:
            raise TimeoutError
        return os.read(self._number, size)

    def close(self) -> None:
        """Close it. Raises OSError."""
        os.close(self._number)


def opened(number: int) -> "socket.socket | Descriptor":
    """The socket that a descriptor is, or whatever else it is."""
    try:
        return socket.socket(fileno=number)
    except (OSError, ValueError):
        return Descriptor(number)


class Wire:
    """One connection on a socket that is connected. ``host`` is whom the certificate of TLS has to be for.

    Raises ConnectionLost when TLS is to begin at once, as ``tls`` says, and can't.
    """

    def __init__(self, connected: socket.socket | Descriptor, host: str, tls: TLSSettings | None = None) -> None:
        self._socket: Any = connected
        self._host = host
        self._connection = Connection(max_message_size=0, client=True, lenient=True)
        self._received: deque[LDAPMessage] = deque()
        self._lost: tuple[int, str] | None = None  # not the exception: that would hold on to whoever has raised it
        self.tls: TLSFacts | None = None
        self.is_local = connected.family == socket.AF_UNIX
        if isinstance(connected, socket.socket) and connected.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(OSError):
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            try:
                self._wrap(tls)
            except TLSFailed as failed:
                raise ConnectionLost(failed.errno, failed.info) from None

    @property
    def fileno(self) -> int:
        """The socket's descriptor, -1 when it is closed."""
        number: int = self._socket.fileno()
        return number

    def send(self, message_id: int, op: RequestOp, controls: tuple[Control, ...] = ()) -> None:
        """Send a request. Raises ConnectionLost."""
        self.send_octets(self._connection.send(message_id, op, controls))

    def send_octets(self, octets: bytes) -> None:
        """Send these octets. Raises ConnectionLost."""
        if self._lost is not None:
            raise ConnectionLost(*self._lost)
        try:
            self._socket.settimeout(None)
            self._socket.sendall(octets)
        except OSError as error:
            raise self._is_lost(error.errno or 0) from None

    def receive(self, deadline: float | None) -> LDAPMessage | None:
        """The next message; None when it is ``deadline``. Raises ConnectionLost."""
        received = self._received
        while not received:
            if self._lost is not None:
                raise ConnectionLost(*self._lost)
            try:
                self._socket.settimeout(None if deadline is None else max(0.0, deadline - time.monotonic()))
                octets = self._socket.recv(READ_AT_ONCE)
            except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
                return None
            except OSError as error:
                number = error.errno or 0
                raise self._is_lost(number, os.strerror(number) if number else "") from None
            if not octets:
                raise self._is_lost()
            try:
                received.extend(self._connection.receive(octets))
            except ProtocolError as error:
                raise self._is_lost(info="" if error.diagnostic == NO_MESSAGE else NONSENSE) from None
        return received.popleft()

    @property
    def has_received(self) -> bool:
        """Whether ``receive`` has something to give that ``select`` wouldn't tell of."""
        if self._received or self._lost is not None:
            return True
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def start_tls(self, settings: TLSSettings) -> None:
        """Begin TLS. Raises TLSFailed, and the connection is closed then."""
        self._connection.discard()
        self._received.clear()
        self._wrap(settings)

    def _wrap(self, settings: TLSSettings) -> None:
        try:
            context = settings.context()
            self._socket.settimeout(settings.timeout)
            wrapped = context.wrap_socket(self._socket, server_hostname=self._host or None)
        except ssl.SSLCertVerificationError as error:
            self._is_lost()
            raise TLSFailed(0, f"({error.verify_message or error.reason})") from None
        except ssl.SSLError as error:
            self._is_lost()
            raise TLSFailed(0, f"({error.reason or error})") from None
        except OSError as error:
            self._is_lost()
            raise TLSFailed(error.errno or 0, "") from None
        self._socket = wrapped
        self.tls = Layer(wrapped)

    def _is_lost(self, errno: int = 0, info: str = "") -> ConnectionLost:
        self._lost = (errno, info)
        return ConnectionLost(errno, info)

    def close(self, octets: bytes = b"") -> None:
        """Send what is given, if that is still possible, and close."""
        if self._lost is None:
            with suppress(OSError, ValueError):
                self._socket.settimeout(1.0)
                if octets:
                    self._socket.sendall(octets)
                if isinstance(self._socket, ssl.SSLSocket):
                    self._socket.settimeout(0.0)
                    self._socket.unwrap()
        self._is_lost()
        with suppress(OSError):
            self._socket.close()


def connect_tcp(host: str, port: int, timeout: float | None) -> socket.socket:
    """A socket connected to the first address of ``host`` that takes it. Raises ConnectionLost."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise ConnectionLost from None
    number = 0
    for family, kind, protocol, _, address in addresses:
        connecting = socket.socket(family, kind, protocol)
        try:
            connecting.settimeout(timeout)
            connecting.connect(address)
        except TimeoutError:
            number = errno.ETIMEDOUT
        except OSError:  # libldap looks at the socket after the kernel has refused, and finds that it isn't connected
            number = errno.ENOTCONN
        else:
            return connecting
        connecting.close()
    raise ConnectionLost(number)


def connect_local(path: str, timeout: float | None) -> socket.socket:
    """A socket connected to a server on this machine. Raises ConnectionLost."""
    connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connecting.settimeout(timeout)
        connecting.connect(os.fsencode(path))
    except OSError as error:
        connecting.close()
        raise ConnectionLost(error.errno or 0) from None
    return connecting
