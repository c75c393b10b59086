"""ppolicy: rules for passwords (draft-behera-ldap-password-policy, as slapd's overlay has them).

A policy is an entry with the class pwdPolicy. The one that counts for an account is named by the account's
pwdPolicySubentry, else it is the overlay's default; without either there are no rules, and only one password. What an
account has been through is kept with it in operational attributes. The administrator is above policies.

Simple binds are looked at on both sides: a locked account is refused before its password is, and what came of the rest
is written down. A new password is checked before it is stored. With the request control the client is told more than a
result code, and the control exists only where this overlay does.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.passwords import hash_password
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.no_op import NO_OP
from fakeldapd.operations.controls.row import Row, no_value
from fakeldapd.operations.modify import Edit
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.policy import (
    NO_POLICY,
    Policy,
    PolicyError,
    PolicyReader,
    fine_stamp,
    first_time,
    fits,
    grown_history,
    history_passwords,
    history_value,
    name_attributes,
    quality,
    response_value,
    scheme,
    seconds,
    stamp,
)
from fakeldapd.overlays.setting import SettingError, dn_text, yes_or_no
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema, SchemaError

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

PASSWORD_POLICY = b"1.3.6.1.4.1.42.2.27.8.5.1"

_SCHEMA = Path(__file__).parent.parent / "schemas" / "ppolicy.schema"
_MUST_CHANGE = object()
"""The key of Session.kept that is there while a session may do nothing but change its password."""
_FLAGS = ("hash_cleartext", "use_lockout", "disable_write")
_RESTRICTED = "Operations are restricted to bind/unbind/abandon/StartTLS/modify password"
_ONE_PASSWORD = "Password policy only allows one password value"
_QUALITY = "Password fails quality checking policy"
_REPLACE, _DELETE = m.ModifyOperation.REPLACE, m.ModifyOperation.DELETE


class Attributes:
    """The attributes that the overlay reads and writes, under one schema."""

    def __init__(self, schema: Schema) -> None:
        self.password = schema.attribute(b"userPassword")
        self.subentry = schema.attribute(b"pwdPolicySubentry")
        self.changed = schema.attribute(b"pwdChangedTime")
        self.locked = schema.attribute(b"pwdAccountLockedTime")
        self.failures = schema.attribute(b"pwdFailureTime")
        self.history = schema.attribute(b"pwdHistory")
        self.grace = schema.attribute(b"pwdGraceUseTime")
        self.reset = schema.attribute(b"pwdReset")
        self.start = schema.attribute(b"pwdStartTime")
        self.end = schema.attribute(b"pwdEndTime")
        self.waiting = schema.attribute(b"pwdAccountTmpLockoutEnd")


class PasswordPolicy(Overlay):
    """The overlay. ``default`` is the DN of the policy for accounts that name none; ``flags`` are words of slapd's:
    passwords that come in clear are hashed, a locked account is told so, nothing is written down on binds.
    """

    controls: Mapping[bytes, Row] = {
        PASSWORD_POLICY: Row(
            "passwordPolicyRequest",
            (m.BindRequest, m.AddRequest, m.ModifyRequest),
            no_value("passwordPolicyRequest"),
            source="draft-behera-ldap-password-policy section 6",
            shown_by="clients/test_ppolicy.py::test_ldapwhoami",
            repeatable=True,
            extended=frozenset((PASSWORD_MODIFY,)),
        )
    }
    _default: DN | None = None
    _attributes: Attributes
    _reader: PolicyReader

    def __init__(self, default: str = "", flags: frozenset[str] = frozenset()) -> None:
        self._default_text = default
        self._hash_cleartext = "hash_cleartext" in flags
        self._use_lockout = "use_lockout" in flags
        self._disable_write = "disable_write" in flags

    def attached(self, directory: "Directory") -> None:
        """See Overlay."""
        schema = directory.schema
        if schema.attribute_type(b"pwdPolicySubentry") is None:
            try:
                schema.add(_SCHEMA.read_bytes(), _SCHEMA.name)
            except SchemaError as error:
                raise SettingError(f"the overlay's own schema can't be added: {error}") from None
        name_attributes(schema)
        self._attributes = Attributes(schema)
        self._reader = PolicyReader(schema)
        if self._default_text:
            self._default = schema.dn(dn_text(schema, self._default_text))

    def _policy(self, directory: "Directory", named: Values) -> Policy:
        """The policy for an account whose pwdPolicySubentry has these values. Without the entry there are no rules."""
        dn = directory.schema.dn(named[0]) if named else self._default
        entry = None if dn is None else directory.dit.get(dn)
        return NO_POLICY if entry is None else self._reader.read(entry)

    # --- binds --------------------------------------------------------------------------------------------------------

    def around(
        self, directory: "Directory", request: Request, controls: Mapping[bytes, Any], actions: Iterator[Action]
    ) -> Iterator[Action]:
        """See Overlay."""
        op = request.op
        if type(op) is m.BindRequest:
            node = _account(directory, op)
            return actions if node is None else self._bind(directory, request, node, actions)
        if _MUST_CHANGE in request.session.kept:
            if type(op) is m.SearchRequest:
                return _restricted(directory, op.base, actions)
            if type(op) is m.CompareRequest:
                return _restricted(directory, op.dn, actions)
        return actions

    def _bind(
        self, directory: "Directory", request: Request, node: Node, actions: Iterator[Action]
    ) -> Iterator[Action]:
        """A simple bind of an account. Raises LDAPError 49 for one that is locked or whose password has expired."""
        entry = node.entry
        assert entry is not None
        policy = self._policy(directory, entry.values(self._attributes.subentry))
        is_locked, unlocked = self._lock(entry, policy, int(directory.clock()))
        if is_locked:
            _tell(request, error=PolicyError.ACCOUNT_LOCKED if self._use_lockout else None)
            raise LDAPError(ResultCode.INVALID_CREDENTIALS)
        try:
            for action in actions:
                if type(action) is Response and type(action.op) is m.BindResponse and not action.op.code:
                    self._succeeded(directory, request, node, policy, unlocked)
                    action = request.answer(action)
                yield action
        except LDAPError as error:
            if error.code == ResultCode.INVALID_CREDENTIALS and not request.response_controls:
                self._write(directory, node, self._failed(directory, node, policy, unlocked))
                _tell(request)
            raise

    def _lock(self, entry: Entry, policy: Policy, now: int) -> tuple[bool, dict[AttributeDescription, Values]]:
        """Whether an account may not bind at all; and what is to be taken away from one whose time is over."""
        names = self._attributes
        start, end = first_time(entry, names.start), first_time(entry, names.end)
        if (start is not None and now < start) or (end is not None and now >= end):
            return True, {}
        if not policy.pwdLockout:
            return False, {}
        waiting = first_time(entry, names.waiting)
        if waiting is not None and waiting > now:
            return True, {}
        if names.locked not in entry:
            return False, {}
        since = first_time(entry, names.locked)
        if not policy.pwdLockoutDuration or not since or now < since + policy.pwdLockoutDuration:
            return True, {}
        return False, {names.locked: ()}

    def _failed(
        self, directory: "Directory", node: Node, policy: Policy, unlocked: dict[AttributeDescription, Values]
    ) -> dict[AttributeDescription, Values]:
        """What a wrong password changes. The first one after a lockout is over doesn't lock again, as in slapd, which
        then forgets failures where there is room for more.
        """
        names, entry, now = self._attributes, node.entry, directory.clock()
        if entry is None or names.password not in entry or not policy.recorded:
            return unlocked
        have = sorted(entry.values(names.failures))
        interval = policy.pwdFailureCountInterval
        count = sum(not interval or int(now) <= (seconds(value) or 0) + interval for value in have)
        changes: dict[AttributeDescription, Values] = {
            names.failures: tuple([*have, fine_stamp(now, have)][-policy.recorded :])
        }
        if unlocked:
            return {**unlocked, names.failures: changes[names.failures] if len(have) >= policy.recorded else ()}
        if 0 < policy.pwdMaxFailure <= count + 1:
            changes[names.locked] = (stamp(now),)
        elif policy.pwdMinDelay:
            changes[names.waiting] = (stamp(now + policy.delay(count)),)
        return changes

    def _succeeded(
        self,
        directory: "Directory",
        request: Request,
        node: Node,
        policy: Policy,
        changes: dict[AttributeDescription, Values],
    ) -> None:
        """What the right password changes and what the client is told. Raises LDAPError 49 where it has expired."""
        names, entry, now = self._attributes, node.entry, directory.clock()
        if entry is None or names.password not in entry:
            _tell(request)
            return
        changes = {**changes, names.failures: ()}
        told: dict[str, Any] = {}
        age = int(now) - since if (since := first_time(entry, names.changed)) is not None else None
        if policy.pwdMustChange and entry.values(names.reset) == (b"TRUE",):
            request.session.kept[_MUST_CHANGE] = True
            told["error"] = PolicyError.CHANGE_AFTER_RESET
        elif age is not None and 0 < policy.pwdMaxAge < age:
            used = entry.values(names.grace)
            left = policy.pwdGraceAuthNLimit - len(used)
            if policy.pwdGraceExpiry and age > policy.pwdMaxAge + policy.pwdGraceExpiry:
                left = 0
            if left < 1:
                self._write(directory, node, changes)
                request.session.become(None)
                _tell(request, error=PolicyError.PASSWORD_EXPIRED)
                raise LDAPError(ResultCode.INVALID_CREDENTIALS)
            changes[names.grace] = (*used, fine_stamp(now, used))
            told["grace_left"] = left - 1
        elif age is not None and policy.pwdMaxAge and policy.pwdMaxAge - age < policy.pwdExpireWarning:
            told["expires_in"] = policy.pwdMaxAge - age
        self._write(directory, node, changes)
        _tell(request, **told)

    def _write(self, directory: "Directory", node: Node, changes: dict[AttributeDescription, Values]) -> None:
        """Change an account, past all other overlays and leaving its time stamps alone, as slapd does."""
        entry = node.entry
        if entry is None or self._disable_write:
            return
        needed = {name: values for name, values in changes.items() if values or name in entry}
        if needed:
            directory.dit.put(node, directory.entries.change(entry, needed))

    # --- writes -------------------------------------------------------------------------------------------------------

    def deleting(self, commit: Commit, dn: DN) -> None:
        """See Overlay."""
        if not commit.depth and _MUST_CHANGE in commit.request.session.kept:
            raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, _RESTRICTED)

    def adding(self, commit: Commit, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """See Overlay."""
        if commit.depth:
            return
        session, names = commit.request.session, self._attributes
        if _MUST_CHANGE in session.kept:
            raise _refusal(commit, ResultCode.INSUFFICIENT_ACCESS_RIGHTS, _RESTRICTED, PolicyError.CHANGE_AFTER_RESET)
        passwords = attributes.get(names.password, ())
        if not passwords:
            return
        if len(passwords) > 1:
            raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, _ONE_PASSWORD)
        policy = self._policy(commit.directory, attributes.get(names.subentry, ()))
        if not session.is_admin:
            _check_quality(commit, policy, passwords[0])
        attributes[names.password] = (self._stored(passwords[0]),)
        if (policy.pwdMaxAge or policy.pwdMinAge) and names.changed not in attributes:
            attributes[names.changed] = (stamp(commit.directory.clock()),)

    def _stored(self, password: bytes) -> bytes:
        """A password as it is stored."""
        return hash_password(password) if self._hash_cleartext and scheme(password) is None else password

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        """See Overlay."""
        entry = commit.directory.dit.get(dn)
        if commit.depth or entry is None:
            return
        change = _PasswordChange(self._attributes, commit, edits)
        session, names = commit.request.session, self._attributes
        if _MUST_CHANGE in session.kept and change.other:
            raise _refusal(commit, ResultCode.INSUFFICIENT_ACCESS_RIGHTS, _RESTRICTED, PolicyError.CHANGE_AFTER_RESET)
        if not change.edits:
            unlocked = any(e.description is names.locked and e.operation == _DELETE for e in edits)
            if unlocked and names.failures in entry:
                edits.append(Edit(_REPLACE, names.failures, (), internal=True))
            return
        policy = self._policy(commit.directory, entry.values(names.subentry))
        if not session.is_admin:
            if not policy.pwdAllowUserChange:
                raise _refusal(
                    commit,
                    ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
                    "User alteration of password is not allowed",
                    PolicyError.PASSWORD_MOD_NOT_ALLOWED,
                )
            if change.new is not None:
                self._check(commit, entry, policy, change)
        if change.new is not None or session.is_admin:
            edits += self._consequences(commit, dn, entry, policy, change)
        if change.written is not None and commit.passwords is None:
            change.written.values = (self._stored(change.written.values[0]),)

    def _check(self, commit: Commit, entry: Entry, policy: Policy, change: "_PasswordChange") -> None:
        """Whether a user's new password is allowed. Raises LDAPError 19, 50, 53."""
        names, new = self._attributes, change.new
        assert new is not None
        if policy.pwdSafeModify and not change.is_safe:
            raise _refusal(
                commit,
                ResultCode.INSUFFICIENT_ACCESS_RIGHTS,
                "Must supply old password to be changed as well as new one",
                PolicyError.MUST_SUPPLY_OLD_PASSWORD,
            )
        since = first_time(entry, names.changed)
        is_young = since is not None and int(commit.directory.clock()) - since < policy.pwdMinAge
        if is_young and entry.values(names.reset) != (b"TRUE",):
            text = "Password is too young to change"
            raise _refusal(commit, ResultCode.CONSTRAINT_VIOLATION, text, PolicyError.PASSWORD_TOO_YOUNG)
        stored = entry.values(names.password)
        if stored and change.old is not None:
            if not fits(stored, change.old):
                raise _refusal(
                    commit,
                    ResultCode.UNWILLING_TO_PERFORM,
                    "Must supply correct old password to change to new one",
                    PolicyError.MUST_SUPPLY_OLD_PASSWORD,
                )
            if change.deletion is not None:
                change.deletion.values = stored[:1]  # which may be the hash of what the client sent
        _check_quality(commit, policy, new)
        if policy.pwdInHistory and stored:
            text = ""
            if fits(stored, new):
                text = "Password is not being changed from existing value"
            elif fits(history_passwords(entry.values(names.history)), new):
                text = "Password is in history of old passwords"
            if text:
                raise _refusal(commit, ResultCode.CONSTRAINT_VIOLATION, text, PolicyError.PASSWORD_IN_HISTORY)

    def _consequences(
        self, commit: Commit, dn: DN, entry: Entry, policy: Policy, change: "_PasswordChange"
    ) -> list[Edit]:
        """What changes with a new password, or with one that the administrator takes away."""
        names, now, session = self._attributes, commit.directory.clock(), commit.request.session
        stored, history = entry.values(names.password), entry.values(names.history)
        changes: dict[AttributeDescription, Values] = {
            names.changed: () if change.is_deleted_last else (stamp(now),),
            names.grace: (),
            names.locked: (),
            names.failures: (),
            names.waiting: (),
        }
        if not change.resets:
            is_own = session.identity is not None and session.identity.key == dn.key
            changes[names.reset] = (b"TRUE",) if policy.pwdMustChange and not is_own else ()
        if stored and (policy.pwdInHistory or history):
            changes[names.history] = grown_history(history, history_value(now, stored[0]), policy.pwdInHistory)
        return [
            Edit(_REPLACE, name, values, internal=True) for name, values in changes.items() if values or name in entry
        ]

    def modified(self, commit: Commit, node: Node, old: Entry, new: Entry) -> None:
        """See Overlay."""
        session, password = commit.request.session, self._attributes.password
        if _MUST_CHANGE not in session.kept or NO_OP in commit.controls:
            return
        if old.values(password) != new.values(password):
            del session.kept[_MUST_CHANGE]


