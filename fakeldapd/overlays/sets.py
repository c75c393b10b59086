"""Sets in slapd's language, as constraint's ``set`` has them: whether one holds anything.

    this            the entry, as it is to be          [text]       that text
    user            who asks                           [ldap:///..] the entries that a URL finds
    SET/attribute   the values that entries have       SET/-1       their superiors, /-* with all above
    SET->attribute  the same again and again           (SET)
    SET & SET, SET | SET, SET + SET   what is in both, what is in one, each with each put together

Entries are their DNs. Operators count from left to right, none before another. Values are compared in their normal
forms, a text in brackets as it stands. slapd takes every expression and finds nothing by a wrong one; here it is
refused.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakeldapd.directory.entry import Entry
from fakeldapd.overlays.directives import take_url, url_filter
from fakeldapd.overlays.internal import find_nodes
from fakeldapd.overlays.setting import SettingError
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_TOKEN = re.compile(r"\s*(?:(\[[^]]*\])|(this|user)|(/-(?:\d+|\*))|(/[A-Za-z][\w;.-]*)|(->[A-Za-z][\w;.-]*)|([&|+()]))")


@dataclass(slots=True, frozen=True)
class Situation:
    """What a set is about: ``entry`` is what stands at ``dn`` when the operation is done; ``user`` None: anonymous."""

    directory: "Directory"
    dn: DN
    entry: Entry
    user: DN | None


Found = frozenset[bytes]
Set = Callable[[Situation], Found]


def read_set(text: str) -> Set:
    """What an expression stands for. Raises SettingError."""
    tokens = list(_tokens(text))
    found, rest = _joined(tokens, text)
    if rest:
        raise SettingError(f"set {text}: '{rest[0]}' is too much")
    return found


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while text[at:].strip():
        token = _TOKEN.match(text, at)
        if token is None:
            raise SettingError(f"set {text}: '{text[at:].strip()}' can't be read")
        yield token[0].strip() if not token[1] else token[1]
        at = token.end()


def _joined(tokens: list[str], text: str) -> tuple[Set, list[str]]:
    """A set with all that is joined to it, and the tokens behind that."""
    left, rest = _one(tokens, text)
    while rest and rest[0] in _OPERATORS:
        join = _OPERATORS[rest[0]]
        right, rest = _one(rest[1:], text)
        left = _with(join, left, right)
    return left, rest


def _one(tokens: list[str], text: str) -> tuple[Set, list[str]]:
    if not tokens:
        raise SettingError(f"set {text}: a set is missing at the end")
    token, rest = tokens[0], tokens[1:]
    if token == "(":
        found, rest = _joined(rest, text)
        if rest[:1] != [")"]:
            raise SettingError(f"set {text}: ')' is missing")
        rest = rest[1:]
    elif token.startswith("["):
        found = _url(token[1:-1]) if token.lower().startswith("[ldap:///") else _literal(token[1:-1])
    elif token in _NAMED:
        found = _NAMED[token]
    else:
        raise SettingError(f"set {text}: this, user, [...] or (...) is expected, and not '{token}'")
    while rest and (rest[0].startswith("/") or rest[0].startswith("->")):
        found = _step(found, rest[0])
        rest = rest[1:]
    return found, rest


def _step(found: Set, token: str) -> Set:
    if token.startswith("/-"):
        levels = None if token == "/-*" else int(token[2:])
        return lambda situation: _above(situation, found(situation), levels)
    name = token.lstrip("/->").encode()
    if token.startswith("/"):
        return lambda situation: _gathered(situation, found(situation), name)
    return lambda situation: _chased(situation, found(situation), name)


def _with(join: Callable[[Found, Found], Found], left: Set, right: Set) -> Set:
    return lambda situation: join(left(situation), right(situation))


_OPERATORS: Mapping[str, Callable[[Found, Found], Found]] = {
    "&": frozenset.intersection,
    "|": frozenset.union,
    "+": lambda left, right: frozenset(one + other for one in left for other in right),
}
_NAMED: Mapping[str, Set] = {
    "this": lambda situation: frozenset((situation.dn.key,)),
    "user": lambda situation: frozenset(() if situation.user is None else (situation.user.key,)),
}


def _literal(text: str) -> Set:
    found = frozenset((text.encode(),))
    return lambda situation: found


def _url(text: str) -> Set:
    url = take_url(text)
    wanted = url_filter(url)

    def found(situation: Situation) -> Found:
        try:
            base = situation.directory.schema.dn(url.dn)
        except LDAPError:
            return frozenset()
        nodes = find_nodes(situation.directory, base, url.scope_or_default, wanted)
        return frozenset(node.dn.key for node in nodes)

    return found


def _entries(situation: Situation, names: Found) -> Iterator[tuple[DN, Entry]]:
    """The entries that are named."""
    for name in names:
        try:
            dn = situation.directory.schema.dn(name)
        except LDAPError:
            continue
        if dn.key == situation.dn.key:
            yield dn, situation.entry
        elif (node := situation.directory.dit.find(dn)) is not None and node.entry is not None:
            yield dn, node.entry


def _gathered(situation: Situation, names: Found, name: bytes) -> Found:
    """The values of an attribute in the entries that are named."""
    description = situation.directory.schema.find(name, ranges=False)
    if description is None:
        return frozenset()
    if description.type.name == b"entryDN":
        return frozenset(dn.key for dn, _ in _entries(situation, names))
    rule = None if description.type.name == b"objectClass" else description.type.equality
    found: set[bytes] = set()
    for _, entry in _entries(situation, names):
        for value in entry.values(description):
            normal = value if rule is None else rule.normalise(value)
            found.add(normal if isinstance(normal, bytes) else value)
    return frozenset(found)


def _chased(situation: Situation, names: Found, name: bytes) -> Found:
    """The values, the values in the entries that these name, and so on."""
    found = new = _gathered(situation, names, name)
    while new:
        new = _gathered(situation, new, name) - found
        found |= new
    return found


def _above(situation: Situation, names: Found, levels: int | None) -> Found:
    """The DNs so many levels above those that are named; None: on all levels."""
    found: set[bytes] = set()
    for name in names:
        try:
            up: DN | None = situation.directory.schema.dn(name)
        except LDAPError:
            continue
        level = 0
        while up is not None and up.rdn is not None:
            if levels is None or level == levels:
                found.add(up.key)
            up, level = up.parent, level + 1
    return frozenset(found)
