"""Searches that overlays make, without limits: as the administrator or, with a guard, as somebody else."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Guard, Setting
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
