"""A directory in this process: made in a line, looked at and changed without a socket, put back as it was.

``FakeDirectory`` is what a test holds in its hand. Behind it is the same directory that answers over the wire, with the
same schema checks; its methods act as the administrator. ``handler`` is what transports call: the connections of a
server, or of the python-ldap shim.
"""

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Unpack

from fakeldapd.config import Config, ConfigError, options
from fakeldapd.directory.ldifwriter import write_record
from fakeldapd.directory.snapshot import Snapshot as TreeSnapshot
from fakeldapd.directory.snapshot import SnapshotError
from fakeldapd.double import data as forms
from fakeldapd.double.clock import Clock, State
from fakeldapd.double.names import as_octets, as_text, nearest
from fakeldapd.double.recorded import OPERATION_NAMES
from fakeldapd.double.remembering import SCOPES, Remembering
from fakeldapd.loading import build
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import COMPUTED_ATTRIBUTES, Loader
from fakeldapd.operations.request import Entries, Handler, Middleware, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import attribute
from fakeldapd.protocol.filter import parse
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.revision import SchemaState

if TYPE_CHECKING:
    from pathlib import Path

    from fakeldapd.double.faults import Faults, FaultSaid
    from fakeldapd.double.stubs import Stubs, StubSaid
    from fakeldapd.middleware.rules import Rule
    from fakeldapd.server.service import LDAPServerFactory

Values: TypeAlias = "str | bytes | int | bool | Iterable[str | bytes | int | bool]"
Attributes: TypeAlias = Mapping[str, Values]
Changes: TypeAlias = "Mapping[str, Values | None] | Iterable[tuple[str, str, Values | None]]"

_T = TypeVar("_T")

OPERATIONS = {name: m.ModifyOperation(number) for number, name in OPERATION_NAMES.items()}
_RESET = LDAPError(ResultCode.UNAVAILABLE, "the directory was reset")
LAYERS = ("stubs", "faults", "recorder")
"""What may be around a directory, from the inside out."""
_NOT_HERE = frozenset(
    (
        "files",
        "listen",
        "allow_remote",
        "notice_on_stop",
        "ready_file",
        "record_requests",
        "log",
        "log_level",
        "admin_password_file",
    )
)
OPTIONS = tuple(name for name, _ in options() if name not in _NOT_HERE)
"""What may be set, by the names of the command line's options."""


def make_settings(given: Mapping[str, Any], names: Iterable[str] = OPTIONS) -> Config:
    """Settings out of keyword arguments: a str where the command line's option may be repeated counts as one value.

    Raises TypeError for a name that there isn't, ConfigError for a value that is no good.
    """
    names = tuple(names)
    rows = dict(options())
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in names:
            raise TypeError(f"there is no option {name!r}{nearest(name, names)}")
        option = rows[name]
        if option.many:
            texts = (value,) if isinstance(value, str) else tuple(value)
            value = option.parse_all(texts)
        elif option.choices and value not in option.choices:
            wanted = f"one of {', '.join(option.choices)} is expected{nearest(str(value), option.choices)}"
            raise ConfigError(f"{name}={value!r}: {wanted}")
        values[name] = value
    return Config.make(values, {})