class _PasswordChange:
    """What a modification does to the password. Raises LDAPError 19 where it would become two.

    ``edits`` are those of the password. ``new`` is the new one in clear, as far as it came so, and ``written`` the edit
    that stores it; ``old`` the one that it is to replace, as the client knows it, and ``deletion`` the edit that says
    so. ``is_safe``: the old one came before the new one. ``is_deleted_last``: a deletion ends it. ``other``: something
    else is changed, too; ``resets``: pwdReset is.
    """

    def __init__(self, names: Attributes, commit: Commit, edits: list[Edit]) -> None:
        self.edits = [edit for edit in edits if edit.description is names.password]
        self.other = any(e.description is not names.password and not e.description.type.operational for e in edits)
        self.resets = any(e.description is names.reset and e.operation != _DELETE for e in edits)
        self.written: Edit | None = None
        self.deletion: Edit | None = None
        self.is_safe = False
        for edit in self.edits:
            if edit.operation == _DELETE:
                if edit.values and self.deletion is None:
                    self.deletion = edit
            elif edit.values:
                if self.written is not None or len(edit.values) > 1:
                    _tell(commit.request)
                    raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, _ONE_PASSWORD)
                self.written = edit
                self.is_safe = self.deletion is not None
        self.is_deleted_last = bool(self.edits) and self.edits[-1].operation == _DELETE
        self.new = None if self.written is None else self.written.values[0]
        self.old = None if self.deletion is None else self.deletion.values[0]
        if commit.passwords is not None:
            self.old, self.new = commit.passwords
            self.is_safe = self.old is not None


