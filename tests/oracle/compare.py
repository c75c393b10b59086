"""Asking two servers the same: the servers that situations need, their reset, and the lines that a row brings from one
of them."""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, Self

from oracle import certificates, overlays, wire
from oracle.client import Answer, Client, Entry
from oracle.rules import GROUPED, SASL_ACCESS, SASL_POLICY, SASL_SEARCHES
from oracle.rules import VARIANTS as RULES
from oracle.slapd import ADMIN, BASE, PASSWORD
from oracle.steps import MANAGE_DSA_IT, PASSWORDS, Row

SUBENTRIES = "1.3.6.1.4.1.4203.1.10.1"
UNIVERSE = Path(__file__).parent.parent / "differential" / "universe.ldif"
GROUPS = UNIVERSE.with_name("groups.ldif")
LISTS = UNIVERSE.with_name("lists.ldif")
POLICIES = UNIVERSE.with_name("policies.ldif")
DEFAULT_POLICY = "cn=default,ou=policies,dc=example,dc=com"
TWO = ["dc=example,dc=com", "o=Second Base"]

TLS: dict[str, object] = {
    "tls-cert": lambda: certificates.made().certificate,
    "tls-key": lambda: certificates.made().key,
    "tls-ca": lambda: certificates.made().ca,
}
SASL_PEOPLE = Path(__file__).parent.parent / "differential" / "sasl.ldif"
SASL_OPTIONS: dict[str, object] = {
    "authz-regexp": [
        '"uid=([^,]*),cn=[^,]*,cn=auth" "uid=$1,ou=people,dc=example,dc=com"',
    ],
    "sasl-secprops": "noplain,noanonymous",
}
SEARCHING = [
    '"^uid=admin,cn=[[:alnum:]-]+,cn=auth$" cn=admin,dc=example,dc=com',
    '"^uid=nowhere,CN=[^,]*,cn=auth$" "uid=nowhere,dc=elsewhere"',
    '"^uid=garbage,cn=[^,]*,cn=auth$" garbage',
    '"^uid=subtree,cn=[^,]*,cn=auth$" "dn.subtree:ou=people,dc=example,dc=com"',
    '"^uid=(al)(ice2),cn=[^,]*,cn=auth$" "uid=$1ice$9,ou=people,dc=example,dc=com"',
    '"^uid=exact,cn=[^,]*,cn=auth$" "dn:UID=Alice, ou=people,dc=example,dc=com"',
    '"^uid=nofilter,cn=[^,]*,cn=auth$" "ldap:///ou=people,dc=example,dc=com??sub"',
    '"^uid=base,cn=[^,]*,cn=auth$" "ldap:///uid=alice,ou=people,dc=example,dc=com??base?(objectClass=*)"',
    '"^uid=many,cn=[^,]*,cn=auth$" "ldap:///ou=people,dc=example,dc=com??one?(objectClass=inetOrgPerson)"',
    '"^uid=password,cn=[^,]*,cn=auth$" "ldap:///ou=people,dc=example,dc=com??sub?(userPassword=alice-secret)"',
    '"^uid=elsewhere,cn=[^,]*,cn=auth$" "ldap:///dc=elsewhere??sub?(uid=alice)"',
    '"^uid=host,cn=[^,]*,cn=auth$" "ldap://host/ou=people,dc=example,dc=com??sub?(uid=alice)"',
    '"^uid=config,cn=[^,]*,cn=auth$" "cn=config"',
    '"uid=([^,]+),cn=[^,]+,cn=auth" "ldap:///dc=example,dc=com??sub?(uid=$1)"',
]

