"""memberOf as the overlay dynlist shows it, groups within groups, and lists that somebody else searches for."""

from oracle import wire
from oracle.slapd import ADMIN, BASE
from oracle.steps import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    GROUPS,
    MANAGE,
    PEOPLE,
    Row,
    Step,
    add,
    compare,
    critical,
    in_any_order,
    modify,
    rename,
    row,
    search,
)

ASSERTION = "1.3.6.1.1.12"
ENGINEERS = f"cn=engineers,{GROUPS}"
NAMES = ("engineers", "static", "outer", "everybody", "numbered", "circle", "outermost", "groups")
OTHERS = f"cn=others,{GROUPS}"


def named(name: str) -> str:
    """The DN of a group."""
    return f"cn={name},{GROUPS}"


def found(filter: str = "(objectClass=*)", *attributes: str, base: str = BASE) -> Step:
    """A search, with values in any order."""
    return in_any_order(search(base, filter, *attributes))


def each(how: str, by: str | None = ADMIN) -> list[Row]:
    """What is the same question to all three: groups of searches, static ones, too, and groups within groups."""
    questions = {
        "member and memberOf": found("(objectClass=*)", "member", "memberOf"),
        "member": found("(objectClass=*)", "member", base=GROUPS),
        "memberOf of people": found("(objectClass=*)", "memberOf", base=PEOPLE),
        "+": found("(uid=alice)", "+"),
        "*": found("(uid=alice)"),
        "* and +": found("(cn=outer)", "*", "+"),
        "* and memberOf": found("(cn=outer)", "*", "memberOf"),
        "member and +": found("(cn=outer)", "member", "+"),
        "memberOf of a group": found("(cn=outer)", "memberOf", "cn"),
        "of a class": found("(cn=outer)", "@groupOfNames", "memberOf"),
        "types only": search(PEOPLE, "(uid=alice)", "memberOf", types_only=True),
        "base": in_any_order(search(ALICE, "(objectClass=*)", "memberOf", scope="base")),
        "manageDsaIT": search(PEOPLE, "(objectClass=*)", "memberOf", controls=MANAGE),
        "filter not": found(f"(!(memberOf={ENGINEERS}))", "1.1"),
        "filter nobody": found("(!(memberOf=*))", "1.1"),
        "filter and": found(f"(&(memberOf={ENGINEERS})(memberOf={named('static')}))", "1.1"),
        "filter or": found(f"(|(memberOf={named('static')})(uid=bob))", "1.1"),
        "filter and shown": found(f"(memberOf={named('static')})", "memberOf"),
        "filter, all attributes": found(f"(memberOf={named('outermost')})"),
        "filter, member within": found(f"(&(memberOf={named('outermost')})(member={ALICE}))", "cn"),
        "filter, no member within": found(f"(&(memberOf={named('outermost')})(!(member={ALICE})))", "cn"),
        "filter on member, memberOf shown": found(f"(&(cn=outer)(member={ALICE}))", "memberOf"),
        "filter on member, both shown": found(f"(&(cn=outer)(member={ALICE}))", "memberOf", "member"),
        "filter member": found(f"(member={ALICE})", "1.1"),
        "filter member that is a group": found(f"(member={named('static')})", "1.1"),
        "filter member not": found(f"(!(member={ALICE}))", "1.1", base=GROUPS),
        "filter no DN": found("(memberOf=x)", "1.1"),
        "filter no group": found(f"(memberOf={PEOPLE})", "1.1"),
        "compare": compare(ALICE, "memberOf", ENGINEERS),
        "compare member": compare(ENGINEERS, "member", ALICE),
        "modify": modify(ALICE, ("add", "memberOf", named("static"))),
        **{f"filter {name}": found(f"(memberOf={named(name)})", "1.1") for name in NAMES},
    }
    return [row(f"{how}: {name}", None, step, by=by, server=f"memberOf, {how}") for name, step in questions.items()]


def by_rules(name: str, step: Step, server: str = "memberOf, rules") -> list[Row]:
    """What somebody without a name sees, one who may read more, and another."""
    people = {"nobody": None, "bob": BOB, "alice": ALICE}
    return [
        row(f"{server.partition(', ')[2]}: {name}, {who}", None, step, by=by, server=server)
        for who, by in people.items()
    ]


