"""Modify (RFC 4511 section 4.6, increment from RFC 4525).

The changes are applied in order to a copy of the attributes they touch; the schema is checked once at the end, so what
is wrong only in between doesn't matter; then one new entry takes the old one's place. Nothing is left half done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.operational import is_subschema
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.add import check_layout, has_value, not_writable, stored_form
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.permissive_modify import PERMISSIVE_MODIFY
from fakeldapd.operations.controls.relax_rules import RELAX_RULES, check_manageable, check_may_manage
from fakeldapd.operations.referral import find_target
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.check import check_classes, check_places, check_structural_change, check_values
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema, SchemaCheck

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SUCCESS = Response(m.ModifyResponse())
_INTEGER = "1.3.6.1.4.1.1466.115.121.1.27"
_MOST = 2**63 - 1  # slapd counts in a C long


class Edit:
    """One change of a request, its attribute description understood; or, ``internal``, one that the server makes
    besides, to which nobody needs a right.
    """

    __slots__ = ("description", "internal", "operation", "values")

    def __init__(
        self, operation: int, description: AttributeDescription, values: Values, *, internal: bool = False
    ) -> None:
        self.operation = operation
        self.description = description
        self.values = values
        self.internal = internal

    @property
    def name(self) -> str:
        """The attribute description for a diagnostic message."""
        return self.description.name.decode()


def modify(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Change the attributes of an entry. Raises LDAPError as slapd does."""
    op = cast(m.ModifyRequest, request.op)
    schema = directory.schema
    for change in op.changes:
        check_change(change)
    dn = schema.dn(op.dn)
    edits = read_changes(schema, op.changes)
    if dn.rdn is None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "modify upon the root DSE not supported")
    if is_subschema(dn):
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "modification of subschema subentry not supported")
    if directory.dit.context(dn) is None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "no global superior knowledge")
    directory.may_update(request.session)
    relaxed = RELAX_RULES in controls
    for change, edit in zip(op.changes, edits, strict=True):
        if edit.description.type.no_user_modification:
            if not relaxed:
                raise not_writable(change.type)
            check_manageable(edit.description, change.type)
    commit = Commit(directory, request, controls)
    if directory.overlays:
        commit.modifying(dn, edits)
    node = find_target(directory, dn, controls)
    if controls:
        commit.found(node)
        if relaxed:
            check_may_manage(directory, request.session, node, [edit.description for edit in edits])
    may_change(directory, request.session, node, edits)
    stamps = directory.stamps.modified(request.session.author)
    permissive = PERMISSIVE_MODIFY in controls
    commit.put(node, outcome(directory, node, edits, stamps, permissive=permissive, relaxed=relaxed))
    yield request.answer(_SUCCESS)


def undecodable_modify(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Say what is wrong with a request whose list of changes can't be read: the one such case that slapd answers."""
    op = cast(m.UndecodableModifyRequest, request.op)
    yield Response(m.ModifyResponse(ResultCode.PROTOCOL_ERROR, diagnostic=op.diagnostic))


def check_change(change: m.Change) -> None:
    """What is wrong with a change whatever the schema says. Raises LDAPError 2."""
    if change.operation == m.ModifyOperation.ADD and not change.values:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "modify/add operation requires values")
    if change.operation == m.ModifyOperation.INCREMENT and len(change.values) != 1:
        wanted = "single value" if change.values else "value"
        raise LDAPError(ResultCode.PROTOCOL_ERROR, f"modify/increment operation requires {wanted}")
    if not 0 <= change.operation <= 3:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "unrecognized modify operation")


def read_changes(schema: Schema, changes: tuple[m.Change, ...]) -> list[Edit]:
    """The changes with their attribute descriptions, each checked by itself. Raises LDAPError 17, 19, 20, 21."""
    edits = []
    for operation, name, values in changes:
        description = schema.attribute(name)
        if operation == m.ModifyOperation.INCREMENT and description.type.syntax.oid != _INTEGER:
            text = f"{name.decode()}: attribute syntax inappropriate for increment"
            raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, text)
        if values:
            check_values(schema, description, values, duplicates=operation != m.ModifyOperation.DELETE, sent=name)
        edits.append(Edit(operation, description, stored_form(description, values)))
    return edits


