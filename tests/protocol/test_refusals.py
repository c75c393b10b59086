"""What the reader takes and refuses, as slapd 2.5.13 was observed to: each row was sent to one over a socket."""

import pytest

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.result import ProtocolError


def element(tag: int, *contents: bytes) -> bytes:
    body = b"".join(contents)
    size = len(body).to_bytes(4, "big")
    return bytes([tag, len(body)]) + body if len(body) < 128 else bytes([tag, 0x84]) + size + body


def octets(value: bytes, tag: int = 0x04) -> bytes:
    return element(tag, value)


def message(*contents: bytes, message_id: bytes = b"\x02\x01\x07") -> bytes:
    return element(0x30, message_id, *contents)


BASE = octets(b"dc=x") + bytes.fromhex("0a0102 0a0100 020100 020100 010100")
CN_IS_BOB = element(0xA3, octets(b"cn"), octets(b"bob"))
NO_ATTRIBUTES = b"\x30\x00"
CN = element(0x30, octets(b"cn"))


def search(filter: bytes = CN_IS_BOB, attributes: bytes = CN, behind: bytes = b"", base: bytes = BASE) -> bytes:
    return element(0x63, base, filter, attributes, behind)


def substrings(*parts: tuple[int, bytes]) -> bytes:
    return element(0xA4, octets(b"cn"), element(0x30, *[octets(value, tag) for tag, value in parts]))


def nested(depth: int, tag: int = 0xA2, filter: bytes = octets(b"cn", 0x87)) -> bytes:
    for _ in range(depth):
        filter = element(tag, filter)
    return filter


def controls(*contents: bytes, tag: int = 0xA0) -> bytes:
    return message(search(), element(tag, *contents))


OID = octets(b"1.2")
SEARCH = m.SearchRequest(b"dc=x", 2, 0, 0, 0, False, m.Equality(b"cn", b"bob"), (b"cn",))
CLOSE = "closed without a notice"

