"""A server in a process of its own, for who wants it: ``FakeLDAPServer(subprocess=True)``.

The child runs an ordinary FakeLDAPServer. What a test asks of it goes through a pipe that nobody else has: a name, and
arguments; what comes back is the result, or the exception. Snapshots stay where they are, and go by numbers. When the
pipe closes, because the test is over or its process has died, the child ends.
"""

import contextlib
import os
import pickle
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

START = 60.0
"""Seconds that a child may take to end."""

ASKED_OF_DIRECTORY = frozenset(("get", "search", "dump", "add", "modify", "rename", "delete", "load"))
RULES = ("fault", "faults", "stub", "stubs")
ASKED_OF_CLOCK = frozenset(("advance", "set", "stop"))


class ProcessError(RuntimeError):
    """What can't be done with a server in another process, or one that has ended. ``str`` says what to do."""


class Held:
    """Something that the child keeps: a snapshot."""

    def __init__(self, number: int) -> None:
        self.number = number


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
        self._lock = threading.Lock()
        self._parent = os.getpid()
        try:
            self.facts: dict[str, Any] = self.ask("start", data, clock, settings)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    def ask(self, what: str, *arguments: Any, **named: Any) -> Any:
        """Have something done there. Raises what that raises, and ProcessError where it can't be sent or nobody is
        there any more.
        """
        if self._parent != os.getpid():
            raise ProcessError(f"the server belongs to process {self._parent}, and this is a fork of that one")
        try:
            octets = pickle.dumps((what, arguments, named))
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            raise ProcessError(
                f"{what}: can't be sent to another process: {error}; leave out subprocess=True"
            ) from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                _send(self._process.stdin, octets)
                good, found = _receive(self._process.stdout)
            except (OSError, EOFError, ValueError):
                raise ProcessError(f"the server's process {self.pid} has ended") from None
        if good:
            return found
        raise found

    def end(self) -> None:
        """Let the process end, and wait for that."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # it had ended before
                    pipe.close()
        try:
            self._process.wait(START)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class RemoteClock:
    """The clock of a server in another process."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in ASKED_OF_CLOCK:
            raise AttributeError(f"a clock in another process has no {name!r}; it has {_listed(ASKED_OF_CLOCK)}")
        return lambda *arguments, **named: self._child.ask("clock", name, *arguments, **named)


class RemoteDirectory:
    """The directory of a server in another process."""

    def __init__(self, child: Child) -> None:
        self._child = child

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in ASKED_OF_DIRECTORY:
            known = _listed((*ASKED_OF_DIRECTORY, *RULES))
            raise ProcessError(
                f"a directory in another process has no {name!r}; it has {known}; leave out subprocess=True"
            )
        return lambda *arguments, **named: self._child.ask("directory", name, *arguments, **named)

    def fault(self, **said: Any) -> "RemoteRule":
        """As FakeDirectory's."""
        return RemoteRule(self._child, self._child.ask("rule", "fault", said))

    def stub(self, **said: Any) -> "RemoteRule":
        """As FakeDirectory's."""
        return RemoteRule(self._child, self._child.ask("rule", "stub", said))

    @property
    def faults(self) -> "tuple[RemoteRule, ...]":
        """As FakeDirectory's."""
        return tuple(RemoteRule(self._child, number) for number in self._child.ask("rules", "faults"))

    @property
    def stubs(self) -> "tuple[RemoteRule, ...]":
        """As FakeDirectory's."""
        return tuple(RemoteRule(self._child, number) for number in self._child.ask("rules", "stubs"))

    def __len__(self) -> int:
        return int(self._child.ask("directory", "__len__"))

    def __contains__(self, dn: object) -> bool:
        return bool(self._child.ask("directory", "__contains__", dn))


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
        with contextlib.suppress(ProcessError):
            self._child.ask("close_rule", self._number)

    def __enter__(self) -> "RemoteRule":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return str(self._child.ask("of_rule", self._number, "__repr__"))


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))


# --- the pipe ---------------------------------------------------------------------------------------------------------


def _send(pipe: IO[bytes], octets: bytes) -> None:
    pipe.write(struct.pack("!I", len(octets)) + octets)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    """Raises EOFError at the end."""
    head = pipe.read(4)
    if len(head) < 4:
        raise EOFError
    return pickle.loads(pipe.read(struct.unpack("!I", head)[0]))


# --- the child --------------------------------------------------------------------------------------------------------


class _Served:
    """What the child does for its parent."""

    def __init__(self) -> None:
        self._server: Any = None
        self._held: list[Any] = []
        self._rules: list[Any] = []

    def start(self, data: Any, clock: Any, settings: dict[str, Any]) -> dict[str, Any]:
        from fakeldapd.double.server import FakeLDAPServer

        self._server = server = FakeLDAPServer(data, clock=clock, **settings)
        server.start()
        names = ("urls", "ca_file", "base_dn", "admin_dn", "admin_password")
        return {name: getattr(server, name) for name in names}

    def directory(self, name: str, *arguments: Any, **named: Any) -> Any:
        return getattr(self._server.directory, name)(*arguments, **named)

    def clock(self, name: str, *arguments: Any, **named: Any) -> Any:
        return getattr(self._server.clock, name)(*arguments, **named)

    def rule(self, kind: str, said: dict[str, Any]) -> int:
        return self._number(getattr(self._server.directory, kind)(**said))

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

    def snapshot(self) -> Held:
        self._held.append(self._server.snapshot())
        return Held(len(self._held) - 1)

    def restore(self, held: Held) -> None:
        self._server.restore(self._held[held.number])

    def reset(self, **named: Any) -> None:
        self._server.reset(**named)

    def down(self, down: bool) -> None:
        self._server.down = down

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()


def main() -> None:
    """Do what the parent asks, until the pipe closes."""
    served = _Served()
    asking, answering = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints must not get between the answers
    try:
        while True:
            what, arguments, named = _receive(asking)
            try:
                answer = (True, getattr(served, what)(*arguments, **named))
            except Exception as error:
                answer = (False, error)
            _send(answering, pickle.dumps(answer))
    except (EOFError, BrokenPipeError):
        pass
    finally:
        served.stop()
