"""The overlay dynlist (slapo-dynlist)."""

from collections.abc import Sequence

from oracle.slapd import ADMIN
from oracle.steps import ALICE, BOB, DAVE, GROUPS, MANAGE, PEOPLE, Row, Step, add, compare, modify, search
from oracle.steps import row as any_row

DYNAMIC = f"cn=dynamic,{GROUPS}"
LIST, GROUP = "dynlist", "dynlist-group"
ACCOUNTS = f"memberURL: ldap:///{PEOPLE}??sub?(objectClass=posixAccount)"


def row(
    name: str,
    expect: object,
    *steps: Step,
    urls: tuple[str, ...] = (ACCOUNTS,),
    server: str = GROUP,
    by: str | None = ADMIN,
) -> Row:
    """Something done where a dynamic group stands."""
    setup = (add(DYNAMIC, "objectClass: groupOfURLs", "cn: dynamic", *urls),)
    return any_row(name, expect, *steps, by=by, setup=setup, server=server)


def shown(
    name: str,
    *attributes: str,
    controls: Sequence[bytes] | None = None,
    urls: tuple[str, ...] = (ACCOUNTS,),
    server: str = GROUP,
    by: str | None = ADMIN,
) -> Row:
    """What a search for the group gives."""
    return row(
        name,
        0,
        search(DYNAMIC, "(objectClass=*)", *attributes, scope="base", controls=controls),
        urls=urls,
        server=server,
        by=by,
    )


def url(
    attributes: str = "", scope: str = "sub", filter: str = "(objectClass=posixAccount)", base: str = PEOPLE
) -> tuple[str, ...]:
    """A memberURL."""
    return (f"memberURL: ldap:///{base}?{attributes}?{scope}?{filter}",)


def for_both(name: str, step: Step, urls: tuple[str, ...], server: str) -> list[Row]:
    """What somebody without a name gets, and a user, where access rules make a difference."""
    kind = "list" if server == LIST else "group"
    return [
        row(f"{kind}, rules: {name}{shown}", None, step, urls=urls, server=f"{server}, rules", by=by)
        for shown, by in (("", None), (", by a user", ALICE))
    ]


def mapped(name: str, urls: tuple[str, ...], *attributes: str, server: str = "dynlist-mapped") -> Row:
    """What a search for a list gives whose mail becomes description, and uid title."""
    return shown(f"mapped: {name}", *attributes, urls=urls, server=server)


MAIL, MORE, ALL = url("mail"), url("mail,uid,sn"), url(filter="(uid=bob)")


def read(*attributes: str) -> Step:
    """A search for the list."""
    return search(DYNAMIC, "(objectClass=*)", *attributes, scope="base")


