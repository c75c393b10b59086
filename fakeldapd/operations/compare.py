"""Compare (RFC 4511 section 4.10)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.compile import class_test
from fakeldapd.directory.dit import Node
from fakeldapd.directory.evaluate import Purpose, Reach, Test
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.controls.assertion import check_assertion
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.referral import find_target
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.operations.rootdse import virtual_entry
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import attribute_values
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, AttributeType, Normal
from fakeldapd.schema.registry import AttributeDescriptionError, Schema

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_TRUE = Response(m.CompareResponse(ResultCode.COMPARE_TRUE))
_FALSE = Response(m.CompareResponse(ResultCode.COMPARE_FALSE))
_HAS_SUBORDINATES = b"hasSubordinates"
_OF_TREE = (b"entryDN", b"hasSubordinates", b"subschemaSubentry")
_NOT_COMPARED = (b"entryDN", b"subschemaSubentry")


def compare(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Say whether an entry has a value. Raises LDAPError 16, 17, 18, 21, 32, 34, 50, 53 as slapd does."""
    op = cast(m.CompareRequest, request.op)
    schema = directory.schema
    dn = schema.dn(op.dn)
    description = _description(schema, op.attribute)
    rule = description.type.equality
    if rule is None:
        raise LDAPError(ResultCode.INAPPROPRIATE_MATCHING, "inappropriate matching request")
    syntax = description.type.syntax
    if syntax.binary and b"binary" not in description.options:
        raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, "unable to normalize value for matching")
    assertion = rule.assertion(op.value)
    if assertion is None or (not op.value and not syntax.validate(op.value)):
        raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, "value does not conform to assertion syntax")
    virtual = virtual_entry(directory, dn, request.session)
    node = virtual or _find(directory, dn, description, request.session, controls)
    of_class = class_test(schema, description, op.value)
    if virtual is not None:
        if controls:
            check_assertion(directory, request.session, controls, virtual, virtual.entry)
        yield _TRUE if _compare_virtual(virtual, description, assertion, of_class) else _FALSE
        return
    try:
        found = _compare(directory, request, controls, node, description, assertion, of_class)
    except LDAPError:
        if description.type.name == _HAS_SUBORDINATES or _discloses(directory, request.session, node):
            raise
        raise LDAPError(ResultCode.NO_SUCH_OBJECT) from None
    yield _TRUE if found else _FALSE


def _compare(
    directory: "Directory",
    request: Request,
    controls: Mapping[bytes, Any],
    node: Node,
    description: AttributeDescription,
    assertion: Normal,
    of_class: Test | None,
) -> bool:
    """Whether a value of one of the attributes is the one that was asked for; the first that mustn't be compared ends
    it. Raises LDAPError 16, 50, 122.
    """
    entry, session = node.entry, request.session
    assert entry is not None
    attribute_type = description.type
    guard = directory.access.guard(session, attribute_type, Level.COMPARE)
    if guard is not None and not guard(node, entry):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    if controls and attribute_type.name != _HAS_SUBORDINATES:  # slapd answers that one before
        check_assertion(directory, session, controls, node, entry)
    if directory.viewing and (view := directory.view(request, controls, Purpose.COMPARE)) is not None:
        entry = view(node, entry)
    if of_class is not None:
        return of_class(node, entry) is True
    reach = Reach(description)
    if not reach.present(node, entry):
        raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE)
    if session.is_admin or len(attribute_type.subtypes) == 1:
        return _among(attribute_type, assertion, reach.values(node, entry))
    for i in reach.positions(entry.layout):
        subtype = entry.layout.descriptions[i].type
        if subtype is not attribute_type and not allowed(directory.access.guard(session, subtype, Level.COMPARE), node):
            raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
        if _among(attribute_type, assertion, attribute_values(entry.attributes[i])):
            return True
    return False


def _compare_virtual(node: Node, description: AttributeDescription, assertion: Normal, of_class: Test | None) -> bool:
    """The same for the root DSE and the subschema subentry, which no rule is about. Raises LDAPError 16."""
    entry = node.entry
    assert entry is not None
    if of_class is not None:
        return of_class(node, entry) is True
    reach = Reach(description)
    if not reach.present(node, entry) or description.type.name in _OF_TREE:
        raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE)
    return _among(description.type, assertion, reach.values(node, entry))


def _among(attribute_type: AttributeType, assertion: Normal, values: Iterable[bytes]) -> bool:
    """Whether one of the values is the one asked for."""
    rule = attribute_type.equality
    assert rule is not None
    for value in values:
        normal = rule.normalise(value)
        if normal is not None and rule.matches(assertion, normal):
            return True
    return False


def _discloses(directory: "Directory", session: Session, node: Node) -> bool:
    """Whether the session may hear that there is such an entry."""
    return allowed(directory.access.guard(session, None, Level.DISCLOSE), node)


def _description(schema: Schema, name: bytes) -> AttributeDescription:
    description = schema.find(name, ranges=True)
    if description is None:
        try:
            schema.describe(name)
        except AttributeDescriptionError as error:
            raise LDAPError(ResultCode.UNDEFINED_ATTRIBUTE_TYPE, error.reason if error.inapt else "") from None
        raise LDAPError(ResultCode.UNDEFINED_ATTRIBUTE_TYPE)
    return description


def _find(
    directory: "Directory", dn: DN, description: AttributeDescription, session: Session, controls: Mapping[bytes, Any]
) -> Node:
    """The node to look at, in the tree."""
    if directory.dit.context(dn) is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if description.type.name in _NOT_COMPARED:
        name = description.type.name.decode()
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, f"{name} compare not supported")
    node = directory.dit.find(dn)
    refers = directory.dit.referral_count and description.type.name != _HAS_SUBORDINATES  # slapd forgets it there
    if node is not None and node.entry is not None and not refers:
        return node
    if directory.access.guard(session, None, Level.DISCLOSE) is not None:
        nearest = directory.dit.nearest(dn)
        if nearest is not None and not _discloses(directory, session, nearest):
            is_referral = nearest.entry is not None and nearest.entry.classes.is_referral
            if nearest.dn.key != dn.key or (is_referral and MANAGE_DSA_IT not in controls):
                raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    return find_target(directory, dn, controls)
