"""A server in a process of its own, for who wants it: ``FakeLDAPServer(subprocess=True)``.

The child runs an ordinary FakeLDAPServer. What a test asks of it goes through a pipe that nobody else has: a number, a
name, and arguments; what comes back is the number, and the result or the exception. ``double.remote`` has what a test
holds of it. Snapshots and rules stay where they are, and go by numbers. What waits, waits in a thread of the child's,
so that whoever waits keeps nobody else from asking. When the pipe closes, because the test is over or its process has
died, the child ends.
"""

import contextlib
import io
import itertools
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Collection
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fakeldapd.operations.request import Signal
from fakeldapd.schema.dn import DN, RDN, ROOT

if TYPE_CHECKING:
    from fakeldapd.middleware.recorder import Log, Peer
    from fakeldapd.schema.registry import SchemaCheck
    from fakeldapd.schema.revision import SchemaState

START = 60.0
"""Seconds that a child may take to end."""

_HEAD = struct.Struct("!QQ")
"""Before each message: its number, and how many octets it has."""

_NAMING = frozenset(("directory", "rule"))
"""What has the name of what is to be done as its first argument."""

_WAITING = frozenset(("changed",))
"""What is done in a thread of its own there."""


class ProcessError(RuntimeError):
    """What can't be done with a server in another process, or one that has ended. ``str`` says what to do."""


class Held:
    """Something that the child of that process id keeps: a snapshot."""

    def __init__(self, number: int, process: int) -> None:
        self.number = number
        self.process = process


class Copied(NamedTuple):
    """What is new in the child's log. ``epoch`` is the how many-eth it is, ``seen`` how many requests it has had,
    ``first`` the number of the oldest that is kept; ``rows`` are of those that are new or were still running, and
    ``peers`` are all.
    """

    epoch: int
    seen: int
    first: int
    rows: list[list[Any]]
    peers: "list[Peer]"


class Child:
    """The other process, and the pipe to it. ``facts`` are the server's addresses and names."""

    def __init__(self, data: Any, clock: Any, settings: dict[str, Any]) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FAKELDAPD_")}
        environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from fakeldapd.double.process import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        self._parent = os.getpid()
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._turn = threading.Condition()
        self._is_reading = False
        """Whether somebody reads: for whoever waits for an answer."""
        self._answers: dict[int, bytes] = {}
        try:
            self.facts: dict[str, Any] = self.ask("start", data, clock, settings)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def ask(self, what: str, /, *arguments: Any, **named: Any) -> Any:
        """Have something done there. Raises what that raises, and ProcessError where it can't be sent or nobody is
        there any more.
        """
        if self._parent != os.getpid():
            raise ProcessError(f"the server belongs to process {self._parent}, and this is a fork of that one")
        try:
            octets = pickle.dumps((what, arguments, named))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            name = arguments[0] if what in _NAMING else what
            raise ProcessError(
                f"{name}: can't be sent to another process: {error}; leave out subprocess=True"
            ) from None
        assert self._process.stdin is not None
        number = next(self._numbers)
        try:
            with self._sending:
                _send(self._process.stdin, number, octets)
            answer = self._answer_to(number)
        except (OSError, EOFError, ValueError):
            raise ProcessError(f"the server's process {self.pid} has ended") from None
        good, found = pickle.loads(answer)
        if good:
            return found
        raise found

    def _answer_to(self, number: int) -> bytes:
        """Read answers, or have another thread read them that does already, until that one is there. Raises EOFError,
        OSError, ValueError where none will come.
        """
        assert self._process.stdout is not None
        while True:
            with self._turn:
                self._turn.wait_for(lambda: number in self._answers or not self._is_reading)
                if number in self._answers:
                    return self._answers.pop(number)
                self._is_reading = True
            try:
                answered, octets = _receive(self._process.stdout)
                self._answers[answered] = octets
            finally:
                with self._turn:
                    self._is_reading = False
                    self._turn.notify_all()

    def end(self) -> None:
        """Let the process end, and wait for that."""
        asking, answers = self._process.stdin, self._process.stdout
        assert asking is not None
        assert answers is not None
        with contextlib.suppress(BrokenPipeError):  # it had ended before
            asking.close()
        if not self._is_reading:  # who reads holds the pipe until its end
            answers.close()
        try:
            self._process.wait(START)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._parent == os.getpid():  # in a fork nobody lets go of it who was reading
            answers.close()


