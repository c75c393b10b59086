"""The words that situations are written in: one function for each thing that a client does, and ``row`` that puts them
together.

A Step knows its own text, how to be done on a Client (giving lines) and whether it may change the directory. A Row is
data: a name, what slapd is known to answer to its last step, the steps. Nothing here knows which server it talks to.
"""

import functools
import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from oracle import wire
from oracle.client import Answer, Client
from oracle.slapd import ADMIN, PASSWORD
from oracle.wire import Octets

PEOPLE = "ou=people,dc=example,dc=com"
GROUPS = "ou=groups,dc=example,dc=com"
ALIASES = "ou=aliases,dc=example,dc=com"
REFERRALS = "ou=referrals,dc=example,dc=com"
ODD = "ou=odd,dc=example,dc=com"
ALICE = f"uid=alice,{PEOPLE}"
BOB = f"uid=bob,{PEOPLE}"
CAROL = f"uid=carol,{PEOPLE}"
DAVE = f"uid=dave,{PEOPLE}"
EVE = f"cn=eve,{PEOPLE}"
REMOTE = f"cn=remote,{REFERRALS}"
PASSWORDS = {ADMIN: PASSWORD, ALICE: "alice-secret", BOB: "bob-secret", CAROL: "carol-one"}

MANAGE_DSA_IT = "2.16.840.1.113730.3.4.2"
STARTTLS = "1.3.6.1.4.1.1466.20037"
WHO_AM_I = "1.3.6.1.4.1.4203.1.11.3"
PASSWORD_MODIFY = "1.3.6.1.4.1.4203.1.11.1"
SCOPES = {"base": 0, "one": 1, "sub": 2, "children": 3}
CHANGES = {"add": 0, "delete": 1, "replace": 2, "increment": 3}

Request = tuple[bytes, Sequence[bytes] | None]


@dataclass(frozen=True)
class Step:
    """One thing that a client does. ``request`` is there where it is one request with one answer, so that it can be
    pipelined."""

    text: str
    run: Callable[[Client], list[str]]
    writes: bool = False
    request: Request | None = None


@dataclass(frozen=True)
class Row:
    """One situation. ``expect`` is what slapd is known to answer to the last step: a code, a text that the lines hold,
    or both."""

    name: str
    expect: tuple[int | str, ...]
    steps: tuple[Step, ...]
    by: str | None
    setup: tuple[Step, ...]
    server: str

    @property
    def writes(self) -> bool:
        """Whether the directory may be another one afterwards."""
        return any(step.writes for step in self.steps + self.setup)


def row(
    name: str, expect: Any, *steps: Step, by: str | None = None, setup: Sequence[Step] = (), server: str = "default"
) -> Row:
    """A Row; ``by`` binds first (a DN of PASSWORDS), ``setup`` is done by the administrator on a connection of its
    own."""
    return Row(name, expect if isinstance(expect, tuple) else (expect,), steps, by, tuple(setup), server)


def _named(function: Callable[..., Step]) -> Callable[..., Step]:
    """Let a step say how it was called."""

    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Step:
        step = function(*args, **keywords)
        shown = [_shown(arg) for arg in args] + [f"{key}={_shown(arg)}" for key, arg in keywords.items()]
        return Step(f"{function.__name__}({', '.join(shown)})", step.run, step.writes, step.request)

    return call


def _shown(argument: Any) -> str:
    if isinstance(argument, Step):
        return argument.text
    text = repr(argument)
    return text if len(text) < 400 else f"{text[:200]}... ({len(argument)})"


def _request(operation: bytes, controls: Sequence[bytes] | None, *, writes: bool = False, mask: bool = False) -> Step:
    return Step(
        "", lambda client: client.ask(operation, controls).lines(mask_value=mask), writes, (operation, controls)
    )


def critical(oid: Octets, value: Octets | None = None) -> bytes:
    """A critical control."""
    return wire.control(oid, True, value)


def uncritical(oid: Octets, value: Octets | None = None) -> bytes:
    """A control without its criticality."""
    return wire.control(oid, None, value)


MANAGE = (critical(MANAGE_DSA_IT),)


@_named
def bind(
    dn: Octets = "",
    password: Octets = "",
    version: int = 3,
    authentication: bytes | None = None,
    controls: Sequence[bytes] | None = None,
) -> Step:
    """Simple bind, or with the octets of another AuthenticationChoice."""
    return _request(wire.bind_op(dn, password, version, authentication), controls)


@_named
def search(
    base: Octets = "dc=example,dc=com",
    filter: Octets = "(objectClass=*)",
    *attributes: Octets,
    scope: str | int = "sub",
    deref: int = 0,
    size: int = 0,
    time: int = 0,
    types_only: bool = False,
    controls: Sequence[bytes] | None = None,
) -> Step:
    """Search. Where aliases may lead to an entry twice, it counts once: whether slapd sends it again depends on how
    many entries there are, and RFC 4511 section 4.5.1.3 asks not to."""
    number = SCOPES[scope] if isinstance(scope, str) else scope
    operation = wire.search_op(base, number, deref, size, time, types_only, filter, attributes)
    if deref not in (1, 3):
        return _request(operation, controls)
    return Step("", lambda client: once(client.ask(operation, controls)).lines(), request=(operation, controls))


def once(answer: Answer) -> Answer:
    """The answer with each entry and reference only once."""
    answer.entries = [entry for at, entry in enumerate(answer.entries) if entry not in answer.entries[:at]]
    answer.references = list(dict.fromkeys(answer.references))
    return answer