VARIANTS: dict[str, tuple[Path | None, dict[str, object]]] = {
    "default": (UNIVERSE, {}),
    "empty": (None, {}),
    "two": (UNIVERSE, {"base": TWO}),
    "read-only": (UNIVERSE, {"read-only": True}),
    "deny": (UNIVERSE, {"anonymous": "deny"}),
    "size-limit": (UNIVERSE, {"size-limit": 3}),
    "sasl": (SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "any"}),
    "sasl-none": (SASL_PEOPLE, SASL_OPTIONS),
    "sasl-to": (SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "to"}),
    "sasl-from": (SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "from"}),
    "sasl-all": (SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "all"}),
    "sasl-unmapped": (SASL_PEOPLE, {"sasl-secprops": "none"}),
    "sasl-search": (SASL_PEOPLE, {"sasl-secprops": "noanonymous", "authz-regexp": SEARCHING}),
    "sasl-noactive": (SASL_PEOPLE, {"sasl-secprops": "noplain,noactive"}),
    "sasl-tls": (SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "any"} | TLS),
    **{name: (SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "any"} | TLS | more) for name, more in SASL_POLICY.items()},
    **{
        name: (SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "any"} | TLS | {"access": rules})
        for name, rules in SASL_ACCESS.items()
    },
    **{
        name: (
            SASL_PEOPLE,
            {"sasl-secprops": "noanonymous", "authz-regexp": SEARCHING, "authz-policy": "any", "access": rules},
        )
        for name, rules in SASL_SEARCHES.items()
    },
    "sasl-strong": (SASL_PEOPLE, {"sasl-secprops": "minssf=1"}),
    "message-size": (UNIVERSE, {"max-message-size": 2000}),
    **{
        f"memberof{setting}": (GROUPS, {"overlay": [f"memberof{setting}"], "schema": overlays.WITHOUT_MSUSER})
        for setting in (
            "",
            ":refint=TRUE",
            ":dangling=drop",
            ":dangling=error",
            ":dangling=error dangling-error=32",
            ":group-oc=groupOfUniqueNames member-ad=uniqueMember",
        )
    },
    "refint": (UNIVERSE, {"overlay": ["refint:member manager seeAlso uniqueMember"]}),
    "refint, nothing": (UNIVERSE, {"overlay": ["refint:member manager nothing=cn=nobody modifiersname=cn=me"]}),
    **{name: (UNIVERSE, options) for name, options in overlays.VARIANTS.items()},
    **{name: (GROUPS, options) for name, options in overlays.AMONG_GROUPS.items()},
    **{name: (LISTS, options) for name, options in overlays.AMONG_LISTS.items()},
    "ppolicy": (POLICIES, {"overlay": [f"ppolicy:default={DEFAULT_POLICY} use_lockout=on"]}),
    "ppolicy-hash": (POLICIES, {"overlay": [f"ppolicy:default={DEFAULT_POLICY} hash_cleartext=on"]}),
    "tls": (UNIVERSE, TLS),
    **{name: (UNIVERSE, options) for name, options in RULES.items()},
    **{name: (GROUPS, options) for name, options in GROUPED.items()},
}
"""Configurations that rows name -> the LDIF to start with and options; one that has to be made first is a function."""

RESTARTED = tuple(name for name, (_, o) in VARIANTS.items() if "overlay" in o and not name.startswith("ppolicy"))
"""Those that can't be brought back by writing, since overlays write as well."""


RESULT = re.compile(r"(?:bind|search|modify|add|delete|modrdn|compare|extended) (\d+)(?: |$)")

OPERATIONAL = frozenset(
    b"structuralObjectClass entryUUID creatorsName createTimestamp entryCSN modifiersName modifyTimestamp entryDN "
    b"subschemaSubentry hasSubordinates contextCSN".split()
)


USUAL = frozenset(
    [
        "entryUUID: <uuid>",
        "createTimestamp: <time>",
        "entryCSN: <csn>",
        "modifyTimestamp: <time>",
        "subschemaSubentry: cn=Subschema",
    ]
)
"""Lines that every entry has: left out where states are shown."""


def user(entry: Entry) -> list[tuple[bytes, list[bytes]]]:
    """The attributes of an entry that a client may write."""
    return sorted(attribute for attribute in entry[1] if attribute[0] not in OPERATIONAL)


def kept(entry: Entry) -> tuple[object, ...]:
    """What is the same as long as nobody has written the entry: with relax rules even the creator changes, and
    operational attributes come and go."""
    return user(entry), [v for name, v in entry[1] if name == b"creatorsName"], sorted(name for name, _ in entry[1])


