"""What clients must do before they may do anything else: allow, disallow, require, security, restrict and referral of
slapd.conf(5).

``Policy.check`` is asked once for a request, before anything else, and only where something is configured. slapd comes
to these rules later: after what it says of a request that is no good whatever the directory holds. So where there is
something to refuse, the operation is first let run to where it would look at the tree; whatever it says until then is
the answer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.operational import is_configuration, is_subschema
from fakeldapd.operations.controls.dont_use_copy import DONT_USE_COPY
from fakeldapd.operations.controls.proxied_authorization import PROXIED_AUTHORIZATION
from fakeldapd.operations.controls.row import Row
from fakeldapd.operations.extended import WHO_AM_I
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Action, Request, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.directory.dit import DIT
    from fakeldapd.operations.directory import Directory

START_TLS = b"1.3.6.1.4.1.1466.20037"
CANCEL = b"1.3.6.1.1.8"

RESTRICT: Mapping[str, frozenset[str]] = {
    **{name: frozenset((name,)) for name in ("bind", "add", "modify", "rename", "delete", "search", "compare")},
    "modrdn": frozenset(("rename",)),
    "read": frozenset(("compare", "search")),
    "write": frozenset(("add", "delete", "modify", "rename")),
    "all": frozenset(("bind", "add", "modify", "rename", "delete", "search", "compare", "extended")),
    "extended": frozenset(("extended",)),
    **{
        f"extended={oid.decode()}": frozenset((oid.decode(),)) for oid in (START_TLS, PASSWORD_MODIFY, WHO_AM_I, CANCEL)
    },
}
"""What ``restrict`` may name -> the operations, and OIDs of extended operations, that it means."""

_READS = RESTRICT["read"]
_OPERATIONS: Mapping[type, str] = {
    m.BindRequest: "bind",
    m.AddRequest: "add",
    m.ModifyRequest: "modify",
    m.UndecodableModifyRequest: "modify",
    m.ModifyDNRequest: "rename",
    m.DeleteRequest: "delete",
    m.SearchRequest: "search",
    m.CompareRequest: "compare",
}
_CHECKED = (PASSWORD_MODIFY, WHO_AM_I)
"""The extended operations that there are rules for. As in slapd, others may be named in ``restrict`` to no effect."""
_UPDATES = RESTRICT["write"]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the rules distinguish in requests. ``oid`` is that of an extended operation whose OID can be restricted."""

    operation: str
    oid: str = ""
    simple: bool = False
    sasl: bool = False

    @property
    def is_update(self) -> bool:
        return self.operation in _UPDATES or self.oid == PASSWORD_MODIFY.decode()


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one server. ``security`` is the least strength by name, ``referrals`` the default referral."""

    allow: frozenset[str] = frozenset()
    disallow: frozenset[str] = frozenset()
    require: frozenset[str] = frozenset()
    restrict: frozenset[str] = frozenset()
    security: Mapping[str, int] = field(default_factory=dict)
    referrals: tuple[LDAPURL, ...] = ()

    def check(self, directory: "Directory", request: Request) -> LDAPError | None:
        """The refusal (1, 8, 10, 13, 48, 53) where the rules don't let the request through. Raises LDAPError where the
        operation itself says something first.
        """
        op, session = request.op, request.session
        if type(op) is m.BindRequest:
            return self._bind(directory, op, session)
        if type(op) is m.ExtendedRequest:
            refusal = self._extended(op, session)
        else:
            refusal = self._refusal(_Kind(_OPERATIONS.get(type(op), "")), session)
            if refusal is not None or self.referrals:
                outside = self._outside(directory, op)
                if outside is not None:
                    if not self.referrals:
                        return None
                    refusal = self._refer(outside, op)
        if refusal is not None:
            _say_first(directory, request)
        return refusal

    def stricter(self, controls: Mapping[bytes, Row]) -> Mapping[bytes, Row]:
        """The rows of those controls that the rules change."""
        return {
            oid: _only_critical(controls[oid], name)
            for word, (oid, name) in _MUST_BE_CRITICAL.items()
            if word in self.disallow
        }

    # --- bind and extended operations --------------------------------------------------------------------------------

    def _bind(self, directory: "Directory", op: m.BindRequest, session: Session) -> LDAPError | None:
        """What is wrong with a bind; None where it is nothing, or something that the bind says itself."""
        try:
            dn = directory.schema.dn(op.name)
        except LDAPError:
            return None
        if op.version not in (2, 3) or (op.version == 2 and "bind_v2" not in self.allow):
            return None
        authentication = op.authentication
        if type(authentication) is m.SaslCredentials:
            if op.version == 2 or not authentication.mechanism:
                return None
            return self._refusal(_Kind("bind", sasl=True), session)
        if type(authentication) is not m.SimpleAuthentication:
            return None
        if not authentication.password or dn.rdn is None:
            if authentication.password and "bind_anon_cred" not in self.allow:
                return None
            if dn.rdn is not None and "bind_anon_dn" not in self.allow:
                return None
            if "bind_anon" in self.disallow:
                return LDAPError(ResultCode.INAPPROPRIATE_AUTHENTICATION, "anonymous bind disallowed")
            return self._refusal(_Kind("bind", sasl=True), session)
        if "bind_simple" in self.disallow:
            return LDAPError(ResultCode.UNWILLING_TO_PERFORM, "unwilling to perform simple authentication")
        if directory.dit.context(dn) is None and not is_configuration(dn):
            return None
        return self._refusal(_Kind("bind", simple=True), session)

    def _extended(self, op: m.ExtendedRequest, session: Session) -> LDAPError | None:
        if op.name not in _CHECKED:
            return None
        return self._refusal(_Kind("extended", op.name.decode()), session)

    # --- referrals ---------------------------------------------------------------------------------------------------

    def _outside(self, directory: "Directory", op: Any) -> DN | None:
        """The DN that an operation is about where it is in no naming context."""
        is_search = type(op) is m.SearchRequest
        try:
            dn = directory.schema.dn(op.base if is_search else getattr(op, "dn", b""))
        except LDAPError:
            return None
        virtual = dn.rdn is None or is_subschema(dn)
        if virtual and (not is_search or op.scope == m.Scope.BASE):
            return None
        if is_configuration(dn) or directory.dit.context(dn) is not None:
            return None
        return dn

    def _refer(self, dn: DN, op: Any) -> LDAPError:
        """The default referral, with the DN that was asked for (RFC 4511 section 4.1.10)."""
        scope = op.scope if type(op) is m.SearchRequest else None
        urls = [replace(url, dn=dn.text, scope=scope if url.scope is None else url.scope) for url in self.referrals]
        return LDAPError(ResultCode.REFERRAL, referral=tuple(str(url).encode() for url in urls))

    # --- the rules, in slapd's order ---------------------------------------------------------------------------------

    def _refusal(self, kind: _Kind, session: Session) -> LDAPError | None:
        """What the rules say of a request of this kind."""
        for reason in self._too_weak(kind, session):
            return LDAPError(ResultCode.CONFIDENTIALITY_REQUIRED, reason)
        if kind.is_update and session.identity is None and "update_anon" not in self.allow:
            return LDAPError(ResultCode.STRONGER_AUTH_REQUIRED, "modifications require authentication")
        if kind.operation != "bind":
            for name, is_met, code, reason in _REQUIREMENTS:
                if name in self.require and not is_met(self, session):
                    return LDAPError(code, reason)
        if kind.operation in self.restrict or kind.oid in self.restrict:
            reason = "operation restricted"
            if {name for name in self.restrict if not name[0].isdigit()} == _READS:
                reason = "read operations restricted"
            elif kind.oid in self.restrict:
                reason = "extended operation restricted"
            return LDAPError(ResultCode.UNWILLING_TO_PERFORM, reason)
        return None

    def _too_weak(self, kind: _Kind, session: Session) -> Iterator[str]:
        """What the connection is not protected enough for, each as slapd says it."""
        for name, text, holds in _FACTORS:
            if name in self.security and holds(kind):
                have = _STRENGTHS[name.removeprefix("update_")](session)
                if have < self.security[name]:
                    yield f"stronger {text}" if have else text


def make_policy(
    allow: Iterable[str],
    disallow: Iterable[str],
    require: Iterable[str],
    restrict: Iterable[str],
    security: Iterable[tuple[str, int]],
    referrals: Iterable[str],
) -> Policy:
    """The policy that words of slapd.conf's make; ``none`` takes back what is required before it. Raises ValueError."""
    required: list[str] = []
    for word in require:
        required = [] if word == "none" else [*required, word]
    restricted: set[str] = set()
    for word in restrict:
        if word not in RESTRICT:
            known = ", ".join(name for name in RESTRICT if "=" in name)
            raise ValueError(f"--restrict {word}: only these extended operations can be restricted: {known}")
        restricted |= RESTRICT[word]
    try:
        urls = tuple(LDAPURL.parse(url) for url in referrals)
    except URLSyntaxError as error:
        raise ValueError(f"--referral: {error}") from None
    return Policy(
        frozenset(allow), frozenset(disallow), frozenset(required), frozenset(restricted), dict(security), urls
    )


