"""SASL from the client's side (RFC 4422), for situations: what each mechanism sends, and steps that send it.

An exchange is a list of messages: octets, or functions of the server's last challenge. This is written for tests, from
the RFCs, and shares nothing with the server: CRAM-MD5 (RFC 2195), DIGEST-MD5 (RFC 2831), SCRAM (RFC 5802).
"""

import base64
import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oracle import wire
from oracle.client import Answer, Client
from oracle.steps import Row, Step, _named, row
from oracle.wire import Octets

Message = Octets | None | Callable[[bytes], Octets]

USER = ("alice", "alice-secret")
"""Somebody in sasl.ldif."""

SCRAM = "SCRAM-SHA-256"
NO_SECRET = (49, "SASL(-13): user not found: no secret in database")

CLIENT_NONCE = "fyko+d2lbbFgONRv9qkxdawL"
_MASKS: Sequence[tuple[re.Pattern[bytes], bytes]] = (
    (re.compile(rb"\A<\d+\.\d+@[^>]+>\Z"), b"<challenge>"),
    (re.compile(rb'(?<=nonce=")[^"]*'), b"<nonce>"),
    (re.compile(rb'(?<=realm=")[^"]*'), b"<realm>"),
    (re.compile(rb"\Arspauth=[0-9a-f]{32}\Z"), b"rspauth=<32 digits>"),
    (re.compile(rb"\A(r=" + re.escape(CLIENT_NONCE.encode()) + rb")[^,]+,s=[^,]*"), rb"\1<nonce>,s=<salt>"),
    (re.compile(rb"\Av=[A-Za-z0-9+/=]+\Z"), b"v=<signature>"),
)
"""What no two servers say alike in a challenge."""


def _shown(answer: Answer) -> list[str]:
    for pattern, shape in _MASKS:
        if answer.creds is not None:
            answer.creds = pattern.sub(shape, answer.creds)
    return answer.lines()


@_named
def sasl(
    mechanism: Octets,
    *messages: Message,
    dn: Octets = "",
    controls: Sequence[bytes] | None = None,
) -> Step:
    """Bind in as many steps as there are messages, or fewer where the server ends it."""

    def run(client: Client) -> list[str]:
        lines: list[str] = []
        challenge = b""
        for message in messages or (None,):
            sent = message(challenge) if callable(message) else message
            answer = client.ask(wire.bind_op(dn, authentication=wire.sasl(mechanism, sent)), controls)
            challenge = answer.creds or b""
            lines += _shown(answer)
            if answer.code != 14:
                break
        return lines

    return Step("", run)


def cram(user: str, password: str) -> Callable[[bytes], bytes]:
    """The response of CRAM-MD5."""

    def respond(challenge: bytes) -> bytes:
        return f"{user} {hmac.new(password.encode(), challenge, 'md5').hexdigest()}".encode()

    return respond


def directives(challenge: bytes) -> dict[str, str]:
    """What a challenge of DIGEST-MD5 says, by name."""
    found = re.findall(r'([a-z-]+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))', challenge.decode())
    return {name: quoted or plain for name, quoted, plain in found}


def digest(
    user: str,
    password: str,
    realm: str | None = None,
    authzid: str | None = None,
    latin: bool = False,
    edit: tuple[str, str] | None = None,
    **changed: str | None,
) -> Callable[[bytes], bytes]:
    """The response of DIGEST-MD5; ``changed`` directives (``digest_uri`` for digest-uri) are sent instead of the right
    ones, or left out when None. ``latin`` computes with ISO 8859-1; ``edit`` replaces a pattern at the end."""

    def respond(challenge: bytes) -> bytes:
        said = directives(challenge)
        fields: dict[str, str | None] = {
            "username": user,
            "realm": said.get("realm", "") if realm is None else realm,
            "nonce": said.get("nonce", ""),
            "cnonce": CLIENT_NONCE,
            "nc": "00000001",
            "qop": "auth",
            "digest-uri": "ldap/localhost",
            "authzid": authzid,
            "charset": "utf-8",
        }
        fields |= {name.replace("_", "-"): value for name, value in changed.items()}
        fields["response"] = digest_response(fields, password, "latin-1" if latin else "utf-8")
        bare = ("nc", "qop", "response", "charset", "maxbuf")
        parts = [
            f"{name}={value}" if name in bare else f'{name}="{value}"'
            for name, value in fields.items()
            if value is not None
        ]
        text = ",".join(parts)
        return (text if edit is None else re.sub(edit[0], edit[1], text)).encode()

    return respond


