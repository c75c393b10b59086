"""What a search may take, and for whom: ``limits WHO LIMIT ...`` of slapd.conf(5).

A rule says for whom it is and changes some of the limits that hold for everybody; the first rule that is for a session
counts. The administrator has no limits at all.

A soft limit holds for a client that asks for none, a hard one for a client that asks. ``size.unchecked`` is about the
entries that would have to be looked at: as in a slapd without indexes those are all entries in the scope of the search.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from fakeldapd.operations.request import Session
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node
    from fakeldapd.operations.access.who import Surroundings
    from fakeldapd.schema.registry import Schema


@dataclass(slots=True, frozen=True)
class Limits:
    """What a search may take: entries and seconds, 0 for no limit. Defaults are slapd's.

    ``size`` and ``time`` hold where a client asks for no limit. ``size_hard`` and ``time_hard`` are the most that it
    gets where it asks; None: the same. ``unchecked`` is how many entries may have to be looked at; None: any number, 0:
    no searches at all. ``page`` is the largest page of paged results, ``page_total`` how many entries all pages may
    have together: None: as many as ``size_hard`` says, -1: paged results are not allowed.
    """

    size: int = 500
    time: int = 3600
    size_hard: int | None = None
    time_hard: int | None = None
    unchecked: int | None = None
    page: int = 0
    page_total: int | None = None

    def for_search(self, size: int, time: int) -> tuple[int, int]:
        """The limits of one search: entries and seconds, 0 for none, from those that the client asks for."""
        if not size and not time:
            return self.size, self.time
        return _limited(size, self.size, self.size_hard), _limited(time, self.time, self.time_hard)

    def for_pages(self, size: int) -> int:
        """How many entries all pages of a search may have together, 0 for any number, where so many are asked for."""
        hard = self.size if self.size_hard is None else self.size_hard
        most = hard if self.page_total is None else max(self.page_total, 0)
        return min(size, most) if size and most else size or most

    def check_page(self, size: int, page: int, sent: int) -> None:
        """Raise LDAPError 11 where a page is too large, or paged results are not allowed. ``size`` is the size limit
        that the client asks for, ``sent`` how many entries have been sent.
        """
        if self.page_total == -1:
            raise LDAPError(ResultCode.ADMIN_LIMIT_EXCEEDED, "pagedResults control not allowed")
        if self.page and page > self.page:
            raise LDAPError(ResultCode.ADMIN_LIMIT_EXCEEDED, "illegal pagedResults page size")
        if self.page and size and self.page_total != 0 and self.for_pages(size) - sent > self.page + 1:
            raise LDAPError(ResultCode.ADMIN_LIMIT_EXCEEDED)  # slapd takes such a size limit for too large a page

    def check_candidates(self, base: "Node", children_only: bool) -> None:
        """Raise LDAPError 11 where more entries than ``unchecked`` are in the scope: below the base, which counts, too,
        or directly below it, without it.
        """
        if self.unchecked is None:
            return
        found = (base.children or {}).values() if children_only else chain((base,), base.below())
        if any(count > self.unchecked for count, _ in enumerate(found, 1)):
            raise LDAPError(ResultCode.ADMIN_LIMIT_EXCEEDED)


UNLIMITED = Limits(0, 0)
"""What holds for the administrator."""


def _limited(asked: int, soft: int, hard: int | None) -> int:
    most = soft if hard is None or not asked else hard
    return min(asked, most) if asked and most else asked or most


class LimitsError(ValueError):
    """Text that says no limits; ``str`` says why."""


WhoTest: TypeAlias = Callable[[Session], bool]


@dataclass(slots=True, frozen=True)
class LimitRule:
    """Limits, and for whom they are."""

    holds_for: WhoTest
    limits: Limits


def find_limits(rules: Sequence[LimitRule], general: Limits, session: Session) -> Limits:
    """The limits that hold for a session."""
    if session.is_admin:
        return UNLIMITED
    for rule in rules:
        if rule.holds_for(session):
            return rule.limits
    return general


# --- reading ----------------------------------------------------------------------------------------------------------

_SELECTOR = re.compile(
    r"(?P<kind>dn|group)(?P<path>(?:/[^=.]*)?)(?P<styles>(?:\.[a-z]+)*)=(?P<pattern>.*)\Z", re.IGNORECASE | re.DOTALL
)
_WORDS = {"unlimited": 0, "none": 0}


def read_limits(texts: Iterable[str], general: Limits, surroundings: "Surroundings") -> tuple[LimitRule, ...]:
    """The rules that texts say; what a rule leaves out is as in ``general``. Raises LimitsError."""
    from fakeldapd.operations.access.words import AccessSyntaxError, split  # only where there are rules

    found = []
    for text in texts:
        try:
            words = split(text, text)
        except AccessSyntaxError as error:
            raise LimitsError(str(error)) from None
        if words and words[0].lower() == "limits":
            words = words[1:]
        if len(words) < 2:
            raise LimitsError(f"'{text}': WHO and at least one limit are expected")
        limits = general
        for word in words[1:]:
            limits = _changed(limits, word)
        found.append(LimitRule(_who(words[0], surroundings), _sensible(limits)))
    return tuple(found)


def _changed(limits: Limits, word: str) -> Limits:
    """The limits with what one word says, ``size.soft=5``."""
    name, equals, value = word.partition("=")
    make = _LIMITS.get(name.lower())
    if make is None or not equals:
        raise LimitsError(f"'{word}' is no limit; known are {', '.join(_LIMITS)}")
    try:
        return replace(limits, **make(value.lower()))
    except ValueError:
        raise LimitsError(f"'{word}': '{value}' is not possible here") from None


def _number(value: str, words: Mapping[str, Any] = _WORDS, least: int = 1) -> Any:
    """A number from 1 up, or one of the words. 0 is refused: to slapd it means no entry at all, to people no limit."""
    if value in words:
        return words[value]
    if not value.isascii() or not value.isdigit() or int(value) < least:
        raise ValueError
    return int(value)


_HARD = {**_WORDS, "soft": None, "0": None}
_UNCHECKED = {"unlimited": None, "none": None, "disabled": 0}
_TOTAL = {**_WORDS, "disabled": -1, "hard": None, "0": None}

_LIMITS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "size": lambda value: {"size": _number(value), "size_hard": None},
    "size.soft": lambda value: {"size": _number(value)},
    "size.hard": lambda value: {"size_hard": _number(value, _HARD)},
    "size.unchecked": lambda value: {"unchecked": _number(value, _UNCHECKED, least=0)},
    "size.pr": lambda value: {} if value == "noestimate" else {"page": _number(value, {**_WORDS, "0": 0})},
    "size.prtotal": lambda value: {"page_total": _number(value, _TOTAL)},
    "time": lambda value: {"time": _number(value), "time_hard": None},
    "time.soft": lambda value: {"time": _number(value)},
    "time.hard": lambda value: {"time_hard": _number(value, _HARD)},
}
"""The names of limits -> the fields that a value sets. Estimates are never sent: ``size.pr=noEstimate`` is true."""


def _sensible(limits: Limits) -> Limits:
    """As slapd does: a hard limit below the soft one counts for nothing, a page is no larger than all pages."""
    changes: dict[str, Any] = {}
    for soft, hard, name in (
        (limits.size, limits.size_hard, "size_hard"),
        (limits.time, limits.time_hard, "time_hard"),
    ):
        if hard and (not soft or hard < soft):
            changes[name] = None
    if limits.page_total is not None and limits.page_total > 0:
        changes["page"] = min(limits.page, limits.page_total)
    return replace(limits, **changes)


def _who(text: str, surroundings: "Surroundings") -> WhoTest:
    """Whether limits are for a session: ``*``, ``anonymous``, ``users``, ``dn.STYLE=``, ``group=``, or a DN."""
    word = text.lower()
    if word in _WHOS:
        return _WHOS[word]
    found = _SELECTOR.match(text)
    kind, path, styles, pattern = ("dn", "", "", text) if found is None else found.groups()
    if kind.lower() == "group":
        return _members(path, styles, pattern, surroundings)
    if path:
        raise LimitsError(f"'{text}' is no WHO")
    return _named(styles.lower(), pattern, surroundings.schema)


_WHOS: Mapping[str, WhoTest] = {
    "*": lambda session: True,
    "anonymous": lambda session: session.identity is None,
    "users": lambda session: session.identity is not None,
}
_SELF = re.compile(r"(?:\.self)?(?:\.([a-z]+))?\Z")


def _named(styles: str, pattern: str, schema: "Schema") -> WhoTest:
    from fakeldapd.operations.access.patterns import MATCHES, STYLES, RegexError, compile_regex

    if styles.startswith(".this"):
        raise LimitsError("dn.this is not supported: limits are for who searches, not for where")
    found = _SELF.match(styles)
    style = found and (found[1] or "")
    if style == "anonymous":
        return _WHOS["anonymous"]
    known = STYLES.get(style) if style is not None else None
    if known is None or known in ("level", "expand"):
        raise LimitsError(f"unknown style in 'dn{styles}'")
    if pattern == "*" or (known == "regex" and pattern == ".*"):
        return _WHOS["*"]
    if known == "regex":
        try:
            regex = compile_regex(pattern.encode())
        except RegexError as error:
            raise LimitsError(f"bad regular expression '{pattern}': {error}") from None
        return lambda session: session.identity is not None and regex.search(session.identity.key) is not None
    try:
        key = schema.dn(pattern.encode()).key
    except LDAPError:
        raise LimitsError(f"'{pattern}' is neither a WHO nor a DN") from None
    matches = MATCHES[known]
    return lambda session: session.identity is not None and matches(session.identity.key, key)


def _members(path: str, styles: str, pattern: str, surroundings: "Surroundings") -> WhoTest:
    from fakeldapd.operations.access.parse import read_group
    from fakeldapd.operations.access.words import AccessSyntaxError, Directive

    if styles:
        raise LimitsError(f"a group has no style: 'group{styles}'")
    try:
        members = read_group(surroundings.schema, Directive(f"group{path}", ()), path[1:], pattern)
    except AccessSyntaxError as error:
        raise LimitsError(str(error)) from None
    return lambda session: members.has(session, surroundings)
