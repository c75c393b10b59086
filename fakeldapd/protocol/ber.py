"""BER as LDAP has it (RFC 4511 section 5.1, X.690): the lowest level, offsets into one bytes object.

Reading follows liblber, since fakeldapd answers as slapd does. An element is read for what stands at its place: a
tag is looked at where it chooses something and nowhere else, a length need not be the shortest, and the end of a
SEQUENCE is no end but for the lists that repeat until it. The indefinite form, lengths of more than eight octets
and tags of more than eight octets are refused.

Readers take ``(octets, offset)`` and give what they read and the offset behind it. What is malformed is an
IndexError: reading past the end of the octets is one anyway, and BERError says the rest. For speed the readers of
short elements don't look whether the element ends within the octets. Offsets only grow, so whoever called them
compares the last one with the end once (``within``).

Writing is DER but for the order of SET OF: shortest lengths, TRUE is 255.
"""

from collections.abc import Iterable


class BERError(IndexError):
    """Octets that aren't BER as LDAP has it."""


def header(octets: bytes, offset: int) -> tuple[int, int, int]:
    """The element at ``offset``: its tag (its octets as one number), where its contents start and where they stop.

    Raises IndexError if there is no such element or if it doesn't end within ``octets``.
    """
    tag = octets[offset]
    length = octets[offset + 1]
    offset += 2
    if tag & 31 == 31:
        tag, offset = _long_tag(octets, offset - 2)
        length = octets[offset]
        offset += 1
    if length > 127:
        size = length - 128
        if not 0 < size <= 8 or offset + size > len(octets):
            raise BERError("a length is of the indefinite form, of more than eight octets, or cut off")
        length = int.from_bytes(octets[offset : offset + size], "big")
        offset += size
    if offset + length > len(octets):
        raise BERError("an element is longer than what holds it")
    return tag, offset, offset + length


def _long_tag(octets: bytes, offset: int) -> tuple[int, int]:
    tag = octets[offset]
    for position in range(offset + 1, offset + 8):
        octet = octets[position]
        tag = tag << 8 | octet
        if octet < 128:
            return tag, position + 1
    raise BERError("a tag has more than eight octets")


def skip_bad_header(octets: bytes, offset: int) -> int:
    """Where liblber stands after ``header`` has failed at ``offset``: behind what there is of tag and length."""
    end = len(octets)
    if offset >= end:
        return offset
    high = octets[offset] & 31 == 31
    offset += 1
    while high and offset < end:
        high = octets[offset] > 127
        offset += 1
    if offset >= end:
        return end
    size = octets[offset] - 128
    offset += 1
    return offset + size if 0 < size <= 8 and offset + size <= end else offset


def find_element(octets: bytes, offset: int) -> tuple[int, int, int] | None:
    """``header``, or None where there is no whole element: that ends a list without being an error."""
    try:
        return header(octets, offset)
    except IndexError:
        return None


def optional(octets: bytes, offset: int, tag: int) -> tuple[bytes | None, int]:
    """The contents of the element at ``offset`` and the offset behind it; None and ``offset`` if it has another tag.

    Raises BERError if ``offset`` is behind the end already.
    """
    if offset >= len(octets):
        within(octets, offset)
        return None, offset
    found = find_element(octets, offset)
    if found is None or found[0] != tag:
        return None, offset
    return octets[found[1] : found[2]], found[2]


def within(octets: bytes, offset: int) -> None:
    """Raise BERError if ``offset`` is behind the end: something that was read before ran over it."""
    if offset > len(octets):
        raise BERError("the octets end within an element")


def octet_string(octets: bytes, offset: int) -> tuple[bytes, int]:
    """The contents of the element at ``offset``, whatever its tag. The caller sees to ``within``."""
    length = octets[offset + 1]
    if length < 128 and octets[offset] & 31 != 31:
        start = offset + 2
        stop = start + length
    else:
        _, start, stop = header(octets, offset)
    return octets[start:stop], stop


def octet_strings(octets: bytes, offset: int) -> tuple[tuple[bytes, ...], int]:
    """The elements of the list at ``offset``, which have to fill it exactly. The caller sees to ``within``."""
    length = octets[offset + 1]
    if length < 128 and octets[offset] & 31 != 31:
        offset += 2
        stop = offset + length
        if length and octets[offset + 1] == length - 2 and octets[offset] & 31 != 31:  # one value fills it
            return (octets[offset + 2 : stop],), stop
    else:
        _, offset, stop = header(octets, offset)
    values = []
    while offset < stop:
        length = octets[offset + 1]
        if length < 128 and octets[offset] & 31 != 31:
            start = offset + 2
            offset = start + length
        else:
            _, start, offset = header(octets, offset)
        values.append(octets[start:offset])
    if offset != stop:
        raise BERError("an element is longer than the list it is in")
    return tuple(values), offset


def integer(octets: bytes, offset: int) -> tuple[int, int]:
    """The INTEGER, ENUMERATED or BOOLEAN there: up to four octets, none is 0. The caller sees to ``within``."""
    if octets[offset + 1] == 1 and octets[offset] & 31 != 31:
        value = octets[offset + 2]
        return (value if value < 128 else value - 256), offset + 3
    _, start, stop = header(octets, offset)
    if stop - start > 4:
        raise BERError("an integer has more than four octets")
    return int.from_bytes(octets[start:stop], "big", signed=True), stop


# --- writing ----------------------------------------------------------------------------------------------------------

OCTET = tuple(bytes((number,)) for number in range(256))
"""Each octet as bytes."""


def length(number: int) -> bytes:
    """A definite length in its shortest form."""
    if number < 128:
        return OCTET[number]
    if number < 256:
        return b"\x81" + OCTET[number]
    if number < 65536:
        return b"\x82" + number.to_bytes(2, "big")
    size = (number.bit_length() + 7) >> 3
    return OCTET[128 + size] + number.to_bytes(size, "big")


def element(tag: bytes, contents: bytes) -> bytes:
    """One element with these contents."""
    number = len(contents)
    return tag + (OCTET[number] if number < 128 else length(number)) + contents


def elements(tag: bytes, values: Iterable[bytes]) -> bytes:
    """One element for each value, one behind the other."""
    return b"".join([element(tag, value) for value in values])


def encode_integer(tag: bytes, number: int) -> bytes:
    """An INTEGER or ENUMERATED (``tag`` says which), negative ones as well."""
    if 0 <= number < 128:
        return tag + b"\x01" + OCTET[number]
    if 0 <= number < 32768:
        return tag + b"\x02" + number.to_bytes(2, "big")
    size = (number.bit_length() >> 3) + 1 if number >= 0 else ((number + 1).bit_length() >> 3) + 1
    return tag + OCTET[size] + number.to_bytes(size, "big", signed=True)