REFUSED: dict[str, tuple[bytes, str]] = {
    # the envelope
    "another outer tag": (b"\x31" + message(search())[1:], CLOSE),
    "an outer length in five octets": (b"\x30\x85\x00\x00\x00\x00\x05" + bytes(5), CLOSE),
    "an outer length of the indefinite form": (b"\x30\x80" + message(search()) + b"\x00\x00", CLOSE),
    "an empty message": (b"\x30\x00", CLOSE),
    "one octet of message": (b"\x30\x01\x02", CLOSE),
    "a ClientHello": (bytes.fromhex("16030100ca010000c60303") + bytes(50), CLOSE),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: directory.example.com\r\nAccept: */*\r\n\r\n" + b" " * 20, CLOSE),
    "a message id of 2 ** 31": (message(search(), message_id=bytes.fromhex("02050080000000")), CLOSE),
    "a message id in five octets": (message(search(), message_id=bytes.fromhex("02050000000001")), CLOSE),
    "a message id that is an OCTET STRING": (message(search(), message_id=b"\x04\x01\x07"), CLOSE),
    "no operation": (message(), CLOSE),
    "an operation longer than its message": (message(b"\x63\x7f" + search()[2:]), CLOSE),
    "an operation of the indefinite form": (message(b"\x63\x80" + search()[2:] + b"\x00\x00"), CLOSE),
    # the operation
    "an operation that no RFC knows": (message(b"\x7a\x00"), "unknown LDAP request"),
    "an operation with a long tag": (message(b"\x7f\x20\x00"), "unknown LDAP request"),
    "a response": (message(bytes.fromhex("65070a010004000400")), "unknown LDAP request"),
    "a primitive SearchRequest": (message(b"\x43" + search()[1:]), "unknown LDAP request"),
    "a constructed DelRequest": (message(b"\x6a\x00"), "unknown LDAP request"),
    "an empty BindRequest": (message(b"\x60\x00"), "decoding error"),
    "a BindRequest without authentication": (message(element(0x60, b"\x02\x01\x03", octets(b""))), "decoding error"),
    "SASL without a mechanism": (message(element(0x60, b"\x02\x01\x03", octets(b""), b"\xa3\x00")), "decoding error"),
    "an empty SearchRequest": (message(b"\x63\x00"), "decoding error"),
    "a size limit in five octets": (
        message(search(base=octets(b"") + bytes.fromhex("0a0102 0a0100 02050000000000 020100 010100"))),
        "decoding error",
    ),
    "a base of the indefinite form": (message(search(base=b"\x04\x80" + BASE)), "decoding error"),
    "a base with a tag of nine octets": (
        message(search(base=bytes.fromhex("1f8484848484848404 00") + BASE[6:])),
        "decoding error",
    ),
    "a CompareRequest without a value": (
        message(element(0x6E, octets(b""), element(0x30, octets(b"cn")))),
        "decoding error",
    ),
    "a ModifyDNRequest without deleteoldrdn": (message(element(0x6C, octets(b""), octets(b"cn=y"))), "decoding error"),
    "an attribute to add that has no values": (
        message(element(0x68, octets(b""), element(0x30, element(0x30, octets(b"sn"))))),
        "decoding error",
    ),
    "an ExtendedRequest without a name": (message(b"\x77\x00"), "decoding error"),
    "an AbandonRequest of five octets": (message(bytes.fromhex("50050000000001")), "decoding error"),
    # the attributes of a search
    "no list of attributes": (message(search(attributes=b"")), "decoding attrs error"),
    "an attribute longer than its list": (message(search(attributes=b"\x30\x02\x04\x02cn")), "decoding attrs error"),
    "a list longer than the message": (message(search(attributes=b"\x30\x50\x04\x02cn")), "decoding attrs error"),
    # filters
    "no filter and no attributes": (message(search(b"", b"")), "error decoding filter"),
    "no filter": (message(search(b"")), "decoding attrs error"),
    "a filter longer than the message": (message(search(b"\xa3\x60" + CN_IS_BOB[2:])), "error decoding filter"),
    "a set longer than the message": (message(search(b"\xa0\x60" + CN_IS_BOB)), "error decoding filter"),
    "a negation longer than the message": (message(search(b"\xa2\x60" + CN_IS_BOB)), "error decoding filter"),
    "a negation of nothing": (message(search(b"\xa2\x00")), "decoding attrs error"),
    "a negation of two": (
        message(search(element(0xA2, octets(b"cn", 0x87), octets(b"sn", 0x87)))),
        "decoding attrs error",
    ),
    "an assertion of three": (
        message(search(element(0xA3, octets(b"cn"), octets(b"bob"), octets(b"x")))),
        "decoding attrs error",
    ),
    "an assertion whose value is cut off": (
        message(search(element(0xA3, octets(b"cn"), b"\x04\x70b"))),
        "Error decoding attribute value assertion",
    ),
    "1,001 negations": (message(search(nested(1001))), "filter nested too deeply"),
    "1,001 conjunctions": (message(search(nested(1001, 0xA0))), "filter nested too deeply"),
    "10,000 negations": (message(search(nested(10_000))), "filter nested too deeply"),
    "an unknown filter that is cut off": (message(search(b"\xaa\x7f")), "error decoding filter"),
    "an extensible filter of nothing": (message(search(b"\xa9\x00")), "Missing value in matching rule assertion"),
    "an extensible filter without a value": (
        message(search(element(0xA9, octets(b"caseIgnoreMatch", 0x81)))),
        "Missing value in matching rule assertion",
    ),
    "an extensible filter out of order": (
        message(search(element(0xA9, octets(b"cn", 0x82), octets(b"caseIgnoreMatch", 0x81), octets(b"b", 0x83)))),
        "Missing value in matching rule assertion",
    ),
    "an extensible filter that is cut off": (
        message(search(b"\xa9\x00\x81\x7f")),
        "Error parsing matching rule assertion",
    ),
    "substrings without a sequence": (message(search(element(0xA4, octets(b"cn")))), "decoding attrs error"),
    "substrings that go on behind what is wrong": (
        message(search(substrings((0x82, b"b"), (0x81, b"o"), (0x81, b"o")))),
        "decoding attrs error",
    ),
    # behind the operation
    "an octet behind the operation": (message(search(), b"\x05"), "unexpected data in PDU"),
    "an octet behind what a SearchRequest has": (message(search(behind=b"\x05")), "unexpected data in PDU"),
    "controls longer than the message": (message(search(), b"\xa0\x50\x30\x00"), "unexpected data in PDU"),
    "an octet in a list of changes": (
        message(element(0x66, octets(b""), element(0x30, b"\x05"))),
        "unexpected data in PDU",
    ),
    "a requestValue that is cut off": (
        message(element(0x77, octets(b"1.2", 0x80), b"\x81\x05")),
        "unexpected data in PDU",
    ),
    "a newSuperior that is cut off": (
        message(element(0x6C, octets(b""), octets(b"cn=y"), b"\x01\x01\xff", b"\x80\x05")),
        "unexpected data in PDU",
    ),
    "credentials that are cut off": (
        message(element(0x60, b"\x02\x01\x03", octets(b""), element(0xA3, octets(b"X"), b"\x04\x05"))),
        "unexpected data in PDU",
    ),
    "an octet behind an AbandonRequest": (message(b"\x50\x01\x05", b"\x05"), CLOSE),
    # controls
    "an empty control": (controls(b"\x30\x00"), "decoding controls error"),
    "a controlType that is cut off": (controls(b"\x30\x02\x04\x05"), "decoding controls error"),
    "a criticality of five octets": (
        controls(element(0x30, OID, bytes.fromhex("01050000000000"))),
        "decoding controls error",
    ),
    "a controlValue with another tag": (controls(element(0x30, OID, octets(b"v", 0x80))), "decoding controls error"),
    "a control out of order": (controls(element(0x30, OID, octets(b"v"), b"\x01\x01\xff")), "decoding controls error"),
    "two criticalities": (controls(element(0x30, OID, b"\x01\x01\x00", b"\x01\x01\xff")), "decoding controls error"),
    "an empty control of an AbandonRequest": (message(b"\x50\x01\x05", element(0xA0, b"\x30\x00")), CLOSE),
}


@pytest.mark.parametrize(("data", "said"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("behind", [b"", message(search())], ids=["alone", "with a message behind it"])
def test_refused(data: bytes, said: str, behind: bytes) -> None:
    connection = Connection()
    assert [each.op for each in connection.receive(message(search()) + data + behind)] == [SEARCH]
    for _ in range(2):
        with pytest.raises(ProtocolError) as caught:
            connection.receive(b"")
        assert (caught.value.diagnostic if caught.value.notice else CLOSE) == said


def searches_for(filter: m.Filter) -> m.SearchRequest:
    return m.SearchRequest(b"dc=x", 2, 0, 0, 0, False, filter, (b"cn",))


UNDEFINED_SUBSTRINGS = searches_for(m.Undefined(0xA4))
MODIFY = m.ModifyRequest(b"dc=x", (m.Change(0, b"sn", (b"a", b"b")),))
SIMPLE = m.BindRequest(3, b"cn=x", m.SimpleAuthentication(b"pw"))
BIND = element(0x60, b"\x02\x01\x03", octets(b"cn=x"), octets(b"pw", 0x80))
SASL = m.BindRequest(3, b"", m.SaslCredentials(b"X", b"c"))
UNDECODABLE = m.UndecodableModifyRequest(b"dc=x", b"decoding modlist error")
VALUES = element(0x31, octets(b"a"), octets(b"b"))


def modify(*changes: bytes) -> bytes:
    return message(element(0x66, octets(b"dc=x"), element(0x30, *changes)))


def sasl(*parts: bytes, tag: int = 0xA3) -> bytes:
    return message(element(0x60, b"\x02\x01\x03", octets(b""), element(tag, *parts)))


TAKEN: dict[str, tuple[bytes, m.ProtocolOp]] = {
    "shortest lengths": (message(search()), SEARCH),
    "an outer length in four octets": (
        b"\x30\x84" + len(message(search())[2:]).to_bytes(4, "big") + message(search())[2:],
        SEARCH,
    ),
    "an inner length in eight octets": (
        message(b"\x63\x88" + (len(search()) - 2).to_bytes(8, "big") + search()[2:]),
        SEARCH,
    ),
    "an operation shorter than what it has": (message(b"\x63\x00" + search()[2:]), SEARCH),
    "tags of another type": (
        message(search(base=octets(b"dc=x", 0x02) + bytes.fromhex("020102 040100 0a0100 050100 020100"))),
        SEARCH,
    ),
    "a tag of two octets": (message(search(base=b"\x1f\x04" + BASE[1:])), SEARCH),
    "integers of no octets and of four": (
        message(search(base=octets(b"dc=x") + bytes.fromhex("0a0400000002 0a00 0200 0200 0100"))),
        SEARCH,
    ),
    "an element behind the attributes": (message(search(behind=b"\x05\x00")), SEARCH),
    "an element behind the operation": (message(search(), b"\x05\x00"), SEARCH),
    "an element that isn't controls before them": (message(search(), b"\x05\x00", element(0xA0, b"\x30\x00")), SEARCH),
    "a control element that is cut off": (controls(b"\x30\x05"), SEARCH),
    "typesOnly of any octet": (
        message(search(base=octets(b"dc=x") + bytes.fromhex("0a0102 0a0100 020100 020100 010102"))),
        m.SearchRequest(b"dc=x", 2, 0, 0, 0, True, m.Equality(b"cn", b"bob"), (b"cn",)),
    ),
    # filters
    "a set shorter than what it has": (
        message(search(b"\xa0\x01" + CN_IS_BOB)),
        searches_for(m.And((m.Equality(b"cn", b"bob"),))),
    ),
    "an absolute true filter": (message(search(b"\xa0\x00")), searches_for(m.And(()))),
    "an absolute false filter": (message(search(b"\xa1\x00")), searches_for(m.Or(()))),
    "a negation shorter than what it has": (
        message(search(b"\xa2\x00" + CN_IS_BOB)),
        searches_for(m.Not(m.Equality(b"cn", b"bob"))),
    ),
    "an unknown filter": (message(search(octets(b"cn", 0x8B))), searches_for(m.Undefined(0x8B))),
    "a primitive equality": (message(search(b"\x83" + CN_IS_BOB[1:])), searches_for(m.Undefined(0x83))),
    "a filter with a long tag": (message(search(b"\xbf\x20\x00")), searches_for(m.Undefined(0xBF20))),
    "substrings": (
        message(search(substrings((0x80, b"a"), (0x81, b"b"), (0x81, b"c"), (0x82, b"d")))),
        searches_for(m.Substrings(b"cn", b"a", (b"b", b"c"), b"d")),
    ),
    "no substrings": (message(search(substrings())), UNDEFINED_SUBSTRINGS),
    "an empty substring": (message(search(substrings((0x81, b"")))), UNDEFINED_SUBSTRINGS),
    "any behind final": (message(search(substrings((0x82, b"a"), (0x81, b"b")))), UNDEFINED_SUBSTRINGS),
    "initial behind any": (message(search(substrings((0x81, b"a"), (0x80, b"b")))), UNDEFINED_SUBSTRINGS),
    "two initial": (message(search(substrings((0x80, b"a"), (0x80, b"b")))), UNDEFINED_SUBSTRINGS),
    "two final": (message(search(substrings((0x82, b"a"), (0x82, b"b")))), UNDEFINED_SUBSTRINGS),
    "an unknown substring": (message(search(substrings((0x83, b"a")))), UNDEFINED_SUBSTRINGS),
    "a sequence of substrings that is cut off": (
        message(search(b"\xa4\x06" + octets(b"cn") + b"\x30\x60")),
        UNDEFINED_SUBSTRINGS,
    ),
    "an explicit FALSE for dnAttributes": (
        message(search(element(0xA9, octets(b"r", 0x81), octets(b"cn", 0x82), octets(b"b", 0x83), b"\x84\x01\x00"))),
        searches_for(m.Extensible(b"r", b"cn", b"b", False)),
    ),
    "dnAttributes of any octet": (
        message(search(element(0xA9, octets(b"cn", 0x82), octets(b"b", 0x83), b"\x84\x01\x01"))),
        searches_for(m.Extensible(None, b"cn", b"b", True)),
    ),
    # the other operations
    "a password": (message(BIND), SIMPLE),
    "a password and an element": (message(element(0x60, BIND[2:], b"\x05\x00")), SIMPLE),
    "an unknown authentication": (
        message(element(0x60, b"\x02\x01\x03", octets(b""), b"\x81\x00")),
        m.BindRequest(3, b"", m.UnknownAuthentication(0x81)),
    ),
    "a constructed password": (sasl(octets(b"X"), tag=0xA0), m.BindRequest(3, b"", m.UnknownAuthentication(0xA0))),
    "SASL": (sasl(octets(b"X"), octets(b"c")), SASL),
    "SASL with an element behind": (sasl(octets(b"X"), octets(b"c"), octets(b"d")), SASL),
    "SASL with other credentials": (
        sasl(octets(b"X"), octets(b"c", 0x80)),
        m.BindRequest(3, b"", m.SaslCredentials(b"X")),
    ),
    "a change": (modify(element(0x30, b"\x0a\x01\x00", element(0x30, octets(b"sn"), VALUES))), MODIFY),
    "a change with other tags": (
        modify(element(0x04, b"\x02\x01\x00", element(0x05, octets(b"sn", 1), VALUES))),
        MODIFY,
    ),
    "a change shorter than what it has": (modify(b"\x30\x00\x0a\x01\x00\x30\x00" + octets(b"sn") + VALUES), MODIFY),
    "no changes": (modify(), m.ModifyRequest(b"dc=x", ())),
    "no list of changes": (message(element(0x66, octets(b"dc=x"))), m.ModifyRequest(b"dc=x", ())),
    "a list of changes cut off in its header": (
        message(element(0x66, octets(b"dc=x"), b"\x30\x05")),
        m.ModifyRequest(b"dc=x", ()),
    ),
    "an empty change": (modify(b"\x30\x00"), UNDECODABLE),
    "a change without values": (modify(element(0x30, b"\x0a\x01\x00", element(0x30, octets(b"sn")))), UNDECODABLE),
    "an operation of five octets": (modify(element(0x30, bytes.fromhex("0a050000000000"), VALUES)), UNDECODABLE),
    "an element among the changes": (modify(b"\x05\x00"), UNDECODABLE),
    "no list of attributes to add": (message(element(0x68, octets(b"dc=x"))), m.AddRequest(b"dc=x", ())),
    "a list to add cut off in its length": (
        message(element(0x68, octets(b"dc=x"), b"\x30\x82")),
        m.AddRequest(b"dc=x", ()),
    ),
    "newSuperior with another tag": (
        message(element(0x6C, octets(b"dc=x"), octets(b"cn=y"), b"\x01\x01\x01", octets(b"z"))),
        m.ModifyDNRequest(b"dc=x", b"cn=y", True),
    ),
    "newSuperior behind the operation": (
        message(element(0x6C, octets(b"dc=x"), octets(b"cn=y"), b"\x01\x01\x00"), octets(b"z", 0x80)),
        m.ModifyDNRequest(b"dc=x", b"cn=y", False, b"z"),
    ),
    "an assertion of three to compare": (
        message(element(0x6E, octets(b"dc=x"), element(0x30, octets(b"sn"), octets(b"v"), octets(b"w")))),
        m.CompareRequest(b"dc=x", b"sn", b"v"),
    ),
    "a requestValue with another tag": (
        message(element(0x77, octets(b"1.2"), octets(b"v"))),
        m.ExtendedRequest(b"1.2"),
    ),
    "an UnbindRequest with contents": (message(b"\x42\x02zz"), m.UnbindRequest()),
    "an UnbindRequest with an octet behind it": (message(b"\x42\x00", b"\x05"), m.UnbindRequest()),
}


@pytest.mark.parametrize(("data", "op"), TAKEN.values(), ids=TAKEN)
def test_taken(data: bytes, op: m.ProtocolOp) -> None:
    assert Connection().receive(data) == [m.LDAPMessage(7, op)]


MESSAGE_IDS = [
    (b"\x02\x01\x00", 0),
    (b"\x02\x00", 0),
    (b"\x02\x01\xff", -1),
    (b"\x02\x81\x01\x05", 5),
    (b"\x02\x04\x7f\xff\xff\xff", 2**31 - 1),
]


@pytest.mark.parametrize(("encoded", "message_id"), MESSAGE_IDS)
def test_message_ids(encoded: bytes, message_id: int) -> None:
    assert Connection().receive(message(search(), message_id=encoded)) == [m.LDAPMessage(message_id, SEARCH)]


CONTROLS: dict[str, tuple[bytes, tuple[m.Control, ...]]] = {
    "none": (b"", ()),
    "no criticality": (element(0x30, OID), (m.Control(b"1.2"),)),
    "true": (element(0x30, OID, b"\x01\x01\xff"), (m.Control(b"1.2", True),)),
    "true is any octet": (element(0x30, OID, b"\x01\x01\x01"), (m.Control(b"1.2", True),)),
    "true of two octets": (element(0x30, OID, b"\x01\x02\x01\x00"), (m.Control(b"1.2", True),)),
    "an explicit false": (element(0x30, OID, b"\x01\x01\x00", octets(b"")), (m.Control(b"1.2", False, b""),)),
    "a value": (element(0x30, OID, octets(b"v")), (m.Control(b"1.2", False, b"v"),)),
    "an empty type": (element(0x30, octets(b"")), (m.Control(b""),)),
    "other tags": (element(0x31, octets(b"1.2", 2), b"\x01\x01\x01"), (m.Control(b"1.2", True),)),
    "shorter than what it has": (b"\x30\x00" + OID + b"\x01\x01\xff", (m.Control(b"1.2", True),)),
    "an element cut off behind one": (element(0x30, OID) + b"\x30\x50", (m.Control(b"1.2"),)),
    "two": (element(0x30, OID) + element(0x30, OID, octets(b"v")), (m.Control(b"1.2"), m.Control(b"1.2", False, b"v"))),
    "an element is taken for a control": (
        element(0x30, OID, b"\x05\x00") + element(0x30, OID),
        (m.Control(b"1.2"), m.Control(OID)),
    ),
}


@pytest.mark.parametrize(("encoded", "decoded"), CONTROLS.values(), ids=CONTROLS)
def test_controls(encoded: bytes, decoded: tuple[m.Control, ...]) -> None:
    assert Connection().receive(controls(encoded)) == [m.LDAPMessage(7, SEARCH, decoded)]


@pytest.mark.parametrize("tag", [0x80, 0xA1, 0xA3])
def test_what_has_another_tag_is_no_controls(tag: int) -> None:
    assert Connection().receive(controls(b"\x30\x00", tag=tag)) == [m.LDAPMessage(7, SEARCH)]


@pytest.mark.parametrize("tag", [0xA0, 0xA1, 0xA2])
def test_a_thousand_filters_may_enclose_another(tag: int) -> None:
    (received,) = Connection().receive(message(search(nested(1000, tag))))
    assert isinstance(received.op, m.SearchRequest)
    filter, depth = received.op.filter, 0
    while not isinstance(filter, m.Present):
        assert isinstance(filter, m.And | m.Or | m.Not)
        filter, depth = filter.filter if isinstance(filter, m.Not) else filter.filters[0], depth + 1
    assert depth == 1000


@pytest.mark.parametrize("depth", [0, 1, 5, 3000])
def test_the_bound_is_a_parameter(depth: int) -> None:
    data = message(search(nested(depth)))
    assert len(Connection(max_filter_depth=depth, max_message_size=0).receive(data)) == 1
    with pytest.raises(ProtocolError, match="filter nested too deeply"):
        Connection(max_filter_depth=depth, max_message_size=0).receive(message(search(nested(depth + 1))))
