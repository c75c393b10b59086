"""fakeldapd load: into our own server and into slapd."""

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakeldapd.directory.ldif import ContentRecord, read

ROOT = Path(__file__).parents[2]
FILES = Path(__file__).parents[1] / "data" / "ldif"

Run = Callable[..., Any]
Serve = Callable[..., Any]

PEOPLE = "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n\n"
X = "dn: cn=x,ou=people,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\n\n"


@pytest.fixture
def load(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Load this LDIF as the file a.ldif."""
    monkeypatch.chdir(tmp_path)

    def load(server: Any, text: str, *options: str) -> Any:
        Path("a.ldif").write_text(text)
        return run("load", *server.admin, *options, "a.ldif")

    return load


@pytest.fixture
def dump(run: Run) -> Run:
    """The server's entries: DN -> attributes."""

    def dump(server: Any, *options: str) -> dict[bytes, dict[bytes, set[bytes]]]:
        done = run("dump", *server.admin, *options)
        assert done.code == 0, done.err
        return {
            record.dn: {name: set(values) for name, values in record.attributes}
            for record in read(done.out)
            if isinstance(record, ContentRecord)
        }

    return dump


def test_entries_and_changes(serve: Serve, load: Run, dump: Run) -> None:
    server = serve()
    text = (
        PEOPLE
        + X
        + "dn: cn=y,ou=people,dc=example,dc=com\nchangetype: add\nobjectClass: person\ncn: y\nsn:: w6k=\n"
        + "userPassword: secret\ndescription:: IGE=\n\n"
        + "dn: cn=y,ou=people,dc=example,dc=com\nchangetype: modify\nadd: description\ndescription: 1\n-\n"
        + "delete: description\ndescription: 1\n-\nreplace: sn\nsn: 1\nsn: 2\n-\nadd: seeAlso\nseeAlso: cn=x\n-\n"
        + "delete: userPassword\n-\n\n"
        + "dn: cn=y,ou=people,dc=example,dc=com\nchangetype: modrdn\nnewrdn: cn=z\ndeleteoldrdn: 1\n\n"
        + "dn: ou=p2,dc=example,dc=com\nobjectClass: organizationalUnit\nou: p2\n\n"
        + "dn: cn=z,ou=people,dc=example,dc=com\nchangetype: moddn\nnewrdn: cn=z2\ndeleteoldrdn: 0\n"
        + "newsuperior: ou=p2,dc=example,dc=com\n\n"
        + "dn: cn=x,ou=people,dc=example,dc=com\nchangetype: delete\n"
    )
    done = load(server, text)
    assert (done.code, done.out, done.err) == (0, "", "fakeldapd load: 8 records done\n")
    assert dump(server) == {
        b"dc=example,dc=com": {b"objectClass": {b"domain"}, b"dc": {b"example"}},
        b"ou=people,dc=example,dc=com": {b"objectClass": {b"organizationalUnit"}, b"ou": {b"people"}},
        b"ou=p2,dc=example,dc=com": {b"objectClass": {b"organizationalUnit"}, b"ou": {b"p2"}},
        b"cn=z2,ou=p2,dc=example,dc=com": {
            b"objectClass": {b"person"},
            b"cn": {b"z", b"z2"},
            b"sn": {b"1", b"2"},
            b"description": {b" a"},
            b"seeAlso": {b"cn=x"},
        },
    }


MISTAKES = (
    X
    + "dn: cn=bad,dc=example,dc=com\nobjectClass: person\ncn: bad\n\nfoo\n\n"
    + PEOPLE
    + X
    + X
    + "dn: garbage\nchangetype: delete\n"
)


def test_first_error_ends_it(serve: Serve, load: Run, dump: Run) -> None:
    server = serve()
    done = load(server, MISTAKES)
    assert (done.code, done.out) == (3, "")
    assert done.err == (
        "a.ldif:1: cn=x,ou=people,dc=example,dc=com: noSuchObject (32) (found as far as 'dc=example,dc=com')\n"
        "fakeldapd load: 0 records done, 1 error\n"
    )
    assert list(dump(server)) == [b"dc=example,dc=com"]


def test_going_on_after_errors(serve: Serve, load: Run, dump: Run) -> None:
    server = serve()
    done = load(server, MISTAKES, "--continue")
    assert done.code == 3
    assert done.err.splitlines() == [
        "a.ldif:1: cn=x,ou=people,dc=example,dc=com: noSuchObject (32) (found as far as 'dc=example,dc=com')",
        "a.ldif:6: cn=bad,dc=example,dc=com: objectClassViolation (65): object class 'person' requires attribute 'sn'",
        "a.ldif:10: no ':' in this line",
        "a.ldif:21: cn=x,ou=people,dc=example,dc=com: entryAlreadyExists (68)",
        "a.ldif:26: garbage: invalidDNSyntax (34): invalid DN",
        "fakeldapd load: 2 records done, 5 errors",
    ]
    assert len(dump(server)) == 3


def test_mistake_in_ldif_ends_it(serve: Serve, load: Run) -> None:
    done = load(serve(), PEOPLE + "foo\n\n" + X)
    assert (done.code, done.err) == (3, "a.ldif:5: no ':' in this line\nfakeldapd load: 1 record done, 1 error\n")


def test_slapcat_output(serve: Serve, run: Run, dump: Run) -> None:
    server = serve()
    done = run("load", *server.admin, "-c", FILES / "slapcat.ldif")
    assert done.err.endswith("fakeldapd load: 2 records done, 1 error\n")  # the base is there already
    assert len(dump(server)) == 3
    uuids = {uuid for attributes in dump(server, "--operational").values() for uuid in attributes[b"entryUUID"]}
    assert b"5f1c2a3e-0b7c-103f-9d6a-4b1f1f6b7c03" not in uuids


def test_dump_of_one_loads_into_another(serve: Serve, run: Run, dump: Run, tmp_path: Path) -> None:
    server = serve((FILES / "slapcat.ldif").read_text())
    before = dump(server)
    assert run("dump", *server.admin, "-o", tmp_path / "all.ldif").code == 0
    assert len(before) == 3
    for dn in sorted(before, key=len, reverse=True):
        (tmp_path / "delete.ldif").write_bytes(b"dn: %b\nchangetype: delete\n" % dn)
        assert run("load", *server.admin, tmp_path / "delete.ldif").code == 0
    done = run("load", *server.admin, tmp_path / "all.ldif")
    assert (done.code, done.err) == (0, "fakeldapd load: 3 records done\n")
    assert dump(server) == before


def test_from_standard_input(serve: Serve, run: Run, dump: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PEOPLE.encode() + b"foo\n")))
    done = run("load", *server.admin)
    assert (done.code, done.err) == (3, "<stdin>:5: no ':' in this line\nfakeldapd load: 1 record done, 1 error\n")
    assert len(dump(server)) == 2


