"""Server side sorting (RFC 2891) and virtual list views."""

from oracle import wire
from oracle.listing import SORT, VLV, asking, key, listed, moved, page, sort, window
from oracle.slapd import ADMIN
from oracle.steps import ALICE, GROUPS, PEOPLE, REFERRALS, REMOTE, Step, compare, critical, row, search, uncritical

ALL = "(objectClass=*)"
N, RULE = "uidNumber", "caseIgnoreOrderingMatch"
NAME = key("sn", RULE)
BY_NAME, BY_NUMBER = sort(NAME), sort(key(N))
PEOPLE_WITH_NUMBERS = asking(filter="(uidNumber=*)")
LAST = key("uid", RULE)
o = wire.octets


def value(*parts: bytes) -> Step:
    """The sort control with these octets for a value; only people whose order is clear."""
    return listed(critical(SORT, b"".join(parts)), ask=PEOPLE_WITH_NUMBERS)


def keyed(*parts: bytes) -> Step:
    """The same with one key of these parts."""
    return value(wire.sequence(wire.sequence(*parts)))


def view(*parts: bytes) -> Step:
    """The VLV control with these octets for a value."""
    return listed(BY_NAME, critical(VLV, b"".join(parts)))


ZERO = wire.integer(0)
OFFSET = wire.sequence(wire.integer(1), ZERO, tag=0xA0)

