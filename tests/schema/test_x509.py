import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.schema import x509
from fakeldapd.schema.matching import build_rules
from fakeldapd.schema.registry import Schema
from fakeldapd.schema.syntaxes import build_syntaxes

SCHEMA = Schema.load()
RULES = build_rules(SCHEMA, build_syntaxes(SCHEMA))


def tlv(tag: int, *contents: bytes) -> bytes:
    body = b"".join(contents)
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")) + body


def sequence(*contents: bytes) -> bytes:
    return tlv(0x30, *contents)


def ava(oid: bytes, tag: int, value: bytes) -> bytes:
    return sequence(tlv(6, oid), tlv(tag, value))


COMMON_NAME, DOMAIN, UID = (
    b"\x55\x04\x03",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01",
)
ISSUER = sequence(
    tlv(0x31, ava(DOMAIN, 0x16, b"Example")),
    tlv(0x31, ava(COMMON_NAME, 0x0C, b"x,  y"), ava(UID, 0x13, b"b")),
)
ALGORITHM = sequence(tlv(6, b"\x2a\x03"), tlv(5))
KEY, SIGNATURE = sequence(ALGORITHM, tlv(3, b"\0k")), tlv(3, b"\0s")
VERSION, EXTENSIONS = tlv(0xA0, tlv(2, b"\2")), tlv(0xA3, sequence())
TIME = tlv(0x17, b"260101000000Z")


def certificate(
    *,
    serial: bytes = b"\5",
    version: bytes = VERSION,
    extensions: bytes = EXTENSIONS,
    issuer: bytes = ISSUER,
    end: bytes = b"",
) -> bytes:
    validity = sequence(TIME, TIME)
    signed = sequence(version, tlv(2, serial), ALGORITHM, issuer, validity, sequence(), KEY, extensions)
    return sequence(signed, ALGORITHM, SIGNATURE) + end


def certificate_list(
    *, time: bytes = TIME, more: bytes = b"", version: bytes = tlv(2, b"\1"), issuer: bytes = ISSUER
) -> bytes:
    return sequence(sequence(version, ALGORITHM, issuer, time, more), ALGORITHM, SIGNATURE)


@pytest.mark.parametrize(
    ("octets", "taken"),
    [
        (certificate(), True),
        (certificate(version=b"", extensions=b""), True),
        (certificate(version=tlv(0xA0, tlv(2, b"\3"))), True),
        (certificate(extensions=tlv(0xA1, b"\0") + tlv(0xA2, b"\0") + EXTENSIONS), True),
        (certificate(version=tlv(0xA0, tlv(4, b"\2"))), False),
        (certificate(extensions=tlv(0xA4)), False),
        (certificate(end=b"\5\0"), False),
        (certificate()[:-1], False),
        (certificate_list(), False),
        (sequence(), False),
        (b"\x30\x80\0\0", False),
        (b"\x30\x85\1\1\1\1\1", False),
        (b"", False),
    ],
)
def test_the_shape_of_a_certificate(octets: bytes, taken: bool) -> None:
    assert x509.is_certificate(octets) is taken


@pytest.mark.parametrize(
    ("octets", "taken"),
    [
        (certificate_list(), True),
        (certificate_list(version=b""), True),
        (certificate_list(more=TIME + sequence() + tlv(0xA0, b"")), True),
        (certificate_list(time=tlv(0x18, b"20260101000000Z")), True),
        (certificate_list(time=tlv(0x13, b"260101000000Z")), False),
        (certificate_list(more=tlv(0xA1)), False),
        (certificate(), False),
        (b"", False),
    ],
)
def test_the_shape_of_a_certificate_list(octets: bytes, taken: bool) -> None:
    assert x509.is_certificate_list(octets) is taken


@pytest.mark.parametrize(
    ("octets", "taken"),
    [
        (sequence(tlv(2, b"\0"), ALGORITHM, tlv(4, b"k")), True),
        (sequence(tlv(2, b"\0"), ALGORITHM, tlv(4, b"k"), tlv(0xA0)), True),
        (sequence(tlv(2, b"\0"), ALGORITHM, tlv(3, b"k")), False),
        (sequence(ALGORITHM, tlv(4, b"k")), False),
        (certificate(), False),
    ],
)
def test_the_shape_of_a_private_key(octets: bytes, taken: bool) -> None:
    assert x509.is_private_key(octets) is taken


@pytest.mark.parametrize(
    ("optional", "taken"), [(b"", True), (tlv(3, b"\0"), True), (sequence(), True), (tlv(2, b"\0"), False)]
)
def test_the_shape_of_an_attribute_certificate(optional: bytes, taken: bool) -> None:
    info = sequence(tlv(2, b"\1"), sequence(), tlv(0xA0), ALGORITHM, tlv(2, b"\5"), sequence(), sequence(), optional)
    assert x509.is_attribute_certificate(sequence(info, ALGORITHM, SIGNATURE)) is taken