_STRENGTHS: Mapping[str, Callable[[Session], int]] = {
    "transport": lambda session: 0 if session.tls else session.ssf,
    "tls": lambda session: session.ssf if session.tls else 0,
    "sasl": lambda session: 0,
    "ssf": lambda session: session.ssf,
    "simple_bind": lambda session: session.ssf,
}

_FACTORS: tuple[tuple[str, str, Callable[[_Kind], bool]], ...] = (
    ("transport", "transport confidentiality required", lambda kind: True),
    ("tls", "TLS confidentiality required", lambda kind: True),
    ("simple_bind", "confidentiality required", lambda kind: kind.simple),
    ("sasl", "SASL confidentiality required", lambda kind: not kind.sasl),
    ("ssf", "confidentiality required", lambda kind: not kind.sasl),
    ("update_transport", "transport confidentiality required for update", lambda kind: kind.is_update),
    ("update_tls", "TLS confidentiality required for update", lambda kind: kind.is_update),
    ("update_sasl", "SASL confidentiality required for update", lambda kind: kind.is_update),
    ("update_ssf", "confidentiality required for update", lambda kind: kind.is_update),
)
"""The factors of ``security`` in the order in which they are checked: name, text, for which requests."""

_REQUIREMENTS: tuple[tuple[str, Callable[[Policy, Session], bool], ResultCode, str], ...] = (
    (
        "strong",
        lambda policy, session: (
            session.identity is not None
            and (session.by_sasl or _STRENGTHS["transport"](session) >= policy.security.get("transport", 0))
        ),
        ResultCode.STRONGER_AUTH_REQUIRED,
        "strong(er) authentication required",
    ),
    (
        "SASL",
        lambda policy, session: session.identity is not None and session.by_sasl,
        ResultCode.STRONGER_AUTH_REQUIRED,
        "SASL authentication required",
    ),
    (
        "authc",
        lambda policy, session: session.identity is not None,
        ResultCode.UNWILLING_TO_PERFORM,
        "authentication required",
    ),
    (
        "bind",
        lambda policy, session: session.protocol != 0,
        ResultCode.OPERATIONS_ERROR,
        "BIND required",
    ),
    (
        "LDAPv3",
        lambda policy, session: session.protocol != 2,
        ResultCode.OPERATIONS_ERROR,
        "operation restricted to LDAPv3 clients",
    ),
)
"""What may be required, in the order in which it is checked: name, whether it is met, code and text of the refusal."""