def test_file_urls(serve: Serve, load: Run, dump: Run, tmp_path: Path) -> None:
    server = serve()
    (tmp_path / "photo").write_bytes(b"\xff\xd8\0")
    text = PEOPLE + X.replace("person", "inetOrgPerson").rstrip() + f"\njpegPhoto:< file://{tmp_path}/photo\n"
    done = load(server, text)
    assert done.code == 3
    assert done.err.startswith("a.ldif:9: cn=x,ou=people,dc=example,dc=com: ")
    assert "--ldif-file-urls DIR" in done.err
    assert load(server, text, "-c", "--ldif-file-urls", str(tmp_path)).code == 3
    assert dump(server)[b"cn=x,ou=people,dc=example,dc=com"][b"jpegPhoto"] == {b"\xff\xd8\0"}


def test_unusual_changes_reach_the_server_as_they_are(serve: Serve, load: Run) -> None:
    server = serve(PEOPLE.join(["dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n", X]))
    text = (
        "dn: cn=x,ou=people,dc=example,dc=com\nchangetype: modify\nadd: sn\n-\n\n"
        "dn: cn=x,ou=people,dc=example,dc=com\nchangetype: modify\n\n"
        "dn: cn=x,ou=people,dc=example,dc=com\nchangetype: add\n\n"
        "dn: cn=x,ou=people,dc=example,dc=com\nchangetype: modrdn\nnewrdn: garbage\n\n"
        "dn: cn=x,ou=people,dc=example,dc=com\ncontrol: 1.2.3 true\nchangetype: delete\n\n"
        "dn: cn=x,ou=people,dc=example,dc=com\ncontrol: 1.2.3 false:: AAE=\nchangetype: delete\n\n"
        "dn:: Y249/w==\nchangetype: delete\n"
    )
    done = load(server, text, "-c")
    assert [line.split(": ", 2)[2] for line in done.err.splitlines()[:-1]] == [
        "protocolError (2): modify/add operation requires values",
        "protocolError (2): no attributes provided",
        "invalidDNSyntax (34): invalid new RDN",
        "unavailableCriticalExtension (12): critical extension is not recognized",
        "invalidDNSyntax (34): the DN is not UTF-8; nothing was sent",
    ]
    assert done.err.endswith("fakeldapd load: 2 records done, 5 errors\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["/nowhere/a.ldif"], 2), (["--url", "x"], 2), (["-w", "x"], 2), (["--ldif-operational", "x"], 2)],
)
def test_wrong_usage(arguments: list[str], code: int, run: Run) -> None:
    done = run("load", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err


def test_bind_refused(serve: Serve, run: Run) -> None:
    server = serve()
    done = run("load", *server.admin[:-1], "s3cr3t", FILES / "slapcat.ldif")
    assert (done.code, done.err) == (
        4,
        f"fakeldapd load: {server.url}: bind as 'cn=admin,dc=example,dc=com': invalidCredentials (49)\n",
    )


def test_anonymous(serve: Serve, run: Run) -> None:
    done = run("load", "--url", serve().url, FILES / "slapcat.ldif")
    assert done.code == 3
    assert "strongerAuthRequired (8): modifications require authentication" in done.err


def test_as_a_process(serve: Serve) -> None:
    command = [sys.executable, "-W", "error", "-m", "fakeldapd", "load", *serve().admin]
    done = subprocess.run(command, input=(PEOPLE + X).encode(), capture_output=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"fakeldapd load: 2 records done\n")
