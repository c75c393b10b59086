"""Named referrals (RFC 3296), and finding the entry that an operation names.

A referral object says where the part of the tree below it is kept. An operation on it or below it is answered with a
referral, unless the manageDsaIT control asks for the object itself.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from fakeldapd.directory.dit import Node
from fakeldapd.operations.controls import MANAGE_DSA_IT
from fakeldapd.protocol.messages import Scope
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SCOPES = {Scope.BASE: b"base", Scope.ONE: b"one", Scope.SUBTREE: b"sub", Scope.SUBORDINATE: b"subordinate"}
_SAFE = "=,+;:@&$!*'()~./"


def referral_uris(directory: "Directory", node: Node, target: DN, scope: int | None) -> tuple[bytes, ...]:
    """The URIs of a referral object for an operation on ``target``, at or below it (RFC 3296 section 5.1).

    The object's DN at the end of ``target`` is replaced by the DN of the URI; ``scope`` is appended for a search.
    """
    assert node.entry is not None
    ref = directory.schema.attribute(b"ref")
    return tuple(_rewrite(directory, value, node.dn, target, scope) for value in node.entry.values(ref))


def _rewrite(directory: "Directory", value: bytes, base: DN, target: DN, scope: int | None) -> bytes:
    uri = value.split(b" ", 1)[0]
    scheme, separator, rest = uri.partition(b"://")
    if not separator or not scheme.lower().startswith(b"ldap"):
        return uri
    host, _, path = rest.partition(b"/")
    own, *_ = unquote_to_bytes(path).split(b"?", 1)
    dn = target.text
    if own:
        try:
            dn = target.rebase(base, directory.schema.dn(own)).text
        except LDAPError:
            return uri
    suffix = b"" if scope is None else b"??" + _SCOPES[Scope(scope)]
    return b"%b://%b/%b%b" % (scheme, host, quote(dn, safe=_SAFE).encode(), suffix)


def find_target(directory: "Directory", dn: DN, controls: Mapping[bytes, Any], scope: int | None = None) -> Node:
    """The node of the entry that an operation names.

    Raises LDAPError 53 outside the naming contexts, 32 with the nearest superior as matchedDN where there is no such
    entry, 10 at or below a referral object.
    """
    dit = directory.dit
    node = dit.find(dn)
    if node is not None and not dit.referral_count:
        return node
    nearest = node or dit.nearest(dn)
    if nearest is None:
        if dit.context(dn) is None:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "no global superior knowledge")
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    assert nearest.entry is not None
    refer_away(directory, nearest, dn, controls, scope)
    if node is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT, matched_dn=nearest.text)
    return node


def refer_away(
    directory: "Directory", node: Node, target: DN, controls: Mapping[bytes, Any], scope: int | None = None
) -> None:
    """Raise LDAPError 10 when the node is a referral object and the operation doesn't manage it."""
    if directory.dit.referral_count and node.entry is not None and node.entry.classes.is_referral:
        if MANAGE_DSA_IT in controls:
            return
        uris = referral_uris(directory, node, target, scope)
        raise LDAPError(ResultCode.REFERRAL, matched_dn=node.text, referral=uris)