TRUE_OF_5 = [
    b"5$cn=x\\2c y+uid=b,dc=example",
    b"05$UID=B+cn=x\\,  y, DC=Example",
    b'{ serialNumber 5, issuer rdnSequence:"cn=x\\2C y+uid=b,dc=example" }',
    b'{serialNumber 5,issuer rdnSequence:"cn=x\\2C y+uid=b,dc=example"}',
    b'{ issuer rdnSequence:"cn=x\\2C y+uid=b,dc=example", serialNumber 5 }',
    b'{ serialNumber 5, issuer "cn=x\\2C y+uid=b,dc=example" }',
]
FALSE_OF_5 = [b"6$cn=x\\2C y+uid=b,dc=example", b"5$cn=x", b'{ serialNumber 5, issuer rdnSequence:"" }']
UNDEFINED = [
    b"",
    b"junk",
    b"5$",
    b"5$junk",
    b"$cn=x",
    b"-5$cn=x",
    b"5 $ cn=x",
    b"0x5$cn=x",
    b"'05'H$cn=x",
    b'{ serialNumber 05, issuer rdnSequence:"cn=x" }',
    b"{ serialNumber '05'H, issuer rdnSequence:\"cn=x\" }",
    b'{ serialNumber 5, issuer rdnSequence:"cn=x" } ',
    b'{ serialNumber 5, issuer rdnSequence:"cn=x", foo x }',
    b"{ serialNumber 5, serialNumber 5 }",
    b"9" * 5000 + b"$cn=x",
    certificate(),
]


@pytest.mark.parametrize(
    ("assertion", "result"),
    [(text, True) for text in TRUE_OF_5]
    + [(text, False) for text in FALSE_OF_5]
    + [(text, None) for text in UNDEFINED],
)
def test_a_certificate_matches_by_serial_number_and_issuer(assertion: bytes, result: bool | None) -> None:
    rule = RULES["certificateexactmatch"]
    wanted, normal = rule.assertion(assertion), rule.normalise(certificate())
    assert normal is not None
    assert (None if wanted is None else rule.matches(wanted, normal)) is result


@pytest.mark.parametrize(
    ("serial", "written"),
    [(b"\0\xff", b"255"), (b"\0\xff", b"0xff"), (b"\0\xff", b"'FF'H"), (b"\x7f" + b"\xff" * 7, b"9223372036854775807")],
)
def test_a_serial_number_is_decimal_or_hexadecimal(serial: bytes, written: bytes) -> None:
    rule = RULES["certificateexactmatch"]
    assertion = b'{ serialNumber %b, issuer rdnSequence:"cn=x\\2C y+uid=b,dc=example" }' % written
    assert rule.assertion(assertion) == rule.normalise(certificate(serial=serial))


@pytest.mark.parametrize(
    ("assertion", "result"),
    [
        (b'{ issuer rdnSequence:"uid=b+cn=x\\, y,dc=example", thisUpdate "20260101000000Z" }', True),
        (b'{thisUpdate "20260101010000+0100",issuer rdnSequence:"uid=b+cn=x\\, y,dc=example"}', True),
        (b'{ issuer rdnSequence:"uid=b+cn=x\\, y,dc=example", thisUpdate "20260101000001Z" }', False),
        (b'{ issuer rdnSequence:"cn=x", thisUpdate "x" }', None),
        (b'{ issuer rdnSequence:"cn=x", thisUpdate 20260101000000Z }', None),
        (b"cn=x$20260101000000Z", None),
        (b"", None),
    ],
)
def test_a_certificate_list_matches_by_issuer_and_time(assertion: bytes, result: bool | None) -> None:
    rule = RULES["certificatelistexactmatch"]
    wanted, normal = rule.assertion(assertion), rule.normalise(certificate_list())
    assert normal is not None
    assert (None if wanted is None else rule.matches(wanted, normal)) is result


@pytest.mark.parametrize("tag_and_value", [(0x1E, "é".encode("utf-16-be")), (0x14, b"\xe9"), (0x0C, "é".encode())])
def test_issuers_are_read_in_every_string_type(tag_and_value: tuple[int, bytes]) -> None:
    issuer = sequence(tlv(0x31, ava(COMMON_NAME, *tag_and_value)))
    rule = RULES["certificateexactmatch"]
    assert rule.normalise(certificate(issuer=issuer)) == rule.assertion("5$cn=É".encode())


@pytest.mark.parametrize(
    "issuer", [sequence(tlv(0x31)), sequence(tlv(2)), sequence(tlv(0x31, ava(b"\x2a\x03", 12, b"x")))]
)
def test_without_a_readable_issuer_there_is_no_normal_form(issuer: bytes) -> None:
    assert RULES["certificateexactmatch"].normalise(certificate(issuer=issuer)) is None


@given(st.sampled_from([certificate(), certificate_list()]), st.data())
def test_no_octets_break_the_reader(octets: bytes, data: st.DataObject) -> None:
    broken = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    value = bytes(broken[: data.draw(st.integers(0, len(broken)))])
    for name in ("certificateexactmatch", "certificatelistexactmatch"):
        normal = RULES[name].normalise(value)
        assert normal is None or isinstance(normal, bytes)
        assert RULES[name].assertion(value) is None
