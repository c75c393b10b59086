"""The directory that the servers are loaded with, and what they are asked: the same octets for every server.

A person has twelve attributes with sixteen values, two of them indexed (``uid`` and ``mail``). A hundred groups hold
up to two hundred members each. Nothing is drawn at random: two runs ask the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fakeldapd.protocol.ber import element, encode_integer
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.filter import parse
from fakeldapd.protocol.messages import (
    AddRequest,
    Attribute,
    BindRequest,
    Change,
    CompareRequest,
    Control,
    DeleteRequest,
    ModifyDNRequest,
    ModifyOperation,
    ModifyRequest,
    RequestOp,
    Scope,
    SearchRequest,
    SimpleAuthentication,
)

BASE = "dc=example,dc=com"
PEOPLE = f"ou=people,{BASE}"
MOVED = f"ou=staff,{BASE}"
GROUPS = f"ou=groups,{BASE}"
ADMIN, PASSWORD = f"cn=admin,{BASE}", "secret"

_GIVEN = ("Amara", "Bela", "Chidi", "Dara", "Eun", "Farid", "Gita", "Henrik", "Ines", "Jonas", "Kofi", "Lucia", "Mila")
_FAMILY = ("Abebe", "Berg", "Costa", "Diaz", "Endo", "Fischer", "Gupta", "Haas", "Ito", "Jensen", "Kaur", "Lopez")
_TITLES = ("Clerk", "Developer", "Director", "Librarian")
_GROUPS = 100
_MEMBERS = 200


@dataclass(frozen=True, slots=True)
class Mode:
    """How a client asks: on so many connections, with so many requests under way on each."""

    name: str
    connections: int
    window: int


SINGLE = Mode("one at a time", 1, 1)
PIPELINED = Mode("pipelined", 4, 8)
MODES = (SINGLE, PIPELINED)


@dataclass(frozen=True, slots=True)
class Workload:
    """Requests of one kind, encoded.

    ``code`` and ``entries`` (None: not counted) are what each answer must bring; ``aims`` holds, for each mode in which
    it is run, the ratio to slapd's CPU time that fakeldapd is meant to stay under. ``window`` bounds the mode's.
    """

    name: str
    what: str
    requests: Sequence[bytes]
    aims: dict[Mode, float]
    code: int = 0
    entries: int | None = None
    as_admin: bool = True
    window: int = 8


def uid(number: int) -> str:
    """The uid of a person."""
    return f"user{number}"


def person_dn(number: int) -> str:
    """The DN of a person."""
    return f"uid={uid(number)},{PEOPLE}"


def person(number: int) -> list[tuple[str, list[str]]]:
    """The attributes of a person."""
    given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[number // 7 % len(_FAMILY)]
    name = uid(number)
    return [
        ("objectClass", ["top", "person", "organizationalPerson", "inetOrgPerson"]),
        ("uid", [name]),
        ("cn", [f"{given} {family} {number}"]),
        ("sn", [family]),
        ("givenName", [given]),
        ("mail", [f"{name}@example.com", f"{given}.{family}.{number}@example.com".lower()]),
        ("telephoneNumber", [f"+1 555 {number % 997:03d} {number * 31 % 9973:04d}"]),
        ("employeeNumber", [str(number)]),
        ("departmentNumber", [str(number % 50)]),
        ("title", [_TITLES[number % len(_TITLES)]]),
        ("description", [f"{given} sits in room {number * 7 % 1000} on floor {number % 20} of the tower"]),
        ("userPassword", [f"secret{number}"]),
    ]


def write_ldif(path: Path, users: int) -> None:
    """The directory with so many people, as LDIF."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(_records(users))


