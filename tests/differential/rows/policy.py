"""What clients must do first: allow, disallow, require, security, restrict, referral of slapd.conf(5)."""

from oracle import wire
from oracle.rules import POLICY
from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE,
    EVE,
    MANAGE,
    PASSWORD_MODIFY,
    PEOPLE,
    REMOTE,
    Row,
    Step,
    add,
    bind,
    compare,
    critical,
    delete,
    extended,
    modify,
    passwd,
    rename,
    row,
    search,
    whoami,
)

NEW = f"cn=new,{PEOPLE}"
DEVICE = ("objectClass: device", "cn: new")
DESCRIBE = ("replace", "description", "x")
SASL = wire.tlv(0xA3, wire.octets("NOSUCH"))
NO_MECHANISM = wire.tlv(0xA3, wire.octets(""))

BINDS: dict[str, tuple[Step, ...]] = {
    "anonymous bind": (bind(),),
    "bind": (bind(ALICE, "alice-secret"),),
    "bind, wrong password": (bind(ALICE, "wrong"),),
    "bind, administrator": (bind(ADMIN, "secret"),),
    "bind, outside": (bind("cn=x,dc=elsewhere", "x"),),
    "bind, configuration": (bind("cn=config", "x"),),
    "bind, bad DN": (bind("garbage", "x"),),
    "bind, DN without password": (bind(ALICE, ""), whoami()),
    "bind, password without DN": (bind("", "x"), whoami()),
    "bind, version 2": (bind(ALICE, "alice-secret", version=2),),
    "bind, version 2, then a search": (bind(ALICE, "alice-secret", version=2), search(EVE, scope="base")),
    "bind, version 1": (bind(ALICE, "alice-secret", version=1),),
    "bind, unknown mechanism": (bind(authentication=SASL),),
    "bind, no mechanism": (bind(authentication=NO_MECHANISM),),
    "bind, unknown method": (bind(authentication=wire.octets("x", 0x81)),),
    "bind, then a search": (bind(), search(EVE, "(cn=eve)", "cn", scope="base")),
    "bad bind, then a search": (bind(ALICE, "wrong"), search(EVE, "(cn=eve)", "cn", scope="base")),
    "bad version, then a search": (bind(ALICE, "x", version=7), search(EVE, "(cn=eve)", "cn", scope="base")),
}
ASKED: dict[str, Step] = {
    "search": search(EVE, "(cn=eve)", "cn", scope="base"),
    "search, bad DN": search("garbage"),
    "search, bad scope": search(EVE, scope=7),
    "search, root DSE": search("", "(objectClass=*)", "1.1", scope="base"),
    "search, root DSE, everything": search("", "(objectClass=*)", "1.1"),
    "search, Subschema": search("cn=Subschema", "(objectClass=*)", "1.1", scope="base"),
    "search, Subschema, one level": search("cn=Subschema", "(objectClass=*)", "1.1", scope="one"),
    "search, outside": search("cn=x,dc=elsewhere", "(cn=x)", "cn"),
    "search, outside, base": search("cn=x,dc=elsewhere", "(cn=x)", "cn", scope="base"),
    "search, above": search("dc=com", "(cn=x)", "cn"),
    "search, missing": search(f"cn=none,{PEOPLE}", "(cn=x)"),
    "search, critical control": search(EVE, controls=[critical("1.2.3.4")]),
    "search, unknown filter": search("cn=x,dc=elsewhere", "(foo=x)"),
    "compare": compare(EVE, "cn", "eve"),
    "compare, undefined": compare(EVE, "foo", "x"),
    "compare, outside": compare("cn=x,dc=elsewhere", "cn", "x"),
    "compare, root DSE": compare("", "objectClass", "top"),
    "compare, referral": compare(REMOTE, "ou", "remote"),
    "add": add(NEW, *DEVICE),
    "add, nothing": add(NEW),
    "add, undefined": add(NEW, *DEVICE, "fooBar: x"),
    "add, not writable": add(NEW, *DEVICE, "createTimestamp: 20200101000000Z"),
    "add, exists": add(EVE, *DEVICE),
    "add, outside": add("cn=x,dc=elsewhere", *DEVICE),
    "add, outside, undefined": add("cn=x,dc=elsewhere", "foo: x"),
    "add, root DSE": add("", *DEVICE),
    "modify": modify(EVE, DESCRIBE),
    "modify, undefined": modify(EVE, ("replace", "foo", "x")),
    "modify, not writable": modify(EVE, ("replace", "createTimestamp", "20200101000000Z")),
    "modify, outside": modify("cn=x,dc=elsewhere", DESCRIBE),
    "modify, root DSE": modify("", DESCRIBE),
    "modify, Subschema": modify("cn=Subschema", DESCRIBE),
    "modify, missing": modify(f"cn=none,{PEOPLE}", DESCRIBE),
    "modify, referral": modify(REMOTE, DESCRIBE),
    "delete": delete(EVE),
    "delete, bad DN": delete("garbage"),
    "delete, outside": delete("cn=x,dc=elsewhere"),
    "delete, managed referral": delete(REMOTE, controls=MANAGE),
    "rename": rename(EVE, "cn=new"),
    "rename, bad RDN": rename(EVE, "garbage"),
    "rename, bad superior": rename(EVE, "cn=new", "garbage"),
    "rename, outside": rename("cn=x,dc=elsewhere", "cn=y"),
    "rename, to outside": rename(EVE, "cn=y", "dc=elsewhere"),
    "whoami": whoami(),
    "whoami, with a value": extended("1.3.6.1.4.1.4203.1.11.3", "x"),
    "password": passwd(ALICE, None, "newer"),
    "password, own": passwd(None, "alice-secret", "newer"),
    "password, outside": passwd("cn=x,dc=elsewhere", None, "newer"),
    "password, junk": extended(PASSWORD_MODIFY, "junk"),
    "password, empty": passwd(ALICE, None, ""),
    "unknown operation": extended("1.2.3.4"),
}
"""Put to some servers by somebody who hasn't bound."""
OFTEN = (
    "search",
    "search, root DSE",
    "search, outside",
    "compare",
    "compare, root DSE",
    "add",
    "modify",
    "modify, undefined",
    "delete",
    "rename",
    "rename, bad RDN",
    "whoami",
    "whoami, with a value",
    "password",
    "password, outside",
    "unknown operation",
)
"""Put to every server, by a user, too."""
THOROUGHLY = frozenset(
    f"policy: {name}" for name in ("disallow", "require authc", "ssf", "allow", "restrict write", "referral", "both")
)


