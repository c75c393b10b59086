"""ldap3, with everything that it reads when it connects."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ldap3 import ALL, ALL_ATTRIBUTES, MODIFY_ADD, MODIFY_REPLACE, SUBTREE, Connection, Server
from ldap3.utils.conv import escape_filter_chars
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD
from oracle.steps import ALICE, BOB, GROUPS, PEOPLE


@contextmanager
def connect(
    server: Fakeldapd, user: str | None = ADMIN, password: str | None = PASSWORD, **keywords: object
) -> Iterator[Connection]:
    """A connection, bound, to a server whose schema was read; its own ``with`` would leave it open."""
    connection = Connection(Server("127.0.0.1", port=server.port, get_info=ALL), user, password, **keywords)
    try:
        connection.bind()
        yield connection
    finally:
        connection.unbind()


def test_info(readable: Fakeldapd) -> None:
    with connect(readable) as connection:
        info, schema = connection.server.info, connection.server.schema
        assert info.naming_contexts == [BASE]
        assert info.supported_ldap_versions == ["3"]
        assert schema.attribute_types["commonName"].oid == ["2.5.4.3"] or schema.attribute_types["cn"].oid == "2.5.4.3"
        assert "sn" in schema.object_classes["person"].must_contain
        assert schema.object_classes["inetOrgPerson"].superior == ["organizationalPerson"]
        assert len(schema.attribute_types) > 200


def test_search(readable: Fakeldapd) -> None:
    with connect(readable, None, None) as connection:
        assert connection.search(BASE, "(uid=alice)", SUBTREE, attributes=ALL_ATTRIBUTES)
        [entry] = connection.entries
        assert entry.entry_dn == ALICE
        assert entry.mail.values == ["alice@example.com", "Alice.Adams@example.org"]
        assert entry.uidNumber.value == 1000
        assert entry.jpegPhoto.value == b"\xff\xd8\xff\xe0picture"
        assert connection.search(BASE, f"(cn={escape_filter_chars('Doe, J #1+' + chr(34) + 'x' + chr(34))})")
        assert connection.entries[0].entry_dn == "cn=Doe\\2C J #1\\2B\\22x\\22,ou=odd,dc=example,dc=com"
        assert not connection.search(PEOPLE, "(uid=nobody)")


def test_operational_attributes(readable: Fakeldapd) -> None:
    with connect(readable) as connection:
        connection.search(ALICE, "(objectClass=*)", attributes=["+"])
        [entry] = connection.entries
        assert entry.structuralObjectClass.value == "inetOrgPerson"
        assert entry.createTimestamp.value.tzinfo is not None


def test_updates(writable: Fakeldapd) -> None:
    with connect(writable, raise_exceptions=False) as connection:
        assert connection.add(f"cn=new,{PEOPLE}", ["person"], {"cn": "new", "sn": "N"})
        assert connection.modify(ALICE, {"title": [(MODIFY_REPLACE, ["Boss"])], "description": [(MODIFY_ADD, ["x"])]})
        assert connection.compare(ALICE, "title", "boss")
        assert connection.modify_dn(ALICE, "uid=alicia", new_superior=GROUPS)
        assert connection.delete(f"cn=new,{PEOPLE}")
        assert not connection.delete(f"cn=new,{PEOPLE}")
        assert connection.result["description"] == "noSuchObject"
        assert connection.result["dn"] == PEOPLE
        assert not connection.add(f"cn=new,{PEOPLE}", ["person"], {"cn": "new"})
        assert connection.result["message"] == "object class 'person' requires attribute 'sn'"


def test_extended(writable: Fakeldapd) -> None:
    with connect(writable, BOB, "bob-secret") as connection:
        assert connection.extend.standard.who_am_i() == f"dn:{BOB}"
        assert connection.extend.standard.modify_password(BOB, "bob-secret", "changed")
    with connect(writable, BOB, "changed") as connection:
        assert connection.bound
        assert connection.extend.standard.modify_password(BOB, "bob-secret", "changed again") is False
        assert connection.result["description"] == "unwillingToPerform"
    with connect(writable, BOB, "bob-secret") as connection:
        assert not connection.bound
    with connect(writable) as connection:
        generated = connection.extend.standard.modify_password(BOB)
        assert connection.extend.standard.who_am_i() == f"dn:{ADMIN}"
    with connect(writable, BOB, generated) as connection:
        assert connection.bound


@pytest.mark.parametrize("strategy", ["SYNC", "RESTARTABLE", "SAFE_SYNC", "ASYNC"])
def test_strategies(readable: Fakeldapd, strategy: str) -> None:
    with connect(readable, client_strategy=strategy) as connection:
        found = connection.search(PEOPLE, "(uid=*)", attributes=["uid"])
        if strategy == "SAFE_SYNC":
            response = found[2]
        elif strategy == "ASYNC":
            response = connection.get_response(found)[0]
        else:
            response = connection.response
        assert {entry["attributes"]["uid"][0] for entry in response} == {"alice", "bob", "carol", "dave"}
