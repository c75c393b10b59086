"""A schema and a small tree for the tests of the directory."""

from collections.abc import Callable

import pytest

from fakeldapd.directory.dit import DIT, Node
from fakeldapd.directory.entry import Entries, Entry
from fakeldapd.schema.registry import Schema

PEOPLE = {
    "dc=example,dc=com": {"objectClass": ["domain"], "dc": ["example"]},
    "ou=people,dc=example,dc=com": {"objectClass": ["organizationalUnit"], "ou": ["people"]},
    "ou=groups,dc=example,dc=com": {"objectClass": ["organizationalUnit"], "ou": ["groups"]},
    "uid=ada,ou=people,dc=example,dc=com": {
        "objectClass": ["inetOrgPerson", "posixAccount"],
        "uid": ["ada"],
        "cn": ["Ada Lovelace"],
        "cn;lang-fr": ["Ada, comtesse de Lovelace"],
        "sn": ["Lovelace"],
        "mail": ["ada@example.com", "lovelace@example.com"],
        "telephoneNumber": ["+1 555 0100"],
        "uidNumber": ["1000"],
        "gidNumber": ["100"],
        "homeDirectory": ["/home/Ada"],
        "description": ["wrote  the first   program"],
    },
    "uid=bob,ou=people,dc=example,dc=com": {
        "objectClass": ["inetOrgPerson"],
        "uid": ["bob"],
        "cn": ["Bob"],
        "sn": ["Builder"],
        "mail": ["bob@example.com"],
        "employeeNumber": ["7"],
        "jpegPhoto": ["\xff\xd8"],
    },
    "cn=staff,ou=groups,dc=example,dc=com": {
        "objectClass": ["groupOfNames"],
        "cn": ["staff"],
        "member": ["uid=ada, ou=people, dc=example, dc=com", "UID=BOB,ou=People,dc=example,dc=com"],
    },
    "cn=all,ou=groups,dc=example,dc=com": {
        "objectClass": ["groupOfNames"],
        "cn": ["all"],
        "member": ["cn=staff,ou=groups,dc=example,dc=com"],
    },
}


@pytest.fixture(scope="session")
def schema() -> Schema:
    return Schema.load()


@pytest.fixture
def entries(schema: Schema) -> Entries:
    return Entries(schema)


@pytest.fixture
def build(schema: Schema, entries: Entries) -> Callable[[dict[str, list[str]]], Entry]:
    def build(attributes: dict[str, list[str]]) -> Entry:
        return entries.build(
            {schema.attribute(k.encode()): tuple(v.encode("latin-1") for v in vs) for k, vs in attributes.items()}
        )

    return build


@pytest.fixture
def dit(schema: Schema, build: Callable[[dict[str, list[str]]], Entry]) -> DIT:
    dit = DIT([schema.dn(b"dc=example,dc=com")])
    for name, attributes in PEOPLE.items():
        dit.add(schema.dn(name.encode()), build(attributes))
    return dit


@pytest.fixture
def at(schema: Schema, dit: DIT) -> Callable[[str], Node]:
    def at(name: str) -> Node:
        node = dit.find(schema.dn(name.encode()))
        assert node is not None
        return node

    return at
