"""SASL together with policy, and with access rules: level auth is what authentication needs."""

from oracle import wire
from oracle.rules import SASL_ACCESS, SASL_POLICY, SASL_SEARCHES
from oracle.sasl import SCRAM, crams, digests, sasl, scram, scrams
from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE,
    CAROL,
    PEOPLE,
    Row,
    Step,
    add,
    bind,
    compare,
    critical,
    modify,
    passwd,
    row,
    search,
    starttls,
    uncritical,
    whoami,
)

PROXIED = "2.16.840.1.113730.3.4.18"
DONT_USE_COPY = "1.3.6.1.1.22"
USER = ("alice", "alice-secret")
PLAIN = sasl("PLAIN", "\0alice\0alice-secret")
UNIT = "ou=x,dc=example,dc=com"
RULED = f"uid=rule00,{PEOPLE}"


def proxied(dn: str, *, optional: bool = False) -> list[bytes]:
    """The control for a DN; for nobody where that is empty."""
    return [(uncritical if optional else critical)(PROXIED, f"dn:{dn}" if dn else "")]


def entry(dn: str = ALICE, *names: str, **keywords: object) -> Step:
    """A search for one entry."""
    return search(dn, "(objectClass=*)", *(names or ("cn",)), scope="base", **keywords)


def known(name: str, expect: object, *steps: Step) -> Row:
    """A situation of which slapd's answer is known; the name begins with the policy's."""
    return row(f"{name}, known", expect, *steps, server=f"sasl-policy: {name.partition(':')[0]}")


COME: dict[str, tuple[Step, ...]] = {
    "nobody": (),
    "simple": (bind(ALICE, "alice-secret"),),
    "CRAM-MD5": (crams(*USER),),
    "CRAM-MD5, wrong": (crams("alice", "wrong"),),
    "SCRAM": (scrams(*USER),),
    "DIGEST-MD5": (digests(*USER),),
    "PLAIN": (PLAIN,),
    "version 2, SASL": (bind(version=2, authentication=wire.sasl("CRAM-MD5")),),
    "no mechanism": (sasl(""),),
    "unknown mechanism": (sasl("NOSUCH", "x"),),
    "SASL, then simple": (crams(*USER), bind(ALICE, "alice-secret")),
    "SASL, then anonymous": (crams(*USER), bind()),
    "SASL, then a wrong password": (crams(*USER), bind(ALICE, "wrong")),
    "simple, then begun": (bind(ALICE, "alice-secret"), sasl("CRAM-MD5", None)),
    "TLS": (starttls(),),
    "TLS, simple": (starttls(), bind(ALICE, "alice-secret")),
    "TLS, PLAIN": (starttls(), PLAIN),
    "TLS, SCRAM": (starttls(), scrams(*USER)),
    "TLS, SCRAM in two parts": (
        sasl(SCRAM, scram("sha256", *USER)[0]),
        starttls(),
        scrams(*USER),
    ),
    "simple, then TLS": (bind(ALICE, "alice-secret"), starttls()),
    "SASL, then TLS": (crams(*USER), starttls()),
    "anonymous, then TLS": (bind(), starttls()),
}
"""How somebody comes in."""
DO: dict[str, tuple[Step, ...]] = {
    "whoami": (whoami(),),
    "search": (entry(),),
    "root DSE": (entry("", "1.1"),),
    "modify": (modify(ALICE, ("replace", "userPassword", "x")),),
    "password": (passwd(None, "alice-secret", "new"),),
    "as nobody": (whoami(controls=proxied("")), entry(controls=proxied(""))),
    "as nobody, not critical": (entry(controls=proxied("", optional=True)),),
    "as carol": (whoami(controls=proxied(CAROL)),),
    "copies": (entry(controls=[uncritical(DONT_USE_COPY)]), entry(controls=[critical(DONT_USE_COPY)])),
}
"""What somebody does then."""
THOROUGHLY = ("nobody", "CRAM-MD5", "simple, then TLS")
"""Who does everything; others do one or two things."""


def policies(server: str) -> list[Row]:
    """All situations for one policy."""
    briefly = ("as nobody, not critical",) if "prox" in server else ("modify",) if "update" in server else ("search",)
    return [
        row(f"{server}: {how}, {what}", None, *come, *steps, server=server)
        for how, come in COME.items()
        for what, steps in DO.items()
        if what in briefly or how in THOROUGHLY
    ]


KNOWN = [
    known("SASL: simple, then a search", (8, "SASL authentication required"), *COME["simple"], entry()),
    known("SASL: CRAM-MD5, then a search", 0, *COME["CRAM-MD5"], entry()),
    known("tls: StartTLS, then a search", 0, starttls(), entry()),
    known("sasl: PLAIN under TLS, then a search", (13, "SASL conf"), *COME["TLS, PLAIN"], entry()),
    known("stays: whoami", (0, ALICE), *COME["simple, then TLS"], whoami()),
    known("no TLS: StartTLS", (1, "cannot start TLS after authentication"), *COME["simple, then TLS"]),
    known("no StartTLS: StartTLS, which can't be restricted", "TLS", starttls()),
    known("no bind: CRAM-MD5", (53, "operation restricted"), *COME["CRAM-MD5"]),
    known("critical: proxied", (2, "criticality of FALSE"), bind(ADMIN, "secret"), *DO["as nobody, not critical"]),
    known("proxy: nobody as nobody", 0, *DO["as nobody, not critical"]),
    known("proxy: version 2", (2, "SASL bind requires LDAPv3"), *COME["version 2, SASL"]),
]


