"""SCRAM (RFC 5802, RFC 7677) with any hash: both sides prove that they know the password, and neither sends it.

There are no channel bindings: a client that says it could use them is believed to have seen no -PLUS mechanism. The
salt of a user stays the same while the server runs, so that a client can keep what it has worked out. Passwords are
taken as they are, without SASLprep, as Cyrus SASL takes them.
"""

import hashlib
import hmac
import secrets
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Generator
from functools import lru_cache
from typing import NamedTuple

from fakeldapd.operations.request import Wait
from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Challenge, Exchange, Fault, Start
from fakeldapd.protocol.result import LDAPError

ALGORITHMS = (
    ("SCRAM-SHA-512", "sha512"),
    ("SCRAM-SHA-384", "sha384"),
    ("SCRAM-SHA-256", "sha256"),
    ("SCRAM-SHA-224", "sha224"),
    ("SCRAM-SHA-1", "sha1"),
)
"""The mechanisms, and hashlib's names of their hashes."""

ITERATIONS = 4096

_MAX = 2048
_NONCE = 24
_SHORTEST = 10
"""Octets of the shortest first message: n,,n=u,r=x"""
_NOT_CANONICAL = "unable to canonify user and get auxprops"
_SALTING = secrets.token_bytes(32)


class First(NamedTuple):
    """A client-first-message: its GS2 header, the kind of channel binding that is asked for, names and nonce."""

    header: bytes
    binding: bytes | None
    authzid: bytes
    user: bytes
    nonce: bytes
    bare: bytes


class Keys(NamedTuple):
    """What is made of a password (RFC 5802 section 3)."""

    stored_key: bytes
    server_key: bytes


def starting(algorithm: str) -> Start:
    """The start of an exchange with a hash of hashlib's name."""

    def start(applicant: Applicant, initial: bytes | None) -> Exchange:
        return (yield from _exchange(applicant, algorithm, initial or b""))

    return start


def _exchange(applicant: Applicant, algorithm: str, message: bytes) -> Exchange:
    name = applicant.mechanism
    first = read_first(message, name)
    applicant.claims(first.user, _NOT_CANONICAL)
    applicant.look(_NOT_CANONICAL)
    applicant.asks_for(first.authzid, "unable to canonify authorization ID")
    password = applicant.secret()
    nonce = first.nonce + b2a_base64(secrets.token_bytes(_NONCE), newline=False)
    salt = hmac.digest(_SALTING, first.user, algorithm)
    server_first = b"r=%b,s=%b,i=%d" % (nonce, b2a_base64(salt, newline=False), ITERATIONS)
    final = (yield Challenge(server_first)) or b""
    without_proof, proof = read_final(final, first, nonce, algorithm, name)
    keys = yield from _keys_elsewhere(applicant, algorithm, password, salt)
    signature = server_signature(keys, algorithm, b",".join((first.bare, server_first, without_proof)), proof)
    if signature is None:
        raise Fault.BAD_AUTHENTICATION.error("StoredKey mismatch")
    return b"v=" + b2a_base64(signature, newline=False)


def server_signature(keys: Keys, algorithm: str, said: bytes, proof: bytes) -> bytes | None:
    """What shows that the server has the keys, for a client whose proof is right; None where it isn't.

    ``said`` is RFC 5802's AuthMessage.
    """
    client_signature = hmac.digest(keys.stored_key, said, algorithm)
    client_key = bytes(a ^ b for a, b in zip(proof, client_signature, strict=True))
    if not hmac.compare_digest(hashlib.new(algorithm, client_key).digest(), keys.stored_key):
        return None
    return hmac.digest(keys.server_key, said, algorithm)


def _keys_elsewhere(
    applicant: Applicant, algorithm: str, password: bytes, salt: bytes
) -> Generator[Wait, bytes | None, Keys]:
    """The keys, worked out in the background: that takes milliseconds."""
    found: list[Keys] = []
    yield applicant.directory.elsewhere(lambda: found.append(keys_of(algorithm, password, salt, ITERATIONS)))
    return found[0]