def other(name: str, *lines: str | tuple[str, ...], server: str = "dynlist-group, lists, rules") -> list[Row]:
    """What is in a group of engineers whose class lets it name whom it is searched as; only bob sees who is one."""
    group = (
        "objectClass: groupOfURLs",
        "objectClass: dgIdentityAux",
        "cn: others",
        f"memberURL: ldap:///{PEOPLE}??sub?(employeeType=engineer)",
    )
    return [
        row(
            f"dgIdentity: {name}, {who}",
            None,
            in_any_order(search(OTHERS, "(objectClass=*)", "member", scope="base")),
            search(GROUPS, f"(&(cn=others)(member={BOB}))", "1.1"),
            by=by,
            setup=(add(OTHERS, *group, *lines),),
            server=server,
        )
        for who, by in (("nobody", None), ("alice", ALICE), ("administrator", ADMIN))
        if (name, who) != ("of an expression", "nobody")  # which is the end of slapd
    ]


def asserted(name: str, filter_: str) -> list[Row]:
    """Operations on a dynamic group with an assertion control."""
    controls = [critical(ASSERTION, wire.encode_filter(filter_))]
    steps = {
        "search": search(ENGINEERS, "(objectClass=*)", "1.1", scope="base", controls=controls),
        "modify": modify(ENGINEERS, ("replace", "description", "x"), controls=controls),
        "compare": compare(ENGINEERS, "cn", "engineers", controls=controls),
    }
    return [
        row(f"assertion of {name}: {what}", None, step, by=ADMIN, server="dynlist-group, lists")
        for what, step in steps.items()
    ]


ROWS = [
    *each("dynamic"),
    *each("static"),
    *each("nested"),
    row("static: anonymously", None, found("(objectClass=*)", "memberOf"), server="memberOf, static"),
    row("dynamic: filter present", None, found("(memberOf=*)", "1.1"), by=ADMIN, server="memberOf, dynamic"),
    row("user attribute: all", None, found(base=PEOPLE), by=ADMIN, server="memberOf, user attribute"),
    row("user attribute: of groups", None, found(base=GROUPS), by=ADMIN, server="memberOf, user attribute"),
    row(
        "user attribute: filter",
        None,
        found(f"(seeAlso={ENGINEERS})", "1.1"),
        by=ADMIN,
        server="memberOf, user attribute",
    ),
    row(
        "follows",
        0,
        found("(uid=*)", "memberOf"),
        modify(ALICE, ("replace", "employeeType", "clerk")),
        rename(named("static"), "cn=renamed"),
        modify(named("outer"), ("delete", "member", DAVE)),
        found("(uid=*)", "memberOf"),
        found(f"(memberOf={ENGINEERS})", "1.1"),
        found(f"(memberOf={named('renamed')})", "1.1"),
        by=ADMIN,
        server="memberOf, static",
    ),
    *by_rules("memberOf", found("(objectClass=*)", "memberOf")),
    *by_rules("member", found("(objectClass=*)", "member")),
    *by_rules("filter static", found(f"(memberOf={named('static')})", "1.1")),
    *by_rules("filter engineers", found(f"(memberOf={ENGINEERS})", "1.1")),
    *by_rules("filter outer", found(f"(memberOf={named('outer')})", "1.1")),
    *by_rules("filter not outer", found(f"(!(memberOf={named('outer')}))", "1.1")),
    *by_rules("filter not engineers", found(f"(!(memberOf={ENGINEERS}))", "1.1")),
    *by_rules("memberOf", found("(objectClass=*)", "memberOf"), "memberOf, hidden"),
    *by_rules("filter", found(f"(memberOf={ENGINEERS})", "1.1"), "memberOf, hidden"),
    *by_rules("filter not", found(f"(!(memberOf={ENGINEERS}))", "1.1"), "memberOf, hidden"),
    *[
        row(f"compare {name}", None, compare(dn, "member", ALICE), by=ADMIN, server="dynlist-group, lists")
        for name, dn in (("static group", named("static")), ("no group", PEOPLE), ("missing", named("none")))
    ],
    *asserted("a member", f"(member={ALICE})"),
    *asserted("no member", f"(!(member={ALICE}))"),
    *other("none"),
    *other("bob", f"dgIdentity: {BOB}"),
    *other("alice", f"dgIdentity: {ALICE}"),
    *other("the administrator", f"dgIdentity: {ADMIN}"),
    *other("nobody", ("dgIdentity", "")),
    *other("nobody, for somebody", ("dgIdentity", ""), f"dgAuthz: dn:{CAROL}"),
    *other("for alice", f"dgIdentity: {BOB}", f"dgAuthz: dn:{ALICE}"),
    *other("for carol", f"dgIdentity: {BOB}", f"dgAuthz: dn:{CAROL}"),
    *other("for everybody", f"dgIdentity: {BOB}", "dgAuthz: dn:*"),
    *other("of an expression", f"dgIdentity: {BOB}", "dgAuthz: dn.regex:^uid=al"),
]
