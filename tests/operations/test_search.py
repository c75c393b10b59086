"""Searches without a socket: streams, limits, time."""

from typing import Any

import pytest

from fakeldapd.operations.limits import Limits
from fakeldapd.operations.request import Entries, Pause, Request, Response, Session
from fakeldapd.protocol.decode import attribute
from fakeldapd.protocol.filter import parse
from fakeldapd.protocol.messages import SearchRequest, SearchResultDone

BASE = b"dc=example,dc=com"


def request(
    text: str = "(objectClass=*)",
    *,
    base: bytes = BASE,
    scope: int = 2,
    size: int = 0,
    time: int = 0,
    attributes: tuple[bytes, ...] = (),
) -> SearchRequest:
    return SearchRequest(base, scope, 0, size, time, False, parse(text), attributes)


def names(actions: Any) -> Any:
    return [dn for a in actions if isinstance(a, Entries) for dn, _ in a.entries]


@pytest.fixture
def many(directory: Any) -> Any:
    """A thousand entries more."""
    schema, entries = directory.schema, directory.entries
    for i in range(1000):
        name = b"device%d" % i
        attributes = {b"objectClass": (b"device",), b"cn": (name,), b"description": (b"number %d" % i,)}
        directory.dit.add(
            schema.dn(b"cn=%b,%b" % (name, BASE)),
            entries.build({schema.attribute(k): v for k, v in attributes.items()}),
        )
    return directory


def test_entries_then_done(ask: Any) -> None:
    found, done = ask(request("(uid=*)", attributes=(b"uid",)))
    assert names([found]) == [b"uid=ada,ou=people,dc=example,dc=com", b"uid=bob,ou=people,dc=example,dc=com"]
    responses = [response.op for response in found.responses()]
    assert [op.dn for op in responses] == names([found])
    assert [attribute(a).values for op in responses for a in op.attributes] == [(b"ada",), (b"bob",)]
    assert done == Response(SearchResultDone())


@pytest.mark.parametrize(
    ("asked", "is_admin", "sent", "code"),
    [(0, False, 5, 4), (3, False, 3, 4), (20, False, 5, 4), (0, True, 1004, 0), (7, True, 7, 4), (1004, True, 1004, 0)],
)
def test_size_limit(many: Any, asked: Any, is_admin: Any, sent: Any, code: Any) -> None:
    many.limits = Limits(size=5)
    session = Session(identity=many.admin_dn, is_admin=is_admin)
    actions = [a for a in many(Request(session, 1, request(size=asked))) if not isinstance(a, Pause)]
    assert len(names(actions)) == sent
    assert actions[-1].op.code == code


def test_a_limit_that_equals_the_hits_is_no_error(ask: Any) -> None:
    assert ask(request("(uid=*)", size=2))[-1].op.code == 0


@pytest.mark.parametrize("text", ["(objectClass=*)", "(!(cn=x))", "(description=*9*)", "(cn=device7)"])
def test_a_search_gives_others_a_turn(many: Any, text: Any) -> None:
    session = Session(identity=many.admin_dn, is_admin=True)
    assert any(isinstance(a, Pause) for a in many(Request(session, 1, request(text))))


def test_time_limit_is_looked_at_in_pauses(many: Any, clock: Any) -> None:
    session = Session(identity=many.admin_dn, is_admin=True)
    seen = []
    for action in many(Request(session, 1, request("(!(cn=x))", time=10))):
        seen.append(action)
        if isinstance(action, Pause):
            clock.now += 6
    assert seen[-1].op.code == 3
    assert 0 < len(names(seen)) < 1000


def test_a_search_is_pulled_and_not_pushed(many: Any) -> None:
    session = Session(identity=many.admin_dn, is_admin=True)
    actions = many(Request(session, 1, request()))
    first = next(actions)
    assert first.entries[0][0] == BASE
    assert len(first.entries) < 200
    actions.close()


def test_what_is_deleted_meanwhile_is_not_sent(many: Any) -> None:
    session = Session(identity=many.admin_dn, is_admin=True)
    actions = many(Request(session, 1, request("(cn=*)")))
    seen = [next(actions)]
    gone = many.schema.dn(b"cn=device500," + BASE)
    many.dit.remove(many.dit.find(gone))
    seen += actions
    assert gone.text not in names(seen)
    assert seen[-1].op.code == 0


def test_an_index_under_construction_does_not_lose_what_changes_meanwhile(many: Any) -> None:
    session = Session(identity=many.admin_dn, is_admin=True)
    actions = many(Request(session, 1, request("(description=late)")))
    assert isinstance(next(actions), Pause)
    node = many.dit.find(many.schema.dn(b"cn=device3," + BASE))
    description = many.schema.attribute(b"description")
    many.dit.put(node, many.entries.change(node.entry, {description: (b"late",)}))
    assert names(actions) == [node.text]


def test_an_unforeseen_exception_is_other_and_says_nothing(
    directory: Any, ask: Any, monkeypatch: Any, caplog: Any
) -> None:
    monkeypatch.setattr(directory, "clock", lambda: 1 / 0)
    (action,) = ask(request(time=5))
    assert (action.op.code, action.op.diagnostic) == (80, b"internal error")
    assert "ZeroDivisionError" in caplog.text
