"""Proxied authorization (RFC 4370): one operation is done as somebody else, if the client may become that.

Who may become whom is the business of ``operations.sasl.authorization``. As in slapd, criticality isn't insisted on,
and of extended operations only Who am I and Password Modify take the control.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from fakeldapd.operations.controls.row import UPDATES, Row
from fakeldapd.operations.request import Request
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

PROXIED_AUTHORIZATION = b"2.16.840.1.113730.3.4.18"

_EXTENDED = frozenset((b"1.3.6.1.4.1.4203.1.11.1", b"1.3.6.1.4.1.4203.1.11.3"))
"""Password Modify and Who am I."""


def read(value: bytes | None) -> bytes:
    """An authzId; empty for anonymous. Raises LDAPError 2."""
    if value is None:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "proxy authorization control value absent")
    return value


def as_proxied(directory: "Directory", request: Request, authzid: bytes) -> Request:
    """The request as of a session of the other's, which is kept as long as the real one's identity stays. It doesn't
    have this control any more.

    Raises LDAPError 123 where the client may not become that.
    """
    from fakeldapd.operations.sasl.authorization import may_become  # these cost milliseconds, and few need them
    from fakeldapd.operations.sasl.names import BadName, identity

    session = request.session
    if session.identity is None and "proxy_authz_anon" not in directory.allow:
        raise LDAPError(ResultCode.AUTHORIZATION_DENIED, "anonymous proxied authorization not allowed")
    try:
        mechanism = session.sasl.mechanism.encode() if session.sasl is not None else b""
        target = identity(directory, session, authzid, mechanism) if authzid else None
    except BadName:
        raise LDAPError(ResultCode.AUTHORIZATION_DENIED, "authzId mapping failed") from None
    if not may_become(directory, session, session.identity, target):
        raise LDAPError(ResultCode.AUTHORIZATION_DENIED, "not authorized to assume identity")
    key = (PROXIED_AUTHORIZATION, target)
    proxied = session.kept.get(key)
    if proxied is None:
        is_admin = target is not None and directory.is_admin(target)
        proxied = session.kept[key] = replace(session, identity=target, is_admin=is_admin, kept={}, suspended={})
    proxied.outstanding = session.outstanding
    others = tuple(control for control in request.controls if control.oid != PROXIED_AUTHORIZATION)
    return replace(request, session=proxied, controls=others)


ROW = Row(
    "proxy authorization",
    (m.SearchRequest, m.CompareRequest, *UPDATES),
    read,
    source="RFC 4370 section 3",
    shown_by="clients/test_sasl.py::test_ldapsearch_by_proxy",
    extended=_EXTENDED,
    prepare=as_proxied,
)
