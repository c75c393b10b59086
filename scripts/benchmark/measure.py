"""What is measured, and how: every function here adds to ``Findings``.

CPU time is the server process's own, user and system. A server is started anew for each mode of each round, so that
caches and indexes that build themselves are paid for again; the servers take turns, so that a change in the machine's
mood meets both.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.messages import Scope
from scripts.benchmark.client import delays, pages, replay
from scripts.benchmark.servers import Server, Start, cpu_seconds, fakeldapd, python
from scripts.benchmark.workloads import (
    ADMIN,
    GROUPS,
    MODES,
    MOVED,
    PASSWORD,
    PEOPLE,
    PIPELINED,
    Mode,
    Workload,
    bind,
    encoded,
    page,
    person_dn,
    rename,
    scans,
    search,
    workloads,
    write_ldif,
)

_LOAD = "from fakeldapd.schema.registry import DEFAULT_SCHEMAS, Schema; Schema.load(DEFAULT_SCHEMAS)"
_MODULES = "import fakeldapd.cli, fakeldapd.commands.serve, fakeldapd.loading, fakeldapd.server.service"
REACTOR = "importing Twisted's reactor"
STAGES = {
    "starting Python": (),
    REACTOR: ("from twisted.internet import reactor",),
    "importing fakeldapd": ("from twisted.internet import reactor", _MODULES),
    "reading the schemas": ("from twisted.internet import reactor", _MODULES, _LOAD),
}
"""What a Python process does up to there when fakeldapd starts; READY is the end of it."""
READY = "loading the sample, listening, saying so"


@dataclass(slots=True)
class Row:
    """One workload in one mode: each server's CPU seconds for one operation, round by round."""

    workload: str
    what: str
    aim: float
    cpu: dict[str, list[float]] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def ratios(self, server: str, reference: str) -> list[float]:
        """Round by round, ``server``'s cost as a multiple of ``reference``'s."""
        pairs = zip(self.cpu.get(server, []), self.cpu.get(reference, []), strict=False)
        return [ours / theirs for ours, theirs in pairs]


@dataclass(slots=True)
class Figure:
    """One more thing that was measured: each server's values, in ``unit``."""

    name: str
    unit: str
    aim: str
    values: dict[str, list[float]] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Findings:
    """All that has been measured so far. ``stages``: CPU seconds from the start of a process to the end of a stage."""

    users: int
    rows: dict[tuple[Mode, str], Row] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    stages: dict[str, list[float]] = field(default_factory=dict)
    rounds: int = 0

    def note(self, server: str, name: str, value: float, unit: str, aim: str = "", *, wrong: bool = False) -> None:
        """Add a value of a figure."""
        figure = self.figures.setdefault(name, Figure(name, unit, aim))
        figure.values.setdefault(server, []).append(value)
        if wrong:
            figure.wrong.add(server)

    def any_wrong(self) -> bool:
        """Whether some server gave some answer that it should not have given."""
        return any(row.wrong for row in self.rows.values()) or any(f.wrong for f in self.figures.values())


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)


def cold_start(findings: Findings, home: Path, times: int) -> None:
    """The CPU time that a start takes, stage by stage, and how much of it is not Twisted's."""
    for number in range(times + 1):
        say("the first start doesn't count" if number == 0 else f"start {number} of {times}")
        used: dict[str, float] = {}
        for stage, statements in STAGES.items():
            code = "\n".join((*statements, "import sys", "print(flush=True)", "sys.stdin.read()"))
            with python(["-c", code], home) as (pid, _):
                used[stage] = cpu_seconds(pid)
        with fakeldapd(None, home) as server:
            used[READY] = server.load_cpu
            memory = server.resident()
        if number == 0:
            continue  # the first start compiles the modules and brings the files into memory
        for stage, seconds in used.items():
            findings.stages.setdefault(stage, []).append(seconds)
        findings.note("fakeldapd", "start with the sample, to the ready line", used[READY], "s")
        more = used[READY] - used[REACTOR]
        findings.note("fakeldapd", "of that, more than importing Twisted's reactor", more, "s", "0.2")
        findings.note("fakeldapd", "memory with the sample", memory / 1e6, "MB")


def round_of(findings: Findings, servers: Mapping[str, Start], work: Path, scale: float) -> None:
    """Every workload in every mode on every server once; who comes first changes from round to round."""
    users = findings.users
    asked = workloads(users, scale)
    ldif = work / f"{users}.ldif"
    if not ldif.exists():
        write_ldif(ldif, users)
    findings.rounds += 1
    names = sorted(servers, reverse=findings.rounds % 2 == 0)
    for mode in MODES:
        for name in names:
            say(f"round {findings.rounds}: {name}, {mode.name}")
            with servers[name](ldif, work) as server:
                loaded(findings, server, users)
                for workload in asked:
                    if mode in workload.aims:
                        run(findings, server, mode, workload)
                if mode is PIPELINED:
                    used_memory(findings, server, users)
                    pages_of(findings, server, users)
                    move_subtree(findings, server, users)


