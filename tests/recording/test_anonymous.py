"""What is shown in the place of values: consistent, no way back, no secret."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.protocol.filter import parse, to_text
from fakeldapd.recording.anonymous import HIDDEN, Anonymous, Kept
from fakeldapd.recording.classify import hides, kind


@pytest.mark.parametrize(
    ("attribute", "value", "shown"),
    [
        ("cn", "Ada Lovelace", "Name1 Name2"),
        ("cn;lang-en", "ADA lovelace", "NAME1 name2"),
        ("uid", "ada", "name1"),
        ("uid", "12345", "1"),
        ("mail", "Ada.Lovelace@Corp.example", "Name1.Name2@example.com"),
        ("proxyAddresses", "SMTP:ada@corp.example", "NAME1:name2@example.com"),
        ("userPrincipalName", "ada@CORP", "name1@example.com"),
        ("telephoneNumber", "+44 20 1234", "+999 000 0001"),
        ("homeDirectory", "/home/ada", "/home/name1"),
        ("description", "the best of all", "the name1 of all"),
        ("x-unknown", "Ada", "Name1"),
        ("seeAlso", "cn=Ada,ou=people,dc=corp,dc=com", "cn=Name1,ou=people,dc=corp,dc=com"),
        ("x-unknown", "uid=ada, ou=people, dc=corp", "uid=name1,ou=people,dc=corp"),
        ("ref", "ldap://ldap.corp.example/cn=Ada,dc=corp", "ldap://example.com/cn=Name1,dc=corp"),
        ("namingContexts", "o=Corp", "o=Corp"),
        ("manager", "cn=Ada", "cn=Name1"),
        ("ou", "people", "people"),
        ("dc", "corp", "corp"),
        ("objectClass", "inetOrgPerson", "inetOrgPerson"),
        ("uidNumber", "1000", "1000"),
        ("createTimestamp", "20260101000000Z", "20260101000000Z"),
        ("entryUUID", "2bb6d4a8-7c4d-103f-8d5a-4b1a4f0a0001", "2bb6d4a8-7c4d-103f-8d5a-4b1a4f0a0001"),
        ("cn", "admin", "admin"),
    ],
)
def test_values(attribute: str, value: str, shown: str) -> None:
    assert Anonymous().values(attribute.encode(), [value.encode()]) == (shown.encode(),)


@pytest.mark.parametrize("shown", [Kept(), Anonymous()], ids=["kept", "anonymous"])
@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("userPassword", "secret"),
        ("2.5.4.35", "secret"),
        ("userPassword;x-old", "secret"),
        ("krbPrincipalKey", "secret"),
        ("sambaNTPassword", "0123"),
        ("ipaNTHash", "0123"),
        ("ms-Mcs-AdmPwd", "secret"),
        ("x-app-secret", "secret"),
        ("description", "{SSHA}qUeWnQEqgq0="),
        ("x-old", "$6$salt$abcdefgh"),
    ],
)
def test_secrets_are_never_shown(shown: Kept, attribute: str, value: str) -> None:
    assert shown.values(attribute.encode(), [value.encode()]) == ()
    assert shown.asserted(attribute.encode(), value.encode()) == HIDDEN


@pytest.mark.parametrize("attribute", ["pwdLastSet", "cn", "mail", "objectClass", "pwdPolicySubentry"])
def test_what_is_no_secret(attribute: str) -> None:
    assert not hides(attribute.encode())


def test_octets_that_are_no_text_are_left_out() -> None:
    assert Anonymous().values(b"jpegPhoto", [b"\xff\xd8\xff"]) == ()
    assert Kept().values(b"jpegPhoto", [b"\xff\xd8\xff"]) == (b"\xff\xd8\xff",)


def test_names_are_taken_out_of_what_is_kept_and_of_texts() -> None:
    shown = Anonymous()
    shown.learn(b"sn", [b"Lovelace"])
    assert shown.values(b"ou", [b"Lovelace and Sons"]) == (b"Name1 and Sons",)
    assert shown.text(b"no mail to lovelace, ask ops@corp.example") == b"no mail to name1, ask name2@example.com"


def test_a_telephone_number_is_the_same_wherever_it_stands() -> None:
    shown = Anonymous()
    shown.learn(b"mobile", [b"+44 (20) 7946-0001"])
    assert shown.values(b"description", [b"Call +44 20 7946 0001, or 5555 5555; ada@corp.example"]) == (
        b"Name1 +999 000 0001, name2 1 1; name3@example.com",
    )
    assert shown.values(b"mobile", [b"+44 20 79460001"]) == (b"+999 000 0001",)
    assert shown.text(b"+44 20 7946 0001 is busy") == b"+999 000 0001 is busy"
    assert shown.dn(b"uid=442079460001,dc=corp") == b"uid=\\2B999 000 0001,dc=corp"


@pytest.mark.parametrize(
    ("filter", "shown"),
    [
        ("(&(objectClass=person)(uid=ada))", "(&(objectClass=person)(uid=name1))"),
        ("(|(cn=Ada*)(cn=*love*lace))", "(|(cn=Name1*)(cn=*name2*name3))"),
        ("(!(member=uid=ada,dc=corp,dc=com))", "(!(member=uid=name1,dc=corp,dc=com))"),
        ("(userPassword=secret)", "(userPassword=hidden)"),
        ("(cn:caseExactMatch:=Ada)", "(cn:caseExactMatch:=Name1)"),
        ("(mail=*)", "(mail=*)"),
        ("(uidNumber>=1000)", "(uidNumber>=1000)"),
    ],
)
def test_filters(filter: str, shown: str) -> None:
    assert to_text(Anonymous().filter(parse(filter))) == shown


def test_names_that_are_no_dn() -> None:
    """Active Directory takes them in a bind."""
    assert Anonymous().dn(b"ada@corp.example") == b"name1@example.com"
    assert Anonymous().dn(b"CORP\\ada") == b"NAME1\\name2"


@given(st.text(), st.sampled_from([b"cn", b"mail", b"telephoneNumber", b"description", b"ou", b"seeAlso", b"ref"]))
def test_the_same_is_the_same_and_nothing_is_raised(value: str, attribute: bytes) -> None:
    shown, octets = (
        Anonymous(),
        value.encode(errors="surrogateescape") if value.isascii() else value.encode("utf-8", "replace"),
    )
    shown.learn(attribute, [octets])
    assert shown.values(attribute, [octets]) == shown.values(attribute, [octets])


@given(st.binary())
def test_whatever_octets(octets: bytes) -> None:
    shown = Anonymous()
    shown.learn_dn(octets)
    shown.dn(octets)
    shown.url(octets)
    shown.text(octets)
    shown.asserted(b"cn", octets)


def test_kinds_of_attributes_go_by_all_their_names() -> None:
    assert kind("2.5.4.3") == kind("cn") == "name"
    assert kind("2.5.4.20") == "phone"
    assert kind("2.5.4.11") == "tree"