def _records(users: int) -> Iterator[str]:
    yield _record(BASE, [("objectClass", ["top", "domain"]), ("dc", ["example"])])
    for dn, ou in ((PEOPLE, "people"), (GROUPS, "groups")):
        yield _record(dn, [("objectClass", ["top", "organizationalUnit"]), ("ou", [ou])])
    for number in range(users):
        yield _record(person_dn(number), person(number))
    for group in range(min(_GROUPS, users)):
        members = [person_dn(number) for number in range(group, users, _GROUPS)][:_MEMBERS]
        attributes = [("objectClass", ["top", "groupOfNames"]), ("cn", [f"group{group}"]), ("member", members)]
        yield _record(f"cn=group{group},{GROUPS}", attributes)


def _record(dn: str, attributes: list[tuple[str, list[str]]]) -> str:
    lines = [f"{name}: {value}\n" for name, values in attributes for value in values]
    return f"dn: {dn}\n{''.join(lines)}\n"


# --- requests ---------------------------------------------------------------------------------------------------------


def encoded(requests: Sequence[RequestOp]) -> list[bytes]:
    """Whole messages, numbered from 1."""
    return [encode_message(number, request) for number, request in enumerate(requests, 1)]


def by_name(*, window: tuple[int, int] | None = None) -> tuple[Control, ...]:
    """Server-side sorting by surname (RFC 2891); ``window``: a virtual list view of ten before and ten after an offset
    in so many.
    """
    key = element(b"\x30", element(b"\x04", b"sn") + element(b"\x80", b"caseIgnoreOrderingMatch"))
    controls = [Control(b"1.2.840.113556.1.4.473", True, element(b"\x30", key))]
    if window is not None:
        target = element(b"\xa0", b"".join(encode_integer(b"\x02", number) for number in window))
        ten = encode_integer(b"\x02", 10)
        controls.append(Control(b"2.16.840.1.113730.3.4.9", True, element(b"\x30", ten + ten + target)))
    return tuple(controls)


def page(size: int, cookie: bytes) -> tuple[Control, ...]:
    """Paged results (RFC 2696)."""
    value = encode_integer(b"\x02", size) + element(b"\x04", cookie)
    return (Control(b"1.2.840.113556.1.4.319", True, element(b"\x30", value)),)


def bind(dn: str, password: str) -> BindRequest:
    """A simple bind."""
    return BindRequest(3, dn.encode(), SimpleAuthentication(password.encode()))


def search(base: str, scope: Scope, filter: str, *attributes: str) -> SearchRequest:
    """A search without limits."""
    return SearchRequest(base.encode(), scope, 0, 0, 0, False, parse(filter), tuple(a.encode() for a in attributes))


def rename(dn: str, new_rdn: str) -> ModifyDNRequest:
    """A new RDN, the old one's values deleted."""
    return ModifyDNRequest(dn.encode(), new_rdn.encode(), True)


def _add(number: int) -> AddRequest:
    attributes = [Attribute(name.encode(), tuple(v.encode() for v in values)) for name, values in person(number)]
    return AddRequest(person_dn(number).encode(), tuple(attributes))


def _describe(number: int, text: str) -> ModifyRequest:
    change = Change(ModifyOperation.REPLACE, b"description", (text.encode(),))
    return ModifyRequest(person_dn(number).encode(), (change,))


def scans(count: int) -> list[bytes]:
    """Searches that no index helps with."""
    return encoded([search(PEOPLE, Scope.SUBTREE, f"(description=*room {number} *)") for number in range(count)])


def workloads(users: int, scale: float) -> list[Workload]:
    """All of them, in the order in which they have to run; ``scale`` 1.0 is 20,000 base searches."""
    return [*_readings(users, scale), *_whole_readings(users, scale), *_changes(users, scale)]


def _some(count: int, users: int, scale: float) -> list[int]:
    """So many people, scaled, from all over the directory."""
    return [number * 7919 % users for number in range(max(1, int(count * scale)))]