def run(findings: Findings, server: Server, mode: Mode, workload: Workload) -> None:
    """One workload on one server."""
    requests = workload.requests
    tally = replay(
        server.port,
        requests,
        connections=mode.connections,
        window=min(mode.window, workload.window),
        bind=_admin() if workload.as_admin else None,
        clock=server.cpu,
    )
    row = findings.rows.setdefault((mode, workload.name), Row(workload.name, workload.what, workload.aims[mode]))
    row.cpu.setdefault(server.name, []).append(tally.cpu / len(requests))
    entries = tally.entries if workload.entries is None else workload.entries * len(requests)
    if tally.codes[workload.code] != len(requests) or tally.entries != entries:
        row.wrong.add(server.name)
        say(f"{server.name}: {workload.name}: codes {dict(tally.codes)}, {tally.entries} entries, expected {entries}")


def _admin() -> bytes:
    return encoded([bind(ADMIN, PASSWORD)])[0]


def loaded(findings: Findings, server: Server, users: int) -> None:
    """What loading has cost."""
    findings.note(server.name, f"loading {users:,} people", server.load_cpu, "s", f"{max(2.0, users / 5000):g}")
    _memory(findings, server, users, "after loading", "3")


def used_memory(findings: Findings, server: Server, users: int) -> None:
    """The memory after everything has been asked for."""
    _memory(findings, server, users, "after the load runs", "4.5")


def _memory(findings: Findings, server: Server, users: int, when: str, aim: str) -> None:
    if server.name != "fakeldapd":
        return  # much of slapd's resident memory is its database file, mapped
    empty = median(findings.figures["memory with the sample"].values["fakeldapd"]) * 1e6
    each = (server.resident() - empty) / users / 1e3
    findings.note(server.name, f"memory for one of {users:,} people {when}", each, "KB", aim)


def pages_of(findings: Findings, server: Server, users: int) -> None:
    """What a page of a hundred entries costs."""
    everybody = search(PEOPLE, Scope.SUBTREE, "(objectClass=*)")
    used = pages(server.port, lambda cookie: encode_message(1, everybody, page(100, cookie)), 50, _admin(), server.cpu)
    findings.note(server.name, f"a page of 100 of {users:,}", used * 1e3, "ms")


def move_subtree(findings: Findings, server: Server, users: int, times: int = 50) -> None:
    """Rename the entry above everybody, there and back, while somebody else reads."""
    there = rename(PEOPLE, "ou=staff"), rename(MOVED, "ou=people")
    work = encoded(there * times)
    probe = encoded([search(f"cn=group0,{GROUPS}", Scope.BASE, "(objectClass=*)")])
    took, wrong = delays(server.port, work, probe, _admin())
    name = f"renaming a subtree of {users:,}: longest delay of others"
    findings.note(server.name, name, max(took) * 1e3, "ms", "50", wrong=wrong > 0)


def large(findings: Findings, servers: Mapping[str, Start], work: Path, users: int) -> None:
    """The same directory ten times as large: loading, memory, and how long a small question waits for a large one."""
    ldif = work / f"{users}.ldif"
    write_ldif(ldif, users)
    probes = encoded([search(person_dn(n * 7919 % users), Scope.BASE, "(objectClass=*)") for n in range(1000)])
    for name, start in servers.items():
        say(f"{name} with {users:,} people")
        with start(ldif, work) as server:
            loaded(findings, server, users)
            pages_of(findings, server, users)
            took, wrong = delays(server.port, scans(10), probes, _admin())
            _note_delays(findings, server, users, took, wrong > 0)
            if name == "fakeldapd":
                scratch = Findings(users)
                for workload in workloads(users, 0.1):
                    run(scratch, server, max(workload.aims, key=lambda mode: mode.window), workload)
                used_memory(findings, server, users)


def _note_delays(findings: Findings, server: Server, users: int, took: Sequence[float], wrong: bool) -> None:
    per_cent = quantiles(took, n=100, method="inclusive") if len(took) > 1 else [took[0]] * 99
    name = f"a base search while another client scans {users:,}"
    findings.note(server.name, f"{name}: median", per_cent[49] * 1e3, "ms", wrong=wrong)
    findings.note(server.name, f"{name}: 99 % take no longer than", per_cent[98] * 1e3, "ms", "20", wrong=wrong)
    findings.note(server.name, f"{name}: longest", max(took) * 1e3, "ms", wrong=wrong)
