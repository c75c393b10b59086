"""Controls of updates: assertion (RFC 4528), pre-read and post-read (RFC 4527), permissive modify, tree delete, no-op,
relax rules, each on every kind of operation."""

from oracle import wire
from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE,
    EVE,
    GROUPS,
    PEOPLE,
    Row,
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

ASSERTION = "1.3.6.1.1.12"
PRE_READ, POST_READ = "1.3.6.1.1.13.1", "1.3.6.1.1.13.2"
PERMISSIVE = "1.2.840.113556.1.4.1413"
TREE_DELETE = "1.2.840.113556.1.4.805"
NO_OP = "1.3.6.1.4.1.4203.666.5.2"
RELAX = "1.3.6.1.4.1.4203.666.5.12"
NEW = f"cn=new,{PEOPLE}"
ADMINS = f"cn=admins,{GROUPS}"
PERSON = ("objectClass: person", "cn: new", "sn: new")
DESCRIBED = ("replace", "description", "x")
TRUE, FALSE = "(objectClass=person)", "(objectClass=device)"


def asserting(filter_: str, is_critical: bool = True) -> bytes:
    make = critical if is_critical else uncritical
    return make(ASSERTION, wire.encode_filter(filter_))


def reading(oid: str, *names: str, is_critical: bool = True) -> bytes:
    make = critical if is_critical else uncritical
    return make(oid, wire.strings(names))


def every(name: str, *controls: bytes, by: str | None = ADMIN) -> list[Row]:
    """The same controls on one operation of each kind."""
    steps: dict[str, Step] = {
        "add": add(NEW, *PERSON, controls=controls),
        "delete": delete(EVE, controls=controls),
        "modify": modify(ALICE, DESCRIBED, controls=controls),
        "rename": rename(ALICE, "uid=al", controls=controls),
        "compare": compare(ALICE, "uid", "alice", controls=controls),
        "search": search(ALICE, "(objectClass=*)", "uid", scope="base", controls=controls),
        "extended": whoami(controls=controls),
        "bind": bind(ALICE, "alice-secret", controls=controls),
        "passmod": extended(
            "1.3.6.1.4.1.4203.1.11.1",
            wire.sequence(wire.octets(ALICE, 0x80), wire.octets("new", 0x82)),
            controls=controls,
        ),
    }
    return [row(f"{name}: {kind}", None, step, by=by) for kind, step in steps.items()]


SCHEMA = "cn={5}dyngroup,cn=schema,cn=config"


def in_vain(control: bytes) -> Step:
    """A change of the configuration that fails whatever the control does."""
    return modify(SCHEMA, ("delete", "olcAttributeTypes", "x"), controls=[control])


WINDOWS = "cn=windows,ou=ad,dc=example,dc=com"
PERMIT = [critical(PERMISSIVE)]
BOTH = (reading(PRE_READ, "uid", "description"), reading(POST_READ, "uid", "description"))

ROWS = [
    *every("assertion true", asserting(TRUE)),
    *every("assertion false", asserting(FALSE)),
    *every("assertion undefined", asserting("(fooBar=x)")),
    *every("assertion false, not critical", asserting(FALSE, is_critical=False)),
    *every("assertion without value", critical(ASSERTION)),
    *every("assertion with empty value", critical(ASSERTION, b"")),
    *every("assertion twice", asserting(TRUE), asserting(TRUE)),
    *every("pre-read", reading(PRE_READ, "uid", "description")),
    *every("post-read", reading(POST_READ, "uid", "description")),
    *every("both reads", *BOTH),
    *every(
        "reads, not critical", reading(PRE_READ, "uid", is_critical=False), reading(POST_READ, "uid", is_critical=False)
    ),
    *every("pre-read without value", critical(PRE_READ)),
    *every("post-read without value", critical(POST_READ)),
    *every("pre-read with junk", critical(PRE_READ, b"\x04\x03uid")),
    *every("post-read with junk", critical(POST_READ, b"\x30\x05\x04\x09uid")),
    *every("pre-read twice", reading(PRE_READ, "uid"), reading(PRE_READ, "uid")),
    *every("post-read twice", reading(POST_READ, "uid"), reading(POST_READ, "uid")),
    *every("permissive", critical(PERMISSIVE)),
    *every("permissive with value", critical(PERMISSIVE, b"")),
    *every("permissive twice", critical(PERMISSIVE), critical(PERMISSIVE)),
    *every("tree delete", critical(TREE_DELETE)),
    *every("tree delete, not critical", uncritical(TREE_DELETE)),
    *every("tree delete with value", critical(TREE_DELETE, b"")),
    *every("tree delete twice", critical(TREE_DELETE), critical(TREE_DELETE)),
    *every("no-op", critical(NO_OP)),
    *every("no-op, not critical", uncritical(NO_OP)),
    *every("no-op with value", critical(NO_OP, b"")),
    *every("no-op twice", critical(NO_OP), critical(NO_OP)),
    *every("no-op and reads", critical(NO_OP), *BOTH),
    *every("relax", critical(RELAX)),
    *every("relax, not critical", uncritical(RELAX)),
    *every("relax with value", critical(RELAX, b"")),
    *every("relax twice", critical(RELAX), critical(RELAX)),
    row(
        "permissive: increment of an absent attribute",
        None,
        modify(WINDOWS, ("increment", "shadowMax", "3"), controls=PERMIT),
        by=ADMIN,
    ),
    row(
        "permissive: increment twice",
        None,
        modify(WINDOWS, ("increment", "shadowMax", "3"), ("increment", "shadowMax", "3"), controls=PERMIT),
        by=ADMIN,
    ),
    row(
        "permissive: delete values of an absent attribute",
        None,
        modify(ALICE, ("delete", "pager", "none", "x"), ("add", "pager", "1"), controls=PERMIT),
        by=ADMIN,
    ),
    row(
        "assertion false, add existing",
        122,
        add(ALICE, "objectClass: inetOrgPerson", "cn: x", "sn: x", controls=[asserting(FALSE)]),
        by=ADMIN,
    ),
    *[
        row(
            f"in the configuration: {name}{'' if control is made[0] else ', not critical'}",
            None,
            in_vain(control),
            by=ADMIN,
        )
        for name, oid, value in (
            ("no-op", NO_OP, None),
            ("assertion", ASSERTION, wire.encode_filter("(cn=nothing)")),
            ("pre-read", PRE_READ, wire.strings(["cn"])),
            ("relax", RELAX, None),
            ("manageDSAit", "2.16.840.1.113730.3.4.2", None),
            ("unknown", "1.2.3.4", None),
        )
        for made in [(critical(oid, value), uncritical(oid, value))]
        for control in made
    ],
    row("in the configuration: anonymous", None, in_vain(critical(NO_OP))),
    row("in the configuration: search", None, search(SCHEMA, scope="base", controls=[asserting(FALSE)]), by=ADMIN),
    row("in the configuration: compare", None, compare(SCHEMA, "cn", "x", controls=[asserting(FALSE)]), by=ADMIN),
    row("in the configuration: delete", None, delete(SCHEMA, controls=[asserting(FALSE)]), by=ADMIN),
]
