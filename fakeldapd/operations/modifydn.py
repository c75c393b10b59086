"""Modify DN (RFC 4511 section 4.9). What is below the entry moves with it; nothing but its own node and attributes
changes.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.operational import is_subschema
from fakeldapd.operations.access import CHILDREN, Level, allowed
from fakeldapd.operations.add import check_layout, has_value
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.relax_rules import RELAX_RULES
from fakeldapd.operations.modify import check_single_values
from fakeldapd.operations.referral import find_target, refer_away
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.check import check_naming
from fakeldapd.schema.dn import DN, RDN
from fakeldapd.schema.elements import AttributeDescription

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SUCCESS = Response(m.ModifyDNResponse())


def modify_dn(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Rename or move an entry. Raises LDAPError as slapd does."""
    op = cast(m.ModifyDNRequest, request.op)
    schema, dit, session = directory.schema, directory.dit, request.session
    dn = schema.dn(op.dn)
    rdn = schema.rdn(op.new_rdn)
    new_superior = _superior_dn(directory, op)
    if dn.rdn is None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "cannot rename the root DSE")
    if is_subschema(dn):
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "cannot rename subschema subentry")
    if new_superior is not None and new_superior.is_within(dn):
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "cannot place an entry below itself")
    if new_superior is not None and dn.parent is not None and dn.parent.is_within(new_superior.child(rdn)):
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "cannot place an entry above itself")
    context = dit.context(dn)
    if context is None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "no global superior knowledge")
    directory.may_update(session)
    parent_dn = dn.parent if new_superior is None else new_superior
    assert parent_dn is not None
    if dit.context(parent_dn.child(rdn)) is not context:
        raise LDAPError(ResultCode.AFFECTS_MULTIPLE_DSAS, "cannot rename between DSAs")
    if dn.key == context.suffix.key:
        raise LDAPError(ResultCode.NAMING_VIOLATION, "cannot rename suffix entry")
    commit = Commit(directory, request, controls)
    if directory.overlays:
        commit.renaming(dn, parent_dn.child(rdn))
    assert dn.parent is not None
    parent = dit.find(dn.parent)
    if parent is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    children = schema.attribute_type(CHILDREN)
    needed = Level.WRITE if new_superior is None else Level.DELETE
    if not allowed(directory.access.guard(session, children, needed), parent):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "no write access to parent's children")
    node = _target(directory, request, commit, dn, controls)
    superior = parent
    if new_superior is not None and new_superior.key != dn.parent.key:
        superior = _superior(directory, session, new_superior)
    other = (superior.children or {}).get(rdn.key)
    if other is not None and other is not node:
        raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS)
    if op.delete_old_rdn and not session.is_admin:
        _may_lose_old_rdn(directory, session, node, Node(superior, rdn))
    entry = _renamed(directory, node, rdn, op.delete_old_rdn)
    entry = directory.entries.change(entry, directory.stamps.modified(session.author))
    commit.rename(node, rdn, superior, entry)
    yield request.answer(_SUCCESS)


def _superior_dn(directory: "Directory", op: m.ModifyDNRequest) -> DN | None:
    if op.new_superior is None:
        return None
    try:
        return directory.schema.dn(op.new_superior)
    except LDAPError:
        raise LDAPError(ResultCode.INVALID_DN_SYNTAX, "invalid newSuperior") from None


def _target(directory: "Directory", request: Request, commit: Commit, dn: DN, controls: Mapping[bytes, Any]) -> Node:
    """The node to rename. Raises LDAPError 10, 32, 50, 122."""
    node = directory.dit.find(dn)
    if node is None:
        return find_target(directory, dn, controls)
    if controls:
        commit.found(node)
    level = Level.MANAGE if RELAX_RULES in controls else Level.WRITE
    if not allowed(directory.access.guard(request.session, None, level), node):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "no write access to old entry")
    refer_away(directory, node, dn, controls)
    return node


def _may_lose_old_rdn(directory: "Directory", session: Session, node: Node, place: Node) -> None:
    """Raise LDAPError 50 where the session may not delete values of the old RDN, at the new place. slapd doesn't ask
    whether it may add those of the new one.
    """
    assert node.rdn is not None
    place.entry = node.entry
    for description, _ in node.rdn.avas:
        if not allowed(directory.access.guard(session, description.type, Level.DELETE), place):
            raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)


def _superior(directory: "Directory", session: Session, dn: DN) -> Node:
    """The node to move an entry below. Raises LDAPError 32, 33, 50, 80."""
    node = directory.dit.find(dn)
    if node is None or node.entry is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT, "new superior not found")
    children = directory.schema.attribute_type(CHILDREN)
    if not allowed(directory.access.guard(session, children, Level.ADD), node):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "no write access to new superior's children")
    if node.entry.classes.is_alias:
        raise LDAPError(ResultCode.ALIAS_PROBLEM, "new superior is an alias")
    if node.entry.classes.is_referral:
        raise LDAPError(ResultCode.OTHER, "new superior is a referral")
    return node


def _renamed(directory: "Directory", node: Node, rdn: RDN, delete_old: bool) -> Entry:
    """The entry with the values of the new RDN, and without those of the old one where they are to go. Raises LDAPError
    64, 65.
    """
    old = node.entry
    assert old is not None
    assert node.rdn is not None
    for description, _ in rdn.avas:
        if description.type.equality is None:
            raise LDAPError(ResultCode.NAMING_VIOLATION, "naming attribute has no equality matching rule")
    check_naming(rdn)
    changes: dict[AttributeDescription, Values] = {}
    if delete_old:
        for description, value in node.rdn.avas:
            have = changes.get(description, old.values(description))
            changes[description] = tuple(v for v in have if not has_value(description, (v,), value))
    for description, value in reversed(rdn.avas):
        have = changes.get(description, old.values(description))
        if not has_value(description, have, value):
            changes[description] = (*have, value)
    check_single_values(directory.schema, changes)
    entry = directory.entries.change(old, changes)
    check_layout(directory.schema, entry)
    return entry
