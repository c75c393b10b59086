"""Operations and criteria, ready to be compared: with requests that were asked, and with those that are being asked.

Both look the same from here: a Record of the log, and what is Coming, have the same names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from fakeldapd.double.criteria import CRITERIA, Criterion, Setting
from fakeldapd.double.names import RuleError, nearest, one_of
from fakeldapd.double.recorded import OPS, code_name
from fakeldapd.middleware.secrets import Secret, concealed
from fakeldapd.operations.extended import WHO_AM_I
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Request
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.double.recorded import RecordedRequest
    from fakeldapd.middleware.recorder import Peer

# --- operations -------------------------------------------------------------------------------------------------------

_WRITES = ("add", "delete", "modify", "rename")
_WORDS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in OPS.values()},
    **dict.fromkeys(("modifydn", "modrdn", "moddn", "modify_dn"), ("rename",)),
    "read": ("search", "compare"),
    "write": (*_WRITES, "passwd"),
}
_EXTENDED = {"starttls": STARTTLS, "whoami": WHO_AM_I, "passwd": PASSWORD_MODIFY}
OPERATIONS = (*_WORDS, *_EXTENDED)
"""The words for operations. An extended operation may also be said by its OID."""

_KINDS: Mapping[str, frozenset[type]] = {
    name: frozenset(kind for kind, named in OPS.items() if named == name) for name in OPS.values()
}
Ops: TypeAlias = "str | Iterable[str] | None"


class Operations:
    """Which requests, by operation: ``kinds`` of them, and ``oids`` of extended ones (none: all). Raises RuleError."""

    def __init__(self, given: Ops) -> None:
        self.kinds: frozenset[type] = frozenset(OPS)
        self.oids: frozenset[bytes] = frozenset()
        self.said = ""
        if given is None:
            return
        words = (given,) if isinstance(given, str) else tuple(given)
        if not words:
            raise RuleError(f"op: none is named; leave it out to have them all, or name some: {', '.join(OPERATIONS)}")
        names: set[str] = set()
        oids: set[bytes] = set()
        for word in words:
            known = str(word).lower()
            if known not in OPERATIONS and not known[:1].isdigit():
                raise one_of("op", word, OPERATIONS)
            for name in _WORDS.get(known, (known,)):
                if name in _KINDS:
                    names.add(name)
                else:
                    oids.add(_EXTENDED.get(name) or name.encode())
        if "extended" in names:
            oids.clear()
        elif oids:
            names.add("extended")
        self.kinds = frozenset(kind for name in names for kind in _KINDS[name])
        self.oids = frozenset(oids)
        self.said = ", ".join(_WORDS[word][0] if len(_WORDS.get(word, ())) == 1 else word for word in map(str, words))

    @property
    def names(self) -> list[str]:
        """The operations, by name."""
        return list(dict.fromkeys(name for kind, name in OPS.items() if kind in self.kinds))

    def include(self, op: Any) -> bool:
        """Whether a request is one of them."""
        kind = op.__class__
        return kind in self.kinds and (kind is not m.ExtendedRequest or not self.oids or op.name in self.oids)


# --- wanted requests --------------------------------------------------------------------------------------------------


class Coming:
    """A request that is being asked, with the names that a Record of it has."""

    __slots__ = ("_session", "controls", "op")

    became = None

    def __init__(self, request: Request, op: Any) -> None:
        self.op = op
        self.controls = request.controls
        self._session = request.session

    @property
    def identity(self) -> DN | None:
        """Who asks."""
        return self._session.identity

    @property
    def is_admin(self) -> bool:
        """Whether that is the administrator."""
        return self._session.is_admin

    @property
    def tls(self) -> bool:
        """Whether it comes through TLS."""
        return self._session.tls

    @property
    def peer(self) -> "Peer | None":
        """Its connection in the log."""
        return getattr(self._session.witness, "peer", None)


@dataclass(frozen=True, slots=True)
class Difference:
    """One criterion beside what a request has: ``wanted`` and ``was`` as text, ``fits`` whether that is the same."""

    name: str
    wanted: str
    was: str
    fits: bool


class Wanted:
    """Operations and criteria, ready to be compared with requests. ``words`` are what may be said here, of CRITERIA.
    Raises RuleError; TypeError for a name that there isn't.
    """

    def __init__(self, op: Ops, criteria: Mapping[str, Any], setting: Setting, words: Iterable[str] = CRITERIA) -> None:
        self._words = words
        self.operations = Operations(op)
        self.criteria = dict(criteria)
        self._setting = setting
        self._ready: list[tuple[str, Criterion, Any]] = []
        kinds = self.operations.kinds
        for name, given in criteria.items():
            criterion = self._criterion(name)
            if criterion.ops:
                kinds &= frozenset(kind for each in criterion.ops for kind in _KINDS[each])
            self._ready.append((name, criterion, criterion.read(given, setting)))
        if not kinds:
            raise RuleError(f"no operation has all of {', '.join(criteria)}")
        self._secrets = any(criterion.secrets for _, criterion, _ in self._ready)
        self.kinds = kinds
        """Of these kinds a request must be."""

    def _criterion(self, name: str) -> Criterion:
        ops = set(self.operations.names)
        names = [each for each in self._words if not CRITERIA[each].ops or ops & set(CRITERIA[each].ops)]
        if name in names:
            return CRITERIA[name]
        of = self.operations.said or "requests"
        error = RuleError if name in CRITERIA else TypeError
        raise error(f"{of} can't be picked by {name}{nearest(name, names)}; there is {', '.join(names)}")

    def of_operation(self, request: "RecordedRequest") -> bool:
        """Whether that is one, whatever else is said."""
        return self.operations.include(request.record.op)

    def takes(self, request: Request) -> bool:
        """Whether one that is being asked is one, which is of these ``kinds``."""
        op: Any = request.op
        if self.operations.oids and not self.operations.include(op):
            return False
        setting = self._setting
        asked = Coming(request, concealed(op, setting.hide) if self._secrets else op)
        for _, criterion, ready in self._ready:  # noqa: SIM110 -- a generator would cost more than the tests
            if not criterion.fits(ready, asked, setting):
                return False
        return True

    def fits(self, request: "RecordedRequest") -> bool:
        """Whether one that was asked is one."""
        asked = request.record
        if asked.op.__class__ not in self.kinds or not self.operations.include(asked.op):
            return False
        return all(criterion.fits(ready, asked, self._setting) for _, criterion, ready in self._ready)

    def differences(self, request: "RecordedRequest") -> list[Difference]:
        """Each criterion beside what the request has."""
        found = []
        for name, criterion, ready in self._ready:
            there = not criterion.ops or request.op in criterion.ops
            fits = there and criterion.fits(ready, request.record, self._setting)
            was = f"(a {request.op} has none)"
            if there:
                value = getattr(request, name) if criterion.shown is None else criterion.shown(request)
                was = value if name == "code" else shown(value)
            found.append(Difference(name, self._said(name, ready), was, fits))
        return found

    def _said(self, name: str, ready: Any) -> str:
        return code_name(ready) if name == "code" else shown(self.criteria[name])

    def __str__(self) -> str:
        said = ", ".join(f"{name}={self._said(name, ready)}" for name, _, ready in self._ready)
        return (self.operations.said or "request") + (f" with {said}" if said else "")


def shown(value: Any) -> str:
    """A value in a message."""
    if isinstance(value, Secret):
        return "another secret"
    return value if isinstance(value, str) and value and " " not in value else repr(value)
