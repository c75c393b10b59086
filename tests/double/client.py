"""A client in this process: it asks a directory what a connection would. And a directory seen through a pipe."""

import os
import pickle
from collections.abc import Callable
from typing import Any, cast

from fakeldapd import FakeDirectory
from fakeldapd.double.process import Child, _packed, _Served
from fakeldapd.double.remote import RemoteDirectory
from fakeldapd.operations.request import Action, Entries, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import parse

BASE = "dc=example,dc=com"
ADA, BOB = (f"uid={name},ou=people,{BASE}" for name in ("ada", "bob"))
PEOPLE: dict[str, Any] = {
    "users": {"ada": {"cn": "Ada Lovelace", "mail": "ada@example.com", "password": "secret"}, "bob": {}},
    "groups": {"staff": ["ada", "bob"]},
}


class Asking:
    """One connection. Each method asks, and gives the actions that answer."""

    def __init__(self, directory: FakeDirectory, **session: Any) -> None:
        self.directory = directory
        self.session = Session(**{"peer": "127.0.0.1:5", **session})

    def ask(self, op: Any, *controls: m.Control) -> list[Action]:
        """Any request."""
        return list(self.directory.handler(Request(self.session, 1, op, controls)))

    def bind(self, dn: str = ADA, password: str = "secret", version: int = 3) -> int:
        """A simple bind; gives the code."""
        op = m.BindRequest(version, dn.encode(), m.SimpleAuthentication(password.encode()))
        [answer] = self.ask(op)
        assert isinstance(answer, Response)
        assert isinstance(answer.op, m.LDAPResult)
        return answer.op.code

    def search(
        self,
        filter: str = "(objectClass=*)",
        base: str = BASE,
        scope: int = 2,
        attributes: tuple[str, ...] = (),
        size_limit: int = 0,
        controls: tuple[m.Control, ...] = (),
    ) -> list[Action]:
        """A search."""
        names = tuple(name.encode() for name in attributes)
        return self.ask(m.SearchRequest(base.encode(), scope, 0, size_limit, 0, False, parse(filter), names), *controls)

    def modify(self, dn: str, attribute: str, *values: str, operation: int = 2) -> list[Action]:
        """A change of one attribute."""
        change = m.Change(operation, attribute.encode(), tuple(v.encode() for v in values))
        return self.ask(m.ModifyRequest(dn.encode(), (change,)))

    def unbind(self) -> None:
        """Say goodbye, and close."""
        self.session.tell(m.UnbindRequest(), 99)
        self.session.end()


def found(actions: list[Action]) -> int:
    """How many entries these actions send."""
    return sum(len(action.entries) for action in actions if isinstance(action, Entries))


class _Serving:
    """A directory in the place of a server that has it."""

    def __init__(self, directory: FakeDirectory) -> None:
        self.directory = directory

    def call(self, work: Callable[[], Any]) -> Any:
        """As a server's."""
        return work()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.directory, name)


class Pipe(Child):
    """A child without a process: what goes through the pipe and back is as with one."""

    def __init__(self, directory: FakeDirectory) -> None:
        self._served = _Served()
        self._served._server = _Serving(directory)

    @property
    def pid(self) -> int:
        return os.getpid()

    def ask(self, what: str, /, *arguments: Any, **named: Any) -> Any:
        what, arguments, named = pickle.loads(pickle.dumps((what, arguments, named)))
        try:
            octets = _packed(True, getattr(self._served, what)(*arguments, **named))
        except Exception as error:
            octets = _packed(False, error)
        good, found = pickle.loads(octets)
        if not good:
            raise found
        return found


def in_another_process(directory: FakeDirectory) -> FakeDirectory:
    """That directory as it is seen from another process."""
    return cast(FakeDirectory, RemoteDirectory(Pipe(directory), directory.clock))