ROWS = [
    shown("group: all"),
    shown("group: member", "member"),
    shown("group: another attribute", "cn"),
    shown("group: operational", "+", "member"),
    shown("group: manageDsaIT", controls=MANAGE),
    shown("group: 1.1", "1.1"),
    shown("group: anonymously", "member", by=None),
    shown("group: nothing found", urls=url(filter="(uid=none)")),
    shown("group: two URLs", "member", urls=(*url(filter="(uid=alice)"), *url(filter="(uid=bob)"))),
    shown("group: one level", "member", urls=url(scope="one", filter="(uid=d*)")),
    shown("group: base", "member", urls=url(scope="base", filter="(objectClass=*)", base=ALICE)),
    shown("group: no scope", "member", urls=(f"memberURL: ldap:///{ALICE}",)),
    shown("group: bad URL", urls=("memberURL: garbage",)),
    shown("group: URL with a host", urls=(f"memberURL: ldap://elsewhere/{PEOPLE}??sub?(uid=alice)",)),
    shown("group: base that is not there", urls=url(base=f"ou=no,{PEOPLE}")),
    shown("group: no URL", urls=()),
    shown("group: with attributes in the URL", urls=url("mail")),
    row("group: compare", 6, compare(DYNAMIC, "member", ALICE)),
    row("group: compare, no member", 5, compare(DYNAMIC, "member", DAVE)),
    row("group: compare with manageDsaIT", None, compare(DYNAMIC, "member", ALICE, controls=MANAGE)),
    row("group: compare another attribute", 6, compare(DYNAMIC, "cn", "dynamic")),
    row("group: filter", None, search(GROUPS, f"(member={ALICE})", "cn")),
    row("group: filter, no member", None, search(GROUPS, f"(member={DAVE})", "cn")),
    row("group: filter and", None, search(GROUPS, f"(&(objectClass=groupOfURLs)(member={ALICE}))", "cn")),
    row("group: filter not", None, search(DYNAMIC, f"(!(member={ALICE}))", "cn")),
    row("group: filter present", None, search(GROUPS, "(member=*)", "cn")),
    row("group: filter of the URL", None, search(GROUPS, "(memberURL=*)", "cn")),
    row("group: filter with manageDsaIT", None, search(GROUPS, f"(member={ALICE})", "cn", controls=MANAGE)),
    row("group: types only", None, search(DYNAMIC, "(objectClass=*)", scope="base", types_only=True)),
    row(
        "group: follows",
        0,
        modify(
            BOB,
            ("delete", "objectClass", "posixAccount"),
            ("delete", "uidNumber"),
            ("delete", "gidNumber"),
            ("delete", "homeDirectory"),
        ),
        search(DYNAMIC, "(objectClass=*)", "member", scope="base"),
    ),
    row("group: modify the member", None, modify(DYNAMIC, ("add", "member", ALICE))),
    shown("list: attributes", urls=url("mail"), server=LIST),
    shown("list: two attributes", urls=url("mail,uid"), server=LIST),
    shown("list: asked for", "mail", urls=url("mail,uid"), server=LIST),
    shown("list: asked for something else", "cn", urls=url("mail,uid"), server=LIST),
    shown("list: all attributes", urls=url(filter="(uid=bob)"), server=LIST),
    shown("list: single-valued", urls=url("uidNumber"), server=LIST),
    shown("list: what it has itself", urls=url("cn", filter="(uid=alice)"), server=LIST),
    shown("list: undefined attribute", urls=url("nonsense,mail"), server=LIST),
    shown("list: objectClass", urls=url("objectClass", filter="(uid=bob)"), server=LIST),
    shown("list: password", urls=url("userPassword", filter="(uid=bob)"), server=LIST),
    shown("list: itself", urls=url("cn", filter="(cn=dynamic)", base=GROUPS), server=LIST),
    row("list: compare", None, compare(DYNAMIC, "mail", "bob@example.com"), urls=url("mail"), server=LIST),
    row("list: compare false", None, compare(DYNAMIC, "mail", "x@example.com"), urls=url("mail"), server=LIST),
    row(
        "list: compare an attribute that nobody has",
        None,
        compare(DYNAMIC, "title", "x"),
        urls=url("mail"),
        server=LIST,
    ),
    row("list: filter", None, search(GROUPS, "(mail=bob@example.com)", "cn"), urls=url("mail"), server=LIST),
    row("list: filter not", None, search(DYNAMIC, "(!(mail=bob@example.com))", "cn"), urls=url("mail"), server=LIST),
    *[
        mapped(f"{name}, {' '.join(asked) or 'all'}", urls, *asked)
        for name, urls in (("mail", MAIL), ("three", MORE), ("no attributes", ALL))
        for asked in ((), ("description",), ("sn",), ("mail",), ("cn",), ("sn", "title"), ("*",), ("+",), ("name",))
    ],
    *[
        row(f"mapped: filter {filter_}", None, search(GROUPS, filter_, "cn"), urls=MORE, server="dynlist-mapped")
        for filter_ in (
            "(description=bob@example.com)",
            "(mail=bob@example.com)",
            "(title=bob)",
            "(&(title=bob)(sn=brown))",
            "(sn=brown)",
            "(!(description=bob@example.com))",
        )
    ],
    *[
        row(f"mapped: compare {name}", None, compare(DYNAMIC, name, value), urls=MORE, server="dynlist-mapped")
        for name, value in (("description", "bob@example.com"), ("mail", "bob@example.com"), ("sn", "brown"))
    ],
    row("mapped: compare false", 5, compare(DYNAMIC, "title", "x"), urls=MORE, server="dynlist-mapped"),
    mapped("to itself", MORE, server="dynlist-mapped-to-itself"),
    row(
        "mapped: to itself, filter",
        "dynamic",
        search(GROUPS, "(mail=bob@example.com)", "cn"),
        urls=MAIL,
        server="dynlist-mapped-to-itself",
    ),
    mapped("and a member", (ACCOUNTS,), server="dynlist-mixed"),
    mapped("and a member, with attributes", MORE, server="dynlist-mixed"),
    mapped("two members", (ACCOUNTS,), server="dynlist-two-members"),
    mapped("two members, with attributes", MORE, server="dynlist-two-members"),
    *for_both("all", read(), (ACCOUNTS,), GROUP),
    *for_both("filter by what can't be searched", read(), url(filter="(employeeNumber=*)"), GROUP),
    *for_both("filter by what can be searched", read(), url(filter="(&(uid=a*)(telephoneNumber=*))"), GROUP),
    *for_both("filter not", read(), url(filter="(&(uid=alice)(!(employeeNumber=1)))"), GROUP),
    *for_both("base that can't be found", read(), url(filter="(cn=j*)", base="ou=odd,dc=example,dc=com"), GROUP),
    *for_both("base is the only one", read(), url(scope="base", filter="(objectClass=*)", base=BOB), GROUP),
    *for_both("found by a member", search(GROUPS, f"(member={BOB})", "cn"), (ACCOUNTS,), GROUP),
    *for_both("found by a member that can be read", search(GROUPS, f"(member={ALICE})", "member"), (ACCOUNTS,), GROUP),
    *for_both("all", read(), url(filter="(uid=alice)"), LIST),
    *for_both("mail", read("mail"), url("mail"), LIST),
    *for_both("what can't be read", read(), url("telephoneNumber"), LIST),
    *for_both("passwords", read(), url("userPassword"), LIST),
    *for_both("found by a value", search(GROUPS, "(mail=*)", "mail"), url("mail"), LIST),
    *for_both("found by a value that can't be read", search(GROUPS, "(mail=bob@example.com)"), url("mail"), LIST),
    *for_both("compare", compare(DYNAMIC, "mail", "bob@example.com"), url("mail"), LIST),
    *for_both("compare, can be read", compare(DYNAMIC, "mail", "alice@example.com"), url("mail"), LIST),
]