class Server(Protocol):
    """What oracle.slapd and oracle.fakeldapd have in common."""

    name: str
    port: int

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class Subject:
    """One running server with the state it began with, brought back by ``reset``. ``policed``: it may refuse even the
    administrator's bind; then its state isn't known, and isn't changed by anybody.
    """

    def __init__(self, server: Server, bases: list[str], *, policed: bool = False) -> None:
        self.server = server
        self.bases = bases
        self.policed = policed
        self.client = self._connect()
        self.baseline = self.dump()

    def _connect(self) -> Client:
        client = Client(self.server.port)
        assert client.ask(wire.bind_op(ADMIN, PASSWORD)).code == 0 or self.policed
        return client

    def dump(self) -> dict[bytes, Entry]:
        """Every entry below the naming contexts with operational attributes, parents first."""
        entries = []
        manage, subentries = wire.control(MANAGE_DSA_IT), wire.control(SUBENTRIES, True, b"\x01\x01\xff")
        for base in self.bases:
            for controls in ([manage], [manage, subentries]):  # which no other search shows (RFC 3672 section 3)
                operation = wire.search_op(base, 2, 0, 0, 0, False, "(objectClass=*)", ["*", "+"])
                answer = self.client.ask(operation, controls)
                if answer.code is None:
                    raise RuntimeError(f"{self.server.name} does not answer a search of everything: {answer.lines()}")
                entries += answer.entries
        return {entry[0]: entry for entry in sorted(entries, key=lambda entry: entry[0].count(b","))}

    def changes(self, now: Mapping[bytes, Entry]) -> list[str]:
        """The state as lines, as far as it differs from the first one."""
        lines = [f"state: no {dn.decode(errors='replace')}" for dn in self.baseline if dn not in now]
        for dn, entry in sorted(now.items()):
            shown = Answer(entries=[entry]).lines()
            if dn not in self.baseline or shown != Answer(entries=[self.baseline[dn]]).lines():
                lines += ["state: " + line for line in shown if line.strip() not in USUAL]
                lines += [f"state:     no {line}" for line in sorted(USUAL - {line.strip() for line in shown})]
        return lines

    def state(self) -> list[str]:
        """The changes since the first state, or that the server is gone."""
        try:
            return self.changes(self.dump())
        except RuntimeError as gone:
            return [f"state: {gone}"]

    def reset(self) -> None:
        """Bring the first state back by deleting and adding what differs."""
        now = self.dump()
        wrong = [dn for dn in now if dn not in self.baseline or kept(now[dn]) != kept(self.baseline[dn])]
        gone = [dn for dn in reversed(now) if any(dn == bad or dn.endswith(b"," + bad) for bad in wrong)]
        for dn in gone:
            self._must(wire.octets(dn, 0x4A))
        for dn in self.baseline:
            if dn not in now or dn in gone:
                self._must(wire.add_op(dn, user(self.baseline[dn])))

    def _must(self, operation: bytes) -> None:
        answer = self.client.ask(operation, [wire.control(MANAGE_DSA_IT)])
        if answer.code != 0:
            raise RuntimeError(f"{self.server.name} cannot be reset: {answer.lines()}")


class Subjects:
    """The servers of one kind, started when a row first needs one. ``start(ldif, options)`` makes a server."""

    def __init__(self, start: Callable[[Path | None, Mapping[str, object]], Server]) -> None:
        self._start = start
        self._running: dict[str, tuple[ExitStack, Subject]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._running):
            self.stop(name)

    def get(self, variant: str) -> Subject:
        """The server of that configuration in its first state."""
        if variant not in self._running:
            ldif, given = VARIANTS[variant]
            options = {name: value() if callable(value) else value for name, value in given.items()}
            with ExitStack() as stack:
                server = stack.enter_context(self._start(ldif, options))
                bases = options.get("base", [BASE])
                assert isinstance(bases, list)
                policed = any(key in options for key in ("disallow", "security", "restrict"))
                subject = Subject(server, bases, policed=policed)
                stack.callback(subject.client.__exit__)
                self._running[variant] = stack.pop_all(), subject
        return self._running[variant][1]

    def stop(self, variant: str) -> None:
        """Stop that server; the next ``get`` starts a fresh one."""
        stack, _ = self._running.pop(variant)
        stack.close()

    def lines(self, row: Row) -> list[str]:
        """What a row brings: the lines of each step, then what it changed. The first state is back afterwards."""
        subject = self.get(row.server)
        out: list[str] = []
        try:
            for step in row.setup:
                out += [f"setup: {line}" for line in step.run(subject.client)]
            with Client(subject.server.port) as client:
                if row.by is not None:
                    bound = client.ask(wire.bind_op(row.by, PASSWORDS[row.by]))
                    out += [] if bound.code == 0 else [f"bind as {row.by}: {line}" for line in bound.lines()]
                for number, step in enumerate(row.steps):
                    out += [f"{number}: {line}" if len(row.steps) > 1 else line for line in step.run(client)]
            if row.writes:
                out += subject.state()
        finally:
            if row.writes:
                self.reset(row.server)
        return out

    def reset(self, variant: str) -> None:
        """Bring a server's first state back, by starting it anew where nothing else helps."""
        if variant in RESTARTED:
            if self.get(variant).state():
                self.stop(variant)
            return
        try:
            self.get(variant).reset()
        except (RuntimeError, OSError, IndexError):
            self.stop(variant)


def agrees(row: Row, lines: list[str]) -> bool:
    """Whether slapd's lines are what the row says is known of them."""
    last = [line for line in lines if not line.startswith("state: ")]
    text = "\n".join(last)
    codes = [int(found[1]) for line in last if "then " not in line and (found := RESULT.search(line))]
    return all(
        codes[-1:] == [part] if isinstance(part, int) else part in text for part in row.expect if part is not None
    )
