"""Distinguished names of servers whose schema isn't known (RFC 4514): taken apart, put together, compared.

Names are read as leniently as the servers that sent them may write: hex pairs, quoted values, ``;`` and spaces round
separators. What is no name at all is None. Two names are held to be the same where types and values differ in nothing
but the case of their letters.
"""

import re
from typing import TypeAlias

from fakeldapd.schema.dn import escape

RDN: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Types and values, in the order of the text; the values without their escapes."""

_TYPE = re.compile(rb" *([A-Za-z][A-Za-z0-9-]*(?:;[A-Za-z0-9;-]+)?|\d+(?:\.\d+)*) *= *")
_PAIR = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
_VALUE = re.compile(rb'"((?:[^"\\]|\\.)*)" *|((?:[^,;+"\\]|\\.)*)', re.DOTALL)
_BLANKS_BEHIND = re.compile(rb"(?<!\\) +\Z")


def split(dn: bytes) -> tuple[RDN, ...] | None:
    """The RDNs, the leaf first; none for the empty name, None for what is no name."""
    if not dn.strip():
        return ()
    rdns: list[RDN] = []
    avas: list[tuple[bytes, bytes]] = []
    at, end = 0, len(dn)
    while True:
        name = _TYPE.match(dn, at)
        value = None if name is None else _VALUE.match(dn, name.end())
        if name is None or value is None:
            return None
        quoted, plain = value.groups()
        avas.append((name[1], _unescaped(quoted if plain is None else _BLANKS_BEHIND.sub(b"", plain))))
        at = value.end()
        if at == end:
            return (*rdns, tuple(avas))
        if dn[at : at + 1] != b"+":
            if dn[at : at + 1] not in (b",", b";"):
                return None
            rdns.append(tuple(avas))
            avas = []
        at += 1


def _unescaped(text: bytes) -> bytes:
    return _PAIR.sub(lambda pair: bytes.fromhex(pair[1].decode()) if len(pair[1]) == 2 else pair[1], text)


def join(rdns: tuple[RDN, ...]) -> bytes:
    """The name as text."""
    return b",".join(b"+".join(name + b"=" + escape(value) for name, value in rdn) for rdn in rdns)


def key(dn: bytes) -> str:
    """What is equal for equal names; of what is no name the text without regard to case."""
    rdns = split(dn)
    if rdns is not None:
        dn = join(tuple(tuple(sorted((name.lower(), value) for name, value in rdn)) for rdn in rdns))
    return dn.decode(errors="surrogateescape").casefold()
