"""fakeldapd explain: of files, and of our own server and slapd."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Serve = Callable[..., Any]

LDIF = """\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: uid=ada,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: Lovelace
userPassword: secret
"""
BASE = "dc=example,dc=com"


@pytest.fixture
def ldif(tmp_path: Path) -> Path:
    file = tmp_path / "people.ldif"
    file.write_text(LDIF)
    return file


def test_of_a_file(run: Run, ldif: Path) -> None:
    done = run("explain", ldif, BASE, "sub", "(&(uid=ada)(cn=bob))")
    assert (done.code, done.err) == (1, "")
    assert "0 of 3 entries in scope match" in done.out
    assert "False     (cn=bob)  cn is 'Ada'" in done.out
    done = run("explain", ldif, BASE, "sub", "uid=ada")
    assert done.code == 0
    assert "\nuid=ada,ou=people,dc=example,dc=com matches\n" in done.out


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--as", ""], "the access rules keep userPassword from who asks"),
        (["--as", f"uid=ada,ou=people,{BASE}"], "True      (userPassword=secret)"),
        (["--access", "to * by * none"], "True      (userPassword=secret)"),
        (["--access", "to * by * none", "--as", "dc=x"], "NO_SUCH_OBJECT"),
    ],
)
def test_who_asks(options: list[str], text: str, run: Run, ldif: Path) -> None:
    assert text in run("explain", *options, ldif, BASE, "sub", "(userPassword=secret)").out


def test_all(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "many.ldif"
    people = (f"\ndn: cn={n},{BASE}\nobjectClass: device\ncn: {n}\n" for n in range(30))
    file.write_text(f"dn: {BASE}\nobjectClass: domain\ndc: example\n" + "".join(people))
    assert run("explain", file, BASE, "sub", "(cn=*)").out.endswith("\n... and 11 more\n")
    assert run("explain", "--all", file, BASE, "sub", "(cn=*)").out.count(" matches\n") == 30


def test_of_a_server(serve: Serve, run: Run) -> None:
    server = serve(LDIF)
    for base, scope, code, texts in (
        (BASE, "sub", 0, ["1 of 3 entries", f"uid=ada,ou=people,{BASE} matches", "False     (uid=ada)"]),
        (f"ou=people,{BASE}", "one", 0, ["1 of 1 entry"]),
        (BASE, "base", 1, ["0 of 1 entry"]),
        (BASE, "subordinate", 0, ["1 of 2 entries"]),
    ):
        done = run("explain", *server.admin, base, scope, "(&(objectClass=person)(uid=ada)(createTimestamp=*))")
        assert (done.code, done.err) == (code, "")
        for text in texts:
            assert text in done.out
    done = run("explain", *server.admin, f"ou=nowhere,{BASE}", "sub", "(uid=ada)")
    assert done.code == 3
    assert "noSuchObject (32)" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        ([BASE, "sub"], 2, "BASE, SCOPE and FILTER are expected"),
        ([BASE, "sub", "(uid=x)"], 2, "name an LDIF file before BASE, SCOPE and FILTER, or a server with --url"),
        (["FILE", BASE, "subt", "(uid=x)"], 2, "did you mean 'sub'"),
        (["FILE", BASE, "sub", "(uid=x"], 2, "position 6"),
        (["FILE", "--url", "ldap://x", BASE, "sub", "(uid=x)"], 2, "either --url or"),
        (["FILE", "--as", "garbage", BASE, "sub", "(uid=x)"], 3, "invalid DN"),
        (["nowhere.ldif", BASE, "sub", "(uid=x)"], 3, "nowhere.ldif"),
        (["FILE", "--overlay", "nothing", BASE, "sub", "(uid=x)"], 2, "nothing"),
        (["--url", "ldap://127.0.0.1:1", BASE, "sub", "(uid=x)"], 4, "127.0.0.1:1"),
        (["--url", "http://x", BASE, "sub", "(uid=x)"], 2, "http://x"),
    ],
)
def test_what_is_wrong(arguments: list[str], code: int, text: str, run: Run, ldif: Path) -> None:
    done = run("explain", *(str(ldif) if word == "FILE" else word for word in arguments))
    assert done.code == code
    assert text in done.err
    assert done.out == ""