@lru_cache(64)
def keys_of(algorithm: str, password: bytes, salt: bytes, iterations: int) -> Keys:
    """The keys that belong to a password."""
    salted = hashlib.pbkdf2_hmac(algorithm, password, salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", algorithm)
    return Keys(hashlib.new(algorithm, client_key).digest(), hmac.digest(salted, b"Server Key", algorithm))


class _Reading:
    """A message read from left to right; ``name`` is the mechanism's, for errors."""

    def __init__(self, message: bytes, name: str) -> None:
        self.name = name
        self.rest = message
        if len(message) > _MAX:
            raise self.error("{} input longer than (MAX_CLIENTIN_LEN) bytes")
        if not message:
            raise self.error("{} input expected")

    def error(self, text: str) -> LDAPError:
        """An error of the protocol; the first braces stand for the mechanism."""
        return Fault.BAD_PROTOCOL.error(text.replace("{}", self.name, 1))

    def no_nul(self) -> None:
        """Refuse NULs."""
        if b"\0" in self.rest:
            raise self.error("NULs found in {} input")

    def take(self, prefix: bytes, missing: str) -> None:
        """Go past what must come now."""
        if not self.rest.startswith(prefix):
            raise self.error(missing)
        self.rest = self.rest[len(prefix) :]

    def value(self, missing: str) -> bytes:
        """What stands before the next comma, and go past that."""
        found, comma, rest = self.rest.partition(b",")
        if not comma:
            raise self.error(missing)
        self.rest = rest
        return found

    def name_in(self, encoded: bytes, what: str) -> bytes:
        """A saslname decoded."""
        if encoded.count(b"=") != encoded.count(b"=2C") + encoded.count(b"=3D"):
            raise self.error(f"Invalid {what} encoding in {{}} input")
        return encoded.replace(b"=2C", b",").replace(b"=3D", b"=")


def read_first(message: bytes, name: str) -> First:
    """A client-first-message. Raises LDAPError 80."""
    reading = _Reading(message, name)
    if len(message) < _SHORTEST:
        raise reading.error("Invalid {} input")
    reading.no_nul()
    comma = "',' expected in {} input"
    binding = None
    if message[:1] == b"p":
        reading.take(b"p", "")
        reading.take(b"=", "The initial 'p' needs to be followed by '=' in {} input")
        binding = reading.value(comma)
    elif message[:1] in (b"n", b"y"):
        reading.rest = message[1:]
        reading.take(b",", comma)
    else:
        raise reading.error("The initial {} client response needs to start with 'y', 'n' or 'p'")
    authzid = b""
    if reading.rest.startswith(b"a="):
        reading.take(b"a=", "")
        authzid = reading.name_in(reading.value(comma), "authorization identity")
    else:
        reading.take(b",", comma)
    bare = reading.rest
    if bare.startswith(b"m="):
        raise reading.error("Unsupported mandatory extension to {}")
    no_nonce = "Nonce expected after the username in {} input"
    reading.take(b"n=", "Username (n=) expected in {} input")
    user = reading.name_in(reading.value(no_nonce), "username")
    reading.take(b"r=", no_nonce)
    nonce = reading.rest.partition(b",")[0]
    return First(message[: -len(bare)], binding, authzid, user, nonce, bare)


def read_final(message: bytes, first: First, nonce: bytes, algorithm: str, name: str) -> tuple[bytes, bytes]:
    """A client-final-message without its proof, and the proof. Raises LDAPError 80."""
    reading = _Reading(message, name)
    if len(message) < 3 or message[1:2] != b"=":
        raise reading.error("Invalid {} input")
    reading.no_nul()
    reading.take(b"c=", "Channel binding expected in {} input")
    _check_binding(reading, reading.value("At least nonce is expected in {} input"), first)
    reading.take(b"r=", "Nonce expected in {} input")
    if reading.value("At least proof is expected in {} input") != nonce:
        raise reading.error("Nonce mismatch {} input")
    no_proof = "Client proof is expected in {} input"
    while not reading.rest.startswith(b"p="):
        reading.value(no_proof)
    reading.take(b"p=", no_proof)
    proof = reading.rest
    if b"," in proof:
        raise reading.error("No extension data is allowed after the client proof in {} input")
    size = hashlib.new(algorithm).digest_size
    if len(proof) != (size + 2) // 3 * 4:
        raise reading.error("Invalid client proof length in {} input")
    try:
        octets = a2b_base64(proof, strict_mode=True)
    except Base64Error:
        octets = b""
    if len(octets) != size:
        raise reading.error("Invalid base64 encoding of the client proof in {} input")
    return message[: -len(proof) - len(b",p=")], octets


def _check_binding(reading: _Reading, encoded: bytes, first: First) -> None:
    """The client repeats its GS2 header, so that nobody on the way can have changed it."""
    try:
        said = a2b_base64(encoded, strict_mode=True) if encoded else b""
    except Base64Error:
        raise reading.error("Invalid base64 encoding of the channel bindings in {}") from None
    if not said.startswith(first.header):
        text = "Channel bindings prefix doesn't match the one received in the GS2 header of {}. Expected "
        raise reading.error(f'{text}"{first.header.decode(errors="surrogateescape")}"')
    if first.binding is None:
        return
    if said == first.header:
        raise reading.error("Channel bindings data expected in {}")
    text = "Server does not support channel binding type received in {}. Received: "
    raise reading.error(text + first.binding.decode(errors="surrogateescape"))
