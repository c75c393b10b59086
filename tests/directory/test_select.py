"""Which attributes a search returns."""

from typing import Any

import pytest

from fakeldapd.directory.select import Selection
from fakeldapd.protocol.decode import attribute

ADA = "uid=ada,ou=people,dc=example,dc=com"
USER = [
    "objectClass",
    "uid",
    "cn",
    "cn;lang-fr",
    "sn",
    "mail",
    "telephoneNumber",
    "uidNumber",
    "gidNumber",
    "homeDirectory",
    "description",
]

TABLE = [
    ([], USER),
    (["*"], USER),
    (["1.1"], []),
    (["1.1", "cn"], ["cn", "cn;lang-fr"]),
    (["CN"], ["cn", "cn;lang-fr"]),
    (["commonName"], ["cn", "cn;lang-fr"]),
    (["2.5.4.3"], ["cn", "cn;lang-fr"]),
    (["cn", "cn", "COMMONNAME"], ["cn", "cn;lang-fr"]),
    (["cn;lang-fr"], ["cn;lang-fr"]),
    (["cn;lang-"], ["cn;lang-fr"]),
    (["cn;lang-en"], []),
    (["name"], ["cn", "cn;lang-fr", "sn"]),
    (
        ["@posixAccount"],
        ["objectClass", "uid", "cn", "cn;lang-fr", "uidNumber", "gidNumber", "homeDirectory", "description"],
    ),
    (["@noSuchClass"], []),
    (["noSuchAttribute"], []),
    ([""], []),
    (["mail", "uid"], ["uid", "mail"]),
    (["+"], ["entryDN", "subschemaSubentry", "hasSubordinates"]),
    (["*", "+"], [*USER, "entryDN", "subschemaSubentry", "hasSubordinates"]),
    (["hasSubordinates", "uid"], ["uid", "hasSubordinates"]),
]


@pytest.mark.parametrize(("asked", "given"), TABLE, ids=[" ".join(a) or "(none)" for a, _ in TABLE])
@pytest.mark.parametrize("types_only", [False, True])
def test_selection(schema: Any, at: Any, asked: Any, given: Any, types_only: Any) -> None:
    selection = Selection(schema, [a.encode() for a in asked], types_only, lambda attribute_type: None)
    node = at(ADA)
    found = [attribute(encoded) for encoded in selection.attributes(node, node.entry)]
    assert [a.type.decode() for a in found] == given
    assert all((a.values == ()) is types_only for a in found)
    assert selection.attributes(node, node.entry) == selection.attributes(node, node.entry)


def test_values_are_those_of_the_entry(schema: Any, at: Any) -> None:
    node = at(ADA)
    selection = Selection(schema, [b"mail", b"entryDN", b"hasSubordinates"], False, lambda attribute_type: None)
    found = dict(attribute(encoded) for encoded in selection.attributes(node, node.entry))
    assert found == {
        b"mail": (b"ada@example.com", b"lovelace@example.com"),
        b"entryDN": (ADA.encode(),),
        b"hasSubordinates": (b"FALSE",),
    }


def test_a_guard_hides_attributes(schema: Any, at: Any) -> None:
    mail = schema.attribute_type(b"mail")
    selection = Selection(schema, [], False, lambda t: (lambda n, e: n.text == ADA.encode()) if t is mail else None)
    ada, bob = at(ADA), at("uid=bob,ou=people,dc=example,dc=com")
    assert b"mail" in {attribute(a).type for a in selection.attributes(ada, ada.entry)}
    assert b"mail" not in {attribute(a).type for a in selection.attributes(bob, bob.entry)}
