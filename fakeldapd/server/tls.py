"""TLS 1.2 and 1.3 on a connection: from its first octet (``ldaps://``), or after StartTLS. Both are the same layer, put
between the socket's transport and the LDAPServer, and both take their certificate from one ``ServerTLS``.

Twisted's own ``transport.startTLS`` is not used: it asks the global reactor for the time, and so hangs in a reactor of
one's own. Nothing here waits: a handshake goes on when its client sends more, and is cut off when it takes too long.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from zope.interface import implementer

from fakeldapd.operations.request import Session
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.x509 import certificate_subject

if TYPE_CHECKING:
    from fakeldapd.server.protocol import LDAPServer
    from fakeldapd.server.service import LDAPServerFactory

_log = logging.getLogger(__name__)

HANDSHAKE_TIMEOUT = 30.0
"""Seconds that a client has for its part of a handshake."""

_VERIFY = {
    "none": SSL.VERIFY_NONE,
    "try": SSL.VERIFY_PEER,
    "demand": SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
}
_OPTIONS = SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE


class TLSError(ValueError):
    """A certificate or key can't be used. ``str`` names the option and the file, and says why."""


@dataclass(frozen=True, slots=True)
class TLSFiles:
    """Where the PEM files are: the server's certificate (and those between it and its authority), its key, and the
    authorities that client certificates are checked against ("" for none). ``client_certificates`` is "none", "try" or
    "demand", as slapd's TLSVerifyClient."""

    certificate: str
    key: str
    authorities: str = ""
    client_certificates: str = "none"


@implementer(IOpenSSLServerConnectionCreator)
class ServerTLS:
    """What connections begin TLS with. Raises TLSError for files that are no good."""

    def __init__(self, files: TLSFiles) -> None:
        self.files = files
        self._context = _context(files)

    def reload(self) -> None:
        """Read the files again; connections that begin TLS from now on get what is in them. Raises TLSError, and then
        nothing has changed.
        """
        self._context = _context(self.files)

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """IOpenSSLServerConnectionCreator."""
        return SSL.Connection((protocol.tls or self)._context, None)


def _context(files: TLSFiles) -> SSL.Context:
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(_OPTIONS)
    context.set_session_id(b"fakeldapd")
    own, *between = _certificates("--tls-cert", files.certificate)
    key = _key(files.key)
    with _naming("--tls-cert", files.certificate):
        context.use_certificate(own)
        for each in between:
            context.add_extra_chain_cert(each)
    try:
        context.use_privatekey(key)
    except SSL.Error:
        raise TLSError(f"--tls-key {files.key}: is not the key of the certificate in {files.certificate}") from None
    if files.authorities:
        trusted = _certificates("--tls-ca", files.authorities)
        with _naming("--tls-ca", files.authorities):
            context.load_verify_locations(files.authorities)
        if files.client_certificates != "none":
            for each in trusted:
                context.add_client_ca(each)
    context.set_verify(_VERIFY[files.client_certificates])
    return context


@contextmanager
def _naming(option: str, name: str) -> Iterator[None]:
    """What OpenSSL says, with the option and the file it says it of."""
    try:
        yield
    except SSL.Error as error:
        raise TLSError(f"{option} {name}: {reason_of(error)}") from None