RULES = (0, 1, 8, 14, 20, 26, 30, 35)
"""Some of the entries of sasl.ldif that have a rule of their own kind in authzTo."""
AUTHENTICATE: dict[str, tuple[Step, ...]] = {
    "simple": (bind(ALICE, "alice-secret"), whoami()),
    "CRAM-MD5": (crams(*USER), whoami()),
    "CRAM-MD5, hashed": (crams("bob", "bob-secret"), whoami()),
    "CRAM-MD5, several": (crams("carol", "carol-one"), whoami()),
    "CRAM-MD5, missing": (crams("nobody", "x"), whoami()),
    "SCRAM": (scrams(*USER), whoami()),
    "SCRAM, missing": (scrams("nobody", "x"), whoami()),
    "DIGEST-MD5": (digests(*USER), whoami()),
    "PLAIN under TLS": (starttls(), PLAIN, whoami()),
    "CRAM-MD5 by somebody bound": (bind(ALICE, "alice-secret"), crams(*USER), whoami()),
    "CRAM-MD5 twice": (crams(*USER), crams("trusted", "secret"), whoami()),
    "to, by rule": (bind(RULED, "secret"), whoami(controls=proxied(CAROL))),
    "to, by SASL": (
        sasl("SCRAM-SHA-1", *scram("sha1", "rule00", "secret", header="n,a=u:carol,")),
        whoami(),
    ),
    "from": (bind(f"uid=trusted,{PEOPLE}", "secret"), whoami(controls=proxied(CAROL))),
    "from, by group": (bind(f"uid=member,{PEOPLE}", "secret"), whoami(controls=proxied(CAROL))),
    "administrator": (bind(ADMIN, "secret"), whoami(controls=proxied(CAROL))),
    **{f"rule {n}": (bind(f"uid=rule{n:02},{PEOPLE}", "secret"), whoami(controls=proxied(CAROL))) for n in RULES},
}
AS_OTHER: dict[str, Step] = {
    "search": search(PEOPLE, "(userPassword=*)", "uid", "userPassword", controls=proxied(CAROL)),
    "own": entry(CAROL, "userPassword", "authzFrom", controls=proxied(CAROL)),
    "another": entry(RULED, "userPassword", "authzTo", controls=proxied(CAROL)),
    "compare": compare(CAROL, "userPassword", "carol-one", controls=proxied(CAROL)),
    "modify": modify(CAROL, ("add", "title", "x"), controls=proxied(CAROL)),
    "modify oneself": modify(RULED, ("add", "title", "x"), controls=proxied(CAROL)),
    "add": add(UNIT, "objectClass: organizationalUnit", "ou: x", controls=proxied(CAROL)),
    "nobody": search(PEOPLE, "(uid=*)", "uid", controls=proxied("")),
    "administrator": entry(CAROL, "userPassword", controls=proxied(ADMIN)),
}


def access(server: str) -> list[Row]:
    """All situations for one set of access rules."""
    return [
        *(row(f"{server}: {name}", None, *steps, server=server) for name, steps in AUTHENTICATE.items()),
        *(
            row(f"{server}: {who.split(',')[0]} as carol, {name}", None, bind(who, "secret"), step, server=server)
            for name, step in AS_OTHER.items()
            for who in (RULED, ADMIN)
        ),
    ]


def numbered(name: str, *steps: Step) -> Row:
    """What is done with a rule that has a number, as slapd stores it."""
    rule = modify(CAROL, ("add", "authzTo", "{0}dn:CN=a, dc=x"))
    return row(f"number: {name}", None, rule, *steps, entry(CAROL, "authzTo"), by=ADMIN)


NUMBERED = [
    *(
        row(f"number: value {value}", None, modify(CAROL, ("add", "authzTo", value)), entry(CAROL, "authzTo"), by=ADMIN)
        for value in (
            "{0}u:bob",
            "{0}junk",
            "{x}dn:cn=a",
            "{0}",
            "{0} dn:cn=a",
            "{0}dn.regex:a.*",
            "{0}ldap:///dc=x??sub",
        )
    ),
    *(
        numbered(f"filter {value}", search(PEOPLE, f"(authzTo={value})", "1.1"))
        for value in ("dn:cn=A,dc=x", "{0}dn:cn=A,dc=x", "cn=a,dc=x", "dn:cn=b")
    ),
    numbered("compare", compare(CAROL, "authzTo", "cn=A,dc=x")),
    numbered("compare with a number", compare(CAROL, "authzTo", "{0}cn=A,dc=x")),
    numbered("add again", modify(CAROL, ("add", "authzTo", "dn:cn=A,dc=x"))),
    numbered("delete", modify(CAROL, ("delete", "authzTo", "cn=A,dc=x"))),
    numbered("delete with the number", modify(CAROL, ("delete", "authzTo", "{0}cn=A,dc=x"))),
    numbered("delete the number", modify(CAROL, ("delete", "authzTo", "{0}"))),
]


def searches(server: str) -> list[Row]:
    """What needs searches: mapping names, and rules with URLs and groups."""
    users = {name: (crams(name, "alice-secret"), whoami()) for name in ("alice", "base", "many", "password", "nobody")}
    rules = {name: AUTHENTICATE[name] for name in AUTHENTICATE if name.startswith("rule") or name == "from, by group"}
    by_url = {
        f"rule {n}": (bind(f"uid=rule{n:02},{PEOPLE}", "secret"), whoami(controls=proxied(CAROL)))
        for n in (16, 17, 25, 31)
    }
    return [
        row(f"{server}: {name}", None, *steps, server=server) for name, steps in {**users, **rules, **by_url}.items()
    ]


ROWS = [
    *KNOWN,
    *NUMBERED,
    *(each for server in SASL_SEARCHES for each in searches(server)),
    *(each for server in SASL_POLICY for each in policies(server)),
    *(each for server in SASL_ACCESS for each in access(server)),
]
