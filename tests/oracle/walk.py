"""Random operations over a small directory, the same for the same seed and the same answers of slapd.

A Walk picks operations that are likely to meet: names and values of entries that exist (slapd's state says which), in
other spellings, and around them everything that is wrong. It stays away from what makes slapd crash
(docs/differences.toml) and from what no two servers can agree on (which entries come within a size limit).
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from oracle.client import SHAPES, Entry
from oracle.slapd import ADMIN
from oracle.steps import MANAGE, Step, add, compare, delete, modify, passwd, rename, search
from oracle.wire import Octets

BASE = "dc=example,dc=com"
PEOPLE = f"ou=people,{BASE}"
USER = f"uid=u1,{PEOPLE}"
USER_PASSWORD = "pw1"

PRELUDE: tuple[Step, ...] = (
    add(BASE, "objectClass: domain", "dc: example"),
    add(PEOPLE, "objectClass: organizationalUnit", "ou: people"),
    add(f"ou=groups,{BASE}", "objectClass: organizationalUnit", "ou: groups"),
    add(f"ou=deep,ou=groups,{BASE}", "objectClass: organizationalUnit", "ou: deep", "description: deep"),
    add(USER, "objectClass: inetOrgPerson", "uid: u1", "cn: User One", "sn: One", f"userPassword: {USER_PASSWORD}"),
    add(
        f"uid=u2,{PEOPLE}",
        "objectClass: inetOrgPerson",
        "objectClass: posixAccount",
        "uid: u2",
        "cn: Two",
        "sn: Two",
        "uidNumber: 2",
        "gidNumber: 10",
        "homeDirectory: /home/u2",
        "mail: u2@example.com",
        "description;lang-en: two",
    ),
    add(f"cn=p1,{PEOPLE}", "objectClass: person", "cn: p1", "sn: P", "telephoneNumber: +1 555 01"),
    add(f"cn=g1,ou=groups,{BASE}", "objectClass: groupOfNames", "cn: g1", f"member: {USER}"),
    add(
        f"cn=alias1,{BASE}",
        "objectClass: alias",
        "objectClass: extensibleObject",
        "cn: alias1",
        f"aliasedObjectName: {PEOPLE}",
    ),
    add(
        f"cn=alias2,{PEOPLE}",
        "objectClass: alias",
        "objectClass: extensibleObject",
        "cn: alias2",
        f"aliasedObjectName: {USER}",
    ),
    add(
        f"cn=ref1,{BASE}",
        "objectClass: referral",
        "objectClass: extensibleObject",
        "cn: ref1",
        "ref: ldap://other.example/ou=other,dc=example",
    ),
)

WORDS = (
    "alpha",
    "Beta",
    "gamma ray",
    "GAMMA  RAY",
    "delta",
    "Ünï",
    "ünÏ",
    "x,y+z",
    "#hash",
    " lead",
    "trail ",
    "a\\b",
    "1",
    "two",
    "TWO",
)
NUMBERS = ("0", "1", "2", "10", "-3", "007", "x", "", "99999999999999999999")
MAILS = ("u2@example.com", "U2@EXAMPLE.com", "a@b", "ä@b", "")
PHONES = ("+1 555 01", "+155501", "+1-555-01", "5", "", "x!")
PATHS = ("/home/u2", "/HOME/u2", "/", "")
OCTETS = (b"\x00\xff", b"abc", b"ABC", b"")
LANGUAGES = (";lang-en", ";LANG-EN", ";lang-de", ";lang-en;lang-de", ";lang-", ";x-foo", ";binary")
KINDS: Mapping[str, tuple[Octets, ...]] = {
    "cn": WORDS,
    "commonName": WORDS,
    "2.5.4.3": WORDS,
    "sn": WORDS,
    "description": WORDS,
    "title": WORDS,
    "ou": WORDS,
    "givenName": WORDS,
    "uid": WORDS,
    "employeeNumber": WORDS,
    "displayName": WORDS,
    "mail": MAILS,
    "telephoneNumber": PHONES,
    "uidNumber": NUMBERS,
    "gidNumber": NUMBERS,
    "homeDirectory": PATHS,
    "jpegPhoto": OCTETS,
    "userPassword": (b"pw1", b"secret", b"PW1"),
    "fooBar": WORDS,
    "preferredLanguage": ("en", "de"),
    "postalAddress": ("a$b", "A$B", "a $ b"),
    "l": WORDS,
    "name": WORDS,
    "objectClass": (
        "person",
        "inetOrgPerson",
        "organizationalPerson",
        "posixAccount",
        "extensibleObject",
        "top",
        "device",
        "alias",
        "groupOfNames",
        "noSuch",
        "PERSON",
        "2.5.6.6",
        "dcObject",
        "referral",
        "uidObject",
    ),
    "createTimestamp": ("20200202000000Z", "x"),
    "entryUUID": ("00000000-0000-0000-0000-000000000000", "x"),
    "structuralObjectClass": ("person", "inetOrgPerson", "x"),
    "hasSubordinates": ("TRUE", "FALSE", "true"),
}
NAMES_OF_DNS = ("member", "seeAlso", "manager", "entryDN", "creatorsName", "aliasedObjectName")
RULES = (
    "caseIgnoreMatch",
    "caseExactMatch",
    "integerMatch",
    "distinguishedNameMatch",
    "1.2.3.4",
    "octetStringMatch",
    "dnSubtreeMatch",
    "1.2.840.113556.1.4.803",
    "1.2.840.113556.1.4.804",
    "caseExactOrderingMatch",
    "caseIgnoreSubstringsMatch",
)
CLASSES = (
    ("inetOrgPerson",),
    ("inetOrgPerson", "posixAccount"),
    ("person",),
    ("device",),
    ("organizationalUnit",),
    ("groupOfNames",),
    ("top", "person"),
    ("account", "simpleSecurityObject"),
    ("person", "extensibleObject"),
    ("domain",),
    ("person", "device"),
    ("posixAccount",),
    ("top",),
    ("alias", "extensibleObject"),
    ("referral", "extensibleObject"),
    ("noSuch",),
    ("organizationalRole",),
)
MUST = {
    "inetOrgPerson": ("cn", "sn"),
    "person": ("cn", "sn"),
    "posixAccount": ("uid", "uidNumber", "gidNumber", "homeDirectory", "cn"),
    "device": ("cn",),
    "organizationalUnit": ("ou",),
    "groupOfNames": ("cn", "member"),
    "account": ("uid",),
    "simpleSecurityObject": ("userPassword",),
    "domain": (),
    "organizationalRole": ("cn",),
    "alias": ("aliasedObjectName",),
}
UNWRITTEN = frozenset(
    {"createTimestamp", "entryUUID", "structuralObjectClass", "hasSubordinates", "entryDN", "creatorsName"}
)


@dataclass(frozen=True)
class Move:
    """One operation and who performs it: "admin", "user" or "anonymous"."""

    who: str
    step: Step

    def __str__(self) -> str:
        return f"{self.who}: {self.step.text}"


class Walk:
    """Gives one Move after another; ``state`` is slapd's directory as it is before the move."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.state: Mapping[bytes, Entry] = {}

    def move(self, state: Mapping[bytes, Entry]) -> Move:
        """The next operation."""
        self.state = state
        who = self.random.choices(("admin", "user", "anonymous"), (86, 8, 6))[0]
        makers: tuple[Callable[[], Step], ...] = (
            self.add,
            self.modify,
            self.rename,
            self.delete,
            self.compare,
            self.search,
            self.password,
        )
        return Move(who, self.random.choices(makers, (26, 30, 12, 6, 8, 20, 1))[0]())

    def chance(self, percent: float) -> bool:
        """True in so many cases of a hundred."""
        return self.random.random() * 100 < percent

    def known(self) -> str:
        """The DN of an entry that is there."""
        return self.random.choice(list(self.state) or [BASE.encode()]).decode()

    def spelled(self, text: str) -> str:
        """The same text in another spelling, now and then."""
        if not self.chance(12):
            return text
        ways: tuple[Callable[[str], str], ...] = (
            str.upper,
            str.title,
            lambda t: t.replace(",", " , "),
            lambda t: t.replace("=", " = "),
        )
        return self.random.choice(ways)(text)

    def dn(self) -> str:
        """A DN: mostly of an entry that is there."""
        if self.chance(85):
            return self.spelled(self.known())
        if self.chance(60):
            return f"{self.rdn()},{self.known()}"
        return self.random.choice(
            ("", "garbage", "dc=elsewhere", "dc=com", f"foo=x,{BASE}", f"cn=,{BASE}", "cn=Subschema", ADMIN)
        )

    def rdn(self) -> str:
        """An RDN, mostly a good one."""
        if self.chance(4):
            return self.random.choice(("", "garbage", "cn=", "foo=x", "cn=a,ou=b", "cn=a+cn=b", "uidNumber=x"))
        first = f"{self.random.choice(('cn', 'uid', 'ou', 'CN', 'sn', 'description', 'uidNumber'))}={self.escaped()}"
        return f"{first}+{self.random.choice(('sn', 'l'))}={self.escaped()}" if self.chance(6) else first

    def escaped(self) -> str:
        """A word as an RDN's value."""
        word = self.random.choice((*WORDS, "n1", "n2", "n3", "n4", "1"))
        out = "".join("\\" + c if c in ',+"\\<>;' else c for c in word)
        out = "\\" + out if out[0] in "# " else out
        return out[:-1] + "\\ " if out.endswith(" ") else out

    def value(self, name: str) -> Octets:
        """A value for an attribute, perhaps one that is stored somewhere."""
        base = name.split(";")[0]
        if base in NAMES_OF_DNS:
            return self.dn()
        if self.chance(25) and base.lower().encode() not in SHAPES:
            stored = [
                v
                for entry in self.state.values()
                for n, vs in entry[1]
                if n.split(b";")[0] == base.encode()
                for v in vs
            ]
            if stored:
                found = self.random.choice(stored)
                try:
                    return self.spelled(found.decode())
                except UnicodeDecodeError:
                    return found
        return self.random.choice(KINDS.get(base, WORDS))

    def name(self, *, writing: bool = False) -> str:
        """An attribute description; ``writing`` makes those that nobody may write rare."""
        name = self.random.choice((*KINDS, *NAMES_OF_DNS))
        if writing and name in UNWRITTEN and self.chance(85):
            name = "description"
        if self.chance(12) and not (writing and name == "objectClass"):
            name += self.random.choice(LANGUAGES)
        return self.random.choice((name, name, name, name.lower(), name.upper()))

    def values(self, name: str, most: int = 3) -> list[Octets]:
        """Some values, seldom none."""
        count = self.random.choices(range(most + 1), (2, 70, 20, 8)[: most + 1])[0]
        return [self.value(name) for _ in range(count)]

    def add(self) -> Step:
        """Add an entry that is mostly right."""
        rdn = self.rdn()
        classes = self.random.choice(CLASSES[:10] if self.chance(80) else CLASSES)
        attributes: dict[str, list[Octets]] = {"objectClass": list(classes)}
        kind, _, text = rdn.partition("+")[0].partition("=")
        if self.chance(80) and kind and text:
            attributes[kind] = [text.replace("\\ ", " ").replace("\\", "") or "x"]
        for object_class in classes:
            for must in MUST.get(object_class, ()):
                if must not in attributes and self.chance(93):
                    attributes[must] = [self.good(must)]
        for _ in range(self.random.choice((0, 0, 1, 2, 3))):
            name = self.name(writing=True)
            attributes.setdefault(name, self.values(name))
        if "referral" in classes:
            attributes["ref"] = ["ldap://other.example/dc=x"]
        if self.chance(2):
            attributes.pop("objectClass")
        controls = MANAGE if self.chance(10) else None
        above = self.known() if self.chance(92) else self.dn()
        return add(f"{rdn},{above}", *((name, *values) for name, values in attributes.items()), controls=controls)

    def good(self, name: str) -> Octets:
        """A value that the attribute's syntax takes."""
        if name in NAMES_OF_DNS:
            return self.known()
        good = {"uidNumber": ("1", "2", "3"), "gidNumber": ("10", "20"), "homeDirectory": ("/home/x",)}
        return self.random.choice(good.get(name, ("One", "two", "Three  3", "n1")))

    def modify(self) -> Step:
        """One to four changes of an entry."""
        changes = []
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 4))):
            name = self.name(writing=True)
            kind = self.random.choices(("add", "delete", "replace", "increment", 7), (40, 25, 30, 4, 1))[0]
            values = self.values(name)
            if (kind == "delete" and self.chance(50)) or (kind == "replace" and self.chance(10)):
                values = []
            if kind == "increment":
                name = "uidNumber" if self.chance(80) else name
                values = [self.random.choice(("1", "-1", "5", "x"))]
            changes.append((kind, name, *values))
        return modify(self.dn(), *changes, controls=MANAGE if self.chance(15) else None)

    def rename(self) -> Step:
        """Rename, perhaps to below another entry."""
        dn = self.dn()
        if dn.replace(" ", "").lower() == BASE:
            dn = PEOPLE
        old = dn.split(",")[0]
        rdn = self.spelled(old) if self.chance(20) and "=" in old and "\\" not in old else self.rdn()
        superior = self.dn() if self.chance(40) else None
        return rename(dn, rdn, superior, self.chance(60), controls=MANAGE if self.chance(15) else None)

    def delete(self) -> Step:
        """Delete, never the suffix: slapd would crash at the second time."""
        dn = self.dn()
        if dn.replace(" ", "").lower() == BASE:
            dn = f"cn=none,{BASE}"
        return delete(dn, controls=MANAGE if self.chance(30) else None)

    def compare(self) -> Step:
        """Compare."""
        name = self.name()
        if name.lower() == "hassubordinates":  # slapd answers 0 where there is no such entry
            name = "description"
        return compare(self.dn(), name, self.value(name), controls=MANAGE if self.chance(15) else None)

    def password(self) -> Step:
        """Password Modify of the user that stays bound."""
        return passwd(self.dn(), self.random.choice((None, "pw1", "x")), self.random.choice((None, "new", "")))

    def search(self) -> Step:
        """Search with a random filter, or of everything that is there."""
        base = BASE if self.chance(50) else self.dn()
        scope = self.random.choice(("base", "one", "sub", "sub", "sub", "children"))
        names = self.random.choice(
            (
                (),
                (),
                ("1.1",),
                ("*", "+"),
                ("cn", "description;lang-en"),
                ("name",),
                ("@person",),
                ("+",),
                (self.name(),),
            )
        )
        deref = self.random.choice((0, 0, 0, 1, 2, 3))
        if scope == "one" and deref in (1, 3):  # slapd would now and then look too deep below the target of an alias
            scope = "base"
        if base in ("", "cn=Subschema"):  # what these say is compared in rows/rootdse.py
            names = ("1.1",)
        return search(
            base,
            self.filter(3),
            *names,
            scope=scope,
            deref=deref,
            types_only=self.chance(5),
            controls=MANAGE if self.chance(50) else None,
        )

    def filter(self, depth: int) -> str:
        """The text of a filter."""
        if depth and self.chance(35):
            kind = self.random.choice("&|!")
            count = 1 if kind == "!" else self.random.choice((0, 1, 2, 2, 3))
            return f"({kind}{''.join(self.filter(depth - 1) for _ in range(count))})"
        name = self.name()
        value = self.value(name)
        text = quoted(value)
        kind = self.random.choices(("=", "=*", "*", ">=", "<=", "~=", ":", ":dn:"), (35, 12, 15, 8, 8, 6, 10, 6))[0]
        if kind == "=*":
            return f"({name}=*)"
        if kind == "*":
            return f"({name}={self.pieces(value)})"
        if kind in (":", ":dn:"):
            rule = self.random.choice((*RULES, "")) if kind == ":" else self.random.choice((*RULES[:3], ""))
            left = "" if rule and self.chance(25) else name
            return f"({left}{kind if rule else kind.rstrip(':')}{rule}:={text})"
        return f"({name}{kind}{text})"

    def pieces(self, value: Octets) -> str:
        """A substrings assertion made of pieces of a value."""
        octets = value.encode() if isinstance(value, str) else value
        cut = sorted(self.random.randrange(len(octets) + 1) for _ in range(self.random.choice((1, 2, 3))))
        edges = [0, *cut, len(octets)]
        parts = [quoted(octets[a:b]) for a, b in pairwise(edges)]
        shown = "*".join(part for part in parts if part or self.chance(30))
        return f"*{shown}*" if "*" not in shown else shown.replace("**", "*")


def quoted(value: Octets) -> str:
    """A value as RFC 4515 writes it."""
    octets = value.encode() if isinstance(value, str) else value
    return "".join(chr(o) if 0x20 <= o < 0x7F and chr(o) not in "()*\\" else f"\\{o:02x}" for o in octets)
