"""What a search sees and what comes with it: matched values, dereferencing, subentries, domain scope and others."""

from oracle import wire
from oracle.listing import asking, key, listed, page, sort
from oracle.slapd import ADMIN
from oracle.steps import (
    ALIASES,
    ALICE,
    GROUPS,
    PEOPLE,
    REFERRALS,
    REMOTE,
    Step,
    add,
    bind,
    compare,
    critical,
    delete,
    modify,
    rename,
    row,
    search,
    unbind,
    uncritical,
    whoami,
)
from oracle.wire import Octets

MATCHED, DEREF = "1.2.826.0.1.3344810.2.3", "1.3.6.1.4.1.4203.666.5.16"
SUBENTRIES, COPY = "1.3.6.1.4.1.4203.1.10.1", "1.3.6.1.1.22"
DOMAIN_SCOPE, OPTIONS = "1.2.840.113556.1.4.1339", "1.2.840.113556.1.4.1340"
TRACKING = "1.3.6.1.4.1.21008.108.63.1"
ADVERTISED = (
    "1.2.840.113556.1.4.319",
    "1.2.840.113556.1.4.473",
    "2.16.840.1.113730.3.4.9",
    MATCHED,
    SUBENTRIES,
    COPY,
    DEREF,
    "1.2.840.113556.1.4.474",
    "2.16.840.1.113730.3.4.10",
    DOMAIN_SCOPE,
    OPTIONS,
    TRACKING,
)
ALL = "(objectClass=*)"
o = wire.octets
TRUE, FALSE = wire.boolean(True), wire.boolean(False)
SUBENTRY = f"cn=sub,{PEOPLE}"
SETUP = [add(SUBENTRY, "objectClass: subentry", "objectClass: extensibleObject", "cn: sub", "subtreeSpecification: {}")]
SOME = ("mail", "cn", "sn", "title", "description", "telephoneNumber", "uidNumber", "objectClass")
SOURCE = ("192.0.2.1", "app", "1.3.6.1.4.1.21008.108.63.1.3", "alice")


def matched(*filters: str, names: tuple[str, ...] = SOME, **keywords: bool) -> Step:
    """Alice with those values that a filter matches."""
    control = critical(MATCHED, wire.sequence(*map(wire.encode_filter, filters)))
    return listed(control, ask=asking(*(names or ("*",)), base=ALICE, filter=ALL, scope="base", **keywords))


def matched_by(value: Octets | None) -> Step:
    """The same with these octets for a value."""
    return listed(critical(MATCHED, value), ask=asking("mail", base=ALICE, filter=ALL, scope="base"))


def specs(*pairs: tuple[str, tuple[str, ...]]) -> bytes:
    """The value of the dereference control."""
    return wire.sequence(*[wire.sequence(o(name), wire.strings(wanted)) for name, wanted in pairs])


def dereferenced(name: str, *pairs: tuple[str, tuple[str, ...]], by: bool = True, base: str = GROUPS) -> Step:
    """The groups of this name with what their DNs name; ``by``: whether the control is critical."""
    control = critical(DEREF, specs(*pairs)) if by else uncritical(DEREF, specs(*pairs))
    return search(base, f"(cn={name})", "1.1", controls=[control])


def dereferenced_by(value: Octets | None) -> Step:
    """The same with these octets for a value."""
    return search(GROUPS, "(cn=admins)", "1.1", controls=[critical(DEREF, value)])


def subentries(value: Octets | None, base: str = PEOPLE, scope: str = "sub", filter: str = ALL) -> Step:
    """A search with the subentries control; an empty value leaves the control out."""
    return search(base, filter, "1.1", scope=scope, controls=[critical(SUBENTRIES, value)] if value != "" else None)


def referred(*controls: bytes, base: str = REFERRALS, scope: str = "sub") -> Step:
    """A search where there are referrals."""
    return search(base, ALL, "1.1", scope=scope, controls=controls)


def flags(number: int) -> bytes:
    """The value of the search options control."""
    return wire.sequence(wire.integer(number))


def tracking(*parts: Octets, more: bytes = b"") -> bytes:
    """The session tracking control."""
    return uncritical(TRACKING, wire.sequence(*map(o, parts)) + more)


def tracked(*controls: bytes) -> Step:
    """A search with these controls."""
    return search(ALICE, ALL, "1.1", scope="base", controls=controls)


