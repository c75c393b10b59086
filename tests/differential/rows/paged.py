"""Paged results (RFC 2696)."""

from oracle import wire
from oracle.listing import PAGED, asking, key, listed, page, pages, reused, sort
from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE,
    GROUPS,
    PEOPLE,
    REFERRALS,
    REMOTE,
    Step,
    bind,
    compare,
    critical,
    row,
    search,
    uncritical,
)

ALL = "(objectClass=*)"
BY_NAME = sort(key("sn", "caseIgnoreOrderingMatch"))
NOWHERE = f"ou=nowhere,{PEOPLE}"
SIZE, EMPTY = wire.integer(2), wire.octets("")


def value(octets: bytes | None) -> Step:
    """The control with these octets for a value; which entries make a page is the server's choice: none are found."""
    return listed(critical(PAGED, octets), ask=asking(filter="(cn=nobody)"))


ROWS = [
    row("all in pages of 2", 0, pages(2, 2, 2)),
    row("all in pages of 1", 0, pages(1, 1, 1, 1, 1)),
    row("pages that grow", 0, pages(1, 3, 5)),
    row("one page that is as large as what is found", 0, pages(5)),
    row("one page that is larger", 0, pages(100)),
    row("one page of 2^31-1", 0, pages(2**31 - 1)),
    row("nothing found", 0, pages(2, ask=asking(filter="(cn=nobody)"))),
    row("base scope", 0, pages(1, ask=asking(base=ALICE, scope="base", filter=ALL))),
    row("one level", 0, pages(2, 2, 2, ask=asking(scope="one"))),
    row("no such base", 32, pages(2, ask=asking(base=NOWHERE))),
    row("no such base, bogus cookie", 32, pages((2, b"12345678"), ask=asking(base=NOWHERE))),
    row("no such base, cookie of one octet", 32, pages((2, b"1"), ask=asking(base=NOWHERE))),
    row("base is a referral", 10, pages((2, b"1"), ask=asking(base=REMOTE))),
    row("not critical", 0, listed(page(100, critical=None), ask=asking(base=ALICE, scope="base", filter=ALL))),
    row("size 0", 0, pages(0)),
    row("size 0, then more", 0, pages(0, 2, 2)),
    *[
        row(f"size 0, references, {filter}, {base}", 0, search(base, filter, "1.1", controls=[page(0)]))
        for filter in ("(objectClass=*)", "(uid=alice)", "(cn=none)", "(ou=r*)")
        for base in (REFERRALS, "dc=example,dc=com")
    ],
    row("size 0 with the cookie", (0, "search abandoned by pagedResult size=0"), pages(2, 0)),
    row("size 0 with a bogus cookie", 2, pages((0, b"\x04" + bytes(7)))),
    row("cookie of zeros", 0, pages((2, bytes(8)))),
    row("size -1", (2, "paged results control size invalid"), pages(-1)),
    row("cookie of one octet", (2, "paged results cookie is invalid"), pages((2, b"1"))),
    row("cookie of nine octets", 2, pages((2, b"123456789"))),
    row("bogus cookie", (2, "paged results cookie is invalid"), pages((2, b"12345678"))),
    row("cookie of ones", (2, "paged results cookie is invalid"), pages((2, b"\xff" * 8))),
    row("bogus cookie in a series", 2, pages(2, (2, b"\xfe" * 8))),
    row("the series goes on after a bogus cookie", 2, pages(2, (2, b"1"))),
    row("cookie used again", (53, "paged results cookie is invalid or old"), reused()),
    row("cookie used again at the end", 2, pages(5, (2, b"\x04" + bytes(7)))),
    row("a series begins anew", 0, pages(2, (2, b""), 2)),
    row("another search in between", 0, pages(2), search(ALICE, ALL, "1.1", scope="base"), pages(2, 2, 2)),
    row("value absent", (2, "paged results control value is absent"), value(None)),
    row("value empty", (2, "paged results control value is empty"), value(b"")),
    row("junk", (2, "paged results control could not be decoded"), value(b"junk")),
    row("junk, not critical", (2, "paged results control could not be decoded"), listed(uncritical(PAGED, b"junk"))),
    row("no size", 2, value(b"\x30\x00")),
    row("no cookie", 2, value(wire.sequence(SIZE))),
    row("size as OCTET STRING", 0, value(wire.sequence(wire.octets("x"), EMPTY))),
    row("size of no octets", 0, value(wire.sequence(b"\x02\x00", EMPTY))),
    row("size of five octets", 2, value(wire.sequence(b"\x02\x05\x01\x00\x00\x00\x00", EMPTY))),
    row("cookie as INTEGER", 2, value(wire.sequence(SIZE, wire.integer(1)))),
    row("cookie cut off", 2, value(wire.sequence(SIZE, b"\x04\x7f"))),
    row("cut off", 2, value(wire.sequence(SIZE, EMPTY)[:-1])),
    row("more inside", 0, value(wire.sequence(SIZE, EMPTY, wire.integer(1)))),
    row("more behind", 0, value(wire.sequence(SIZE, EMPTY) + b"xxxx")),
    row("not a sequence", 0, value(wire.octets(SIZE + EMPTY))),
    row("twice", (2, "paged results control specified multiple times"), listed(page(2), page(2))),
    row("compare, critical", 12, compare(ALICE, "cn", "x", controls=[page(2)])),
    row("compare", 5, compare(ALICE, "cn", "x", controls=[page(2, critical=None)])),
    row("root DSE", 0, search("", ALL, "1.1", scope="base", controls=[page(1)])),
    row("root DSE, size 0", 0, search("", ALL, "1.1", scope="base", controls=[page(0)])),
    row("root DSE, bogus cookie", 0, search("", ALL, "1.1", scope="base", controls=[page(1, b"12345678")])),
    row("subschema", 0, search("cn=Subschema", ALL, "1.1", scope="base", controls=[page(1)])),
    row("references", 0, pages(1, counted=False, ask=asking(base=REFERRALS, filter=ALL))),
    row("size limit 3, pages of 2", 4, pages(2, 2, ask=asking(size=3))),
    row("size limit 2, pages of 1", 4, pages(1, 1, 1, ask=asking(size=2))),
    row("size limit 4, pages of 2", 4, pages(2, 2, 2, ask=asking(size=4))),
    row("size limit 5, pages of 2", 0, pages(2, 2, 2, ask=asking(size=5))),
    row("size limit 2, page of 2", 4, pages(2, ask=asking(size=2))),
    row("size limit 2, page of 5", 4, pages(5, ask=asking(size=2))),
    row("size limit 100, page of 100", 0, pages(100, ask=asking(size=100))),
    row("size limit 3, size 0", 0, pages(0, ask=asking(size=3))),
    row("server 3, pages of 2", 4, pages(2, 2), server="size-limit"),
    row("server 3, pages of 1", 4, pages(1, 1, 1, 1), server="size-limit"),
    row("server 3, page of 3", 4, pages(3, 3), server="size-limit"),
    row("server 3, page of 4", 4, pages(4), server="size-limit"),
    row("server 3, 10 asked", 4, pages(2, 2, ask=asking(size=10)), server="size-limit"),
    row("server 3, admin", 0, pages(2, 2, 2), by=ADMIN, server="size-limit"),
    row("server 3, admin asks 3", 4, pages(2, 2, ask=asking(size=3)), by=ADMIN, server="size-limit"),
    row("sorted", 0, pages(2, 2, 2, controls=[BY_NAME], counted=False)),
    row("sorted, page as large", 0, pages(5, controls=[BY_NAME], counted=False)),
    row("sorted, nothing found", 0, pages(5, controls=[BY_NAME], ask=asking(filter="(cn=nobody)"))),
    row("sorted, size 0", 0, pages(0, controls=[BY_NAME])),
    row("sorted, size 0, then more", 0, pages(0, 2, 2, controls=[BY_NAME], counted=False)),
    row("sorted, size limit 3", 4, pages(2, 2, controls=[BY_NAME], ask=asking(size=3), counted=False)),
    row("sorted, size limit 3, page of 3", 4, pages(3, controls=[BY_NAME], ask=asking(size=3), counted=False)),
    row("sorted, server 3", 4, pages(2, 2, controls=[BY_NAME], counted=False), server="size-limit"),
    row("sorted, no such base", 32, pages(2, controls=[BY_NAME], ask=asking(base=NOWHERE))),
    row("two series one after the other", 0, pages(2, 2, 2), pages(2, 2, 2, ask=asking(base=GROUPS, filter=ALL))),
    row("sorted, bogus cookie", 0, pages((2, b"12345678"), controls=[BY_NAME])),
    row("sorted, pages that grow", 0, pages(1, 4, controls=[BY_NAME])),
    row("size 0, nothing found", 0, pages(0, ask=asking(filter="(cn=nobody)"))),
    row("sorted, size 0, nothing found", 0, pages(0, controls=[BY_NAME], ask=asking(filter="(cn=nobody)"))),
    row("after a bind", 0, pages(2, bind(ALICE, "alice-secret"), 2)),
    row("bound on the way", 0, pages(2), bind(ALICE, "alice-secret"), pages(2, 2, 2)),
]
