"""SASL mechanisms, the client's half: EXTERNAL (RFC 4422), ANONYMOUS (RFC 4505), PLAIN (RFC 4616), LOGIN, CRAM-MD5
(RFC 2195), DIGEST-MD5 (RFC 2831), and SCRAM from ``scram``.
"""

import hmac
import re
import secrets
from binascii import b2a_base64
from collections.abc import Callable, Generator
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from fakeldapd.ldap.sasl import CB_AUTHNAME, CB_PASS, CB_USER

Exchange = Generator["bytes | None", bytes, None]
"""Yields what to send, None for no credentials at all; gets the server's challenge."""


class Refused(Exception):
    """The mechanism can't go on; ``str`` is what libsasl says of it."""


class Asking:
    """The caller's answers to what a mechanism wants to know. ``username`` is who that makes us."""

    def __init__(self, callback: Callable[..., Any], server: Any) -> None:
        self._callback = callback
        self.host: str = getattr(server, "host", "") or "localhost"
        self.username: str | None = None

    def _ask(self, what: int, challenge: str, prompt: str, default: str | None = None) -> bytes:
        value: Any = self._callback(what, challenge, prompt, default)
        return value.encode() if isinstance(value, str) else bytes(value or b"")

    def authorization(self) -> bytes:
        """Who to act as; empty for oneself."""
        name = self._ask(CB_USER, "Authorization Name", "Please enter your authorization name")
        if name:
            self.username = name.decode(errors="replace")
        return name

    def authentication(self) -> bytes:
        """Who one is. Raises Refused for nobody."""
        name = self._ask(CB_AUTHNAME, "Authentication Name", "Please enter your authentication name")
        if not name.strip():
            raise Refused("SASL(-1): generic failure: All-whitespace username.")
        self.username = self.username or name.decode(errors="replace")
        return name

    def password(self) -> bytes:
        """The password."""
        return self._ask(CB_PASS, "Password", "Please enter your password")

    def trace(self) -> bytes:
        """What an anonymous user leaves."""
        self.username = "anonymous"
        return self._ask(CB_USER, "Authorization Name", "Please enter anonymous identification", "")


def external(asked: Asking) -> Exchange:
    """The transport has said who one is."""
    yield asked.authorization()


def anonymous(asked: Asking) -> Exchange:
    """Nobody."""
    yield asked.trace()


def plain(asked: Asking) -> Exchange:
    """The password in clear."""
    yield b"\0".join((asked.authorization(), asked.authentication(), asked.password()))


def login(asked: Asking) -> Exchange:
    """The same in two messages, which nobody has written down."""
    yield None
    yield asked.authentication()
    yield asked.password()


def cram_md5(asked: Asking) -> Exchange:
    """A keyed digest of the challenge."""
    challenge = yield None
    name, password = asked.authentication(), asked.password()
    yield name + b" " + hmac.new(password, challenge, md5).hexdigest().encode()


_DIRECTIVE = re.compile(rb'\s*([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)', re.IGNORECASE)


def directives(challenge: bytes) -> dict[bytes, bytes]:
    """The directives of a DIGEST-MD5 challenge, the first of each name, quotes taken off."""
    found: dict[bytes, bytes] = {}
    for match in _DIRECTIVE.finditer(challenge):
        value = re.sub(rb"\\(.)", rb"\1", match[2]) if match[2] is not None else match[3].strip()
        found.setdefault(match[1].lower(), value)
    return found


def digest_md5(asked: Asking) -> Exchange:
    """Digests of everything, both ways; authentication only, no layer."""
    challenge = yield None
    told = directives(challenge)
    if b"nonce" not in told:
        raise Refused("SASL(-5): bad protocol / cancel: server is missing its nonce")
    authorization, name, password = asked.authorization(), asked.authentication(), asked.password()
    cnonce = b2a_base64(secrets.token_bytes(32), newline=False)
    realm = told.get(b"realm", b"")
    uri = b"ldap/" + asked.host.encode()
    secret = md5(b":".join((name, realm, password))).digest()
    parts = [secret, told[b"nonce"], cnonce] + ([authorization] if authorization else [])
    first = md5(b":".join(parts)).hexdigest().encode()

    def digest(method: bytes) -> bytes:
        second = md5(method + b":" + uri).hexdigest().encode()
        return md5(b":".join((first, told[b"nonce"], b"00000001", cnonce, b"auth", second))).hexdigest().encode()

    answer = [
        b'username="' + _quoted(name) + b'"',
        b'realm="' + _quoted(realm) + b'"' if b"realm" in told else b"",
        b'nonce="' + _quoted(told[b"nonce"]) + b'"',
        b'cnonce="' + cnonce + b'"',
        b"nc=00000001",
        b"qop=auth",
        b'digest-uri="' + uri + b'"',
        b"response=" + digest(b"AUTHENTICATE"),
        b"charset=utf-8" if b"charset" in told else b"",
        b'authzid="' + _quoted(authorization) + b'"' if authorization else b"",
    ]
    proof = yield b",".join([each for each in answer if each])
    if proof != b"rspauth=" + digest(b""):
        raise Refused("SASL(-10): server failed mutual authentication step: the server doesn't know the password")
    yield b""


def _quoted(value: bytes) -> bytes:
    return value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


@dataclass(frozen=True, slots=True)
class Mechanism:
    """One mechanism; ``properties`` that rule it out where OPT_X_SASL_SECPROPS has them."""

    name: str
    exchange: Callable[[Asking], Exchange]
    properties: tuple[str, ...] = ()
    external: bool = False


def _scram(algorithm: str) -> Callable[[Asking], Exchange]:
    def exchange(asked: Asking) -> Exchange:
        from fakeldapd.ldap._ldap.sasl.scram import scram

        return scram(asked, algorithm)

    return exchange


MECHANISMS = (
    Mechanism("EXTERNAL", external, external=True),
    Mechanism("SCRAM-SHA-512", _scram("sha512")),
    Mechanism("SCRAM-SHA-384", _scram("sha384")),
    Mechanism("SCRAM-SHA-256", _scram("sha256")),
    Mechanism("SCRAM-SHA-224", _scram("sha224")),
    Mechanism("SCRAM-SHA-1", _scram("sha1")),
    Mechanism("DIGEST-MD5", digest_md5, ("noactive",)),
    Mechanism("CRAM-MD5", cram_md5, ("noactive",)),
    Mechanism("PLAIN", plain, ("noplain",)),
    Mechanism("LOGIN", login, ("noplain",)),
    Mechanism("ANONYMOUS", anonymous, ("noanonymous",)),
)
"""All that there are, the best first."""
