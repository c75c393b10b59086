"""A client in this process: it asks a directory what a connection would."""

from typing import Any

from fakeldapd import FakeDirectory
from fakeldapd.operations.request import Action, Entries, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import parse

BASE = "dc=example,dc=com"
ADA, BOB, CYD = (f"uid={name},ou=people,{BASE}" for name in ("ada", "bob", "cyd"))
PEOPLE: dict[str, Any] = {
    "users": {"ada": {"cn": "Ada Lovelace", "mail": "ada@example.com", "password": "secret"}, "bob": {}, "cyd": {}},
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
        self.session.tell(None)


def found(actions: list[Action]) -> int:
    """How many entries these actions send."""
    return sum(len(action.entries) for action in actions if isinstance(action, Entries))


def search(base: str = BASE, filter: str = "(objectClass=*)", *attributes: str, scope: int = 2) -> m.SearchRequest:
    """A search request."""
    return m.SearchRequest(base.encode(), scope, 0, 0, 0, False, parse(filter), tuple(a.encode() for a in attributes))


def bind(dn: str = ADA, password: str = "secret") -> m.BindRequest:
    """A simple bind."""
    return m.BindRequest(3, dn.encode(), m.SimpleAuthentication(password.encode()))


def ask(directory: FakeDirectory, op: Any, session: Session | None = None) -> list[Any]:
    """The responses to it, and actions that are none."""
    found: list[Any] = []
    for action in directory.handler(Request(session or Session(), 1, op)):
        if isinstance(action, Entries):
            found += [response.op for response in action.responses()]
        else:
            found.append(action.op if isinstance(action, Response) else action)
    return found


def code(directory: FakeDirectory, op: Any, session: Session | None = None) -> int:
    """The result code of the answer."""
    final = ask(directory, op, session)[-1]
    assert isinstance(final, m.LDAPResult)
    return final.code
