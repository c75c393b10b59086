"""The lowest level: lengths, integers, headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.protocol import ber

LENGTHS = {
    0: "00",
    127: "7f",
    128: "8180",
    255: "81ff",
    256: "820100",
    65535: "82ffff",
    65536: "83010000",
    2**24: "8401000000",
}
INTEGERS = {
    0: "00",
    127: "7f",
    128: "0080",
    255: "00ff",
    256: "0100",
    32767: "7fff",
    32768: "008000",
    2**31 - 1: "7fffffff",
    -1: "ff",
    -128: "80",
    -129: "ff7f",
    -32768: "8000",
    -(2**31): "80000000",
}


@pytest.mark.parametrize(("number", "text"), LENGTHS.items())
def test_lengths(number: int, text: str) -> None:
    assert ber.length(number).hex() == text
    assert ber.header(b"\x04" + bytes.fromhex(text) + bytes(number), 0) == (
        4,
        1 + len(text) // 2,
        1 + len(text) // 2 + number,
    )


@pytest.mark.parametrize(("number", "text"), INTEGERS.items())
def test_integers(number: int, text: str) -> None:
    encoded = bytes([2, len(text) // 2]) + bytes.fromhex(text)
    assert ber.encode_integer(b"\x02", number) == encoded
    assert ber.integer(encoded, 0) == (number, len(encoded))


@given(st.integers(-(2**31), 2**31 - 1))
def test_integers_there_and_back(number: int) -> None:
    encoded = ber.encode_integer(b"\x0a", number)
    assert ber.integer(encoded, 0) == (number, len(encoded))
    assert len(encoded) == 2 or encoded[2:4] not in (b"\x00\x00", b"\xff\xff")


BAD_HEADERS = {
    "": 0,
    "04": 1,
    "0401": 2,
    "0480": 2,
    "048201": 2,
    "04820100": 4,
    "0489": 2,
    "1f": 1,
    "1f81": 2,
    "1f8101": 3,
}


@pytest.mark.parametrize(("text", "behind"), BAD_HEADERS.items())
def test_bad_headers(text: str, behind: int) -> None:
    octets = bytes.fromhex(text)
    with pytest.raises(IndexError):
        ber.header(octets, 0)
    assert ber.find_element(octets, 0) is None
    assert ber.optional(octets, 0, 4) == (None, 0)
    assert ber.skip_bad_header(octets, 0) == behind


@pytest.mark.parametrize(("text", "tag"), {"0400": 0x04, "1f2000": 0x1F20, "bf812000": 0xBF8120}.items())
def test_tags(text: str, tag: int) -> None:
    size = len(text) // 2
    assert ber.header(bytes.fromhex(text), 0) == (tag, size, size)
    assert ber.octet_string(bytes.fromhex(text), 0) == (b"", size)


def test_a_list_is_filled_exactly() -> None:
    assert ber.octet_strings(bytes.fromhex("30050401780400"), 0) == ((b"x", b""), 7)
    for text in ("3003040278", "300404017879", "3001"):
        with pytest.raises(IndexError):
            ber.octet_strings(bytes.fromhex(text) + b"\x04", 0)
