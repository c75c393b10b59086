"""Add (RFC 4511 section 4.7)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.dit import Context, Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.operational import is_subschema
from fakeldapd.operations.access import CHILDREN, Level, allowed
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.relax_rules import RELAX_RULES, check_manageable, check_may_manage
from fakeldapd.operations.controls.table import NO_CONTROLS
from fakeldapd.operations.referral import refer_away
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.check import check_attributes, check_classes, check_naming, check_places, check_values
from fakeldapd.schema.dn import DN, RDN, ROOT
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema, SchemaCheck

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SUCCESS = Response(m.AddResponse())
_OBJECT_CLASS = "2.5.4.0"


def add(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Put a new entry into the tree. Raises LDAPError as slapd does."""
    op = cast(m.AddRequest, request.op)
    schema = directory.schema
    for _, values in op.attributes:
        if not values:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, "no values for attribute type")
    dn = schema.dn(op.dn)
    if dn.rdn is None:
        raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS, "root DSE already exists")
    if is_subschema(dn):
        raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS, "subschema subentry already exists")
    if not op.attributes:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "no attributes provided")
    relaxed = RELAX_RULES in controls
    attributes, refusal = check_each(schema, op.attributes, operational=relaxed)
    if relaxed and refusal is None:
        refusal = _unmanageable(schema, op)
    context = directory.dit.context(dn)
    if context is None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "no global superior knowledge")
    directory.may_update(request.session)
    if refusal is not None:
        raise refusal
    commit = Commit(directory, request, controls)
    if directory.overlays:
        commit.adding(dn, attributes)
    entry = new_entry(directory, dn.rdn, attributes, request.session.author)
    if controls:
        commit.found(Context(dn), entry)
    superior = None
    if dn.key != context.suffix.key:
        superior = _superior(directory, dn, request.session)
    elif context.entry is not None:
        raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS)
    elif not request.session.is_admin:
        above = Context(ROOT)
        above.entry = directory.entries.build({})
        _may_add(directory, request.session, above)
    if not request.session.is_admin:
        place = Context(dn) if superior is None else Node(superior, dn.rdn)
        place.entry = entry
        _may_be_added(directory, request.session, place, Level.MANAGE if relaxed else Level.ADD)
        if relaxed:
            check_may_manage(directory, request.session, place, [schema.attribute(name) for name, _ in op.attributes])
    commit.add(superior, dn, entry)
    yield request.answer(_SUCCESS)


def _unmanageable(schema: Schema, op: m.AddRequest) -> LDAPError | None:
    """What is said of the first attribute that not even relax rules let a client write."""
    try:
        for name, _ in op.attributes:
            check_manageable(schema.attribute(name), name)
    except LDAPError as error:
        return error
    return None


def _may_add(directory: "Directory", session: Session, parent: Node) -> None:
    """Raise LDAPError 50 where the session may not add below a node."""
    if session.is_admin:
        return
    children = directory.schema.attribute_type(CHILDREN)
    if not allowed(directory.access.guard(session, children, Level.ADD), parent):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "no write access to parent")


def _may_be_added(directory: "Directory", session: Session, place: Node, level: Level) -> None:
    """Raise LDAPError 50 where the session may not add the entry of ``place``, a node that isn't in the tree yet."""
    if not allowed(directory.access.guard(session, None, level), place):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "no write access to entry")


def read_attributes(
    schema: Schema, attributes: tuple[m.Attribute, ...], *, operational: bool = False
) -> dict[AttributeDescription, Values]:
    """The attributes of an AddRequest, each checked by itself.

    Raises LDAPError 17 for an undefined type, 19 for one that users may not write (unless ``operational``) or for too
    many values, 20 for an attribute or value given twice, 21 for a value that isn't of the syntax.
    """
    found, refusal = check_each(schema, attributes, operational=operational)
    if refusal is not None:
        raise refusal
    return found


def check_each(
    schema: Schema, attributes: tuple[m.Attribute, ...], *, operational: bool = False
) -> tuple[dict[AttributeDescription, Values], LDAPError | None]:
    """The attributes, each checked by itself, and what slapd says of them together, but only once it has found that the
    session may add at all. Raises LDAPError 17, 19, 20, 21.
    """
    found: dict[AttributeDescription, Values] = {}
    protected: bytes | None = None
    twice: set[AttributeDescription] = set()
    for name, values in attributes:
        description = schema.attribute(name)
        attribute_type = description.type
        if attribute_type.oid != _OBJECT_CLASS:
            check_values(schema, description, values, sent=name)
            stored = values if attribute_type.syntax.pretty is None else stored_form(description, values)
        elif (known := schema.checked_classes.get(values)) is not None:
            stored = known
        else:
            check_values(schema, description, values, sent=name)
            stored = stored_form(description, values)
            schema.remember_classes(values, stored)
        if attribute_type.no_user_modification and protected is None and not operational:
            protected = name
        if description in found:
            twice.add(description)
        found[description] = stored
    if protected is not None:
        return found, not_writable(protected)
    if twice:
        first = next(description for description in found if description in twice)
        text = f"attribute '{first.name.decode()}' provided more than once"
        return found, LDAPError(ResultCode.ATTRIBUTE_OR_VALUE_EXISTS, text)
    return found, None


