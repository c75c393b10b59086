"""Alias dereferencing (RFC 4511 section 4.5.1.3, RFC 4512 section 2.6)."""

from oracle.slapd import ADMIN
from oracle.steps import ALIASES, ALICE, GROUPS, MANAGE, PEOPLE, add, compare, delete, modify, rename, row, search

ALL = "(objectClass=*)"
MODES = {0: "never", 1: "searching", 2: "finding", 3: "always"}
BASES = {
    "to an entry": f"cn=to-alice,{ALIASES}",
    "to a subtree": f"cn=to-groups,{ALIASES}",
    "to an alias": f"cn=chain,{ALIASES}",
    "broken": f"cn=broken,{ALIASES}",
    "loop": f"cn=loop-a,{ALIASES}",
    "outside": f"cn=outside,{ALIASES}",
    "child of an alias": f"cn=admins,cn=to-groups,{ALIASES}",
    "child of an alias to an alias": f"cn=admins,cn=chain,{ALIASES}",
    "missing child of an alias": f"cn=none,cn=to-groups,{ALIASES}",
    "grandchild of an alias": f"cn=x,cn=admins,cn=to-groups,{ALIASES}",
    "child of an alias to a leaf": f"cn=x,cn=to-alice,{ALIASES}",
    "child of a broken alias": f"cn=x,cn=broken,{ALIASES}",
    "child of a loop": f"cn=x,cn=loop-a,{ALIASES}",
    "the aliases": ALIASES,
    "no alias": GROUPS,
    "missing": f"cn=none,{ALIASES}",
    "suffix": "dc=example,dc=com",
}
SELF = f"cn=self,{ALIASES}"
SELF_LOOP = [add(SELF, "objectClass: alias", "objectClass: extensibleObject", "cn: self", f"aliasedObjectName: {SELF}")]
UP = f"cn=up,{PEOPLE}"
TO_PARENT = [add(UP, "objectClass: alias", "objectClass: extensibleObject", "cn: up", f"aliasedObjectName: {PEOPLE}")]

