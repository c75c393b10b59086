"""The command, run as people run it: what it says where, how it ends, and with which exit code."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakeldapd import __version__, cli
from fakeldapd.commands.serve import SAMPLE_USERS
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection

LONG = 60
"""Seconds after which a server that doesn't do what it should is given up."""

LDIF = """\
dn: o=acme
objectClass: organization
o: acme

dn: cn=bob,o=acme
objectClass: person
cn: bob
sn: b
userPassword: bob-secret
"""

SEARCH = m.SearchRequest(b"o=acme", 2, 0, 0, 0, False, m.Present(b"objectClass"), (b"cn",))


def command(*words: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "fakeldapd", *words]


class Running:
    """A server in a process of its own, ready."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self.line = process.stdout.readline()
        self.urls = self.line.split()[2:]

    def ask(self, *ops: m.RequestOp, bind: tuple[str, str] | None = None) -> list[m.ProtocolOp]:
        """Everything that is answered, as one connection sends these one after another."""
        host, _, port = self.urls[0].removeprefix("ldap://").rpartition(":")
        connection = Connection(client=True)
        if bind:
            ops = (m.BindRequest(3, bind[0].encode(), m.SimpleAuthentication(bind[1].encode())), *ops)
        answers: list[m.ProtocolOp] = []
        last = 0
        with socket.create_connection((host.strip("[]"), int(port)), LONG) as to_server:
            for number, op in enumerate(ops, 1):
                to_server.sendall(connection.send(number, op))
                while last != number or not isinstance(answers[-1], m.LDAPResult):
                    for message in connection.receive(to_server.recv(65536)):
                        last = message.message_id
                        answers.append(message.op)
        return answers

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Tell it to end; gives the exit code and what it said on standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=LONG)
        return self.process.returncode, errors


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """``start(*words, env={}, **Popen's)``: a running server on a free port."""
    processes: list[subprocess.Popen[str]] = []

    def start(*words: str, env: dict[str, str] | None = None, **options: Any) -> Running:
        process = subprocess.Popen(
            options.pop("command", None) or command("--listen", "ldap://127.0.0.1:0", *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
            **options,
        )
        processes.append(process)
        return Running(process)

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def ldif(tmp_path: Path) -> str:
    path = tmp_path / "acme.ldif"
    path.write_text(LDIF)
    return str(path)


def run(*words: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=LONG, env=env)


# --- without serving ---


@pytest.mark.parametrize("words", [["--version"], ["serve", "--version"], ["check", "--version"]])
def test_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 0
    assert capsys.readouterr().out == f"fakeldapd {__version__}\n"


@pytest.mark.parametrize("words", [[], ["serve"]])
def test_help_lists_commands_options_examples_and_exit_codes(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main([*words, "--help"])
    text = capsys.readouterr().out
    for piece in (*cli.COMMANDS, "--listen", "examples:", "Exit codes", "fakeldapd ready URL", "FAKELDAPD_"):
        assert piece in text


@pytest.mark.parametrize("name", [name for name in cli.COMMANDS if name != "serve"])
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main([name, "--help"])
    assert f"fakeldapd {name}" in capsys.readouterr().out


def test_version_needs_neither_twisted_nor_the_directory() -> None:
    code = (
        "import sys; from fakeldapd.cli import main; main(['--version']); "
        "print([name for name in sys.modules if name.partition('.')[0] in ('twisted', 'ldaptor', 'ldap3')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LONG, check=True)
    assert shown.stdout.splitlines()[1] == "[]"


BAD_LDIF = "dn: o=acme\nobjectClass: organization\no: acme\nfooBar: x\n"
BAD_SCHEMA = "attributetype ( 1.2.3 NAME 'x' SUP noSuch )\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--no-such-option"], 2, "--no-such-option"),
        (["--size-limit", "few"], 2, "--size-limit"),
        (["--listen", "http://127.0.0.1"], 2, "not an LDAP URL"),
        (["--listen", "ldap://0.0.0.0:0"], 2, "--allow-remote"),
        (["--listen", "ldaps://127.0.0.1:0"], 2, "needs a certificate: --tls auto, or --tls-cert FILE"),
        (["--tls", "auto", "--tls-cert", "x.pem"], 2, "leave one out"),
        (["--tls-key", "x.pem"], 2, "the certificate that it belongs to is missing"),
        (["--tls-ca", "x.pem"], 2, "there is no TLS without"),
        (["--tls-directory", "x"], 2, "is for --tls auto only"),
        (["--tls-client-cert", "try"], 2, "there is no TLS without"),
        (["--tls-client-cert", "demand", "--tls-cert", "x.pem"], 2, "--tls-ca FILE"),
        (["--tls-client-cert", "perhaps"], 2, "one of none, try, demand is expected"),
        (["--tls-cert", "{tmp}/missing.pem"], 2, "--tls-cert {tmp}/missing.pem: No such file"),
        (["--tls-cert", "{tmp}/bad.ldif"], 2, "--tls-cert {tmp}/bad.ldif: there is no certificate in it"),
        (["--tls", "auto", "--tls-ca", "{tmp}/missing.pem"], 2, "--tls-ca {tmp}/missing.pem: No such file"),
        (["--tls", "auto", "--tls-directory", "{tmp}/bad.ldif"], 2, "--tls-directory DIR takes another place"),
        (["--record-requests", "{tmp}/missing/asked"], 2, "missing/asked: there is no such directory"),
        (["--record-requests", "{tmp}"], 2, "--record-requests {tmp}: a file is expected"),
        (["--record-requests", "{tmp}/bad.ldif/asked"], 2, "there is no such directory"),
        (["--base", "garbage"], 2, "--base garbage"),
        (["--admin-dn", "garbage"], 2, "--admin-dn garbage"),
        (["--base", "o=a", "--base", "O=A", "--empty"], 2, "twice"),
        (["--access", "to * by * reed"], 2, "--access to * by * reed: 'reed' is neither"),
        (["--access", "to * by peername.ip=::1 read"], 2, "'peername' is not supported"),
        (["--access", "@{tmp}/bad.access"], 3, "bad.access:3: there is no attribute"),
        (["--access", "@{tmp}/missing.access"], 3, "missing.access: No such file"),
        (["--limits", "users"], 2, "--limits: 'users'"),
        (["--restrict", "extended=1.2.3"], 2, "--restrict extended=1.2.3"),
        (["--referral", "http://x"], 2, "--referral: "),
        (["{tmp}/missing.ldif"], 3, "missing.ldif: No such file"),
        (["{tmp}/bad.ldif"], 3, "bad.ldif:4: "),
        (["{tmp}/empty.ldif"], 3, "empty.ldif: no entry"),
        (["--schema", "{tmp}/bad.schema"], 3, "bad.schema:1: "),
        (["--schema", "noSuch"], 3, "noSuch"),
        (["--schema", "nis,rfc2307bis"], 3, "exclude each other"),
        (["--base", "o=other", "{tmp}/good.ldif"], 3, "good.ldif:1: "),
        (["--listen", "ldap://127.0.0.1:{port}"], 4, "something listens there already"),
    ],
)
def test_what_is_wrong_is_said_and_has_its_exit_code(words: list[str], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.ldif").write_text(BAD_LDIF)
    (tmp_path / "bad.access").write_text("# rules\naccess to * by users read\naccess to * by dnattr=noSuch read\n")
    (tmp_path / "bad.schema").write_text(BAD_SCHEMA)
    (tmp_path / "empty.ldif").write_text("# nothing\n")
    (tmp_path / "good.ldif").write_text(LDIF)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fill = {"tmp": tmp_path, "port": taken.getsockname()[1]}
        ended = run(*(word.format(**fill) for word in words), env={**os.environ, "XDG_STATE_HOME": str(tmp_path)})
    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    assert said.format(**fill) in ended.stderr
    assert "Traceback" not in ended.stderr


# --- serving ---


def test_requests_go_to_a_file(start: Callable[..., Running], ldif: str, tmp_path: Path) -> None:
    file = tmp_path / "asked.jsonl"
    server = start(ldif, "--record-requests", str(file))
    server.ask(SEARCH, bind=("cn=bob,o=acme", "bob-secret"))
    assert server.end()[0] == 0
    text = file.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(each["op"], each["identity"], each["outcome"]) for each in lines] == [
        ("bind", "", "0 success"),
        ("search", "cn=bob,o=acme", "0 success, 2 entries"),
    ]
    assert "bob-secret" not in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_from_its_first_line_to_its_end(
    start: Callable[..., Running], ldif: str, tmp_path: Path, number: int
) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text("from before")
    server = start(ldif, "--ready-file", str(ready))
    assert server.line == f"fakeldapd ready {server.urls[0]}\n"
    assert json.loads(ready.read_text()) == {
        "urls": server.urls,
        "pid": server.process.pid,
        "bases": ["o=acme"],
        "admin_dn": "cn=admin,o=acme",
        "ca_file": None,
    }
    assert [type(answer).__name__ for answer in server.ask(SEARCH, bind=("cn=admin,o=acme", "admin"))] == [
        "BindResponse",
        "SearchResultEntry",
        "SearchResultEntry",
        "SearchResultDone",
    ]
    code, errors = server.end(number)
    assert code == 0
    assert "Traceback" not in errors
    for piece in (server.urls[0], "o=acme", "cn=admin,o=acme", "password      admin", "ldapsearch -x -H"):
        assert piece in errors
    assert "bob-secret" not in errors
    assert sorted(path.name for path in tmp_path.iterdir()) == ["acme.ldif"]