# --- the pipe ---------------------------------------------------------------------------------------------------------


def _send(pipe: IO[bytes], number: int, octets: bytes) -> None:
    pipe.write(_HEAD.pack(number, len(octets)) + octets)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[int, bytes]:
    """Raises EOFError at the end."""
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    number, length = _HEAD.unpack(head)
    octets = pipe.read(length)
    if len(octets) < length:
        raise EOFError
    return number, octets


# --- the child --------------------------------------------------------------------------------------------------------


def _name(text: bytes, key: bytes) -> DN:
    """A DN that is good for being looked at and compared: what its types are is known to the child's schema only."""
    return DN(RDN(text, key, ()), ROOT)


class _Pickler(pickle.Pickler):
    """Sends values, and leaves out what they hang on to here."""

    def reducer_override(self, what: Any) -> Any:
        """What is sent in the place of ``what``."""
        if type(what) is DN:
            return _name, (what.text, what.key)
        if type(what) is Signal:
            return Signal, ()
        return NotImplemented


def _packed(good: bool, found: Any) -> bytes:
    """An answer. One that can't be sent or read is a ProcessError."""
    octets = io.BytesIO()
    try:
        _Pickler(octets).dump((good, found))
        if not good:
            pickle.loads(octets.getvalue())  # exceptions are made of arguments that theirs may not be
    except Exception as error:
        said = f"{type(found).__name__}: {found}" if not good else f"the answer can't be sent: {error}"
        return pickle.dumps((False, ProcessError(said)))
    return octets.getvalue()


