"""Search filters: what they find in the whole directory (RFC 4511 section 4.5.1.7, RFC 4517, 4526)."""

from pathlib import Path
from typing import Any

from oracle.slapd import ADMIN
from oracle.steps import ALICE, GROUPS, MANAGE, PEOPLE, Step, modify, row, search

FILTERS = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")

NESTED = "(!" * 100 + "(uid=alice)" + ")" * 100
WIDE = "(|" + "".join(f"(uid=user{number})" for number in range(500)) + "(uid=bob))"


def hits(filter: str | bytes, *, base: str = "dc=example,dc=com", **keywords: Any) -> Step:
    """The DNs that a filter finds; referrals are entries here, or each row would show their references."""
    return search(base, filter, "1.1", controls=MANAGE, **keywords)


ROWS = [
    *(row(line, 0, hits(line)) for line in FILTERS.split("\n") if line),
    row("not 100 times", 0, hits(NESTED)),
    row("not 101 times", 0, hits(f"(!{NESTED})")),
    row("501 branches", 0, hits(WIDE)),
    row("password, as admin", 0, hits("(userPassword=alice-secret)"), by=ADMIN),
    row("password in another case, as admin", 0, hits("(userPassword=ALICE-secret)"), by=ADMIN),
    row("password presence, as admin", 0, hits("(userPassword=*)"), by=ADMIN),
    row("password presence, by oneself", 0, hits("(userPassword=*)"), by=ALICE),
    row("not password, by oneself", 0, hits("(!(userPassword=x))"), by=ALICE),
    row("password substring, as admin", 0, hits("(userPassword=alice*)"), by=ADMIN),
    row("password ordering, as admin", 0, hits("(userPassword>=alice)"), by=ADMIN),
    row("in one level", 0, hits("(objectClass=*)", base=PEOPLE, scope="one")),
    row("class in one level", 0, hits("(objectClass=person)", base=PEOPLE, scope="one")),
    row("in the subordinates", 0, hits("(objectClass=*)", base=GROUPS, scope="children")),
    row("added value is found", 0, hits("(pager=123)"), setup=[modify(ALICE, ("add", "pager", "123"))]),
    row(
        "deleted value is not found",
        0,
        hits("(mail=alice@example.com)"),
        setup=[modify(ALICE, ("delete", "mail", "alice@example.com"))],
    ),
    row(
        "replaced class is found",
        0,
        hits("(objectClass=shadowAccount)"),
        setup=[modify(ALICE, ("add", "objectClass", "shadowAccount"))],
    ),
    row("times", 0, hits("(createTimestamp>=20990101000000Z)"), hits("(createTimestamp<=20990101000000Z)")),
]
