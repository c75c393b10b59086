"""PLAIN, LOGIN and ANONYMOUS where they are allowed, and what authz-regexp makes of SASL names."""

from oracle.sasl import NO_SECRET, USER, crams, digests, here, sasl, scrams
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import ALICE, BOB, add, modify, search, starttls, whoami

UNMAPPED = [
    here("unmapped, CRAM-MD5", NO_SECRET, crams(*USER), server="sasl-unmapped"),
    here("unmapped, SCRAM", NO_SECRET, scrams(*USER), server="sasl-unmapped"),
    here("unmapped, DIGEST-MD5", NO_SECRET, digests(*USER), server="sasl-unmapped"),
    here("unmapped, PLAIN", (49, "user not found"), sasl("PLAIN", "\0alice\0x"), server="sasl-unmapped"),
    here("ANONYMOUS allowed", 0, sasl("ANONYMOUS", "trace"), whoami(), server="sasl-unmapped"),
    here("ANONYMOUS allowed, empty", 0, sasl("ANONYMOUS", ""), whoami(), server="sasl-unmapped"),
    here("ANONYMOUS allowed, asked", 0, sasl("ANONYMOUS", None, "trace"), whoami(), server="sasl-unmapped"),
    *(
        here(f"mapping, {user}", None, crams(user, password), whoami(), server="sasl-search")
        for user, password in {
            "alice": "alice-secret",
            "ALICE": "alice-secret",
            "nobody": "x",
            "bob": "bob-secret",
            "ali*": "alice-secret",
            "admin": PASSWORD,
            "nowhere": "x",
            "garbage": "x",
            "subtree": "x",
            "alice2": "x",
            "exact": "alice-secret",
            "nofilter": "x",
            "base": "alice-secret",
            "many": "x",
            "password": "alice-secret",
            "elsewhere": "x",
            "host": "x",
            "config": "x",
            "alice)(cn=*": "x",
            "al(ice": "x",
        }.items()
    ),
    here(
        "mapping, administrator with an entry",
        0,
        crams("admin", PASSWORD),
        whoami(),
        server="sasl-search",
        setup=[add(ADMIN, "objectClass: person", "sn: x", "cn: admin", "userPassword: other")],
    ),
    here(
        "mapping, administrator with an entry, its password",
        49,
        crams("admin", "other"),
        server="sasl-search",
        setup=[add(ADMIN, "objectClass: person", "sn: x", "cn: admin", "userPassword: other")],
    ),
    here(
        "mapping, administrator may write",
        0,
        crams("admin", PASSWORD),
        modify(ALICE, ("replace", "title", "x")),
        server="sasl-search",
        setup=[add(ADMIN, "objectClass: person", "sn: x", "cn: admin")],
    ),
]

ENCRYPTED = [
    here("TLS, PLAIN", 0, starttls(), sasl("PLAIN", "\0alice\0alice-secret"), whoami(), server="sasl-tls"),
    here("TLS, LOGIN", 0, starttls(), sasl("LOGIN", None, "alice", "alice-secret"), whoami(), server="sasl-tls"),
    here("TLS, SCRAM", 0, starttls(), scrams(*USER), whoami(), server="sasl-tls"),
    here("TLS, DIGEST-MD5", 0, starttls(), digests(*USER), whoami(), server="sasl-tls"),
    here("TLS, EXTERNAL without a certificate", 7, starttls(), sasl("EXTERNAL", ""), server="sasl-tls"),
    here("TLS, ANONYMOUS", 7, starttls(), sasl("ANONYMOUS", ""), server="sasl-tls"),
    here("PLAIN before TLS", 48, sasl("PLAIN", "\0alice\0alice-secret"), server="sasl-tls"),
    here("TLS ends what SASL has begun", 0, crams(*USER), starttls(), whoami(), server="sasl-tls"),
    here(
        "TLS, PLAIN as another",
        0,
        starttls(),
        sasl("PLAIN", "u:carol\0rule00\0secret"),
        whoami(),
        server="sasl-tls",
    ),
]

