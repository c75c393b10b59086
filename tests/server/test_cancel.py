"""Cancel (RFC 3909): one operation ends another of its connection, and both are answered."""

from collections.abc import Callable
from typing import Any

import pytest

from fakeldapd.operations.cancel import CANCEL
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Action, Cancel, Delay, Request, Response, Session, Wait
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.schema.registry import Schema

Serve = Callable[..., Any]

SEARCH = m.SearchRequest(b"", m.Scope.BASE, 0, 0, 0, False, m.Present(b"objectClass"), ())
DONE = Response(m.SearchResultDone())
CANCELED = m.SearchResultDone(118)
BIND = m.BindRequest(3, b"", m.SimpleAuthentication(b""))


def value(message_id: int) -> bytes:
    return ber.element(b"\x30", ber.encode_integer(b"\x02", message_id))


def request(message_id: int) -> m.ExtendedRequest:
    return m.ExtendedRequest(CANCEL, value(message_id))


def with_cancel(actions: dict[int, list[Any]]) -> Callable[[Request], Any]:
    """A handler that performs Cancel as the directory does and plays actions for everything else."""
    schema = Schema()
    directory = Directory(schema, [schema.dn(b"dc=test")])

    def handler(request: Request) -> Any:
        if isinstance(request.op, m.ExtendedRequest) and request.op.name == CANCEL:
            return directory(request)
        return iter(actions[request.message_id])

    return handler


def test_both_are_answered(serve: Serve) -> None:
    served = serve(with_cancel({1: [Delay(5), DONE], 2: [Wait(), DONE], 3: [DONE]}))
    client = served.connect()
    client.send((1, SEARCH), (2, SEARCH), (8, request(2)), (9, request(1)), (3, SEARCH))
    assert client.received() == [
        (2, CANCELED),
        (8, m.ExtendedResponse()),
        (1, CANCELED),
        (9, m.ExtendedResponse()),
        (3, m.SearchResultDone()),
    ]
    served.clock.advance(10)
    served.run()
    assert client.received() == []
    assert client.server.session.outstanding == 0


@pytest.mark.parametrize(
    ("op", "message_id", "code"),
    [
        (SEARCH, 7, 119),
        (SEARCH, 0, 119),
        (SEARCH, 2, 121),
        (m.ExtendedRequest(STARTTLS, None), 1, None),
        (BIND, 1, None),
    ],
)
def test_what_cannot_be_cancelled(op: m.RequestOp, message_id: int, code: int | None, serve: Serve) -> None:
    served = serve(with_cancel({1: [Delay(5), DONE]}))
    client = served.connect()
    client.send((1, op), (2, request(message_id)))
    answers = client.received()
    if code is None:  # nothing begins beside it, so there is nobody to cancel it
        assert answers == []
    else:
        assert [(number, answer.code) for number, answer in answers] == [(2, code)]


def test_what_has_not_begun_can_be_cancelled_too(serve: Serve) -> None:
    from fakeldapd.server.cancel import cancel

    sent: list[bytes] = []
    pending = [m.LDAPMessage(4, SEARCH, ()), m.LDAPMessage(5, BIND, ()), m.LDAPMessage(6, m.UnbindRequest(), ())]
    for message_id, code, left in ((4, 0, [5, 6]), (5, 121, [5, 6]), (6, 119, [5, 6])):
        action = Cancel(message_id)
        cancel(action, [], pending, lambda parked: None, sent.append)
        assert (action.code, [message.message_id for message in pending]) == (code, left)
    assert len(sent) == 1


VALUES = [
    (None, 2, b"no message ID supplied"),
    (b"", 2, b"empty request data field"),
    (b"junk", 2, b"message ID parse failed"),
    (b"\x30\x00", 2, b"message ID parse failed"),
    (b"\x30\x03\x02\x02\x01", 2, b"message ID parse failed"),
    (value(2**40), 2, b"message ID parse failed"),
    (value(-1), 2, b"message ID invalid"),
    (value(77), 119, b"message ID not found"),
    (value(5), 121, b"cannot cancel self"),
]


@pytest.mark.parametrize(("content", "code", "text"), VALUES, ids=repr)
def test_values(content: bytes | None, code: int, text: bytes) -> None:
    schema = Schema()
    directory = Directory(schema, [schema.dn(b"dc=test")])
    actions: list[Action] = list(directory(Request(Session(), 5, m.ExtendedRequest(CANCEL, content))))
    assert actions[-1:] == [Response(m.ExtendedResponse(code, diagnostic=text))]