def test_the_sample_is_served_and_its_users_can_bind(start: Callable[..., Running]) -> None:
    server = start()
    for dn, password in SAMPLE_USERS:
        assert server.ask(bind=(dn, password)) == [m.BindResponse()]
    assert server.ask(bind=("cn=admin,dc=example,dc=com", "admin")) == [m.BindResponse()]
    _, errors = server.end()
    assert all(dn in errors and password in errors for dn, password in SAMPLE_USERS)


@pytest.mark.requires("ldapsearch")
def test_the_suggested_line_works_when_pasted(start: Callable[..., Running]) -> None:
    server = start()
    assert server.process.stderr is not None
    line = ""
    while not line.startswith("try:"):
        line = server.process.stderr.readline()
    shown = subprocess.run(line.removeprefix("try:"), shell=True, capture_output=True, text=True, timeout=LONG)
    assert shown.returncode == 0, shown.stderr
    assert "dn: uid=alice,ou=people,dc=example,dc=com" in shown.stdout
    assert shlex.split(line)[1] == "ldapsearch"


def test_a_chosen_password_is_never_shown(start: Callable[..., Running], ldif: str, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("chosen\n")
    server = start(ldif, "--admin-password-file", str(file), "--log-level", "debug")
    assert server.ask(bind=("cn=admin,o=acme", "chosen")) == [m.BindResponse()]
    assert server.ask(bind=("cn=admin,o=acme", "guessed")) == [m.BindResponse(49)]
    _, errors = server.end()
    assert "chosen" not in errors
    assert "guessed" not in errors
    assert "bind client=" in errors


def test_json_log_lines(start: Callable[..., Running], ldif: str) -> None:
    server = start(ldif, "--log", "json", "--log-level", "info")
    server.ask(SEARCH, bind=("cn=bob,o=acme", "bob-secret"))
    _, errors = server.end()
    lines = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
    bind, search = (next(line for line in lines if line.get("operation") == name) for name in ("bind", "search"))
    assert (bind["dn"], bind["method"], bind["code"]) == ("cn=bob,o=acme", "simple", 0)
    assert (search["who"], search["scope"], search["filter"]) == ("cn=bob,o=acme", "sub", "(objectClass=*)")
    assert (search["entries"], search["code"]) == (2, 0)
    assert "bob-secret" not in errors


def test_several_addresses_and_bases_without_entries(start: Callable[..., Running]) -> None:
    server = start("--empty", "--base", "dc=a", "--base", "dc=b", "--listen", "ldap://127.0.0.2:0")
    assert [url.rpartition(":")[0] for url in server.urls] == ["ldap://127.0.0.1", "ldap://127.0.0.2"]
    root = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"), (b"namingContexts",))
    entry = server.ask(root)[0]
    assert isinstance(entry, m.SearchResultEntry)
    assert b"dc=a" in entry.attributes[0]
    assert b"dc=b" in entry.attributes[0]
    add = m.AddRequest(b"dc=a", (m.Attribute(b"objectClass", (b"domain",)), m.Attribute(b"dc", (b"a",))))
    assert server.ask(add, bind=("cn=admin,dc=a", "admin")) == [m.BindResponse(), m.AddResponse()]


def test_options_reach_the_server(start: Callable[..., Running], ldif: str) -> None:
    env = {"FAKELDAPD_SIZE_LIMIT": "1", "FAKELDAPD_READ_ONLY": "yes", "FAKELDAPD_MAX_MESSAGE_SIZE": "1000"}
    server = start(ldif, "--anonymous", "deny", env=env)
    assert server.ask(SEARCH)[-1] != m.SearchResultDone()
    answers = server.ask(SEARCH, m.DeleteRequest(b"cn=bob,o=acme"), bind=("cn=bob,o=acme", "bob-secret"))
    codes = [answer.code for answer in answers if isinstance(answer, m.LDAPResult)]
    assert codes == [0, 4, 53]
    assert len(answers) == 4


@pytest.mark.parametrize("notice", [False, True])
def test_connections_are_closed_when_it_ends(start: Callable[..., Running], notice: bool) -> None:
    server = start(*["--notice-on-stop"] * notice)
    host, _, port = server.urls[0].removeprefix("ldap://").rpartition(":")
    with socket.create_connection((host, int(port)), LONG) as idle:
        server.ask()
        idle.sendall(Connection().send(1, SEARCH))
        assert idle.recv(65536)
        assert server.end()[0] == 0
        rest = idle.recv(65536)
    assert (m.NOTICE_OF_DISCONNECTION in rest) is notice
    assert bool(rest) is notice


AS_SYSTEMD = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_sockets_from_systemd(start: Callable[..., Running], tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    with (
        socket.create_server(("127.0.0.1", 0)) as passed,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard,
    ):
        heard.settimeout(LONG)
        heard.bind(name)
        fd, port = passed.fileno(), passed.getsockname()[1]
        process = command("--listen", "systemd:")
        server = start(
            command=[sys.executable, "-c", AS_SYSTEMD, str(fd), *process], env={"NOTIFY_SOCKET": name}, pass_fds=[fd]
        )
        assert server.urls == [f"ldap://127.0.0.1:{port}"]
        assert heard.recv(100) == b"READY=1"
        assert server.ask(bind=("cn=admin,dc=example,dc=com", "admin")) == [m.BindResponse()]
        assert server.end()[0] == 0
        assert heard.recv(100) == b"STOPPING=1"