def digest_response(fields: Mapping[str, str | None], password: str, charset: str = "utf-8") -> str:
    """The response-value of RFC 2831 section 2.1.2.1 for qop=auth."""

    def md5(text: str | bytes) -> str:
        return hashlib.md5(text.encode() if isinstance(text, str) else text).hexdigest()

    def value(name: str) -> str:
        return fields.get(name) or ""

    secret = hashlib.md5(f"{value('username')}:{value('realm')}:{password}".encode(charset)).digest()
    a1 = secret + f":{value('nonce')}:{value('cnonce')}".encode()
    if fields.get("authzid") is not None:
        a1 += f":{value('authzid')}".encode()
    middle = f"{value('nonce')}:{value('nc')}:{value('cnonce')}:{value('qop')}"
    a2 = f"AUTHENTICATE:{value('digest-uri')}"
    return md5(f"{md5(a1)}:{middle}:{md5(a2)}")


def scram(
    algorithm: str,
    user: str,
    password: str,
    *,
    header: str = "n,,",
    nonce: str = CLIENT_NONCE,
    binding: str | None = None,
    extension: str = "",
    final: Callable[[str], str] = lambda text: text,
) -> tuple[str, Callable[[bytes], str]]:
    """The two messages of SCRAM with a hash of hashlib's name. ``binding`` is sent as channel binding instead of the
    header, ``extension`` stands before the proof; ``final`` may change what is sent last."""
    bare = f"n={user},r={nonce}"

    def respond(challenge: bytes) -> str:
        said = dict(part.split("=", 1) for part in challenge.decode().split(",") if "=" in part)
        salt, count = base64.b64decode(said.get("s", "")), int(said.get("i", "1"))
        salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), salt, count)
        key = hmac.digest(salted, b"Client Key", algorithm)
        channel = base64.b64encode((header if binding is None else binding).encode()).decode()
        without_proof = f"c={channel},r={said.get('r', '')}{extension}"
        message = f"{bare},{challenge.decode()},{without_proof}".encode()
        signature = hmac.digest(hashlib.new(algorithm, key).digest(), message, algorithm)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return final(f"{without_proof},p={base64.b64encode(proof).decode()}")

    return header + bare, respond


def scram_final(text: str) -> Callable[[bytes], str]:
    """A final message of SCRAM that is this text, NONCE replaced by the right nonce."""
    return lambda challenge: text.replace("NONCE", challenge.decode().split(",")[0].removeprefix("r="))


def changed(old: str, new: str) -> Callable[[str], str]:
    """A function that replaces ``old`` in a message."""
    return functools.partial(_replace, old, new)


def _replace(old: str, new: str, text: str) -> str:
    return re.sub(old, new, text)


# --- rows ---


def here(name: str, expect: Any, *steps: Step, server: str = "sasl", **more: Any) -> Row:
    """A row about SASL; where it ends with who one is then, a code that is expected is that of the step before."""
    if steps[-1].text == "whoami()" and expect not in (0, 1, None):
        parts = expect if isinstance(expect, tuple) else (expect,)
        expect = tuple(f"bind {part} " if isinstance(part, int) else part for part in parts)
    return row(name, expect, *steps, server=server, **more)


def crams(user: str, password: str, **more: Any) -> Step:
    """A whole Bind with CRAM-MD5."""
    return sasl("CRAM-MD5", None, cram(user, password), **more)


def digests(user: str, password: str, **more: Any) -> Step:
    """A whole Bind with DIGEST-MD5."""
    return sasl("DIGEST-MD5", None, digest(user, password, **more))


def scrams(user: str, password: str, algorithm: str = "sha256", name: str = SCRAM, **more: Any) -> Step:
    """A whole Bind with SCRAM."""
    return sasl(name, *scram(algorithm, user, password, **more))
