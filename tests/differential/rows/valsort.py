"""The overlay valsort (slapo-valsort)."""

from oracle import wire
from oracle.client import Client
from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE,
    BOB,
    GROUPS,
    MANAGE,
    PEOPLE,
    Row,
    Step,
    add,
    compare,
    critical,
    modify,
    search,
    uncritical,
)
from oracle.steps import row as any_row

CONTROL = "1.3.6.1.4.1.4203.666.5.14"
AS_STORED = wire.sequence(wire.boolean(True))
DEREFERENCE = critical(
    "1.3.6.1.4.1.4203.666.5.16",
    wire.sequence(wire.sequence(wire.octets("manager"), wire.sequence(wire.octets("uid")))),
)
NEW = f"uid=new,{PEOPLE}"
PERSON = ("objectClass: inetOrgPerson", "cn: New", "sn: New")


def row(name: str, expect: object, *steps: Step, setup: tuple[Step, ...] = ()) -> Row:
    """The admin does something on the server with the overlay."""
    return any_row(name, expect, *steps, by=ADMIN, setup=setup, server="valsort")


def shown(name: str, attribute: str, *values: str, dn: str = BOB, controls: object = None, **keywords: object) -> Row:
    """The order in which values come back."""
    changed = modify(dn, ("replace", attribute, *values))

    def run(client: Client) -> list[str]:
        answer = client.ask(*asked.request)  # type: ignore[misc]
        return [f"{k!r} {v!r}" for _, attributes in answer.entries for k, v in attributes] + [f"search {answer.code}"]

    asked = search(dn, "(objectClass=*)", attribute, scope="base", controls=controls, **keywords)
    return row(name, None, Step(f"the order of {asked.text}", run), setup=(changed,))


def matching(filter_: str) -> bytes:
    """The control matched values."""
    return critical("1.2.826.0.1.3344810.2.3", wire.sequence(wire.encode_filter(filter_)))


