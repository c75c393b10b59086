"""fakeldapd check: every mistake in LDIF, with its place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).parents[1] / "data" / "ldif"
BASE = "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n"

Run = Callable[..., Any]


@pytest.fixture
def check(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Check this LDIF as the file a.ldif."""
    monkeypatch.chdir(tmp_path)

    def check(text: str, *options: str) -> Any:
        Path("a.ldif").write_text(text)
        return run("check", *options, "a.ldif")

    return check


def test_good(check: Run) -> None:
    done = check(BASE + "dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n")
    assert (done.code, done.out, done.err) == (0, "good: 2 entries\n", "")


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("slapcat", [], 3),
        ("ldapsearch", [], 4),
        ("unboundid", ["--schema-check", "lenient"], 2),
        ("db2ldif", ["--schema-check", "lenient"], 3),
        ("ldifde", ["--schema-check", "off"], 3),
    ],
)
def test_what_people_have(name: str, options: list[str], count: int, run: Run) -> None:
    done = run("check", *options, FILES / f"{name}.ldif")
    assert (done.code, done.out, done.err) == (0, f"good: {count} entries\n", "")


def test_every_mistake_has_its_place(check: Run) -> None:
    text = BASE + (
        "dn: cn=1,dc=example,dc=com\nobjectClass: person\ncn: 1\n\n"  # sn is missing
        "dn: cn=2,dc=example,dc=com\nobjectClass: person\ncn: 2\nsn:: !\nfoo\n\n"
        "dn: cn=3,dc=example,dc=com\nobjectClass: person\ncn: 3\nsn: 3\nfooBar: 3\n\n"
        "dn: cn=4,dc=example,dc=com\nobjectClass: person\ncn: 4\nsn: 4\nuid: 4\n\n"  # uid is not allowed
        "dn: garbage\nobjectClass: person\ncn: 5\nsn: 5\n\n"
        "dn: cn=6,dc=example,dc=com\nobjectClass: person\ncn: 6\nsn: 6\nseeAlso: dc=x\nseeAlso: garbage\n\n"
        "dn: cn=7,ou=nowhere,dc=example,dc=com\nobjectClass: person\ncn: 7\nsn: 7\n\n"
        "dn: cn=8,dc=test\nobjectClass: person\ncn: 8\nsn: 8\n\n"
        "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n"
        "dn: cn=9,dc=example,dc=com\nobjectClass: person\ncn: 9\nsn: 9\n\n"
        "dn: cn=9,dc=example,dc=com\nchangetype: modify\ndelete: sn\n\n"
        "dn: cn=9,dc=example,dc=com\nchangetype: delete\n"
    )
    done = check(text)
    assert done.code == 3
    found = [tuple(line.split(": ")[:3]) for line in done.out.splitlines()]
    assert found == [
        ("a.ldif:5", "cn=1,dc=example,dc=com", "OBJECT_CLASS_VIOLATION (65)"),
        ("a.ldif:12", "cn=2,dc=example,dc=com", "invalid base64"),
        ("a.ldif:13", "cn=2,dc=example,dc=com", "no ':' in this line"),
        ("a.ldif:19", "cn=3,dc=example,dc=com", "UNDEFINED_ATTRIBUTE_TYPE (17)"),
        ("a.ldif:25", "cn=4,dc=example,dc=com", "OBJECT_CLASS_VIOLATION (65)"),
        ("a.ldif:27", "garbage", "INVALID_DN_SYNTAX (34)"),
        ("a.ldif:37", "cn=6,dc=example,dc=com", "INVALID_ATTRIBUTE_SYNTAX (21)"),
        ("a.ldif:39", "cn=7,ou=nowhere,dc=example,dc=com", "NO_SUCH_OBJECT (32)"),
        ("a.ldif:44", "cn=8,dc=test", "UNWILLING_TO_PERFORM (53)"),
        ("a.ldif:49", "dc=example,dc=com", "ENTRY_ALREADY_EXISTS (68)"),
        ("a.ldif:58", "cn=9,dc=example,dc=com", "OBJECT_CLASS_VIOLATION (65)"),
    ]
    assert done.err == (
        "fakeldapd check: 11 mistakes\n(--schema adds definitions; --schema-check lenient does without them)\n"
    )


def test_several_files_are_one_directory(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.ldif").write_text(BASE)
    Path("b.ldif").write_text("dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people\n")
    done = run("check", "a.ldif", "b.ldif")
    assert (done.code, done.out) == (0, "good: 2 entries\n")
    done = run("check", "a.ldif", "b.ldif", "b.ldif")
    assert (done.code, done.out.partition(": ")[0]) == (3, "b.ldif:1")


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        ("dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\n", [], 0),
        ("dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\n", ["--base", "dc=test"], 3),
        (BASE + "dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\nseeAlso: x\n", [], 3),
        (
            BASE + "dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\nseeAlso: x\n",
            ["--ldif-no-syntax-check"],
            0,
        ),
        (BASE + "dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\nfoo: x\n", [], 3),
        (
            BASE + "dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\nfoo: x\n",
            ["--schema-check", "lenient"],
            0,
        ),
        (BASE + "dn: uid=x,dc=example,dc=com\nobjectClass: account\nuid: x\n", [], 0),
        (BASE + "dn: uid=x,dc=example,dc=com\nobjectClass: account\nuid: x\n", ["--schema", "core"], 3),
    ],
)
def test_options(text: str, options: list[str], code: int, check: Run) -> None:
    assert check(text, *options).code == code


def test_file_urls(check: Run, tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(b"\xff\xd8")
    text = BASE + (
        f"dn: cn=x,dc=example,dc=com\nobjectClass: inetOrgPerson\ncn: x\nsn: x\njpegPhoto:< file://{tmp_path}/photo\n"
    )
    done = check(text)
    assert done.code == 3
    assert done.out.startswith("a.ldif:9: cn=x,dc=example,dc=com: ")
    assert "--ldif-file-urls DIR" in done.out
    assert check(text, "--ldif-file-urls", str(tmp_path)).code == 0


def test_environment(check: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKELDAPD_SCHEMA_CHECK", "lenient")
    monkeypatch.setenv("FAKELDAPD_EMPTY", "1")  # the server's, and none of ours
    assert check(BASE + "dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nsn: x\nfoo: x\n").code == 0


def test_nothing_but_mistakes(check: Run) -> None:
    done = check("foo\n\ndn: cn=x\nbar\n")
    assert (done.code, done.out) == (3, "a.ldif:1: no ':' in this line\na.ldif:4: cn=x: no ':' in this line\n")
    assert done.err == "fakeldapd check: 2 mistakes\n"


def test_wrong_usage(run: Run, tmp_path: Path) -> None:
    assert run("check").code == 2
    assert run("check", "--base", "garbage", FILES / "slapcat.ldif").code == 2
    assert run("check", "--schema-check", "perhaps", FILES / "slapcat.ldif").code == 2
    done = run("check", tmp_path / "missing.ldif")
    assert (done.code, done.out) == (3, "")
    assert f"{tmp_path}/missing.ldif: No such file or directory" in done.err
    done = run("check", "--schema", tmp_path / "missing.schema", FILES / "slapcat.ldif")
    assert (done.code, done.out) == (3, "")


def test_values_are_not_told(check: Run) -> None:
    done = check(
        BASE + "dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\nuserPassword:: s3cr3t!\nuserPassword s3cr3t\n"
    )
    assert done.code == 3
    assert "s3cr3t" not in done.out + done.err
