"""StartTLS (RFC 4511 section 4.14): what it is refused for, who one is afterwards, and the rest under TLS."""

from oracle import wire
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import (
    ALICE,
    BOB,
    PEOPLE,
    STARTTLS,
    WHO_AM_I,
    add,
    bind,
    critical,
    delete,
    extended,
    modify,
    passwd,
    pipeline,
    raw,
    row,
    search,
    starttls,
    unbind,
    uncritical,
    whoami,
)

SLOW = "{CRYPT}$6$rounds=300000$abcdefgh$" + "x" * 86
"""Whoever checks a password against this is busy for a while."""

OFFERED = f"(supportedExtension={STARTTLS})"
LARGE = wire.message(9, wire.search_op("", 0, 0, 0, 0, False, "(cn=" + "x" * 300_000 + ")", []))

ROWS = [
    row("granted", 0, starttls(), whoami(), server="tls"),
    row("not offered", (2, "unsupported extended operation"), extended(STARTTLS)),
    row("not offered, with a value", (2, "unsupported extended operation"), extended(STARTTLS, "x")),
    row("not offered, the identity stays", 0, extended(STARTTLS), whoami(), by=ALICE),
    row("not offered, what follows is answered", 0, pipeline(extended(STARTTLS), whoami()), by=ALICE),
    row("advertised where it is offered", 0, search("", OFFERED, "1.1", scope="base"), server="tls"),
    row("advertised under TLS, too", 0, starttls(), search("", OFFERED, "1.1", scope="base"), server="tls"),
    row("not advertised where it is not", 0, search("", OFFERED, "1.1", scope="base")),
    row("with a value", (2, "no request data expected"), extended(STARTTLS, "x"), server="tls"),
    row("with an empty value", (2, "no request data expected"), extended(STARTTLS, ""), server="tls"),
    row("with a value, the identity stays", 0, extended(STARTTLS, "x"), whoami(), by=ALICE, server="tls"),
    row(
        "with a value, what follows is answered", 0, pipeline(extended(STARTTLS, "x"), whoami()), by=ALICE, server="tls"
    ),
    row("with a value, then without", 0, extended(STARTTLS, "x"), starttls(), whoami(), server="tls"),
    row("unknown critical control", 12, extended(STARTTLS, controls=[critical("1.2.3.4")]), server="tls"),
    row("unknown control and a value", None, extended(STARTTLS, "x", controls=[uncritical("1.2.3.4")]), server="tls"),
    row(
        "manageDsaIT, critical",
        None,
        extended(STARTTLS, "x", controls=[critical("2.16.840.1.113730.3.4.2")]),
        server="tls",
    ),
    row("bound before: anonymous afterwards", 0, starttls(), whoami(), by=ALICE, server="tls"),
    row("admin before: anonymous afterwards", 8, starttls(), delete(ALICE), by=ADMIN, server="tls"),
    row("twice", (1, "TLS already started"), starttls(), extended(STARTTLS), server="tls"),
    row("twice with a value", (2, "no request data expected"), starttls(), extended(STARTTLS, "x"), server="tls"),
    row(
        "twice, bound in between: stays bound",
        0,
        starttls(),
        bind(ALICE, "alice-secret"),
        extended(STARTTLS),
        whoami(),
        server="tls",
    ),
    row("twice, what follows is answered", 0, starttls(), pipeline(extended(STARTTLS), whoami()), server="tls"),
    row(
        "with an operation outstanding",
        0,
        pipeline(passwd(ALICE, "wrong", "new"), extended(STARTTLS), whoami()),
        whoami(),
        by=ADMIN,
        setup=[modify(ALICE, ("replace", "userPassword", SLOW))],
        server="tls",
    ),
    row(
        "with an operation outstanding and a value",
        0,
        pipeline(passwd(ALICE, "wrong", "new"), extended(STARTTLS, "x"), whoami()),
        by=ADMIN,
        setup=[modify(ALICE, ("replace", "userPassword", SLOW))],
        server="tls",
    ),
    row("followed in clear", None, starttls(wire.message(77, wire.extended_op(WHO_AM_I))), whoami(), server="tls"),
    row("bind under TLS", 0, starttls(), bind(ALICE, "alice-secret"), whoami(), server="tls"),
    row("bind under TLS, wrong password", 49, starttls(), bind(ALICE, "wrong"), server="tls"),
    row("search under TLS", 0, starttls(), search(), server="tls"),
    row(
        "changes under TLS",
        0,
        starttls(),
        bind(ADMIN, PASSWORD),
        add(f"cn=new,{PEOPLE}", "objectClass: person", "cn: new", "sn: n"),
        modify(BOB, ("replace", "description", "changed")),
        pipeline(whoami(), search(BOB, scope="base"), whoami()),
        server="tls",
    ),
    row("unbind under TLS", None, starttls(), unbind(), server="tls"),
    row("junk under TLS", None, starttls(), raw(b"\x30\x03\x02\x01"), raw(b"\x04junk"), server="tls"),
    row("unknown operation under TLS", None, starttls(), raw(wire.message(2, wire.tlv(0x7F, b""))), server="tls"),
    row(
        "a large message of an administrator who began TLS since", None, starttls(), raw(LARGE), by=ADMIN, server="tls"
    ),
    row(
        "a large message of an administrator under TLS",
        None,
        starttls(),
        bind(ADMIN, PASSWORD),
        raw(LARGE, 9),
        server="tls",
    ),
]
