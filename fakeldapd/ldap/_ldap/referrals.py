"""Following referrals as libldap does: to the first URI that leads somewhere, as nobody (RFC 4511 section 4.1.10).

The request is sent again with the DN of the URI and, for a search, its scope; a URI from a search of one level that
names none stands for the object itself. Its answers count for the request that was referred. What leads nowhere is left
as it is: the caller sees the reference, or the referral as an error.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from fakeldapd.ldap.transport import ConnectionLost
from fakeldapd.ldap.transport.opening import BadURI, addresses
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError

if TYPE_CHECKING:
    from fakeldapd.ldap._ldap.handle import Handle, Sent

HOP_LIMIT = 5
"""libldap's OPT_REFHOPLIMIT, which python-ldap can't set."""


def chase(handle: "Handle", sent: "Sent", uris: tuple[bytes, ...]) -> bool:
    """Send the request on to the first of these that takes it; gives whether one does."""
    if sent.hops >= HOP_LIMIT:
        return False
    for uri in uris:
        try:
            url = LDAPURL.parse(uri.decode(errors="surrogateescape"))
            (server,) = addresses(uri.decode(errors="surrogateescape"))
            op = elsewhere(sent.op, url)
            if op is None or _been_there(sent, server, op):
                continue
            handle.follow(sent, op, server)
        except ConnectionLost as lost:
            handle.errno = lost.errno
            continue
        except (URLSyntaxError, BadURI, ValueError):
            continue
        return True
    return False


def elsewhere(op: m.RequestOp, url: LDAPURL) -> m.RequestOp | None:
    """The request as it is sent to where the URL points; None for one that isn't followed."""
    if isinstance(op, m.SearchRequest):
        scope = op.scope if url.scope is None else url.scope
        if url.scope is None and op.scope == m.Scope.ONE:
            scope = m.Scope.BASE
        return replace(op, base=url.dn or op.base, scope=scope)
    if isinstance(op, m.AddRequest | m.ModifyRequest | m.DeleteRequest | m.CompareRequest | m.ModifyDNRequest):
        return replace(op, dn=url.dn or op.dn)
    return None


def _been_there(sent: "Sent", server: object, op: m.RequestOp) -> bool:
    """Whether the same has been asked of the same server on the way here."""
    step: Sent | None = sent
    while step is not None:
        if step.server == server and step.op == op:
            return True
        step = step.parent
    return False
