"""Bind (RFC 4511 section 4.2, RFC 4513 section 5).

A Bind makes the session anonymous before anything else, so one that fails leaves it so. Nothing in a refusal tells an
unknown user from a wrong password.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.dit import Node
from fakeldapd.directory.passwords import is_slow, verify
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SUCCESS = Response(m.BindResponse())

_NONE = "SASL(-4): no mechanism available"
_REFUSALS = {
    b"ANONYMOUS": (ResultCode.AUTH_METHOD_NOT_SUPPORTED, f"{_NONE}: security flags do not match required"),
    b"EXTERNAL": (ResultCode.AUTH_METHOD_NOT_SUPPORTED, f"{_NONE}: "),
    **dict.fromkeys(
        (b"PLAIN", b"LOGIN"),
        (
            ResultCode.INAPPROPRIATE_AUTHENTICATION,
            "SASL(-16): encryption needed to use mechanism: security flags do not match required",
        ),
    ),
}
"""What slapd says of mechanisms that it has, but not for a connection without TLS."""


def bind(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Authenticate; the session is anonymous when this begins. Raises LDAPError 2, 7, 34, 48, 49, 53 as slapd does."""
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
        _sasl(authentication)
    raise LDAPError(ResultCode.AUTH_METHOD_NOT_SUPPORTED, "unknown authentication method")


def _sasl(credentials: m.SaslCredentials) -> None:
    """SASL mechanisms come with their own table; until one is in it, each is answered as one that slapd hasn't got."""
    if not credentials.mechanism:
        raise LDAPError(ResultCode.AUTH_METHOD_NOT_SUPPORTED, "no SASL mechanism provided")
    name = credentials.mechanism.decode(errors="surrogateescape")
    code, reason = _REFUSALS.get(
        credentials.mechanism, (ResultCode.AUTH_METHOD_NOT_SUPPORTED, f"{_NONE}: Couldn't find mech {name}")
    )
    raise LDAPError(code, reason)


def _simple(directory: "Directory", session: Session, dn: DN, password: bytes) -> Iterator[Action]:
    if dn.rdn is None and password and "bind_anon_cred" in directory.allow:
        password = b""
    if not password:
        if dn.rdn is not None and "bind_anon_dn" not in directory.allow:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "unauthenticated bind (DN with no password) disallowed")
        yield _SUCCESS
        return
    is_admin = directory.admin_dn is not None and dn.key == directory.admin_dn.key
    stored = [directory.admin_password] if is_admin and directory.admin_password else []
    node = directory.dit.find(dn)
    stored += _stored_passwords(directory, session, node)
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


def _stored_passwords(directory: "Directory", session: Session, node: Node | None) -> tuple[bytes, ...]:
    if node is None or node.entry is None or node.entry.classes.is_alias or node.entry.classes.is_referral:
        return ()
    user_password = directory.schema.attribute(b"userPassword")
    if not allowed(directory.access.guard(session, user_password.type, Level.AUTH), node):
        return ()
    return node.entry.values(user_password)
