"""What rules cost: nothing where they say the same of every entry, one question for many attributes where not."""

from collections.abc import Callable

import pytest

from fakeldapd.directory.dit import DIT
from fakeldapd.operations.access import CHILDREN, Access, Level, allowed
from fakeldapd.operations.access.load import rule_access
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Session
from fakeldapd.schema.elements import AttributeType
from fakeldapd.schema.registry import Schema

ADA = b"uid=ada,ou=people,dc=example,dc=com"
PEOPLE = b"ou=people,dc=example,dc=com"


@pytest.fixture
def rules(directory: Directory) -> Callable[..., Access]:
    """Access rules for the directory."""
    return lambda *texts: rule_access(texts, directory.schema, directory.dit)


@pytest.fixture
def cn(directory: Directory) -> AttributeType:
    return directory.schema.attribute(b"cn").type


def test_nothing_is_asked_where_rules_give_it_to_everybody(
    rules: Callable[..., Access], cn: AttributeType, directory: Directory
) -> None:
    access = rules("to attrs=userPassword by anonymous auth by self write", "to * by * read")
    session = Session()
    for attribute_type in (None, cn, directory.schema.attribute_type(CHILDREN)):
        assert access.guard(session, attribute_type, Level.READ) is None
    assert access.guard(session, directory.schema.attribute(b"userPassword").type, Level.AUTH) is None
    assert access.guard(session, cn, Level.ADD) is not None


def test_the_administrator_is_above_rules(rules: Callable[..., Access], cn: AttributeType, admin: Session) -> None:
    assert rules("to * by * none").guard(admin, cn, Level.MANAGE) is None


def test_types_that_the_same_rules_are_about_share_a_guard(
    rules: Callable[..., Access], cn: AttributeType, directory: Directory
) -> None:
    access = rules(f'to dn.subtree="{PEOPLE.decode()}" by self write by users read', "to * by * none")
    session = Session(identity=directory.schema.dn(ADA))
    sn = directory.schema.attribute(b"sn").type
    assert access.guard(session, cn, Level.READ) is access.guard(session, sn, Level.READ)
    assert access.guard(session, cn, Level.READ) is not access.guard(session, sn, Level.WRITE)


def test_another_identity_is_another_question(
    rules: Callable[..., Access], cn: AttributeType, directory: Directory
) -> None:
    access = rules("to * by users read by * none")
    session = Session()
    node = directory.dit.find(directory.schema.dn(ADA))
    assert node is not None
    assert not allowed(access.guard(session, cn, Level.READ), node)
    session.become(directory.schema.dn(ADA))
    assert access.guard(session, cn, Level.READ) is None
    session.become(None)
    assert not allowed(access.guard(session, cn, Level.READ), node)


@pytest.mark.parametrize(
    ("rule", "tls", "ssf", "may"),
    [
        ("to * by ssf=128 read", False, 0, False),
        ("to * by ssf=128 read", True, 256, True),
        ("to * by ssf=128 read", False, 71, False),
        ("to * by tls_ssf=64 read", True, 128, True),
        ("to * by tls_ssf=64 read", False, 71, False),
        ("to * by transport_ssf=64 read", False, 71, True),
        ("to * by transport_ssf=64 read", True, 128, False),
        ("to * by sasl_ssf=1 read", True, 128, False),
    ],
)
def test_strengths(rules: Callable[..., Access], cn: AttributeType, rule: str, tls: bool, ssf: int, may: bool) -> None:
    session = Session()
    access = rules(rule)
    assert access.guard(session, cn, Level.READ) is not None
    session.tls, session.ssf = tls, ssf
    assert (access.guard(session, cn, Level.READ) is None) is may


def test_membership_changes_while_a_guard_is_kept(
    rules: Callable[..., Access], cn: AttributeType, directory: Directory
) -> None:
    schema, entries, dit = directory.schema, directory.entries, directory.dit
    group = schema.dn(b"cn=readers,dc=example,dc=com")
    access = rules(f'to * by group="{group.text.decode()}" read')
    guard = access.guard(Session(identity=schema.dn(ADA)), cn, Level.READ)
    node = dit.find(schema.dn(ADA))
    assert node is not None
    assert not allowed(guard, node)
    attributes = {b"objectClass": (b"groupOfNames",), b"cn": (b"readers",), b"member": (ADA,)}
    placed = dit.add(group, entries.build({schema.attribute(k): v for k, v in attributes.items()}))
    assert allowed(guard, node)
    assert placed.entry is not None
    dit.put(placed, entries.change(placed.entry, {schema.attribute(b"member"): (b"cn=x",)}))
    assert not allowed(guard, node)


def test_dynamic_groups(rules: Callable[..., Access], cn: AttributeType, directory: Directory) -> None:
    schema, entries, dit = directory.schema, directory.entries, directory.dit
    group = schema.dn(b"cn=urls,dc=example,dc=com")
    access = rules(f'to * by group/groupOfURLs/memberURL="{group.text.decode()}" read')
    session = Session(identity=schema.dn(ADA))
    node = dit.find(schema.dn(ADA))
    assert node is not None
    placed = dit.add(
        group, entries.build({entries.object_class: (b"groupOfURLs",), schema.attribute(b"cn"): (b"urls",)})
    )
    for url, may in (
        (b"ldap:///ou=people,dc=example,dc=com??sub?(uid=ada)", True),
        (b"ldap:///ou=people,dc=example,dc=com??one?(uid=ada)", True),
        (b"ldap:///ou=people,dc=example,dc=com??base?(uid=ada)", False),
        (b"ldap:///ou=people,dc=example,dc=com??sub?(uid=bob)", False),
        (b"ldap:///ou=people,dc=example,dc=com??sub", False),
        (b"ldap://elsewhere/ou=people,dc=example,dc=com??sub?(uid=ada)", False),
        (b"ldap:///ou=people,dc=example,dc=com?cn?sub?(uid=ada)", False),
        (b"http://example.com/", False),
    ):
        assert placed.entry is not None
        dit.put(placed, entries.change(placed.entry, {schema.attribute(b"memberURL"): (url,)}))
        assert allowed(access.guard(session, cn, Level.READ), node) is may, url


def test_the_schema_changes() -> None:
    schema = Schema.load(("core",))
    access = rule_access(("to attrs=name by * none", "to * by * read"), schema, DIT([schema.dn(b"o=x")]))
    session = Session()
    assert access.guard(session, schema.attribute(b"uid").type, Level.READ) is None
    schema.add("attributetype ( 1.3.6.1.4.1.99999.1 NAME 'myName' SUP name )", "mine")
    assert access.guard(session, schema.attribute(b"myName").type, Level.READ) is not None
    assert access.guard(session, schema.attribute(b"uid").type, Level.READ) is None
