"""The whole server against octets of any kind: answers, notices and closes are all that comes out, and the next
connection works.

A hundred thousand PDUs in an ordinary run, as many as ``FAKELDAPD_FUZZ`` says else. A failure shows seed and round.
"""

import logging
import os
import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from fakeldapd.config import Config
from fakeldapd.loading import build
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message

WORKERS = 4
ROUNDS = int(os.environ.get("FAKELDAPD_FUZZ", "100000")) // WORKERS

PEOPLE = b"ou=people,dc=example,dc=com"
ALICE = b"uid=alice," + PEOPLE
NEW = b"uid=new," + PEOPLE
FILTERS: list[m.Filter] = [
    m.Present(b"objectClass"),
    m.And((m.Equality(b"uid", b"bob"), m.Or((m.Not(m.Present(b"sn")), m.GreaterOrEqual(b"uidNumber", b"5"))))),
    m.Substrings(b"cn", b"a", (b"l", b"i"), b"e"),
    m.Approx(b"cn", b"alise"),
    m.Extensible(b"caseExactMatch", b"cn", b"x", True),
    m.Extensible(b"1.2.840.113556.1.4.803", b"uidNumber", b"1"),
    m.LessOrEqual(b"createTimestamp", b"20300101000000Z"),
]
OPS: list[m.RequestOp] = [
    m.BindRequest(3, ALICE, m.SimpleAuthentication(b"alice-secret")),
    m.BindRequest(3, b"cn=admin,dc=example,dc=com", m.SimpleAuthentication(b"admin")),
    m.BindRequest(3, b"", m.SaslCredentials(b"PLAIN", b"\0a\0b")),
    m.UnbindRequest(),
    *(m.SearchRequest(b"dc=example,dc=com", 2, 3, 10, 3, False, each, (b"cn", b"+")) for each in FILTERS),
    m.SearchRequest(b"", 0, 0, 0, 0, True, FILTERS[0], (b"*", b"+")),
    m.SearchRequest(b"cn=Subschema", 0, 0, 0, 0, False, FILTERS[0], (b"objectClasses",)),
    m.ModifyRequest(ALICE, (m.Change(2, b"description", (b"a", b"b" * 130)), m.Change(1, b"title", ()))),
    m.AddRequest(NEW, tuple(m.Attribute(n, (v,)) for n, v in ((b"objectClass", b"account"), (b"uid", b"new")))),
    m.DeleteRequest(NEW),
    m.ModifyDNRequest(NEW, b"uid=newer", True, b"ou=services,dc=example,dc=com"),
    m.CompareRequest(ALICE, b"uid", b"ALICE"),
    m.AbandonRequest(7),
    m.ExtendedRequest(b"1.3.6.1.4.1.1466.20037"),
    m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3"),
    m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.1", b"0\x00"),
]
CONTROLS = (m.Control(b"2.16.840.1.113730.3.4.2", True), m.Control(b"1.2.3", False, b"value"))
SEEDS = [encode_message(n, op, ()) for n, op in enumerate(OPS)] + [encode_message(9, op, CONTROLS) for op in OPS]


def mutated(rng: random.Random) -> bytes:
    """A request with a few octets wrong, its outer length often put right again; sometimes nothing but noise."""
    if rng.random() < 0.05:
        return rng.randbytes(rng.randrange(1, 60))
    octets = bytearray(rng.choice(SEEDS))
    for _ in range(rng.choice((0, 1, 1, 1, 2, 4))):
        at = rng.randrange(len(octets))
        match rng.randrange(5):
            case 0:
                octets[at] = rng.randrange(256)
            case 1:
                octets[at] = (octets[at] + rng.choice((-1, 1))) % 256
            case 2:
                del octets[at]
            case 3:
                octets[at:at] = rng.randbytes(rng.choice((1, 2, 9)))
            case _:
                octets[at:at] = octets[at : at + rng.randrange(40)]
        if not octets:
            return b"\x00"
    if octets[0] == 0x30 and rng.random() < 0.7:
        body = bytes(octets[2 if octets[1] < 128 else 2 + octets[1] - 128 :]) if len(octets) > 2 else b""
        size = len(body)
        return bytes([0x30, 0x82, size >> 8 & 255, size & 255]) + body
    return bytes(octets)


@cache
def directory() -> Any:
    return build(Config())


def connections(serve: Callable[..., Any]) -> Iterator[Any]:
    served = serve(directory())
    while True:
        yield served, served.connect()


@pytest.mark.parametrize("seed", range(WORKERS))
def test_whatever_comes_in(serve: Callable[..., Any], seed: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    rng = random.Random(seed)
    done = 0
    for served, client in connections(serve):
        sent: list[bytes] = []
        while len(sent) < 40 and not client.transport.closed:
            octets = mutated(rng)
            sent.append(octets)
            pieces = [octets] if rng.random() < 0.7 else [octets[:5], octets[5:]]
            for piece in pieces:
                client.server.dataReceived(piece)
        served.run(2)
        answers = client.received()  # raises where something else came out
        assert client.transport.closed != "aborted", (seed, done, sent)
        notices = [at for at, (_, op) in enumerate(answers) if getattr(op, "name", None) == m.NOTICE_OF_DISCONNECTION]
        assert notices in ([], [len(answers) - 1]), (seed, done, sent)
        for _, op in answers:
            assert not isinstance(op, m.LDAPResult) or op.code != 80, (seed, done, sent, op)
        assert not caplog.records, (seed, done, sent)
        client.transport.abortConnection()
        done += len(sent)
        if done >= ROUNDS:
            break
    assert_works(served.connect())
    assert served.clock.getDelayedCalls() == []


def assert_works(client: Any) -> None:
    client.send((1, m.SearchRequest(b"", 0, 0, 0, 0, False, FILTERS[0])))
    assert client.ids() == [1, 1]
    client.transport.abortConnection()
