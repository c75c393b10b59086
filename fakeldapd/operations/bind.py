"""Bind (RFC 4511 section 4.2, RFC 4513 section 5).

A Bind makes the session anonymous before anything else, so one that fails leaves it so. Nothing in a refusal tells an
unknown user from a wrong password.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.passwords import is_slow, verify
from fakeldapd.operations.controls.authorization_identity import AUTHORIZATION_IDENTITY, with_identity
from fakeldapd.operations.request import Action, Disconnect, Request, Response, Session
from fakeldapd.operations.stored_passwords import stored_passwords
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SUCCESS = Response(m.BindResponse())


def bind(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Authenticate; the session is anonymous when this begins. Raises LDAPError 2, 7, 34, 48, 49, 50, 53, 80 as
    slapd does.
    """
    actions = _bind(directory, request)
    return with_identity(request.session, actions) if AUTHORIZATION_IDENTITY in controls else actions


def _bind(directory: "Directory", request: Request) -> Iterator[Action]:
    op = cast(m.BindRequest, request.op)
    session = request.session
    dn = directory.schema.dn(op.name)
    if op.version == 2 and "bind_v2" not in directory.allow:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "historical protocol version requested, use LDAPv3 instead")
    if op.version not in (2, 3):
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "requested protocol version not supported")
    session.protocol = op.version
    authentication = op.authentication
    if type(authentication) is m.SimpleAuthentication:
        yield from _simple(directory, session, dn, authentication.password)
        return
    if type(authentication) is m.SaslCredentials:
        if op.version == 2:
            code = int(ResultCode.PROTOCOL_ERROR)
            yield Response(m.BindResponse(code, diagnostic=b"SASL bind requires LDAPv3"))
            yield Disconnect()
            return
        from fakeldapd.operations.sasl.bind import sasl_bind  # costs milliseconds, and most clients don't need it

        yield from sasl_bind(directory, request, authentication)
        return
    raise LDAPError(ResultCode.AUTH_METHOD_NOT_SUPPORTED, "unknown authentication method")


def _simple(directory: "Directory", session: Session, dn: DN, password: bytes) -> Iterator[Action]:
    if dn.rdn is None and password and "bind_anon_cred" in directory.allow:
        password = b""
    if not password:
        if dn.rdn is not None and "bind_anon_dn" not in directory.allow:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "unauthenticated bind (DN with no password) disallowed")
        yield _SUCCESS
        return
    is_admin = directory.is_admin(dn)
    stored = [directory.admin_password] if is_admin and directory.admin_password else []
    node = directory.dit.find(dn)
    stored += stored_passwords(directory, session, node)
    right = False
    slow = []
    for candidate in stored:
        if is_slow(candidate):
            slow.append(candidate)
        elif verify(candidate, password):
            right = True
            break
    if slow and not right:
        verdict: list[bool] = []
        yield directory.elsewhere(lambda: verdict.append(any(verify(candidate, password) for candidate in slow)))
        right = any(verdict)
    if not right:
        raise LDAPError(ResultCode.INVALID_CREDENTIALS)
    session.become(dn if is_admin or node is None else node.dn, is_admin=is_admin)
    yield _SUCCESS
