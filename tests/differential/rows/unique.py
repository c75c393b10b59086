"""The overlay unique (slapo-unique)."""

from oracle.slapd import ADMIN
from oracle.steps import ALICE, BOB, CAROL, DAVE, EVE, GROUPS, MANAGE, PEOPLE, Row, Step, add, critical, modify, rename
from oracle.steps import row as any_row

RELAX = "1.3.6.1.4.1.4203.666.5.12"
NEW = f"uid=new,{PEOPLE}"
PERSON = ("objectClass: inetOrgPerson", "cn: New", "sn: New")
ACCOUNT = ("objectClass: inetOrgPerson", "objectClass: posixAccount", "gidNumber: 1", "homeDirectory: /")
MAIL = "(|(mail=alice@example.com))"


def row(name: str, expect: object, *steps: Step, server: str = "unique", by: str | None = ADMIN) -> Row:
    """The admin does something on a server with the overlay."""
    return any_row(name, expect, *steps, by=by, server=server)


MANY, LEGACY, ALL = "unique-many", "unique-legacy", "unique-all"

ROWS = [
    row("add", 0, add(NEW, *PERSON, "mail: new@example.com")),
    row("add without the attribute", 0, add(f"cn=new,{PEOPLE}", *PERSON)),
    row(
        "add what is there",
        (19, f"non-unique attributes found with {MAIL}"),
        add(f"cn=x,{PEOPLE}", *PERSON, "mail: alice@example.com"),
    ),
    row("add, RDN not in the entry", None, add(f"uid=alice,{GROUPS}", *PERSON)),
    row("add what is there in another case", 19, add(NEW, *PERSON, "mail: ALICE@example.com")),
    row("add two, one there", 19, add(NEW, *PERSON, "mail: n@example.com", "mail: bob@example.com")),
    row(
        "add two attributes",
        19,
        add(NEW, "objectClass: inetOrgPerson", "mail: bob@example.com", "cn: x", "uid: new", "sn: x"),
    ),
    row("add with an option", None, add(NEW, *PERSON, "mail;x-y: alice@example.com")),
    row("add with a language", None, add(NEW, *PERSON, "uid;lang-en: alice")),
    row("add special characters", None, add(NEW, *PERSON, "uid: a*b(c)\\\\é#\x7f ~")),
    row(
        "add special characters that are there",
        19,
        add(NEW, *PERSON, "uid: a*b(c)\\é#\x7f  ~\x01!&|="),
        add(f"cn=x,{PEOPLE}", *PERSON, "uid: a*b(c)\\é#\x7f  ~\x01!&|="),
    ),
    row("add existing entry", None, add(ALICE, *PERSON, "mail: alice@example.com")),
    row("add below nothing", None, add(f"uid=n,ou=none,{PEOPLE}", *PERSON, "mail: alice@example.com")),
    row("add what the schema forbids", None, add(NEW, "objectClass: person", "cn: n", "mail: alice@example.com")),
    row("add with manageDsaIT", None, add(NEW, *PERSON, "mail: alice@example.com", controls=MANAGE)),
    row("add with relax", 0, add(NEW, *PERSON, "mail: alice@example.com", controls=[critical(RELAX)])),
    row("modify with relax", 0, modify(BOB, ("add", "mail", "alice@example.com"), controls=[critical(RELAX)])),
    row("add without right", None, add(NEW, *PERSON, "mail: alice@example.com"), by=ALICE),
    row("add anonymously", 8, add(NEW, *PERSON, "mail: alice@example.com"), by=None),
    row("modify add", (19, MAIL), modify(BOB, ("add", "mail", "alice@example.com"))),
    row("modify replace", (19, MAIL), modify(BOB, ("replace", "mail", "alice@example.com"))),
    row(
        "modify with several",
        19,
        modify(BOB, ("add", "mail", "x@y"), ("delete", "title"), ("add", "mail", "Alice@example.com")),
    ),
    row(
        "modify add and delete",
        None,
        modify(BOB, ("add", "mail", "alice@example.com"), ("delete", "mail", "alice@example.com")),
    ),
    row("modify delete a value", 0, modify(ALICE, ("delete", "mail", "alice@example.com"))),
    row("modify replace by the same", 0, modify(ALICE, ("replace", "mail", "alice@example.com"))),
    row("modify add own value", 20, modify(ALICE, ("add", "mail", "alice@example.com"))),
    row("modify replace by nothing", 0, modify(ALICE, ("replace", "mail"))),
    row("modify another attribute", 0, modify(ALICE, ("replace", "title", "x"))),
    row("modify by name alias", None, modify(BOB, ("add", "rfc822Mailbox", "alice@example.com"))),
    row("modify by OID", None, modify(BOB, ("add", "0.9.2342.19200300.100.1.3", "alice@example.com"))),
    row("modify nobody", None, modify(f"uid=no,{PEOPLE}", ("add", "mail", "alice@example.com"))),
    row("modify with manageDsaIT", None, modify(BOB, ("add", "mail", "alice@example.com"), controls=MANAGE)),
    row("modify own entry", None, modify(BOB, ("add", "mail", "alice@example.com")), by=BOB),
    row("rename", (19, "(|(uid=alice))"), rename(BOB, "uid=alice", GROUPS)),
    row("rename to a free one", 0, rename(BOB, "uid=robert")),
    row("rename to its own", 0, rename(BOB, "uid=BOB")),
    row("rename to another attribute", 0, rename(BOB, "cn=alice", delete_old=False)),
    row("rename to two", None, rename(BOB, "cn=x+uid=alice", delete_old=False)),
    row("rename to two checked", None, rename(BOB, "mail=alice@example.com+uid=alice")),
    row("rename keeping the old", None, rename(BOB, "mail=alice@example.com", delete_old=False)),
    row("rename nobody", None, rename(f"uid=no,{PEOPLE}", "uid=alice")),
    row("rename with manageDsaIT", None, rename(BOB, "uid=alice", GROUPS, controls=MANAGE)),
    row("one: add", 19, add(NEW, *PERSON, "employeeNumber: 7"), server=MANY),
    row("one: add elsewhere", 0, add(f"uid=new,{GROUPS}", *PERSON, "employeeNumber: 7"), server=MANY),
    row("one: add deeper", None, add(f"uid=new,{ALICE}", *PERSON, "employeeNumber: 7"), server=MANY),
    row("strict: replace by nothing", None, modify(BOB, ("replace", "employeeNumber")), server=MANY),
    row("strict: delete", 0, modify(ALICE, ("delete", "employeeNumber")), server=MANY),
    row(
        "filter: add to one that matches",
        (19, "(&(objectClass=posixAccount)"),
        modify(BOB, ("add", "title", "Engineer")),
        server=MANY,
    ),
    row("filter: add to one that does not match", None, modify(DAVE, ("add", "title", "Engineer")), server=MANY),
    row(
        "filter: new entry matches",
        19,
        add(NEW, *ACCOUNT, "cn: New", "sn: New", "uidNumber: 7", "title: engineer"),
        server=MANY,
    ),
    row("filter: new entry does not match", None, add(NEW, *PERSON, "title: engineer"), server=MANY),
    row("filter: rename", None, rename(BOB, "title=Engineer"), server=MANY),
    row("filter: rename what does not match", None, rename(DAVE, "title=Engineer"), server=MANY),
    row(
        "filter: becomes one that matches",
        None,
        modify(
            DAVE,
            ("add", "objectClass", "posixAccount"),
            ("add", "uidNumber", "1"),
            ("add", "gidNumber", "1"),
            ("add", "homeDirectory", "/"),
            ("add", "title", "engineer"),
        ),
        server=MANY,
    ),
    row("two URIs: second", 0, modify(f"cn=admins,{GROUPS}", ("add", "description", "other")), server=MANY),
    row("two URIs: outside of the second", 0, modify(BOB, ("add", "description", "The first person")), server=MANY),
    row("third domain", 19, modify(EVE, ("add", "cn", "Alice Adams")), server=MANY),
    row("third domain, an option", None, modify(EVE, ("add", "cn;lang-fr", "Alice Adams")), server=MANY),
    row("third domain, an option's value", None, modify(EVE, ("add", "cn", "Alice Ädams")), server=MANY),
    row("moved into the base", None, rename(f"cn=staff,{GROUPS}", "cn=Dave", PEOPLE), server=MANY),
    row("moved out of the base", None, rename(DAVE, "cn=Bob Brown", GROUPS), server=MANY),
    row("telephone folded", 19, modify(BOB, ("add", "telephoneNumber", "+15550100")), server=MANY),
    row("legacy: add", 19, add(NEW, *PERSON, "description: no Password"), server=LEGACY),
    row("legacy: add elsewhere", 0, add(f"uid=n,{GROUPS}", *PERSON, "description: no password"), server=LEGACY),
    row("legacy: modify", 19, modify(BOB, ("replace", "sn", "adams")), server=LEGACY),
    row("legacy: replace by nothing", None, modify(ALICE, ("replace", "description")), server=LEGACY),
    row("legacy: another replaces by nothing", None, modify(BOB, ("replace", "description")), server=LEGACY),
    row("legacy: delete", None, modify(DAVE, ("delete", "description")), server=LEGACY),
    row("ignore: add", None, add(NEW, *PERSON, "mail: alice@example.com"), server=ALL),
    row(
        "ignore: add many",
        None,
        add(NEW, *PERSON, "description: x", "mail: q@example.com", "title: engineer"),
        server=ALL,
    ),
    row("ignore: add nothing", 0, add(f"cn=new,{PEOPLE}", *PERSON), server=ALL),
    row("ignore: ignored attribute", 0, modify(CAROL, ("replace", "sn", "Adams")), server=ALL),
    row("ignore: no equality", None, modify(BOB, ("add", "jpegPhoto", b"\xff\xd8\xff\xe0picture")), server=ALL),
    row("ignore: password", None, modify(BOB, ("add", "userPassword", "alice-secret")), server=ALL),
    row("ignore: elsewhere", 0, add(f"uid=n,{GROUPS}", *PERSON, "title: Engineer"), server=ALL),
    row("ignore: rename", None, rename(BOB, "title=Engineer"), server=ALL),
    row("ignore: a DN", None, modify(BOB, ("add", "manager", BOB.upper())), server=ALL),
    row("ignore: an option", None, modify(BOB, ("add", "title;lang-en", "Engineer (en)")), server=ALL),
    row("ignore: the supertype's value", None, modify(BOB, ("add", "title", "Engineer (en)")), server=ALL),
]
