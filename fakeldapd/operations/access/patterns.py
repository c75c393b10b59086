r"""DN patterns of access rules and limits (slapd.access(5), slapd.conf(5)), and POSIX regular expressions.

A pattern is compared with the normalised DN, as text: ``key`` of a DN. What a pattern of a <what> has matched can be
put into a pattern of a <who>: ``$0`` is the whole DN, ``$1`` to ``$9`` and ``${10}`` the groups of a regular expression
(with the styles one, subtree and children ``$1`` is the part that the pattern named), ``$$`` a dollar.

The regular expressions are POSIX extended ones, matched against octets without regard to the case of ASCII letters.
They are rewritten for Python's re, which differs in one thing that remains: where alternatives of different length
could match, it takes the first and not the longest, so that a group may come to hold something else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

Groups = Sequence[bytes | None]

STYLES: Mapping[str, str] = {
    "": "base",
    "exact": "base",
    "base": "base",
    "baseobject": "base",
    "one": "one",
    "onelevel": "one",
    "sub": "subtree",
    "subtree": "subtree",
    "children": "children",
    "regex": "regex",
    "level": "level",
    "expand": "expand",
}
"""How a style may be written, in lower case -> its name."""


def is_base(key: bytes, pattern: bytes) -> bool:
    """Whether a DN is the pattern."""
    return key == pattern


def is_one(key: bytes, pattern: bytes) -> bool:
    """Whether a DN is directly below the pattern."""
    return _level(key) == _level(pattern) + 1 and (not pattern or is_children(key, pattern))


def is_subtree(key: bytes, pattern: bytes) -> bool:
    """Whether a DN is the pattern or below it."""
    return key == pattern or is_children(key, pattern)


def is_children(key: bytes, pattern: bytes) -> bool:
    """Whether a DN is below the pattern; nothing is below the empty one, to slapd."""
    return key.endswith(b"," + pattern)


MATCHES: Mapping[str, Callable[[bytes, bytes], bool]] = {
    "base": is_base,
    "one": is_one,
    "subtree": is_subtree,
    "children": is_children,
}
"""The name of a style -> whether a DN's key matches a pattern's."""


def is_at_level(key: bytes, pattern: bytes, level: int) -> bool:
    """Whether the pattern is so many levels above a DN."""
    return is_subtree(key, pattern) and _level(key) == _level(pattern) + level


def _level(key: bytes) -> int:
    """How many RDNs a DN has: commas within values are escaped as hex pairs."""
    return key.count(b",") + 1 if key else 0


# --- expansion --------------------------------------------------------------------------------------------------------


class NoSuchGroup(Exception):
    """A pattern asks for something that the <what> has no group for: the <who> doesn't match."""


def has_groups(pattern: bytes) -> bool:
    """Whether expanding would put something in."""
    return re.search(rb"\$(?:[0-9]|\{)", pattern) is not None


def expand(pattern: bytes, groups: Groups | None) -> bytes:
    """The pattern with the groups put in; with ``groups`` None there are as many empty ones as one likes.

    It is as lax as slapd: after a dollar that is followed by something else everything is left out up to the next
    digit, and one at the end is a dollar. Raises NoSuchGroup.
    """
    found = bytearray()
    rest = iter(range(len(pattern)))
    dollar = brace = False
    for i in rest:
        c = pattern[i : i + 1]
        if not dollar:
            if c == b"$":
                dollar = True
            else:
                found += c
        elif c == b"$" and not brace:
            found += b"$"
            dollar = False
        elif c == b"{" and not brace:
            brace = True
        elif c.isdigit():
            number = c
            if brace:
                end = pattern.find(b"}", i)
                if end < 0:
                    raise NoSuchGroup
                number = bytes(d for d in pattern[i:end] if chr(d).isdigit())
                for _ in range(i, end):
                    next(rest)
            found += _group(groups, int(number))
            dollar = brace = False
        elif c == b"v" and brace:
            raise NoSuchGroup  # there are no patterns for values
    if dollar:
        found += b"$"
    return bytes(found)


def _group(groups: Groups | None, number: int) -> bytes:
    if groups is None:
        return b""
    if number >= len(groups):
        raise NoSuchGroup
    return groups[number] or b""


# --- regular expressions ----------------------------------------------------------------------------------------------

MOST_GROUPS = 100
"""So many groups a <what> can have; those that its expression hasn't got are empty."""

