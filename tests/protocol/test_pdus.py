"""PDUs octet by octet, both ways: fed whole, in single octets, and with the next one behind them."""

import pytest

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.decode import decode_message
from fakeldapd.protocol.encode import attribute, encode_message, notice_of_disconnection
from fakeldapd.protocol.result import ProtocolError

BOB = b"uid=bob"
OID = b"1.2.3"


def search(filter: m.Filter, *attributes: bytes) -> m.SearchRequest:
    return m.SearchRequest(b"", 0, 0, 0, 0, False, filter, attributes)


EVERYTHING = m.SearchRequest(
    b"dc=x",
    2,
    1,
    1000,
    2**31 - 1,
    True,
    m.And(
        (
            m.Equality(b"a", b"1"),
            m.Or((m.GreaterOrEqual(b"b", b"2"), m.LessOrEqual(b"c", b"3"), m.Approx(b"d", b"4"))),
            m.Not(m.Substrings(b"e", b"5", (b"6", b"7"), b"8")),
            m.Extensible(b"2.5.13.5", b"f", b"9", True),
        )
    ),
)

REQUESTS: list[tuple[int, m.RequestOp, tuple[m.Control, ...], str]] = [
    (1, m.BindRequest(3, b"", m.SimpleAuthentication(b"")), (), "300c 020101 6007 020103 0400 8000"),
    (
        4,
        m.BindRequest(3, b"", m.SimpleAuthentication(b"x" * 200)),
        (),
        "3081d6 020104 6081d0 020103 0400 8081c8" + "78" * 200,
    ),
    (
        3,
        m.BindRequest(3, b"", m.SaslCredentials(b"PLAIN", b"\0a\0b")),
        (),
        "3019 020103 6014 020103 0400 a30d 0405 504c41494e 0404 00610062",
    ),
    (
        3,
        m.BindRequest(3, b"", m.SaslCredentials(b"EXTERNAL")),
        (),
        "3016 020103 6011 020103 0400 a30a 0408 45585445524e414c",
    ),
    (
        4,
        search(m.Present(b"objectClass"), b"+"),
        (),
        "3028 020104 6323 0400 0a0100 0a0100 020100 020100 010100 870b 6f626a656374436c617373 3003 0401 2b",
    ),
    (
        5,
        search(m.Or((m.And(()), m.Or(())))),
        (),
        "301e 020105 6319 0400 0a0100 0a0100 020100 020100 010100 a104 a000 a100 3000",
    ),
    (
        70_000,
        EVERYTHING,
        (m.Control(OID, True, b""),),
        "308180 0203011170 6369 0404 64633d78 0a0102 0a0101 020203e8 02047fffffff 0101ff a04c a306 040161 040131"
        "a118 a506 040162 040132 a606 040163 040133 a806 040164 040134 a213 a411 040165 300c 800135 810136 810137"
        "820138 a913 8108 322e352e31332e35 820166 830139 8401ff 3000 a00e 300c 0405 312e322e33 0101ff 0400",
    ),
    (
        6,
        m.ModifyRequest(BOB, (m.Change(2, b"cn", (b"x", b"")), m.Change(1, b"sn", ()))),
        (),
        "302f 020106 662a 0407 7569643d626f62 301f 3010 0a0102 300b 0402 636e 3105 040178 0400"
        "300b 0a0101 3006 0402 736e 3100",
    ),
    (
        7,
        m.AddRequest(BOB, (m.Attribute(b"cn", (b"x", b"y")),)),
        (),
        "301e 020107 6819 0407 7569643d626f62 300e 300c 0402 636e 3106 040178 040179",
    ),
    (8, m.DeleteRequest(BOB), (), "300c 020108 4a07 7569643d626f62"),
    (9, m.ModifyDNRequest(BOB, b"cn=x", True), (), "3017 020109 6c12 0407 7569643d626f62 0404 636e3d78 0101ff"),
    (
        10,
        m.ModifyDNRequest(BOB, b"cn=x", False, b""),
        (),
        "3019 02010a 6c14 0407 7569643d626f62 0404 636e3d78 010100 8000",
    ),
    (11, m.CompareRequest(BOB, b"sn", b"v"), (), "3017 02010b 6e12 0407 7569643d626f62 3007 0402 736e 040176"),
    (12, m.AbandonRequest(300), (), "3007 02010c 5002 012c"),
    (13, m.ExtendedRequest(OID), (), "300c 02010d 7707 8005 312e322e33"),
    (
        14,
        m.ExtendedRequest(OID, b""),
        (m.Control(OID),),
        "3019 02010e 7709 8005 312e322e33 8100 a009 3007 0405 312e322e33",
    ),
    (15, m.UnbindRequest(), (), "3005 02010f 4200"),
    (-129, m.DeleteRequest(b""), (), "3006 0202ff7f 4a00"),
]

