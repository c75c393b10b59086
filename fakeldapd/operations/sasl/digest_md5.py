r"""DIGEST-MD5 (RFC 2831): a digest of the password, of what both sides have said, and of what it is for.

Only qop=auth: the connection is not protected afterwards. Every authentication begins anew; there is no shorter one for
a client that has been here before (section 2.2), which the server is free to refuse.

What the client says is read as Cyrus SASL reads it: names in any case, list elements may be missing, values quoted or
not, an unknown directive doesn't matter, of one that comes twice the last counts unless that is an error.
"""

import hashlib
import re
import secrets
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from hmac import compare_digest

from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Challenge, Exchange, Fault

_MAX = 4096
_MAX_BUFFER = 0xFFFFFF
_NOT_CANONICAL = "unable to canonify user and get auxprops"
_REQUIRED = (
    ("username", "username"),
    ("nonce", "nonce"),
    ("nc", "noncecount"),
    ("cnonce", "cnonce"),
    ("digest-uri", "digesturi"),
    ("response", "response"),
)
"""What must be there, and what Cyrus SASL calls it when it isn't."""

_SPACE = rb"[ \t\r\n]*"
_TOKEN = rb"[^\x00-\x20\x7f()<>@,;:\\\"/\[\]?={}]*"
_PAIR = re.compile(
    rb"(?P<name>" + _TOKEN + rb")" + _SPACE + rb"=" + _SPACE
    + rb'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<token>' + _TOKEN + rb"))" + _SPACE + rb"(?:,|\Z)",
    re.DOTALL,
)  # fmt: skip
_BEFORE = re.compile(rb"[ \t\r\n,]*")


def start(applicant: Applicant, initial: bytes | None) -> Exchange:
    """Challenge, response, and the server's own proof with the success. An initial response is none here."""
    nonce = b2a_base64(secrets.token_bytes(32), newline=False).decode()
    realm = applicant.host
    text = f'nonce="{nonce}",realm="{realm}",qop="auth",maxbuf=65536,charset=utf-8,algorithm=md5-sess'
    response = (yield Challenge(text.encode())) or b""
    if not response:
        raise Fault.BAD_AUTHENTICATION.error("input expected in DIGEST-MD5, step 2")
    if len(response) > _MAX:
        raise Fault.BAD_PROTOCOL.error()
    said = read(response)
    if said["nonce"] != nonce.encode():
        raise Fault.BAD_AUTHENTICATION.error("nonce changed: authentication aborted")
    user, asked_realm = said["username"], said.get("realm", b"")
    if asked_realm and asked_realm != realm.encode():
        user += b"@" + asked_realm
    applicant.claims(user, _NOT_CANONICAL)
    applicant.look(_NOT_CANONICAL)
    applicant.asks_for(said.get("authzid", b""), "unable to canonify authorization ID")
    password = applicant.secret()
    if said.get("qop", b"auth").lower() != b"auth":
        raise Fault.FAILURE.error("protocol violation: client requested invalid qop")
    for encoded in (_latin_1, _as_it_is):  # what clients do, and what some do
        secret = digest(b":".join(map(encoded, (said["username"], asked_realm, password))))
        if compare_digest(said["response"], proof(said, secret, b"AUTHENTICATE")):
            break
    else:
        raise Fault.BAD_AUTHENTICATION.error("client response doesn't match what we generated (tried bogus)")
    if int(said["nc"], 16) != 1:
        raise Fault.BAD_AUTHENTICATION.error("incorrect nonce-count")
    return b"rspauth=" + proof(said, secret, b"")


def read(response: bytes) -> Mapping[str, bytes]:
    """The directives of a digest-response, checked one after the other; those that must be there are. Raises LDAPError
    49, 80.
    """
    said: dict[str, bytes] = {}
    for name, value in directives(response.partition(b"\0")[0]):
        if name in ("realm", "qop") and name in said:
            raise Fault.FAILURE.error(f"duplicate {name}: authentication aborted")
        if name == "charset" and value.lower() != b"utf-8":
            raise Fault.FAILURE.error("client doesn't support UTF-8")
        wrong = _wrong(name, value)
        if wrong:
            raise Fault.BAD_AUTHENTICATION.error(wrong)
        said[name] = value
    for name, called in _REQUIRED:
        if name not in said or (name == "nc" and not said[name].strip(b"0")):
            raise Fault.BAD_AUTHENTICATION.error(f"required parameters missing: {called}")
    return said


def _wrong(name: str, value: bytes) -> str:
    """What is wrong with a directive, empty for nothing."""
    if name == "nc" and not re.fullmatch(rb"[0-9A-Fa-f]*", value):
        return "error converting hex to int"
    if name == "digest-uri" and not value.lower().startswith(b"ldap/"):
        return "bad digest-uri: doesn't match service"
    if name == "maxbuf":
        if not value.isdigit():
            return "invalid maxbuf parameter"
        number = int(value[:20])
        if not 16 < number <= _MAX_BUFFER:
            return f"maxbuf parameter too {'big' if number > _MAX_BUFFER else 'small'}"
    return ""


def directives(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Names, in lower case, and values. Raises LDAPError 49 for what can't be read; an empty name ends the list."""
    at = 0
    while True:
        found = _BEFORE.match(text, at)
        at = found.end() if found else at
        if at == len(text):
            return
        pair = _PAIR.match(text, at)
        if pair is None:
            raise Fault.BAD_AUTHENTICATION.error("Parse error")
        if not pair["name"]:
            return
        value = pair["token"] if pair["quoted"] is None else re.sub(rb"\\(.)", rb"\1", pair["quoted"], flags=re.DOTALL)
        yield pair["name"].decode("latin-1").lower(), value
        at = pair.end()


def proof(said: Mapping[str, bytes], secret: bytes, verb: bytes) -> bytes:
    """The response-value for qop=auth (RFC 2831 section 2.1.2.1); without a verb the server's (section 2.1.3).

    ``secret`` is the digest of name, realm and password.
    """
    a1 = b":".join((secret, said["nonce"], said["cnonce"]))
    if "authzid" in said:
        a1 += b":" + said["authzid"]
    a2 = verb + b":" + said["digest-uri"]
    parts = (
        _md5(a1).hexdigest().encode(),
        said["nonce"],
        b"%08x" % int(said["nc"], 16),
        said["cnonce"],
        said.get("qop", b"auth"),
        _md5(a2).hexdigest().encode(),
    )
    return _md5(b":".join(parts)).hexdigest().encode()


def digest(octets: bytes) -> bytes:
    """MD5, as it is."""
    return _md5(octets).digest()


def _md5(octets: bytes) -> "hashlib._Hash":
    return hashlib.md5(octets, usedforsecurity=False)


def _as_it_is(value: bytes) -> bytes:
    return value


def _latin_1(value: bytes) -> bytes:
    """UTF-8 goes into the digest as ISO 8859-1 where it can."""
    try:
        return value.decode().encode("latin-1")
    except UnicodeError:
        return value
