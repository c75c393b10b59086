"""memberOf as searches show it, without its being stored anywhere: the part of dynlist that knows who is in what group.

The groups are those of dynlist, whose members URLs find, and static ones of another class where the setting names it.
They are looked for when a search looks at its first entry, and kept with the session until something changes. A group
says of itself what it is a member of only where groups within groups count (``*`` in the setting); then it also shows
the members of its members, if the search asks for members, too.

slapd's rules for who sees what: a client hears of groups that it could find and read; the filter of a group's URL is
evaluated with the client's rights; whether it may read the values of a member attribute isn't asked. A filter finds
members only where the client may search their entryDN, since that is what slapd looks for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Context, Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import TRUE, Test
from fakeldapd.operations.request import Session
from fakeldapd.overlays.asked import Asked
from fakeldapd.overlays.internal import Reader
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
    """A group: by names (``static``) or by searches (base, scope, filter). ``members`` are the entries that it names;
    ``above`` and ``below`` are the groups that it is in and that are in it.
    """

    node: Node
    kind: Kind
    static: bool
    members: tuple[Node, ...]
    searches: list[tuple[Node, int, Test]]
    above: list["_Group"] = field(default_factory=list)
    below: list["_Group"] = field(default_factory=list)

    def finds(self, node: Node, entry: Entry) -> bool:
        """Whether one of its searches finds an entry."""
        return any(_in_scope(node, base, scope) and test(node, entry) is True for base, scope, test in self.searches)


@dataclass(slots=True, frozen=True)
class _Known:
    """The groups that a session sees: by their nodes, static ones by their members, and the dynamic ones."""

    groups: Mapping[Node, _Group]
    naming: Mapping[Node, list[_Group]]
    finding: list[_Group]


class Groups:
    """The groups of a directory, for one search of a session."""

    def __init__(
        self,
        directory: "Directory",
        session: Session,
        base: bytes,
        kinds: Sequence[Kind],
        asked: Asked,
        *,
        filtering: bool,
    ) -> None:
        self._directory = directory
        self._session = session
        self._named_by = directory.schema.attribute(b"entryDN").type if filtering else None
        self._reader = Reader(directory, session)
        self._base = base
        self._kinds = tuple(kinds)
        self._inner = {
            kind.member: kind.nested and (kind.member_of in asked.filtered or asked.lists(kind.member))
            for kind in kinds
        }
        self._known: _Known | None = None

    def seen(
        self, node: Node, entry: Entry, changes: Mapping[AttributeDescription, Values]
    ) -> Iterator[tuple[AttributeDescription, Values]]:
        """The attributes that an entry is to have besides; ``changes`` are those it has been given already."""
        if self._known is None:
            self._known = self._kept()
        group = self._known.groups.get(node)
        if group is None:
            if self._named_by is not None and not self._reader.may_search(node, self._named_by):
                return
            naming = self._known.naming.get(node, [])
            finding = [each for each in self._known.finding if each.finds(node, entry)]
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
                for node in self._reader.nodes(base.dn, scope, m.Present(b"objectClass"))
                if node.entry is not None and test(node, node.entry) is True
            ]
            if found:
                yield group.kind.member, tuple(found)

    # --- what there is ------------------------------------------------------------------------------------------------

    def _kept(self) -> _Known:
        """What the session knows already, or knows from now on."""
        directory, kept = self._directory, self._session.kept
        context = directory.dit.context(directory.schema.dn(self._base))
        if context is None:
            return _Known({}, {}, [])
        key, state = (_Known, self._kinds, context), (directory.dit.changes, directory.schema.version)
        found = kept.get(key)
        if found is None or found[0] != state:
            found = kept[key] = (state, self._look(context))
        known: _Known = found[1]
        return known

    def _look(self, context: Context) -> _Known:
        found: dict[Node, _Group] = {}
        for kind in self._kinds:
            classes = [kind.dynamic] if kind.static is None else [kind.dynamic, kind.static]
            wanted = m.Or(tuple(m.Equality(b"objectClass", each.name) for each in classes))
            for node in self._reader.nodes(context.suffix, m.Scope.SUBTREE, wanted):
                group = self._group(node, kind)
                if group is not None:
                    found.setdefault(node, group)
        naming: dict[Node, list[_Group]] = {}
        for group in found.values():
            for member in group.members if group.static else ():
                naming.setdefault(member, []).append(group)
        if any(kind.nested for kind in self._kinds):
            _link(found)
        return _Known(found, naming, [group for group in found.values() if not group.static])

    def _group(self, node: Node, kind: Kind) -> _Group | None:
        entry = node.entry
        assert entry is not None
        static = kind.static is not None and kind.static in entry.classes.all and kind.member in entry
        dynamic = kind.urls in entry and (kind.applies is None or kind.applies(node, node.dn, entry))
        if not static and not dynamic:
            return None
        # without a class of static groups slapd doesn't look at what members a group names
        members = tuple(self._named(entry.values(kind.member))) if kind.static is not None else ()
        return _Group(node, kind, static, members, self._searches(entry.values(kind.urls)) if dynamic else [])

    def _named(self, values: Values) -> Iterator[Node]:
        dit, schema = self._directory.dit, self._directory.schema
        for value in values:
            try:
                node = dit.find(schema.dn(value))
            except LDAPError:  # nothing but a DN can be an entry's
                continue
            if node is not None:
                yield node

    def _searches(self, values: Values) -> list[tuple[Node, int, Test]]:
        found = []
        for url in urls_of(values):
            if url.attributes or url.extensions:
                continue
            try:
                base = self._directory.dit.find(self._directory.schema.dn(url.dn))
                test = self._reader.test(parse(url.filter)) if url.filter else TRUE
            except (LDAPError, FilterSyntaxError):
                continue
            if base is not None:
                found.append((base, url.scope_or_default, test))
        return found


def _link(groups: Mapping[Node, _Group]) -> None:
    """Say of every group which others are in it."""
    for group in groups.values():
        named = [groups[node] for node in group.members if node in groups]
        for other in groups.values() if group.searches else ():
            assert other.node.entry is not None
            if other not in named and group.finds(other.node, other.node.entry):
                named.append(other)
        for other in named:
            group.below.append(other)
            other.above.append(group)


def _in_scope(node: Node, base: Node, scope: int) -> bool:
    """Whether a node is in the scope of a search."""
    if scope == m.Scope.BASE:
        return node is base
    if scope == m.Scope.ONE:
        return node.parent is base
    return node.is_within(base) and (scope == m.Scope.SUBTREE or node is not base)


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
