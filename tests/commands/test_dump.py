"""fakeldapd dump: from our own server and from slapd, and LDIF that loads again."""

import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd import FakeLDAPServer
from fakeldapd.certificates import ensure
from fakeldapd.commands.dump import Found, superiors_first
from fakeldapd.directory.ldif import ContentRecord, read
from fakeldapd.protocol.decode import decode_message
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.messages import BindResponse

Run = Callable[..., Any]
Serve = Callable[..., Any]

SAMPLE = """\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn:: dWlkPWpvc8OpLG91PXBlb3BsZSxkYz1leGFtcGxlLGRjPWNvbQ==
objectClass: inetOrgPerson
uid:: am9zw6k=
cn:: Sm9zw6kgR2FyY8OtYQ==
sn:: R2FyY8OtYQ==
description: a description that is long enough to be folded when it is written, twice, because it goes on and on and
  on and on and on and on
jpegPhoto:: /9j/4AAQSkZJRgA=
userPassword: secret

dn: ou=elsewhere,dc=example,dc=com
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://other.example/ou=elsewhere,dc=example,dc=com

"""


def _many(count: int) -> str:
    people = (f"dn: cn={n},dc=example,dc=com\nobjectClass: person\ncn: {n}\nsn: {n}\n\n" for n in range(count))
    return "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n" + "".join(people)


def _entries(text: str) -> dict[bytes, dict[bytes, set[bytes]]]:
    found = {}
    for record in read(text):
        assert isinstance(record, ContentRecord)
        found[record.dn] = {name: set(values) for name, values in record.attributes}
    return found


def test_everything(serve: Serve, run: Run, tmp_path: Path) -> None:
    server = serve(SAMPLE)
    done = run("dump", *server.admin)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("version: 1\n\ndn: dc=example,dc=com\n")
    assert _entries(done.out) == _entries(SAMPLE)
    (tmp_path / "again.ldif").write_text(done.out)
    assert run("check", tmp_path / "again.ldif").out == "good: 4 entries\n"


def test_operational(serve: Serve, run: Run, tmp_path: Path) -> None:
    done = run("dump", *serve(SAMPLE).admin, "--operational")
    assert done.code == 0
    for attributes in _entries(done.out).values():
        names = {name.lower() for name in attributes}
        assert {b"entryuuid", b"createtimestamp", b"structuralobjectclass"} <= names
        assert not names & {b"entrydn", b"hassubordinates", b"subschemasubentry"}
    (tmp_path / "again.ldif").write_text(done.out)
    assert run("check", tmp_path / "again.ldif").out == "good: 4 entries\n"


def test_part(serve: Serve, run: Run) -> None:
    server = serve(SAMPLE)
    done = run("dump", *server.admin, "--base", "ou=people,dc=example,dc=com", "(sn=*)")
    assert [dn.decode() for dn in _entries(done.out)] == ["uid=jos\u00e9,ou=people,dc=example,dc=com"]
    done = run("dump", *server.admin, "(sn=nobody)")
    assert (done.code, done.out) == (0, "version: 1\n\n")
    done = run(
        "dump", *server.admin, "--base", "ou=people,dc=example,dc=com", "--base", "ou=elsewhere,dc=example,dc=com"
    )
    assert [dn.partition(b",")[0] for dn in _entries(done.out)] == [
        b"ou=people",
        "uid=jos\u00e9".encode(),
        b"ou=elsewhere",
    ]


def test_subentries_are_dumped(serve: Serve, run: Run) -> None:
    subentry = "dn: cn=sub,dc=example,dc=com\nobjectClass: subentry\ncn: sub\nsubtreeSpecification: {}\n"
    done = run("dump", *serve(SAMPLE.rstrip() + "\n\n" + subentry).admin)
    assert (done.code, done.err) == (0, "")
    assert b"cn=sub,dc=example,dc=com" in _entries(done.out)


def test_more_than_a_page(serve: Serve, run: Run) -> None:
    done = run("dump", *serve(_many(1100)).admin)
    assert (done.code, done.err) == (0, "")
    assert len(_entries(done.out)) == 1101