class DirectoryEntry(Mapping[str, list[str]]):
    """An entry as a test wants to look at it: values by attribute name, in any case of letters.

    Values are text (octets that are no UTF-8 as Python's surrogate escapes); ``raw`` gives them as they are.
    """

    def __init__(self, dn: str, attributes: Iterable[tuple[str, tuple[bytes, ...]]]) -> None:
        self.dn = dn
        self._attributes = dict(attributes)
        self._names = {name.lower(): name for name in self._attributes}

    def __getitem__(self, name: str) -> list[str]:
        return [value.decode(errors="surrogateescape") for value in self.raw(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._attributes)

    def __len__(self) -> int:
        return len(self._attributes)

    def raw(self, name: str) -> tuple[bytes, ...]:
        """The values as octets. Raises KeyError."""
        try:
            return self._attributes[self._names[name.lower()]]
        except KeyError:
            raise KeyError(f"{self.dn} has no {name}{nearest(name, self._attributes)}") from None

    def __repr__(self) -> str:
        return f"<{self.dn}: {', '.join(self._attributes)}>"


@dataclass(slots=True, eq=False)
class Snapshot:
    """A state of a FakeDirectory: entries, schema, clock, counters."""

    tree: TreeSnapshot
    schema: SchemaState
    clock: State
    stamps: Any


class FakeDirectory(Remembering):
    """A directory of its own, in this process.

    ``data`` is what it holds: LDIF, YAML or JSON (text, or the path of a file), a dict (see ``fakeldapd.double.data``),
    or several of these; ``ldif`` is another name for it. Without any it is the sample directory, with ``empty=True`` it
    has no entry. ``stubs`` is a file of answers, see ``load_stubs``: after a reset it gives its first ones again.
    ``clock`` is a Clock, or the time at which one shall stand. Everything else are the command line's
    options by their names: ``base``, ``admin_dn``, ``admin_password``, ``schema``, ``overlay``, ``size_limit`` ...

    Raises LoadError, DataError, ConfigError, TypeError, each saying what is wrong and where.
    """

    def __init__(
        self,
        data: "forms.Data | None" = None,
        *,
        ldif: "forms.Data | None" = None,
        clock: Clock | datetime | str | None = None,
        stubs: "str | Path | None" = None,
        **settings: Any,
    ) -> None:
        clock = clock if isinstance(clock, Clock) else Clock(clock)
        self._make(forms.either(data, ldif), clock, stubs, make_settings(settings))

    def _make(self, data: "forms.Data | None", clock: Clock, stubs: "str | Path | None", settings: Config) -> None:
        self.clock = clock
        self.settings = settings
        records = None if data is None else forms.read(data)
        self._begin(build(settings, records=records, clock=clock, counted=True))
        if stubs is not None:
            self._replay(stubs, again=True)

    def _begin(self, inner: Directory) -> None:
        self.inner = inner
        self.handler: Handler = inner
        """What transports call; another one when layers come or go: see ``when_handled_otherwise``."""
        self._layers: dict[str, Middleware] = {}
        self.on_unanswered: Middleware | None = None
        """Around Abandon and Unbind, which no handler is asked for: what transports call it."""
        self._told: list[Callable[[Handler], None]] = []
        self._with_reset: list[Callable[[], object]] = []
        self._down = False
        self.lock = threading.RLock()
        """Held by whoever is at it: one thread at a time."""
        self._factory: LDAPServerFactory | None = None
        self._fault_rules: Faults | None = None
        self._stub_rules: Stubs | None = None
        self._admin = Session(identity=inner.admin_dn, is_admin=True)
        self.connections: weakref.WeakSet[Any] = weakref.WeakSet()
        """In-process connections: what has ``begin_anew(error)`` and ``drop()``."""
        self.start = self.snapshot()
        """The state that ``reset`` goes back to."""
        self._begin_log()

    # --- what is around it --------------------------------------------------------------------------------------------

    def set_layer(self, name: str, middleware: Middleware | None) -> None:
        """Put a middleware around the directory, or take it away: one of LAYERS. What has nothing to do is not there,
        so that it costs nothing.
        """
        if middleware is None:
            self._layers.pop(name, None)
        else:
            self._layers[name] = middleware
        handler: Handler = self.inner
        for each in LAYERS:
            if each in self._layers:
                handler = self._layers[each](handler)
        self.handler = handler
        for told in self._told:
            told(handler)

    @property
    def layers(self) -> tuple[str, ...]:
        """What is around it, from the inside out."""
        return tuple(each for each in LAYERS if each in self._layers)

    def when_handled_otherwise(self, tell: Callable[[Handler], None]) -> None:
        """Have a transport that keeps the handler told of every other one."""
        self._told.append(tell)

    def with_reset(self, also: Callable[[], object]) -> None:
        """Have this done with every ``reset``, too."""
        self._with_reset.append(also)

    def fault(self, **said: "Unpack[FaultSaid]") -> "Rule":
        """From now on something goes wrong: a rule, in force until it is closed (a context manager does it) or the
        directory is reset. See ``double.matching.Matching`` and ``double.faults.FaultSaid`` for what can be said.
        ``hits`` of what is given back counts what the rule has taken; of several that fit the latest acts.

        Raises RuleError for a rule that makes no sense.
        """
        if self._fault_rules is None:
            from fakeldapd.double.faults import Faults

            self._fault_rules = Faults(self, self._factory)
        return self._fault_rules.add(said)

    @property
    def faults(self) -> "tuple[Rule, ...]":
        """The faults in force, the latest first."""
        return () if self._fault_rules is None else self._fault_rules.all

    def stub(self, **said: "Unpack[StubSaid]") -> "Rule":
        """From now on something is answered that isn't in the directory: a rule, in force until it is closed (a context
        manager does it) or the directory is reset. See ``double.matching.Matching`` and ``double.stubs.StubSaid`` for
        what can be said. Raises RuleError for a rule that makes no sense.
        """
        if self._stub_rules is None:
            from fakeldapd.double.stubs import Stubs

            self._stub_rules = Stubs(self)
        return self._stub_rules.add(said)

    def load_stubs(self, path: "str | Path") -> "Rule":
        """From now on answer what was asked while ``fakeldapd record`` wrote that file as it was answered then: a rule
        as ``stub`` gives one. Raises RuleError for a file that is no good.
        """
        return self._replay(path, again=False)

    def _replay(self, path: "str | Path", *, again: bool) -> "Rule":
        from fakeldapd.double.replayed import Replay

        replay = Replay(self, path)
        rule = replay.begin()
        if again:
            self.with_reset(replay.begin)
        return rule

    @property
    def stubs(self) -> "tuple[Rule, ...]":
        """The stubs in force, in the order in which they are asked."""
        return () if self._stub_rules is None else self._stub_rules.all

    def serve_by(self, factory: "LDAPServerFactory") -> None:
        """Its connections come from here: they may have faults, too."""
        self._factory = factory
        factory.opened = self.opened

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def base_dn(self) -> str:
        """The first naming context."""
        return self.inner.suffixes[0].text.decode()

    @property
    def base_dns(self) -> tuple[str, ...]:
        """The naming contexts."""
        return tuple(dn.text.decode() for dn in self.inner.suffixes)

    @property
    def admin_dn(self) -> str:
        """Who may do everything."""
        return self.inner.admin_dn.text.decode() if self.inner.admin_dn else ""

    @property
    def down(self) -> bool:
        """While true nobody is let in, and who is in has lost the connection. May be set."""
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        if down is not self._down:
            self._down = down
            for connection in list(self.connections) if down else ():
                connection.drop()

    @property
    def admin_password(self) -> str:
        """The administrator's password."""
        return self.settings.admin_password

    def __len__(self) -> int:
        return self._within(lambda: len(self.inner.dit))

    def __contains__(self, dn: object) -> bool:
        return isinstance(dn, str) and self.get(dn) is not None

    def __iter__(self) -> Iterator[DirectoryEntry]:
        return iter([entry for base in self.base_dns if base in self for entry in self.search(base)])

    # --- looking ------------------------------------------------------------------------------------------------------

    def get(self, dn: str) -> DirectoryEntry | None:
        """The entry of that DN with all its attributes, operational ones too; None where there is none. Raises
        LDAPError 34 for a text that is no DN.
        """
        try:
            found = self.search(dn, scope="base")
        except LDAPError as error:
            if error.code != 32:
                raise
            return None
        return found[0] if found else None

    def search(
        self,
        base: str | None = None,
        filter: str = "(objectClass=*)",
        scope: str = "sub",
        attributes: Iterable[str] = ("*", "+"),
    ) -> list[DirectoryEntry]:
        """The entries that match, as a search by the administrator finds them. Raises LDAPError, and ValueError for a
        filter or a scope that is none.
        """
        if scope not in SCOPES:
            raise ValueError(f"scope {scope!r}: one of {', '.join(SCOPES)} is expected{nearest(scope, SCOPES)}")
        name = self.base_dn if base is None else base
        op = m.SearchRequest(
            as_octets(name), SCOPES[scope], 0, 0, 0, False, parse(filter), tuple(a.encode() for a in attributes)
        )
        found = []
        for response in self._perform(op, (m.Control(b"2.16.840.1.113730.3.4.2"),)):
            if isinstance(response, m.SearchResultEntry):
                read = [attribute(encoded) for encoded in response.attributes]
                found.append(DirectoryEntry(as_text(response.dn), [(as_text(a.type), tuple(a.values)) for a in read]))
        return found

    def dump(self) -> str:
        """Everything as LDIF that loads again."""
        records = []
        for entry in self:
            kept = [name for name in entry if name.lower().encode() not in COMPUTED_ATTRIBUTES]
            records.append(write_record(as_octets(entry.dn), [(name.encode(), entry.raw(name)) for name in kept]))
        return b"".join(records).decode(errors="surrogateescape")

    # --- changing -----------------------------------------------------------------------------------------------------

    def add(self, dn: str, attributes: Attributes) -> None:
        """Add an entry. Raises LDAPError as the operation does, DataError for a value that can't be sent."""
        given = tuple(m.Attribute(n.encode(), tuple(forms.values_of(v, f"{dn}: {n}"))) for n, v in attributes.items())
        self._perform(m.AddRequest(as_octets(dn), given))

    def modify(self, dn: str, changes: Changes) -> None:
        """Change an entry: a mapping replaces the values of attributes (None or no value: takes them away); a list of
        ``(operation, attribute, values)`` does what it says, operation being add, delete, replace or increment.
        Raises LDAPError.
        """
        if isinstance(changes, Mapping):
            changes = [("replace", name, values) for name, values in changes.items()]
        made = []
        for operation, name, values in changes:
            if operation not in OPERATIONS:
                wanted = f"one of {', '.join(OPERATIONS)} is expected{nearest(operation, OPERATIONS)}"
                raise ValueError(f"{operation!r}: {wanted}")
            sent = () if values is None else tuple(forms.values_of(values, f"{dn}: {name}"))
            made.append(m.Change(OPERATIONS[operation], name.encode(), sent))
        self._perform(m.ModifyRequest(as_octets(dn), tuple(made)))

    def rename(self, dn: str, new_rdn: str, new_superior: str | None = None, *, keep_old: bool = False) -> None:
        """Give an entry another RDN, and another superior where one is given. Raises LDAPError."""
        superior = None if new_superior is None else as_octets(new_superior)
        self._perform(m.ModifyDNRequest(as_octets(dn), as_octets(new_rdn), not keep_old, superior))

    def delete(self, dn: str, *, subtree: bool = False) -> None:
        """Delete an entry; with ``subtree``, and all below. Raises LDAPError."""
        controls = (m.Control(b"1.2.840.113556.1.4.805", True),) if subtree else ()
        self._perform(m.DeleteRequest(as_octets(dn)), controls)

    def load(self, data: "forms.Data") -> None:
        """Add what the data says, in any form: all of it, or nothing when something is wrong. Raises LDIFError,
        DataError, OSError.
        """
        records = list(forms.read(data))

        def all_or_nothing() -> None:
            before = self.inner.dit.snapshot()
            try:
                Loader(self.inner).load(records)
            except BaseException:
                self.inner.dit.restore(before)
                raise

        self._within(all_or_nothing)

    def _perform(self, op: m.RequestOp, controls: tuple[m.Control, ...] = ()) -> list[m.ResponseOp]:
        return self._within(lambda: _answers(self.inner(Request(self._admin, 1, op, controls))))

    def _within(self, work: Callable[[], _T]) -> _T:
        """Do work where nobody else is at it: here and now; a server does it in its own thread."""
        with self.lock:
            return work()

    # --- going back ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The state as it is now, to go back to with ``restore``."""
        return self._within(self._snapshot)

    def _snapshot(self) -> Snapshot:
        inner = self.inner
        return Snapshot(inner.dit.snapshot(), inner.schema.state, self.clock.state, inner.stamps.state)

    def restore(self, snapshot: Snapshot) -> None:
        """Be as at the time of the snapshot. Raises SnapshotError for another directory's."""
        self._within(lambda: self._restore(snapshot))

    def _restore(self, snapshot: Snapshot) -> None:
        inner = self.inner
        if snapshot.tree.dit is not inner.dit:
            raise SnapshotError("the snapshot is of another directory")
        another_schema = inner.schema.version != snapshot.schema.version
        inner.dit.restore(snapshot.tree)
        if another_schema:
            inner.restore_schema(snapshot.schema)
            snapshot.schema = inner.schema.state
        self.clock.state = snapshot.clock
        inner.stamps.state = snapshot.stamps

    def reset(self, *, connections: str = "keep") -> None:
        """Be as at the start: entries, schema, clock, faults, stubs, the request log, up again. Operations that are
        running are answered 52, "the directory was reset", and no search goes on with an earlier cookie;
        ``connections="drop"`` closes every connection as well. Raises ValueError for another word.
        """
        if connections not in ("keep", "drop"):
            raise ValueError(f"connections={connections!r}: keep or drop is expected")
        self._within(lambda: self._reset(connections == "drop"))
        self.down = False

    def _reset(self, drop: bool) -> None:
        served: Iterable[Any] = () if self._factory is None else self._factory.connections
        for connection in (*self.connections, *served):
            connection.begin_anew(_RESET)
        if drop:
            for connection in list(self.connections):
                connection.drop()
            if self._factory is not None:
                self._factory.drop()
        self._restore(self.start)
        for also in self._with_reset:
            also()


def _answers(actions: Iterable[Any]) -> list[m.ResponseOp]:
    """What a handler answers. Raises LDAPError where that is no success."""
    found: list[m.ResponseOp] = []
    for action in actions:
        if isinstance(action, Entries):
            found += [response.op for response in action.responses()]
        elif isinstance(action, Response):
            op = action.op
            if isinstance(op, m.LDAPResult) and op.code:
                text = op.diagnostic.decode(errors="replace")
                raise LDAPError(op.code, text, matched_dn=op.matched_dn, referral=op.referral)
            found.append(op)
    return found
