"""DNs as text (RFC 4514) and as lists, without a schema.

``str2dn`` reads as libldap does (see ``dn_text``); ``dn2str`` is its inverse and leaves characters outside ASCII alone.
"""

import re
from collections.abc import Iterable
from typing import Any, overload

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import _ldap as _ldap
from fakeldapd.ldap import dn_text
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

_SPECIAL = re.compile(r'[,+"<>;=\0]|\A[# ]| \Z')


@overload
def escape_dn_chars(s: str) -> str: ...
@overload
def escape_dn_chars(s: None) -> None: ...
def escape_dn_chars(s: str | None) -> str | None:
    """``s`` as a value of a DN: a backslash before special characters, ``\\00`` for NUL."""
    if not s:
        return s
    return _SPECIAL.sub(lambda found: "\\00" if found[0] == "\0" else "\\" + found[0], s.replace("\\", r"\\"))


def str2dn(dn: str | bytes | None, flags: int = 0) -> list[list[dn_text.AVA]]:
    """The RDNs of ``dn``, leaf first, each a list of ``(type, value, AVA_ number)``; ``[]`` for none.

    ``flags`` are ``DN_`` constants. Raises DECODING_ERROR, and PARAM_ERROR for a format that can only be written.
    """
    return dn_text.str2dn(dn, flags) if dn else []


def dn2str(dn: Iterable[Iterable[tuple[str, str | None, Any]]]) -> str:
    """The text of a DN as ``str2dn`` returns it."""
    return ",".join(
        ["+".join(["=".join((name, escape_dn_chars(value or ""))) for name, value, _ in rdn]) for rdn in dn]
    )


def explode_dn(dn: str | bytes | None, notypes: bool = False, flags: int = 0) -> list[str]:
    """The RDNs of ``dn`` as text, leaf first; with ``notypes`` only their values."""
    rdns = str2dn(dn, flags)
    if notypes:
        return ["+".join([escape_dn_chars(value) for _, value, _ in rdn]) for rdn in rdns]
    return [dn2str([rdn]) for rdn in rdns]


def explode_rdn(rdn: str | bytes | None, notypes: bool = False, flags: int = 0) -> list[str]:
    """The parts of the first RDN as text; with ``notypes`` only their values, not escaped."""
    if not rdn:
        return []
    first = str2dn(rdn, flags)[0]
    return [value if notypes else "=".join((name, escape_dn_chars(value))) for name, value, _ in first]


def is_dn(s: str | bytes | None, flags: int = 0) -> bool:
    """Whether ``str2dn`` can read ``s``."""
    try:
        str2dn(s, flags)
    except Exception:
        return False
    return True
