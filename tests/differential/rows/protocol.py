"""Messages, good and bad, octet by octet (RFC 4511 section 4.1.1, 5.1; X.690)."""

from typing import Any

from oracle import wire
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import ALICE, PEOPLE, WHO_AM_I, Row, add, bind, critical, pipeline, raw, row, search, unbind, whoami

SEARCH = wire.search_op(ALICE, 0, 0, 0, 0, False, "(objectClass=*)", ["1.1"])
BIND = wire.bind_op("", "")
WHO = wire.extended_op(WHO_AM_I)
GOOD = wire.message(1, WHO)


def element(tag: int, size: bytes, content: bytes) -> bytes:
    """An element whose length octets are given."""
    return bytes([tag]) + size + content


def envelope(*parts: bytes, tag: int = 0x30) -> bytes:
    """A message of these parts."""
    return wire.sequence(*parts, tag=tag)


def bad(name: str, expect: object, octets: bytes, **keywords: Any) -> Row:
    """A row of octets after which the connection is expected to end."""
    return row(name, expect, raw(octets), **keywords)


def good(name: str, expect: object, octets: bytes, *ids: int, **keywords: Any) -> Row:
    """A row of octets that bring an answer to the ids (1 unless given) on a connection that lives on."""
    return row(name, expect, raw(octets, *(ids or (1,))), **keywords)


def search_op(*replaced: tuple[int, bytes]) -> bytes:
    """A SearchRequest with some of its eight parts replaced by other octets."""
    parts = [
        wire.octets(ALICE),
        wire.integer(0, 0x0A),
        wire.integer(0, 0x0A),
        wire.integer(0),
        wire.integer(0),
        wire.boolean(False),
    ]
    parts += [wire.encode_filter("(objectClass=*)"), wire.strings(["1.1"])]
    for at, octets in replaced:
        parts[at] = octets
    return wire.sequence(*parts, tag=0x63)


OID = "1.2.3.4"
NOTICE = "1.3.6.1.4.1.1466.20036"

