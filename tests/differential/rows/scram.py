"""Bind with SCRAM (RFC 5802)."""

from typing import Any

from oracle.sasl import CLIENT_NONCE, NO_SECRET, SCRAM, USER, changed, here, sasl, scram, scram_final, scrams
from oracle.steps import Row, whoami


def finals(name: str, text: str, expect: Any = 80) -> Row:
    """A row about a client-final-message, in which NONCE stands for the right nonce."""
    first = f"n,,n=alice,r={CLIENT_NONCE}"
    return here(f"final message {name}", expect, sasl(SCRAM, first, scram_final(text)))


ROWS = [
    *(
        here(name, 0, scrams(*USER, algorithm, name), whoami())
        for name, algorithm in {
            "SCRAM-SHA-1": "sha1",
            "SCRAM-SHA-224": "sha224",
            "SCRAM-SHA-256": "sha256",
            "SCRAM-SHA-384": "sha384",
            "SCRAM-SHA-512": "sha512",
        }.items()
    ),
    here("no initial response", 0, sasl(SCRAM, None, *scram("sha256", *USER)), whoami()),
    here("empty initial response", 0, sasl(SCRAM, "", *scram("sha256", *USER)), whoami()),
    here("none and none", (80, "input expected"), sasl(SCRAM, None, None)),
    here("wrong password", (49, "StoredKey mismatch"), scrams("alice", "wrong"), whoami()),
    here("unknown user", (80, "unable to canonify user"), scrams("nobody", "x")),
    here("hashed password", NO_SECRET, scrams("bob", "bob-secret")),
    here("no password", NO_SECRET, scrams("dave", "x")),
    here("second password", 49, scrams("carol", "carol-two")),
    here("outside ASCII", 0, scrams("latin", "pässwörd"), whoami()),
    here("Greek", 0, scrams("greek", "αβγ"), whoami()),
    here("upper case", 0, scrams("ALICE", "alice-secret"), whoami()),
    here("user@realm", 80, scrams("alice@realm", "x")),
    here("anonymous", NO_SECRET, scrams("anonymous", "x")),
    here("y", 0, scrams(*USER, header="y,,"), whoami()),
    here("more nonce than needed", 0, scrams(*USER, nonce=CLIENT_NONCE + "x" * 500), whoami()),
    here("channel binding that isn't bound", 80, scrams(*USER, header="p=tls-unique,,")),
    here("channel binding", 80, scrams(*USER, header="p=tls-unique,,", binding="p=tls-unique,,abc")),
    here("more than the header bound", 0, scrams(*USER, binding="n,,x"), whoami()),
    here("another header bound", 80, scrams(*USER, binding="y,,")),
    here("extension", 0, scrams(*USER, extension=",x=foo"), whoami()),
    here("mandatory extension", 0, scrams(*USER, extension=",m=foo"), whoami()),
    here("SCRAM-SHA-1-PLUS", (80, "Invalid SCRAM-SHA-1 input"), sasl("SCRAM-SHA-1-PLUS", "x")),
    here("SCRAM-SHA-1-PLUS without binding", 0, scrams(*USER, "sha1", "SCRAM-SHA-1-PLUS"), whoami()),
    here("NOSUCH-PLUS", 7, sasl("NOSUCH-PLUS", "x")),
    *(
        here(f"first message {shown[:40]!r}", None, sasl(SCRAM, shown))
        for shown in (
            "junk",
            "n",
            "n,",
            "n,,",
            "n,,n",
            "n,,n=a",
            "n,,n=a,r",
            "n,,n=a,r=",
            "n,,n=a,r=b",
            "n,a=x",
            "n,a=x,n=a,",
            "p=x",
            "p,,n=alice,r=b",
            "z,,n=alice,r=b",
            "N,,n=alice,r=b",
            "nx,n=alice,r=b",
            "n=,n=alice,r=b",
            "y=x,,n=alice,r=b",
            "yyyyyyyyyyyyy",
            "n,x,n=alice,r=b",
            "n,a=al=ice,n=alice,r=b",
            "n,a=alice,n=alice",
            "n,a=zz,n=nobody,r=b",
            "n,a=zz,n=bob,r=b",
            "n,a=,n=bob,r=b",
            "n,,m=foo,n=alice,r=b",
            "n,,x=alice,r=b",
            "n,,r=b,n=alice",
            "n,,n=,r=bcde",
            "n,,n=alice;r=b",
            "n,,n=alice,x=1",
            "n,,n=alice,",
            "n,,n=nobody",
            "n,,n=nobody,r",
            "n,,n=ali=ce,r=b",
            "n,,n=ali=2cce,r=b",
            "n,,n=ali=2Cce,r=b",
            "n,,n=ali=3Dce,r=b",
            "n,,n=ali==ce,r=b",
            "n,,n=alice=,r=b",
            "n,,n=al\0ice,r=b",
            b"n,,n=\xff,r=bc",
            "n,,n=nobody,r=" + "a" * 2034,
            "n,,n=nobody,r=" + "b" * 2035,
            "n,a=u:carol=,n=alice,r=b",
            "n{},,n=alice,r=b",
        )
    ),
    *(
        here(f"final message changed: {old} -> {new}", None, scrams(*USER, final=changed(old, new)), whoami())
        for old, new in (
            (",p=.*", ""),
            ("p=.*", "p="),
            ("p=.*", "p=AAAA"),
            ("p=.*", "p=" + "!" * 44),
            ("p=.*", "p=" + "A" * 44),
            ("p=(.*)=", r"p=\1"),
            ("c=[^,]*", "c=eSws"),
            ("c=[^,]*", "c="),
            ("c=[^,]*", "c=!"),
            ("c=[^,]*", "c=AAAA"),
            ("c=[^,]*,", ""),
            ("r=[^,]*", "r=abc"),
            ("r=[^,]*", ""),
            ("r=([^,]*)", r"r=\1x"),
            ("r=[^,]*", "x=1"),
            (",p=", ",x=foo,p="),
            ("$", ",x=y"),
            ("$", ","),
            (".+", ""),
            ("^", "x"),
            ("^", " "),
            ("^c", "C"),
        )
    ),
    *(
        finals(repr(text), text)
        for text in (
            "junk",
            "c",
            "cc",
            "c=",
            "c=,",
            "c=,r",
            "c=biws",
            "c=biws,",
            "c=biws,r=NONCE",
            "c=biws,r=NONCE,",
            "c=biws,r=NONCE,x",
            "c=biws,r=NONCE,x=y",
            "c=biws,r=NONCE,p",
            "c=biws,r=NONCE,pp=x",
            "c=biws,r=NONCE,x=y,p=abc",
            "c=biws,r=NONCE,p=x,y",
            "c=biws,x=NONCE,p=x",
            "c=biws,r=x",
            "c=biws,r=x,p=x",
            "c=eSws,r=x,p=x",
            "c=!,r=x,p=x",
            "p=x",
            "x=biws,r=NONCE,p=x",
            "c=biws\0,r=NONCE",
            "c=biws,r=NONCE,p=" + "A" * 3000,
        )
    ),
    here("no final message", 80, sasl(SCRAM, scram("sha256", *USER)[0], None)),
    here("one message too many", 14, sasl(SCRAM, *scram("sha256", *USER)), sasl(SCRAM, "")),
]