def test_size_limit(serve: Serve, run: Run, tmp_path: Path) -> None:
    server = serve(_many(20), size_limit=5)
    done = run("dump", "--url", server.url)
    assert done.code == 3
    assert done.err == (
        "fakeldapd dump: 'dc=example,dc=com': sizeLimitExceeded (4) after 5 entries\n"
        "(the server's size limit; bind as its administrator (-D, -w), raise the limit, or dump parts with --base)\n"
    )
    assert run("dump", "--url", server.url, "-o", tmp_path / "part.ldif").code == 3
    assert not (tmp_path / "part.ldif").exists()


def test_output_file(serve: Serve, run: Run, tmp_path: Path) -> None:
    server = serve(SAMPLE)
    file = tmp_path / "out.ldif"
    file.write_text("before")
    done = run("dump", *server.admin, "-o", file)
    assert (done.code, done.out, done.err) == (0, "", "")
    assert _entries(file.read_text()) == _entries(SAMPLE)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = run("dump", *server.admin, "-o", tmp_path / "missing" / "out.ldif")
    assert (done.code, done.err) == (
        2,
        f"fakeldapd dump: --output {tmp_path}/missing/out.ldif: No such file or directory\n",
    )
    assert run("dump", *server.admin, "--base", "dc=nowhere", "-o", file).code == 3
    assert _entries(file.read_text()) == _entries(SAMPLE)
    assert [path.name for path in tmp_path.glob("out*")] == ["out.ldif"]


def test_password_file(serve: Serve, run: Run, tmp_path: Path) -> None:
    server = serve()
    (tmp_path / "pw").write_text("admin\nsecond line\n")
    done = run("dump", "--url", server.url, "-D", server.admin[3], "-y", tmp_path / "pw")
    assert (done.code, done.err) == (0, "")


def test_refusals(serve: Serve, run: Run) -> None:
    server = serve()
    done = run("dump", *server.admin[:-1], "s3cr3t")
    assert (done.code, done.out) == (4, "")
    assert done.err == f"fakeldapd dump: {server.url}: bind as '{server.admin[3]}': invalidCredentials (49)\n"
    done = run("dump", *server.admin, "--base", "ou=nowhere,dc=example,dc=com")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(
        "fakeldapd dump: 'ou=nowhere,dc=example,dc=com': noSuchObject (32) (found as far as 'dc=example,dc=com')\n"
    )
    done = run("dump", *server.admin, "(sn=")
    assert (done.code, done.out, done.err) == (2, "", "fakeldapd dump: filter (sn=: is not a filter of RFC 4515\n")
    done = run("dump", "--url", server.url, "-Z")
    assert (done.code, done.out) == (4, "")
    done = run("dump", "--url", server.url.replace("ldap:", "ldaps:"))
    assert (done.code, done.out) == (4, "")


def test_nobody_listens(run: Run) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"ldap://127.0.0.1:{bound.getsockname()[1]}"
        done = run("dump", "--url", url)
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(f"fakeldapd dump: {url}: ")