def not_writable(name: bytes) -> LDAPError:
    """What a client gets that writes an attribute of the server's, spelled as the client did."""
    return LDAPError(ResultCode.CONSTRAINT_VIOLATION, f"{name.decode()}: no user modification allowed")


def stored_form(description: AttributeDescription, values: Values) -> Values:
    """The values as slapd stores them: DNs and names of classes in the spelling it prints, others as they are."""
    pretty = description.type.syntax.pretty
    if pretty is None:
        return values
    found = []
    for value in values:
        try:
            found.append(pretty(value) or value)
        except LDAPError:  # only where the schema isn't enforced
            found.append(value)
    return tuple(found)


def new_entry(
    directory: "Directory", rdn: RDN, attributes: dict[AttributeDescription, Values], creator: bytes
) -> Entry:
    """An entry of these attributes, with what its RDN and the server add. Raises LDAPError 21, 64, 65."""
    schema, entries = directory.schema, directory.entries
    class_values = attributes.get(entries.object_class)
    if not class_values:
        check_places(schema, schema.class_set(()), tuple(attributes))
        raise LDAPError(ResultCode.OBJECT_CLASS_VIOLATION, "no objectClass attribute")
    classes = schema.class_set(class_values)
    try:
        check_classes(schema, classes, class_values)
    except LDAPError:
        check_places(schema, classes, tuple(attributes))  # what slapd would have said first
        raise
    check_naming(rdn)
    add_naming_values(schema, rdn, attributes)
    directory.stamps.added(attributes, classes, creator)
    entry = entries.build(attributes)
    check_layout(schema, entry)
    return entry


def check_layout(schema: Schema, entry: Entry) -> None:
    """Check MUST and MAY, once for all entries of a layout. Raises LDAPError 65."""
    layout = entry.layout
    if not layout.allowed:
        check_attributes(schema, layout.classes, layout.descriptions)
        layout.allowed = True


def add_naming_values(schema: Schema, rdn: RDN, attributes: dict[AttributeDescription, Values]) -> None:
    """Add the values of the RDN that the attributes don't have yet. Raises LDAPError 64 when a single-valued one has
    another.
    """
    for description, value in rdn.avas:
        have = attributes.get(description)
        if have is None:
            attributes[description] = (value,)
        elif value not in have and not has_value(description, have, value):
            if description.type.single_value and schema.check is not SchemaCheck.OFF:
                raise LDAPError(
                    ResultCode.NAMING_VIOLATION,
                    f"value of single-valued naming attribute '{description.name.decode()}' conflicts with value"
                    " present in entry",
                )
            attributes[description] = (*have, value)


def has_value(description: AttributeDescription, values: Values, value: bytes) -> bool:
    """Whether one of the values equals ``value`` under the attribute's equality rule (octet by octet where it has
    none).
    """
    rule = description.type.equality
    if rule is None:
        return value in values
    normal = rule.normalise(value)
    return any(rule.normalise(v) == normal for v in values)


def _superior(directory: "Directory", dn: DN, session: Session) -> Node:
    """The node to add an entry below. Raises LDAPError 68, 32, 50, 10, 65, 33."""
    dit = directory.dit
    assert dn.parent is not None
    assert dn.rdn is not None
    parent = dit.find(dn.parent)
    if parent is not None and parent.children is not None and dn.rdn.key in parent.children:
        raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS)
    nearest = parent or dit.nearest(dn)
    if nearest is None or nearest.entry is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if parent is None:
        refer_away(directory, nearest, dn, NO_CONTROLS)
        raise LDAPError(ResultCode.NO_SUCH_OBJECT, matched_dn=nearest.text)
    _may_add(directory, session, parent)
    refer_away(directory, parent, dn, NO_CONTROLS)
    if nearest.entry.classes.is_subentry:
        raise LDAPError(ResultCode.OBJECT_CLASS_VIOLATION, "parent is a subentry")
    if nearest.entry.classes.is_alias:
        raise LDAPError(ResultCode.ALIAS_PROBLEM, "parent is an alias")
    return parent
