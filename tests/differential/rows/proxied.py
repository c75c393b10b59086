"""Proxied authorization (RFC 4370), and the rules of authzTo and authzFrom that say who may become whom."""

from oracle import wire
from oracle.sasl import cram, digest, sasl, scram
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import (
    ALICE,
    BOB,
    CAROL,
    PASSWORD_MODIFY,
    PEOPLE,
    Step,
    add,
    bind,
    compare,
    critical,
    delete,
    extended,
    modify,
    rename,
    row,
    search,
    uncritical,
    whoami,
)
from oracle.wire import Octets

PROXIED = "2.16.840.1.113730.3.4.18"
IDENTITY = "2.16.840.1.113730.3.4.16"
STARTTLS = "1.3.6.1.4.1.1466.20037"
CANCEL = "1.3.6.1.1.8"
TRUSTED, BOTH, ERIN = (f"uid={uid},{PEOPLE}" for uid in ("trusted", "both", "erin"))
UNIT = "ou=x,dc=example,dc=com"
RULES = 38
"""How many entries of sasl.ldif have a rule of their own kind in authzTo."""


def proxied(authzid: Octets) -> list[bytes]:
    """The control."""
    return [critical(PROXIED, authzid)]


def as_other(authzid: Octets = f"dn:{CAROL}") -> Step:
    """Who am I, as somebody else."""
    return whoami(controls=proxied(authzid))


IDENTITIES = (
    "",
    f"dn:{CAROL}",
    f"DN: {CAROL.upper()}",
    "u:carol",
    "dn:",
    "u:",
    "carol",
    CAROL,
    "dn:garbage",
    "dn:uid=nobody,dc=x",
    "u:nobody",
    f"dn:{ADMIN}",
    f"dn:{ALICE}",
    f"dn:{BOB}",
    b"dn:\xff",
    b"u:\xff",
    "u.plain:carol",
    "u.plain/realm:carol",
    "x:y",
    "dn:cn=config",
    "dn:cn=Subschema",
    "u:a,b",
    f"dn:uid=nobody,{PEOPLE}",
    f"dn: {CAROL} ",
    "dn",
    "u",
    ":",
    "dn:cn=x,cn=config",
)

OPERATIONS = (
    search(ALICE, "(objectClass=*)", "userPassword", scope="base", controls=proxied(f"dn:{ALICE}")),
    search(ALICE, "(objectClass=*)", "userPassword", scope="base", controls=proxied(f"dn:{CAROL}")),
    search(PEOPLE, "(userPassword=alice-secret)", "uid", controls=proxied(f"dn:{ALICE}")),
    search("", scope="base", controls=proxied(f"dn:{CAROL}")),
    search("garbage", scope="base", controls=proxied("x")),
    search("cn=nobody,dc=example,dc=com", scope="base", controls=proxied("x")),
    compare(ALICE, "userPassword", "alice-secret", controls=proxied(f"dn:{ALICE}")),
    compare(ALICE, "userPassword", "alice-secret", controls=proxied(f"dn:{CAROL}")),
    modify(ALICE, ("replace", "description", "x"), controls=proxied(f"dn:{ALICE}")),
    modify(ALICE, ("replace", "userPassword", "new"), controls=proxied(f"dn:{ALICE}")),
    modify(ALICE, ("replace", "userPassword", "new"), controls=proxied(f"dn:{CAROL}")),
    modify(ALICE, ("replace", "description", "x"), controls=proxied(f"dn:{ADMIN}")),
    modify(ALICE, ("replace", "description", "x"), controls=proxied("")),
    add(UNIT, "objectClass: organizationalUnit", "ou: x", controls=proxied(f"dn:{ADMIN}")),
    add(UNIT, "objectClass: organizationalUnit", "ou: x", controls=proxied(f"dn:{ALICE}")),
    add("dc=elsewhere", "objectClass: domain", controls=proxied("x")),
    rename(ALICE, "uid=x", controls=proxied("dn:")),
    rename(ALICE, "uid=x", controls=proxied(f"dn:{CAROL}")),
    rename(ALICE, "uid=x", controls=proxied(f"dn:{ADMIN}")),
    delete(ALICE, controls=proxied(f"dn:{CAROL}")),
    delete(ALICE, controls=proxied(f"dn:{ADMIN}")),
    bind(ALICE, "alice-secret", controls=proxied(f"dn:{CAROL}")),
    bind(ALICE, "alice-secret", controls=[uncritical(PROXIED, f"dn:{CAROL}")]),
    extended(STARTTLS, controls=proxied(f"dn:{CAROL}")),
    extended("1.2.3", controls=proxied(f"dn:{CAROL}")),
    extended("1.2.3", controls=[uncritical(PROXIED, f"dn:{CAROL}")]),
    extended(CANCEL, wire.sequence(wire.integer(77)), controls=proxied(f"dn:{CAROL}")),
    extended(PASSWORD_MODIFY, wire.sequence(wire.octets("new", 0x82)), controls=proxied(f"dn:{CAROL}")),
    extended(
        PASSWORD_MODIFY,
        wire.sequence(wire.octets(CAROL, 0x80), wire.octets("new", 0x82)),
        controls=proxied(f"dn:{ALICE}"),
    ),
    extended(PASSWORD_MODIFY, wire.sequence(wire.octets("new", 0x82)), controls=proxied("")),
)

