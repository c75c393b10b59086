"""dynlist: lists and groups that are made of searches (slapo-dynlist).

An entry of a class, such as groupOfURLs, has LDAP URLs in an attribute. What they find belongs to the entry in searches
and compares: the DNs as values of a member attribute, or, without one, the attributes that the URLs name, some of them
under other names. With a memberOf attribute, searches show on the members which groups they are in (see
``dynamic_groups``). The control manageDsaIT shows entries as they are stored. What is found is not looked at in this
way again.

The client sees what it might find and read itself; where the entry has a dgIdentity, what that one might, as far as the
rules in dgAuthz name the client. As in slapd nothing is searched for unless the request asks for the member attribute,
or for one that others are mapped to, in its attribute list or its filter.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Purpose, View
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.request import Request, Session
from fakeldapd.operations.sasl.authorization import rule_names
from fakeldapd.overlays.asked import Asked, is_among
from fakeldapd.overlays.directives import read_directives, take_url
from fakeldapd.overlays.dynamic_groups import Groups, Kind, urls_of
from fakeldapd.overlays.internal import Reader, url_test
from fakeldapd.overlays.memberof import define_member_of
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.setting import SettingError, attribute, object_class
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.result import LDAPError
from fakeldapd.protocol.url import LDAPURL
from fakeldapd.schema import elements
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, AttributeType, ObjectClass
from fakeldapd.schema.registry import Schema

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
    """One ``dynlist-attrset``. ``member`` gets the DNs that are found; None: attributes are collected, or where
    ``idle`` is set, as slapd has it with several members, nothing is. ``mapped``: which attribute's values go to which.
    ``kinds`` say what memberOf is made of.
    """

    kind: ObjectClass
    urls: AttributeDescription
    applies: Callable[[Node, DN, Entry], bool] | None
    member: AttributeDescription | None
    mapped: Mapping[AttributeDescription, AttributeDescription]
    shown: tuple[AttributeDescription, ...]
    kinds: tuple[Kind, ...]

    @property
    def idle(self) -> bool:
        """Whether nothing is ever found."""
        return self.member is None and bool(self.shown) and not self.mapped

    def wanted(self, asked: Asked) -> bool:
        """Whether a request asks for anything that the URLs may find."""
        return not self.idle and (not self.shown or any(asked.wants(each) for each in self.shown))

    def filter_of(self, url: LDAPURL) -> m.Filter:
        """What a URL searches for; not for other lists, unless it has a filter and names no attributes. Raises
        FilterSyntaxError.
        """
        no_list = m.Not(m.Equality(b"objectClass", self.kind.name))
        if not url.filter:
            return no_list
        given = parse(url.filter)
        return m.And((no_list, given)) if url.attributes else given


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
        self._identity = directory.schema.find(b"dgIdentity")
        self._authz = directory.schema.find(b"dgAuthz")
        seen = [rule.member for rule in self._rules if rule.member is not None]
        self._member_ofs = frozenset(kind.member_of for rule in self._rules for kind in rule.kinds)
        types = frozenset[AttributeType](each.type for each in [*seen, *self._member_ofs])
        self.seen_types = types if all(rule.member is not None or rule.idle for rule in self._rules) else None

    def only_seen(self, op: m.SearchRequest) -> bool:
        """A filter about memberOf is evaluated on what is sent, as slapd does once it has found the members."""
        return bool(self._member_ofs) and not self._member_ofs.isdisjoint(Asked(self._directory.schema, op).filtered)

    def view(self, request: Request, controls: Mapping[bytes, Any], purpose: Purpose) -> View | None:
        """Entries with what their URLs find for a session."""
        op, session = request.op, request.session
        if MANAGE_DSA_IT in controls or not isinstance(op, m.SearchRequest | m.CompareRequest):
            return None
        asked = Asked(self._directory.schema, op)
        rules = [rule for rule in self._rules if rule.wanted(asked)]
        kinds = [kind for rule in self._rules for kind in rule.kinds if asked.wants(kind.member_of)]
        reader = Reader(self._directory, session)
        groups = None
        if kinds and isinstance(op, m.SearchRequest):
            groups = Groups(self._directory, session, op.base, kinds, asked, filtering=purpose is Purpose.FILTER)
        if not rules and groups is None:
            return None

        def view(node: Node, entry: Entry) -> Entry:
            changes: dict[AttributeDescription, Values] = {}
            for rule in rules:
                if rule.kind not in entry.classes.all or rule.urls not in entry:
                    continue
                if rule.applies is not None and not rule.applies(node, node.dn, entry):
                    continue
                searching = self._searching(entry, session, reader)
                if searching is None:
                    continue
                for url in urls_of(entry.values(rule.urls)):
                    for description, values in self._found(rule, url, searching, asked):
                        have = changes.get(description, entry.values(description))
                        changes[description] = _together(description, have, values)
            if groups is not None:
                for description, values in groups.seen(node, entry, changes):
                    have = changes.get(description, entry.values(description))
                    changes[description] = _together(description, have, values)
            return self._directory.entries.change(entry, changes) if changes else entry

        return view

    def _searching(self, entry: Entry, session: Session, reader: Reader) -> Reader | None:
        """Who searches for what is in a list; None: nobody may."""
        identity = entry.values(self._identity) if self._identity is not None else ()
        if not identity:
            return reader
        directory = self._directory
        dn = directory.schema.dn(identity[0])
        rules = entry.values(self._authz) if self._authz is not None else ()
        if rules and dn.rdn is not None and not session.is_admin:
            who = session.identity
            if who is None or not any(rule_names(directory, session, rule, who) for rule in rules):
                return None
        other = Session(peer=session.peer, tls=session.tls, ssf=session.ssf)
        if dn.rdn is not None:
            other.become(dn, is_admin=directory.is_admin(dn))
        return Reader(directory, other)

    def _found(
        self, rule: _Rule, url: LDAPURL, reader: Reader, asked: Asked
    ) -> Iterator[tuple[AttributeDescription, Values]]:
        """What one URL finds. One that is wrong finds nothing, as in slapd."""
        schema = self._directory.schema
        if rule.member is not None and url.attributes:
            return
        try:
            nodes = reader.nodes(schema.dn(url.dn), url.scope_or_default, rule.filter_of(url))
        except (LDAPError, FilterSyntaxError):
            return
        wanted = [found for name in url.attributes if (found := schema.find(name)) is not None]
        for node in nodes:
            if rule.member is not None:
                yield rule.member, (node.text,)
                continue
            assert node.entry is not None
            for description, values in node.entry.items():
                if description.type.operational or not _is_collected(rule, url, description, wanted, asked):
                    continue
                if not reader.may_read(node, description.type):
                    continue
                if description == self._object_class:
                    values = tuple([value for value in values if self._is_auxiliary(value)])
                if values:
                    yield rule.mapped.get(description, description), values

    def _is_auxiliary(self, name: bytes) -> bool:
        """Whether another entry can have the class, too."""
        found = self._directory.schema.object_class(name)
        return found is not None and found.kind is elements.Kind.AUXILIARY


def _is_collected(
    rule: _Rule,
    url: LDAPURL,
    description: AttributeDescription,
    wanted: list[AttributeDescription],
    asked: Asked,
) -> bool:
    """Whether a list takes an attribute over: one that the URL names, and that is asked for or becomes another."""
    if not url.attributes:
        return asked.lists(description)
    return is_among(description, wanted) and (description in rule.mapped or asked.wants(description))


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
    if kind is None or not rest:
        raise SettingError(
            f"dynlist-attrset {' '.join(words)}: CLASS [URL] URL-ATTRIBUTE "
            "[[MAPPED:]MEMBER-ATTRIBUTE[+MEMBEROF[@CLASS][*]]] ... is expected"
        )
    labeled = schema.attribute_type(b"labeledURI")
    urls = attribute(schema, rest[0])
    if labeled is None or urls.type not in labeled.subtypes:
        raise SettingError(f"{rest[0]}: this attribute is not for URLs: it must be labeledURI or a subtype")
    mapped: dict[AttributeDescription, AttributeDescription] = {}
    shown: list[AttributeDescription] = []
    kinds: list[Kind] = []
    for word in rest[1:]:
        target, colon, member = word.rpartition(":")
        member, plus, member_of = member.partition("+")
        source = attribute(schema, member, () if colon else (_DISTINGUISHED_NAME,))
        if colon:
            mapped[source] = attribute(schema, target)
        shown.append(mapped[source] if colon else source)
        if plus:
            kinds.append(_read_kind(schema, word, kind, urls, applies, source, member_of))
    old_style = len(shown) == 1 and not mapped
    return _Rule(kind, urls, applies, shown[0] if old_style else None, mapped, tuple(shown), tuple(kinds))


def _read_kind(
    schema: Schema,
    word: str,
    kind: ObjectClass,
    urls: AttributeDescription,
    applies: Callable[[Node, DN, Entry], bool] | None,
    member: AttributeDescription,
    text: str,
) -> Kind:
    """``MEMBEROF[@CLASS][*]``. Raises SettingError."""
    if ":" in word:
        raise SettingError(f"{word}: a mapped attribute can't have a memberOf")
    nested = text.endswith("*")
    name, at, static = text.removesuffix("*").partition("@")
    if name.lower() == "memberof":
        define_member_of(schema)
    member_of = attribute(schema, name, (_DISTINGUISHED_NAME,))
    return Kind(kind, urls, applies, member, member_of, object_class(schema, static) if at else None, nested)
