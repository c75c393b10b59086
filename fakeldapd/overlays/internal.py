"""Searches that overlays make, without limits: as the administrator or, with a guard, as somebody else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Guard, Setting, Test
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.request import Session
from fakeldapd.overlays.directives import take_dn, url_filter
from fakeldapd.overlays.setting import SettingError
from fakeldapd.protocol.messages import Filter, Scope
from fakeldapd.protocol.result import LDAPError
from fakeldapd.protocol.url import LDAPURL
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, AttributeType

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


def find_nodes(
    directory: "Directory",
    base: DN,
    scope: int,
    filter_: Filter,
    guard: Callable[[AttributeType], Guard | None] | None = None,
) -> Iterator[Node]:
    """The nodes of stored entries that match, by an index where there is one; ``guard`` as in ``evaluate.Setting``."""
    start = directory.dit.find(base)
    if start is None:
        return
    test = compile_filter(Setting(directory.schema, directory.dit.find, guard), filter_)
    candidates = directory.dit.indexes.candidates(test) if scope not in (Scope.BASE, Scope.ONE) else None
    if candidates is None:
        yield from (node for node in _walk(start, scope) if node.entry is not None and test(node, node.entry) is True)
        return
    lists, left = candidates
    for nodes in lists:
        for node in nodes or ():
            if node.entry is None or not node.is_within(start) or (node is start and scope == Scope.SUBORDINATE):
                continue
            if left(node, node.entry) is True:
                yield node


def _walk(start: Node, scope: int) -> Iterable[Node]:
    if scope == Scope.BASE:
        return (start,)
    if scope == Scope.ONE:
        return list((start.children or {}).values())
    below = start.below()
    return below if scope == Scope.SUBORDINATE else _and_below(start, below)


def _and_below(start: Node, below: Iterable[Node]) -> Iterator[Node]:
    yield start
    yield from below


class Reader:
    """Searches as somebody, for one operation."""

    def __init__(self, directory: "Directory", session: Session) -> None:
        self._directory = directory
        self._session = None if session.is_admin else session
        self._guards: dict[tuple[AttributeType | None, Level], Guard | None] = {}

    def _guard(self, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        return None if self._session is None else self._directory.access.guard(self._session, attribute_type, level)

    def _searched(self, attribute_type: AttributeType) -> Guard | None:
        return self._guard(attribute_type, Level.SEARCH)

    def nodes(self, base: DN, scope: int, filter_: Filter) -> Iterator[Node]:
        """The nodes that a search would send."""
        start = self._directory.dit.find(base)
        if start is None or start.entry is None or not allowed(self._guard(None, Level.SEARCH), start):
            return
        guard = None if self._session is None else self._searched
        for node in find_nodes(self._directory, base, scope, filter_, guard):
            if self.may_read(node, None):
                yield node

    def test(self, filter_: Filter) -> Test:
        """What says whether the filter of such a search is true of an entry."""
        directory = self._directory
        guard = None if self._session is None else self._searched
        return compile_filter(Setting(directory.schema, directory.dit.find, guard), filter_)

    def may_read(self, node: Node, attribute_type: AttributeType | None) -> bool:
        """Whether attributes of a type may be read; None: the entry as such."""
        return self._may(node, attribute_type, Level.READ)

    def may_search(self, node: Node, attribute_type: AttributeType) -> bool:
        """Whether attributes of a type may be looked for."""
        return self._may(node, attribute_type, Level.SEARCH)

    def _may(self, node: Node, attribute_type: AttributeType | None, level: Level) -> bool:
        key = attribute_type, level
        if key not in self._guards:
            self._guards[key] = self._guard(attribute_type, level)
        return allowed(self._guards[key], node)


def entry_to_be(directory: "Directory", dn: DN, attributes: Mapping[AttributeDescription, Values]) -> Node | None:
    """An entry that is about to be added, at a node that isn't in the tree; None where its classes are undefined."""
    try:
        entry = directory.entries.build(attributes)
    except LDAPError:
        return None
    node = Node(None if dn.parent is None else directory.dit.find(dn.parent), dn.rdn)
    node.entry = entry
    return node


def url_test(directory: "Directory", url: LDAPURL) -> Callable[[Node, DN, Entry], bool]:
    """What says whether an entry is one that a URL finds. Raises SettingError."""
    base = take_dn(directory.schema, url.dn) if url.dn else None
    if base is not None and directory.dit.context(base) is None:
        raise SettingError(f"{url}: the base is in no naming context")
    test = compile_filter(Setting(directory.schema, directory.dit.find), url_filter(url))

    def applies(node: Node, dn: DN, entry: Entry) -> bool:
        return (base is None or in_scope(dn, base, url.scope_or_default)) and test(node, entry) is True

    return applies


def in_scope(dn: DN, base: DN, scope: int) -> bool:
    """Whether a DN is in the scope of a search."""
    if scope == Scope.BASE:
        return dn.key == base.key
    if scope == Scope.ONE:
        return dn.parent is not None and dn.parent.key == base.key
    return dn.is_within(base) and (scope == Scope.SUBTREE or dn.key != base.key)
