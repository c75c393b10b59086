"""Password Modify (RFC 3062)."""

import secrets
import string
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from fakeldapd.directory.passwords import hash_password, verify
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.table import NO_CONTROLS
from fakeldapd.operations.modify import Edit, may_change, outcome
from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

PASSWORD_MODIFY = b"1.3.6.1.4.1.4203.1.11.1"
_GENERATED_LENGTH = 8
_FIELDS = (0x80, 0x81, 0x82)
_LETTERS = string.ascii_letters + string.digits


def password_modify(directory: "Directory", request: Request) -> Iterator[Action]:
    """Change a password. A new one that isn't given is made up and returned. Raises LDAPError 2, 8, 21, 32, 50, 53 as
    slapd does.
    """
    op = cast(m.ExtendedRequest, request.op)
    session = request.session
    if session.identity is None:
        raise LDAPError(ResultCode.STRONGER_AUTH_REQUIRED, "only authenticated users may change passwords")
    user, old_password, new_password = read_request(op.value)
    if new_password == b"":
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "new password value is empty")
    if old_password == b"":
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "old password value is empty")
    dn = session.identity
    if user:
        try:
            dn = directory.schema.dn(user)
        except LDAPError:
            raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, "Invalid DN") from None
    context = directory.dit.context(dn)
    if context is not None:
        directory.may_update(session)
    node = directory.dit.find(dn)
    user_password = directory.schema.attribute(b"userPassword")
    guard = directory.access.guard(session, user_password.type, Level.AUTH)
    if old_password is not None:
        verdict: list[bool] = []
        known = node is not None and node.entry is not None and allowed(guard, node)
        stored = node.entry.values(user_password) if known and node is not None and node.entry is not None else ()
        yield directory.elsewhere(lambda: verdict.append(any(verify(s, old_password) for s in stored)))
        if not any(verdict):
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "unwilling to verify old password")
    if context is None:
        raise LDAPError(ResultCode.OTHER, "unable to retrieve SASL username")
    nearest = directory.dit.nearest(dn)
    if nearest is not None and nearest.entry is not None and nearest.entry.classes.is_referral:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "referral missing")
    if node is None or node.entry is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    answer = None
    if new_password is None:
        new_password = "".join(secrets.choice(_LETTERS) for _ in range(_GENERATED_LENGTH)).encode()
        answer = ber.element(b"\x30", ber.element(b"\x80", new_password))
    hashed = hash_password(new_password, "SSHA")
    edits = [Edit(m.ModifyOperation.REPLACE, user_password, (hashed,))]
    commit = Commit(directory, request, NO_CONTROLS)
    if directory.overlays:
        commit.passwords = (old_password, new_password)
        commit.modifying(dn, edits)
    may_change(directory, session, node, edits)
    try:
        commit.put(node, outcome(directory, node, edits, directory.stamps.modified(session.identity.text)))
    except LDAPError as error:
        raise LDAPError(error.code) from None  # slapd's answer keeps the reason to itself
    yield request.answer(Response(m.ExtendedResponse(value=answer)))


def read_request(value: bytes | None) -> tuple[bytes | None, bytes | None, bytes | None]:
    """PasswdModifyRequestValue: userIdentity, oldPasswd, newPasswd (RFC 3062 section 2). Raises LDAPError 2."""
    found: dict[int, bytes] = {}
    if value is None:
        return None, None, None
    if not value:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "empty request data field")
    try:
        tag, offset, end = ber.header(value, 0)
        if tag != 0x30:
            raise ber.BERError("not a SEQUENCE")
        if end != len(value):
            raise LDAPError(ResultCode.PROTOCOL_ERROR, "data decoding error")
        while offset < end:
            tag, start, offset = ber.header(value, offset)
            if tag not in _FIELDS or (found and tag <= max(found)):
                raise LDAPError(ResultCode.PROTOCOL_ERROR, "data decoding error")
            found[tag] = value[start:offset]
    except IndexError:
        raise LDAPError(ResultCode.PROTOCOL_ERROR) from None
    return found.get(0x80), found.get(0x81), found.get(0x82)
