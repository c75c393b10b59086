"""What a test holds of a server in another process: its directory, clock, rules and log, with the powers of those here.

A request is copied when a test looks, once: with every look what is new comes through the pipe. On top of the copy is
the same code that looks at requests here. Secrets in it are hashes, and the salt came with it.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from fakeldapd.directory.snapshot import SnapshotError
from fakeldapd.double.clock import Clock, State
from fakeldapd.double.process import Child, Held, ProcessError
from fakeldapd.double.requests import RequestLog
from fakeldapd.double.verify import Verification
from fakeldapd.middleware.recorder import Log, Peer, Record
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.double.diff import Diff

_T = TypeVar("_T")

_ASKED = frozenset(("get", "search", "dump", "add", "modify", "rename", "delete", "load", "explain"))
"""What is done there, with arguments and results that are values."""

_HERE = frozenset(
    ("faults", "stubs", "fault", "stub", "load_stubs", "snapshot", "restore", "reset", "diff", "requests")
)


_ANOTHER = -1
"""A version that no schema has: the child's say nothing of a schema here."""


class RemoteClock(Clock):
    """The clock of a server in another process."""

    def __init__(self, child: Child) -> None:
        self._child = child

    @property
    def state(self) -> State:
        """How it goes. May be set."""
        state: State = self._child.ask("clock")
        return state

    @state.setter
    def state(self, state: State) -> None:
        self._child.ask("clock", state)


class RemoteSchema:
    """The schema of a server in another process, as a schema here."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._lock = threading.Lock()
        self._schema: Schema | None = None
        self._version: int | None = None

    def __call__(self) -> Schema:
        """As it is now."""
        with self._lock:
            found = self._child.ask("schema", self._version)
            if found is not None:
                check, state = found
                schema = self._schema or Schema.load(check=check)
                schema.restore(replace(state, version=_ANOTHER))
                self._schema, self._version = schema, state.version
            assert self._schema is not None
            return self._schema


class RemoteLog(Log):
    """A copy of the log of a server in another process, brought up to date whenever somebody looks."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._lock = threading.Lock()
        self._rows: deque[list[Any]] = deque()
        self._peers: deque[Peer] = deque()
        self._seen = 0
        self._copied = 0
        limit, sent, salt = child.ask("about_log")
        super().__init__(limit, sent=sent)
        self.salt = salt

    @property
    def rows(self) -> deque[list[Any]]:
        """As in Log."""
        self._look()
        return self._rows

    @rows.setter
    def rows(self, rows: deque[list[Any]]) -> None:
        self._rows = rows

    @property
    def peers(self) -> deque[Peer]:
        """As in Log."""
        self._look()
        return self._peers

    @peers.setter
    def peers(self, peers: deque[Peer]) -> None:
        self._peers = peers

    @property
    def seen(self) -> int:
        """As in Log."""
        self._look()
        return self._seen

    @seen.setter
    def seen(self, seen: int) -> None:
        self._seen = seen

    def _look(self) -> None:
        with self._lock:
            running = {record.number: record.row for record in map(Record, self._rows) if record.ended is None}
            new = self._child.ask("log", self._copied, self._seen, tuple(running))
            if new.epoch != self._copied:
                Log.clear(self)
                running = {}
            self._copied, self._seen = new.epoch, new.seen
            for row in new.rows:
                known = running.get(Record(row).number)
                if known is None:
                    self._rows.append(row)
                else:
                    known[:] = row  # whoever has found it sees what has come of it
            while self._rows and Record(self._rows[0]).number < new.first:
                self._rows.popleft()
            self._peers = deque(new.peers, maxlen=self.limit)

    def clear(self) -> None:
        """As in Log."""
        self._child.ask("clear", self.limit, self.sent)

    def wait(self, until: Callable[[], _T], timeout: float) -> _T:
        """As in Log. The waiting is done there, and others may ask for something else meanwhile."""
        end = time.monotonic() + timeout
        state = None
        while not (found := until()) and (rest := end - time.monotonic()) > 0:
            state = self._child.ask("changed", state, rest)
        return found


