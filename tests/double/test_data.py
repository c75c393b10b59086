"""Data in every form, and what is said of data that makes no sense."""

import json
from pathlib import Path
from typing import Any

import pytest

from fakeldapd import FakeDirectory
from fakeldapd.double.data import DataError, read

BASE = "dc=example,dc=com"
LDIF = f"dn: {BASE}\nobjectClass: domain\ndc: example\n"
SHORT: dict[str, Any] = {
    "users": {
        "ada": {"cn": "Ada Lovelace", "password": "secret", "uidNumber": 7, "mail": ["a@x", "b@x"]},
        "b,o b ": None,
    },
    "groups": {
        "staff": ["ada", "b,o b ", "cn=else,dc=where"],
        "one": "ada",
        "told": {"members": "ada", "description": "x"},
    },
    "entries": {f"ou=printers,{BASE}": {"objectClass": "organizationalUnit"}},
}
YAML = """
users:
  ada: {cn: Ada Lovelace, password: secret, uidNumber: 7, mail: [a@x, b@x]}
  "b,o b ":
groups:
  staff: [ada, "b,o b ", "cn=else,dc=where"]
  one: ada
  told: {members: ada, description: x}
entries:
  "ou=printers,dc=example,dc=com": {objectClass: organizationalUnit}
"""


def dns(data: Any) -> list[bytes]:
    return [record.dn for record in read(data)]


def test_ldif_in_every_form(tmp_path: Path) -> None:
    file = tmp_path / "base.ldif"
    file.write_text(LDIF)
    for data in (LDIF, LDIF.encode(), str(file), file, [file], {BASE: {"objectClass": ["domain"]}}):
        assert dns(data) == [BASE.encode()]
    assert dns([LDIF, {f"ou=x,{BASE}": {"objectClass": "organizationalUnit"}}]) == [
        BASE.encode(),
        f"ou=x,{BASE}".encode(),
    ]


def test_the_short_form() -> None:
    directory = FakeDirectory(SHORT)
    ada = directory.get(f"uid=ada,ou=people,{BASE}")
    assert ada is not None
    assert ada["objectClass"] == ["inetOrgPerson", "posixAccount"]
    assert (ada["sn"], ada["userPassword"], ada["homeDirectory"]) == (["Lovelace"], ["secret"], ["/home/ada"])
    assert ada["gidNumber"] == ["7"]
    assert directory.search(filter="(cn=b,o b)")[0].dn == rf"uid=b\2Co b\20,ou=people,{BASE}"
    staff = directory.get(f"cn=staff,ou=groups,{BASE}")
    assert staff is not None
    assert staff["member"][0] == f"uid=ada,ou=people,{BASE}"
    assert len(staff["member"]) == 3
    assert f"ou=printers,{BASE}" in directory


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    (tmp_path / "x.json").write_text(json.dumps(SHORT))
    (tmp_path / "x.yaml").write_text(YAML)
    as_text = json.dumps(SHORT), json.dumps(SHORT, indent=2), YAML, "---\n# people\n" + YAML
    found = {
        FakeDirectory(data, clock="2026-01-01").dump()
        for data in (SHORT, tmp_path / "x.json", tmp_path / "x.yaml", *as_text)
    }
    assert len(found) == 1


def test_entries_as_yaml_text() -> None:
    pytest.importorskip("yaml")
    assert dns(f"{BASE}:\n  objectClass: domain\n") == [BASE.encode()]
    assert dns(f'"{BASE}": {{objectClass: domain}}\n"ou=x,{BASE}":\n  objectClass: device\n')[0] == BASE.encode()
    assert dns(f"dn:{BASE}\nobjectClass: domain\n") == [BASE.encode()]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (7, "int is no data"),
        ("{", "data: not JSON"),
        ("users: [\n", "data: not YAML"),
        ({"user": {}}, "'user' is no DN and none of base, users, groups, entries; did you mean 'users'"),
        ({"users": []}, "users: a mapping by name is expected, not list"),
        ({"users": {"ada": "secret"}}, "users: ada: attributes are expected, not str"),
        ({"users": {"ada": {}}, "groups": {"staff": ["adda"]}}, "staff: no user 'adda'; did you mean 'ada'"),
        ({"groups": {"staff": []}}, "staff: a groupOfNames needs a member"),
        ({"base": "cn=x"}, "base 'cn=x': one of dc, o, ou, c is expected"),
        ({BASE: "x"}, f"{BASE}: attributes are expected, not str"),
        ({BASE: {"objectClass": [{}]}}, "objectClass: a value is a str, bytes or a number, not dict"),
    ],
)
def test_mistakes_are_named(data: Any, text: str) -> None:
    with pytest.raises(DataError, match=text):
        list(read(data))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("x.json", "{", "not JSON"), ("x.json", "[]", "entries by their DNs"), ("x.yaml", "a: [", "not YAML")],
)
def test_mistakes_in_files_name_the_file(tmp_path: Path, name: str, text: str, said: str) -> None:
    if name.endswith("yaml"):
        pytest.importorskip("yaml")
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"{name}: {said}"):
        list(read(tmp_path / name))


def test_a_missing_file() -> None:
    with pytest.raises(OSError, match=r"no-such\.ldif"):
        list(read("no-such.ldif"))