@_named
def add(dn: Octets, *attributes: str | tuple[Any, ...], controls: Sequence[bytes] | None = None) -> Step:
    """Add; an attribute is "name: value" (neighbours of one name belong together) or (name, value, value ...)."""
    pairs: list[tuple[Octets, list[Octets]]] = []
    last = None
    for attribute in attributes:
        if isinstance(attribute, tuple):
            pairs.append((attribute[0], list(attribute[1:])))
            last = None
            continue
        name, _, value = attribute.partition(": ")
        if name == last:
            pairs[-1][1].append(value)
        else:
            pairs.append((name, [value]))
        last = name
    return _request(wire.add_op(dn, pairs), controls, writes=True)


@_named
def modify(dn: Octets, *changes: tuple[Any, ...], controls: Sequence[bytes] | None = None) -> Step:
    """Modify; a change is (operation, name, value, value ...), the operation a word or a number."""
    numbered = [(CHANGES[kind] if isinstance(kind, str) else kind, name, values) for kind, name, *values in changes]
    return _request(wire.modify_op(dn, numbered), controls, writes=True)


@_named
def delete(dn: Octets, controls: Sequence[bytes] | None = None) -> Step:
    """Delete."""
    return _request(wire.octets(dn, 0x4A), controls, writes=True)


@_named
def rename(
    dn: Octets,
    rdn: Octets,
    superior: Octets | None = None,
    delete_old: bool = True,
    controls: Sequence[bytes] | None = None,
) -> Step:
    """Modify DN."""
    return _request(wire.modify_dn_op(dn, rdn, delete_old, superior), controls, writes=True)


@_named
def compare(dn: Octets, name: Octets, value: Octets, controls: Sequence[bytes] | None = None) -> Step:
    """Compare."""
    return _request(wire.compare_op(dn, name, value), controls)


@_named
def extended(oid: Octets, value: Octets | None = None, controls: Sequence[bytes] | None = None) -> Step:
    """Any extended operation."""
    return _request(wire.extended_op(oid, value), controls, writes=True)


@_named
def whoami(controls: Sequence[bytes] | None = None) -> Step:
    """Who am I (RFC 4532)."""
    return _request(wire.extended_op(WHO_AM_I), controls)


@_named
def passwd(
    user: Octets | None = None, old: Octets | None = None, new: Octets | None = None, value: Octets | None = None
) -> Step:
    """Password Modify (RFC 3062); ``value`` replaces the request value. Of a generated password only the length is
    kept."""
    parts = [wire.octets(part, tag) for tag, part in ((0x80, user), (0x81, old), (0x82, new)) if part is not None]
    content = wire.sequence(*parts) if parts else None
    return _request(
        wire.extended_op(PASSWORD_MODIFY, content if value is None else value), None, writes=True, mask=True
    )


@_named
def in_any_order(step: Step) -> Step:
    """The values of each entry sorted, where slapd's order is one of its indexes or of its memory."""

    def run(client: Client) -> list[str]:
        lines: list[str] = []
        values: list[str] = []
        for line in [*step.run(client), ""]:
            if line.startswith("    "):
                values.append(line)
                continue
            lines += [*sorted(values), line]
            values = []
        return lines[:-1]

    return Step("", run, step.writes)


@_named
def until(step: Step, text: str) -> Step:
    """The same question again and again until ``text`` is in the answer, ten seconds at most, for what slapd does after
    it has answered; then whether it was."""

    def run(client: Client) -> list[str]:
        deadline = clock.monotonic() + 10
        while not (found := any(text in line for line in step.run(client))) and clock.monotonic() < deadline:
            clock.sleep(0.002)
        return [f"{'' if found else 'never '}{text}"]

    return Step("", run)


@_named
def starttls(behind: bytes = b"") -> Step:
    """StartTLS, and TLS where it is granted. ``behind`` are octets that follow the request in the same write."""

    def run(client: Client) -> list[str]:
        message_id = client.next_id()
        client.send(wire.message(message_id, wire.extended_op(STARTTLS)) + behind)
        [answer] = client.gather([message_id])
        if answer.code != 0:
            return answer.lines()
        try:
            client.start_tls()
        except OSError as error:
            return [*answer.lines(), f"no TLS: {error}"]
        return [*answer.lines(), "TLS"]

    return Step("", run)


@_named
def silently(operation: bytes, controls: Sequence[bytes] | None = None) -> Step:
    """Send an operation that has no answer (abandon); the next step shows that the connection lives."""

    def run(client: Client) -> list[str]:
        client.send(wire.message(client.next_id(), operation, controls))
        return []

    return Step("", run)


def abandon(message_id: int, controls: Sequence[bytes] | None = None) -> Step:
    """Abandon."""
    return silently(wire.integer(message_id, 0x50), controls)


@_named
def unbind(controls: Sequence[bytes] | None = None, after: bytes = b"") -> Step:
    """Unbind, perhaps with more octets behind it, and everything until the connection ends."""
    return Step("", lambda client: client.raw(wire.message(client.next_id(), wire.tlv(0x42), controls) + after))


@_named
def raw(octets: bytes, *ids: int, dribble: bool = False) -> Step:
    """Octets as they are. With ``ids``: the answers to these, then whether the connection lives; without: everything to
    its end."""

    def run(client: Client) -> list[str]:
        if dribble:
            for at in range(len(octets) - 1):
                client.send(octets[at : at + 1])
            return client.raw(octets[-1:], ids)
        return client.raw(octets, ids)

    return Step("", run, writes=True)


@_named
def pipeline(*steps: Step) -> Step:
    """Several requests in one write; their answers in the order of the requests."""
    requests = [step.request for step in steps if step.request is not None]

    def run(client: Client) -> list[str]:
        return [line for answer in client.pipeline(requests) for line in answer.lines()]

    return Step("", run, any(step.writes for step in steps))
