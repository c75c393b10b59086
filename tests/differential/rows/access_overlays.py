"""Access rules where overlays show more than is stored, and write more than they are asked to."""

from oracle.steps import ALICE, BOB, GROUPS, PEOPLE, Row, Step, add, compare, delete, modify, rename, row, search, until

ADMINS, NEW = f"cn=admins,{GROUPS}", f"cn=new,{GROUPS}"
DYNAMIC = f"cn=dynamic,{GROUPS}"
ACCOUNTS = "(objectClass=posixAccount)"
GROUP = (add(DYNAMIC, "objectClass: groupOfURLs", "cn: dynamic", f"memberURL: ldap:///{PEOPLE}??sub?{ACCOUNTS}"),)
LIST = (
    add(DYNAMIC, "objectClass: groupOfURLs", "cn: dynamic", f"memberURL: ldap:///{PEOPLE}?mail,uid?sub?{ACCOUNTS}"),
)
WHO = {"nobody": None, "alice": ALICE, "bob": BOB}


def entry(dn: str, *names: str, filter: str = "(objectClass=*)") -> Step:
    """A search for one entry."""
    return search(dn, filter, *names, scope="base")


WRITES: dict[str, Step] = {
    "join": modify(ADMINS, ("add", "member", f"cn=inner,{GROUPS}")),
    "leave": modify(ADMINS, ("delete", "member", BOB)),
    "add": add(NEW, "objectClass: groupOfNames", "cn: new", f"member: {ALICE}"),
    "delete": delete(ADMINS),
    "rename": rename(ADMINS, "cn=others"),
    "rename a member": rename(BOB, "uid=rob"),
    "delete a member": delete(BOB),
    "write memberOf": modify(ALICE, ("replace", "memberOf", ADMINS)),
}
SEES: dict[str, Step] = {
    "read": entry(BOB, "memberOf"),
    "own": entry(ALICE, "memberOf"),
    "operational": entry(BOB, "+"),
    "search": search(PEOPLE, f"(memberOf={ADMINS})", "1.1"),
    "search, not": search(PEOPLE, f"(!(memberOf={ADMINS}))", "1.1"),
    "search, presence": search(PEOPLE, "(memberOf=*)", "1.1"),
    "compare": compare(BOB, "memberOf", ADMINS),
}
SHOWN: dict[str, Step] = {
    "read": entry(DYNAMIC),
    "filter": search(GROUPS, f"(member={BOB})", "1.1"),
    "filter, alice": search(GROUPS, f"(member={ALICE})", "1.1"),
    "compare, alice": compare(DYNAMIC, "member", ALICE),
}
LISTED: dict[str, Step] = {
    "read": entry(DYNAMIC),
    "mail": entry(DYNAMIC, "mail"),
    "filter": search(GROUPS, "(mail=bob@example.com)", "1.1"),
    "filter, alice": search(GROUPS, "(mail=alice@example.com)", "1.1"),
    "compare, alice": compare(DYNAMIC, "mail", "alice@example.com"),
}


def rows(server: str, *several: dict[str, Step], who: str = "nobody alice bob") -> list[Row]:
    """All of these questions to a server."""
    return [
        row(f"{server.removeprefix('access: ')}: {name}: {title}", None, step, by=WHO[name], server=server)
        for steps in several
        for title, step in steps.items()
        for name in who.split()
    ]


def dynamic(server: str, setup: tuple[Step, ...], steps: dict[str, Step]) -> list[Row]:
    """The same where a dynamic group or list stands."""
    return [
        row(f"{server.removeprefix('access: ')}: {name}: {title}", None, step, by=by, setup=setup, server=server)
        for title, step in steps.items()
        for name, by in (("nobody", None), ("alice", ALICE))
    ]


ROWS = [
    *rows("access: memberof", WRITES, who="alice bob"),
    *rows("access: memberof", SEES),
    row(
        "refint: bob: delete a member",
        None,
        WRITES["delete a member"],
        *(
            until(
                search("dc=example,dc=com", f"(&({name})(!(|(member={BOB})(manager={BOB}))))", "1.1"), f"entry {name}"
            )
            for name in ("cn=admins", "uid=alice", "uid=carol")
        ),
        by=BOB,
        server="access: refint",
    ),
    *dynamic("access: dynlist", GROUP, SHOWN),
    *dynamic("access: dynlist, attributes", LIST, LISTED),
    *dynamic("access: dynlist, base", GROUP, {name: SHOWN[name] for name in ("read", "filter")}),
    row(
        "dynlist: compare what may not be seen",
        None,
        compare(DYNAMIC, "member", BOB),
        setup=GROUP,
        server="access: dynlist",
    ),
    row(
        "dynlist: compare without right",
        None,
        compare(DYNAMIC, "mail", "alice@example.com"),
        setup=LIST,
        server="access: dynlist, none",
    ),
]