def _read(option: str, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise TLSError(f"{option} {name}: {error.strerror}") from None


def _certificates(option: str, name: str) -> list[x509.Certificate]:
    octets = _read(option, name)
    try:
        found = x509.load_pem_x509_certificates(octets)
    except ValueError:
        raise TLSError(f"{option} {name}: there is no certificate in it, or a broken one (PEM is expected)") from None
    return found


def _key(name: str) -> Any:
    octets = _read("--tls-key", name)
    try:
        return load_pem_private_key(octets, None)
    except TypeError:
        raise TLSError(f"--tls-key {name}: is encrypted; decrypt it: openssl pkey -in {name} -out FILE") from None
    except (ValueError, UnsupportedAlgorithm):
        raise TLSError(f"--tls-key {name}: there is no private key in it, or a broken one (PEM is expected)") from None


def reason_of(error: SSL.Error) -> str:
    """OpenSSL's own words, without its libraries' names."""
    stack = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return next((str(each[2]) for each in stack if each[2]), "") or str(error) or type(error).__name__


# --- the layer --------------------------------------------------------------------------------------------------------


class TLSLayer(TLSMemoryBIOFactory):
    """Puts TLS before connections of one service, whether its own sockets accept them (it is a factory for them), or
    StartTLS asks for it (``begin``).
    """

    def __init__(self, tls: ServerTLS, factory: "LDAPServerFactory", clock: Any) -> None:
        super().__init__(cast(Any, tls), False, cast(Any, factory), clock)
        self.clock = clock

    def buildProtocol(self, addr: Any) -> "TLSTransport | None":  # type: ignore[override]
        """A connection has been accepted; with None the transport closes it again."""
        server = self.wrappedFactory.buildProtocol(addr)
        if server is None or not server.comes_to_tls:
            return cast("TLSTransport | None", server)
        return self._transport(server)

    def begin(self, server: "LDAPServer") -> None:
        """What the client sends from now on is TLS, and so is all that it gets."""
        socket = server.transport
        layer = self._transport(server)
        socket.protocol = layer
        layer.makeConnection(socket)

    def _transport(self, server: "LDAPServer") -> "TLSTransport":
        asked = cast("LDAPServerFactory", self.wrappedFactory).on_tls
        otherwise = None if asked is None else asked()
        return (otherwise or TLSTransport)(self, server)


class TLSTransport(TLSMemoryBIOProtocol):
    """One connection's TLS: a protocol to the socket's transport, a transport to its LDAPServer.

    Twisted's default would hold back small writes for a pass of the reactor to join them; LDAPServer has joined them.
    """

    factory: TLSLayer
    tls: ServerTLS | None = None
    """Another than the layer's."""

    def __init__(self, factory: TLSLayer, server: "LDAPServer") -> None:
        super().__init__(factory, server)  # type: ignore[no-untyped-call]
        self._timer: Any = None
        self._cut = False

    def makeConnection(self, transport: Any) -> None:
        """The socket's transport is there: begin the handshake."""
        self._timer = self.factory.clock.callLater(HANDSHAKE_TIMEOUT, self._too_slow)
        super().makeConnection(transport)  # type: ignore[no-untyped-call]

    def _too_slow(self) -> None:
        _log.info("%s closed: no TLS within %g s", self.wrappedProtocol.session.peer, HANDSHAKE_TIMEOUT)
        self._timer = None
        self.abortConnection()

    def handshake_done(self, session: Session, read_dn: Callable[[bytes], DN]) -> None:
        """Tell the session what is known now. ``read_dn`` makes a DN of its text or raises LDAPError."""
        self._stop_timer()
        session.tls = True
        session.ssf = max(session.ssf, self._tlsConnection.get_cipher_bits() or 0)
        certificate = self._tlsConnection.get_peer_certificate(as_cryptography=True)
        if certificate is None:
            return
        subject = certificate_subject(certificate.public_bytes(Encoding.DER))
        if subject:
            try:
                session.peer_certificate_subject = read_dn(subject)
            except LDAPError:
                _log.info("%s: the schema has no name for the client certificate's subject", session.peer)

    def abortConnection(self) -> None:
        """Close at once."""
        self._cut = True
        super().abortConnection()  # type: ignore[no-untyped-call]

    def loseConnection(self) -> None:
        """Close once everything has been sent, without waiting for the client to say that it will, too (RFC 8446
        section 6.1 doesn't ask for it)."""
        super().loseConnection()  # type: ignore[no-untyped-call]
        if not self._cut and self.transport is not None:
            cast(Any, self.transport).loseConnection()

    def connectionLost(self, reason: Any = None) -> None:
        """The socket is gone."""
        if self._timer is not None:
            self._stop_timer()
            error = getattr(self._reason or reason, "value", None)
            why = reason_of(error) if isinstance(error, SSL.Error) else "the connection was closed"
            _log.info("%s: the TLS handshake failed: %s", self.wrappedProtocol.session.peer, why)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