def changes_by(
    directory: "Directory", old: Entry, edits: Sequence[Edit], *, permissive: bool = False
) -> dict[AttributeDescription, Values]:
    """What edits make of the values of an entry, without a look at what the schema allows. Raises LDAPError."""
    table = _PERMISSIVE if permissive else _EDITS
    changes: dict[AttributeDescription, Values] = {}
    for edit in edits:
        have = changes.get(edit.description)
        if have is None:
            have = old.values(edit.description)
        elif not have or edit.operation == m.ModifyOperation.REPLACE:
            del changes[edit.description]  # it comes last then
        changes[edit.description] = table[edit.operation](directory.schema, edit, have)
    return changes


def outcome(
    directory: "Directory",
    node: Node,
    edits: Sequence[Edit],
    stamps: Mapping[AttributeDescription, Values],
    *,
    permissive: bool = False,
    relaxed: bool = False,
) -> Entry:
    """The entry that edits make of the one at a node, found to be allowed, with its new stamps. Raises LDAPError.

    ``permissive`` forgives what the control of that name does; ``relaxed`` lets the structural class change, and edits
    of what is stamped, other than deletions, count more than the stamps.
    """
    old = node.entry
    assert old is not None
    changes = changes_by(directory, old, edits, permissive=permissive)
    new = directory.entries.change(old, changes)
    check_changed(directory, node, old, new, changes, relaxed=relaxed)
    if relaxed:
        written = {edit.description for edit in edits if edit.operation != m.ModifyOperation.DELETE}
        sent = {description: changes[description] for description in written}
        stamps = {**directory.stamps.of_class(new.classes), **stamps, **sent}
    return directory.entries.change(new, stamps)


def check_changed(
    directory: "Directory",
    node: Node,
    old: Entry,
    new: Entry,
    changes: Mapping[AttributeDescription, Values],
    *,
    relaxed: bool = False,
) -> None:
    """Whether an entry may be what the changes made of it; ``relaxed``, even of another structural class. Raises
    LDAPError 64, 65, 69.
    """
    schema = directory.schema
    if new.layout.allowed:
        check_single_values(schema, changes)
    else:
        for description in new.layout.descriptions:
            check_places(schema, new.classes, (description,))
            if description in changes:
                check_single_values(schema, {description: changes[description]})
    object_class = directory.entries.object_class
    if object_class in changes:
        if not changes[object_class]:
            raise LDAPError(ResultCode.OBJECT_CLASS_VIOLATION, "no objectClass attribute")
        check_classes(schema, new.classes, changes[object_class])
        if not relaxed:
            check_structural_change(schema, old.classes, new.classes)
    _check_naming(node, new, changes)
    check_layout(schema, new)


def check_single_values(schema: Schema, changes: Mapping[AttributeDescription, Values]) -> None:
    """Raise LDAPError 19 where an attribute that takes one value has come to have several."""
    for description, values in changes.items():
        if len(values) > 1 and description.type.single_value and schema.check is not SchemaCheck.OFF:
            name = description.name.decode()
            raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, f"attribute '{name}' cannot have multiple values")


def _check_naming(node: Node, new: Entry, changes: Mapping[AttributeDescription, Values]) -> None:
    """The values of the RDN must still be there (RFC 4511 section 4.6 forbids to remove them; slapd answers 64)."""
    rdn = node.rdn if node.rdn is not None else node.dn.rdn
    assert rdn is not None
    for description, value in rdn.avas:
        if description in changes and not has_value(description, changes[description], value):
            name = description.name.decode()
            if description not in new:
                raise LDAPError(ResultCode.NAMING_VIOLATION, f"naming attribute '{name}' is not present in entry")
            raise LDAPError(ResultCode.NAMING_VIOLATION, f"value of naming attribute '{name}' is not present in entry")


