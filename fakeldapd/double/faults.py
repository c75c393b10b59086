"""``FakeDirectory.fault(...)``: what is said of a fault becomes a rule in force, or a RuleError.

A fault says which requests it is about (``double.matching``), what happens to them (an action of
``middleware.faults.ACTIONS``), and details of that. Connections and handshakes have faults of their own,
``op="connect"`` and ``op="tls"``, which a server performs.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from fakeldapd.double.criteria import a_number, read_code
from fakeldapd.double.matching import MATCHING, Matching, check_arguments, occasions, only, read_matching
from fakeldapd.double.names import RuleError, one_of
from fakeldapd.middleware.faults import ACTIONS, UNANSWERED, Fault, faults
from fakeldapd.middleware.rules import Rule, Rules
from fakeldapd.operations.request import RESPONSES
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import ResultCode

if TYPE_CHECKING:
    from fakeldapd.double.directory import FakeDirectory
    from fakeldapd.server.protocol import LDAPServer
    from fakeldapd.server.service import LDAPServerFactory
    from fakeldapd.server.tls import TLSLayer, TLSTransport

    Handshake: TypeAlias = Callable[[TLSLayer, LDAPServer], TLSTransport]


class FaultSaid(Matching, total=False):
    """What is said of a fault: which requests it is about, and what happens to them.

    ``action``: see ``middleware.faults.ACTIONS``; it may be left out where ``code``, ``delay``, ``size_limit`` or
    ``octets`` say it. ``code``: a number or a name ("busy"); ``text`` the diagnosticMessage; ``referral``: URIs.
    ``delay``: seconds before anything happens, or the least and the most. ``after_entries``: so many entries of the
    real answer come first. ``performed``: the operation is done, and only its answer goes wrong. ``octets``: what
    "garbage" sends. ``size_limit``: in entries.
    """

    action: str
    code: int | str
    text: str
    matched_dn: str
    referral: str | Iterable[str]
    delay: float | tuple[float, float]
    after_entries: int
    performed: bool
    octets: bytes
    size_limit: int


WHAT = tuple(FaultSaid.__annotations__.keys() - set(MATCHING))
_CHANCE = ("nth", "after", "count", "probability", "seed")
_IMPLIED = {
    "size_limit": "size-limit",
    "octets": "garbage",
    "code": "error",
    "referral": "error",
    "text": "error",
    "matched_dn": "error",
    "delay": "delay",
}
"""The action where none is named, by the first of these arguments that there is."""
_DEFAULT_CODES = {"error": ResultCode.OTHER, "notice": ResultCode.UNAVAILABLE}

CONNECT_ACTIONS: Mapping[str, str] = {
    "refuse": "resets the connection as soon as it is there",
    "drop": "closes the connection as soon as it is there",
    "silent": "accepts the connection, and never says a word",
    "down": "refuses every connection, and drops those that there are",
}
TLS_ACTIONS: Mapping[str, str] = {
    "drop": "closes the connection when the client begins the handshake",
    "reset": "resets it then",
    "silent": "never answers the handshake",
    "expired": "shows a certificate that has expired",
    "self-signed": "shows a certificate that nobody has signed",
    "wrong-name": "shows a certificate for another host",
}
"""What may happen before there are requests: ``op="connect"``, ``op="tls"`` (ldaps:// and StartTLS)."""


class EarlyFault(Rule):
    """A fault of a connection, or of a handshake: ``outcome`` is what a server makes of it."""

    word = "fault"

    def __init__(self, op: str, action: str, outcome: Any, **rule: Any) -> None:
        super().__init__(kinds=(EarlyFault,), **rule)
        self.op = op
        self.action = action
        self.outcome = outcome


class Faults:
    """The faults of a directory, the latest first."""

    def __init__(self, directory: "FakeDirectory", factory: "LDAPServerFactory | None") -> None:
        self._directory = directory
        self._early: tuple[EarlyFault, ...] = ()
        self._rules: Rules[Fault] = Rules()
        self._factory = factory
        directory.with_reset(self._clear)

    @property
    def all(self) -> tuple[Rule, ...]:
        """Those in force, the latest first."""
        return (*self._early, *self._rules.all)

    def add(self, said: Mapping[str, Any]) -> Rule:
        """Have one more. Raises RuleError."""
        check_arguments(said, (*MATCHING, *WHAT))
        said = {name: value for name, value in said.items() if value is not None}
        rule: Fault | EarlyFault
        if said.get("op") in ("connect", "tls"):
            early = rule = self._read_early(said)
            self._do(lambda: self._have((early, *self._early), self._rules.all))
            if early.action == "down":
                self._directory.down = True
        else:
            fault = rule = read_fault(self._directory, said)
            self._do(lambda: self._have(self._early, (fault, *self._rules.all)))
        rule.on_close = lambda: self._close(rule)
        return rule

    def _close(self, gone: Rule) -> None:
        with suppress(RuntimeError):  # the server has ended, and the rule with it
            self._do(lambda: self._remove(gone))
            if isinstance(gone, EarlyFault) and gone.action == "down":
                self._directory.down = any(each.action == "down" for each in self._early)

    def _do(self, work: Callable[[], None]) -> None:
        self._directory._within(work)

    def _have(self, early: tuple[EarlyFault, ...], late: tuple[Fault, ...]) -> None:
        self._early = early
        was = self._are_of(RESPONSES)
        self._rules.put(late)
        if was is not self._are_of(RESPONSES):
            self._directory.set_layer("faults", None if was else faults(self._rules))
        self._directory.on_unanswered = faults(self._rules) if self._are_of(UNANSWERED) else None
        if self._factory is not None:
            asked = {rule.op for rule in early}
            self._factory.on_unanswered = self._directory.on_unanswered
            self._factory.on_connect = self._connected if "connect" in asked else None
            self._factory.on_tls = self._handshake if "tls" in asked else None

    def _are_of(self, kinds: Collection[type]) -> bool:
        """Whether there is a rule about such requests."""
        return not self._rules.by_kind.keys().isdisjoint(kinds)

    def _remove(self, gone: Rule) -> None:
        self._have(
            tuple(each for each in self._early if each is not gone),
            tuple(each for each in self._rules.all if each is not gone),
        )
        if isinstance(gone, Fault):
            gone.let_go()
        elif isinstance(gone, EarlyFault) and gone.action == "silent" and self._factory is not None:
            from fakeldapd.server.refusals import end_silence

            end_silence(self._factory)

    def _clear(self) -> None:
        down = any(rule.action == "down" for rule in self._early)
        for rule in self.all:
            self._remove(rule)
        if down:
            self._directory.down = False

    # --- connections and handshakes -----------------------------------------------------------------------------------

    def _connected(self) -> "type[LDAPServer] | None":
        return cast("type[LDAPServer] | None", self._outcome("connect"))

    def _handshake(self) -> "Handshake | None":
        return cast("Handshake | None", self._outcome("tls"))

    def _outcome(self, op: str) -> object:
        for rule in self._early:
            if rule.op == op and rule.outcome is not None and rule.happens():
                return rule.outcome
        return None

    def _read_early(self, said: Mapping[str, Any]) -> EarlyFault:
        op, action = said["op"], str(said.get("action"))
        actions = CONNECT_ACTIONS if op == "connect" else TLS_ACTIONS
        for name in said:
            if name not in ("op", "action", *_CHANCE):
                raise RuleError(f"{name} doesn't go with op={op!r}: only action, {', '.join(_CHANCE)} do")
        if action not in actions:
            raise one_of("action", said.get("action"), actions)
        outcome: Any
        if action == "down":
            if len(said) > 2:
                raise RuleError("action 'down' is of the whole server: nothing else can be said of it")
            outcome = None
        elif self._factory is None:
            raise RuleError(f"op={op!r}: there are no sockets to this directory: give it a FakeLDAPServer")
        elif op == "connect":
            from fakeldapd.server.refusals import CONNECTED

            outcome = CONNECTED[action]
        else:
            outcome = handshake_fault(self._factory, action)
        return EarlyFault(op, action, outcome, occasions=occasions(said), said=in_words(said))


def handshake_fault(factory: "LDAPServerFactory", action: str) -> "Handshake":
    """What becomes of a handshake. Raises RuleError where the server has no TLS, or no certificates of our making."""
    if factory.tls is None:
        raise RuleError("op='tls': this server has no TLS; start it with tls=True")
    from fakeldapd.server.handshakes import HANDSHAKES, with_certificate

    if action in HANDSHAKES:
        return HANDSHAKES[action]
    return with_certificate(flawed_certificate(factory.tls, action))


def flawed_certificate(tls: Any, flaw: str) -> Any:
    """As the server's own ServerTLS, with a certificate that has a flaw. Raises RuleError."""
    from dataclasses import replace
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from fakeldapd.certificates import CertificateError, flawed
    from fakeldapd.server.tls import ServerTLS

    try:
        certificate, key = flawed(Path(tls.files.certificate).parent, flaw)
    except CertificateError as error:
        raise RuleError(f"action={flaw!r}: {error}") from None
    with TemporaryDirectory(prefix="fakeldapd-") as name:
        files = (Path(name, "server.pem"), Path(name, "server-key.pem"))
        for file, octets in zip(files, (certificate, key), strict=True):
            file.write_bytes(octets)
        return ServerTLS(replace(tls.files, certificate=str(files[0]), key=str(files[1])))


# --- reading ----------------------------------------------------------------------------------------------------------


def read_fault(directory: "FakeDirectory", said: Mapping[str, Any]) -> Fault:
    """The rule. Raises RuleError."""
    rule = read_matching(directory, {name: said[name] for name in MATCHING if name in said})
    what = {name: said[name] for name in WHAT if name in said}
    action = _read_action(what)
    row = ACTIONS[action]
    if rule["kinds"].isdisjoint(UNANSWERED):
        if row.kinds:
            what_it_is = "a search" if m.SearchRequest in row.kinds else "an unbind or abandon"
            rule["kinds"] = only(rule["kinds"], row.kinds, f"action {action!r}", what_it_is)
    else:
        _check_unanswered(rule["kinds"], action, what)
    if "after_entries" in what:
        rule["kinds"] = only(rule["kinds"], (m.SearchRequest,), "after_entries", "a search")
    details = _read_details(action, what)
    if "delay" in what:
        details["delay"] = _read_delay(what["delay"], rule["occasions"].random.uniform)
    rule["said"] = in_words(said)
    return Fault(action, **details, **rule)


def _check_unanswered(kinds: frozenset[type], action: str, what: Mapping[str, Any]) -> None:
    """Raise RuleError for what can't go wrong with an unbind or an abandon."""
    if not kinds <= set(UNANSWERED):
        raise RuleError("unbind and abandon have no answer, and need a fault of their own")
    possible = [name for name, row in ACTIONS.items() if kinds <= set(row.also)]
    if action not in possible:
        why = "the connection is closed anyway" if action == "drop" else "there is no answer that could go wrong"
        raise RuleError(f"{why}: {one_of('action', action, possible)}")
    for name in ("after_entries", "performed"):
        if what.get(name) is not None:
            raise RuleError(f"{name} is about answers, which unbind and abandon don't have")


def _read_action(what: Mapping[str, Any]) -> str:
    action = what.get("action")
    if action is None:
        action = next((implied for name, implied in _IMPLIED.items() if name in what), None)
        if action is None:
            raise RuleError(f"what is to happen? Give a code, a delay, or an action: {', '.join(ACTIONS)}")
    if action not in ACTIONS:
        raise one_of("action", action, ACTIONS)
    row = ACTIONS[action]
    for name in what:
        if name not in ("action", "delay", *row.takes):
            takes = f"it takes {', '.join(('delay', *row.takes))}" if row.takes else "it takes a delay only"
            raise RuleError(f"{name} doesn't go with action {action!r}: {takes}")
    for name in row.needs:
        if name not in what and action not in _DEFAULT_CODES:
            raise RuleError(f"action {action!r} needs {name}")
    if what.get("after_entries") is not None and what.get("performed"):
        raise RuleError("after_entries and performed don't go together: give one of them")
    return str(action)


def _read_details(action: str, what: Mapping[str, Any]) -> dict[str, Any]:
    referral = _strings("referral", what.get("referral", ()))
    code = read_code(what["code"]) if "code" in what else int(_DEFAULT_CODES.get(action, 0))
    if referral and "code" in what and code != ResultCode.REFERRAL:
        raise RuleError(f"referral goes with the code 10 (referral), not with {code}")
    for name in ("text", "matched_dn"):
        if not isinstance(what.get(name, ""), str):
            raise RuleError(f"{name}={what[name]!r}: text is expected")
    octets = what.get("octets")
    if octets is not None and not (isinstance(octets, bytes) and octets):
        raise RuleError(f"octets={octets!r}: bytes are expected")
    found: dict[str, Any] = {
        "code": int(ResultCode.REFERRAL) if referral else code,
        "text": what.get("text", ""),
        "matched_dn": what.get("matched_dn", "").encode(errors="surrogateescape"),
        "referral": referral,
        "performed": bool(what.get("performed")),
    }
    if octets is not None:
        found["octets"] = octets
    for name, least in (("after_entries", 0), ("size_limit", 1)):
        if name in what:
            found[name] = a_number(name, what[name], least)
    return found


def _strings(name: str, given: Any) -> tuple[bytes, ...]:
    several = (given,) if isinstance(given, str) else tuple(given)
    if not all(isinstance(each, str) for each in several):
        raise RuleError(f"{name}={given!r}: text is expected, or several")
    return tuple(each.encode(errors="surrogateescape") for each in several)


def _read_delay(given: Any, uniform: Callable[[float, float], float]) -> Callable[[], float]:
    wanted = RuleError(f"delay={given!r}: seconds are expected, or the least and the most")
    if isinstance(given, tuple | list):
        if len(given) != 2 or not all(map(_is_seconds, given)) or not given[0] <= given[1]:
            raise wanted
        least, most = given
        return lambda: uniform(least, most)
    if not _is_seconds(given):
        raise wanted
    return lambda: float(given)


def _is_seconds(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given < float("inf")


def in_words(said: Mapping[str, Any]) -> str:
    """What was said, as it was written."""
    return ", ".join(f"{name}={value!r}" for name, value in said.items())
