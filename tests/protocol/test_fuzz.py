"""Octets of any kind: ``receive`` gives messages or raises ProtocolError, and how they are cut doesn't matter.

A few thousand rounds in an ordinary run, as many as ``FAKELDAPD_FUZZ`` says else. A failure shows the octets.
"""

import os
import random
from contextlib import suppress
from itertools import pairwise

import pytest

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.decode import READERS, attribute, attribute_values, decode_message
from fakeldapd.protocol.encode import attribute as encode_attribute
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.filter import to_text
from fakeldapd.protocol.filter_ber import decode_filter
from fakeldapd.protocol.result import ProtocolError

ROUNDS = int(os.environ.get("FAKELDAPD_FUZZ", "3000"))

FILTER = m.And(
    (
        m.Equality(b"cn", b"bob"),
        m.Or((m.Not(m.Present(b"sn")), m.Substrings(b"cn", b"b", (b"o", b"o"), b"b"), m.GreaterOrEqual(b"uid", b"5"))),
        m.Extensible(b"caseIgnoreMatch", b"cn", b"x", True),
    )
)
CONTROLS = (m.Control(b"1.2.3", True, b"value"), m.Control(b"1.2.4"))
OPS: list[m.ProtocolOp] = [
    m.BindRequest(3, b"cn=admin,dc=x", m.SimpleAuthentication(b"secret")),
    m.BindRequest(3, b"", m.SaslCredentials(b"PLAIN", b"\0a\0b")),
    m.UnbindRequest(),
    m.SearchRequest(b"dc=x", 2, 3, 1000, 30, False, FILTER, (b"cn", b"+", b"sn;lang-en")),
    m.ModifyRequest(b"cn=x", (m.Change(0, b"sn", (b"a", b"b" * 130)), m.Change(1, b"cn", ()))),
    m.AddRequest(b"cn=x", (m.Attribute(b"objectClass", (b"top", b"person")), m.Attribute(b"sn", (b"x",)))),
    m.DeleteRequest(b"cn=x"),
    m.ModifyDNRequest(b"cn=x", b"cn=y", True, b"dc=y"),
    m.CompareRequest(b"cn=x", b"sn", b"y"),
    m.AbandonRequest(7),
    m.ExtendedRequest(b"1.3.6.1.4.1.1466.20037"),
    m.ExtendedRequest(b"1.2.3", b"value"),
    m.BindResponse(14, b"", b"", (), b"challenge"),
    m.SearchResultEntry(b"cn=x", (encode_attribute(b"cn", (b"x",)), encode_attribute(b"sn", (b"y" * 200, b"z")))),
    m.SearchResultReference((b"ldap://a/", b"ldap://b/")),
    m.SearchResultDone(10, b"dc=x", b"elsewhere", (b"ldap://a/",)),
    m.ExtendedResponse(0, b"", b"", (), b"1.2.3", b"value"),
    m.IntermediateResponse(b"1.2.3", b"value"),
]
SEEDS = [encode_message(number, op) for number, op in enumerate(OPS)]
SEEDS += [encode_message(number, op, CONTROLS) for number, op in enumerate(OPS)]
TOKENS = [
    b"\x00",
    b"\x05\x00",
    b"\x30",
    b"\x30\x80",
    b"\x84\x00\x00\x00\x05",
    b"\xa0\x00",
    b"\xa2",
    b"\x1f\x85",
    b"\xff",
    b"\x02\x01\x03",
]


def mutated(rng: random.Random) -> bytes:
    """A message, or two, with a few things wrong; its outermost length is often put right again."""
    octets = bytearray(rng.choice(SEEDS))
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(octets) + 1)
        match rng.randrange(6):
            case 0 if at < len(octets):
                octets[at] = rng.randrange(256)
            case 1 if at < len(octets):
                octets[at] = (octets[at] + rng.choice((-2, -1, 1, 2))) % 256
            case 2:
                del octets[at : at + rng.choice((1, 2, 5))]
            case 3:
                octets[at:at] = rng.choice(TOKENS)
            case 4:
                octets[at:] = octets[at // 2 : at] + rng.choice(SEEDS)[at:]
            case _:
                del octets[at:]
        if len(octets) > 2 and rng.random() < 0.6:
            contents = bytes(octets[2:])
            octets = bytearray(b"\x30\x82" + len(contents).to_bytes(2, "big") + contents)
    return bytes(octets) + rng.choice((b"", b"", rng.choice(SEEDS)))


def outcome(connection: Connection, pieces: list[bytes]) -> tuple[list[m.LDAPMessage], tuple[str, bool] | None]:
    received = []
    try:
        for piece in [*pieces, b"", b""]:
            received += connection.receive(piece)
    except ProtocolError as error:
        return received, (error.diagnostic, error.notice)
    return received, None


def cut(octets: bytes, rng: random.Random) -> list[bytes]:
    places = [0, *sorted(rng.randrange(len(octets) + 1) for _ in range(rng.randrange(6))), len(octets)]
    return [octets[start:stop] for start, stop in pairwise(places)]


@pytest.mark.parametrize("client", [False, True], ids=["server", "client"])
def test_mutated_messages(client: bool) -> None:
    rng = random.Random(4511)
    taken = 0
    for number in range(ROUNDS):
        octets = mutated(rng)
        try:
            whole = outcome(Connection(client=client), [octets])
            assert outcome(Connection(client=client), cut(octets, rng)) == whole
            assert outcome(Connection(client=client), [octets[at : at + 1] for at in range(len(octets))]) == whole
            for message in whole[0]:
                taken += 1
                assert decode_message(message.octets, max_filter_depth=len(message.octets)) == message
                again = encode_message(message.message_id, message.op, message.controls)
                assert decode_message(again) == message or isinstance(message.op, m.UnbindRequest)
                look_at(message)
        except Exception as error:
            raise AssertionError(f"round {number}: {octets.hex()}") from error
    assert taken > ROUNDS // 20


def look_at(message: m.LDAPMessage) -> None:
    """What a server or a client does with a message raises nothing either."""
    repr(message)
    if isinstance(message.op, m.SearchRequest):
        to_text(message.op.filter)
    if isinstance(message.op, m.SearchResultEntry):
        for each in message.op.attributes:
            assert attribute(each).values == attribute_values(each)


def test_noise() -> None:
    rng = random.Random(4512)
    for _ in range(ROUNDS):
        noise = rng.randbytes(rng.randrange(40))
        contents = (
            b"\x02\x01\x05" + bytes([rng.choice(list(READERS)), len(noise)]) + noise + rng.randbytes(rng.randrange(4))
        )
        for octets in (noise, b"\x30" + bytes([len(contents)]) + contents):
            outcome(Connection(client=rng.random() < 0.5), [octets])
        with suppress(ProtocolError):
            decode_filter(noise)