def may_change(directory: "Directory", session: Session, node: Node, edits: list[Edit]) -> None:
    """Raise LDAPError 50 where the session may not make the changes: to replace is to delete and, where there are
    values, to add.
    """
    if session.is_admin:
        return
    for edit in edits:
        level = Level.DELETE if not edit.values else _LEVELS[edit.operation]
        if not edit.internal and not allowed(directory.access.guard(session, edit.description.type, level), node):
            raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)


_LEVELS: Mapping[int, Level] = {
    m.ModifyOperation.ADD: Level.ADD,
    m.ModifyOperation.DELETE: Level.DELETE,
    m.ModifyOperation.REPLACE: Level.WRITE,
    m.ModifyOperation.INCREMENT: Level.WRITE,
}
"""What each kind of change takes."""


# --- the four operations: (schema, edit, values before) -> values after -----------------------------------------------


def _add(schema: Schema, edit: Edit, have: Values) -> Values:
    description = edit.description
    rule = description.type.equality
    if rule is None:
        if have and schema.check is not SchemaCheck.OFF:
            raise LDAPError(ResultCode.INAPPROPRIATE_MATCHING, f"modify/add: {edit.name}: no equality matching rule")
        return have + edit.values
    known = {rule.normalise(v) for v in have}
    for i, v in enumerate(edit.values):
        if rule.normalise(v) in known:
            raise LDAPError(ResultCode.ATTRIBUTE_OR_VALUE_EXISTS, f"modify/add: {edit.name}: value #{i} already exists")
    return have + edit.values


def _delete(schema: Schema, edit: Edit, have: Values) -> Values:
    rule = edit.description.type.equality
    if edit.values and rule is None:
        raise LDAPError(ResultCode.INAPPROPRIATE_MATCHING, f"modify/delete: {edit.name}: no equality matching rule")
    if not have:
        raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE, f"modify/delete: {edit.name}: no such attribute")
    if not edit.values:
        return ()
    assert rule is not None
    left = {rule.normalise(v): v for v in have}
    gone = {rule.normalise(v) for v in edit.values}
    if any(normal not in left for normal in gone):
        raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE, f"modify/delete: {edit.name}: no such value")
    return tuple(v for normal, v in left.items() if normal not in gone)


def _replace(schema: Schema, edit: Edit, have: Values) -> Values:
    return edit.values


def _increment(schema: Schema, edit: Edit, have: Values) -> Values:
    if not have:
        raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE, f"modify/increment: {edit.name}: no such attribute")
    by = int(edit.values[0])
    if abs(by) > _MOST:
        raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, "modify/increment: invalid syntax of increment")
    if any(abs(int(v)) > _MOST for v in have):
        raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, "modify/increment: invalid syntax of original value")
    return tuple(b"%d" % (int(v) + by) for v in have)


_EDITS: Mapping[int, Callable[[Schema, Edit, Values], Values]] = {
    m.ModifyOperation.ADD: _add,
    m.ModifyOperation.DELETE: _delete,
    m.ModifyOperation.REPLACE: _replace,
    m.ModifyOperation.INCREMENT: _increment,
}


def _add_missing(schema: Schema, edit: Edit, have: Values) -> Values:
    rule = edit.description.type.equality
    if rule is None:
        return _add(schema, edit, have)
    known = {rule.normalise(v) for v in have}
    return have + tuple([v for v in edit.values if rule.normalise(v) not in known])


def _delete_existing(schema: Schema, edit: Edit, have: Values) -> Values:
    if not have and (not edit.values or edit.description.type.equality is not None):
        return ()
    try:
        return _delete(schema, edit, have)
    except LDAPError as error:
        if error.code == ResultCode.NO_SUCH_ATTRIBUTE:
            raise LDAPError(error.code) from None  # slapd doesn't say why
        raise


def _increment_existing(schema: Schema, edit: Edit, have: Values) -> Values:
    return _increment(schema, edit, have) if have else edit.values


_PERMISSIVE: Mapping[int, Callable[[Schema, Edit, Values], Values]] = {
    m.ModifyOperation.ADD: _add_missing,
    m.ModifyOperation.DELETE: _delete_existing,
    m.ModifyOperation.REPLACE: _replace,
    m.ModifyOperation.INCREMENT: _increment_existing,
}
