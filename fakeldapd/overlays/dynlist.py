"""dynlist: lists and groups that are made of searches (slapo-dynlist).

An entry of a class, such as groupOfURLs, has LDAP URLs in an attribute. What they find belongs to the entry in searches
and compares: the DNs as values of a member attribute, or, without one, the attributes that the URLs name. The control
manageDsaIT shows the entry as it is stored. The client sees what it might find and read itself. What is found is not
looked at in this way again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Guard, Purpose, View
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.request import Session
from fakeldapd.overlays.directives import read_directives, take_url
from fakeldapd.overlays.internal import find_nodes, url_test
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.setting import SettingError, attribute, object_class
from fakeldapd.protocol.filter import FilterSyntaxError
from fakeldapd.protocol.messages import Filter
from fakeldapd.protocol.result import LDAPError
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, AttributeType, Kind, ObjectClass

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_DISTINGUISHED_NAME = "1.3.6.1.4.1.1466.115.121.1.12"


def make(setting: str) -> "DynList":
    """The overlay with the lists of a setting. Raises SettingError."""
    lines = [words for _, words in read_directives(setting, ("dynlist-attrset",))]
    if not lines:
        raise SettingError("which entries are lists? dynlist-attrset CLASS URL-ATTRIBUTE [MEMBER-ATTRIBUTE]")
    return DynList(lines)


@dataclass(slots=True, frozen=True)
class _Rule:
    """One ``dynlist-attrset``; ``member`` None: a list of attributes."""

    kind: ObjectClass
    urls: AttributeDescription
    member: AttributeDescription | None
    applies: Callable[[Node, DN, Entry], bool] | None


class DynList(Overlay):
    """The overlay."""

    views = True

    def __init__(self, lines: Sequence[Sequence[str]]) -> None:
        self._lines = lines
        self._rules: list[_Rule] = []

    def attached(self, directory: "Directory") -> None:
        """Look the names up."""
        self._directory = directory
        self._object_class = directory.entries.object_class
        self._rules = [_read_rule(directory, words) for words in self._lines]
        members = [rule.member for rule in self._rules if rule.member is not None]
        groups = frozenset[AttributeType](member.type for member in members)
        self.seen_types = groups if len(members) == len(self._rules) else None

    def view(self, session: Session, controls: Mapping[bytes, Any], purpose: Purpose) -> View | None:
        """Entries with what their URLs find for a session."""
        if MANAGE_DSA_IT in controls:
            return None
        reader = _Reader(self._directory, session)

        def view(node: Node, entry: Entry) -> Entry:
            changes: dict[AttributeDescription, Values] = {}
            for rule in self._rules:
                if rule.kind not in entry.classes.all or rule.urls not in entry:
                    continue
                if rule.applies is not None and not rule.applies(node, node.dn, entry):
                    continue
                for url in _urls(entry.values(rule.urls)):
                    for description, values in self._found(rule, url, reader):
                        have = changes.get(description, entry.values(description))
                        changes[description] = _together(description, have, values)
            return self._directory.entries.change(entry, changes) if changes else entry

        return view

    def _found(self, rule: _Rule, url: LDAPURL, reader: "_Reader") -> Iterator[tuple[AttributeDescription, Values]]:
        """What one URL finds. One that is wrong finds nothing, as in slapd."""
        schema = self._directory.schema
        if rule.member is not None and url.attributes:
            return
        try:
            nodes = reader.nodes(schema.dn(url.dn), url.scope_or_default, url.filter_or_default)
        except (LDAPError, FilterSyntaxError):
            return
        wanted = [found for name in url.attributes if (found := schema.find(name)) is not None]
        for node in nodes:
            if rule.member is not None:
                yield rule.member, (node.text,)
                continue
            assert node.entry is not None
            for description, values in node.entry.items():
                if description.type.operational or (url.attributes and not _is_wanted(description, wanted)):
                    continue
                if not reader.may_read(node, description.type):
                    continue
                if description == self._object_class:
                    values = tuple([value for value in values if self._is_auxiliary(value)])
                if values:
                    yield description, values

    def _is_auxiliary(self, name: bytes) -> bool:
        """Whether another entry can have the class, too."""
        found = self._directory.schema.object_class(name)
        return found is not None and found.kind is Kind.AUXILIARY


class _Reader:
    """Searches as somebody, for one operation."""

    def __init__(self, directory: "Directory", session: Session) -> None:
        self._directory = directory
        self._session = None if session.is_admin else session
        self._guards: dict[AttributeType | None, Guard | None] = {}

    def _guard(self, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        return None if self._session is None else self._directory.access.guard(self._session, attribute_type, level)

    def nodes(self, base: DN, scope: int, filter_: Filter) -> Iterator[Node]:
        """The nodes that a search would send."""
        start = self._directory.dit.find(base)
        if start is None or start.entry is None or not allowed(self._guard(None, Level.SEARCH), start):
            return
        guard = None if self._session is None else lambda attribute_type: self._guard(attribute_type, Level.SEARCH)
        for node in find_nodes(self._directory, base, scope, filter_, guard):
            if self.may_read(node, None):
                yield node

    def may_read(self, node: Node, attribute_type: AttributeType | None) -> bool:
        """Whether attributes of a type may be read; None: the entry as such."""
        if attribute_type not in self._guards:
            self._guards[attribute_type] = self._guard(attribute_type, Level.READ)
        return allowed(self._guards[attribute_type], node)


def _urls(values: Values) -> Iterator[LDAPURL]:
    for value in values:
        try:
            url = LDAPURL.parse(value)
        except URLSyntaxError:
            continue
        if not url.host:
            yield url


def _is_wanted(description: AttributeDescription, wanted: Sequence[AttributeDescription]) -> bool:
    return any(
        description.type in each.type.subtypes and set(each.options) <= set(description.options) for each in wanted
    )


def _together(description: AttributeDescription, have: Values, values: Values) -> Values:
    """The values of both, each once; a single-valued attribute keeps its first."""
    if description.type.single_value:
        return have or values[:1]
    rule = description.type.equality
    if rule is None:
        return have + tuple([value for value in values if value not in have])
    known = {rule.normalise(value) for value in have}
    return have + tuple([value for value in values if rule.normalise(value) not in known])


def _read_rule(directory: "Directory", words: Sequence[str]) -> _Rule:
    """One ``dynlist-attrset``. Raises SettingError."""
    rest = list(words)
    schema = directory.schema
    kind = object_class(schema, rest.pop(0)) if rest else None
    applies = url_test(directory, take_url(rest.pop(0))) if rest and "://" in rest[0] else None
    if kind is None or not 1 <= len(rest) <= 2:
        raise SettingError(
            f"dynlist-attrset {' '.join(words)}: CLASS [URL] URL-ATTRIBUTE [MEMBER-ATTRIBUTE] is expected"
        )
    labeled = schema.attribute_type(b"labeledURI")
    urls = attribute(schema, rest[0])
    if labeled is None or urls.type not in labeled.subtypes:
        raise SettingError(f"{rest[0]}: this attribute is not for URLs: it must be labeledURI or a subtype")
    if len(rest) == 1:
        return _Rule(kind, urls, None, applies)
    for sign, what in ((":", "mapping attributes"), ("+", "a dynamic memberOf")):
        if sign in rest[1]:
            raise SettingError(f"{rest[1]}: {what} is not supported")
    return _Rule(kind, urls, attribute(schema, rest[1], (_DISTINGUISHED_NAME,)), applies)
