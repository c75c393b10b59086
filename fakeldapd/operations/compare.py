"""Compare (RFC 4511 section 4.10)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.compile import class_test
from fakeldapd.directory.dit import Node
from fakeldapd.directory.evaluate import Reach
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.controls.assertion import check_assertion
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.referral import find_target
from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.operations.rootdse import virtual_entry
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription
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
    node = virtual or _find(directory, dn, description, controls)
    entry = node.entry
    assert entry is not None
    if directory.view is not None and virtual is None and MANAGE_DSA_IT not in controls:
        entry = directory.view(node, entry)
    if virtual is None and not allowed(directory.access.guard(request.session, description.type, Level.COMPARE), node):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    if controls and description.type.name != _HAS_SUBORDINATES:  # slapd answers that one before
        check_assertion(directory, request.session, controls, node, node.entry)
    of_class = class_test(schema, description, op.value)
    if of_class is not None:
        yield _TRUE if of_class(node, entry) else _FALSE
        return
    reach = Reach(description)
    if not reach.present(node, entry) or (virtual is not None and description.type.name in _OF_TREE):
        raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE)
    for value in reach.values(node, entry):
        normal = rule.normalise(value)
        if normal is not None and rule.matches(assertion, normal):
            yield _TRUE
            return
    yield _FALSE


def _description(schema: Schema, name: bytes) -> AttributeDescription:
    description = schema.find(name, ranges=True)
    if description is None:
        try:
            schema.describe(name)
        except AttributeDescriptionError as error:
            raise LDAPError(ResultCode.UNDEFINED_ATTRIBUTE_TYPE, error.reason if error.inapt else "") from None
        raise LDAPError(ResultCode.UNDEFINED_ATTRIBUTE_TYPE)
    return description


def _find(directory: "Directory", dn: DN, description: AttributeDescription, controls: Mapping[bytes, Any]) -> Node:
    """The node to look at, in the tree."""
    if directory.dit.context(dn) is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if description.type.name in _NOT_COMPARED:
        name = description.type.name.decode()
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, f"{name} compare not supported")
    if description.type.name == _HAS_SUBORDINATES:
        node = directory.dit.find(dn)
        if node is not None and node.entry is not None:
            return node  # slapd forgets about referrals here
    return find_target(directory, dn, controls)