def _account(directory: "Directory", op: m.BindRequest) -> Node | None:
    """Whose password a bind would check, where that is an account that policies can say something of."""
    password = op.authentication
    if op.version != 3 or type(password) is not m.SimpleAuthentication or not password.password:
        return None
    try:
        dn = directory.schema.dn(op.name)
    except LDAPError:
        return None  # the operation says so itself
    if directory.admin_dn is not None and dn.key == directory.admin_dn.key:
        return None
    node = directory.dit.find(dn)
    return None if node is None or node.entry is None else node


def _restricted(directory: "Directory", name: bytes, actions: Iterator[Action]) -> Iterator[Action]:
    """Refuse what is in a naming context. Raises LDAPError 50."""
    if directory.dit.context(directory.schema.dn(name)) is not None:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS, _RESTRICTED)
    yield from actions


def _tell(request: Request, **said: Any) -> None:
    """Put the response control with the answer, where the client asked for it."""
    if any(control.oid == PASSWORD_POLICY for control in request.controls):
        request.response_controls += (m.Control(PASSWORD_POLICY, False, response_value(**said)),)


def _refusal(commit: Commit, code: ResultCode, text: str, error: PolicyError) -> LDAPError:
    """The failure of a write, with what its response control says."""
    _tell(commit.request, error=error)
    return LDAPError(code, text)