def test_server_that_goes_away(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_the_bind_only() -> None:
            with listener.accept()[0] as connection:
                bind = decode_message(connection.recv(4096))
                connection.sendall(encode_message(bind.message_id, BindResponse()))
                connection.recv(4096)

        thread = threading.Thread(target=answer_the_bind_only)
        thread.start()
        done = run("dump", "--url", f"ldap://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("fakeldapd dump: the connection broke: ")


@pytest.mark.parametrize("starttls", [False, True])
def test_certificates_are_checked(starttls: bool, run: Run, tmp_path: Path) -> None:
    with FakeLDAPServer(tls=True) as server:
        assert server.ldaps_url is not None
        assert server.ca_file is not None
        words = ["--url", server.url, "--starttls"] if starttls else ["--url", server.ldaps_url]
        trusting = [*words, "--ca-file", server.ca_file]
        other = ensure(tmp_path).ca
        assert run("dump", *trusting).code == 0
        for distrusting in (words, [*words, "--ca-file", str(other)]):
            done = run("dump", *distrusting)
            assert (done.code, done.out) == (4, "")
            assert done.err.startswith(f"fakeldapd dump: {words[1]}: the server's certificate: ")
            assert done.err.endswith(" (--ca-file FILE names its authority, --insecure trusts any)\n")
        with server.fault(op="tls", action="wrong-name"):
            done = run("dump", *trusting)
            assert (done.code, done.out) == (4, "")
            assert "IP address mismatch, certificate is not valid for '127.0.0.1'" in done.err
            assert run("dump", *trusting, "--insecure").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "http://localhost"], "--url http://localhost: it must be ldap://HOST:PORT, ldaps://HOST:PORT or"),
        (["--url", "ldap://"], "--url ldap://: it must be ldap://HOST:PORT, ldaps://HOST:PORT or ldapi://PATH"),
        (["--url", "ldap://localhost/dc=x"], "--url ldap://localhost/dc=x: only the server is expected here"),
        (["--url", "ldap://localhost:port"], "--url ldap://localhost:port: port must be an integer"),
        (["-w", "secret"], "a password needs a DN: give -D, too"),
        (["-D", "cn=x", "-w", ""], "the password is empty; without -D the bind is anonymous"),
        (["-D", "cn=x", "-y", "/nowhere/pw"], "--password-file /nowhere/pw: No such file or directory"),
        (["--ca-file", "/nowhere/ca"], "--ca-file /nowhere/ca: "),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, run: Run) -> None:
    done = run("dump", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"fakeldapd dump: {said}")


def test_password_without_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    done = run("dump", "-D", "cn=x")
    assert (done.code, done.err) == (2, "fakeldapd dump: -D needs a password: -w, -y, or a terminal to ask on\n")


def test_as_a_process_whose_reader_leaves(serve: Serve) -> None:
    server = serve(_many(1000))
    command = [sys.executable, "-W", "error", "-m", "fakeldapd", "dump", *server.admin]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"version: 1\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


# --- order ----------------------------------------------------------------------------------------------------------

TREE = [
    b"dc=example,dc=com",
    b"ou=people,dc=example,dc=com",
    b"cn=a\\,b,OU=People,dc=example,dc=com",
    b"cn=c,cn=a\\,b,ou=people, dc=example, dc=com",
    b"cn=d\\\\,ou=people,dc=example,dc=com",
    b"cn=e,CN=d\\\\,ou=people,dc=example,dc=com",
    b"ou=groups,dc=example,dc=com",
    b"cn=f+sn=g,ou=groups,dc=example,dc=com",
]
SUPERIORS = {1: 0, 2: 1, 3: 2, 4: 1, 5: 4, 6: 0, 7: 6}


@given(st.permutations(range(1, len(TREE))))
def test_superiors_come_first(order: list[int]) -> None:
    entries: list[Found] = [(TREE[number], []) for number in [0, *order]]
    numbers = [TREE.index(dn) for dn, _ in superiors_first(entries)]
    assert sorted(numbers) == list(range(len(TREE)))
    assert all(numbers.index(superior) < numbers.index(number) for number, superior in SUPERIORS.items())


def test_what_is_in_order_comes_at_once() -> None:
    taken = []

    def entries() -> Any:
        for dn in TREE:
            taken.append(dn)
            yield dn, []

    found = superiors_first(entries())
    for number in range(len(TREE)):
        assert next(found)[0] == TREE[number]
        assert len(taken) == number + 1


def test_what_has_no_superior_comes_last() -> None:
    entries: list[Found] = [(dn, []) for dn in (b"dc=x", b"cn=b,cn=a,ou=y,dc=x", b"cn=a,ou=y,dc=x", b"ou=z,dc=x")]
    assert [dn for dn, _ in superiors_first(entries)] == [
        b"dc=x",
        b"ou=z,dc=x",
        b"cn=a,ou=y,dc=x",
        b"cn=b,cn=a,ou=y,dc=x",
    ]