ROWS = [
    row("by number", 0, listed(BY_NUMBER, ask=PEOPLE_WITH_NUMBERS)),
    row("by number, reverse", 0, listed(sort(key(N, None, True)), ask=PEOPLE_WITH_NUMBERS)),
    row("reverse FALSE", 0, listed(sort(key(N, None, False)), ask=PEOPLE_WITH_NUMBERS)),
    row("by name", 0, listed(BY_NAME)),
    row("by name, reverse", 0, listed(sort(key("sn", RULE, True)))),
    row("rule by OID", 0, listed(sort(key("sn", "2.5.13.3")))),
    row("attribute by OID", 0, listed(sort(key("2.5.4.4", RULE)))),
    row("not critical", 0, listed(sort(NAME, critical=None))),
    row(
        "equality rule: by length",
        0,
        listed(sort(key("givenName", "caseIgnoreMatch"), LAST), ask=asking(filter="(givenName=*)")),
    ),
    row("equality rule of integers", 0, listed(sort(key(N, "integerMatch")), ask=PEOPLE_WITH_NUMBERS)),
    row("rule of another syntax", 0, listed(sort(key("sn", "integerOrderingMatch")))),
    row("case-exact rule", 0, listed(sort(key("cn", "caseExactOrderingMatch")))),
    row("octets", 0, listed(sort(key("jpegPhoto", "octetStringOrderingMatch"), NAME))),
    row("DNs", 0, listed(sort(key("manager", "distinguishedNameMatch"), NAME))),
    row("missing values come last", 0, listed(sort(key(N), NAME))),
    row("missing values come first in reverse order", 0, listed(sort(key(N, None, True), NAME))),
    row("several values: the least counts", 0, listed(sort(key("mail", RULE), NAME))),
    row("several values, reverse", 0, listed(sort(key("mail", RULE, True), NAME))),
    row("with an option", 0, listed(sort(key("cn;lang-de", RULE), NAME))),
    row("with a language range", 0, listed(sort(key("cn;lang-", RULE), NAME))),
    row("a supertype has no values", 0, listed(sort(key("name", RULE), NAME))),
    row("entryDN is not stored", 0, listed(sort(key("entryDN", "distinguishedNameMatch"), NAME))),
    row("hasSubordinates is not stored", 0, listed(sort(key("hasSubordinates", "booleanMatch"), NAME))),
    row(
        "operational attribute",
        0,
        listed(sort(key("entryUUID"), NAME), ask=asking(base=ALICE, scope="base", filter=ALL)),
    ),
    row("two keys", 0, listed(sort(key("gidNumber"), key(N)), ask=PEOPLE_WITH_NUMBERS)),
    row(
        "two keys, one in reverse order", 0, listed(sort(key("gidNumber"), key(N, None, True)), ask=PEOPLE_WITH_NUMBERS)
    ),
    row("the same key twice", 0, listed(sort(key(N), key(N)), ask=PEOPLE_WITH_NUMBERS)),
    row("five keys", 0, listed(sort(*[key(N)] * 5), ask=PEOPLE_WITH_NUMBERS)),
    row("six keys", (53, "Too many sort keys"), listed(sort(*[key(N)] * 6))),
    row("six keys, no such base", 53, listed(sort(*[key(N)] * 6), ask=asking(base=f"cn=x,{PEOPLE}"))),
    row("no ordering rule", (18, "serverSort control: No ordering rule"), listed(sort(key("sn")))),
    row("no ordering rule, not critical", 18, listed(sort(key("sn"), critical=None))),
    row("unknown rule", 18, listed(sort(key("sn", "noSuchMatch")))),
    row("rule without a name", 18, listed(sort(key("sn", "")))),
    row(
        "unknown attribute",
        (16, "serverSort control: Unrecognized attribute type in sort key"),
        listed(sort(key("foo"))),
    ),
    row("unknown attribute, not critical", 16, listed(sort(key("foo"), critical=None))),
    row("attribute without a name", 16, listed(sort(key("")))),
    row("attribute with a space", 16, listed(sort(key("c n")))),
    row("unknown attribute in the second key", 16, listed(sort(NAME, key("foo")))),
    row("nothing found", 0, listed(BY_NAME, ask=asking(filter="(cn=nobody)"))),
    row("no such base", 32, listed(BY_NAME, ask=asking(base=f"cn=x,{PEOPLE}"))),
    row("size limit: the first of the order", 4, listed(BY_NAME, ask=asking(size=2))),
    row("size limit of the server", 4, listed(BY_NAME), server="size-limit"),
    row("references are not sent", 0, listed(BY_NAME, ask=asking(base=REFERRALS, filter=ALL))),
    row("base is a referral", 10, listed(BY_NAME, ask=asking(base=REMOTE, filter=ALL))),
    row(
        "root DSE",
        (12, "critical control unavailable in context"),
        search("", ALL, "1.1", scope="base", controls=[BY_NAME]),
    ),
    row("root DSE, not critical", 0, search("", ALL, "1.1", scope="base", controls=[sort(NAME, critical=None)])),
    row("root DSE, unknown attribute", 16, search("", ALL, "1.1", scope="base", controls=[sort(key("foo"))])),
    row("subschema", 12, search("cn=Subschema", ALL, "1.1", scope="base", controls=[BY_NAME])),
    row("compare, critical", 12, compare(ALICE, "cn", "x", controls=[BY_NAME])),
    row("compare", 5, compare(ALICE, "cn", "x", controls=[sort(key("foo"), critical=None)])),
    row("twice", (2, "sorted results control specified multiple times"), listed(BY_NAME, BY_NAME)),
    row("value absent", (2, "sorted results control value is absent"), listed(critical(SORT))),
    row("value empty", (2, "sorted results control value is empty"), value(b"")),
    row("junk", (2, "serverSort control: decoding error"), value(b"junk")),
    row("junk, not critical", 2, listed(uncritical(SORT, b"junk"))),
    row("no key", 2, value(b"\x30\x00")),
    row("key without attribute", (2, "serverSort control: attribute decoding error"), keyed()),
    row("attribute as INTEGER", 0, keyed(o(N, 0x02))),
    row("attribute that is too long", 2, value(b"\x30\x0d\x30\x0b\x04\x0fuidNumber")),
    row("key that is too long", 2, value(b"\x30\x0d\x30\x0f\x04\x09uidNumber")),
    row("key cut off", 2, value(b"\x30\x0d\x30\x0c\x04\x09uidNumber")),
    row("cut off", 2, value(wire.sequence(key(N))[:-2])),
    row("key as SET", 2, value(wire.sequence(wire.sequence(o(N), tag=0x31)))),
    row("list as SET", 0, value(wire.sequence(key(N), tag=0x31))),
    row("no list around the key", 2, value(key(N))),
    row("second key as SET", 0, value(wire.sequence(key(N), wire.sequence(o("foo"), tag=0x31)))),
    row("OCTET STRING behind the key", 0, value(wire.sequence(key(N), o("x")))),
    row("octets behind the list", 0, value(wire.sequence(key(N)), b"xxx")),
    row("reverse of two octets", 0, keyed(o(N), b"\x81\x02\xff\xff")),
    row("reverse of no octets", 0, keyed(o(N), b"\x81\x00")),
    row(
        "reverse of five octets",
        (2, "serverSort control: reverse decoding error"),
        keyed(o(N), b"\x81\x05\xff\xff\xff\xff\xff"),
    ),
    row("rule behind reverse", 2, keyed(o(N), wire.boolean(True, 0x81), o("x", 0x80))),
    row("unknown part", 2, keyed(o(N), o("x", 0x85))),
    row("unknown part that holds a key", 0, keyed(o(N), o(o("gidNumber"), 0x85))),
    *(
        row(f"view {before} {after} at {target!r}", code, listed(BY_NAME, window(before, after, target)))
        for before, after, target, code in (
            (0, 0, (1, 0), 0),
            (0, 1, (1, 0), 0),
            (1, 1, (3, 0), 0),
            (1, 1, (3, 5), 0),
            (1, 1, (3, 10), 0),
            (0, 0, (5, 10), 0),
            (0, 0, (0, 0), 0),
            (0, 0, (1, 1), 0),
            (0, 0, (5, 5), 0),
            (0, 0, (6, 0), 76),
            (0, 0, (6, 5), 76),
            (0, 0, (6, 10), 0),
            (0, 0, (11, 10), 76),
            (9, 9, (3, 0), 0),
            (0, 0, (0, 5), 0),
            (0, 0, (-1, 0), 0),
            (0, 0, (1, -1), 0),
            (-1, 0, (3, 0), 0),
            (0, -1, (3, 0), 0),
            (0, -2, (3, 0), 0),
            (0, 0, (2, 3), 0),
            (0, 0, (3, 3), 0),
            (0, 0, (1, 100), 0),
            (0, 0, (2, 100), 0),
            (1, 0, (99, 100), 0),
            (2**31 - 1, 0, (2, 0), 0),
            (2, 0, (0, 0), 0),
            (0, 2, (0, 0), 0),
            (2, -1, (3, 0), 0),
            (0, 0, "b", 0),
            (0, 1, "brown", 0),
            (1, 1, "DAVIS", 0),
            (0, 0, "z", 0),
            (1, 0, "z", 0),
            (2, 0, "z", 0),
            (2, 2, "z", 0),
            (0, 2, "z", 0),
            (0, 0, "", 0),
            (0, 0, b"\xff", 76),
            (0, 0, "a", 0),
            (3, 0, "davis", 0),
        )
    ),
    *(
        row(f"view in reverse order at {target!r}", 0, listed(sort(key("sn", RULE, True)), window(0, 0, target)))
        for target in ("brown", "c", "z", "a", (2, 0))
    ),
    row("view, missing values", 0, listed(sort(key("givenName", RULE), NAME), window(0, 0, (3, 0)))),
    row("view, nothing found", 0, listed(BY_NAME, window(0, 0, (1, 0)), ask=asking(filter="(cn=nobody)"))),
    row("view by value, nothing found", 0, listed(BY_NAME, window(0, 0, "x"), ask=asking(filter="(cn=nobody)"))),
    row("view, no such base", 32, listed(BY_NAME, window(0, 0, (1, 0)), ask=asking(base=f"cn=x,{PEOPLE}"))),
    row("view without sorting", (76, "Sort control is required with VLV"), listed(window(0, 0, (1, 0)))),
    row("view without sorting, not critical", 76, listed(window(0, 0, (1, 0), critical=None))),
    row("view in pages", (53, "VLV incompatible with PagedResults"), listed(BY_NAME, window(0, 0, (1, 0)), page(2))),
    row("view in pages without sorting", 76, listed(window(0, 0, (1, 0)), page(2))),
    row("view, six keys", 53, listed(sort(*[NAME] * 6), window(0, 0, (1, 0)))),
    row("view, size limit", 4, listed(BY_NAME, window(0, 4, (1, 0)), ask=asking(size=3))),
    row("view within the size limit", 0, listed(BY_NAME, window(0, 1, (1, 0)), ask=asking(size=3))),
    row("view, size limit of the server", 4, listed(BY_NAME, window(0, 9, (1, 0))), server="size-limit"),
    row(
        "view twice",
        (2, "vlv control specified multiple times"),
        listed(BY_NAME, window(0, 0, (1, 0)), window(0, 0, (1, 0))),
    ),
    row("view of the root DSE", 12, search("", ALL, "1.1", scope="base", controls=[window(0, 0, (1, 0))])),
    row("view, compare", 12, compare(ALICE, "cn", "x", controls=[window(0, 0, (1, 0))])),
    row("view: value absent", (2, "vlv control value is absent"), listed(BY_NAME, critical(VLV))),
    row("view: value empty", (2, "vlv control value is empty"), view(b"")),
    row("view: junk", 2, view(b"junk")),
    row("view: junk, not critical", 2, listed(BY_NAME, uncritical(VLV, b"junk"))),
    row("view: nothing in it", 2, view(b"\x30\x00")),
    row("view: before only", 2, view(wire.sequence(ZERO))),
    row("view: no target", 2, view(wire.sequence(ZERO, ZERO))),
    row("view: empty target", 2, view(wire.sequence(ZERO, ZERO, wire.sequence(tag=0xA0)))),
    row("view: target without count", 2, view(wire.sequence(ZERO, ZERO, wire.sequence(ZERO, tag=0xA0)))),
    row("view: target of another kind", 2, view(wire.sequence(ZERO, ZERO, o("x", 0x82)))),
    row(
        "view: more in the target",
        0,
        view(wire.sequence(ZERO, ZERO, wire.sequence(wire.integer(1), ZERO, ZERO, tag=0xA0))),
    ),
    row("view: context of one octet", 2, view(wire.sequence(ZERO, ZERO, OFFSET, o("x")))),
    row("view: context of no octets", 2, view(wire.sequence(ZERO, ZERO, OFFSET, o("")))),
    row("view: unknown context", 0, view(wire.sequence(ZERO, ZERO, OFFSET, o("12345678")))),
    row("view: context of zeros", 0, view(wire.sequence(ZERO, ZERO, OFFSET, o(bytes(8))))),
    row("view: context as INTEGER", 0, view(wire.sequence(ZERO, ZERO, OFFSET, wire.integer(1)))),
    row("view: octets behind", 0, view(wire.sequence(ZERO, ZERO, OFFSET), b"xx")),
    row(
        "view moved",
        0,
        moved(BY_NAME, lambda c: [BY_NAME, window(0, 0, (2, 5), c)], lambda c: [BY_NAME, window(1, 0, (3, 5), c)]),
    ),
    row("view moved to a value", 0, moved(BY_NAME, lambda c: [BY_NAME, window(0, 0, "davis", c)])),
    row(
        "view moved too far and back",
        0,
        moved(BY_NAME, lambda c: [BY_NAME, window(0, 0, (9, 5), c)], lambda c: [BY_NAME, window(0, 0, (2, 5), c)]),
    ),
    row("view moved, another sort control", 0, moved(BY_NAME, lambda c: [BY_NUMBER, window(0, 0, (2, 5), c)])),
    row("view moved without sorting", 76, moved(BY_NAME, lambda c: [window(0, 0, (2, 5), c)])),
    row(
        "a sixth view",
        (51, "Other sort requests already in progress"),
        *[listed(BY_NAME, window(0, 0, (n, 0))) for n in (1, 2, 3, 4, 5, 1)],
    ),
    row(
        "by a password, anonymous",
        0,
        listed(sort(key("userPassword", "octetStringOrderingMatch"), key(N)), ask=PEOPLE_WITH_NUMBERS),
    ),
    row(
        "by a password, admin",
        0,
        listed(sort(key("userPassword", "octetStringOrderingMatch"), key(N)), ask=PEOPLE_WITH_NUMBERS),
        by=ADMIN,
    ),
    row("view at an integer", None, listed(BY_NUMBER, window(0, 0, "1000"), ask=PEOPLE_WITH_NUMBERS)),
    row("sorting groups", 0, listed(sort(key("cn", RULE)), ask=asking(base=GROUPS, filter="(cn=*)"))),
]
