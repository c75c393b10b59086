"""SCRAM (RFC 5802, RFC 7677), the client's half, with any hash and without channel binding."""

import hashlib
import hmac
import secrets
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

from fakeldapd.ldap._ldap.sasl.mechanisms import Asking, Exchange, Refused

_BAD = "SASL(-5): bad protocol / cancel: "


def scram(asked: Asking, algorithm: str) -> Exchange:
    """The exchange, with a hash of hashlib's name. Raises Refused for a server that doesn't know the password."""
    authorization, name, password = asked.authorization(), asked.authentication(), asked.password()
    header = b"n," + (b"a=" + _saslname(authorization) if authorization else b"") + b","
    nonce = b2a_base64(secrets.token_bytes(24), newline=False)
    first = b"n=" + _saslname(name) + b",r=" + nonce
    said = yield header + first
    told = _attributes(said)
    try:
        salt, rounds = a2b_base64(told[b"s"], strict_mode=True), int(told[b"i"])
        whole = told[b"r"]
    except (KeyError, ValueError, Base64Error):
        raise Refused(_BAD + "Invalid server first message") from None
    if not whole.startswith(nonce) or rounds < 1:
        raise Refused(_BAD + "The nonce or the iteration count is no good")
    salted = hashlib.pbkdf2_hmac(algorithm, password, salt, rounds)
    client_key = hmac.digest(salted, b"Client Key", algorithm)
    without_proof = b"c=" + b2a_base64(header, newline=False) + b",r=" + whole
    everything = b",".join((first, said, without_proof))
    signature = hmac.digest(hashlib.new(algorithm, client_key).digest(), everything, algorithm)
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    final = yield without_proof + b",p=" + b2a_base64(proof, newline=False)
    expected = hmac.digest(hmac.digest(salted, b"Server Key", algorithm), everything, algorithm)
    if _attributes(final).get(b"v") != b2a_base64(expected, newline=False):
        raise Refused("SASL(-10): server failed mutual authentication step: ServerSignature mismatch")
    yield b""


def _saslname(name: bytes) -> bytes:
    return name.replace(b"=", b"=3D").replace(b",", b"=2C")


def _attributes(message: bytes) -> dict[bytes, bytes]:
    found = {}
    for part in message.split(b","):
        key, _, value = part.partition(b"=")
        found[key] = value
    return found
