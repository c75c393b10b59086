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
]
