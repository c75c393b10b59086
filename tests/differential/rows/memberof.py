"""The overlay memberof: what a member says of its groups, and who may write it."""

from oracle.slapd import ADMIN
from oracle.steps import ALICE, BOB, GROUPS, PEOPLE, Row, Step, add, compare, delete, modify, rename, row, search

CAROL = f"uid=carol,ou=staff,{PEOPLE}"
NOBODY = f"uid=nobody,{PEOPLE}"
ADMINS, SINGLE, INNER, OUTER = (f"cn={name},{GROUPS}" for name in ("admins", "single", "inner", "outer"))
NEW = f"cn=new,{GROUPS}"
DANGLING = "adding non-existing object as group member"


def group(*members: str, dn: str = NEW) -> Step:
    return add(dn, "objectClass: groupOfNames", "cn: new", *[f"member: {member}" for member in members])


def of(name: str, expect: object, *steps: Step, server: str = "memberof", by: str | None = ADMIN) -> Row:
    return row(name, expect, *steps, by=by, server=server)


def dangling(server: str, error: object, dropped: object) -> list[Row]:
    """The same situations under another ``dangling``."""
    return [
        of(f"{server}: add", error, group(ALICE, NOBODY), server=server),
        of(f"{server}: add, none exists", dropped, group(NOBODY), server=server),
        of(f"{server}: add, all exist", 0, group(ALICE, INNER), server=server),
        of(f"{server}: add oneself", None, group(NEW), server=server),
        of(
            f"{server}: add no group",
            65,
            add(NEW, "objectClass: device", "cn: new", f"member: {NOBODY}"),
            server=server,
        ),
        of(f"{server}: modify", error, modify(SINGLE, ("add", "member", NOBODY)), server=server),
        of(f"{server}: modify, one exists", error, modify(SINGLE, ("add", "member", BOB, NOBODY)), server=server),
        of(f"{server}: replace", error, modify(SINGLE, ("replace", "member", BOB, NOBODY)), server=server),
        of(f"{server}: replace by none", error, modify(SINGLE, ("replace", "member", NOBODY)), server=server),
        of(
            f"{server}: delete",
            None,
            modify(f"cn=gone,{GROUPS}", ("add", "member", BOB), ("delete", "member", NOBODY)),
            server=server,
        ),
        of(f"{server}: outside", error, modify(SINGLE, ("add", "member", "dc=elsewhere")), server=server),
        of(f"{server}: empty DN", error, modify(SINGLE, ("add", "member", "")), server=server),
        of(f"{server}: missing group", 32, modify(f"cn=x,{GROUPS}", ("add", "member", NOBODY)), server=server),
        of(f"{server}: no right", None, modify(SINGLE, ("add", "member", NOBODY)), server=server, by=BOB),
    ]


ROWS = [
    of("shown", 0, search(ALICE, "(objectClass=*)", "memberOf", scope="base")),
    of("not shown", 0, search(ALICE, scope="base")),
    of("operational", 0, search(ALICE, "(objectClass=*)", "+", scope="base")),
    of("filter", 0, search(PEOPLE, f"(memberOf={ADMINS.upper()})", "1.1")),
    of("filter, presence", 0, search(PEOPLE, "(memberOf=*)", "1.1")),
    of("filter, none", 0, search(PEOPLE, "(!(memberOf=*))", "1.1")),
    of("compare", 6, compare(ALICE, "memberOf", ADMINS)),
    of("compare, absent", 16, compare(f"ou=staff,{PEOPLE}", "memberOf", ADMINS)),
    of("add", 0, group(ALICE, "UID=bob,ou=People,dc=Example,dc=com", NOBODY, INNER)),
    of("add oneself", 0, group(ALICE, NEW)),
    of("add another class", 0, add(NEW, "objectClass: groupOfUniqueNames", "cn: new", f"uniqueMember: {ALICE}")),
    of("write", (19, "memberOf: no user modification allowed"), modify(ALICE, ("add", "memberOf", INNER))),
    of("write, delete", 19, modify(ALICE, ("delete", "memberOf"))),
    of(
        "write, in a new entry",
        19,
        add(f"cn=z,{PEOPLE}", "objectClass: person", "cn: z", "sn: z", f"memberOf: {INNER}"),
    ),
    of("write, no right", 19, modify(ALICE, ("add", "memberof", INNER)), by=BOB),
    of("modify", 0, modify(SINGLE, ("add", "member", BOB, CAROL), ("delete", "member", ALICE))),
    of("modify, delete attribute", 65, modify(ADMINS, ("delete", "member"))),
    of("modify, replace", 0, modify(ADMINS, ("replace", "member", BOB, CAROL))),
    of("modify, another attribute", 0, modify(ADMINS, ("replace", "description", "x"))),
    of("modify, oneself", 0, modify(SINGLE, ("add", "member", SINGLE)), modify(SINGLE, ("delete", "member", SINGLE))),
    of("modify, fails", 20, modify(SINGLE, ("add", "member", BOB, ALICE))),
    of("rename a group", 0, rename(SINGLE, "cn=lone")),
    of("rename a group elsewhere", 0, rename(INNER, "cn=inner", PEOPLE)),
    of("rename a group, spelling only", 0, rename(SINGLE, "cn=SINGLE")),
    of("rename a member", 0, rename(ALICE, "uid=al")),
    of("rename groups", 0, rename(GROUPS, "ou=teams")),
    of("delete a group", 0, delete(ADMINS)),
    of("delete a member", 0, delete(ALICE)),
    of("refint: rename a member", 0, rename(ALICE, "uid=al"), server="memberof:refint=TRUE"),
    of("refint: rename a group that is a member", 0, rename(INNER, "cn=core"), server="memberof:refint=TRUE"),
    of("refint: rename members", 0, rename(PEOPLE, "ou=folk"), server="memberof:refint=TRUE"),
    of("refint: delete a member", 0, delete(BOB), server="memberof:refint=TRUE"),
    of("refint: delete the last member", 0, delete(ALICE), server="memberof:refint=TRUE"),
    of("refint: delete a group that is a member", 0, delete(INNER), server="memberof:refint=TRUE"),
    *dangling("memberof:dangling=drop", 0, 65),
    *dangling("memberof:dangling=error", (19, DANGLING), (19, DANGLING)),
    of("another code", (32, DANGLING), group(ALICE, NOBODY), server="memberof:dangling=error dangling-error=32"),
]
