"""Random access rules, and questions that tell them apart: for servers side by side.

Everything comes from a seed: the rules as slapd.access(5) writes them, then who asks what. The questions are about the
directory of differential/universe.ldif.
"""

import random
from dataclasses import dataclass
from typing import TypeVar

from oracle import wire
from oracle.slapd import BASE
from oracle.steps import (
    ALIASES,
    ALICE,
    BOB,
    CAROL,
    DAVE,
    EVE,
    GROUPS,
    PEOPLE,
    Step,
    add,
    compare,
    delete,
    modify,
    passwd,
    rename,
    search,
    whoami,
)

T = TypeVar("T")

ADMINS = f"cn=admins,{GROUPS}"
DNS = (ALICE, BOB, PEOPLE, GROUPS, BASE, ADMINS)
PATTERNS = (
    "^(.+,)?uid=([^,]+),ou=people,dc=example,dc=com$",
    "^(.*,)?ou=(people|groups),dc=[[:alpha:]]+,dc=com$",
    "uid=[ab]",
    "^[^,]+,ou=groups,",
    "DC=COM$",
)
FILTERS = ("(objectClass=person)", "(uid=alice)", "(!(description=*))", "(|(cn=admins)(sn=b*))", "(uidNumber>=1000)")
ATTRIBUTES = (
    "entry",
    "children",
    "entry,children",
    "userPassword",
    "cn",
    "name",
    "description,title",
    "uid",
    "objectClass",
    "member,uniqueMember",
    "@person",
    "!person",
    "@posixAccount,entry",
    "!inetOrgPerson",
    "@extensibleObject",
    "hasSubordinates,entryDN",
    "+cn",
    "sn,entry",
)
WHOS = (
    "*",
    "*",
    "anonymous",
    "users",
    "users",
    "self",
    "self.level{1}",
    "self.level{-1}",
    f'dn.exact="{ALICE}"',
    f'dn="{BOB.upper()}"',
    f'dn.onelevel="{PEOPLE}"',
    f'dn.subtree="{BASE}"',
    f'dn.children="{ALICE}"',
    f'dn.level{{2}}="{BASE}"',
    'dn.regex="^uid=[ac]"',
    'dn.regex="(bob|carol),.*$$"',
    f'group="{ADMINS}"',
    f'group/groupOfUniqueNames/uniqueMember="cn=unique,{GROUPS}"',
    "dnattr=member",
    "dnattr=manager",
    "users ssf=1",
    f'users group="{ADMINS}"',
    f'dn.subtree="{PEOPLE}" dnattr=member',
)
EXPANDING = (
    f'dn.exact,expand="uid=$2,{PEOPLE}"',
    'dn.regex="^uid=$2,"',
    'dn.subtree,expand="$1"',
    'dn.exact,expand="$0"',
    f'group.expand="cn=${{2}},{GROUPS}"',
    'dn.exact,expand="${5}"',
)
ASSERTION = "1.3.6.1.1.12"
PERMISSIVE, RELAX, NO_OP = "1.2.840.113556.1.4.1413", "1.3.6.1.4.1.4203.666.5.12", "1.3.6.1.4.1.4203.666.5.2"
MATCHED, DEREF = "1.2.826.0.1.3344810.2.3", "1.3.6.1.4.1.4203.666.5.16"
ASSERTED = ("(objectClass=person)", "(!(userPassword=x))", "(cn=*)", "(name=a*)", "(!(sn=x))", "(description=*)")
LINKS = (f"cn=to-alice,{ALIASES}", f"cn=to-groups,{ALIASES}", f"cn=chain,{ALIASES}", f"cn=broken,{ALIASES}")
DEREFERENCED = tuple(
    wire.sequence(wire.sequence(wire.octets(name), wire.strings(wanted)))
    for name, wanted in (("member", ("cn", "sn")), ("member", ("userPassword",)), ("uniqueMember", ("name", "uid")))
)
SHOWN = tuple(
    wire.sequence(*map(wire.encode_filter, filters))
    for filters in (("(cn=a*)",), ("(name=*)", "(description=*)"), ("(userPassword=*)", "(sn=*)"), ("(!(sn=x))",))
)
LEVELS = ("none", "disclose", "auth", "compare", "search", "read", "add", "delete", "write", "manage")
PRIVILEGES = (
    "=rs",
    "=d",
    "=scd",
    "+r",
    "+rs",
    "+w",
    "-r",
    "-w",
    "+0",
    "=0",
    "=rscxd",
    "=a",
    "=z",
    "+az",
    "-a",
    "=xw",
    "+m",
    "-s",
    "+d",
)
FLOWS = ("", "", "", "", " stop", " continue", " break")


@dataclass(frozen=True)
class Question:
    """A step and who takes it; None: somebody who hasn't bound."""

    by: str | None
    step: Step


