"""What it costs to keep every request: two servers of tests, one that does and one that doesn't, asked in turns.

Both run at the same time and each is asked a little, again and again, since the difference is small beside the noise
between two starts. What is compared is what one turn took with what the next to it took on the other, so that a machine
that has something else to do for a while is slow for both; the median of these ratios is what counts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from scripts.benchmark.client import replay
from scripts.benchmark.measure import Findings, say
from scripts.benchmark.servers import Server, python
from scripts.benchmark.workloads import (
    ADMIN,
    BASE,
    MODES,
    PASSWORD,
    Mode,
    Workload,
    bind,
    encoded,
    workloads,
    write_ldif,
)

USERS = 1000
TURNS = 51
"""How often each server is asked."""

ASKED = ("base", "equality", "and", "compare", "bind", "modify")
"""The workloads."""

AIM = "25"
"""How many percent more CPU time an operation may take."""

_SERVE = """
import sys
from fakeldapd import FakeLDAPServer
with FakeLDAPServer({ldif!r}, base={base!r}, admin_dn={admin!r}, admin_password={password!r}) as server:
    if not {recording}:
        server.directory.set_layer("recorder", None)
    print(server.url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def _server(recording: bool, ldif: Path, home: Path) -> Iterator[Server]:
    code = _SERVE.format(ldif=str(ldif), base=BASE, admin=ADMIN, password=PASSWORD, recording=recording)
    home.mkdir()
    with python(["-c", code], home) as (pid, line):
        yield Server("recording" if recording else "not", int(line.rpartition(":")[2]), pid, 0.0)


def recording(findings: Findings, work: Path, scale: float) -> None:
    """Measure it for each of ASKED, in each mode."""
    say("what it costs to keep every request")
    ldif = work / "recording.ldif"
    write_ldif(ldif, USERS)
    asked = [each for each in workloads(USERS, scale / 10) if each.name in ASKED]
    with _server(True, ldif, work / "recording") as one, _server(False, ldif, work / "not-recording") as other:
        for mode in MODES:
            for workload in asked:
                more = _more(one, other, mode, workload)
                findings.note(
                    "fakeldapd", f"keeping requests, {workload.name}, {mode.name}: more CPU time", more, "%", AIM
                )


def _more(one: Server, other: Server, mode: Mode, workload: Workload) -> float:
    """How many percent more CPU time the one has taken."""
    used: dict[str, list[float]] = {one.name: [], other.name: []}
    for turn in range(TURNS + 1):
        for each in (one, other) if turn % 2 else (other, one):
            tally = replay(
                each.port,
                workload.requests,
                connections=mode.connections,
                window=min(mode.window, workload.window),
                bind=encoded([bind(ADMIN, PASSWORD)])[0] if workload.as_admin else None,
                clock=each.cpu,
            )
            if turn:  # the first is for indexes and caches
                used[each.name].append(tally.cpu)
    return median(more / less for more, less in zip(used[one.name], used[other.name], strict=True)) * 100 - 100
