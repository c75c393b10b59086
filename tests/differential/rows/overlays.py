"""Several overlays at once: the outermost answers first, and what one writes the others see."""

from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE,
    BOB,
    GROUPS,
    MANAGE,
    PEOPLE,
    Row,
    Step,
    add,
    compare,
    delete,
    modify,
    rename,
    search,
    until,
)
from oracle.steps import row as any_row

CAROL = f"uid=carol,ou=staff,{PEOPLE}"
ADMINS = f"cn=admins,{GROUPS}"
NEW = f"cn=new,{GROUPS}"
PERSON = ("objectClass: inetOrgPerson", "cn: New", "sn: New")
ORDERS = ("several", "several, the other way")


def group(*members: str) -> Step:
    return add(NEW, "objectClass: groupOfNames", "cn: new", *[f"member: {member}" for member in members])


def both(name: str, *steps: Step, setup: tuple[Step, ...] = ()) -> list[Row]:
    """The same with the overlays in either order."""
    return [any_row(f"{order}: {name}", None, *steps, by=ADMIN, setup=setup, server=order) for order in ORDERS]


def shown(dn: str, *attributes: str) -> Step:
    return search(dn, "(objectClass=*)", *attributes, scope="base")


DYNAMIC = add(
    f"cn=dynamic,{GROUPS}",
    "objectClass: groupOfURLs",
    "cn: dynamic",
    "description: a",
    "description: b",
    f"memberURL: ldap:///{PEOPLE}??sub?(memberOf={NEW})",
)
ERROR = add(f"cn=error,{GROUPS}", "objectClass: errObject", "cn: error", "errCode: 51", controls=MANAGE)

MAIL = modify(ALICE, ("add", "mail", "alice@example.com"))

ROWS = [
    *both("a value that two refuse", modify(BOB, ("add", "mail", "x@elsewhere"), ("replace", "uid", "bob", "alice"))),
    *both("a value that one refuses", modify(BOB, ("add", "mail", "alice@example.com")), setup=(MAIL,)),
    *both("an entry that two refuse", add(f"uid=new,{PEOPLE}", *PERSON, "mail: x@elsewhere", "uid: alice")),
    *both("a group, and its members", group(ALICE, BOB), shown(ALICE, "memberOf"), shown(BOB, "memberOf")),
    *both(
        "a member renamed",
        rename(ALICE, "uid=al"),
        until(shown(NEW, "member"), "uid=al,"),
        until(search(PEOPLE, f"(memberOf={NEW})", "memberOf"), "uid=al,"),
        setup=(group(ALICE, BOB),),
    ),
    *both(
        "members renamed with a subtree",
        rename(PEOPLE, "ou=folk"),
        until(shown(ADMINS, "member"), "uid=bob,ou=folk"),
        until(shown(f"cn=single,{GROUPS}", "member"), "uid=alice,ou=folk"),
        until(shown(f"cn=inner,{GROUPS}", "member"), "uid=carol,ou=staff,ou=folk"),
        until(shown("uid=carol,ou=staff,ou=folk,dc=example,dc=com", "manager"), "uid=bob,ou=folk"),
        until(shown("uid=alice,ou=folk,dc=example,dc=com", "manager"), "uid=bob,ou=folk"),
        until(shown("ou=staff,ou=folk,dc=example,dc=com", "seeAlso"), "uid=alice,ou=folk"),
    ),
    *both(
        "a member deleted",
        delete(BOB),
        until(search(GROUPS, f"(&(cn=new)(!(member={BOB})))", "1.1"), "cn=new"),
        setup=(group(ALICE, BOB),),
    ),
    *both(
        "a dynamic group, found by its member",
        search(GROUPS, f"(member={BOB})", "description", "member"),
        compare(f"cn=dynamic,{GROUPS}", "member", BOB),
        setup=(group(BOB), DYNAMIC),
    ),
    *both("an entry that is an error", shown(f"cn=error,{GROUPS}"), setup=(ERROR,)),
    any_row(
        "several: a change of an error",
        51,
        modify(f"cn=error,{GROUPS}", ("add", "mail", "x@elsewhere")),
        by=ADMIN,
        setup=(ERROR,),
        server="several",
    ),
    *both("memberOf written", modify(BOB, ("add", "memberOf", ADMINS), ("add", "mail", "x@elsewhere"))),
    *[
        any_row(f"memberof twice: {name}", None, *steps, by=ADMIN, server="memberof twice")
        for name, steps in {
            "a group of each kind": (
                group(BOB),
                add(
                    f"cn=other,{GROUPS}",
                    "objectClass: groupOfUniqueNames",
                    "cn: other",
                    f"uniqueMember: {CAROL}",
                ),
                shown(BOB, "memberOf"),
                shown(CAROL, "memberOf", "seeAlso"),
            ),
            "the groups renamed": (group(CAROL), rename(NEW, "cn=newer"), shown(CAROL, "memberOf", "seeAlso")),
            "members added and taken out": (
                modify(f"cn=unique,{GROUPS}", ("add", "uniqueMember", CAROL)),
                shown(CAROL, "memberOf", "seeAlso"),
                modify(f"cn=unique,{GROUPS}", ("delete", "uniqueMember", CAROL)),
                shown(CAROL, "memberOf", "seeAlso"),
            ),
        }.items()
    ],
]