ROWS = [
    *(
        row(f"{name}, {mode}, {scope}", None, search(dn, ALL, "1.1", scope=scope, deref=number))
        for name, dn in BASES.items()
        for number, mode in MODES.items()
        for scope in ("base", "one", "sub")
        if not (name == "suffix" and number == 0)
    ),
    row("subordinates, always", 0, search(ALIASES, ALL, "1.1", scope="children", deref=3)),
    row(
        "subordinates of an alias, always", 0, search(f"cn=to-groups,{ALIASES}", ALL, "1.1", scope="children", deref=3)
    ),
    row("subordinates, searching", 0, search(ALIASES, ALL, "1.1", scope="children", deref=1)),
    row("filter is of the target", 0, search(ALIASES, "(uid=alice)", "1.1", deref=3)),
    row("filter of the alias finds nothing", 0, search(ALIASES, "(cn=to-alice)", "1.1", deref=3)),
    row("filter of the alias, finding", 0, search(ALIASES, "(cn=to-alice)", "1.1", deref=2)),
    row("broken, found by filter, never", 0, search(ALIASES, "(cn=broken)", "1.1", deref=0)),
    row("broken, searching", 0, search(ALIASES, "(cn=broken)", "1.1", deref=1)),
    row("target found twice", 0, search("dc=example,dc=com", "(uid=alice)", "1.1", deref=3)),
    row("alias to itself, finding, base", None, search(SELF, ALL, "1.1", scope="base", deref=3), setup=SELF_LOOP),
    row(
        "alias to itself, searching", None, search(ALIASES, "(|(cn=self)(uid=alice))", "1.1", deref=3), setup=SELF_LOOP
    ),
    row("alias to its parent, always", None, search(PEOPLE, ALL, "1.1", deref=3), setup=TO_PARENT),
    row("alias to its parent, base", None, search(UP, ALL, "1.1", scope="one", deref=3), setup=TO_PARENT),
    row("search with manageDsaIT, always", 0, search(f"cn=to-alice,{ALIASES}", ALL, "1.1", deref=3, controls=MANAGE)),
    row("compare is of the alias itself", 6, compare(f"cn=to-alice,{ALIASES}", "cn", "to-alice")),
    row("compare with the target's value", None, compare(f"cn=to-alice,{ALIASES}", "uid", "alice")),
    row("compare below an alias", None, compare(f"cn=admins,cn=to-groups,{ALIASES}", "cn", "admins")),
    row("delete the alias", 0, delete(f"cn=to-alice,{ALIASES}"), by=ADMIN),
    row("delete below an alias", None, delete(f"cn=admins,cn=to-groups,{ALIASES}"), by=ADMIN),
    row("delete the target", 33, delete(ALICE), search(f"cn=to-alice,{ALIASES}", scope="base", deref=3), by=ADMIN),
    row("modify the alias", 0, modify(f"cn=to-alice,{ALIASES}", ("add", "description", "x")), by=ADMIN),
    row(
        "modify to another target",
        0,
        modify(f"cn=to-alice,{ALIASES}", ("replace", "aliasedObjectName", PEOPLE)),
        search(f"cn=to-alice,{ALIASES}", ALL, "1.1", scope="one", deref=3),
        by=ADMIN,
    ),
    row(
        "modify below an alias",
        None,
        modify(f"cn=admins,cn=to-groups,{ALIASES}", ("add", "description", "x")),
        by=ADMIN,
    ),
    row("rename the alias", 0, rename(f"cn=to-alice,{ALIASES}", "cn=renamed"), by=ADMIN),
    row(
        "rename the target's parent",
        33,
        rename(GROUPS, "ou=teams"),
        search(f"cn=to-groups,{ALIASES}", ALL, "1.1", deref=3),
        by=ADMIN,
    ),
    row(
        "add below an alias",
        (33, "parent is an alias"),
        add(f"cn=x,cn=to-groups,{ALIASES}", "objectClass: device", "cn: x"),
        by=ADMIN,
    ),
    row(
        "add below an alias's child",
        None,
        add(f"cn=x,cn=admins,cn=to-groups,{ALIASES}", "objectClass: device", "cn: x"),
        by=ADMIN,
    ),
    row(
        "add an alias without extensibleObject",
        None,
        add(f"cn=x,{ALIASES}", "objectClass: alias", "cn: x", f"aliasedObjectName: {ALICE}"),
        by=ADMIN,
    ),
    row(
        "add an alias without a target",
        65,
        add(f"cn=x,{ALIASES}", "objectClass: alias", "objectClass: extensibleObject", "cn: x"),
        by=ADMIN,
    ),
    row(
        "add an alias with two targets",
        19,
        add(
            f"cn=x,{ALIASES}",
            "objectClass: alias",
            "objectClass: extensibleObject",
            "cn: x",
            f"aliasedObjectName: {ALICE}",
            f"aliasedObjectName: {PEOPLE}",
        ),
        by=ADMIN,
    ),
    row(
        "aliasedObjectName without alias",
        65,
        add(
            f"cn=x,{ALIASES}",
            "objectClass: device",
            "objectClass: extensibleObject",
            "cn: x",
            f"aliasedObjectName: {ALICE}",
        ),
        by=ADMIN,
    ),
    row(
        "alias that is a person",
        None,
        add(
            f"cn=x,{ALIASES}",
            "objectClass: alias",
            "objectClass: person",
            "cn: x",
            "sn: x",
            f"aliasedObjectName: {ALICE}",
        ),
        by=ADMIN,
    ),
    row(
        "alias that is a referral",
        None,
        add(
            f"cn=x,{ALIASES}",
            "objectClass: alias",
            "objectClass: referral",
            "objectClass: extensibleObject",
            "cn: x",
            f"aliasedObjectName: {ALICE}",
            "ref: ldap://x.example",
        ),
        by=ADMIN,
    ),
    row(
        "alias by the name aliasedEntryName",
        0,
        add(
            f"cn=x,{ALIASES}",
            "objectClass: alias",
            "objectClass: extensibleObject",
            "cn: x",
            f"aliasedEntryName: {ALICE}",
        ),
        by=ADMIN,
    ),
]
# an alias and what it stands for in one scope
ROWS += [
    row(f"both in scope: {name}, {filter}, {scope}, {mode}", 0, search(base, filter, "1.1", scope=scope, deref=mode))
    for name, base in {"suffix": "dc=example,dc=com", "aliases": ALIASES}.items()
    for filter in (ALL, "(cn=admins)", "(!(cn=nothing))", "(ou=groups)")[: 4 if name == "suffix" else 1]
    for scope in ("one", "sub", "children")
    for mode in (1, 3)
]
BESIDE = [
    add(
        "cn=beside,dc=example,dc=com",
        "objectClass: alias",
        "objectClass: extensibleObject",
        "cn: beside",
        f"aliasedObjectName: {PEOPLE}",
    ),
    add(
        f"cn=within,{PEOPLE}",
        "objectClass: alias",
        "objectClass: extensibleObject",
        "cn: within",
        f"aliasedObjectName: {ALICE}",
    ),
]
ROWS += [
    row(
        f"beside its target: {count}, {filter}, {scope}, {mode}",
        0,
        search("dc=example,dc=com", filter, "1.1", scope=scope, deref=mode),
        setup=BESIDE[:count],
    )
    for count in (1, 2)
    for filter in (ALL, "(uid=bob)", "(ou=people)")[: 3 if count == 1 else 1]
    for scope in ("one", "sub", "children")
    for mode in (1, 3)
    if (filter, mode) != ("(ou=people)", 1)
]
NESTED = [
    add(f"cn=child,{ALICE}", "objectClass: device", "cn: child"),
    add(f"cn=grandchild,cn=child,{ALICE}", "objectClass: device", "cn: grandchild"),
    add(
        f"cn=to-people,{ALIASES}",
        "objectClass: alias",
        "objectClass: extensibleObject",
        "cn: to-people",
        f"aliasedObjectName: {PEOPLE}",
    ),
    add(
        f"cn=a-child,{ALIASES}",
        "objectClass: alias",
        "objectClass: extensibleObject",
        "cn: a-child",
        f"aliasedObjectName: cn=child,{ALICE}",
    ),
    add(
        f"cn=back,{PEOPLE}",
        "objectClass: alias",
        "objectClass: extensibleObject",
        "cn: back",
        f"aliasedObjectName: {GROUPS}",
    ),
]
ROWS += [
    row(
        f"nested targets: {count} entries, {base}, {filter}, {scope}",
        0,
        search(base, filter, "1.1", scope=scope, deref=1),
        setup=NESTED[:count],
    )
    for count in (3, 4, 5)
    for base in ("dc=example,dc=com", ALIASES, PEOPLE)
    for filter in ("(|(cn=grandchild)(cn=child)(uid=alice)(cn=admins)(ou=groups))",)
    for scope in ("one", "sub", "children")
]
