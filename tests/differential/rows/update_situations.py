"""Controls of updates in situations: when they are heeded, what becomes of them when the operation fails, permissive
modify, relax rules and tree delete in detail."""

from oracle import wire
from oracle.slapd import ADMIN
from oracle.steps import (
    ALIASES,
    ALICE,
    BOB,
    EVE,
    GROUPS,
    PEOPLE,
    REFERRALS,
    REMOTE,
    Row,
    Step,
    add,
    compare,
    critical,
    delete,
    modify,
    passwd,
    raw,
    rename,
    row,
    search,
    uncritical,
)

ASSERTION = "1.3.6.1.1.12"
PRE_READ, POST_READ = "1.3.6.1.1.13.1", "1.3.6.1.1.13.2"
PERMISSIVE = "1.2.840.113556.1.4.1413"
TREE_DELETE = "1.2.840.113556.1.4.805"
NO_OP = "1.3.6.1.4.1.4203.666.5.2"
RELAX = "1.3.6.1.4.1.4203.666.5.12"
NEW = f"cn=new,{PEOPLE}"
ADMINS = f"cn=admins,{GROUPS}"
PERSON = ("objectClass: person", "cn: new", "sn: new")
DESCRIBED = ("replace", "description", "x")
TRUE, FALSE = "(objectClass=person)", "(objectClass=device)"


def asserting(filter_: str, is_critical: bool = True) -> bytes:
    make = critical if is_critical else uncritical
    return make(ASSERTION, wire.encode_filter(filter_))


def reading(oid: str, *names: str, is_critical: bool = True) -> bytes:
    make = critical if is_critical else uncritical
    return make(oid, wire.strings(names))


def update(name: str, expect: object, step: Step, by: str | None = ADMIN) -> Row:
    return row(name, expect, step, by=by)


BOTH = (reading(PRE_READ, "uid", "description"), reading(POST_READ, "uid", "description"))

