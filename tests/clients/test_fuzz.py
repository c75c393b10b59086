"""Octets of any kind over real sockets: answers, Notices of Disconnection and clean ends are all that comes out.

The requests of all differential situations, mutated, and noise; a hundred thousand of them in an ordinary run, as many
as ``FAKELDAPD_FUZZ`` says else. Each batch has a connection of its own, half of them the administrator's, so that much
of it gets through to the directory. A failure names seed and round.
"""

import os
import random
from functools import cache

import pytest
from oracle import wire
from oracle.client import NOTICE, Answer, Client, take
from oracle.compare import Subject, Subjects
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, PASSWORD
from oracle.table import situations

WORKERS = 4
BATCH = 12
BATCHES = max(1, int(os.environ.get("FAKELDAPD_FUZZ", "100000")) // WORKERS // BATCH)
BETWEEN_RESETS = 100
MOST_MEMORY = 400_000_000
"""Octets that the server may have come to use after all of it."""

BIND = wire.message(1, wire.bind_op(ADMIN, PASSWORD))
WHO_AM_I = wire.message(1, wire.extended_op("1.3.6.1.4.1.4203.1.11.3"))
UNBIND = wire.message(1, wire.tlv(0x42))


@cache
def corpus() -> tuple[bytes, ...]:
    """Every request of the situations, as a message."""
    steps = [step for row in situations().values() for step in (*row.setup, *row.steps)]
    requests = {wire.message(7, *step.request) for step in steps if step.request is not None}
    return tuple(sorted(octets for octets in requests if len(octets) < 2000))


def mutated(rng: random.Random) -> bytes:
    """A request with something wrong in it, its outer length mostly put right again; sometimes noise."""
    if rng.random() < 0.03:
        return rng.randbytes(rng.randrange(1, 60))
    octets = bytearray(rng.choice(corpus()))
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(octets))
        what = rng.randrange(6)
        if what == 0:
            octets[at] ^= 1 << rng.randrange(8)
        elif what == 1:
            octets[at] = rng.choice((0, 1, 0x30, 0x7F, 0x80, 0x81, 0x84, 0xA0, 0xA3, 0xFF, rng.randrange(256)))
        elif what == 2:
            octets[at:at] = rng.randbytes(rng.randrange(1, 5))
        elif what == 3:
            del octets[at : at + rng.randrange(1, 5)]
        elif what == 4:
            other = rng.choice(corpus())
            start = rng.randrange(len(other))
            octets[at : at + 8] = other[start : start + rng.randrange(16)]
        else:
            octets[at:at] = octets[at : at + rng.randrange(30)]
        if not octets:
            return b"\x30"
    if rng.random() < 0.9:
        inner = bytes(octets[2:] if len(octets) < 3 or octets[1] < 0x80 else octets[2 + (octets[1] & 0x7F) :])
        return b"\x30" + wire.length(len(inner)) + inner
    return bytes(octets)


def exchange(subject: Subject, octets: bytes) -> None:
    """Send a batch and read until the connection ends; whatever comes must be LDAP."""
    with Client(subject.server.port) as client:
        client.send(octets)
        try:
            client.socket.shutdown(1)
        except OSError:
            assert client.closed or client.receive() is None
            return
        while (got := client.receive()) is not None:
            message_id, tag, content, controls = got
            answer = Answer()
            final = take(answer, tag, content, controls)
            assert not final or answer.code is not None
            if final and message_id == 0 and answer.name == NOTICE.encode():
                assert client.receive() is None, "something after a Notice of Disconnection"
                break
        assert not client.buffer, f"half a message at the end: {client.buffer!r}"


def memory(subject: Subject) -> int:
    """Octets of memory that the server's process uses, where the system tells."""
    assert isinstance(subject.server, Fakeldapd)
    assert subject.server.process is not None
    try:
        with open(f"/proc/{subject.server.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@pytest.mark.parametrize("worker", range(WORKERS))
def test_fuzz(worker: int) -> None:
    rng = random.Random(worker)
    with Subjects(Fakeldapd) as subjects:
        subject = subjects.get("default")
        for number in range(BATCHES):
            batch = b"".join(mutated(rng) for _ in range(BATCH))
            try:
                exchange(subject, (BIND if number % 2 else b"") + batch + UNBIND)
            except Exception as error:
                raise AssertionError(f"worker {worker}, round {number}: {batch!r}") from error
            if number % BETWEEN_RESETS == 0:
                subject.reset()
        with Client(subject.server.port) as client:
            client.send(WHO_AM_I)
            assert client.receive() is not None
        assert memory(subject) < MOST_MEMORY


@pytest.mark.parametrize("bad", [b"\xff" * 50, wire.message(9, b"\x7d\x00"), b"\x30\x80", b"\x31\x00", b"\x30\x03\x04"])
def test_complete_messages_before_a_bad_one_are_answered(readable: Fakeldapd, bad: bytes) -> None:
    operation = wire.extended_op("1.3.6.1.4.1.4203.1.11.3")
    with Client(readable.port) as client:
        client.send(b"".join(wire.message(number, operation) for number in (1, 2, 3)) + bad)
        client.socket.shutdown(1)
        for number in (1, 2, 3):
            got = client.receive()
            assert got is not None
            assert got[0] == number
