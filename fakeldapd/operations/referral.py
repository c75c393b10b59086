"""Named referrals (RFC 3296), and finding the entry that an operation names.

A referral object says where the part of the tree below it is kept. An operation on it or below it is answered with a
referral, unless the manageDsaIT control asks for the object itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Node
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.controls.table import NO_CONTROLS
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


def referral_uris(directory: "Directory", node: Node, target: DN, scope: int | None) -> tuple[bytes, ...]:
    """The URIs of a referral object for an operation on ``target``, at or below it (RFC 3296 section 5.1).

    The object's DN at the end of ``target`` is replaced by the DN of the URI; ``scope`` goes where the URI has none. A
    target elsewhere, which was an alias for it, stays as it is, as in slapd.
    """
    assert node.entry is not None
    ref = directory.schema.attribute(b"ref")
    return tuple(_rewrite(directory, value, node.dn, target, scope) for value in node.entry.values(ref))


def _rewrite(directory: "Directory", value: bytes, base: DN, target: DN, scope: int | None) -> bytes:
    uri = value.split(b" ", 1)[0]
    try:
        url = LDAPURL.parse(uri)
    except URLSyntaxError:
        return uri
    dn = target.text
    if url.dn and target.is_within(base):
        try:
            dn = target.rebase(base, directory.schema.dn(url.dn)).text
        except LDAPError:
            dn = b""
    return str(replace(url, dn=dn, scope=scope if url.scope is None else url.scope)).encode()


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
    refer_away(directory, nearest, dn, controls if nearest is node else NO_CONTROLS, scope)
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