BASES = (
    (PEOPLE, "sub"),
    (PEOPLE, "one"),
    (PEOPLE, "children"),
    (SUBENTRY, "base"),
    (SUBENTRY, "sub"),
    (SUBENTRY, "one"),
    (ALICE, "base"),
)

ROWS = [
    *(
        row(f"root DSE names {oid}", 0, search("", f"(supportedControl={oid})", "1.1", scope="base"))
        for oid in ADVERTISED
    ),
    *(
        row(f"matched values {filter}", 0, matched(filter))
        for filter in (
            "(mail=*)",
            "(mail=alice@example.com)",
            "(description=*)",
            "(name=*)",
            "(cn=alice adams)",
            "(cn;lang-de=*)",
            "(uidNumber>=1000)",
            "(uidNumber<=999)",
            "(mail~=alice@example.com)",
            "(cn~=alise adams)",
            "(foo=bar)",
            "(!(cn=x))",
            "(&(cn=x)(cn=y))",
            "(|(cn=*))",
            "(cn:caseExactMatch:=Alice Adams)",
            "(:caseExactMatch:=Alice Adams)",
            "(cn:dn:=Alice Adams)",
            "(ou:dn:=people)",
            "(:dn:2.5.13.2:=people)",
            "(objectClass=person)",
            "(objectClass=inetOrgPerson)",
            "(objectClass=top)",
            "(objectClass=2.5.6.6)",
            "(objectClass=*)",
            "(mail=)",
            "(uidNumber=abc)",
            "(jpegPhoto=x)",
            "(description;lang-en=*)",
            "(2.5.4.3=alice adams)",
            "(description=*two*)",
            "(cn=*a*)",
            "(cn=Alice*)",
            "(sn>=a)",
            "(name=adams)",
            "(:caseIgnoreMatch:=ALICE ADAMS)",
            "(userPassword=*)",
            "(cn;lang-=*)",
            "(cn;lang-de=alice ädams)",
            "(title;lang-en=*)",
            "(=x)",
            "(c n=x)",
            "(cn:=alice adams)",
            "(description;lang-en=*eng*)",
        )
    ),
    row("matched values of two filters", 0, matched("(mail=*example.org)", "(cn=*)", names=())),
    row("matched values of a password", 0, matched("(userPassword=*)", names=()), by=ALICE),
    row("matched values, types only", 0, matched("(mail=*)", types_only=True)),
    row(
        "matched values, computed attributes",
        0,
        matched("(entryDN=*)", "(hasSubordinates=FALSE)", "(subschemaSubentry=*)", names=("+",)),
    ),
    row(
        "matched values, root DSE",
        0,
        search(
            "", ALL, scope="base", controls=[critical(MATCHED, wire.sequence(wire.encode_filter("(objectClass=top)")))]
        ),
    ),
    row(
        "matched values, subschema",
        0,
        search(
            "cn=Subschema", ALL, scope="base", controls=[critical(MATCHED, wire.sequence(wire.encode_filter("(cn=x)")))]
        ),
    ),
    row(
        "two bad controls",
        123,
        search(ALICE, scope="base", controls=[critical("2.16.840.1.113730.3.4.18", "dn:"), critical("1.2.3.4")]),
    ),
    row("matched values absent", (2, "valuesReturnFilter control value is absent"), matched_by(None)),
    row("matched values empty", (2, "valuesReturnFilter control value is empty"), matched_by(b"")),
    row("matched values, no filter", 0, matched_by(b"\x30\x00")),
    row("matched values, unknown filter", 0, matched_by(wire.sequence(o("")))),
    *[
        row(
            f"matched values, computed {' '.join(names)}, {filter}",
            0,
            matched(filter, names=names),
        )
        for names in (("*", "+"), ("entryDN",), ("hasSubordinates", "cn"), ("subschemaSubentry", "entryUUID"))
        for filter in ("(foo=x)", "(cn=alice adams)", "(entryDN=*)", "(hasSubordinates=FALSE)")
    ],
    row("matched values, filter of another kind", 0, matched_by(wire.sequence(o("x", 0x88)))),
    row("matched values, filter cut off", 0, matched_by(wire.sequence(b"\xa3\x7f"))),
    row("matched values, octets behind", 0, matched_by(wire.sequence(wire.encode_filter("(mail=*)")) + b"xx")),
    row("matched values, octets inside", 0, matched_by(wire.sequence(wire.encode_filter("(mail=*)"), b"xx"))),
    row(
        "matched values, substrings of nothing",
        0,
        matched_by(wire.sequence(wire.sequence(o("mail"), wire.sequence(), tag=0xA4))),
    ),
    row("matched values, junk", None, matched_by(b"junk")),
    row("matched values, bad assertion", None, matched_by(wire.sequence(wire.tlv(0xA3), b"xx"))),
    row("matched values, no list", None, matched_by(wire.encode_filter("(mail=*)"))),
    row(
        "matched values twice",
        (2, "valuesReturnFilter control specified multiple times"),
        tracked(*[critical(MATCHED, b"\x30\x00")] * 2),
    ),
    row("matched values, compare", 12, compare(ALICE, "cn", "x", controls=[critical(MATCHED, b"\x30\x00")])),
    row("dereferencing members", 0, dereferenced("*", ("member", ("cn", "uid")))),
    row(
        "dereferencing: what is stored",
        0,
        dereferenced(
            "admins",
            (
                "member",
                (
                    "entryDN",
                    "objectClass",
                    "cn;lang-de",
                    "name",
                    "userPassword",
                    "hasSubordinates",
                    "structuralObjectClass",
                ),
            ),
        ),
    ),
    row("dereferencing: one's own password", 0, dereferenced("admins", ("member", ("userPassword",))), by=ALICE),
    row("dereferencing two attributes", 0, dereferenced("outer", ("member", ("cn",)), ("seeAlso", ("cn",)))),
    row("dereferencing names with UIDs", 0, dereferenced("unique", ("uniqueMember", ("cn",)))),
    row("dereferencing aliases", 0, dereferenced("*", ("aliasedObjectName", ("cn",)), base=ALIASES)),
    row("dereferencing creatorsName", 0, dereferenced("admins", ("creatorsName", ("cn",)), ("entryDN", ("cn",)))),
    row("dereferencing by OID and in another case", 0, dereferenced("admins", ("MEMBER", ("CN", "2.5.4.4")))),
    row("dereferencing the same attribute twice", 0, dereferenced("admins", ("member", ("cn", "cn")))),
    row(
        "dereferencing no DN",
        (2, "Dereference control: derefAttr syntax not distinguishedName"),
        dereferenced("*", ("cn", ("cn",))),
    ),
    row("dereferencing no DN, not critical", 0, dereferenced("admins", ("member", ("cn",)), ("cn", ("cn",)), by=False)),
    row(
        "dereferencing an unknown attribute",
        (2, "Dereference control: derefAttr decoding error"),
        dereferenced("*", ("foo", ("cn",))),
    ),
    row(
        "dereferencing, unknown attribute wanted",
        (2, "Dereference control: attribute decoding error"),
        dereferenced("*", ("member", ("foo",))),
    ),
    row("dereferencing, all attributes wanted", 2, dereferenced("*", ("member", ("*",)))),
    row(
        "dereferencing, none wanted",
        (2, "Dereference control: derefSpec decoding error"),
        dereferenced("*", ("member", ())),
    ),
    *(
        row(
            f"dereferencing, the first of two faults: {name}",
            None,
            dereferenced("admins", *pairs, ("member", ()), by=by),
        )
        for name, pairs, by in (
            ("none", (("seeAlso", ("cn",)),), True),
            ("attribute", (("foo", ("cn",)),), True),
            ("wanted", (("seeAlso", ("foo",)),), True),
            ("twice", (("seeAlso", ("cn",)), ("seeAlso", ("cn",))), True),
            ("no DN", (("cn", ("cn",)),), True),
            ("no DN, not critical", (("cn", ("cn",)),), False),
        )
    ),
    row(
        "dereferencing the same twice",
        (2, "must be unique within control"),
        dereferenced("*", ("member", ("cn",)), ("member", ("sn",))),
    ),
    row(
        "dereferencing, types only",
        0,
        search(GROUPS, "(cn=admins)", "1.1", types_only=True, controls=[critical(DEREF, specs(("member", ("cn",))))]),
    ),
    row(
        "dereferencing, sorted and in pages",
        0,
        search(
            GROUPS,
            "(cn=*)",
            "1.1",
            controls=[
                critical(DEREF, specs(("member", ("cn",)))),
                sort(key("cn", "caseIgnoreOrderingMatch")),
                page(100),
            ],
        ),
    ),
    row(
        "dereferencing with matched values",
        0,
        search(
            GROUPS,
            "(cn=admins)",
            "cn",
            "member",
            controls=[
                critical(DEREF, specs(("member", ("cn",)))),
                critical(MATCHED, wire.sequence(wire.encode_filter("(cn=admins)"))),
            ],
        ),
    ),
    row(
        "dereferencing at the root DSE",
        (12, "critical control unavailable in context"),
        search("", ALL, "1.1", scope="base", controls=[critical(DEREF, specs())]),
    ),
    row(
        "dereferencing at the root DSE, not critical",
        0,
        search("", ALL, "1.1", scope="base", controls=[uncritical(DEREF, specs(("member", ("cn",))))]),
    ),
    *(
        row(f"dereferencing by {value!r}", code, dereferenced_by(value))
        for value, code in (
            (None, 2),
            (b"", 2),
            (b"junk", 0),
            (b"\x30\x00", 0),
            (wire.sequence(wire.sequence()), 2),
            (wire.sequence(o("x")), 2),
            (wire.sequence(wire.sequence(o("member"))), 2),
            (wire.sequence(wire.sequence(o("member"), o("cn"))), 2),
            (specs(("member", ("cn",))) + b"xx", 0),
            (wire.sequence(wire.sequence(o("member"), wire.strings(["cn"])), b"xx"), 0),
            (wire.sequence(wire.sequence(o("member"), wire.strings(["cn"]), wire.integer(1))), 2),
            (wire.sequence(o("member"), wire.strings(["cn"])), 2),
            (wire.sequence(wire.sequence(o("member"), wire.strings(["cn"], 0x31), tag=0x31), tag=0x31), 0),
        )
    ),
    row(
        "dereferencing twice",
        (2, "Dereference control specified multiple times"),
        tracked(*[critical(DEREF, specs())] * 2),
    ),
    row("dereferencing, compare", 12, compare(ALICE, "cn", "x", controls=[critical(DEREF, b"")])),
    *(
        row(f"subentries {shown}: {base.partition(',')[0]} {scope}", 0, subentries(value, base, scope), setup=SETUP)
        for base, scope in BASES
        for shown, value in (("without control", ""), ("only", TRUE), ("none", FALSE))
    ),
    *(
        row(f"subentries {shown}: {filter}", 0, subentries(value, filter=filter), setup=SETUP)
        for filter in (
            "(objectClass=subentry)",
            "(cn=sub)",
            "(|(objectClass=subentry)(uid=alice))",
            "(!(objectClass=subentry))",
            "(uid=alice)",
        )
        for shown, value in (("without control", ""), ("only", TRUE))
    ),
    *(
        row(f"subentries at {base}", 0, subentries(value, base, "base"))
        for base in ("", "cn=Subschema")
        for value in (TRUE,)
    ),
    *(
        row(f"subentries by {value!r}", code, subentries(value))
        for value, code in (
            (None, 2),
            (b"x", 2),
            (b"\x01\x01\x01", 0),
            (b"\x01\x01", 2),
            (b"\x02\x01\xff", 2),
            (b"\x01\x01\xffx", 2),
            (b"\x01\x02\xff", 2),
            (b"\xff\xff\xff", 2),
        )
    ),
    row("subentries by an empty value", 2, tracked(critical(SUBENTRIES, b""))),
    row("subentries, junk, not critical", 2, tracked(uncritical(SUBENTRIES, b"x"))),
    row("subentries twice", 2, tracked(*[critical(SUBENTRIES, TRUE)] * 2)),
    row("subentries, compare", 12, compare(ALICE, "cn", "x", controls=[critical(SUBENTRIES, TRUE)])),
    *(
        row(f"{name}: {what}, {how}", None, step(control))
        for name, oid in (
            ("don't use copy", COPY),
            ("domain scope", DOMAIN_SCOPE),
            ("search options", OPTIONS),
            ("session tracking", TRACKING),
        )
        for what, step in (
            ("search", tracked),
            ("root DSE", lambda control: search("", ALL, "1.1", scope="base", controls=[control])),
            ("compare", lambda control: compare(ALICE, "cn", "x", controls=[control])),
            ("bind", lambda control: bind(controls=[control])),
            ("who am I", lambda control: whoami(controls=[control])),
            ("modify", lambda control: modify(ALICE, ("replace", "description"), controls=[control])),
        )
        for how, control in (
            ("critical", critical(oid)),
            ("not critical", uncritical(oid)),
            ("empty value", critical(oid, b"")),
            ("junk", critical(oid, b"x")),
            ("junk, not critical", uncritical(oid, b"x")),
        )
    ),
    row("don't use copy twice", 2, tracked(*[critical(COPY)] * 2)),
    row("domain scope twice", 2, tracked(*[critical(DOMAIN_SCOPE)] * 2)),
    row("domain scope: no references", 0, referred(critical(DOMAIN_SCOPE))),
    row("domain scope, not critical", 0, referred(uncritical(DOMAIN_SCOPE), scope="one")),
    row("domain scope at a referral", 32, referred(critical(DOMAIN_SCOPE), base=REMOTE)),
    row("domain scope below a referral", 32, referred(critical(DOMAIN_SCOPE), base=f"cn=x,{REMOTE}")),
    *(
        row(f"search options {number}", None, referred(critical(OPTIONS, flags(number))))
        for number in (0, 1, 2, 3, 4, -1)
    ),
    *(
        row(f"search options {number}, not critical", 0, referred(uncritical(OPTIONS, flags(number))))
        for number in (1, 2, 3)
    ),
    *(
        row(f"search options by {value!r}", None, referred(critical(OPTIONS, value)))
        for value in (
            wire.integer(1),
            b"\x30\x00",
            wire.sequence(o("\x01")),
            wire.sequence(wire.integer(1), wire.integer(1)),
            flags(1) + b"x",
            flags(1)[:-1],
            wire.sequence(b"\x02\x05\x01\x00\x00\x00\x00"),
        )
    ),
    *(
        row(
            f"search options {one}, then {two}",
            None,
            referred(critical(OPTIONS, flags(one)), critical(OPTIONS, flags(two))),
        )
        for one, two in ((1, 1), (0, 0), (0, 1), (1, 0))
    ),
    row("search options and domain scope", 2, referred(critical(OPTIONS, flags(1)), critical(DOMAIN_SCOPE))),
    row("domain scope and search options", 2, referred(critical(DOMAIN_SCOPE), critical(OPTIONS, flags(1)))),
    row("domain scope and search options 0", 0, referred(critical(DOMAIN_SCOPE), critical(OPTIONS, flags(0)))),
    row("session tracking", 0, tracked(tracking(*SOURCE))),
    row(
        "session tracking, critical",
        (2, "sessionTracking criticality is TRUE"),
        tracked(critical(TRACKING, wire.sequence(*map(o, SOURCE)))),
    ),
    row("session tracking twice", 0, tracked(tracking(*SOURCE), tracking("a", "b", "1.2.3", "d"))),
    *(
        row(f"session tracking, {name}", None, tracked(control))
        for name, control in (
            ("empty strings", tracking("", "", "", "")),
            ("three strings", tracking("a", "b", "1.2.3")),
            ("octets behind", tracking(*SOURCE, more=b"x")),
            ("five strings", tracking(*SOURCE, "e")),
            ("address of 128", tracking("a" * 128, *SOURCE[1:])),
            ("address of 129", tracking("a" * 129, *SOURCE[1:])),
            ("name of 65536", tracking("a", "b" * 65536, *SOURCE[2:])),
            ("name of 65537", tracking("a", "b" * 65537, *SOURCE[2:])),
            ("OID of 1024", tracking("a", "b", "1." + "2" * 1022, "d")),
            ("OID of 1025", tracking("a", "b", "1." + "2" * 1023, "d")),
            ("no OID", tracking("a", "b", "", "d")),
            ("identifier of 70,000", tracking("a", "b", "1.2.3", "d" * 70_000)),
            ("octets that are no text", tracking(b"\xff", b"\xff", "1.2.3", b"\xff")),
        )
    ),
    row("session tracking with an unbind", "closed", unbind(controls=[tracking(*SOURCE)])),
    *(
        row(f"session tracking: {name}", 0, step, by=ADMIN)
        for name, step in (
            ("add", add(f"cn=st,{PEOPLE}", "objectClass: device", "cn: st", controls=[tracking(*SOURCE)])),
            ("modify", modify(ALICE, ("replace", "description", "x"), controls=[tracking(*SOURCE)])),
            ("rename", rename(f"cn=eve,{PEOPLE}", "cn=eva", controls=[tracking(*SOURCE)])),
            ("delete", delete(f"cn=eve,{PEOPLE}", controls=[tracking(*SOURCE)])),
            ("who am I", whoami(controls=[tracking(*SOURCE)])),
        )
    ),
]