def _check_quality(commit: Commit, policy: Policy, password: bytes) -> None:
    """Raises LDAPError 19 for a password that the policy finds too bad."""
    error = quality(policy, password) if policy.pwdCheckQuality > 0 else None
    if error is not None:
        raise _refusal(commit, ResultCode.CONSTRAINT_VIOLATION, _QUALITY, error)


def make(setting: str) -> PasswordPolicy:
    """The overlay with a setting as in the table: words, between which are spaces or commas; commas of a DN belong to
    it. Raises SettingError.
    """
    default: list[str] = []
    flags: set[str] = set()
    for word in setting.replace('"', "").split(","):
        first, *rest = word.split(" ")
        pieces = [first]
        for piece in rest:
            if piece.partition("=")[0] in (*_FLAGS, "default"):
                pieces.append(piece)
            else:
                pieces[-1] += f" {piece}"
        for at, piece in enumerate(pieces):
            name, equals, value = piece.strip().partition("=")
            if name in _FLAGS:
                if not equals or yes_or_no(value):
                    flags.add(name)
            elif name == "default" and not default:
                default.append(value)
            elif default and at == 0:
                default.append(piece)
            elif piece.strip():
                raise SettingError(f"{piece}: default=DN or one of {', '.join(_FLAGS)} is expected")
    return PasswordPolicy(",".join(default), frozenset(flags))