_MUST_BE_CRITICAL: Mapping[str, tuple[bytes, str]] = {
    "proxy_authz_non_critical": (PROXIED_AUTHORIZATION, "proxied authorization"),
    "dontusecopy_non_critical": (DONT_USE_COPY, "dontUseCopy"),
}
"""What may be disallowed of controls -> the control, and what slapd calls it then."""


def _only_critical(row: Row, name: str) -> Row:
    """The same control, which is refused where it is not critical. Its value is looked at before."""

    def take(control: m.Control, found: dict[bytes, Any]) -> None:
        found[control.oid] = row.read(control.value)
        if not control.criticality:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{name} criticality of FALSE not allowed")

    return replace(row, take=take)


# --- what comes first -------------------------------------------------------------------------------------------------


class _LookedAtTree(Exception):
    """An operation has come to where a refusal is due."""


class _ClosedTree:
    """A tree that nobody may look at. With ``open_outside`` it may still say that a name is in no naming context."""

    def __init__(self, dit: "DIT", open_outside: bool) -> None:
        self._dit = dit
        self._open_outside = open_outside

    def __getattr__(self, name: str) -> Any:
        raise _LookedAtTree

    def find(self, dn: DN) -> None:
        """See DIT.find."""
        if not self._open_outside or self._dit.context(dn) is not None:
            raise _LookedAtTree

    context = find


class _Closed:
    """A directory with such a tree."""

    def __init__(self, directory: "Directory", open_outside: bool) -> None:
        self._directory = directory
        self.dit = _ClosedTree(directory.dit, open_outside)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._directory, name)


def _say_first(directory: "Directory", request: Request) -> None:
    """Raise the LDAPError that an operation answers with before it looks at the tree."""
    op = request.op
    is_extended = type(op) is m.ExtendedRequest
    if is_extended and op.name not in (PASSWORD_MODIFY, WHO_AM_I):  # type: ignore[union-attr]
        return
    closed: Any = _Closed(directory, open_outside=is_extended)
    actions: Iterator[Action] = directory.operations[type(op)](closed, request, {})
    try:
        for _ in actions:
            return
    except _LookedAtTree:
        return