RESPONSES: list[tuple[int, m.ResponseOp, tuple[m.Control, ...], str]] = [
    (1, m.BindResponse(), (), "300c 020101 6107 0a0100 0400 0400"),
    (2, m.BindResponse(14, server_sasl_creds=b""), (), "300e 020102 6109 0a010e 0400 0400 8700"),
    (
        3,
        m.SearchResultEntry(BOB, (attribute(b"cn", (b"x", b"y")), attribute(b"sn", ()))),
        (),
        "3026 020103 6421 0407 7569643d626f62 3016 300c 0402 636e 3106 040178 040179 3006 0402 736e 3100",
    ),
    (
        4,
        m.SearchResultReference((b"ldap://a/", b"ldap://b/")),
        (),
        "301b 020104 7316 0409 6c6461703a2f2f612f 0409 6c6461703a2f2f622f",
    ),
    (
        5,
        m.SearchResultDone(10, b"dc=x", b"no", (b"ldap://a/",)),
        (),
        "301f 020105 651a 0a010a 0404 64633d78 0402 6e6f a30b 0409 6c6461703a2f2f612f",
    ),
    (
        128,
        m.SearchResultDone(),
        (m.Control(OID, False, b"v"),),
        "301b 02020080 6507 0a0100 0400 0400 a00c 300a 0405 312e322e33 040176",
    ),
    (-1, m.SearchResultDone(), (), "300c 0201ff 6507 0a0100 0400 0400"),
    (6, m.ModifyResponse(16654), (), "300d 020106 6708 0a02410e 0400 0400"),
    (7, m.AddResponse(), (), "300c 020107 6907 0a0100 0400 0400"),
    (8, m.DeleteResponse(), (), "300c 020108 6b07 0a0100 0400 0400"),
    (9, m.ModifyDNResponse(), (), "300c 020109 6d07 0a0100 0400 0400"),
    (10, m.CompareResponse(6), (), "300c 02010a 6f07 0a0106 0400 0400"),
    (
        11,
        m.ExtendedResponse(0, b"", b"", (), OID, b"v"),
        (),
        "3016 02010b 7811 0a0100 0400 0400 8a05 312e322e33 8b0176",
    ),
    (12, m.IntermediateResponse(OID, b""), (), "300e 02010c 7909 8005 312e322e33 8100"),
    (13, m.IntermediateResponse(), (), "3005 02010d 7900"),
]
NOTICE = (
    "3032 020100 782d 0a0102 0400 040e 6465636f64696e67206572726f728a16 312e332e362e312e342e312e313436362e3230303336"
)

ROWS = [(row, False) for row in REQUESTS] + [(row, True) for row in RESPONSES]
EVERY_ROW = pytest.mark.parametrize(
    ("message", "octets", "client"),
    [
        pytest.param(
            m.LDAPMessage(number, op, controls), bytes.fromhex(text), client, id=f"{type(op).__name__} {number}"
        )
        for (number, op, controls, text), client in ROWS
    ],
)


@EVERY_ROW
def test_written(message: m.LDAPMessage, octets: bytes, client: bool) -> None:
    assert encode_message(message.message_id, message.op, message.controls) == octets
    assert Connection(client=not client).send(message.message_id, message.op, message.controls) == octets


@EVERY_ROW
def test_read_whole(message: m.LDAPMessage, octets: bytes, client: bool) -> None:
    assert decode_message(octets) == message
    assert Connection(client=client).receive(octets) == [message]


@EVERY_ROW
def test_read_in_single_octets(message: m.LDAPMessage, octets: bytes, client: bool) -> None:
    connection = Connection(client=client)
    for number in range(len(octets) - 1):
        assert connection.receive(octets[number : number + 1]) == []
    assert connection.receive(octets[-1:]) == [message]


@EVERY_ROW
def test_read_with_others_around_it(message: m.LDAPMessage, octets: bytes, client: bool) -> None:
    connection = Connection(client=client)
    first, other = (RESPONSES if client else REQUESTS)[-1][3], octets + octets[:5]
    assert connection.receive(bytes.fromhex(first) + other)[1:] == [message]
    if not isinstance(message.op, m.UnbindRequest):
        assert connection.receive(octets[5:]) == [message]


@EVERY_ROW
def test_the_other_end_does_not_want_it(message: m.LDAPMessage, octets: bytes, client: bool) -> None:
    with pytest.raises(ProtocolError, match="unknown LDAP request"):
        Connection(client=not client).receive(octets)


@EVERY_ROW
@pytest.mark.parametrize("change", [lambda octets: octets[:-1], lambda octets: octets + b"\0", lambda octets: b""])
def test_one_message_is_one_message(message: m.LDAPMessage, octets: bytes, client: bool, change: object) -> None:
    assert callable(change)
    with pytest.raises(ProtocolError):
        decode_message(change(octets))


def test_the_notice_of_disconnection() -> None:
    assert notice_of_disconnection(2, "decoding error") == bytes.fromhex(NOTICE)


@pytest.mark.parametrize(
    "octets",
    [
        "300c 020101 6107 0a0100 0400 0405",
        "3009 020101 6404 0400 3005",
        "300d 020101 6408 0400 3004 3002 0405",
        "300a 020101 7305 0405 616263",
    ],
)
def test_broken_responses(octets: str) -> None:
    with pytest.raises(ProtocolError):
        Connection(client=True).receive(bytes.fromhex(octets))


def test_attributes_of_another_form_are_read_alike() -> None:
    """A peer may write lengths that aren't the shortest; the entry holds then what ``attribute`` writes."""
    loose = bytes.fromhex("3084 00000010 0481 02 636e 3182 0007 0481 01 78 0401 79".replace(" ", ""))
    loose = b"\x30\x84" + len(loose[6:]).to_bytes(4, "big") + loose[6:]
    body = b"\x04\x00\x30" + bytes([len(loose)]) + loose
    octets = b"\x30" + bytes([len(body) + 5]) + b"\x02\x01\x01\x64" + bytes([len(body)]) + body
    (message,) = Connection(client=True).receive(octets)
    assert message.op == m.SearchResultEntry(b"", (attribute(b"cn", (b"x", b"y")),))