class _Served:
    """What the child does for its parent."""

    def __init__(self) -> None:
        self._server: Any = None
        self._held: list[Any] = []
        self._rules: list[Any] = []
        self._epochs: list[object] = []

    def start(self, data: Any, clock: Any, settings: dict[str, Any]) -> dict[str, Any]:
        from fakeldapd.double.server import FakeLDAPServer

        self._server = server = FakeLDAPServer(data, clock=clock, **settings)
        server.start()
        names = ("urls", "ca_file", "base_dn", "base_dns", "admin_dn", "admin_password")
        return {name: getattr(server, name) for name in names}

    def unreadable(self, why: str) -> None:
        raise ProcessError(f"what was sent can't be read in another process: {why}; leave out subprocess=True")

    def directory(self, name: str, /, *arguments: Any, **named: Any) -> Any:
        return getattr(self._server.directory, name)(*arguments, **named)

    def entries(self) -> list[Any]:
        return list(self._server.directory)

    def turn(self) -> None:
        self._server.call(lambda: None)

    def clock(self, state: Any = None) -> Any:
        """How the clock goes, and from now on so."""
        if state is not None:
            self._server.clock.state = state
        return self._server.clock.state

    def down(self, down: bool | None = None) -> bool:
        """Whether it is down, and from now on so."""
        if down is not None:
            self._server.down = down
        return bool(self._server.down)

    # --- faults and stubs ---------------------------------------------------------------------------------------------

    def rule(self, kind: str, /, *arguments: Any, **said: Any) -> int:
        return self._number(getattr(self._server.directory, kind)(*arguments, **said))

    def rules(self, kinds: str) -> list[int]:
        return [self._number(rule) for rule in getattr(self._server.directory, kinds)]

    def _number(self, rule: Any) -> int:
        if rule not in self._rules:
            self._rules.append(rule)
        return self._rules.index(rule)

    def of_rule(self, number: int, what: str) -> Any:
        rule = self._rules[number]
        return repr(rule) if what == "__repr__" else rule.hits

    def close_rule(self, number: int) -> None:
        self._rules[number].close()

    # --- going back ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> Held:
        self._held.append(self._server.snapshot())
        return Held(len(self._held) - 1, os.getpid())

    def restore(self, held: Held) -> None:
        self._server.restore(self._held[held.number])

    def reset(self, **named: Any) -> None:
        self._server.reset(**named)

    def diff(self, held: Held | None, operational: bool) -> Any:
        return self._server.diff(None if held is None else self._held[held.number], operational=operational)

    # --- the log ------------------------------------------------------------------------------------------------------

    @property
    def _log(self) -> "Log":
        log: Log = self._server.requests.log
        return log

    def about_log(self) -> tuple[int, int, bytes]:
        """How many requests it keeps, of how many entries of an answer, and the salt of its hashes."""
        return self._log.limit, self._log.sent, self._log.salt

    def clear(self, limit: int, sent: int) -> None:
        """Begin another epoch, in which so much is kept."""
        self._log.limit, self._log.sent = limit, sent
        self._log.clear()

    def _epoch(self) -> int:
        """The how many-eth it is, from 1."""
        if not self._epochs or self._epochs[-1] is not self._log.epoch:
            self._epochs.append(self._log.epoch)
        return len(self._epochs)

    def log(self, epoch: int, last: int, running: Collection[int]) -> Copied:
        """What is new to who knows of the first ``last`` requests of that epoch; ``running`` had no end yet."""
        copied: Copied = self._server.call(lambda: self._copy(epoch, last, frozenset(running)))
        return copied

    def _copy(self, epoch: int, last: int, running: Collection[int]) -> Copied:
        log, now = self._log, self._epoch()
        records = log.snapshot()
        if now != epoch:
            last = 0
        rows = [record.row for record in records if record.number > last or record.number in running]
        return Copied(now, log.seen, records[0].number if records else log.seen + 1, rows, log.connections())

    def changed(self, since: Any, timeout: float) -> Any:
        """Wait until the log is in another state than that, or ``timeout`` seconds are over, and give the state."""
        log = self._log

        def state() -> tuple[int, ...]:
            peers = log.connections()
            over = sum(record.ended is not None for record in log.snapshot())
            ended = sum(peer.unbound for peer in peers), sum(peer.closed for peer in peers)
            return self._epoch(), log.seen, over, len(peers), *ended

        log.wait(lambda: state() != since, timeout)
        return state()

    def schema(self, version: int | None) -> "tuple[SchemaCheck, SchemaState] | None":
        """How strict it is, and the definitions in force, where they are not of that version."""
        schema = self._server.directory.inner.schema
        if schema.version == version:
            return None
        state: SchemaState = schema.state
        rows = {kind: tuple(row.unlinked() for row in rows) for kind, rows in state.rows.items()}
        return schema.check, replace(state, rows=rows)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()


def _read(question: bytes) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    """What is asked for."""
    try:
        found: tuple[str, tuple[Any, ...], dict[str, Any]] = pickle.loads(question)
    except Exception as error:
        return "unreadable", (str(error),), {}
    return found


def main() -> None:
    """Do what the parent asks, until the pipe closes."""
    served = _Served()
    asking, answering = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints must not get between the answers
    sending = threading.Lock()

    def answer(number: int, what: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        try:
            octets = _packed(True, getattr(served, what)(*arguments, **named))
        except Exception as error:
            octets = _packed(False, error)
        with sending, contextlib.suppress(BrokenPipeError):  # nobody is there any more to read it
            _send(answering, number, octets)

    try:
        while True:
            number, question = _receive(asking)
            asked = number, *_read(question)
            if asked[1] in _WAITING:
                threading.Thread(target=answer, args=asked, daemon=True).start()
            else:
                answer(*asked)
    except EOFError:
        pass
    finally:
        served.stop()