ROWS = [
    # what the assertion is tested against, and when
    update(
        "assertion: hidden attribute",
        122,
        modify(ALICE, DESCRIBED, controls=[asserting("(userPassword=alice-secret)")]),
        by=BOB,
    ),
    update(
        "assertion: own hidden attribute",
        None,
        modify(ALICE, ("replace", "userPassword", "x"), controls=[asserting("(userPassword=alice-secret)")]),
        by=ALICE,
    ),
    update(
        "assertion: admin and hidden attribute",
        0,
        modify(ALICE, DESCRIBED, controls=[asserting("(userPassword=alice-secret)")]),
    ),
    update("assertion false, no right", None, modify(ALICE, DESCRIBED, controls=[asserting(FALSE)]), by=BOB),
    update("assertion true, no right", None, modify(ALICE, DESCRIBED, controls=[asserting(TRUE)]), by=BOB),
    update("assertion false, anonymous", 8, modify(ALICE, DESCRIBED, controls=[asserting(FALSE)]), by=None),
    update("assertion false, missing entry", 32, modify(NEW, DESCRIBED, controls=[asserting(FALSE)])),
    update(
        "assertion false, missing value",
        None,
        modify(ALICE, ("delete", "description", "none"), controls=[asserting(FALSE)]),
    ),
    update(
        "assertion false, undefined attribute", 17, modify(ALICE, ("add", "fooBar", "x"), controls=[asserting(FALSE)])
    ),
    update(
        "assertion false, NO-USER-MODIFICATION",
        None,
        modify(ALICE, ("replace", "createTimestamp", "20200101000000Z"), controls=[asserting(FALSE)]),
    ),
    update("assertion false, outside", 53, modify("dc=elsewhere", DESCRIBED, controls=[asserting(FALSE)])),
    update(
        "assertion false, referral",
        None,
        modify(REMOTE, ("replace", "ref", "ldap://x.example"), controls=[asserting(FALSE)]),
    ),
    update("assertion false, delete, no right", None, delete(EVE, controls=[asserting(FALSE)]), by=BOB),
    update("assertion false, delete non-leaf", None, delete(PEOPLE, controls=[asserting(FALSE)])),
    update("assertion false, delete referral", None, delete(REMOTE, controls=[asserting(FALSE)])),
    update("assertion false, delete missing", 32, delete(NEW, controls=[asserting(FALSE)])),
    update("assertion false, add existing", None, add(ALICE, *PERSON, controls=[asserting(FALSE)])),
    update("assertion false, add without superior", None, add(f"cn=x,{NEW}", *PERSON, controls=[asserting(FALSE)])),
    update(
        "assertion false, add against the schema", None, add(NEW, "objectClass: person", controls=[asserting(FALSE)])
    ),
    update("assertion false, add, no right", None, add(NEW, *PERSON, controls=[asserting(FALSE)]), by=BOB),
    update("assertion of a new entry's attribute", None, add(NEW, *PERSON, controls=[asserting("(sn=new)")])),
    update(
        "assertion of a new entry's operational attribute",
        None,
        add(NEW, *PERSON, controls=[asserting(f"(creatorsName={ADMIN})")]),
    ),
    update(
        "assertion of a new entry's RDN",
        None,
        add(NEW, "objectClass: person", "sn: new", controls=[asserting("(cn=new)")]),
    ),
    update("assertion false, rename to existing", None, rename(ALICE, "uid=bob", controls=[asserting(FALSE)])),
    update("assertion false, rename, no right", None, rename(ALICE, "uid=al", controls=[asserting(FALSE)]), by=BOB),
    update(
        "assertion false, rename, missing superior",
        None,
        rename(ALICE, "uid=al", "ou=nowhere,dc=example,dc=com", controls=[asserting(FALSE)]),
    ),
    update(
        "assertion false, rename against the schema", None, rename(ALICE, "uidNumber=1", controls=[asserting(FALSE)])
    ),
    update("assertion false, rename missing", 32, rename(NEW, "cn=x", controls=[asserting(FALSE)])),
    update("assertion, search below", 0, search(PEOPLE, "(uid=alice)", "uid", controls=[asserting("(ou=people)")])),
    update(
        "assertion false, search below", 122, search(PEOPLE, "(uid=alice)", "uid", controls=[asserting("(uid=alice)")])
    ),
    update("assertion false, search, missing base", 32, search(NEW, controls=[asserting(FALSE)])),
    update("assertion, search at the root DSE", None, search("", scope="base", controls=[asserting(FALSE)])),
    update(
        "assertion, search at the subschema",
        None,
        search("cn=Subschema", "(objectClass=*)", "cn", scope="base", controls=[asserting(FALSE)]),
    ),
    update(
        "assertion, search at an alias",
        None,
        search(
            f"cn=to-groups,{ALIASES}",
            "(objectClass=*)",
            "1.1",
            deref=3,
            scope="base",
            controls=[asserting("(objectClass=alias)")],
        ),
    ),
    update("assertion, search at a referral", None, search(REMOTE, controls=[asserting(FALSE)])),
    update(
        "assertion, search, anonymous and hidden",
        None,
        search(ALICE, scope="base", controls=[asserting("(userPassword=*)")]),
        by=None,
    ),
    update(
        "assertion false, compare, absent attribute", None, compare(ALICE, "pager", "x", controls=[asserting(FALSE)])
    ),
    update(
        "assertion false, compare, undefined attribute",
        None,
        compare(ALICE, "fooBar", "x", controls=[asserting(FALSE)]),
    ),
    update("assertion false, compare, missing", 32, compare(NEW, "cn", "x", controls=[asserting(FALSE)])),
    update(
        "assertion false, compare, hidden",
        None,
        compare(ALICE, "userPassword", "x", controls=[asserting(FALSE)]),
        by=None,
    ),
    update("assertion, compare at the root DSE", None, compare("", "objectClass", "top", controls=[asserting(FALSE)])),
    update(
        "assertion, compare an operational attribute",
        None,
        compare(ALICE, "hasSubordinates", "FALSE", controls=[asserting(FALSE)]),
    ),
    update(
        "assertion, junk",
        None,
        raw(wire.message(1, wire.modify_op(ALICE, [(2, "description", ["x"])]), [critical(ASSERTION, b"junk")])),
    ),
    update(
        "assertion, junk behind",
        None,
        modify(ALICE, DESCRIBED, controls=[critical(ASSERTION, wire.encode_filter(TRUE) + b"\0\0")]),
    ),
    update(
        "assertion, cut off",
        None,
        raw(
            wire.message(
                1,
                wire.modify_op(ALICE, [(2, "description", ["x"])]),
                [critical(ASSERTION, wire.encode_filter(TRUE)[:-2])],
            )
        ),
    ),
    update("assertion, unknown choice", None, modify(ALICE, DESCRIBED, controls=[critical(ASSERTION, b"\xaf\x00")])),
    # what is read
    *[
        update(
            f"reads: {' '.join(names)}",
            0,
            modify(ALICE, DESCRIBED, controls=[reading(PRE_READ, *names), reading(POST_READ, *names)]),
        )
        for names in (
            ("*",),
            (),
            ("1.1",),
            ("cn",),
            ("cn;lang-de",),
            ("userPassword", "description"),
            ("name",),
            ("CN", "2.5.4.4"),
        )
    ],
    *[
        update(
            f"reads: {' '.join(names) or 'an empty name'}",
            None,
            modify(ALICE, DESCRIBED, controls=[reading(PRE_READ, *names, is_critical=is_critical)]),
        )
        for names in (("fooBar",), ("@posixAccount",), ("",), ("c n",), ("cn", "fooBar"), ("@noSuch",), ("cn;x-foo",))
        for is_critical in (True,)
    ],
    update(
        "reads: unknown name, not critical",
        None,
        modify(ALICE, DESCRIBED, controls=[reading(PRE_READ, "cn", "fooBar", is_critical=False)]),
    ),
    update(
        "reads: computed",
        0,
        modify(
            ALICE,
            DESCRIBED,
            controls=[reading(PRE_READ, "entryDN", "hasSubordinates", "structuralObjectClass", "subschemaSubentry")],
        ),
    ),
    update(
        "reads: after add",
        0,
        add(
            NEW,
            *PERSON,
            controls=[reading(POST_READ, "*", "creatorsName", "structuralObjectClass", "entryDN", "hasSubordinates")],
        ),
    ),
    update(
        "reads: modifiersName",
        0,
        modify(
            ALICE,
            ("replace", "userPassword", "x"),
            controls=[reading(PRE_READ, "modifiersName"), reading(POST_READ, "modifiersName")],
        ),
        by=ALICE,
    ),
    update(
        "reads: own password",
        0,
        modify(
            ALICE,
            ("replace", "userPassword", "x"),
            controls=[reading(PRE_READ, "userPassword"), reading(POST_READ, "userPassword", "uid")],
        ),
        by=ALICE,
    ),
    update("reads: before delete", 0, delete(EVE, controls=[reading(PRE_READ, "*")])),
    update(
        "reads: rename elsewhere",
        0,
        rename(
            EVE, "cn=eva", GROUPS, controls=[reading(PRE_READ, "cn", "entryDN"), reading(POST_READ, "cn", "entryDN")]
        ),
    ),
    update("reads: no change", 0, modify(ALICE, controls=list(BOTH))),
    # what becomes of what was read when the operation fails
    update("reads: missing value", 16, modify(ALICE, ("delete", "description", "none"), controls=list(BOTH))),
    update("reads: against the schema", 65, modify(ALICE, ("delete", "sn"), controls=list(BOTH))),
    update("reads: no right", 50, modify(ALICE, DESCRIBED, controls=list(BOTH)), by=BOB),
    update("reads: missing entry", 32, modify(NEW, DESCRIBED, controls=list(BOTH))),
    update("reads: assertion false", 122, modify(ALICE, DESCRIBED, controls=[*BOTH, asserting(FALSE)])),
    update("reads: delete non-leaf", 66, delete(PEOPLE, controls=[reading(PRE_READ, "ou")])),
    update("reads: delete, no right", 50, delete(EVE, controls=[reading(PRE_READ, "cn")]), by=BOB),
    update("reads: delete referral", 10, delete(REMOTE, controls=[reading(PRE_READ, "cn")])),
    update("reads: add existing", 65, add(ALICE, *PERSON, controls=[reading(POST_READ, "cn")])),
    update("reads: rename to existing", None, rename(ALICE, "uid=bob", controls=list(BOTH))),
    update("reads: rename against the schema", None, rename(ALICE, "gidNumber=x1", controls=list(BOTH))),
    update("reads: rename to what is not allowed", None, rename(EVE, "uidNumber=1", controls=list(BOTH))),
    update(
        "reads: rename, missing superior",
        None,
        rename(ALICE, "uid=al", "ou=nowhere,dc=example,dc=com", controls=list(BOTH)),
    ),
    update("no-op: missing value", 16, modify(ALICE, ("delete", "description", "none"), controls=[critical(NO_OP)])),
    update("no-op: delete non-leaf", 66, delete(PEOPLE, controls=[critical(NO_OP)])),
    update("no-op: no right", 50, modify(ALICE, DESCRIBED, controls=[critical(NO_OP)]), by=BOB),
    update("no-op: assertion false", 122, modify(ALICE, DESCRIBED, controls=[critical(NO_OP), asserting(FALSE)])),
    update("no-op: no change", 16654, modify(ALICE, controls=[critical(NO_OP)])),
    update(
        "no-op: add and read",
        16654,
        add(NEW, *PERSON, controls=[critical(NO_OP), reading(POST_READ, "cn", "creatorsName")]),
    ),
    update("no-op: delete and read", 16654, delete(EVE, controls=[critical(NO_OP), reading(PRE_READ, "cn")])),
    update("no-op: password", None, passwd(user=ALICE, new="x")),
    # permissive modify
    *[
        update(f"permissive: {name}", None, modify(dn, *changes, controls=[critical(PERMISSIVE)]))
        for name, dn, changes in (
            ("add existing", ALICE, [("add", "description", "The first person")]),
            ("add existing, folded", ALICE, [("add", "description", "the  FIRST person")]),
            ("add existing and another", ALICE, [("add", "description", "The first person", "new")]),
            ("add another and existing", ALICE, [("add", "description", "new", "The first person")]),
            ("add twice in a list", ALICE, [("add", "description", "new", "new")]),
            ("add twice in two changes", ALICE, [("add", "description", "new"), ("add", "description", "NEW")]),
            ("add existing to single-valued", ALICE, [("add", "employeeNumber", "7")]),
            ("add another to single-valued", ALICE, [("add", "employeeNumber", "8")]),
            ("add existing class", ALICE, [("add", "objectClass", "posixAccount")]),
            ("add without equality", ALICE, [("add", "jpegPhoto", b"\xff\xd8\xff\xe0picture")]),
            ("add existing member in another spelling", ADMINS, [("add", "member", ALICE.upper())]),
            ("delete missing value", ALICE, [("delete", "description", "none")]),
            (
                "delete one existing and one missing value",
                ALICE,
                [("delete", "description", "The first person", "none")],
            ),
            ("delete missing attribute", ALICE, [("delete", "pager")]),
            ("delete missing attribute's value", ALICE, [("delete", "pager", "1")]),
            ("delete twice", ALICE, [("delete", "mail"), ("delete", "mail")]),
            ("delete undefined", ALICE, [("delete", "fooBar")]),
            ("delete by value without equality", ALICE, [("delete", "jpegPhoto", b"x")]),
            ("delete RDN value", ALICE, [("delete", "uid", "alice")]),
            ("delete MUST", ALICE, [("delete", "sn")]),
            ("delete the last member", ADMINS, [("delete", "member", ALICE, BOB)]),
            ("replace with duplicates", ALICE, [("replace", "description", "x", "X")]),
            ("increment of an absent attribute", EVE, [("increment", "uidNumber", "1")]),
            ("operation 7", ALICE, [(7, "description", "x")]),
        )
    ],
    # relax rules
    update(
        "relax: add operational",
        0,
        add(
            NEW,
            *PERSON,
            "createTimestamp: 20200101000000Z",
            "entryUUID: 11111111-2222-3333-4444-555555555555",
            f"creatorsName: {BOB}",
            "modifyTimestamp: 20200101000000Z",
            f"modifiersName: {BOB}",
            controls=[critical(RELAX)],
        ),
    ),
    update(
        "relax: add entryCSN and structural class",
        None,
        add(
            NEW,
            *PERSON,
            "entryCSN: 20200101000000.000000Z#000000#000#000000",
            "structuralObjectClass: person",
            controls=[critical(RELAX)],
        ),
    ),
    update("relax: add computed", None, add(NEW, *PERSON, "entryDN: cn=x", controls=[critical(RELAX)])),
    update(
        "relax: add, no right",
        None,
        add(NEW, *PERSON, "createTimestamp: 20200101000000Z", controls=[critical(RELAX)]),
        by=BOB,
    ),
    *[
        update(f"relax: {name}", None, modify(dn, *changes, controls=[critical(RELAX)]), by=by)
        for name, dn, changes, by in (
            ("modify createTimestamp", ALICE, [("replace", "createTimestamp", "20200101000000Z")], ADMIN),
            ("modify modifyTimestamp", ALICE, [("replace", "modifyTimestamp", "20200101000000Z")], ADMIN),
            (
                "modify creatorsName and modifiersName",
                ALICE,
                [("replace", "creatorsName", BOB), ("replace", "modifiersName", BOB)],
                ADMIN,
            ),
            ("modify entryUUID", ALICE, [("replace", "entryUUID", "11111111-2222-3333-4444-555555555555")], ADMIN),
            ("modify entryDN", ALICE, [("replace", "entryDN", BOB)], ADMIN),
            ("modify subschemaSubentry", ALICE, [("replace", "subschemaSubentry", BOB)], ADMIN),
            ("delete creatorsName", ALICE, [("delete", "creatorsName")], ADMIN),
            ("modify structuralObjectClass", ALICE, [("replace", "structuralObjectClass", "person")], ADMIN),
            ("structural change", EVE, [("replace", "objectClass", "device"), ("delete", "sn")], ADMIN),
            ("structural change to a subclass", EVE, [("add", "objectClass", "inetOrgPerson")], ADMIN),
            (
                "structural change to a superior",
                ALICE,
                [
                    ("delete", "objectClass", "inetOrgPerson"),
                    ("add", "objectClass", "person"),
                    ("delete", "givenName"),
                    ("delete", "mail"),
                    ("delete", "initials"),
                    ("delete", "title"),
                    ("delete", "title;lang-en"),
                    ("delete", "employeeNumber"),
                    ("delete", "employeeType"),
                    ("delete", "jpegPhoto"),
                    ("delete", "manager"),
                    ("delete", "preferredLanguage"),
                    ("delete", "postalAddress"),
                    ("delete", "labeledURI"),
                ],
                ADMIN,
            ),
            ("two chains", EVE, [("add", "objectClass", "organization")], ADMIN),
            ("no structural class", EVE, [("replace", "objectClass", "top")], ADMIN),
            ("no class", EVE, [("replace", "objectClass")], ADMIN),
            ("MUST missing", ALICE, [("delete", "sn")], ADMIN),
            ("not allowed", EVE, [("add", "uidNumber", "1")], ADMIN),
            ("undefined", EVE, [("add", "fooBar", "1")], ADMIN),
            ("second value of single-valued", ALICE, [("add", "employeeNumber", "8")], ADMIN),
            ("two values of single-valued", ALICE, [("replace", "employeeNumber", "8", "9")], ADMIN),
            ("bad syntax", ALICE, [("replace", "uidNumber", "x")], ADMIN),
            ("RDN value deleted", ALICE, [("replace", "uid", "other")], ADMIN),
            ("RDN attribute deleted", EVE, [("delete", "cn")], ADMIN),
            ("missing value", ALICE, [("delete", "description", "none")], ADMIN),
            ("plain, no right", ALICE, [DESCRIBED], BOB),
            ("own password", ALICE, [("replace", "userPassword", "x")], ALICE),
            ("operational, no right", ALICE, [("replace", "createTimestamp", "20200101000000Z")], BOB),
            ("operational, anonymous", ALICE, [("replace", "createTimestamp", "20200101000000Z")], None),
        )
    ],
    update(
        "relax: add two chains",
        None,
        add(
            NEW,
            "objectClass: person",
            "objectClass: organization",
            "cn: new",
            "sn: new",
            "o: new",
            controls=[critical(RELAX)],
        ),
    ),
    update(
        "relax: add without structural class", None, add(NEW, "objectClass: top", "cn: new", controls=[critical(RELAX)])
    ),
    update("relax: add without class", None, add(NEW, "cn: new", "sn: new", controls=[critical(RELAX)])),
    update("relax: add, MUST missing", None, add(NEW, "objectClass: person", "cn: new", controls=[critical(RELAX)])),
    update("relax: add, not allowed", None, add(NEW, *PERSON, "uidNumber: 1", controls=[critical(RELAX)])),
    update(
        "relax: add, two values",
        None,
        add(
            NEW,
            "objectClass: inetOrgPerson",
            "cn: new",
            "sn: new",
            "employeeNumber: 1",
            "employeeNumber: 2",
            controls=[critical(RELAX)],
        ),
    ),
    update(
        "relax: add, abstract class",
        None,
        add(NEW, "objectClass: top", "objectClass: alias", "cn: new", controls=[critical(RELAX)]),
    ),
    update("relax: rename to what is not allowed", None, rename(EVE, "uidNumber=1", controls=[critical(RELAX)])),
    update("relax: rename dropping MUST", None, rename(EVE, "sn=Evans", controls=[critical(RELAX)])),
    update("relax: rename the suffix", None, rename("dc=example,dc=com", "dc=other", controls=[critical(RELAX)])),
    update("relax: delete, no right", 50, delete(EVE, controls=[critical(RELAX)]), by=BOB),
    # tree delete
    update("tree delete: a subtree", None, delete(PEOPLE, controls=[critical(TREE_DELETE)])),
    update("tree delete: a subtree, not critical", None, delete(PEOPLE, controls=[uncritical(TREE_DELETE)])),
    update("tree delete: missing", None, delete(NEW, controls=[critical(TREE_DELETE)])),
    update("tree delete: no right", None, delete(PEOPLE, controls=[critical(TREE_DELETE)]), by=BOB),
    update("tree delete: anonymous", None, delete(PEOPLE, controls=[critical(TREE_DELETE)]), by=None),
    update("tree delete: with a referral below", None, delete(REFERRALS, controls=[critical(TREE_DELETE)])),
    update("tree delete: outside", None, delete("dc=elsewhere", controls=[critical(TREE_DELETE)])),
]
