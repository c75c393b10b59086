"""Encoded PartialAttributes: made from parts, and read without decoding more than is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.protocol.decode import attribute, attribute_values
from fakeldapd.protocol.encode import attribute as encode_attribute
from fakeldapd.protocol.encode import attribute_from, octet_string
from fakeldapd.protocol.result import ProtocolError

LENGTHS = st.sampled_from([0, 1, 2, 100, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 250, 256, 65_536])
OCTETS = LENGTHS.map(lambda length: b"\x04" * length) | st.binary(max_size=20)


@given(description=OCTETS, values=st.lists(OCTETS, max_size=3).map(tuple))
def test_there_and_back(description: bytes, values: tuple[bytes, ...]) -> None:
    encoded = encode_attribute(description, values)
    assert encoded == attribute_from(octet_string(description), values)
    assert attribute(encoded) == (description, values)
    assert attribute_values(encoded) == values


@pytest.mark.parametrize("length", range(100, 135))
def test_around_the_short_form(length: int) -> None:
    for values in ((b"v" * length,), (b"a", b"v" * length), (b"v" * length, b"")):
        assert attribute_values(encode_attribute(b"cn", values)) == values


def test_values_may_come_from_any_iterable() -> None:
    assert encode_attribute(b"cn", iter([b"a", b"b"])) == attribute_from(octet_string(b"cn"), (b"a", b"b"))


@pytest.mark.parametrize(
    "encoded", [b"", b"\x30", b"\x30\x00", b"\x30\x02\x04\x00", b"\x30\x06\x04\x00\x31\x02\x04\x05"]
)
def test_what_is_no_attribute(encoded: bytes) -> None:
    with pytest.raises(ProtocolError):
        attribute(encoded)
