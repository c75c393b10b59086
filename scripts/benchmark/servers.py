"""The servers that are compared: each a process of its own on a free loopback port, for as long as a ``with`` lasts.

slapd gets what makes it fast and what it must have to give the same answers: its mdb backend without waiting for the
disk, equality indexes on what is searched for, the schemas that the data needs, no access rules.
"""

import os
import resource
import select
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fakeldapd.protocol.messages import Scope
from scripts.benchmark.client import Broken, Link
from scripts.benchmark.workloads import ADMIN, BASE, PASSWORD, encoded, search

ROOT = Path(__file__).parents[2]
START = 600.0
"""Seconds after which a server that isn't ready is given up."""

_SCHEMAS = Path("/etc/ldap/schema")
_CONFIGURATION = """
{includes}
pidfile {home}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload sssvlv
sizelimit unlimited
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {home}/db
maxsize 4294967296
index objectClass,uid,mail,member eq
dbnosync
overlay sssvlv
"""


def cpu_seconds(pid: int) -> float:
    """What a running process and all its threads have used, user and system (Linux's clock_getcpuclockid(3)).

    /proc/PID/stat has the same in hundredths of a second.
    """
    return time.clock_gettime((~pid << 3) | 2)


def resident(pid: int) -> int:
    """The resident memory of a process in octets."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is ready; ``load_cpu`` is the CPU time in seconds that this took, loading included."""

    name: str
    port: int
    pid: int
    load_cpu: float

    def cpu(self) -> float:
        """Its CPU time so far, in seconds."""
        return cpu_seconds(self.pid)

    def resident(self) -> int:
        """Its resident memory in octets."""
        return resident(self.pid)


Start = Callable[[Path, Path], AbstractContextManager[Server]]
"""Starts a server with an LDIF file; the second path is a directory of its own."""


@contextmanager
def _process(command: Sequence[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAKELDAPD_")}
    environment["PYTHONPATH"] = str(ROOT)
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextmanager
def python(arguments: Sequence[str], home: Path) -> Iterator[tuple[int, str]]:
    """A Python process that has written its first line: its id and the line. Raises Broken with its own words."""
    log = home / "log"
    with _process([sys.executable, *arguments], log) as process:
        assert process.stdout is not None
        ready = select.select([process.stdout], [], [], START)[0]
        line = process.stdout.readline().decode() if ready else ""
        if not line:
            raise Broken(f"{' '.join(arguments)}: {log.read_text(errors='replace').strip() or 'it does not start'}")
        yield process.pid, line


@contextmanager
def fakeldapd(ldif: Path | None, home: Path) -> Iterator[Server]:
    """Ours; ``ldif`` None: with its sample directory."""
    command = ["-m", "fakeldapd", "serve", "--listen", "ldap://127.0.0.1:0"]
    if ldif is not None:
        command += ["--base", BASE, "--admin-dn", ADMIN, "--admin-password", PASSWORD, str(ldif)]
    with python(command, home) as (pid, line):
        used = cpu_seconds(pid)
        yield Server("fakeldapd", int(line.rstrip("/\n").rpartition(":")[2]), pid, used)


def slapd_program() -> str | None:
    """Where slapd is; an ordinary user's PATH doesn't have it."""
    there = all((_SCHEMAS / f"{name}.schema").exists() for name in ("core", "inetorgperson"))
    return shutil.which("slapd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") if there else None


def slapd_version() -> str:
    """As slapd says it, "OpenLDAP 2.5.13" or so."""
    said = subprocess.run([slapd_program() or "slapd", "-VV"], capture_output=True, text=True).stderr
    words = said.replace("$", " ").split()
    return f"OpenLDAP {words[words.index('slapd') + 1]}" if "slapd" in words else "slapd"


@contextmanager
def slapd(ldif: Path, home: Path) -> Iterator[Server]:
    """OpenLDAP's, loaded by slapadd in its quick mode."""
    program = slapd_program()
    assert program is not None
    shutil.rmtree(home / "db", ignore_errors=True)
    (home / "db").mkdir()
    includes = "\n".join(f"include {_SCHEMAS}/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
    configuration = home / "slapd.conf"
    configuration.write_text(
        _CONFIGURATION.format(includes=includes, home=home, base=BASE, admin=ADMIN, password=PASSWORD)
    )
    before = _children_cpu()
    load = [program, "-T", "add", "-q", "-f", str(configuration), "-l", str(ldif)]
    done = subprocess.run(load, capture_output=True, text=True)
    if done.returncode:
        raise Broken(f"slapadd: {done.stderr.strip()}")
    used = _children_cpu() - before
    port = _free_port()
    command = [program, "-d", "0", "-f", str(configuration), "-h", f"ldap://127.0.0.1:{port}"]
    with _process(command, home / "log") as process:
        _wait_for(port)
        yield Server("slapd", port, process.pid, used + cpu_seconds(process.pid))


def _children_cpu() -> float:
    """What the processes that have ended used, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def _wait_for(port: int) -> None:
    """Until the root DSE can be read. Raises Broken."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        with suppress(OSError), closing(Link(port)) as link:
            link.ask(encoded([search("", Scope.BASE, "(objectClass=*)")])[0])
            return
        time.sleep(0.01)
    raise Broken("slapd does not start")
