"""The tree: finding, changing, renaming; what is never left behind."""

from typing import Any

import pytest

from fakeldapd.directory.dit import DIT

ADA = b"uid=ada,ou=people,dc=example,dc=com"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (b"dc=example,dc=com", True),
        (b"DC=Example, DC=Com", True),
        (ADA, True),
        (b"uid=ADA,ou=People,dc=example,dc=com", True),
        (b"uid=nobody,ou=people,dc=example,dc=com", False),
        (b"uid=ada,ou=nowhere,dc=example,dc=com", False),
        (b"dc=com", False),
        (b"", False),
        (b"dc=other,dc=org", False),
    ],
)
def test_find(dit: Any, schema: Any, name: Any, found: Any) -> None:
    assert (dit.get(schema.dn(name)) is not None) is found


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        (b"cn=x,uid=y,ou=people,dc=example,dc=com", b"ou=people,dc=example,dc=com"),
        (b"ou=nowhere,dc=example,dc=com", b"dc=example,dc=com"),
        (ADA, ADA),
        (b"dc=org", None),
    ],
)
def test_nearest_is_what_matched_dn_names(dit: Any, schema: Any, name: Any, nearest: Any) -> None:
    node = dit.nearest(schema.dn(name))
    assert (node.text if node else None) == nearest


def test_walk_gives_superiors_first(dit: Any, at: Any) -> None:
    names = [node.text for node in at("dc=example,dc=com").below()]
    assert len(names) == len(dit) - 1
    assert names.index(b"ou=people,dc=example,dc=com") < names.index(ADA)


def test_walk_goes_on_while_the_tree_changes(dit: Any, at: Any) -> None:
    walk = at("dc=example,dc=com").below()
    assert next(walk).text == b"ou=people,dc=example,dc=com"
    ada, bob = at(ADA.decode()), at("uid=bob,ou=people,dc=example,dc=com")
    dit.remove(ada)
    dit.remove(bob)
    assert all(node.entry is None or node.entry in [n.entry for n in dit.nodes()] for node in walk)


def test_remove_and_add_again(dit: Any, at: Any, schema: Any, build: Any) -> None:
    entry = at(ADA.decode()).entry
    size = len(dit)
    dit.remove(at(ADA.decode()))
    assert len(dit) == size - 1
    assert dit.get(schema.dn(ADA)) is None
    dit.add(schema.dn(ADA), entry)
    assert len(dit) == size
    assert dit.get(schema.dn(ADA)) is entry


def test_add_below_nothing_is_refused(dit: Any, schema: Any, build: Any) -> None:
    with pytest.raises(KeyError):
        dit.add(schema.dn(b"cn=x,ou=nowhere,dc=example,dc=com"), build({"objectClass": ["device"], "cn": ["x"]}))


def test_rename_moves_the_subtree(dit: Any, at: Any, schema: Any) -> None:
    people = at("ou=people,dc=example,dc=com")
    ada = at(ADA.decode())
    dit.rename(people, schema.rdn(b"ou=Humans"), at("ou=groups,dc=example,dc=com"))
    assert ada.text == b"uid=ada,ou=Humans,ou=groups,dc=example,dc=com"
    assert ada.dn == schema.dn(b"uid=ada,ou=humans,ou=groups,dc=example,dc=com")
    assert dit.find(schema.dn(ADA)) is None
    assert dit.find(ada.dn) is ada


def test_two_contexts_one_within_the_other(schema: Any, build: Any) -> None:
    dit: Any = DIT([schema.dn(b"dc=com"), schema.dn(b"ou=own,dc=com")])
    dit.add(schema.dn(b"dc=com"), build({"objectClass": ["domain"], "dc": ["com"]}))
    dit.add(schema.dn(b"ou=own,dc=com"), build({"objectClass": ["organizationalUnit"], "ou": ["own"]}))
    assert dit.context(schema.dn(b"cn=x,ou=own,dc=com")).suffix.text == b"ou=own,dc=com"
    assert dit.context(schema.dn(b"cn=x,dc=com")).suffix.text == b"dc=com"
    assert [n.text for n in dit.nodes()] == [b"dc=com", b"ou=own,dc=com"]


def test_aliases_and_referrals_are_counted(dit: Any, schema: Any, build: Any) -> None:
    assert (dit.alias_count, dit.referral_count) == (0, 0)
    name = schema.dn(b"cn=a,dc=example,dc=com")
    node = dit.add(
        name,
        build({"objectClass": ["alias", "extensibleObject"], "cn": ["a"], "aliasedObjectName": ["dc=example,dc=com"]}),
    )
    assert (dit.alias_count, dit.referral_count) == (1, 0)
    dit.put(node, build({"objectClass": ["referral", "extensibleObject"], "cn": ["a"], "ref": ["ldap://x/"]}))
    assert (dit.alias_count, dit.referral_count) == (0, 1)
    dit.remove(node)
    assert (dit.alias_count, dit.referral_count) == (0, 0)
