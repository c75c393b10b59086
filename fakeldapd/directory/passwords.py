"""Values of userPassword: does this password fit, and how is a new one stored (RFC 4519 section 2.41, RFC 2307).

The rules are slapd's, with its modules pw-sha2, pw-pbkdf2 and argon2 loaded:

* ``{scheme}`` is compared without regard to case. One that isn't in the table never fits, nor does ``{CLEARTEXT}``.
* A value that doesn't begin with a scheme of at least one character is the password itself: so are ``{}x`` and ``{x``.
* What doesn't decode (base64, salt missing, wrong length) doesn't fit. Nothing here raises because of a stored value.

Comparison takes the same time wherever the difference is. Password and stored value never go into a log or an error.
CRYPT, PBKDF2 and Argon2 take long on purpose: ``is_slow`` says so beforehand, and who answers many clients verifies
those in a thread.
"""

import hashlib
import logging
import os
import re
import warnings
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from functools import partial
from hmac import compare_digest
from importlib import import_module
from threading import Lock
from typing import Any, NamedTuple, TypeAlias

log = logging.getLogger(__name__)

_SALT = 4
_PBKDF2_SALT = 16
_PBKDF2_ITERATIONS = 10_000
_MAX_PBKDF2_ITERATIONS = 100_000_000  # about a minute of one core; a value that asks for more is a mistake or an attack

_ITERATIONS = re.compile(rb"\s*\+?(\d{1,20})")

_imports = Lock()

_Digest: TypeAlias = "Callable[[bytes], hashlib._Hash]"


def verify(stored: bytes, password: bytes) -> bool:
    """Whether ``password`` is the one that the userPassword value ``stored`` stands for. Never raises."""
    if stored[:1] != b"{":
        return compare_digest(stored, password)
    end = stored.find(b"}")
    if end < 2:
        return compare_digest(stored, password)
    scheme = _SCHEMES.get(stored[1:end].upper())
    return scheme is not None and scheme.verify(stored[end + 1 :], password)


def is_slow(stored: bytes) -> bool:
    """Whether ``verify`` takes milliseconds or more with this value, so that it belongs in a thread."""
    if stored[:1] != b"{":
        return False
    scheme = _SCHEMES.get(stored[1 : stored.find(b"}")].upper())
    return scheme is not None and scheme.slow


def clear_text(stored: bytes) -> bytes | None:
    """The password that a userPassword value says in clear; None where it is hashed.

    SASL reads values otherwise than ``verify`` does, as in slapd: ``{CLEARTEXT}`` means what it says, and what begins
    with a scheme that isn't known is a password with braces in it.
    """
    end = stored.find(b"}") if stored[:1] == b"{" else -1
    scheme = stored[1:end].upper() if end > 0 else b""
    if scheme == b"CLEARTEXT":
        return stored[end + 1 :]
    return None if scheme in _SCHEMES else stored


def hash_password(password: bytes, scheme: str = "SSHA") -> bytes:
    """A userPassword value for ``password``, with a fresh salt.

    ``scheme`` is one of ``SCHEMES``, in any case, with or without braces.
    Raises ValueError for a scheme that isn't known, whose library isn't installed, or that cannot take this password.
    """
    name = scheme.strip().removeprefix("{").removesuffix("}").upper()
    if name == "CLEARTEXT":
        return password
    found = _SCHEMES.get(name.encode())
    if found is None:
        raise ValueError(f"unknown password scheme {scheme!r}: it must be one of {', '.join(SCHEMES)}")
    return b"{%b}" % name.encode() + found.hash(password)


# --- a digest, with or without salt, in base64 ----------------------------------------------------------------------


def _decode(text: bytes) -> bytes | None:
    """Strict base64 in which white space doesn't count; None for anything else, set spare bits at the end included."""
    try:
        octets = a2b_base64(text, strict_mode=True)
    except Base64Error:
        joined = b"".join(text.split())
        return _decode(joined) if joined != text else None
    return octets if b2a_base64(octets, newline=False) == text else None


def _verify_salted(digest: _Digest, size: int, rest: bytes, password: bytes) -> bool:
    octets = _decode(rest)
    if octets is None or len(octets) <= size:
        return False
    return compare_digest(digest(password + octets[size:]).digest(), octets[:size])


def _hash_salted(digest: _Digest, size: int, password: bytes) -> bytes:
    salt = os.urandom(_SALT)
    return b2a_base64(digest(password + salt).digest() + salt, newline=False)


def _verify_plain(digest: _Digest, rest: bytes, password: bytes) -> bool:
    octets = _decode(rest)
    return octets is not None and compare_digest(digest(password).digest(), octets)


def _hash_plain(digest: _Digest, password: bytes) -> bytes:
    return b2a_base64(digest(password).digest(), newline=False)


# --- PBKDF2: iterations$salt$key, both in base64 with "." for "+" and no padding ------------------------------------


def _verify_pbkdf2(algorithm: str, rest: bytes, password: bytes) -> bool:
    # As the module reads it: a C atoi, a salt of the length that it writes itself, and no look at what follows the key.
    begin, *parts = rest.split(b"$")[:3]
    number = _ITERATIONS.match(begin)
    if number is None or len(parts) != 2 or int(number[1]) > _MAX_PBKDF2_ITERATIONS:
        return False
    salt, key = (_decode(part.replace(b".", b"+") + b"=" * (-len(part) % 4)) for part in parts)
    if int(number[1]) == 0 or salt is None or len(salt) != _PBKDF2_SALT or key is None:
        return False
    return compare_digest(hashlib.pbkdf2_hmac(algorithm, password, salt, int(number[1])), key)