TRIES = {
    "nobody": (ALICE, "alice-secret", f"dn:{CAROL}"),
    "to": (f"uid=rule00,{PEOPLE}", "secret", f"dn:{CAROL}"),
    "from": (TRUSTED, "secret", f"dn:{CAROL}"),
    "from a group": (f"uid=member,{PEOPLE}", "secret", f"dn:{CAROL}"),
    "both": (BOTH, "secret", f"dn:{ERIN}"),
    "to, with another's from": (BOTH, "secret", f"dn:{CAROL}"),
    "oneself": (ALICE, "alice-secret", f"dn:{ALICE}"),
    "anonymous": (ALICE, "alice-secret", ""),
    "administrator": (f"uid=rule{RULES - 1},{PEOPLE}", "secret", f"dn:{ADMIN}"),
    "to anybody, missing": (f"uid=rule02,{PEOPLE}", "secret", "dn:uid=nobody,dc=y"),
    "to anybody, SASL name": (f"uid=rule02,{PEOPLE}", "secret", "u:nobody"),
}

RULED = ("rule00", "secret")

ROWS = [
    *(row(f"{who!r} by alice", None, as_other(who), whoami(), by=ALICE, server="sasl") for who in IDENTITIES),
    *(row(f"{who!r} by admin", None, as_other(who), whoami(), by=ADMIN, server="sasl") for who in IDENTITIES),
    *(row(f"{who!r} by nobody", 123, as_other(who), server="sasl") for who in ("", f"dn:{CAROL}", "x")),
    row("no value", (2, "control value absent"), whoami(controls=[critical(PROXIED)]), by=ALICE, server="sasl"),
    row("no value by nobody", None, whoami(controls=[critical(PROXIED)]), server="sasl"),
    row("twice", (2, "specified multiple times"), whoami(controls=2 * proxied("")), by=ADMIN, server="sasl"),
    row("not critical", 0, whoami(controls=[uncritical(PROXIED, f"dn:{CAROL}")]), by=ADMIN, server="sasl"),
    row(
        "not critical, not allowed", 123, whoami(controls=[uncritical(PROXIED, f"dn:{CAROL}")]), by=ALICE, server="sasl"
    ),
    row("not critical, junk", 123, whoami(controls=[uncritical(PROXIED, "x")]), by=ADMIN, server="sasl"),
    row(
        "with an unknown critical control",
        12,
        whoami(controls=[*proxied(""), critical("1.2.3")]),
        by=ADMIN,
        server="sasl",
    ),
    row("critical as 1", 0, whoami(controls=[wire.control(PROXIED, 1, f"dn:{CAROL}")]), by=ADMIN, server="sasl"),
    *(
        row(f"operation {n}: {step.text[:60]}", None, step, whoami(), by=ADMIN, server="sasl")
        for n, step in enumerate(OPERATIONS)
    ),
    *(
        row(f"{name}, policy {server}", None, bind(dn, password), as_other(target), whoami(), server=server)
        for server in ("sasl", "sasl-none", "sasl-to", "sasl-from", "sasl-all")
        for name, (dn, password, target) in TRIES.items()
    ),
    *(
        row(f"rule {number}", None, bind(f"uid=rule{number:02},{PEOPLE}", "secret"), as_other(), server="sasl")
        for number in range(RULES)
    ),
    row(
        "what the other may",
        0,
        bind(f"uid=rule00,{PEOPLE}", "secret"),
        modify(CAROL, ("replace", "userPassword", "x"), controls=proxied(f"dn:{CAROL}")),
        server="sasl",
    ),
    row(
        "then it is oneself again",
        50,
        bind(f"uid=rule00,{PEOPLE}", "secret"),
        as_other(),
        modify(CAROL, ("replace", "userPassword", "x")),
        server="sasl",
    ),
    row(
        "as the administrator",
        0,
        bind(f"uid=rule{RULES - 1},{PEOPLE}", "secret"),
        modify(ALICE, ("replace", "title", "x"), controls=proxied(f"dn:{ADMIN}")),
        server="sasl",
    ),
    row(
        "u: after SASL",
        None,
        sasl("CRAM-MD5", None, cram("rule00", "secret")),
        as_other("u:carol"),
        as_other(),
        server="sasl",
    ),
    row(
        "authzid with SCRAM",
        0,
        sasl("SCRAM-SHA-1", *scram("sha1", *RULED, header="n,a=u:carol,")),
        whoami(),
        server="sasl",
    ),
    row(
        "authzid with SCRAM, DN",
        0,
        sasl("SCRAM-SHA-1", *scram("sha1", *RULED, header=f"n,a=dn:{CAROL.replace('=', '=3D').replace(',', '=2C')},")),
        whoami(),
        server="sasl",
    ),
    row(
        "authzid with SCRAM, nobody",
        0,
        sasl("SCRAM-SHA-1", *scram("sha1", *RULED, header="n,a=dn:,")),
        whoami(),
        server="sasl",
    ),
    row(
        "authzid with SCRAM, itself",
        0,
        sasl("SCRAM-SHA-1", *scram("sha1", *RULED, header="n,a=rule00,")),
        whoami(),
        server="sasl",
    ),
    row(
        "authzid with SCRAM, another",
        'bind 50 "SASL(-14): authorization failure: not authorized"',
        sasl("SCRAM-SHA-1", *scram("sha1", *RULED, header="n,a=u:alice,")),
        whoami(),
        server="sasl",
    ),
    row(
        "authzid with SCRAM, no prefix",
        "unable to canonify authorization ID",
        sasl("SCRAM-SHA-1", *scram("sha1", *RULED, header="n,a=carol,")),
        whoami(),
        server="sasl",
    ),
    row(
        "authzid with SCRAM, wrong password",
        "bind 49 ",
        sasl("SCRAM-SHA-1", *scram("sha1", "rule00", "x", header="n,a=u:alice,")),
        whoami(),
        server="sasl",
    ),
    *(
        row(
            f"authzid with DIGEST-MD5, {authzid!r}",
            None,
            sasl("DIGEST-MD5", None, digest(*RULED, authzid=authzid)),
            whoami(),
            server="sasl",
        )
        for authzid in ("u:carol", f"dn:{CAROL}", "dn:", "", "rule00", "u:alice", "alice", "carol", "anonymous")
    ),
    row("administrator may be anybody here", 0, bind(ADMIN, PASSWORD), as_other(f"dn:{CAROL}"), server="sasl-none"),
    *(
        row(f"authorization identity, {name}", None, bind(*who, controls=[control]))
        for control, how in ((critical(IDENTITY), "critical"), (uncritical(IDENTITY), "uncritical"))
        for name, who in (
            (f"{how}, user", (ALICE, "alice-secret")),
            (f"{how}, nobody", ()),
            (f"{how}, wrong password", (ALICE, "wrong")),
        )
    ),
    row("authorization identity, search", 12, search(controls=[critical(IDENTITY)])),
]
