"""Alias dereferencing (RFC 4512 section 2.6, RFC 4511 section 4.5.1.3), the way back-mdb of slapd does it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.protocol.messages import Scope
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

MOST_HOPS = 15
"""How many aliases may point to one another; slapd's default maxderefdepth."""


def alias_target(directory: "Directory", node: Node) -> DN:
    """The DN that an alias points to. Raises LDAPError 33 where it has none that can be read."""
    assert node.entry is not None
    values = node.entry.values(directory.schema.attribute(b"aliasedObjectName"))
    if not values:
        raise LDAPError(ResultCode.ALIAS_PROBLEM, "alias missing aliasedObjectName", matched_dn=node.text)
    return directory.schema.dn(values[0])


def dereference(directory: "Directory", dn: DN, node: Node | None) -> tuple[DN, Node | None]:
    """Where a search base really is: aliases at it or above it replaced by what they point to.

    Gives the DN and its node, None where there is no entry. Raises LDAPError 33 for an alias that leads nowhere or in a
    circle, 36 after too many.
    """
    seen: set[Node] = set()
    while True:
        nearest = node if node is not None else directory.dit.nearest(dn)
        if nearest is None or nearest.entry is None or not nearest.entry.classes.is_alias:
            return dn, node
        if nearest in seen:
            raise LDAPError(ResultCode.ALIAS_PROBLEM, "circular alias", matched_dn=nearest.text)
        seen.add(nearest)
        if len(seen) > MOST_HOPS:
            raise LDAPError(
                ResultCode.ALIAS_DEREFERENCING_PROBLEM, "maximum deref depth exceeded", matched_dn=nearest.text
            )
        target = alias_target(directory, nearest)
        if directory.dit.find(target) is None:
            raise LDAPError(ResultCode.ALIAS_PROBLEM, "aliasedObject not found", matched_dn=nearest.text)
        dn = dn.rebase(nearest.dn, target)
        node = directory.dit.find(dn)


def _resolve(directory: "Directory", node: Node) -> Node | None:
    """The entry that an alias met during a search stands for, None where it leads nowhere: a search passes over it."""
    seen = {node}
    while node.entry is not None and node.entry.classes.is_alias:
        try:
            found = directory.dit.find(alias_target(directory, node))
        except LDAPError:
            return None
        if found is None or found in seen or len(seen) > MOST_HOPS:
            return None
        seen.add(found)
        node = found
    return node


def with_alias_targets(directory: "Directory", base: Node, scope: int) -> Iterator[Node]:
    """The nodes in scope, and those that aliases in scope stand for: with what is below them in a subtree search."""
    if scope == Scope.ONE:
        sent: set[Node] = set()
        for node in list((base.children or {}).values()):
            found = node
            if node.entry is not None and node.entry.classes.is_alias:
                found = _resolve(directory, node) or node
            if found not in sent and found is not base:
                sent.add(found)
                yield found
        return
    roots = [base]
    for count, root in enumerate(roots):  # grows while it is walked
        sent_before = [other for other in roots[:count] if other.is_within(root)]
        if scope == Scope.SUBTREE:
            yield root
        for node in root.below():
            if node.entry is None:
                continue
            if any(node.is_within(other) and (node is not other or scope == Scope.SUBTREE) for other in sent_before):
                continue
            if node.entry.classes.is_alias:
                target = _resolve(directory, node)
                if target is not None and not any(target.is_within(other) for other in roots):
                    roots.append(target)
            yield node
