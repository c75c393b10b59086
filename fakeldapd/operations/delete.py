"""Delete (RFC 4511 section 4.8)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.dit import Node
from fakeldapd.directory.operational import is_subschema
from fakeldapd.operations.access import CHILDREN, Level, allowed
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.relax_rules import RELAX_RULES
from fakeldapd.operations.controls.tree_delete import TREE_DELETE
from fakeldapd.operations.referral import find_target, refer_away
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SUCCESS = Response(m.DeleteResponse())


def delete(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Take a leaf out of the tree, or a whole subtree where a control says so. Raises LDAPError 10, 32, 50, 53, 66."""
    op = cast(m.DeleteRequest, request.op)
    dn = directory.schema.dn(op.dn)
    if dn.rdn is None or is_subschema(dn):
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "cannot delete the root DSE")
    if directory.dit.context(dn) is None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "no global superior knowledge")
    directory.may_update(request.session)
    commit = Commit(directory, request, controls)
    if directory.overlays:
        commit.deleting(dn)
    node = directory.dit.find(dn)
    if node is None or node.entry is None:
        node = find_target(directory, dn, controls)
    _may_delete_below(directory, request.session, node)
    if controls:
        commit.found(node)
    level = Level.MANAGE if RELAX_RULES in controls else Level.DELETE
    _may_delete(directory, request.session, node, level)
    refer_away(directory, node, dn, controls)
    below: list[Node] = []
    if node.children:
        if TREE_DELETE not in controls:
            raise LDAPError(ResultCode.NOT_ALLOWED_ON_NON_LEAF, "subordinate objects must be deleted first")
        below = [each for each in node.below() if each.entry is not None]
        for each in below:
            _may_delete_below(directory, request.session, each)
            _may_delete(directory, request.session, each, level)
            if directory.overlays:
                commit.deleting(each.dn)
    commit.remove(node, below)
    yield request.answer(_SUCCESS)


def _may_delete_below(directory: "Directory", session: Session, node: Node) -> None:
    """Raise LDAPError 50 where the session may not delete what is below an entry's superior; the entry of a naming
    context is for the administrator only.
    """
    if session.is_admin:
        return
    if node.parent is None:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    children = directory.schema.attribute_type(CHILDREN)
    if not allowed(directory.access.guard(session, children, Level.DELETE), node.parent):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "no write access to parent")


def _may_delete(directory: "Directory", session: Session, node: Node, level: Level) -> None:
    """Raise LDAPError 50 where the session may not delete an entry."""
    if not allowed(directory.access.guard(session, None, level), node):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "no write access to entry")