class Asking:
    """Rules and questions from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, choices: tuple[T, ...]) -> T:
        return self.random.choice(choices)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    # --- rules -------------------------------------------------------------------------------------------------------

    def rules(self) -> list[str]:
        """Some rules. Most let people authenticate; many end with one that is about everything."""
        found = []
        if self.chance(80):
            found.append(f"to attrs=userPassword by anonymous auth by * {self.one(('break', 'none', 'break'))}")
        found += [self.rule() for _ in range(self.random.randrange(1, 6))]
        if self.chance(70):
            found.append(f"to * by {self.one(('*', 'users', '*'))} {self.one(LEVELS[4:])}")
        return found

    def rule(self) -> str:
        """One rule."""
        what = []
        if self.chance(60):
            style = self.one(("base", "exact", "one", "subtree", "children", "regex"))
            what.append(f'dn.{style}="{self.one(PATTERNS if style == "regex" else DNS)}"')
        if self.chance(20):
            what.append(f'filter="{self.one(FILTERS)}"')
        if self.chance(60):
            what.append(f"attrs={self.one(ATTRIBUTES)}".replace("+cn", "cn"))
        return f"to {' '.join(what) or '*'}" + "".join(self.by() for _ in range(self.random.randrange(1, 4)))

    def by(self) -> str:
        """One clause."""
        who = self.one(EXPANDING) if self.chance(15) else self.one(WHOS)
        access = self.one(("", self.one(LEVELS), self.one(LEVELS), self.one(PRIVILEGES)))
        return f" by {who}{' ' if access else ''}{access}{self.one(FLOWS)}"

    # --- questions ---------------------------------------------------------------------------------------------------

    def question(self) -> Question:
        """One question, half of them searches."""
        by = self.one((None, ALICE, ALICE, BOB, CAROL))
        kind = self.one((self.search, self.search, self.search, self.compare, self.modify, self.other, self.controlled))
        return Question(by, kind())

    def dn(self) -> str:
        return self.one((*DNS, DAVE, EVE, f"cn=none,{PEOPLE}", f"cn=none,{ALICE}", f"cn=unique,{GROUPS}"))

    def search(self) -> Step:
        names = self.one(
            ((), ("1.1",), ("*", "+"), ("cn", "sn"), ("name",), ("userPassword", "member"), ("hasSubordinates",))
        )
        filters = (
            *FILTERS,
            "(objectClass=*)",
            "(objectClass=*)",
            "(name=a*)",
            "(name=*)",
            "(!(name=bob))",
            "(cn=alice adams)",
            "(!(sn=x))",
            "(userPassword=*)",
            "(:caseIgnoreMatch:=people)",
            "(:dn:caseIgnoreMatch:=people)",
            "(name:caseIgnoreMatch:=alice)",
            "(hasSubordinates=TRUE)",
            f"(member={ALICE})",
            "(title:dn:caseIgnoreMatch:=engineer)",
        )
        scope = self.one(("base", "one", "sub", "sub", "children"))
        return search(self.dn(), self.one(filters), *names, scope=scope, types_only=self.chance(10))

    def controlled(self) -> Step:
        """Something with controls: what they show and look at is a matter of access, too. Not pre-read and post-read:
        they are too much for slapd where the entry may not be read.
        """
        control = self.one(
            (
                wire.control(ASSERTION, True, wire.encode_filter(self.one(ASSERTED))),
                wire.control(PERMISSIVE, True),
                wire.control(RELAX, True),
                wire.control(NO_OP, True),
            )
        )
        dn, new = self.dn(), "cn=new"
        return self.one(
            (
                search(GROUPS, "(objectClass=*)", "cn", controls=[wire.control(DEREF, True, self.one(DEREFERENCED))]),
                search(PEOPLE, "(objectClass=*)", "*", controls=[wire.control(MATCHED, True, self.one(SHOWN))]),
                search(self.one((ALIASES, *LINKS)), "(objectClass=*)", "cn", deref=self.random.randrange(4)),
                search(dn, "(objectClass=*)", "cn", scope="base", controls=[control]),
                compare(dn, "cn", "alice adams", controls=[control]),
                modify(dn, ("replace", "description", "x"), controls=[control]),
                modify(dn, ("add", "description", "The first person"), controls=[control]),
                modify(dn, ("replace", "creatorsName", BOB), controls=[control]),
                add(f"{new},{PEOPLE}", "objectClass: device", "cn: new", "description: x", controls=[control]),
                delete(dn, controls=[control]),
                rename(dn, new, controls=[control]),
            )
        )

    def compare(self) -> Step:
        """Not hasSubordinates: slapd answers it without an entry, and dies soon after it has refused it."""
        name, value = self.one(
            (("cn", "alice adams"), ("name", "alice"), ("sn", "x"), ("pager", "1"), ("objectClass", "person"),
             ("userPassword", "alice-secret"), ("member", ALICE), ("name", "Bob Brown"))
        )  # fmt: skip
        return compare(self.dn(), name, value)

    def modify(self) -> Step:
        changes = (
            ("add", "description", "new"),
            ("add", "description", "new", "newer"),
            ("delete", "description"),
            ("delete", "description", "The first person"),
            ("replace", "description", "other"),
            ("replace", "description"),
            ("replace", "userPassword", "other"),
            ("add", "member", BOB),
            ("delete", "member", ALICE),
            ("increment", "uidNumber", "1"),
            ("replace", "title", "t"),
            ("add", "cn", "another"),
        )
        some = [self.one(changes)] if self.chance(80) else [self.one(changes), self.one(changes)]
        return modify(self.dn(), *some)

    def other(self) -> Step:
        dn = self.dn()
        parent = self.one((PEOPLE, GROUPS, BASE, ALICE, f"ou=none,{BASE}"))
        new = self.one(("cn=new", "cn=newer"))
        return self.one(
            (
                add(f"{new},{parent}", "objectClass: device", f"cn: {new[3:]}", "description: new"),
                add(f"{new},{parent}", "objectClass: groupOfNames", f"cn: {new[3:]}", f"member: {ALICE}"),
                delete(dn),
                delete(dn),
                rename(dn, new),
                rename(dn, new, delete_old=False),
                rename(dn, new, parent),
                rename(dn, dn.split(",")[0], parent),
                passwd(self.one((ALICE, BOB)), None, "newer"),
                passwd(None, self.one((None, "alice-secret")), "newer"),
                whoami(),
            )
        )