def _readings(users: int, scale: float) -> Iterator[Workload]:
    """What concerns one entry and changes nothing."""
    aims = {SINGLE: 1.0, PIPELINED: 0.5}
    people, half, few = (_some(count, users, scale) for count in (20000, 10000, 5000))
    base = [search(person_dn(n), Scope.BASE, "(objectClass=*)") for n in people]
    yield Workload("base", "one entry by its DN", encoded(base), aims, entries=1)
    equality = [search(BASE, Scope.SUBTREE, f"(uid={uid(n)})", "cn", "mail") for n in people]
    yield Workload("equality", "`(uid=...)`, two attributes", encoded(equality), aims, entries=1)
    text = "(&(objectClass=inetOrgPerson)(|(uid={0})(mail={0}@example.com)))"
    both = [search(BASE, Scope.SUBTREE, text.format(uid(n))) for n in half]
    yield Workload("and", "`(&(objectClass=...)(|(uid=...)(mail=...)))`", encoded(both), aims, entries=1)
    text = "(&(objectClass=groupOfNames)(member={}))"
    # groups take no more than _MEMBERS of those who could be in them
    grouped = [person_dn(n % min(users, _GROUPS * _MEMBERS)) for n in few]
    member = [search(GROUPS, Scope.SUBTREE, text.format(dn), "cn") for dn in grouped]
    yield Workload("member", "the groups of a person", encoded(member), aims, entries=1)
    compare = [CompareRequest(person_dn(n).encode(), b"employeeNumber", b"%d" % n) for n in people]
    yield Workload("compare", "one value, true", encoded(compare), aims, code=6)
    binds = [bind(person_dn(n), f"secret{n}") for n in half]
    # a bind ends what its connection has under way
    yield Workload("bind", "simple, as a person", encoded(binds), aims, as_admin=False, window=1)


def _whole_readings(users: int, scale: float) -> Iterator[Workload]:
    """What concerns every entry."""
    count = max(1, int(20 * scale))
    subtree = encoded([search(PEOPLE, Scope.SUBTREE, "(objectClass=*)")] * count)
    yield Workload("subtree-all", f"{users:,} entries in one answer", subtree, {SINGLE: 0.3}, entries=users + 1)
    subtree = encoded([search(PEOPLE, Scope.SUBTREE, "(objectClass=*)", "cn")] * count)
    yield Workload("subtree-cn", "the same with one attribute", subtree, {SINGLE: 0.3}, entries=users + 1)
    everybody = search(PEOPLE, Scope.SUBTREE, "(objectClass=inetOrgPerson)", "1.1")
    few = max(1, count // 2)
    sort = [encode_message(number, everybody, by_name()) for number in range(1, few + 1)]
    yield Workload("sort", f"{users:,} entries in the order of a name", sort, {SINGLE: 2.0}, entries=users)
    # one request: the next on its connection would have to name the list that is kept for this one
    vlv = [encode_message(1, everybody, by_name(window=(max(1, users // 2), users)))]
    within = 21 if users > 20 else None
    yield Workload("vlv", "21 of them somewhere in that order", vlv, {SINGLE: 2.0}, entries=within)
    yield Workload("scan", "a substring without an index", scans(2 * count), {SINGLE: 1.0})


def _changes(users: int, scale: float) -> Iterator[Workload]:
    """What changes entries; in the end there are as many as before."""
    aims = {SINGLE: 1.0, PIPELINED: 0.8}
    people = _some(5000, users, scale)
    new = range(users, users + len(people))
    changes = [_describe(number, f"changed {count}") for count, number in enumerate(people)]
    yield Workload("modify", "replace a value", encoded(changes), aims)
    yield Workload("add", "a person", encoded([_add(number) for number in new]), aims)
    renames = [rename(person_dn(number), f"uid=renamed{number}") for number in new]
    yield Workload("rename", "a new RDN", encoded(renames), aims)
    deletes = [DeleteRequest(f"uid=renamed{number},{PEOPLE}".encode()) for number in new]
    yield Workload("delete", "an entry", encoded(deletes), aims)