T = "sasl-search"
PLAIN = [
    here("PLAIN", 0, sasl("PLAIN", "\0alice\0alice-secret"), whoami(), server=T),
    here("LOGIN", 0, sasl("LOGIN", None, "alice", "alice-secret"), whoami(), server=T),
    here("plain, no initial response", 0, sasl("PLAIN", None, "\0alice\0alice-secret"), whoami(), server=T),
    *(
        here(f"plain, {shown[:40]!r}", None, sasl("PLAIN", shown), whoami(), server=T)
        for shown in (
            "",
            "\0alice",
            "alice",
            "\0\0",
            "\0alice\0",
            "\0\0x",
            "\0alice\0wrong",
            "\0ALICE\0alice-secret",
            "\0 alice \0alice-secret",
            "\0nobody\0x",
            "\0bob\0bob-secret",
            "\0dave\0x",
            "\0carol\0carol-two",
            "\0cleartext\0secret",
            "\0cleartext\0{CLEARTEXT}secret",
            "\0alice\0alice-secret\0",
            "\0alice\0alice-secret\0x",
            "\0alice@x\0alice-secret",
            "\0" + "a" * 3000 + "\0x",
            "\0alice\0" + "a" * 3000,
            b"\0\xff\0x",
            "\0anonymous\0x",
            "\0uid=alice,ou=people,dc=example,dc=com\0x",
            "\0latin\0pässwörd",
            "alice\0alice\0alice-secret",
            "u:alice\0alice\0alice-secret",
            f"dn:{ALICE}\0alice\0alice-secret",
            f"DN: {ALICE.upper()}\0alice\0alice-secret",
            "U:alice\0alice\0alice-secret",
            "dn:\0alice\0alice-secret",
            "u:\0alice\0alice-secret",
            "bob\0alice\0alice-secret",
            "u:bob\0alice\0alice-secret",
            f"dn:{BOB}\0alice\0alice-secret",
            "dn:cn=x\0alice\0alice-secret",
            "dn:garbage\0alice\0alice-secret",
            "u:nobody\0alice\0alice-secret",
            "x:y\0alice\0alice-secret",
            "bob\0alice\0wrong",
            "u:bob\0alice\0wrong",
            f"dn:{ADMIN}\0alice\0alice-secret",
            b"u:\xff\0alice\0alice-secret",
            b"dn:uid=\xff\0alice\0alice-secret",
            "u.plain:alice\0alice\0alice-secret",
            "anonymous\0alice\0alice-secret",
        )
    ),
    *(
        here(f"login, {[str(part)[:20] for part in shown]}", None, sasl("LOGIN", *shown), whoami(), server=T)
        for shown in (
            (),
            ("",),
            ("alice", "alice-secret"),
            ("", "alice", "alice-secret"),
            (None, "alice", "wrong"),
            (None, "", "x"),
            (None, None, "x"),
            (None, "alice", ""),
            (None, "alice", None),
            (None, "nobody", "x"),
            (None, "bob", "bob-secret"),
            (None, "a" * 1024),
            (None, "b" * 1025),
            (None, "alice", "a" * 1024),
            (None, "alice", "b" * 1025),
            (None, "alice\0x", "alice-secret"),
            (None, "alice", "alice-secret\0x"),
        )
    ),
    here("PLAIN under way with LOGIN", None, sasl("LOGIN"), sasl("PLAIN", "alice"), whoami(), server=T),
]

ROWS = [
    *UNMAPPED,
    *PLAIN,
    *ENCRYPTED,
    *(
        here(
            f"mechanisms, {server}",
            0,
            search("", "(objectClass=*)", "supportedSASLMechanisms", scope="base"),
            server=server,
        )
        for server in ("default", "sasl-unmapped", "sasl-search", "sasl-noactive", "sasl-strong")
    ),
    here("mechanisms among all", 0, search("", "(supportedSASLMechanisms=CRAM-MD5)", "1.1", scope="base")),
]
