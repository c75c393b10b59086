"""Requests to a FakeDirectory's handler, as a transport would make them."""

from typing import Any

from fakeldapd import FakeDirectory
from fakeldapd.operations.request import Entries, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import parse

BASE = "dc=example,dc=com"
ADA, BOB, CYD = (f"uid={name},ou=people,{BASE}" for name in ("ada", "bob", "cyd"))
PEOPLE: dict[str, Any] = {
    "users": {"ada": {"cn": "Ada Lovelace", "mail": "ada@example.com", "password": "secret"}, "bob": {}, "cyd": {}},
    "groups": {"staff": ["ada", "bob"]},
}


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
