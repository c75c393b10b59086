"""Access rules (slapd.access(5)): several sets of them, and what each lets whom do."""

from oracle import wire
from oracle.rules import ACCESS
from oracle.slapd import BASE
from oracle.steps import (
    ALIASES,
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    GROUPS,
    MANAGE,
    PEOPLE,
    REFERRALS,
    REMOTE,
    Row,
    Step,
    add,
    bind,
    compare,
    delete,
    modify,
    passwd,
    rename,
    row,
    search,
)

PRE_READ, POST_READ = "1.3.6.1.1.13.1", "1.3.6.1.1.13.2"
ADMINS = f"cn=admins,{GROUPS}"
DEVICE = ("objectClass: device", "cn: new")
WHO = {"nobody": None, "alice": ALICE, "bob": BOB, "carol": CAROL}


def entry(dn: str, *names: str, filter: str = "(objectClass=*)", **keywords: object) -> Step:
    """A search for one entry."""
    return search(dn, filter, *names, scope="base", **keywords)


QUESTIONS: dict[str, tuple[str, Step]] = {
    "everything": ("nobody alice bob carol", search(BASE, "(objectClass=*)", "1.1")),
    "an entry": ("nobody alice bob carol", entry(ALICE)),
    "an entry, operational": ("nobody bob", entry(ALICE, "+")),
    "an entry, types only": ("alice", entry(ALICE, types_only=True)),
    "another entry": ("nobody bob carol", entry(EVE, "*", "hasSubordinates")),
    "a group": ("nobody alice carol", entry(ADMINS)),
    "groups": ("nobody alice", search(GROUPS, "(objectClass=groupOfNames)", "member", scope="one")),
    "missing": ("nobody alice", entry(f"cn=none,{PEOPLE}")),
    "missing below an entry": ("alice", search(f"cn=none,{ADMINS}")),
    "by name": ("nobody alice", search(PEOPLE, "(name=a*)", "1.1")),
    "by sn": ("nobody bob", search(PEOPLE, "(sn=*)", "1.1")),
    "not by sn": ("nobody bob", search(PEOPLE, "(!(sn=brown))", "1.1")),
    "by number": ("nobody alice", search(PEOPLE, "(uidNumber>=1000)", "uidNumber")),
    "by class or sn": ("bob", search(PEOPLE, "(|(objectClass=person)(sn=brown))", "1.1")),
    "by any attribute": ("bob", search(PEOPLE, "(:caseIgnoreMatch:=brown)", "1.1")),
    "by part of a name": ("nobody alice", search(PEOPLE, "(:dn:caseIgnoreMatch:=people)", "1.1")),
    "by entryDN": ("alice", search(PEOPLE, f"(entryDN={BOB})", "1.1")),
    "references": ("nobody alice", search(REFERRALS, "(objectClass=*)", "1.1")),
    "referral": ("nobody alice", entry(REMOTE)),
    "managed referral": ("alice", entry(REMOTE, "ref", controls=MANAGE)),
    "below a referral": ("nobody", search(f"cn=x,{REMOTE}")),
    "root DSE": ("nobody", search("", "(objectClass=*)", "objectClass", "supportedLDAPVersion", scope="base")),
    "compare": ("nobody alice bob", compare(ALICE, "cn", "alice adams")),
    "compare, supertype": ("nobody alice", compare(ALICE, "name", "alice")),
    "compare, absent": ("nobody alice", compare(EVE, "pager", "1")),
    "compare, password": ("alice bob", compare(ALICE, "userPassword", "alice-secret")),
    "compare, missing": ("nobody bob", compare(f"cn=none,{PEOPLE}", "cn", "x")),
    "compare, referral": ("nobody", compare(REMOTE, "cn", "x")),
    "compare, root DSE": ("nobody", compare("", "objectClass", "top")),
    "add a value": ("alice bob carol", modify(EVE, ("add", "description", "x"))),
    "delete a value": ("alice bob carol", modify(EVE, ("delete", "telephoneNumber", "5550104"))),
    "replace": ("alice bob carol", modify(EVE, ("replace", "telephoneNumber", "1"))),
    "replace with nothing": ("alice bob carol", modify(EVE, ("replace", "telephoneNumber"))),
    "increment": ("alice bob", modify(ALICE, ("increment", "uidNumber", "1"))),
    "two changes": ("alice", modify(ALICE, ("replace", "title", "x"), ("replace", "uidNumber", "5"))),
    "own description": ("alice carol", modify(ALICE, ("replace", "description", "x"))),
    "join a group": ("alice carol", modify(ADMINS, ("add", "member", CAROL))),
    "modify, missing": ("bob", modify(f"cn=none,{PEOPLE}", ("replace", "description", "x"))),
    "add": ("nobody alice bob carol", add(f"cn=new,{PEOPLE}", *DEVICE)),
    "add, invalid": ("carol", add(f"cn=new,{PEOPLE}", "objectClass: person")),
    "add, exists": ("carol", add(EVE, *DEVICE)),
    "add below a group": ("bob", add(f"cn=new,{ADMINS}", *DEVICE)),
    "add below nothing": ("bob", add(f"cn=new,ou=none,{PEOPLE}", *DEVICE)),
    "delete": ("alice bob carol", delete(EVE)),
    "delete, not a leaf": ("alice", delete(GROUPS)),
    "delete the suffix": ("alice", delete(BASE)),
    "delete, missing": ("carol", delete(f"cn=none,{PEOPLE}")),
    "rename": ("alice bob carol", rename(EVE, "cn=adam")),
    "rename, keeping": ("alice bob", rename(EVE, "cn=adam", delete_old=False)),
    "move": ("alice bob carol", rename(EVE, "cn=eve", GROUPS)),
    "move to where it is": ("carol", rename(EVE, "cn=adam", PEOPLE)),
    "move, missing superior": ("alice", rename(EVE, "cn=eve", f"ou=none,{BASE}")),
    "password, own": ("alice carol", passwd(None, None, "newer")),
    "password, old one given": ("alice", passwd(None, "alice-secret", "newer")),
    "password, another's": ("bob", passwd(ALICE, None, "newer")),
    "bind": ("nobody", bind(ALICE, "alice-secret")),
    "bind, no password": ("nobody", bind(DAVE, "x")),
}
"""Who asks what: put to a server with each set of rules."""

