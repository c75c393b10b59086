"""What the layers around a directory cost: servers of tests that differ in nothing else, asked in turns.

A layer's cost is small beside the noise between two processes' starts, so all servers run at the same time, and each is
asked a little, again and again. What is compared are the medians.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from scripts.benchmark.client import replay
from scripts.benchmark.measure import Findings, say
from scripts.benchmark.servers import Server, python
from scripts.benchmark.workloads import ADMIN, BASE, PASSWORD, SINGLE, bind, encoded, workloads, write_ldif

USERS = 1000
TURNS = 15
"""How often each server is asked."""

_OTHERS = f"""
server.fault(op="bind", code="busy", identity="users")
server.fault(op="search", under="ou=groups,{BASE}", action="hang")
server.stub(op="search", filter="(mail=nobody@example.com)", entries={{}})
"""
_CLOSED = """
server.fault(op="search", code="busy").close()
server.stub(op="search", code="busy").close()
"""
LAYERS: Mapping[str, tuple[str, str]] = {
    "a base search after a fault and a stub were closed": (_CLOSED, "5"),
    "a base search beside two faults and a stub for other requests": (_OTHERS, ""),
}
"""What is done to a server before it is asked, and how many percent more CPU time that may cost, "" for no aim."""

_SERVE = """
import sys
from fakeldapd import FakeLDAPServer
with FakeLDAPServer({ldif!r}, base={base!r}, admin_dn={admin!r}, admin_password={password!r}) as server:
    {rules}
    print(server.url, flush=True)
    sys.stdin.read()
"""


@contextmanager
def _server(name: str, rules: str, ldif: Path, home: Path) -> Iterator[Server]:
    code = _SERVE.format(
        ldif=str(ldif), base=BASE, admin=ADMIN, password=PASSWORD, rules=rules.strip().replace("\n", "\n    ")
    )
    home.mkdir()
    with python(["-c", code], home) as (pid, line):
        yield Server(name, int(line.rpartition(":")[2]), pid, 0.0)


def layers(findings: Findings, work: Path, scale: float) -> None:
    """Measure each of LAYERS against a server without."""
    say("what layers cost")
    ldif = work / "layers.ldif"
    write_ldif(ldif, USERS)
    requests = next(each for each in workloads(USERS, scale / 10) if each.name == "base").requests
    administrator = encoded([bind(ADMIN, PASSWORD)])[0]
    with ExitStack() as stack:
        plain = stack.enter_context(_server("", "pass", ldif, work / "layer"))
        servers = [
            stack.enter_context(_server(name, rules, ldif, work / f"layer{number}"))
            for number, (name, (rules, _)) in enumerate(LAYERS.items())
        ]
        used: dict[str, list[float]] = {each.name: [] for each in (plain, *servers)}
        for turn in range(TURNS + 1):
            for each in (plain, *servers) if turn % 2 else (*servers, plain):
                tally = replay(
                    each.port, requests, connections=1, window=SINGLE.window, bind=administrator, clock=each.cpu
                )
                if turn:  # the first is for indexes and caches
                    used[each.name].append(tally.cpu)
    for name, (_, aim) in LAYERS.items():
        more = median(used[name]) / median(used[""]) * 100 - 100
        findings.note("fakeldapd", f"{name}: more CPU time", more, "%", aim)
