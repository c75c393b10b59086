"""What python-ldap's calls cost in the shim, with the directory in the same process, and what going back to a snapshot
does: no socket, no thread.

Each figure is the CPU time of one call, the least of several repetitions of a loop: what is more than that is the
machine's mood.
"""

import time
from collections.abc import Callable
from typing import Any

from scripts.benchmark.measure import Findings

BASE = "dc=example,dc=com"
ADMIN, PASSWORD = f"cn=admin,{BASE}", "admin"
REPETITIONS = 5
SEARCHED = 1000
"""Calls in one repetition."""
KEPT, CHANGED = 1000, 30
"""People in the directory that goes back to a snapshot, and how many of them have changed meanwhile."""


def connection() -> Any:
    """A connection, bound as the administrator, to an empty directory but for its naming context."""
    import fakeldapd.ldap as ldap
    from fakeldapd import FakeDirectory

    ldap.register("ldap://benchmark", FakeDirectory(empty=True, base=BASE, admin_dn=ADMIN, admin_password=PASSWORD))
    bound = ldap.initialize("ldap://benchmark")
    bound.simple_bind_s(ADMIN, PASSWORD)
    ldap.register("ldap://benchmark", None)
    bound.add_s(BASE, [("objectClass", [b"dcObject", b"organization"]), ("o", b"Example"), ("dc", b"example")])
    return bound


def person(number: int) -> tuple[str, list[tuple[str, list[bytes]]]]:
    """Somebody with twelve values."""
    name = b"u%d" % number
    return f"uid=u{number},{BASE}", [
        ("objectClass", [b"inetOrgPerson", b"posixAccount"]),
        ("uid", [name]),
        ("cn", [b"User %d" % number]),
        ("sn", [b"Number %d" % number]),
        ("mail", [name + b"@example.com"]),
        ("telephoneNumber", [b"+1 555 %d" % number]),
        ("uidNumber", [b"%d" % number]),
        ("gidNumber", [b"100"]),
        ("homeDirectory", [b"/home/" + name]),
        ("loginShell", [b"/bin/sh"]),
        ("userPassword", [b"secret"]),
    ]


def microseconds(call: Callable[[int], object], numbers: range) -> float:
    """The CPU time of one call, the average over all numbers."""
    begun = time.process_time()
    for number in numbers:
        call(number)
    return (time.process_time() - begun) / len(numbers) * 1e6


def shim(findings: Findings, entries: int, more: int) -> None:
    """Adding, and searching by equality among ``entries`` people, and among ``more``."""
    server = connection()
    people = [person(number) for number in range(more)]
    made = 0
    for count in (entries, more):
        batches = [range(start, min(start + SEARCHED, count)) for start in range(made, count, SEARCHED)]
        took = min(microseconds(lambda number: server.add_s(*people[number]), batch) for batch in batches)
        made = count
        findings.note("fakeldapd", f"shim in one process: add_s, up to {count:,} people", took, "µs", "150")
        wrong = len(server.search_s(BASE, 2, "(uid=u1)")) != 1
        took = min(
            microseconds(
                lambda number, count=count: server.search_s(BASE, 2, f"(uid=u{number * 7 % count})"),  # type: ignore[misc]
                range(turn, turn + SEARCHED),
            )
            for turn in range(REPETITIONS)
        )
        name = f"shim in one process: search_s, one of {count:,} people by uid"
        findings.note("fakeldapd", name, took, "µs", "60", wrong=wrong)


def snapshots(findings: Findings) -> None:
    """A directory with people, from its snapshot: all of them deleted before, and some of them changed."""
    from fakeldapd import FakeDirectory

    directory = FakeDirectory({"users": {f"u{number}": {} for number in range(KEPT)}})
    everything, there = directory.snapshot(), len(directory)

    def delete() -> None:
        directory.delete(directory.base_dn, subtree=True)

    def change() -> None:
        for number in range(CHANGED):
            [entry] = directory.search(filter=f"(uid=u{number})")
            directory.modify(entry.dn, {"description": "changed"})

    for name, spoil in (("all deleted", delete), (f"{CHANGED} found by uid and changed", change)):
        took = []
        for _ in range(REPETITIONS):
            spoil()
            took.append(microseconds(lambda _: directory.restore(everything), range(1)))
        wrong = len(directory) != there or bool(directory.diff(everything))
        findings.note("fakeldapd", f"{KEPT:,} people from a snapshot, {name}", min(took), "µs", "1000", wrong=wrong)
