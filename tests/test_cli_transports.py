"""The command on every transport, as people and systemd start it: what it says, and that what it says is so."""

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakeldapd import certificates
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection

LONG = 60

AS_SYSTEMD = """
import fcntl, os, sys
names, first, *rest = sys.argv[1:]
fds = first.split(",")
copies = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in fds]  # out of the way of 3, 4, 5
for number, fd in enumerate(copies):
    os.dup2(fd, 3 + number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)), LISTEN_FDNAMES=names)
os.execv(rest[0], rest)
"""


class Started:
    """A server in a process of its own, and what it has said."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self.urls = process.stdout.readline().split()[2:]

    def banner(self) -> dict[str, str]:
        """The lines of the banner by their beginnings."""
        found: dict[str, str] = {}
        assert self.process.stderr is not None
        while "try:" not in found:
            words = self.process.stderr.readline().strip().split("  ", 1)
            found[words[0]] = words[-1].strip()
        return found


@pytest.fixture
def start() -> Iterator[Callable[..., Started]]:
    """``start(*words, before=[], **Popen's)``."""
    with_stack: list[subprocess.Popen[str]] = []

    def start(*words: str, before: list[str] | None = None, **options: Any) -> Started:
        command = [*(before or []), sys.executable, "-W", "error", "-m", "fakeldapd", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        with_stack.append(process)
        return Started(process)

    yield start
    for process in with_stack:
        process.terminate()
        assert "Traceback" not in process.communicate(timeout=LONG)[1]
        assert process.returncode == 0


def answers(client: socket.socket) -> bool:
    """Whether an LDAP server is at the other end."""
    connection = Connection(client=True)
    client.sendall(connection.send(1, m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"))))
    return isinstance(connection.receive(client.recv(65536))[0].op, m.SearchResultEntry)


@pytest.mark.requires("ldapsearch")
def test_what_is_said_of_ldaps(start: Callable[..., Started], tmp_path: Path) -> None:
    server = start("--tls", "auto", "--tls-directory", str(tmp_path), "--listen", "ldaps://127.0.0.1:0")
    said = server.banner()
    assert said["CA"] == str(tmp_path / "ca.pem")
    assert said["listening on"] == server.urls[0]
    shown = subprocess.run(said["try:"], shell=True, capture_output=True, text=True, timeout=LONG)
    assert shown.returncode == 0, shown.stderr
    assert "dn: uid=alice,ou=people,dc=example,dc=com" in shown.stdout


@pytest.mark.requires("ldapsearch")
def test_what_is_said_of_ldapi(start: Callable[..., Started], tmp_path: Path) -> None:
    server = start("--listen", "ldapi://" + str(tmp_path / "it's here").replace("/", "%2F").replace(" ", "%20"))
    said = server.banner()
    assert "CA" not in said
    shown = subprocess.run(said["try:"], shell=True, capture_output=True, text=True, timeout=LONG)
    assert "dn: uid=alice,ou=people,dc=example,dc=com" in shown.stdout


def test_the_authority_is_in_the_users_own_directory(start: Callable[..., Started], tmp_path: Path) -> None:
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}
    server = start("--tls", "auto", "--listen", "ldap://127.0.0.1:0", env=env)
    printed = subprocess.run(
        [sys.executable, "-m", "fakeldapd", "ca"], env=env, capture_output=True, text=True, timeout=LONG, check=True
    )
    assert server.banner()["CA"] == str(tmp_path / "fakeldapd" / "ca.pem")
    assert printed.stdout == (tmp_path / "fakeldapd" / "ca.pem").read_text()


def test_sockets_from_systemd_of_every_kind(start: Callable[..., Started], tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as plain,
        socket.create_server(("127.0.0.1", 0)) as secure,
        socket.socket(socket.AF_UNIX) as local,
    ):
        local.bind(str(tmp_path / "socket"))
        local.listen()
        os.chmod(tmp_path / "socket", 0o600)
        fds = [each.fileno() for each in (plain, secure, local)]
        before = [sys.executable, "-c", AS_SYSTEMD, "ldap:ldaps:ldapi", ",".join(map(str, fds))]
        words = ("--listen", "systemd:", "--tls", "auto", "--tls-directory", str(tmp_path))
        server = start(*words, before=before, pass_fds=fds)
        ports = [each.getsockname()[1] for each in (plain, secure)]
        expected = [f"ldap://127.0.0.1:{ports[0]}", f"ldaps://127.0.0.1:{ports[1]}"]
        assert server.urls == [*expected, "ldapi://" + str(tmp_path / "socket").replace("/", "%2F")]
        context = ssl.create_default_context(cafile=str(certificates.ensure(tmp_path).ca))
        with socket.create_connection(("127.0.0.1", ports[0]), LONG) as client:
            assert answers(client)
        with (
            socket.create_connection(("127.0.0.1", ports[1]), LONG) as below,
            context.wrap_socket(below, server_hostname="localhost") as client,
        ):
            assert answers(client)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(LONG)
            client.connect(str(tmp_path / "socket"))
            assert answers(client)
        server.process.terminate()
        assert server.process.wait(LONG) == 0
        assert (tmp_path / "socket").stat().st_mode & 0o777 == 0o600


def test_ldaps_from_systemd_needs_a_certificate() -> None:
    with socket.create_server(("127.0.0.1", 0)) as passed:
        fd = passed.fileno()
        words = [sys.executable, "-c", AS_SYSTEMD, "ldaps", str(fd), sys.executable, "-m", "fakeldapd"]
        ended = subprocess.run(
            [*words, "--listen", "systemd:"], pass_fds=[fd], capture_output=True, text=True, timeout=LONG
        )
    assert ended.returncode == 2
    assert "--tls auto" in ended.stderr
