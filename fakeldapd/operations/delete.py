"""Delete (RFC 4511 section 4.8)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.operational import is_subschema
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.referral import find_target, refer_away
from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SUCCESS = Response(m.DeleteResponse())


def delete(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Take a leaf out of the tree. Raises LDAPError 10, 32, 50, 53, 66 as slapd does."""
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
    if not allowed(directory.access.guard(request.session, None, Level.WRITE), node.parent or node):
        text = "" if node.parent is None else "no write access to parent"
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, text)
    refer_away(directory, node, dn, controls)
    if node.children:
        raise LDAPError(ResultCode.NOT_ALLOWED_ON_NON_LEAF, "subordinate objects must be deleted first")
    commit.remove(node)
    yield request.answer(_SUCCESS)