def rows(server: str) -> list[Row]:
    """All situations for one configuration."""
    found = [row(f"{server}: {name}", None, *steps, server=server) for name, steps in BINDS.items()]
    for who, by in (("nobody", None), ("alice", ALICE)):
        names = ASKED if by is None and server in THOROUGHLY else OFTEN
        found += [row(f"{server}: {who}: {name}", None, ASKED[name], by=by, server=server) for name in names]
    found += [row(f"{server}: admin: {name}", None, ASKED[name], by=ADMIN, server=server) for name in OFTEN[::4]]
    return found


def known(name: str, expect: object, *steps: Step, by: str | None = None) -> Row:
    """A situation of which slapd's answer is known; the name begins with the server's."""
    server, _, _ = name.rpartition(": ")
    return row(f"{name}, known", expect, *steps, by=by, server=server)


KNOWN = [
    known("policy: disallow: bind", (48, "anonymous bind disallowed"), bind()),
    known("policy: disallow: search", 0, search(EVE, scope="base")),
    known("policy: no simple: bind", (53, "unwilling to perform simple authentication"), bind(ALICE, "alice-secret")),
    known("policy: require bind: search", (1, "BIND required"), search(EVE, scope="base")),
    known("policy: require authc: search", (53, "authentication required"), search(EVE, scope="base")),
    known("policy: require SASL: search", (8, "SASL authentication required"), search(EVE, scope="base"), by=ALICE),
    known("policy: tls: search", (13, "TLS confidentiality required"), search("", scope="base")),
    known("policy: tls: bind", (13, "TLS confidentiality required"), bind(ALICE, "alice-secret")),
    known("policy: ssf: search", (13, "confidentiality required"), search(EVE, scope="base")),
    known("policy: simple bind: bind", (13, "confidentiality required"), bind(ALICE, "alice-secret")),
    known("policy: restrict write: bind", (53, "operation restricted"), bind(ALICE, "alice-secret")),
    known("policy: restrict write: delete", (8, "modifications require authentication"), delete(EVE)),
    known("policy: restrict extended: whoami", (53, "extended operation restricted"), whoami()),
    known("policy: referral: search", (10, "ldap://other.example/dc=zz??sub"), search("dc=zz")),
    known("policy: referral: compare", 10, compare("dc=zz", "dc", "zz")),
    known("policy: referral: bind", 49, bind("dc=zz", "x")),
    known("policy: allow: version 2", 0, bind(ALICE, "alice-secret", version=2)),
    known("policy: allow: DN without password", (0, "value "), bind(ALICE, ""), whoami()),
    known("policy: both: modify", (53, "operation restricted"), modify(EVE, DESCRIBE), by=ALICE),
]

ROWS = [*KNOWN, *(each for server in POLICY for each in rows(server))]
