"""Compare (RFC 4511 section 4.10)."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.evaluate import Reach
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.referral import find_target
from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_TRUE = Response(m.CompareResponse(ResultCode.COMPARE_TRUE))
_FALSE = Response(m.CompareResponse(ResultCode.COMPARE_FALSE))


def compare(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Say whether an entry has a value. Raises LDAPError 16, 17, 18, 21, 32, 34, 50 as slapd does."""
    op = cast(m.CompareRequest, request.op)
    schema = directory.schema
    dn = schema.dn(op.dn)
    description = schema.attribute(op.attribute)
    rule = description.type.equality
    if rule is None:
        raise LDAPError(ResultCode.INAPPROPRIATE_MATCHING)
    assertion = rule.assertion(op.value)
    if assertion is None or (not op.value and not description.type.syntax.validate(op.value)):
        raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, "value does not conform to assertion syntax")
    if dn.rdn is None:
        raise LDAPError(ResultCode.INAPPROPRIATE_MATCHING)
    reach = Reach(description)
    if reach.computed is not None and description.type.name == b"entryDN":
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "entryDN compare not supported")
    node = find_target(directory, dn, controls)
    assert node.entry is not None
    if not allowed(directory.access.guard(request.session, description.type, Level.COMPARE), node):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    if description.type.name == b"objectClass" and (object_class := schema.object_class(op.value)) is not None:
        yield _TRUE if object_class in node.entry.classes.all else _FALSE
        return
    if not reach.present(node, node.entry):
        raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE)
    for value in reach.values(node, node.entry):
        normal = rule.normalise(value)
        if normal is not None and rule.matches(assertion, normal):
            yield _TRUE
            return
    yield _FALSE