KNOWN = [
    row("nothing: disclosed", 32, entry(ALICE), by=ALICE, server="access: nothing"),
    row("nothing: matched", (32, "search 32"), search(f"cn=none,{ALICE}"), by=ALICE, server="access: nothing"),
    row("disclose only", 50, entry(ADMINS), server="access: disclose"),
    row("disclose: matched", (32, "matched"), entry(f"cn=none,{ADMINS}"), server="access: disclose"),
    row(
        "unreadable in a filter",
        (0, "search 0"),
        search(PEOPLE, "(!(userPassword=x))", "1.1"),
        server="access: attributes",
    ),
    row("unreadable compared", 50, compare(ALICE, "userPassword", "x"), by=BOB, server="access: people"),
    row(
        "searchable, not readable", 0, entry(ALICE, "uidNumber", filter="(uidNumber=1000)"), server="access: attributes"
    ),
    row("no right", (50, "no write access to parent"), delete(EVE), by=ALICE, server="access: read"),
    row(
        "suffix of another database",
        0,
        add("o=Second Base", "objectClass: organization"),
        by=ALICE,
        server="access: two",
    ),
    row("suffix, no right", 50, add("o=Second Base", "objectClass: organization"), by=BOB, server="access: two"),
]

HIDDEN = "access: hidden"
NAMES = ("cn", "sn", "description")
READINGS = {
    "critical": (wire.control(PRE_READ, True, wire.strings(NAMES)), wire.control(POST_READ, True, wire.strings(NAMES))),
    "not critical": (
        wire.control(PRE_READ, None, wire.strings(NAMES)),
        wire.control(POST_READ, None, wire.strings(NAMES)),
    ),
}
READ_ENTRIES = [
    *(
        row(f"hidden: {kind}, {name}, {how}", None, step, by=ALICE, server=HIDDEN)
        for how, (pre, post) in READINGS.items()
        for kind, name, step in (
            ("pre-read", "some of it", modify(EVE, ("replace", "description", "x"), controls=[pre])),
            ("post-read", "some of it", modify(EVE, ("replace", "description", "x"), controls=[post])),
            ("pre-read", "nothing of it", modify(BOB, ("replace", "description", "x"), controls=[pre])),
            ("post-read", "nothing of it", modify(BOB, ("replace", "description", "x"), controls=[post])),
            ("pre-read", "not to be changed", modify(CAROL, ("replace", "description", "x"), controls=[pre])),
            ("post-read", "not to be changed", modify(CAROL, ("replace", "description", "x"), controls=[post])),
            ("post-read", "a new entry", add(f"cn=new,{PEOPLE}", *DEVICE, controls=[post])),
        )
    ),
    *(
        row(
            f"hidden: names {' '.join(names)}, {how}",
            None,
            modify(
                EVE, ("replace", "description", "x"), controls=[wire.control(PRE_READ, critical, wire.strings(names))]
            ),
            by=ALICE,
            server=HIDDEN,
        )
        for critical, how in ((True, "critical"), (None, "not critical"))
        for names in (("@person",), ("@person", "cn"), ("foo",), ("foo", "cn"))
        if critical or names[0] != "@person"  # else slapd itself answers now this, now that
    ),
    row(
        "hidden: names, nobody",
        None,
        modify(EVE, ("replace", "cn", "x"), controls=[wire.control(PRE_READ, True, wire.strings(["foo"]))]),
        server=HIDDEN,
    ),
    *(
        row(f"hidden: {name} alias, {deref}", None, search(f"cn={name},{ALIASES}", deref=deref), server=HIDDEN)
        for name in ("broken", "loop-a")
        for deref in range(4)
    ),
]


def rows(server: str) -> list[Row]:
    """All questions to one server."""
    return [
        row(f"{server.removeprefix('access: ')}: {who}: {name}", None, step, by=WHO[who], server=server)
        for name, (askers, step) in QUESTIONS.items()
        for who in askers.split()
    ]


ROWS = [*KNOWN, *READ_ENTRIES, *(each for server in ACCESS if server != "access: two" for each in rows(server))]