ROWS = [
    shown("alpha-ascend", "description", "b", "C", "a", "B2", "ä", "10", "9"),
    shown("alpha-ascend, spaces", "description", "b  b", "a c", "a b", "ab"),
    shown("alpha-ascend with an option", "description;lang-de", "b", "c", "a"),
    shown("alpha-descend", "title", "b", "C", "a"),
    shown("numeric-ascend", "uidNumber", "10"),
    shown("outside the base", "businessCategory", "b", "C", "a"),
    shown("within the base", "businessCategory", "b", "C", "a", dn=GROUPS),
    shown("weighted", "carLicense", "{3}a", "{1}c", "{2}b", "{10}z"),
    shown("weighted, equal weights", "carLicense", "{1}c", "{1}a", "{1}b"),
    shown("weighted, hexadecimal", "carLicense", "{0x10}a", "{010}b", "{9}c", "{-1}d"),
    shown("weighted, text before", "carLicense", "x{3}a", "y{1}c"),
    shown("weighted and alpha-descend", "departmentNumber", "{1}a", "{1}c", "{1}b", "{0}z"),
    shown("weighted with manageDsaIT", "carLicense", "{3}a", "{1}c", controls=MANAGE),
    shown("types only", "carLicense", "{3}a", "{1}c", types_only=True),
    shown("one value", "description", "a"),
    row("weight missing", 19, modify(BOB, ("add", "carLicense", "a"))),
    row("weight missing of the second", 19, modify(BOB, ("add", "carLicense", "{1}a", "b"))),
    row("weight is no number", 19, modify(BOB, ("replace", "carLicense", "{x}a"))),
    row("weight is not closed", 19, modify(BOB, ("replace", "carLicense", "{1a"))),
    row("weight is empty", None, modify(BOB, ("replace", "carLicense", "{}a"))),
    row("weight after text", None, modify(BOB, ("replace", "carLicense", "a{1}"))),
    row("weight: deleted without", None, modify(BOB, ("delete", "carLicense", "a"))),
    row("weight: replaced by nothing", 0, modify(BOB, ("replace", "carLicense"))),
    row("weight: add", 19, add(NEW, *PERSON, "carLicense: a")),
    row("weight: add with", 0, add(NEW, *PERSON, "carLicense: {1}a")),
    row("weight: bad at add", 19, add(NEW, *PERSON, "carLicense: {x}a")),
    row("weight: nobody", None, modify(f"uid=no,{PEOPLE}", ("add", "carLicense", "a"))),
    row("weight: other attribute", 0, modify(BOB, ("add", "description", "a"))),
    row(
        "filter with the weight",
        None,
        search(PEOPLE, "(carLicense={1}a)", "carLicense"),
        setup=(modify(BOB, ("add", "carLicense", "{1}a")),),
    ),
    row(
        "filter without the weight",
        None,
        search(PEOPLE, "(carLicense=a)", "carLicense"),
        setup=(modify(BOB, ("add", "carLicense", "{1}a")),),
    ),
    row(
        "compare with the weight",
        None,
        compare(ALICE, "carLicense", "{1}a"),
        setup=(modify(ALICE, ("add", "carLicense", "{1}a")),),
    ),
    row(
        "compare without the weight",
        None,
        compare(ALICE, "carLicense", "a"),
        setup=(modify(ALICE, ("add", "carLicense", "{1}a")),),
    ),
    *[
        shown(f"control: {name}", "carLicense", "{3}a", "{1}c", "{2}b", controls=[critical(CONTROL, value)])
        for name, value in {
            "as stored": wire.sequence(wire.boolean(True)),
            "sorted": wire.sequence(wire.boolean(False)),
            "two": wire.sequence(wire.boolean(True), wire.boolean(False)),
            "something behind": wire.sequence(wire.boolean(True)) + b"x",
            "an integer": wire.sequence(wire.integer(1)),
            "two octets": b"\x30\x04\x01\x02\x00\x01",
            "no octet": b"\x30\x02\x01\x00",
        }.items()
    ],
    *[
        row(f"control: {name}{shown}", 2, search(BOB, scope="base", controls=[make(CONTROL, value)]))
        for shown, make in (("", critical), (", not critical", uncritical))
        for name, value in {
            "no value": None,
            "empty": b"",
            "junk": b"x",
            "no sequence": wire.boolean(True),
            "empty sequence": wire.sequence(),
            "cut off": b"\x30\x03\x01\x01",
            "five octets": wire.sequence(wire.tlv(0x01, b"\0\0\0\0\1")),
        }.items()
    ],
    shown("control: without weights", "description", "b", "C", "a", controls=[critical(CONTROL, AS_STORED)]),
    row("control: twice", 0, search(BOB, scope="base", controls=[critical(CONTROL, AS_STORED)] * 2)),
    row("control: root DSE", 12, search("", scope="base", controls=[critical(CONTROL, AS_STORED)])),
    row(
        "control: root DSE, not critical",
        0,
        search("", "(cn=x)", scope="base", controls=[uncritical(CONTROL, AS_STORED)]),
    ),
    row("control: modify", 12, modify(BOB, ("add", "description", "x"), controls=[critical(CONTROL, AS_STORED)])),
    row("control: compare", 12, compare(BOB, "uid", "bob", controls=[critical(CONTROL, AS_STORED)])),
    any_row("control: without the overlay", 12, search(BOB, scope="base", controls=[critical(CONTROL, AS_STORED)])),
    shown("with dereferencing", "description", "b", "a", "c", controls=[DEREFERENCE]),
    shown("weighted, with dereferencing", "carLicense", "{3}a", "{1}c", controls=[DEREFERENCE]),
    *[
        shown(f"matched values: {filter_}", "carLicense", "{3}a", "{1}c", "{2}b", controls=[matching(filter_)])
        for filter_ in ("(carLicense=*)", "(carLicense={3}a)", "(carLicense=a)")
    ],
]
