"""The overlay constraint (slapo-constraint)."""

from oracle.overlays import SETS
from oracle.slapd import ADMIN
from oracle.steps import ALICE, BOB, CAROL, DAVE, EVE, GROUPS, MANAGE, PEOPLE, Row, Step, add, critical, modify, rename
from oracle.steps import row as any_row

RELAX = "1.3.6.1.4.1.4203.666.5.12"
NEW = f"uid=new,{PEOPLE}"
PERSON = ("objectClass: inetOrgPerson", "cn: New", "sn: New")


def row(name: str, expect: object, *steps: Step, by: str | None = ADMIN) -> Row:
    """The admin does something on the server with the overlay."""
    return any_row(name, expect, *steps, by=by, server="constraint")


def set_row(name: str, step: Step, by: str | None = ADMIN) -> Row:
    """Something done where sets must hold something."""
    return any_row(f"set: {name}", None, step, by=by, server="constraint, sets")


def change(name: str, expect: object, *changes: tuple[object, ...], dn: str = BOB) -> Row:
    """The admin modifies one entry."""
    return row(name, expect, modify(dn, *changes))


ROWS = [
    row("regex: add", 0, add(NEW, *PERSON, "mail: new@example.com")),
    row("regex: add another", (19, "add breaks constraint on mail"), add(NEW, *PERSON, "mail: new@elsewhere.com")),
    row("regex: add one of two", 19, add(NEW, *PERSON, "mail: new@example.com", "mail: x")),
    row("regex: case", None, add(NEW, *PERSON, "mail: new@EXAMPLE.com")),
    change("regex: modify", (19, "modify breaks constraint on mail"), ("add", "mail", "x@elsewhere")),
    change("regex: replace", 19, ("replace", "mail", "x@elsewhere")),
    change("regex: add and delete", None, ("add", "mail", "x@elsewhere"), ("delete", "mail", "x@elsewhere")),
    change("regex: delete one that breaks it", 0, ("delete", "mail", "Alice.Adams@example.org"), dn=ALICE),
    change("regex: delete all", 0, ("delete", "mail"), dn=ALICE),
    change("regex: replace by nothing", 0, ("replace", "mail"), dn=ALICE),
    change("regex: another attribute of an entry that breaks it", 0, ("replace", "title", "aaa"), dn=ALICE),
    change("negregex", (19, "modify breaks constraint on mail"), ("add", "mail", "root@example.com")),
    change("negregex is not anchored", None, ("add", "mail", "xroot@example.com")),
    change("regex: option", None, ("add", "givenName;lang-de", "lower")),
    change("regex: without option", 19, ("add", "givenName", "lower")),
    change("regex: class", 0, ("add", "givenName", "Upper-Case")),
    change("regex: braces", 19, ("replace", "title", "aaaa")),
    change("regex: braces fit", 0, ("replace", "title", "aaa")),
    change("regex: alternatives", 0, ("replace", "title", "Dr. med.")),
    change("regex: backslash in brackets", None, ("replace", "initials", "a\\b")),
    change("regex: letters in brackets", None, ("replace", "initials", "w")),
    change("regex: brackets that do not fit", None, ("replace", "initials", "é")),
    change("regex: bracket in brackets", None, ("replace", "initials", "]")),
    change("regex: UTF-8 dots", None, ("replace", "roomNumber", "éé")),
    change("regex: two dots", None, ("replace", "roomNumber", "12")),
    change("regex: four dots", None, ("replace", "roomNumber", "1234")),
    change("regex: word", None, ("replace", "displayName", "word two")),
    change("regex: no word", None, ("replace", "displayName", "one-two")),
    change("regex: line feed", None, ("replace", "roomNumber", "12\n4")),
    change("regex: end before a line feed", None, ("replace", "mail", "x@example.com\n")),
    change("regex: NUL", None, ("replace", "roomNumber", "1234\0xyz")),
    change("size", 0, ("replace", "employeeType", "12345")),
    change("size too large", (19, "modify breaks constraint on employeeType"), ("replace", "employeeType", "123456")),
    change("size in octets", 19, ("replace", "employeeType", "ééé")),
    change("size of the second", 19, ("add", "employeeType", "1", "123456")),
    row("size: add", (19, "add breaks constraint on employeeType"), add(NEW, *PERSON, "employeeType: 123456")),
    change("count: to the most", 0, ("add", "description", "1", "2")),
    change("count: past it", (19, "modify breaks constraint on description"), ("add", "description", "1", "2", "3")),
    change("count: with what is there", 19, ("add", "description", "x"), dn=ALICE),
    change(
        "count: delete and add",
        None,
        ("delete", "description", "The first person"),
        ("add", "description", "x"),
        dn=ALICE,
    ),
    change(
        "count: add and delete",
        None,
        ("add", "description", "x"),
        ("delete", "description", "The first person"),
        dn=ALICE,
    ),
    change("count: delete all and add", None, ("delete", "description"), ("add", "description", "x", "y"), dn=ALICE),
    change(
        "count: delete all and add too many",
        None,
        ("delete", "description"),
        ("add", "description", "x", "y", "z"),
        dn=ALICE,
    ),
    change("count: replace", 0, ("replace", "description", "x", "y"), dn=ALICE),
    change("count: replace and add", None, ("replace", "description", "x", "y"), ("add", "description", "z"), dn=ALICE),
    change(
        "count: replace by nothing and add", None, ("replace", "description"), ("add", "description", "z"), dn=ALICE
    ),
    change("count: replace by too many", 19, ("replace", "description", "x", "y", "z"), dn=ALICE),
    change("count: with an option", None, ("add", "description;lang-de", "x", "y", "z")),
    change("count: two adds", None, ("add", "description", "x", "y"), ("add", "description", "z")),
    change(
        "count: a missing value deleted", None, ("delete", "description", "no"), ("add", "description", "z"), dn=ALICE
    ),
    row("count: add", 19, add(NEW, *PERSON, "description: x", "description: y", "description: z")),
    row("count: add, fits", 0, add(NEW, *PERSON, "description: x", "description: y")),
    change("count 0", None, ("add", "carLicense", "x")),
    row("count 0: add", None, add(NEW, *PERSON, "carLicense: x")),
    change("several attributes, first", 19, ("add", "pager", "+49 1")),
    change("several attributes, second", (19, "modify breaks constraint on mobile"), ("add", "mobile", "+49 1")),
    change("several attributes, fit", 0, ("add", "pager", "+1 1"), ("add", "mobile", "+1 2")),
    change("two broken", None, ("add", "mobile", "+49 1"), ("add", "mail", "x")),
    change("two broken, other order", None, ("add", "mail", "x"), ("add", "mobile", "+49 1")),
    row("two broken: add", None, add(NEW, *PERSON, "mobile: +49 1", "mail: x")),
    row("two broken: add, other order", None, add(NEW, *PERSON, "mail: x", "mobile: +49 1")),
    change("restrict: within", 19, ("add", "homePhone", "+49 1"), dn=ALICE),
    change("restrict: filter does not match", 0, ("add", "homePhone", "+49 1"), dn=DAVE),
    row("restrict: add", 19, add(NEW, *PERSON, "title: aaa", "homePhone: +49 1", "initials: w", "employeeNumber: 99")),
    row("restrict: add elsewhere", None, add(f"uid=new,{GROUPS}", *PERSON, "employeeNumber: 99", "homePhone: +49 1")),
    row("restrict: add without", None, add(NEW, *PERSON, "homePhone: +49 1")),
    change(
        "restrict: becomes one that matches",
        None,
        ("add", "employeeNumber", "5"),
        ("add", "homePhone", "+49 1"),
        dn=DAVE,
    ),
    change(
        "restrict: becomes one that does not match",
        None,
        ("delete", "employeeNumber"),
        ("add", "homePhone", "+49 1"),
        dn=ALICE,
    ),
    change("restrict: base only", None, ("add", "destinationIndicator", "x"), dn=BOB),
    change("restrict: base itself", None, ("add", "destinationIndicator", "x"), dn=PEOPLE),
    change("restrict: one", None, ("add", "ou", "x"), dn=BOB),
    change("restrict: one, the base", None, ("add", "ou", "x"), dn=PEOPLE),
    change("restrict: only a filter", None, ("add", "sn", "x"), dn=EVE),
    change("restrict: only a filter, another", None, ("add", "sn", "x"), dn=BOB),
    change("uri: known", 0, ("add", "manager", BOB)),
    change("uri: known, in another case", None, ("add", "manager", BOB.upper())),
    change("uri: unknown", (19, "modify breaks constraint on manager"), ("add", "manager", CAROL)),
    change("uri: with filter", 0, ("add", "departmentNumber", "Bob")),
    change("uri: with filter, folded", None, ("add", "departmentNumber", "bOB")),
    change("uri: filter does not match", 19, ("add", "departmentNumber", "Engineer")),
    change("uri: second attribute", 0, ("add", "departmentNumber", "Brown")),
    change("uri: strange characters", 19, ("add", "departmentNumber", "a*b(c)")),
    change("uri: star", 0, ("add", "departmentNumber", "*")),
    change("second constraint of one attribute", 19, ("add", "mail", "root@example.com")),
    change("count and regex of one attribute", None, ("add", "mail", "b@example.com", "c@example.com")),
    change("nobody", None, ("add", "mail", "x"), dn=f"uid=no,{PEOPLE}"),
    change("nobody, count", None, ("add", "description", "x"), dn=f"uid=no,{PEOPLE}"),
    change("nobody, nothing constrained", None, ("add", "l", "x"), dn=f"uid=no,{PEOPLE}"),
    change("schema error, too", None, ("add", "uidNumber", "1"), ("add", "mail", "x"), dn=DAVE),
    row("add existing", None, add(ALICE, *PERSON, "mail: x")),
    row("add below nothing", None, add(f"uid=x,ou=no,{PEOPLE}", *PERSON, "mail: x")),
    row("add what the schema forbids", None, add(NEW, "objectClass: person", "mail: x")),
    row("manageDsaIT", None, modify(BOB, ("add", "mail", "x"), controls=MANAGE)),
    row("relax", None, modify(BOB, ("add", "mail", "x"), controls=[critical(RELAX)])),
    row("add with relax", None, add(NEW, *PERSON, "mail: x", controls=[critical(RELAX)])),
    row("own entry", None, modify(BOB, ("add", "mail", "x")), by=BOB),
    row("without right", None, add(NEW, *PERSON, "mail: x"), by=BOB),
    row("rename", None, rename(BOB, "mail=x", delete_old=False)),
    row("rename to one that fits", None, rename(BOB, "mail=x@example.com", delete_old=False)),
    row("rename past the count", None, rename(ALICE, "description=x", delete_old=False)),
    row("rename to what it has", None, rename(ALICE, "description=The first person", delete_old=False)),
    row("rename to a long one", None, rename(BOB, "employeeType=123456", delete_old=False)),
    row("rename into the restricted", None, rename(f"cn=staff,{GROUPS}", "ou=x", PEOPLE, delete_old=False)),
    row("rename, two that don't fit", None, rename(DAVE, "title=%+roomNumber=1", delete_old=False)),
    row("rename, two that don't fit, the other way", None, rename(DAVE, "roomNumber=1+title=%", delete_old=False)),
    row("rename past the count, the old name goes", None, rename(ALICE, "description=x")),
    row("rename past the count, with another", None, rename(ALICE, "cn=x+description=x", delete_old=False)),
    row("rename nobody", None, rename(f"uid=no,{PEOPLE}", "mail=x")),
    row("rename to an undefined value", None, rename(DAVE, "uid=dave+mail=x")),
    row("value of the RDN", None, add(f"mail=x,{PEOPLE}", *PERSON)),
    change("fewer than before, still too many", None, ("delete", "userPassword", "carol-one"), dn=CAROL),
    change("fewer by replace, still too many", 19, ("replace", "userPassword", "a", "b"), dn=CAROL),
    change("other attribute where there are too many", 19, ("replace", "title", "aaa"), dn=CAROL),
    change(
        "delete and add where there are too many",
        None,
        ("delete", "userPassword", "carol-one"),
        ("add", "userPassword", "x"),
        dn=CAROL,
    ),
    change("delete all but what is added", None, ("delete", "userPassword"), ("add", "userPassword", "x"), dn=CAROL),
    change("other attribute's values deleted where there are too many", None, ("delete", "loginShell"), dn=CAROL),
    change("other attribute's value deleted where there are too many", None, ("delete", "cn", "x"), dn=CAROL),
    change("other unconstrained attribute where there are too many", None, ("replace", "l", "x"), dn=CAROL),
    change("increment where there are too many", None, ("increment", "gidNumber", "1"), dn=CAROL),
    change(
        "other attribute first, then fewer", None, ("replace", "l", "x"), ("replace", "userPassword", "x"), dn=CAROL
    ),
    change("count of two attributes: each", None, ("add", "st", "x"), ("add", "l", "x")),
    change("count of two attributes: one", None, ("add", "st", "x"), ("add", "l", "x", "y")),
    row("count of two attributes: add", None, add(NEW, *PERSON, "st: x", "l: y")),
    row("increment", None, modify(BOB, ("increment", "uidNumber", "100"))),
    row("replace uidNumber", None, modify(BOB, ("replace", "uidNumber", "10000"))),
    *(
        set_row(f"{name} of {who} becomes {value}", step)
        for name in SETS
        for value in ("a b", "Brown")
        for who, step in (
            ("alice", modify(ALICE, ("replace", name, value))),
            ("bob", modify(BOB, ("replace", name, value))),
            ("somebody new", add(NEW, *PERSON, f"{name}: {value}")),
        )
    ),
    *(set_row(f"{name}, by herself", modify(ALICE, ("replace", name, "x")), by=ALICE) for name in ("street", "title")),
    set_row("nothing is left", modify(ALICE, ("replace", "title"))),
    set_row("deleted", modify(ALICE, ("delete", "title"))),
    set_row("made to fit", modify(ALICE, ("add", "uid", "bob"), ("replace", "title", "x"))),
    set_row("made not to fit", modify(BOB, ("replace", "title", "x"), ("replace", "sn", "x"), ("add", "uid", "y"))),
    set_row("an edit behind it fails", modify(BOB, ("replace", "title", "x"), ("delete", "pager"))),
    set_row("an edit elsewhere fails", modify(BOB, ("replace", "sn", "x"), ("delete", "pager"))),
    set_row("rename", rename(ALICE, "title=x", delete_old=False)),
    set_row("rename to what fits", rename(BOB, "title=x", delete_old=False)),
    set_row("relax", modify(ALICE, ("replace", "title", "x"), controls=[critical(RELAX)])),
]