_CLASSES: Mapping[bytes, bytes] = {
    b"alpha": b"a-zA-Z",
    b"digit": b"0-9",
    b"alnum": b"a-zA-Z0-9",
    b"upper": b"A-Z",
    b"lower": b"a-z",
    b"space": rb" \t\n\r\f\v",
    b"blank": rb" \t",
    b"punct": rb"!-/:-@\[-`{-~",
    b"print": b" -~",
    b"graph": b"!-~",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"xdigit": b"0-9A-Fa-f",
}
_ESCAPES: Mapping[bytes, bytes] = {
    **{c: b"\\" + c for c in (b"w", b"W", b"s", b"S", b"b", b"B")},
    **{b"<": rb"\b(?=\w)", b">": rb"\b(?<=\w)", b"`": rb"\A", b"'": rb"\Z"},
}
_INTERVAL = re.compile(rb"\{(?:\d+(?:,\d*)?|,\d+)\}")


class RegexError(ValueError):
    """No regular expression; ``str`` says why."""


@lru_cache(maxsize=512)
def compile_regex(pattern: bytes) -> re.Pattern[bytes]:
    """A POSIX extended regular expression, ready for matching. Raises RegexError."""
    try:
        return re.compile(_Rewriting(pattern).done(), re.IGNORECASE | re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexError(str(error)) from None


class _Rewriting:
    """Writes a POSIX extended regular expression as Python's re wants it."""

    def __init__(self, pattern: bytes) -> None:
        self.pattern = pattern
        self.at = 0
        self.out: list[bytes] = []
        self.opened: list[int] = []
        self.atom: int | None = None
        """Where in ``out`` the thing begins that a quantifier would be about."""

    def done(self) -> bytes:
        while self.at < len(self.pattern):
            c = self.pattern[self.at : self.at + 1]
            if c in b"*+?" or c == b"{":
                self._quantifier(c)
            elif c == b"[":
                self._emit(self._bracket())
            elif c == b"\\":
                following = self.pattern[self.at + 1 : self.at + 2]
                if not following:
                    raise RegexError("a backslash at the end")
                self.at += 2
                backreference = following.isdigit() and following != b"0"
                self._emit(b"(?:\\%b)" % following if backreference else _ESCAPES.get(following, re.escape(following)))
            else:
                self.at += 1
                self._plain(c)
        if self.opened:
            raise RegexError("a parenthesis is not closed")
        return b"".join(self.out)

    def _emit(self, piece: bytes) -> None:
        self.atom = len(self.out)
        self.out.append(piece)

    def _plain(self, c: bytes) -> None:
        if c == b"(":
            self.opened.append(len(self.out))
            self.out.append(c)
            self.atom = None
        elif c == b")" and self.opened:
            self.atom = self.opened.pop()
            self.out.append(c)
        elif c == b"|":
            self.out.append(c)
            self.atom = None
        elif c in (b"^", b"$"):
            self.out.append(rb"\A" if c == b"^" else rb"\Z")
            self.atom = None
        else:
            self._emit(c if c == b"." else re.escape(c))

    def _quantifier(self, c: bytes) -> None:
        if self.atom is None:
            raise RegexError(f"nothing to repeat before {c.decode()}")
        piece = c
        if c == b"{":
            interval = _INTERVAL.match(self.pattern, self.at)
            if interval is None:
                raise RegexError("a bad interval in braces")
            piece = interval[0]
        self.at += len(piece)
        # one quantifier behind another would mean something else to Python
        self.out[self.atom :] = [b"(?:" + b"".join(self.out[self.atom :]) + piece + b")"]

    def _bracket(self) -> bytes:
        """A bracket expression; a backslash in it is nothing special."""
        start = self.at + 1
        negated = self.pattern[start : start + 1] == b"^"
        at = start + negated
        pieces: list[bytes] = []
        while True:
            c = self.pattern[at : at + 1]
            if not c:
                raise RegexError("a bracket is not closed")
            if c == b"]" and pieces:
                break
            if c == b"[" and self.pattern[at + 1 : at + 2] in (b":", b".", b"="):
                end = self.pattern.find(self.pattern[at + 1 : at + 2] + b"]", at + 2)
                name = self.pattern[at + 2 : end]
                if end < 0 or self.pattern[at + 1 : at + 2] != b":" or name not in _CLASSES:
                    raise RegexError(f"unknown class in brackets: {self.pattern[at:].decode(errors='replace')}")
                pieces.append(_CLASSES[name])
                at = end + 2
                continue
            pieces.append(c if c.isalnum() or (c == b"-" and pieces) else re.escape(c))
            at += 1
        if pieces[-1] == b"-":
            pieces[-1] = rb"\-"
        self.at = at + 1
        return b"[" + (b"^" if negated else b"") + b"".join(pieces) + b"]"


def without_spaces(pattern: str) -> str:
    """A regular expression for DNs without the spaces behind commas, which a normalised DN has none of."""
    return re.sub(", +", ",", pattern)
