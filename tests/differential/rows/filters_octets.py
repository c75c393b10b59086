"""Filters that no text can say: unusual octets, and broken ones (RFC 4511 section 4.5.1.7)."""

from differential.rows.filters import hits
from oracle import wire
from oracle.steps import raw, row


def _substrings(attribute: str, *parts: tuple[int, str]) -> bytes:
    return wire.sequence(wire.octets(attribute), wire.sequence(*(wire.octets(v, t) for t, v in parts)), tag=0xA4)


UNUSUAL: dict[str, bytes] = {
    "choice 10": wire.octets("x", 0x8A),
    "choice 11, constructed": wire.sequence(wire.octets("x"), tag=0xAB),
    "not of choice 10": wire.sequence(wire.octets("x", 0x8A), tag=0xA2),
    "or with choice 10": wire.sequence(wire.octets("x", 0x8A), wire.encode_filter("(uid=alice)"), tag=0xA1),
    "and with choice 10": wire.sequence(wire.octets("x", 0x8A), wire.encode_filter("(uid=alice)"), tag=0xA0),
    "substrings without parts": _substrings("cn"),
    "substrings of an unknown tag": _substrings("cn", (0x83, "a")),
    "substrings, final before any": _substrings("cn", (0x82, "s"), (0x81, "i")),
    "substrings, any before initial": _substrings("cn", (0x81, "i"), (0x80, "a")),
    "substrings, two initials": _substrings("cn", (0x80, "a"), (0x80, "a")),
    "substrings, two finals": _substrings("cn", (0x82, "s"), (0x82, "s")),
    "substrings, empty initial": _substrings("cn", (0x80, "")),
    "substrings, empty final": _substrings("cn", (0x82, "")),
    "not of substrings without parts": wire.sequence(_substrings("cn"), tag=0xA2),
    "presence of an empty name": wire.octets("", 0x87),
    "presence that is constructed": wire.sequence(wire.octets("cn"), tag=0xA7),
    "extensible with only a value": wire.sequence(wire.octets("x", 0x83), tag=0xA9),
    "extensible with empty rule": wire.sequence(
        wire.octets("", 0x81), wire.octets("cn", 0x82), wire.octets("bob brown", 0x83), tag=0xA9
    ),
    "extensible with empty type": wire.sequence(
        wire.octets("caseIgnoreMatch", 0x81), wire.octets("", 0x82), wire.octets("bob brown", 0x83), tag=0xA9
    ),
    "extensible, dnAttributes FALSE": wire.sequence(
        wire.octets("ou", 0x82), wire.octets("people", 0x83), wire.boolean(False, 0x84), tag=0xA9
    ),
    "extensible, dnAttributes 1": wire.sequence(
        wire.octets("ou", 0x82), wire.octets("people", 0x83), wire.boolean(1, 0x84), tag=0xA9
    ),
}

BROKEN: dict[str, bytes] = {
    "extensible, type before rule": wire.sequence(
        wire.octets("cn", 0x82), wire.octets("caseIgnoreMatch", 0x81), wire.octets("bob brown", 0x83), tag=0xA9
    ),
    "extensible, value twice": wire.sequence(
        wire.octets("ou", 0x82), wire.octets("x", 0x83), wire.octets("people", 0x83), tag=0xA9
    ),
    "substrings, empty any": _substrings("cn", (0x80, "a"), (0x81, ""), (0x82, "s")),
    "not of two": wire.sequence(wire.encode_filter("(uid=alice)"), wire.encode_filter("(uid=bob)"), tag=0xA2),
    "not of none": wire.sequence(tag=0xA2),
    "extensible without value": wire.sequence(wire.octets("cn", 0x82), tag=0xA9),
    "extensible of nothing": wire.sequence(tag=0xA9),
    "extensible of an unknown tag": wire.sequence(wire.octets("cn", 0x82), wire.octets("x", 0x85), tag=0xA9),
    "equality of one part": wire.sequence(wire.octets("cn"), tag=0xA3),
    "equality of three parts": wire.sequence(wire.octets("cn"), wire.octets("eve"), wire.octets("x"), tag=0xA3),
    "equality of nothing": wire.sequence(tag=0xA3),
    "equality that is primitive": wire.octets("cn=x", 0x83),
    "and that is cut off": b"\xa0\x05\xa3\x7f\x04",
    "no filter": b"",
}


def _raw(filter: bytes) -> bytes:
    return wire.message(1, wire.search_op("dc=example,dc=com", 2, 0, 0, 0, False, filter, ["1.1"]))


ROWS = [
    *(row(name, 0, hits(octets)) for name, octets in UNUSUAL.items()),
    *(row(f"broken: {name}", None, raw(_raw(octets))) for name, octets in BROKEN.items()),
]