ROWS = [
    good("one message", 0, GOOD),
    good("byte by byte", 0, GOOD),
    row("dribble", 0, raw(wire.message(1, SEARCH), 1, dribble=True)),
    good("id 0", 0, wire.message(0, WHO), 0),
    good("id 0 of a search", 0, wire.message(0, SEARCH), 0),
    good("negative id", 0, wire.message(-1, WHO), -1),
    good("id 2^31-1", 0, wire.message(2**31 - 1, WHO), 2**31 - 1),
    bad("id 2^31", "closed", wire.message(2**31, WHO)),
    bad("id 2^32", "closed", wire.message(2**32, WHO)),
    bad("id 2^63", "closed", wire.message(2**63, WHO)),
    good("id with leading zeros", 0, envelope(b"\x02\x04\x00\x00\x00\x01", WHO)),
    bad("id of five octets", None, envelope(b"\x02\x05\x00\x00\x00\x00\x01", WHO)),
    bad("id of no octets", None, envelope(b"\x02\x00", WHO)),
    bad("id as ENUMERATED", None, envelope(b"\x0a\x01\x01", WHO)),
    bad("id as OCTET STRING", None, envelope(b"\x04\x01\x01", WHO)),
    bad("id is missing", None, envelope(WHO)),
    bad("empty message", None, envelope()),
    bad("only an id", None, envelope(wire.integer(1))),
    good("length 0x81", 0, element(0x30, b"\x81" + bytes([len(GOOD) - 2]), GOOD[2:])),
    good("length 0x84", 0, element(0x30, b"\x84\x00\x00\x00" + bytes([len(GOOD) - 2]), GOOD[2:])),
    bad("length 0x85", None, element(0x30, b"\x85\x00\x00\x00\x00" + bytes([len(GOOD) - 2]), GOOD[2:])),
    bad(
        "length of 8 octets",
        None,
        element(0x30, b"\x88\x00\x00\x00\x00\x00\x00\x00" + bytes([len(GOOD) - 2]), GOOD[2:]),
    ),
    bad("length 0xff", None, element(0x30, b"\xff" + b"\x00" * 200, b"")),
    bad("indefinite length", "closed", b"\x30\x80" + GOOD[2:] + b"\x00\x00"),
    bad("wrong outer tag SET", "closed", envelope(wire.integer(1), WHO, tag=0x31)),
    bad("wrong outer tag OCTET STRING", "closed", envelope(wire.integer(1), WHO, tag=0x04)),
    bad("wrong outer tag 0", "closed", b"\x00" * 100),
    bad("wrong outer tag, long form", "closed", b"\x3f\x01" + b"\x10" * 100),
    bad("0xff", "closed", b"\xff" * 100),
    bad("TLS hello", "closed", bytes.fromhex("160301010001") + b"\x00" * 300),
    bad("GET with enough behind it", "closed", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"\x00" * 300),
    bad("announced 300 MB", "closed", b"\x30\x84\x12\x00\x00\x00\x02\x01\x01"),
    bad("announced 4 GB", "closed", b"\x30\x84\xff\xff\xff\xff\x02\x01\x01"),
    bad("300 KB, anonymous", "closed", wire.message(1, wire.compare_op(ALICE, "cn", "x" * 300_000))),
    good("262,060 octets, anonymous", "compare 5", wire.message(1, wire.compare_op(ALICE, "cn", "x" * 262_060))),
    good("262,000 octets, anonymous", 5, wire.message(1, wire.compare_op(ALICE, "cn", "x" * 262_000))),
    row(
        "300 KB, bound",
        5,
        bind(ALICE, "alice-secret"),
        raw(wire.message(9, wire.compare_op(ALICE, "cn", "x" * 300_000)), 9),
    ),
    row(
        "5 MB, bound",
        "compare 5",
        bind(ALICE, "alice-secret"),
        raw(wire.message(1, wire.compare_op(ALICE, "cn", "x" * 5_000_000))),
    ),
    row(
        "300 KB after going back to anonymous",
        None,
        bind(ALICE, "alice-secret"),
        bind(),
        raw(wire.message(9, wire.compare_op(ALICE, "cn", "x" * 300_000)), 9),
    ),
    *(
        bad(
            f"anonymous limit: content of {size} octets",
            None,
            element(0x30, b"\x84" + size.to_bytes(4, "big"), b"\x02\x01\x01"),
        )
        for size in (262_144, 262_145, 300_000)
    ),
    bad(
        "message-size 2000: 2100 octets",
        "closed",
        wire.message(1, wire.compare_op(ALICE, "cn", "x" * 2_100)),
        server="message-size",
    ),
    good(
        "message-size 2000: 1900 octets",
        5,
        wire.message(1, wire.compare_op(ALICE, "cn", "x" * 1_900)),
        server="message-size",
    ),
    *(
        bad(f"operation 0x{tag:02x}", None, wire.message(1, wire.tlv(tag)))
        for tag in (
            0x00,
            0x04,
            0x30,
            0x40,
            0x43,
            0x61,
            0x62,
            0x64,
            0x65,
            0x67,
            0x69,
            0x6B,
            0x6D,
            0x6F,
            0x73,
            0x78,
            0x79,
            0x7A,
            0x7D,
            0x7E,
            0xA0,
            0xE0,
        )
    ),
    *(
        bad(
            f"response 0x{tag:02x}",
            NOTICE,
            wire.message(1, wire.sequence(wire.integer(0, 0x0A), wire.octets(""), wire.octets(""), tag=tag)),
        )
        for tag in (0x61, 0x65, 0x78)
    ),
    *(
        bad(f"empty request 0x{tag:02x}", None, wire.message(1, wire.tlv(tag)))
        for tag in (0x60, 0x63, 0x66, 0x68, 0x4A, 0x6C, 0x6E, 0x77)
    ),
    *(
        bad(f"empty request 0x{tag:02x}, bound", None, wire.message(1, wire.tlv(tag)), by=ADMIN)
        for tag in (0x60, 0x63, 0x66, 0x68, 0x6C, 0x6E, 0x77)
    ),
    good("empty delete request as admin", None, wire.message(1, wire.tlv(0x4A)), by=ADMIN),
    bad("unbind with content", None, wire.message(1, wire.tlv(0x42, b"x"))),
    row("unbind", "closed", unbind()),
    row("unbind, then more", "closed", unbind(after=wire.message(5, WHO))),
    row("unbind with critical control", "closed", unbind(controls=[critical(OID)])),
    bad("abandon without id", None, wire.message(1, wire.tlv(0x50)) + wire.message(2, wire.tlv(0x42))),
    bad("abandon with a long id", None, wire.message(1, wire.tlv(0x50, b"\x01" * 9))),
    bad("bind, truncated", (NOTICE, "decoding error"), wire.message(1, wire.sequence(wire.integer(3), tag=0x60))),
    bad(
        "bind without authentication",
        NOTICE,
        wire.message(1, wire.sequence(wire.integer(3), wire.octets(""), tag=0x60)),
    ),
    bad(
        "bind, version as OCTET STRING",
        None,
        wire.message(1, wire.sequence(wire.octets("3"), wire.octets(""), wire.octets("", 0x80), tag=0x60)),
    ),
    bad(
        "bind, version of five octets",
        None,
        wire.message(
            1, wire.sequence(b"\x02\x05\x00\x00\x00\x00\x03", wire.octets(""), wire.octets("", 0x80), tag=0x60)
        ),
    ),
    bad(
        "bind, name as INTEGER",
        None,
        wire.message(1, wire.sequence(wire.integer(3), wire.integer(1), wire.octets("", 0x80), tag=0x60)),
    ),
    bad(
        "bind, SASL without mechanism", None, wire.message(1, wire.bind_op("", authentication=wire.sequence(tag=0xA3)))
    ),
    bad(
        "bind, SASL mechanism as INTEGER",
        None,
        wire.message(1, wire.bind_op("", authentication=wire.sequence(wire.integer(1), tag=0xA3))),
    ),
    good(
        "bind, SASL with trailing octets",
        None,
        wire.message(
            1,
            wire.bind_op(
                "", authentication=wire.sequence(wire.octets("X"), wire.octets("x"), wire.octets("y"), tag=0xA3)
            ),
        ),
    ),
    good("bind, simple as constructed", None, wire.message(1, wire.bind_op("", authentication=b"\xa0\x00"))),
    good(
        "bind with a trailing element",
        None,
        wire.message(
            1, wire.sequence(wire.integer(3), wire.octets(""), wire.octets("", 0x80), wire.octets("x"), tag=0x60)
        ),
    ),
    bad(
        "bind with junk inside",
        None,
        wire.message(1, wire.sequence(wire.integer(3), wire.octets(""), wire.octets("", 0x80), b"\x04\x7f", tag=0x60)),
    ),
    *(bad(f"search without part {part}", NOTICE, wire.message(1, search_op((part, b"")))) for part in range(8)),
    *(
        bad(f"search with a NULL for part {part}", None, wire.message(1, search_op((part, b"\x05\x00"))))
        for part in range(8)
    ),
    bad(
        "search with nothing behind part 3",
        NOTICE,
        wire.message(1, wire.sequence(wire.octets(ALICE), wire.integer(0, 10), wire.integer(0, 10), tag=0x63)),
    ),
    bad("search, scope as INTEGER", None, wire.message(1, search_op((1, wire.integer(0))))),
    bad("search, size as ENUMERATED", None, wire.message(1, search_op((3, wire.integer(0, 0x0A))))),
    good("search, typesOnly 1", 0, wire.message(1, search_op((5, wire.boolean(1))))),
    bad("search, typesOnly of two octets", None, wire.message(1, search_op((5, b"\x01\x02\xff\xff")))),
    bad("search, typesOnly of no octets", None, wire.message(1, search_op((5, b"\x01\x00")))),
    bad("search, attribute as INTEGER", None, wire.message(1, search_op((7, wire.sequence(wire.integer(1)))))),
    bad("search, attributes as SET", None, wire.message(1, search_op((7, wire.strings(["1.1"], 0x31))))),
    good("search, trailing element", None, wire.message(1, wire.sequence(SEARCH[2:], wire.octets("x"), tag=0x63))),
    bad("search, inner length too long", None, wire.message(1, b"\x63\x7f" + SEARCH[2:])),
    bad(
        "search, filter nested 10,000 deep",
        (NOTICE, "filter nested too deeply"),
        wire.message(
            1,
            search_op(
                (
                    6,
                    b"".join(
                        bytes([0xA2]) + b"\x84" + (6 * (9_999 - level) + 13).to_bytes(4, "big")
                        for level in range(10_000)
                    )
                    + wire.octets("objectClass", 0x87),
                )
            ),
        ),
    ),
    bad(
        "search, and nested 10,000 deep",
        None,
        wire.message(
            1,
            search_op(
                (
                    6,
                    b"".join(
                        bytes([0xA0]) + b"\x84" + (6 * (9_999 - level) + 13).to_bytes(4, "big")
                        for level in range(10_000)
                    )
                    + wire.octets("objectClass", 0x87),
                )
            ),
        ),
    ),
    bad("modify without changes", None, wire.message(1, wire.sequence(wire.octets(ALICE), tag=0x66))),
    bad(
        "modify, change without attribute",
        None,
        wire.message(1, wire.sequence(wire.octets(ALICE), wire.sequence(wire.sequence(wire.integer(0, 10))), tag=0x66)),
    ),
    bad(
        "modify, attribute without values",
        None,
        wire.message(
            1,
            wire.sequence(
                wire.octets(ALICE),
                wire.sequence(wire.sequence(wire.integer(0, 10), wire.sequence(wire.octets("cn")))),
                tag=0x66,
            ),
        ),
    ),
    bad(
        "modify, operation as INTEGER",
        None,
        wire.message(
            1,
            wire.sequence(
                wire.octets(ALICE), wire.sequence(wire.sequence(wire.integer(0), wire.attribute("cn", ["x"]))), tag=0x66
            ),
        ),
    ),
    bad(
        "modify, value as INTEGER",
        None,
        wire.message(
            1,
            wire.sequence(
                wire.octets(ALICE),
                wire.sequence(
                    wire.sequence(
                        wire.integer(0, 10), wire.sequence(wire.octets("cn"), wire.sequence(wire.integer(1), tag=0x31))
                    )
                ),
                tag=0x66,
            ),
        ),
    ),
    good(
        "modify, values as SEQUENCE",
        None,
        wire.message(
            1,
            wire.sequence(
                wire.octets(ALICE),
                wire.sequence(
                    wire.sequence(wire.integer(0, 10), wire.sequence(wire.octets("cn"), wire.strings(["x"])))
                ),
                tag=0x66,
            ),
        ),
    ),
    bad(
        "add without attributes",
        None,
        wire.message(1, wire.sequence(wire.octets(f"cn=x,{PEOPLE}"), tag=0x68)),
        by=ADMIN,
    ),
    bad(
        "add, attribute without values",
        None,
        wire.message(
            1, wire.sequence(wire.octets(f"cn=x,{PEOPLE}"), wire.sequence(wire.sequence(wire.octets("cn"))), tag=0x68)
        ),
        by=ADMIN,
    ),
    bad(
        "add, attribute as OCTET STRING",
        None,
        wire.message(1, wire.sequence(wire.octets(f"cn=x,{PEOPLE}"), wire.sequence(wire.octets("cn")), tag=0x68)),
        by=ADMIN,
    ),
    bad(
        "modrdn without deleteoldrdn",
        None,
        wire.message(1, wire.sequence(wire.octets(ALICE), wire.octets("uid=x"), tag=0x6C)),
    ),
    bad(
        "modrdn, deleteoldrdn as INTEGER",
        None,
        wire.message(1, wire.sequence(wire.octets(ALICE), wire.octets("uid=x"), wire.integer(1), tag=0x6C)),
    ),
    good(
        "modrdn with another tag behind",
        None,
        wire.message(
            1,
            wire.sequence(
                wire.octets(ALICE), wire.octets("uid=x"), wire.boolean(True), wire.octets("x", 0x81), tag=0x6C
            ),
        ),
    ),
    bad("compare without assertion", None, wire.message(1, wire.sequence(wire.octets(ALICE), tag=0x6E))),
    bad(
        "compare, assertion of one part",
        None,
        wire.message(1, wire.sequence(wire.octets(ALICE), wire.sequence(wire.octets("cn")), tag=0x6E)),
    ),
    bad(
        "compare, assertion as SET",
        None,
        wire.message(
            1, wire.sequence(wire.octets(ALICE), wire.sequence(wire.octets("cn"), wire.octets("x"), tag=0x31), tag=0x6E)
        ),
    ),
    good(
        "compare, trailing element",
        None,
        wire.message(
            1,
            wire.sequence(
                wire.octets(ALICE), wire.sequence(wire.octets("cn"), wire.octets("x")), wire.octets("y"), tag=0x6E
            ),
        ),
    ),
    bad("extended, name with another tag", None, wire.message(1, wire.sequence(wire.octets(OID), tag=0x77))),
    good(
        "extended, value with another tag",
        None,
        wire.message(1, wire.sequence(wire.octets(WHO_AM_I, 0x80), wire.octets("x", 0x82), tag=0x77)),
    ),
    good(
        "extended, trailing element",
        None,
        wire.message(
            1, wire.sequence(wire.octets(WHO_AM_I, 0x80), wire.octets("", 0x81), wire.octets("x", 0x82), tag=0x77)
        ),
    ),
    good("controls, empty", 0, wire.message(1, WHO, [])),
    good("controls, explicit FALSE", 0, wire.message(1, WHO, [wire.control(OID, False)])),
    good("controls, TRUE as 1", 12, wire.message(1, WHO, [wire.control(OID, 1)])),
    good("controls, critical with OID foo", 12, wire.message(1, WHO, [wire.control("foo", True)])),
    good("controls, critical with empty OID", 12, wire.message(1, WHO, [wire.control("", True)])),
    good("controls, uncritical with empty OID", 0, wire.message(1, WHO, [wire.control("", None)])),
    good("controls, two unknown", 0, wire.message(1, WHO, [wire.control(OID), wire.control("1.2.3.5")])),
    good("controls, the same twice", None, wire.message(1, WHO, [wire.control(OID), wire.control(OID)])),
    good("controls, second is critical", 12, wire.message(1, WHO, [wire.control(OID), wire.control("1.2.3.5", True)])),
    bad("controls, without OID", (NOTICE, "decoding controls error"), wire.message(1, WHO, [wire.sequence()])),
    bad("controls, OID as INTEGER", None, wire.message(1, WHO, [wire.sequence(wire.integer(1))])),
    bad(
        "controls, criticality of two octets",
        None,
        wire.message(1, WHO, [wire.sequence(wire.octets(OID), b"\x01\x02\xff\xff")]),
    ),
    bad(
        "controls, criticality of no octets", None, wire.message(1, WHO, [wire.sequence(wire.octets(OID), b"\x01\x00")])
    ),
    bad(
        "controls, criticality as INTEGER",
        None,
        wire.message(1, WHO, [wire.sequence(wire.octets(OID), wire.integer(1))]),
    ),
    good(
        "controls, criticality behind the value",
        None,
        wire.message(1, WHO, [wire.sequence(wire.octets(OID), wire.octets("x"), wire.boolean(True))]),
    ),
    bad(
        "controls, value as INTEGER",
        None,
        wire.message(1, WHO, [wire.sequence(wire.octets(OID), wire.boolean(True), wire.integer(1))]),
    ),
    bad("controls, cut off", None, envelope(wire.integer(1), WHO, b"\xa0\x7f\x30\x03\x04\x01")),
    good("controls that are primitive", None, envelope(wire.integer(1), WHO, b"\x80\x03\x04\x01x")),
    bad("controls, not sequences", None, wire.message(1, WHO, [wire.octets("x")])),
    good("element behind the operation", None, envelope(wire.integer(1), WHO, wire.octets("x"))),
    good(
        "element behind the controls", None, envelope(wire.integer(1), WHO, wire.sequence(tag=0xA0), wire.octets("x"))
    ),
    good("zero octets behind the operation", None, envelope(wire.integer(1), WHO, b"\x00\x00")),
    bad("malformed control on bind", None, wire.message(1, BIND, [wire.sequence()])),
    bad("malformed control on search", None, wire.message(1, SEARCH, [wire.sequence()])),
    bad("malformed control on unbind", None, wire.message(1, b"\x42\x00", [wire.sequence()])),
    bad(
        "malformed control on abandon",
        None,
        wire.message(1, b"\x50\x01\x01", [wire.sequence()]) + wire.message(2, wire.tlv(0x42)),
    ),
    bad("malformed control on an unknown request", None, wire.message(1, b"\x7d\x00", [wire.sequence()])),
    row(
        "twenty searches in one write",
        0,
        pipeline(*(search(ALICE, "(objectClass=*)", "cn", scope="base") for _ in range(20))),
    ),
    row(
        "various in one write",
        0,
        pipeline(whoami(), search(ALICE, scope="base"), whoami(), search("garbage"), whoami()),
    ),
    row("bind and more in one write", 0, pipeline(bind(ADMIN, PASSWORD), whoami(), whoami())),
    row(
        "add and search in one write",
        None,
        pipeline(bind(ADMIN, PASSWORD), add(f"cn=x,{PEOPLE}", "objectClass: device", "cn: x")),
    ),
    good("ids out of order", 0, wire.message(9, WHO) + wire.message(3, WHO), 9, 3),
    row("octets that are not UTF-8 in a DN", 34, search(b"uid=\xff")),
    row("NUL in a DN", 34, search(b"uid=a\0b,dc=example,dc=com")),
    row("a DN of 100 KB", 34, search(b"uid=" + b"a" * 100_000 + b",dc=example,dc=com")),
]
