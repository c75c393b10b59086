"""Limits for some (``limits`` of slapd.conf(5)).

Which entries come within a limit is the server's choice: they are counted.
"""

from differential.rows.limits import counted
from oracle.listing import asking, key, listed, page, pages, sort
from oracle.slapd import ADMIN
from oracle.steps import ALICE, BOB, CAROL, PEOPLE, Row, Step, row, search

PAGED = "limits: pages"
SIZE, UNCHECKED = "limits: size", "limits: unchecked"
WHO = {"alice": ALICE, "bob": BOB, "carol": CAROL, "nobody": None, "admin": ADMIN}
FILTERS = {"uid": "(uid=alice)", "unknown": "(&(foo=x)(bar=y))", "everything": "(objectClass=*)", "not": "(!(uid=x))"}


def sized(name: str, expect: object, asked: int) -> Row:
    """A search by somebody who asks for so many entries."""
    who = name.split(",")[0]
    return row(name, expect, counted(search(PEOPLE, size=asked)), by=WHO[who], server=SIZE)


PAGES: dict[str, Step] = {
    "pages of 1": pages(1, 1, 1, 1),
    "pages of 2": pages(2, 2),
    "pages of 3": pages(3, 3),
    "a page of 9": pages(9),
    "no size": pages(0),
    "two sizes": pages(1, 3),
    "sorted pages": pages(2, 2, controls=[sort(key("uid"))]),
    "asked 2": pages(1, 1, 1, ask=asking(size=2)),
    "asked 3": pages(1, 1, 1, 1, ask=asking(size=3)),
    "asked 4": pages(1, 1, 1, 1, ask=asking(size=4)),
    "asked 5": pages(2, 2, ask=asking(size=5)),
    "asked 9": pages(2, 2, ask=asking(size=9)),
    "asked 2, a page of 3": pages(3, ask=asking(size=2)),
    "missing base": pages(3, ask=asking(base="ou=none,dc=example,dc=com")),
}

ROWS: list[Row] = [
    row("page too large", (11, "illegal pagedResults page size"), listed(page(3)), by=ALICE, server=PAGED),
    row("pages not allowed", (11, "pagedResults control not allowed"), listed(page(3)), by=BOB, server=PAGED),
    *(
        row(f"{who}: {name}", None, step, by=by, server=PAGED)
        for who, by in WHO.items()
        for name, step in PAGES.items()
    ),
    sized("alice", (4, "2 entries"), 0),
    sized("alice, asks 1", (4, "1 entries"), 1),
    sized("alice, asks 5", (4, "2 entries"), 5),
    sized("bob", (4, "2 entries"), 0),
    sized("bob, asks 3", (4, "3 entries"), 3),
    sized("bob, asks 5", (4, "4 entries"), 5),
    sized("carol", (4, "2 entries"), 0),
    sized("carol, asks 5", (4, "5 entries"), 5),
    sized("carol, asks 50", (0, "6 entries"), 50),
    sized("nobody", (4, "4 entries"), 0),
    sized("nobody, asks 5", (4, "4 entries"), 5),
    sized("nobody, asks 3", (4, "3 entries"), 3),
    sized("admin", (0, "6 entries"), 0),
    sized("admin, asks 5", (4, "5 entries"), 5),
    *(
        row(f"{who}: {name}, {scope}", None, counted(search(PEOPLE, text, scope=scope)), by=by, server=UNCHECKED)
        for who, by in WHO.items()
        for name, text in FILTERS.items()
        for scope in ("base", "one", "sub", "children")
    ),
    row("unchecked: alice", 11, search(PEOPLE, "(uid=alice)"), by=ALICE, server=UNCHECKED),
    row("disabled", 11, search(PEOPLE, "(uid=alice)", scope="base"), by=BOB, server=UNCHECKED),
    row("disabled, missing base", 11, search(f"cn=none,{PEOPLE}"), by=BOB, server=UNCHECKED),
    row("disabled, outside", 32, search("dc=elsewhere"), by=BOB, server=UNCHECKED),
    row("disabled, root DSE", 0, search("", "(objectClass=*)", "1.1", scope="base"), by=BOB, server=UNCHECKED),
    row("unchecked, missing base", 32, search(f"cn=none,{PEOPLE}"), by=ALICE, server=UNCHECKED),
    row("nobody, empty scope", 0, search(f"uid=bob,{PEOPLE}", scope="one"), server=UNCHECKED),
]
