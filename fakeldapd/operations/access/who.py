"""The conditions of a <who> (slapd.access(5)).

``bind`` tells what a condition means for one session: True or False where that is all there is to say, otherwise a
check to make for each entry. A check is given the node, its entry, the key of its DN and what the <what> has matched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Setting
from fakeldapd.operations.access.patterns import (
    MATCHES,
    Groups,
    NoSuchGroup,
    RegexError,
    compile_regex,
    expand,
    has_groups,
    is_at_level,
)
from fakeldapd.operations.request import Session
from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.messages import Scope
from fakeldapd.protocol.result import LDAPError
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, ObjectClass

if TYPE_CHECKING:
    from fakeldapd.directory.dit import DIT, Node
    from fakeldapd.schema.registry import Schema

Check: TypeAlias = Callable[["Node", Entry, bytes, Groups], bool]


class Surroundings(Protocol):
    """What a condition may look at besides the entry: the schema, and other entries."""

    schema: "Schema"
    dit: "DIT"


class Condition(Protocol):
    """One condition of a <who>."""

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """What it means for the session, as it is now."""
        ...


@dataclass(frozen=True, slots=True)
class Anonymous:
    """``anonymous``"""

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """See Condition."""
        return session.identity is None


@dataclass(frozen=True, slots=True)
class Users:
    """``users``"""

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """See Condition."""
        return session.identity is not None


@dataclass(frozen=True, slots=True)
class Self:
    """``self``: the entry is the session's own. With a positive level it is an ancestor of it, so many levels above;
    with a negative one a descendant.
    """

    level: int = 0

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """See Condition."""
        identity = session.identity
        if identity is None:
            return False
        up, down = max(self.level, 0), max(-self.level, 0)
        wanted = _above(identity, up)
        if wanted is None:
            return False
        if not down:
            return lambda node, entry, key, groups: key == wanted

        def is_descendant(node: "Node", entry: Entry, key: bytes, groups: Groups) -> bool:
            return _above(node.dn, down) == wanted

        return is_descendant


def _above(dn: DN, levels: int) -> bytes | None:
    """The key of the name so many levels above; None where that is the empty one or beyond."""
    up: DN | None = dn
    for _ in range(levels):
        up = up.parent if up is not None else None
    return up.key if up is not None and up.rdn is not None else None


@dataclass(frozen=True, slots=True)
class Named:
    """``dn.STYLE=PATTERN``; ``expands``: something of the <what> is put into the pattern."""

    style: str
    pattern: bytes
    level: int = 0
    expands: bool = False

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """See Condition."""
        identity = b"" if session.identity is None else session.identity.key
        if self.style == "regex":
            if has_groups(self.pattern):
                return lambda node, entry, key, groups: _regex_matches(self.pattern, identity, groups)
            return _regex_matches(self.pattern, identity, ())
        if not self.expands:
            return self._matches(identity, self.pattern)

        def matches(node: "Node", entry: Entry, key: bytes, groups: Groups) -> bool:
            dn = _expanded(self.pattern, groups, surroundings)
            return dn is not None and self._matches(identity, dn.key)

        return matches

    def _matches(self, key: bytes, pattern: bytes) -> bool:
        if self.style == "level":  # slapd compares lengths first, and so never finds level 0
            return bool(self.level) and is_at_level(key, pattern, self.level)
        return MATCHES[self.style](key, pattern)


def _regex_matches(pattern: bytes, key: bytes, groups: Groups) -> bool:
    try:
        return compile_regex(expand(pattern, groups)).search(key) is not None
    except (NoSuchGroup, RegexError):
        return False


def _expanded(pattern: bytes, groups: Groups, surroundings: Surroundings) -> DN | None:
    try:
        return surroundings.schema.dn(expand(pattern, groups))
    except (NoSuchGroup, LDAPError):
        return None


@dataclass(frozen=True, slots=True)
class Listed:
    """``dnattr=ATTRIBUTE``: the entry has the session's DN as a value of the attribute."""

    attribute: AttributeDescription

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """See Condition."""
        identity, rule = session.identity, self.attribute.type.equality
        if identity is None or rule is None:
            return False
        wanted = rule.normalise(identity.text)
        attribute_type = self.attribute.type

        def is_listed(node: "Node", entry: Entry, key: bytes, groups: Groups) -> bool:
            return any(rule.normalise(value) == wanted for value in entry.values_of(attribute_type))

        return is_listed