class RemoteDirectory(Verification):
    """The directory of a server in another process: FakeDirectory's methods, but for those that take a function or give
    what belongs to that process.
    """

    is_served = True

    def __init__(self, child: Child, clock: Clock) -> None:
        self._child = child
        self.clock = clock
        self._requests: RequestLog | None = None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in _ASKED:
            known = ", ".join(sorted(_ASKED | _HERE))
            raise ProcessError(
                f"a directory in another process has no {name!r}; it has {known}, and what is asserted of requests; "
                "leave out subprocess=True"
            )
        return lambda *arguments, **named: self._child.ask("directory", name, *arguments, **named)

    def _within(self, work: Callable[[], _T]) -> _T:
        """Do work here, after the server has had a turn there."""
        self._child.ask("turn")
        return work()

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def base_dn(self) -> str:
        """As FakeDirectory's."""
        return str(self._child.facts["base_dn"])

    @property
    def base_dns(self) -> tuple[str, ...]:
        """As FakeDirectory's."""
        return tuple(self._child.facts["base_dns"])

    @property
    def admin_dn(self) -> str:
        """As FakeDirectory's."""
        return str(self._child.facts["admin_dn"])

    @property
    def admin_password(self) -> str:
        """As FakeDirectory's."""
        return str(self._child.facts["admin_password"])

    @property
    def down(self) -> bool:
        """As FakeDirectory's."""
        return bool(self._child.ask("down"))

    @down.setter
    def down(self, down: bool) -> None:
        self._child.ask("down", down)

    def __len__(self) -> int:
        return int(self._child.ask("directory", "__len__"))

    def __contains__(self, dn: object) -> bool:
        return bool(self._child.ask("directory", "__contains__", dn))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._child.ask("entries"))

    # --- what was asked of it -----------------------------------------------------------------------------------------

    @property
    def requests(self) -> RequestLog:
        """As FakeDirectory's. What a request has come to is seen when ``requests`` is looked at again."""
        if self._requests is None:
            self._requests = RequestLog(RemoteLog(self._child), RemoteSchema(self._child))
        return self._requests

    def diff(self, snapshot: Any = None, *, operational: bool = False) -> "Diff":
        """As FakeDirectory's."""
        held = None if snapshot is None else self._held(snapshot)
        found: Diff = self._child.ask("diff", held, operational)
        return found

    # --- rules --------------------------------------------------------------------------------------------------------

    def fault(self, **said: Any) -> "RemoteRule":
        """As FakeDirectory's."""
        return RemoteRule(self._child, self._child.ask("rule", "fault", **said))

    def stub(self, **said: Any) -> "RemoteRule":
        """As FakeDirectory's."""
        return RemoteRule(self._child, self._child.ask("rule", "stub", **said))

    def load_stubs(self, path: Any) -> "RemoteRule":
        """As FakeDirectory's."""
        return RemoteRule(self._child, self._child.ask("rule", "load_stubs", os.path.abspath(path)))

    @property
    def faults(self) -> "tuple[RemoteRule, ...]":
        """As FakeDirectory's."""
        return tuple(RemoteRule(self._child, number) for number in self._child.ask("rules", "faults"))

    @property
    def stubs(self) -> "tuple[RemoteRule, ...]":
        """As FakeDirectory's."""
        return tuple(RemoteRule(self._child, number) for number in self._child.ask("rules", "stubs"))

    # --- going back ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> Held:
        """As FakeDirectory's."""
        held: Held = self._child.ask("snapshot")
        return held

    def restore(self, snapshot: Any) -> None:
        """As FakeDirectory's."""
        self._child.ask("restore", self._held(snapshot))

    def reset(self, *, connections: str = "keep") -> None:
        """As FakeDirectory's."""
        self._child.ask("reset", connections=connections)

    def _held(self, snapshot: Any) -> Held:
        if not isinstance(snapshot, Held) or snapshot.process != self._child.pid:
            raise SnapshotError("the snapshot is of another directory")
        return snapshot


class RemoteRule:
    """A fault or a stub of a server in another process."""

    def __init__(self, child: Child, number: int) -> None:
        self._child = child
        self._number = number

    @property
    def hits(self) -> int:
        """How many requests it has taken."""
        return int(self._child.ask("of_rule", self._number, "hits"))

    def close(self) -> None:
        """Be in force no longer. Again, or when the process has ended, does nothing."""
        with suppress(ProcessError):
            self._child.ask("close_rule", self._number)

    def __enter__(self) -> "RemoteRule":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteRule) and (self._child, self._number) == (other._child, other._number)

    def __hash__(self) -> int:
        return hash((self._child, self._number))

    def __repr__(self) -> str:
        return str(self._child.ask("of_rule", self._number, "__repr__"))
