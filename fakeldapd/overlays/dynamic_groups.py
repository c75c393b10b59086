"""memberOf as searches show it, without its being stored anywhere: the part of dynlist that knows who is in what group.

The groups are those of dynlist, whose members URLs find, and static ones of another class where the setting names it.
For one search they are looked for once, when the first entry is looked at. A group says of itself what it is a member
of only where groups within groups count (``*`` in the setting); then it also shows the members of its members, if the
search asks for members, too.

slapd's rules for who sees what: a client hears of groups that it could find and read; the filter of a group's URL is
evaluated with the client's rights; whether it may read the values of a member attribute isn't asked. A filter finds
members only where the client may search their entryDN, since that is what slapd looks for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import TRUE, Test
from fakeldapd.overlays.asked import Asked
from fakeldapd.overlays.internal import Reader, in_scope
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.result import LDAPError
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, ObjectClass

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


@dataclass(slots=True, frozen=True)
class Kind:
    """What ``MEMBER+MEMBEROF[@CLASS][*]`` of one ``dynlist-attrset`` says. ``applies``: which entries of the class
    ``dynamic`` are such groups; ``static``: the class of others, if any.
    """

    dynamic: ObjectClass
    urls: AttributeDescription
    applies: Callable[[Node, DN, Entry], bool] | None
    member: AttributeDescription
    member_of: AttributeDescription
    static: ObjectClass | None
    nested: bool


@dataclass(slots=True, eq=False)
class _Group:
    """A group: by names (``static``) or by searches. ``members`` are the keys of the DNs that it names; ``above`` and
    ``below`` are the groups that it is in and that are in it.
    """

    node: Node
    kind: Kind
    static: bool
    members: frozenset[bytes]
    searches: list[tuple[DN, int, Test]]
    above: list["_Group"] = field(default_factory=list)
    below: list["_Group"] = field(default_factory=list)

    def finds(self, node: Node, entry: Entry) -> bool:
        """Whether one of its searches finds an entry."""
        return any(in_scope(node.dn, base, scope) and test(node, entry) is True for base, scope, test in self.searches)


class Groups:
    """The groups of a directory, for one search with this base."""

    def __init__(
        self,
        directory: "Directory",
        reader: Reader,
        base: bytes,
        kinds: Sequence[Kind],
        asked: Asked,
        *,
        filtering: bool,
    ) -> None:
        self._directory = directory
        self._named_by = directory.schema.attribute(b"entryDN").type if filtering else None
        self._reader = reader
        self._base = base
        self._kinds = kinds
        self._inner = {
            kind.member: kind.nested and (kind.member_of in asked.filtered or asked.lists(kind.member))
            for kind in kinds
        }
        self._groups: dict[Node, _Group] | None = None
        self._naming: dict[bytes, list[_Group]] = {}

    def seen(
        self, node: Node, entry: Entry, changes: Mapping[AttributeDescription, Values]
    ) -> Iterator[tuple[AttributeDescription, Values]]:
        """The attributes that an entry is to have besides; ``changes`` are those it has been given already."""
        if self._groups is None:
            self._groups = self._look()
        group = self._groups.get(node)
        if group is None:
            if self._named_by is not None and not self._reader.may_search(node, self._named_by):
                return
            naming = self._naming.get(node.dn.key, [])
            finding = [each for each in self._groups.values() if not each.static and each.finds(node, entry)]
            for each in [*naming, *finding]:
                yield each.kind.member_of, tuple(up.node.text for up in _beyond([each], _above))
            return
        member = group.kind.member
        if self._inner.get(member) and (member in entry or member in changes):
            yield from self._members_of_members(group)
        if group.above:
            yield group.kind.member_of, tuple(up.node.text for up in _beyond(group.above, _above))

    def _members_of_members(self, group: _Group) -> Iterator[tuple[AttributeDescription, Values]]:
        for each in _beyond(group.below, _below):
            assert each.node.entry is not None
            yield group.kind.member, each.node.entry.values(group.kind.member)
            found = [
                node.text
                for base, scope, test in each.searches
                for node in self._reader.nodes(base, scope, m.Present(b"objectClass"))
                if node.entry is not None and test(node, node.entry) is True
            ]
            if found:
                yield group.kind.member, tuple(found)

    # --- what there is ------------------------------------------------------------------------------------------------

    def _look(self) -> dict[Node, _Group]:
        found: dict[Node, _Group] = {}
        context = self._directory.dit.context(self._directory.schema.dn(self._base))
        if context is None:
            return found
        for kind in self._kinds:
            classes = [kind.dynamic] if kind.static is None else [kind.dynamic, kind.static]
            wanted = m.Or(tuple(m.Equality(b"objectClass", each.name) for each in classes))
            for node in self._reader.nodes(context.suffix, m.Scope.SUBTREE, wanted):
                group = self._group(node, kind)
                if group is not None:
                    found.setdefault(node, group)
        for group in found.values():
            if group.static:
                for key in group.members:
                    self._naming.setdefault(key, []).append(group)
        if any(kind.nested for kind in self._kinds):
            _link(found)
        return found

    def _group(self, node: Node, kind: Kind) -> _Group | None:
        entry = node.entry
        assert entry is not None
        static = kind.static is not None and kind.static in entry.classes.all and kind.member in entry
        dynamic = kind.urls in entry and (kind.applies is None or kind.applies(node, node.dn, entry))
        if not static and not dynamic:
            return None
        # without a class of static groups slapd doesn't look at what members a group names
        members = frozenset(self._keys(entry.values(kind.member))) if kind.static is not None else frozenset[bytes]()
        return _Group(node, kind, static, members, self._searches(entry.values(kind.urls)) if dynamic else [])

    def _keys(self, values: Values) -> Iterator[bytes]:
        for value in values:
            try:
                yield self._directory.schema.dn(value).key
            except LDAPError:  # nothing but a DN can be an entry's
                continue

    def _searches(self, values: Values) -> list[tuple[DN, int, Test]]:
        found = []
        for url in urls_of(values):
            if url.attributes or url.extensions:
                continue
            try:
                test = self._reader.test(parse(url.filter)) if url.filter else TRUE
                found.append((self._directory.schema.dn(url.dn), url.scope_or_default, test))
            except (LDAPError, FilterSyntaxError):
                continue
        return found


def _link(groups: Mapping[Node, _Group]) -> None:
    """Say of every group which others are in it."""
    by_name = {node.dn.key: group for node, group in groups.items()}
    for group in groups.values():
        named = [by_name[key] for key in group.members if key in by_name]
        for other in groups.values() if group.searches else ():
            assert other.node.entry is not None
            if other not in named and group.finds(other.node, other.node.entry):
                named.append(other)
        for other in named:
            group.below.append(other)
            other.above.append(group)


def _above(group: _Group) -> list[_Group]:
    return group.above


def _below(group: _Group) -> list[_Group]:
    return group.below


def _beyond(groups: Sequence[_Group], further: Callable[[_Group], list[_Group]]) -> list[_Group]:
    """The groups, and all that can be reached from them, each once."""
    found = dict.fromkeys(groups)
    left = list(groups)
    while left:
        for each in further(left.pop()):
            if each not in found:
                found[each] = None
                left.append(each)
    return list(found)


def urls_of(values: Values) -> Iterator[LDAPURL]:
    """The URLs that are about this server."""
    for value in values:
        try:
            url = LDAPURL.parse(value)
        except URLSyntaxError:
            continue
        if not url.host:
            yield url