@dataclass(frozen=True, slots=True)
class Group:
    """``group/CLASS/ATTRIBUTE=DN``: an entry of the class has the session's DN as a value of the attribute. Where the
    attribute is a kind of labeledURI, its values are searches, and the session's entry is to be found by one.
    """

    pattern: bytes
    object_class: ObjectClass
    attribute: AttributeDescription
    expands: bool = False

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """See Condition."""
        if session.identity is None:
            return False
        membership = _Membership(self, session.identity, surroundings)
        if self.expands:

            def is_member(node: "Node", entry: Entry, key: bytes, groups: Groups) -> bool:
                dn = _expanded(self.pattern, groups, surroundings)
                return dn is not None and membership.of(dn, entry, key)

            return is_member
        dn = surroundings.schema.dn(self.pattern)
        return lambda node, entry, key, groups: membership.of(dn, entry, key)

    def has(self, session: Session, surroundings: Surroundings) -> bool:
        """Whether the session is a member, whatever entry it is about."""
        if session.identity is None:
            return False
        return _Membership(self, session.identity, surroundings).of(surroundings.schema.dn(self.pattern))


class _Membership:
    """Whether one DN is a member of groups. What was found out about an entry holds as long as it is that entry."""

    def __init__(self, group: Group, identity: DN, surroundings: Surroundings) -> None:
        self.group = group
        self.identity = identity
        self.surroundings = surroundings
        self.schema, self.dit = surroundings.schema, surroundings.dit
        self.rule = group.attribute.type.equality
        self.member = None if self.rule is None else self.rule.normalise(identity.text)
        uri = self.schema.attribute_type(b"labeledURI")
        self.dynamic = uri is not None and group.attribute.type in uri.subtypes
        self._entry: Entry | None = None
        self._is_member = False

    def of(self, dn: DN, target: Entry | None = None, key: bytes | None = None) -> bool:
        """Whether the DN is a member of the group at ``dn``; ``target`` is the entry that access is asked to."""
        if dn.key == key:
            entry = target  # slapd doesn't look at the class of this one
        else:
            entry = self.dit.get(dn)
            if entry is None or self.group.object_class not in entry.classes.classes:
                return False
        if entry is None:
            return False
        if self.dynamic:
            return self._is_found(entry)
        if entry is not self._entry:
            rule = self.rule
            values = entry.values(self.group.attribute)
            self._is_member = rule is not None and any(rule.normalise(value) == self.member for value in values)
            self._entry = entry
        return self._is_member

    def _is_found(self, entry: Entry) -> bool:
        return any(self._finds(value) for value in entry.values(self.group.attribute))

    def _finds(self, value: bytes) -> bool:
        """Whether a search that a URI names finds the session's entry; one that needs a filter and has none doesn't."""
        try:
            url = LDAPURL.parse(value)
            base = self.schema.dn(url.dn or b"")
            tested = parse(url.filter) if url.filter else None
        except (URLSyntaxError, LDAPError, FilterSyntaxError):
            return False
        if url.host or url.attributes or url.extensions or tested is None:
            return False
        if not _IN_SCOPE[url.scope or Scope.BASE](self.identity.key, base.key):
            return False
        node = self.dit.find(self.identity)
        if node is None or node.entry is None:
            return False
        return compile_filter(Setting(self.schema, self.dit.find), tested)(node, node.entry) is True


_IN_SCOPE: dict[int, Callable[[bytes, bytes], bool]] = {
    Scope.BASE: MATCHES["base"],
    Scope.ONE: MATCHES["one"],
    Scope.SUBTREE: MATCHES["subtree"],
    Scope.SUBORDINATE: MATCHES["children"],
}


@dataclass(frozen=True, slots=True)
class Strength:
    """``ssf=N``, ``tls_ssf=N``, ``transport_ssf=N``, ``sasl_ssf=N``: the connection is at least that strong."""

    measure: Callable[[Session], int]
    least: int

    def bind(self, session: Session, surroundings: Surroundings) -> bool | Check:
        """See Condition."""
        return self.measure(session) >= self.least


MEASURES: dict[str, Callable[[Session], int]] = {
    "ssf": lambda session: session.ssf,
    "tls_ssf": lambda session: session.ssf if session.tls else 0,
    "transport_ssf": lambda session: 0 if session.tls else session.ssf,
    "sasl_ssf": lambda session: 0,
}
"""The security strength factors of a session. SASL here adds no layer, so its factor is 0."""
