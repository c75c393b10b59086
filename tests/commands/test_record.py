"""fakeldapd record: an application talks to a real server through it, and later to what was written, without it."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ldap3
import pytest
from commands.conftest import ROOT

from fakeldapd import FakeLDAPServer
from fakeldapd.recording.written import LDIF, STUBS

Run = Callable[..., Any]

BASE = "dc=corp,dc=test"
ADA, BOB = (f"uid={name},ou=people,{BASE}" for name in ("lovelace", "babbage"))
DATA = f"""\
dn: {BASE}
objectClass: domain
dc: corp

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: {ADA}
objectClass: inetOrgPerson
uid: lovelace
cn: Ada Lovelace
sn: Lovelace
givenName: Ada
mail: ada.lovelace@corp.test
telephoneNumber: +44 20 7946 0001
manager: {BOB}
userPassword: analytical-secret
description: wrote {{the}} first program

dn: {BOB}
objectClass: inetOrgPerson
uid: babbage
cn: Charles Babbage
sn: Babbage
mail: charles@corp.test
userPassword: {{SSHA}}W6ph5Mm5Pz8GgiULbPgzG37mj9g=

dn: cn=programmers,ou=people,{BASE}
objectClass: groupOfNames
cn: programmers
member: {ADA}
"""
SECRETS = ["analytical-secret", "wrong-secret", "new-secret", "W6ph5Mm5", "SSHA", "userPassword:"]
ORIGINALS = ["lovelace", "ada", "charles", "babbage", "corp.test", "7946", "programmers", "wrote", "nobody-here"]


@contextmanager
def recording(server: str, output: Path, *arguments: str, told: int = 1) -> Iterator[str]:
    """The proxy's URL; when the context is left, it has ended and has written its files."""
    words = [sys.executable, "-m", "fakeldapd", "record", server, "--listen", "ldap://127.0.0.1:0"]
    words += ["--output", str(output), *arguments]
    with (
        (output / "said").open("wb") as said,
        subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("fakeldapd ready "), (output / "said").read_text()
        try:
            yield line.split()[2]
        finally:
            for _ in range(told):
                process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, (output / "said").read_text()


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer(ldif=DATA) as server:
        yield server


class Words:
    """What the application says of people: as they are, or as the recording has them."""

    def __init__(self, output: Path | None = None) -> None:
        self._table: dict[str, str] = {}
        if output is not None:
            stubs = json.loads((output / STUBS).read_text())["stubs"]
            wanted = ["lovelace", "babbage", "nobody-here", "Ada"]
            found = [re.findall(r"\(uid=([\w-]+)\)", stub.get("filter", "")) for stub in stubs]
            names = list(dict.fromkeys(name for several in found for name in several))
            self._table = dict(zip(wanted, names, strict=False))

    def __call__(self, text: str) -> str:
        for name, shown in self._table.items():
            text = text.replace(name, shown)
        return text


def application(url: str, words: Words) -> list[Any]:
    """Everything that an application asks, and what it is answered."""
    seen: list[Any] = []
    with ldap3.Connection(ldap3.Server(url), raise_exceptions=False, auto_referrals=False) as anonymous:
        for name in ("lovelace", "babbage", "nobody-here"):
            seen.append(_search(anonymous, words(f"(uid={name})")))
        seen.append(_search(anonymous, "(objectClass=groupOfNames)", attributes=["member", "cn"]))
        anonymous.delete(words(ADA))
        seen.append(anonymous.result["result"])
    plain = ldap3.Server(url, get_info=ldap3.NONE)
    for password in ("wrong-secret", "analytical-secret"):
        client = ldap3.Connection(plain, words(ADA), password)
        seen.append(client.bind())
        if not client.bound:
            client.unbind()
    seen.append(_search(client, words("(uid=lovelace)")))
    seen.append(client.compare(words(ADA), "userPassword", "analytical-secret"))
    seen.append(client.compare(words(ADA), "sn", words("lovelace")))
    client.modify(words(ADA), {"userPassword": [(ldap3.MODIFY_REPLACE, ["analytical-secret"])]})
    seen.append(client.result["result"])
    client.search(BASE, "(objectClass=*)", attributes=["cn"], paged_size=2)
    seen.append(client.result["result"])
    client.search("ou=nowhere," + BASE, "(objectClass=*)")
    seen.append((client.result["result"], client.result["dn"]))
    client.unbind()
    return seen


def _search(client: Any, filter: str, **more: Any) -> Any:
    client.search(BASE, filter, **{"attributes": ["*"], **more})
    entries = [(each["dn"], dict(each["attributes"])) for each in client.response if "attributes" in each]
    for _, attributes in entries:
        attributes.pop("userPassword", None)
    return entries, client.result["result"]


def replayed(output: Path) -> FakeLDAPServer:
    return FakeLDAPServer(ldif=output / LDIF, stubs=output / STUBS, schema_check="off")


def everything(output: Path) -> str:
    return (output / LDIF).read_text() + (output / STUBS).read_text()


def test_kept_values_are_answered_as_they_were(upstream: FakeLDAPServer, tmp_path: Path) -> None:
    with recording(upstream.url, tmp_path, "--keep-values") as url:
        through = application(url, Words())
    assert through == application(upstream.url, Words())
    with replayed(tmp_path) as server:
        assert application(server.url, Words()) == through
        server.reset()
        assert application(server.url, Words()) == through
    assert ADA in everything(tmp_path)
    assert [secret for secret in SECRETS if secret in everything(tmp_path)] == []


def test_nobody_is_named_and_the_same_is_found(upstream: FakeLDAPServer, tmp_path: Path) -> None:
    with recording(upstream.url, tmp_path) as url:
        through = application(url, Words())
    text = everything(tmp_path)
    assert [word for word in ORIGINALS if re.search(rf"\b{word}\b", text, re.IGNORECASE)] == []
    assert [secret for secret in SECRETS if secret in text] == []
    with replayed(tmp_path) as server:
        again = application(server.url, Words(tmp_path))
        assert shape(again) == shape(through)
        [[(dn, attributes)], _] = again[0]
        assert attributes["manager"] == [again[1][0][0][0]]
        assert dn in again[3][0][0][1]["member"]
        entry = server.directory.get(dn)
        assert entry is not None
        assert entry["cn"] == attributes["cn"]


def shape(seen: Any) -> Any:
    """The same with every text as "": how much of what there is."""
    if isinstance(seen, str | bytes):
        return ""
    if isinstance(seen, dict):
        return {name: shape(value) for name, value in seen.items()}
    return [shape(each) for each in seen] if isinstance(seen, list | tuple) else seen


def test_the_same_conversation_gives_the_same_files(upstream: FakeLDAPServer, tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with recording(upstream.url, tmp_path / name) as url:
            application(url, Words())
        texts.append(everything(tmp_path / name))
    assert texts[0] == texts[1]


@pytest.mark.requires("slapd", "ldapsearch")
@pytest.mark.parametrize("keep", [["--keep-values"], []], ids=["kept", "anonymous"])
def test_slapd(keep: list[str], tmp_path: Path) -> None:
    from oracle.slapd import BASE as base
    from oracle.slapd import Slapd

    def ask(url: str, *words: str) -> tuple[int, str]:
        command = ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", url, "-b", base, *words]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.returncode, done.stdout

    from oracle.compare import UNIVERSE

    questions = [
        ["-s", "base"],
        ["(objectClass=*)"],
        ["-s", "one", "(objectClass=*)", "*", "+"],
        ["-E", "pr=2/noprompt", "cn"],
    ]
    with Slapd(UNIVERSE) as server:
        real = f"ldap://127.0.0.1:{server.port}"
        with recording(real, tmp_path, *keep) as url:
            through = [ask(url, *words) for words in questions]
        assert through == [ask(real, *words) for words in questions]
    with replayed(tmp_path) as again:
        found = [ask(again.url, *words) for words in questions]
    counted = [(code, text.count("dn:")) for code, text in through]
    assert [(code, text.count("dn:")) for code, text in found] == counted
    assert counted[1][1] > 3
    if keep:
        for (_, one), (_, other) in zip(found[:3], through[:3], strict=True):
            assert entries(one) == entries(other)


def entries(text: str) -> list[list[str]]:
    """Without passwords, which aren't kept; in any order, since references come behind entries, with one URI each."""
    lines = re.sub(r"^(userPassword|# refldap).*\n", "", text, flags=re.MULTILINE)
    found = re.split(r"^(?=dn:)", lines, flags=re.MULTILINE)
    return sorted(sorted(filter(None, each.splitlines())) for each in found if each.strip())


@pytest.fixture(scope="module")
def secure() -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer(ldif=DATA, tls=True, ldapi=True) as server:
        yield server


@pytest.mark.parametrize("scheme", ["ldaps", "ldapi"])
def test_other_transports_to_the_server(scheme: str, secure: FakeLDAPServer, tmp_path: Path) -> None:
    words = ["--ca-file", secure.ca_file or ""] if scheme == "ldaps" else []
    server = secure.ldaps_url if scheme == "ldaps" else secure.ldapi_url
    with (
        recording(server, tmp_path, "--keep-values", *words) as url,
        ldap3.Connection(ldap3.Server(url)) as client,
    ):
        assert client.search(BASE, "(uid=babbage)", attributes=["cn"])
    assert "cn: Charles Babbage" in (tmp_path / LDIF).read_text()


def test_starttls_goes_through_and_is_not_recorded(secure: FakeLDAPServer, tmp_path: Path) -> None:
    with recording(secure.url, tmp_path, "--keep-values") as url:
        client = ldap3.Connection(
            ldap3.Server(url, get_info=ldap3.NONE, tls=ldap3.Tls(validate=0)), ADA, "analytical-secret"
        )
        client.start_tls()
        assert client.bind()
        client.unbind()
    assert "StartTLS: what follows is encrypted and can't be recorded" in (tmp_path / "said").read_text()
    assert "1 connections, nothing to write" in (tmp_path / "said").read_text()


# --- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://x"], "http://x: the server's ldap://HOST:PORT"),
        (["ldap://"], "is expected"),
        (["ldap://x:port"], "is expected"),
        (["ldap://127.0.0.1/dc=com"], "is expected"),
        (["ldapi://"], "is expected"),
        (["ldap://127.0.0.1", "--insecure"], "write ldaps://"),
        (["ldaps://127.0.0.1", "--ca-file", "missing"], "--ca-file missing: No such file"),
        (["ldap://127.0.0.1", "--listen", "ldaps://127.0.0.1:0"], "what comes in has to be readable"),
        (["ldap://127.0.0.1", "--listen", "ldap://0.0.0.0:0"], "--allow-remote"),
        (["ldap://127.0.0.1", "--output", "/dev/null/x"], "--output /dev/null/x: "),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, run: Run) -> None:
    done = run("record", *arguments)
    assert done.code == 2
    assert said in done.err


def _recorded(*arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "fakeldapd", "record", *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"ldap://127.0.0.1:{gone.getsockname()[1]}"
    done = _recorded(url, "--listen", "ldap://127.0.0.1:0", "--output", str(tmp_path))
    assert done.returncode == 4
    assert f"cannot reach {url}: " in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken(upstream: FakeLDAPServer, tmp_path: Path) -> None:
    done = _recorded(upstream.url, "--listen", upstream.url, "--output", str(tmp_path))
    assert done.returncode == 4
    assert "cannot listen: " in done.stderr


def test_junk_from_a_client_harms_nobody_else(upstream: FakeLDAPServer, tmp_path: Path) -> None:
    with recording(upstream.url, tmp_path) as url:
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30) as junk:
            junk.sendall(b"GET / HTTP/1.1\r\n" * 10)
            assert junk.recv(1) == b""
        with ldap3.Connection(ldap3.Server(url)) as client:
            assert client.search(BASE, "(uid=babbage)")
    assert "not LDAP any more" in (tmp_path / "said").read_text()
    assert "1 entries below" in (tmp_path / "said").read_text()


def test_told_twice_to_end(upstream: FakeLDAPServer, tmp_path: Path) -> None:
    with recording(upstream.url, tmp_path, told=2) as url, ldap3.Connection(ldap3.Server(url)) as client:
        assert client.search(BASE, "(uid=babbage)")
    assert (tmp_path / STUBS).exists()


def test_nothing_was_said(upstream: FakeLDAPServer, tmp_path: Path) -> None:
    with recording(upstream.url, tmp_path):
        pass
    assert "nothing to write" in (tmp_path / "said").read_text()
    assert not (tmp_path / LDIF).exists()
