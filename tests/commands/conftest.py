"""Commands run in this process, and servers for them to talk to."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakeldapd import cli

ROOT = Path(cli.__file__).parents[1]
"""Where ``python -m fakeldapd`` finds it, installed or not."""

ADMIN = "cn=admin,dc=example,dc=com"
BASE_LDIF = "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n"


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run ``fakeldapd ARGUMENTS`` in this process."""

    def run(*arguments: object) -> Done:
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as error:  # argparse
            code = int(error.code or 0)
        sys.stdout.flush()
        return Done(code, *capfd.readouterr())

    return run


@dataclass
class Server:
    """A server whose administrator is ADMIN, password ``admin``."""

    name: str
    url: str

    @property
    def admin(self) -> tuple[str, ...]:
        """The arguments that connect to it as its administrator."""
        return ("--url", self.url, "-D", ADMIN, "-w", "admin")


@contextmanager
def fakeldapd(*arguments: str) -> Iterator[Server]:
    command = [
        sys.executable,
        "-m",
        "fakeldapd",
        "serve",
        "--listen",
        "ldap://127.0.0.1:0",
        "--admin-dn",
        ADMIN,
        *arguments,
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            line = process.stdout.readline()
            assert line.startswith("fakeldapd ready "), process.stderr.read()
            yield Server("fakeldapd", line.split()[2])
        finally:
            process.terminate()


_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit {size_limit}
database mdb
suffix dc=example,dc=com
rootdn cn=admin,dc=example,dc=com
rootpw admin
directory {home}
maxsize 67108864
dbnosync
"""


@contextmanager
def slapd(home: Path, ldif: Path, size_limit: int) -> Iterator[Server]:
    home.mkdir()
    program = shutil.which("slapd") or "/usr/sbin/slapd"
    configuration = home / "slapd.conf"
    configuration.write_text(_CONFIGURATION.format(home=home, size_limit=size_limit))
    subprocess.run([program, "-Tadd", "-q", "-f", configuration, "-l", ldif], check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}"
    with subprocess.Popen([program, "-d", "0", "-f", configuration, "-h", url], stderr=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.01)  # until it listens there is nothing to wait on
            yield Server("slapd", url)
        finally:
            process.terminate()


@pytest.fixture(params=["fakeldapd", pytest.param("slapd", marks=pytest.mark.requires("slapd"))])
def serve(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server with the entries of some LDIF; each of our own kind and slapd."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(ldif: str = BASE_LDIF, size_limit: int = 500) -> Server:
            file = tmp_path / "served.ldif"
            file.write_text(ldif)
            if request.param == "slapd":
                return stack.enter_context(slapd(tmp_path / "slapd", file, size_limit))
            return stack.enter_context(fakeldapd("--size-limit", str(size_limit), str(file)))

        yield start