def _hash_pbkdf2(algorithm: str, password: bytes) -> bytes:
    salt = os.urandom(_PBKDF2_SALT)
    key = hashlib.pbkdf2_hmac(algorithm, password, salt, _PBKDF2_ITERATIONS)
    salt64, key64 = (b2a_base64(octets).rstrip(b"=\n").replace(b"+", b".") for octets in (salt, key))
    return b"%d$%b$%b" % (_PBKDF2_ITERATIONS, salt64, key64)


# --- what needs a library -------------------------------------------------------------------------------------------

# The module of passlib, and the name in it, for each prefix of crypt(3); no prefix at all is the traditional DES one.
_CRYPT_HANDLERS = {
    b"$6$": ("passlib.handlers.sha2_crypt", "sha512_crypt"),
    b"$5$": ("passlib.handlers.sha2_crypt", "sha256_crypt"),
    b"$1$": ("passlib.handlers.md5_crypt", "md5_crypt"),
}
_CRYPT_TRADITIONAL = ("passlib.handlers.des_crypt", "des_crypt")
_BCRYPT_PREFIXES = (b"$2a$", b"$2b$", b"$2y$")


def _passlib(module: str, name: str) -> Any:
    """A handler of passlib, imported when first needed: it costs 40 ms, and before Python 3.13 a warning."""
    with _imports, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crypt' is deprecated", category=DeprecationWarning)
        return getattr(import_module(module), name)


def _optional(module: str, scheme: str) -> Any:
    """A module of the extra ``hashes``, or None, with a line in the log that says so."""
    try:
        return import_module(module)
    except ImportError:
        log.warning(
            "cannot verify a {%s} password: %s is not installed (pip install 'fakeldapd[hashes]')", scheme, module
        )
        return None


def _verify_crypt(rest: bytes, password: bytes) -> bool:
    if not password or len(rest) < 2:
        return False
    if rest[:4] in _BCRYPT_PREFIXES:
        bcrypt = _optional("bcrypt", "CRYPT")
        try:
            return bcrypt is not None and bool(bcrypt.checkpw(password[:72], rest))
        except ValueError:
            return False
    if rest[:1] == b"$":
        handler = _CRYPT_HANDLERS.get(rest[: rest.find(b"$", 1) + 1])
        if handler is None:
            log.warning("a {CRYPT} password of a kind that isn't supported cannot be verified")
            return False
    else:
        handler = _CRYPT_TRADITIONAL
    try:
        return bool(_passlib(*handler).verify(password, rest))
    except (ValueError, TypeError):  # what passlib makes of a hash, or of a password, that it cannot take
        return False


def _hash_crypt(password: bytes) -> bytes:
    made: str = _passlib(*_CRYPT_HANDLERS[b"$6$"]).using(rounds=5000).hash(password)
    return made.encode()


def _verify_argon2(rest: bytes, password: bytes) -> bool:
    kind = {b"argon2i": "I", b"argon2id": "ID", b"argon2d": "D"}.get(rest[1 : rest.find(b"$", 1)])
    if kind is None or rest[:1] != b"$":
        return False
    argon2 = _optional("argon2", "ARGON2")
    if argon2 is None:
        return False
    try:
        return bool(argon2.low_level.verify_secret(rest, password, argon2.low_level.Type[kind]))
    except argon2.exceptions.Argon2Error:
        return False


def _hash_argon2(password: bytes) -> bytes:
    argon2 = _optional("argon2", "ARGON2")
    if argon2 is None:
        raise ValueError("the scheme ARGON2 needs argon2-cffi: pip install 'fakeldapd[hashes]'")
    made: str = argon2.PasswordHasher().hash(password)
    return made.encode()


# --- the table ------------------------------------------------------------------------------------------------------


class _Scheme(NamedTuple):
    verify: Callable[[bytes, bytes], bool]
    hash: Callable[[bytes], bytes]
    slow: bool = False


def _salted(digest: _Digest) -> _Scheme:
    size = digest(b"").digest_size
    return _Scheme(partial(_verify_salted, digest, size), partial(_hash_salted, digest, size))


def _plain(digest: _Digest) -> _Scheme:
    return _Scheme(partial(_verify_plain, digest), partial(_hash_plain, digest))


def _pbkdf2(algorithm: str) -> _Scheme:
    return _Scheme(partial(_verify_pbkdf2, algorithm), partial(_hash_pbkdf2, algorithm), slow=True)


# The directory's data decides which digest it is; a FIPS build of OpenSSL would refuse these two otherwise.
_sha1 = partial(hashlib.sha1, usedforsecurity=False)
_md5 = partial(hashlib.md5, usedforsecurity=False)

_SCHEMES = {
    b"SSHA": _salted(_sha1),
    b"SHA": _plain(_sha1),
    b"SMD5": _salted(_md5),
    b"MD5": _plain(_md5),
    b"CRYPT": _Scheme(_verify_crypt, _hash_crypt, slow=True),
    b"SSHA256": _salted(hashlib.sha256),
    b"SSHA384": _salted(hashlib.sha384),
    b"SSHA512": _salted(hashlib.sha512),
    b"SHA256": _plain(hashlib.sha256),
    b"SHA384": _plain(hashlib.sha384),
    b"SHA512": _plain(hashlib.sha512),
    b"PBKDF2": _pbkdf2("sha1"),
    b"PBKDF2-SHA1": _pbkdf2("sha1"),
    b"PBKDF2-SHA256": _pbkdf2("sha256"),
    b"PBKDF2-SHA512": _pbkdf2("sha512"),
    b"ARGON2": _Scheme(_verify_argon2, _hash_argon2, slow=True),
}

SCHEMES = (*(name.decode() for name in _SCHEMES), "CLEARTEXT")
"""The names that ``hash_password`` takes; ``verify`` knows the same but for CLEARTEXT, which slapd never verifies."""
