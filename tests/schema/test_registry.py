from pathlib import Path

import pytest

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.description import SchemaError, parse
from fakeldapd.schema.elements import Usage
from fakeldapd.schema.registry import DEFAULT_SCHEMAS, AttributeDescriptionError, Schema, SchemaCheck

SCHEMA = Schema.load()
LENIENT = Schema.load(check=SchemaCheck.LENIENT)


# --- attribute descriptions, as slapd answers updates ----------------------------------------------------------------

DESCRIPTIONS = [
    # what is sent, the name it is returned by
    (b"cn", b"cn"),
    (b"CN", b"cn"),
    (b"commonName", b"cn"),
    (b"2.5.4.3", b"cn"),
    (b"GIVENNAME", b"givenName"),
    (b"name", b"name"),
    (b"createTimestamp", b"createTimestamp"),
    (b"entry", b"entry"),
    (b"Children", b"children"),
    (b"cn;lang-en", b"cn;lang-en"),
    (b"COMMONNAME;LANG-EN", b"cn;lang-en"),
    (b"2.5.4.3;lang-en", b"cn;lang-en"),
    (b"cn;lang-en;lang-de", b"cn;lang-de;lang-en"),
    (b"cn;lang-en;lang-en", b"cn;lang-en"),
    (b"cn;lang-a.b", b"cn;lang-a.b"),
    (b"cn;lang-" + b"a" * 200, b"cn;lang-" + b"a" * 200),
    (b"USERcertificate;BINARY", b"userCertificate;binary"),
    (b"userCertificate;lang-en;binary", b"userCertificate;binary;lang-en"),
    (b"supportedAlgorithms;binary", b"supportedAlgorithms;binary"),
    (b"userSMIMECertificate", b"userSMIMECertificate"),
    (b"userPKCS12", b"userPKCS12"),
]


@pytest.mark.parametrize(("sent", "name"), DESCRIPTIONS)
def test_descriptions(sent: bytes, name: bytes) -> None:
    found = SCHEMA.attribute(sent)
    assert found.name == name
    assert (
        found
        is SCHEMA.attribute(sent)
        is SCHEMA.attribute(name)
        is SCHEMA.find(sent)
        is SCHEMA.find(sent, ranges=False)
    )
    assert found.header[0] == 4
    assert found.header.endswith(name)
    length = found.header[1] if found.header[1] < 128 else found.header[2]
    assert length == len(name)


CHARACTERS = "AttributeDescription contains inappropriate characters"

UNKNOWN = [
    # what is sent, slapd's diagnostic behind "<what is sent>: "
    (b"", "empty AttributeDescription"),
    (b"fooBar", "attribute type undefined"),
    (b"fooBar;lang-en", "attribute type undefined"),
    (b"fooBar;x-y", "attribute type undefined"),
    (b"fooBar;lang-", "attribute type undefined"),
    (b"foo;", "attribute type undefined"),
    (b"oid.2.5.4.3", "attribute type undefined"),
    (b"2.5.4.3.", "attribute type undefined"),
    (b"02.5.4.3", "attribute type undefined"),
    (b"1", "attribute type undefined"),
    (b"1.1", "attribute type undefined"),
    (b"1cn", "attribute type undefined"),
    (b"cn-", "attribute type undefined"),
    (b"a" * 300, "attribute type undefined"),
    (b"c n", CHARACTERS),
    (b" cn", CHARACTERS),
    (b"cn ", CHARACTERS),
    (b"-cn", CHARACTERS),
    (b".2.5", CHARACTERS),
    (b"cn_", CHARACTERS),
    (b"cn:", CHARACTERS),
    (b"*", CHARACTERS),
    (b"+", CHARACTERS),
    (b"@person", CHARACTERS),
    (b"cn\n", CHARACTERS),
    (b"cn=a", CHARACTERS),
    (b"cn;lang-e_n", CHARACTERS),
    ("cn;lang-\u00e9".encode(), CHARACTERS),
    (b"cn;x-foo", "unrecognized option"),
    (b"cn;lang", "unrecognized option"),
    (b"cn;l", "unrecognized option"),
    (b"cn;.", "unrecognized option"),
    (b"cn;lang-en;x-foo", "unrecognized option"),
    (b"cn;", "zero length option is invalid"),
    (b"cn;;", "zero length option is invalid"),
    (b"cn;;lang-en", "zero length option is invalid"),
    (b"cn;lang-en;", "zero length option is invalid"),
    (b"cn;binary", 'option "binary" not supported with type'),
    (b"jpegPhoto;binary", 'option "binary" not supported with type'),
    (b"userSMIMECertificate;binary", 'option "binary" not supported with type'),
    (b"userCertificate;binary;binary", 'option "binary" specified multiple times'),
]


@pytest.mark.parametrize(("sent", "reason"), UNKNOWN)
def test_unknown_descriptions(sent: bytes, reason: str) -> None:
    for look_up in (SCHEMA.attribute, SCHEMA.describe):
        with pytest.raises(AttributeDescriptionError) as caught:
            look_up(sent)
        assert (caught.value.code, caught.value.diagnostic) == (17, f"{sent.decode()}: {reason}")
        assert caught.value.reason == reason
        assert caught.value.inapt is (reason in (CHARACTERS, "empty AttributeDescription"))
    assert SCHEMA.find(sent) is None
    assert SCHEMA.find(sent, ranges=False) is None
    assert SCHEMA.find(sent) is None


def test_a_nul_ends_what_slapd_repeats() -> None:
    with pytest.raises(LDAPError) as caught:
        SCHEMA.attribute(b"cn\0x")
    assert caught.value.diagnostic == f"cn: {CHARACTERS}"


FOR_SEARCHES_ONLY = [
    # what is sent, what slapd says of it to an update, whether it is a language range
    (b"userCertificate", "requires ;binary transfer", False),
    (b"userCertificate;lang-en", "requires ;binary transfer", False),
    (b"userCertificate;lang-", "requires ;binary transfer", True),
    (b"cn;lang-", "inappropriate use of tag range option", True),
    (b"cn;lang-en-", "inappropriate use of tag range option", True),
    (b"userCertificate;lang-;binary", "inappropriate use of tag range option", True),
]


@pytest.mark.parametrize(("sent", "reason", "is_range"), FOR_SEARCHES_ONLY)
def test_what_searches_may_ask_for_and_updates_may_not(sent: bytes, reason: str, is_range: bool) -> None:
    with pytest.raises(AttributeDescriptionError) as caught:
        SCHEMA.attribute(sent)
    assert caught.value.diagnostic == f"{sent.decode()}: {reason}"
    assert (SCHEMA.find(sent, ranges=False) is None) is is_range
    assert SCHEMA.find(sent) is SCHEMA.describe(sent)


# --- types and classes -----------------------------------------------------------------------------------------------


def names(elements: object) -> set[str]:
    return {element.name.decode() for element in elements}  # type: ignore[attr-defined]


def test_inheritance() -> None:
    cn, name = SCHEMA.attribute_type(b"cn"), SCHEMA.attribute_type(b"NAME")
    assert cn is not None
    assert name is not None
    assert cn.superior is name
    assert (cn.syntax, cn.equality, cn.substrings, cn.length) == (
        name.syntax,
        name.equality,
        name.substrings,
        name.length,
    )
    country = SCHEMA.attribute_type(b"c")
    assert country is not None
    assert country.equality is name.equality
    assert country.syntax.oid.endswith(".11")
    stamp = SCHEMA.attribute_type(b"createTimestamp")
    assert stamp is not None
    assert (stamp.usage, stamp.operational, stamp.no_user_modification, stamp.single_value) == (
        Usage.DIRECTORY,
        True,
        True,
        True,
    )


@pytest.mark.parametrize("first", [b"cn", b"name", b"sn", b"c"])
def test_subtypes_are_all_there_whatever_is_looked_up_first(first: bytes) -> None:
    schema = Schema()
    found = schema.attribute_type(first)
    assert found is not None
    assert found in found.subtypes
    name = schema.attribute_type(b"name")
    assert name is not None
    assert {"name", "cn", "sn", "givenName", "initials", "c", "o", "ou", "title"} <= names(name.subtypes)
    everything = Schema()
    everything.definitions()
    same = everything.attribute_type(b"name")
    assert same is not None
    assert names(name.subtypes) == names(same.subtypes)


def test_lookups() -> None:
    person = SCHEMA.object_class(b"PERSON")
    assert person is not None
    assert SCHEMA.object_class(b"2.5.6.6") is SCHEMA.object_class(b"person") is person
    assert [t.name for t in SCHEMA.must(person)] == [b"sn", b"cn", b"objectClass"]
    assert names(person.ancestors) == {"person", "top"}
    rule = SCHEMA.matching_rule(b"CASEIGNOREMATCH")
    assert rule is not None
    assert SCHEMA.matching_rule(b"2.5.13.2") is rule
    assert SCHEMA.syntax("1.3.6.1.4.1.1466.115.121.1.15") is rule.syntax
    cn = SCHEMA.attribute_type(b"cn")
    assert cn is not None
    assert SCHEMA.applies(rule, cn)
    for nothing in (
        SCHEMA.object_class(b"cn"),
        SCHEMA.attribute_type(b"person"),
        SCHEMA.matching_rule(b"objectClass"),
        SCHEMA.matching_rule(b"\xff"),
        SCHEMA.syntax("objectclass"),
    ):
        assert nothing is None


CLASS_SETS = [
    # values, structural class, allows_all, is_alias, is_referral, is_subentry
    ((b"top", b"person"), "person", False, False, False, False),
    ((b"INETORGPERSON", b"2.5.6.6"), "inetOrgPerson", False, False, False, False),
    ((b"person", b"inetOrgPerson"), "inetOrgPerson", False, False, False, False),
    ((b"device", b"extensibleObject"), "device", True, False, False, False),
    ((b"alias", b"extensibleObject"), "alias", True, True, False, False),
    ((b"referral",), "referral", False, False, True, False),
    ((b"subentry", b"subschema"), "subentry", False, False, False, True),
    ((b"posixAccount",), None, False, False, False, False),
    ((), None, False, False, False, False),
]


@pytest.mark.parametrize(("values", "structural", "everything", "alias", "referral", "subentry"), CLASS_SETS)
def test_class_sets(
    values: tuple[bytes, ...], structural: str | None, everything: bool, alias: bool, referral: bool, subentry: bool
) -> None:
    found = SCHEMA.class_set(values)
    assert (found.structural and found.structural.name.decode()) == structural
    assert found.allows_all is everything
    assert (found.is_alias, found.is_referral, found.is_subentry) == (alias, referral, subentry)
    assert SCHEMA.class_set(values) is found
    assert len(found.classes) == len(values)


def test_what_a_class_set_requires_and_allows() -> None:
    found = SCHEMA.class_set((b"inetOrgPerson", b"posixAccount"))
    assert names(found.must) == {"objectClass", "sn", "cn", "uid", "uidNumber", "gidNumber", "homeDirectory"}
    assert {"mail", "loginShell", "userPassword", "title", "description"} <= names(found.may)
    assert names(found.all) == {"top", "person", "organizationalPerson", "inetOrgPerson", "posixAccount"}


@pytest.mark.parametrize("number", [0, 1, 2])
def test_unknown_classes(number: int) -> None:
    values = [b"top", b"device", b"person"]
    values[number] = b"noSuch"
    with pytest.raises(LDAPError) as caught:
        SCHEMA.class_set(tuple(values))
    assert (caught.value.code, caught.value.diagnostic) == (21, f"objectClass: value #{number} invalid per syntax")
    found = LENIENT.class_set(tuple(values))
    assert found.allows_all
    assert len(found.classes) == 2


# --- lenient ---------------------------------------------------------------------------------------------------------


def test_lenient_makes_types_up() -> None:
    found = LENIENT.attribute(b"fooBar")
    assert (found.name, found.type.implicit) == (b"fooBar", True)
    assert LENIENT.attribute(b"FOOBAR") is LENIENT.find(b"foobar") is found
    assert LENIENT.attribute(b"fooBar;lang-en").type is found.type
    assert LENIENT.attribute(b"1.2.3.4").name == b"1.2.3.4"
    assert not LENIENT.attribute(b"cn").type.implicit
    assert LENIENT.attribute_type(b"fooBar") is None
    equality = found.type.equality
    assert equality is not None
    assert equality.normalise(b" A  b") == equality.assertion(b"a B ")
    assert equality.normalise(b"\xff\xfe") == b"\xff\xfe" != equality.normalise(b"\xff")
    assert found.type.syntax.validate(b"")
    assert found.type.syntax.validate(b"\xff")
    assert found.type.subtypes == {found.type}


@pytest.mark.parametrize("sent", [b"", b"c n", b"foo_bar", b"1foo", b"foo;x-y", b"foo.bar", b"foo;binary", b"1..2"])
def test_lenient_does_not_make_up_everything(sent: bytes) -> None:
    with pytest.raises(AttributeDescriptionError):
        LENIENT.attribute(sent)
    assert LENIENT.find(sent) is None


def test_made_up_types_are_forgotten_when_nobody_uses_them() -> None:
    import gc

    schema = Schema(SchemaCheck.LENIENT)
    kept = schema.attribute(b"kept")
    for number in range(10_000):
        schema.find(b"made-up-%d" % number)
    gc.collect()
    assert len(schema._implicit._types) < 5_000
    assert schema.attribute(b"KEPT") is kept


# --- loading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nis", ["nis", "rfc2307bis"])
def test_everything_shipped_is_sound(nis: str) -> None:
    shipped = [path.stem for path in (Path(__file__).parents[2] / "schemas").glob("*.schema")]
    other = {"nis": "rfc2307bis", "rfc2307bis": "nis"}[nis]
    schema = Schema.load([name for name in shipped if name != other])
    published = schema.definitions()
    assert len(published["attributeTypes"]) > 1000
    for kind in ("attributeTypes", "objectClasses", "ldapSyntaxes", "matchingRules", "matchingRuleUse"):
        for text in published[kind]:
            assert str(parse(kind, text.decode())).encode() == text
    assert schema.definitions() is published


def test_what_is_published_loads_again_and_changes_nothing() -> None:
    schema = Schema.load()
    published = schema.definitions()
    ldif = b"dn: cn=Subschema\n" + b"".join(
        kind.encode() + b": " + text + b"\n" for kind, texts in published.items() for text in texts
    )
    schema.add(ldif, "dump.ldif")
    assert schema.definitions() == published
    cn = schema.attribute_type(b"cn")
    schema.add(ldif, "dump.ldif")
    assert schema.attribute_type(b"cn") is cn


def test_hidden_definitions_work_and_are_not_published() -> None:
    assert SCHEMA.attribute_type(b"children") is not None
    assert not any(b"'children'" in text for text in SCHEMA.definitions()["attributeTypes"])


def test_core_is_always_there() -> None:
    assert Schema().attribute_type(b"drink") is None
    assert Schema().object_class(b"person") is not None
    assert Schema.load(["nis"]).object_class(b"person") is not None
    assert "msuser" in DEFAULT_SCHEMAS


def test_what_is_not_used_is_not_read() -> None:
    schema = Schema.load()
    schema.class_set((b"inetOrgPerson",))
    read = sum(row.linked is not None for rows in schema._links.rows.values() for row in rows)
    assert read < 200 < sum(map(len, schema._links.rows.values()))


NOT_LOADED = [
    (["nosuch"], "no schema of that name is shipped (those are core"),
    (["nis", "rfc2307bis"], "nis and rfc2307bis"),
    (["/no/such/file.schema"], "there is no such file"),
    (["nosuch.ldif"], "there is no such file"),
]


@pytest.mark.parametrize(("given", "reason"), NOT_LOADED)
def test_what_cannot_be_loaded(given: list[str], reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        Schema.load(given)
    assert reason in str(caught.value)


def test_files(tmp_path: Path) -> None:
    first = tmp_path / "a.schema"
    first.write_text("objectclass ( 1.9.1 NAME 'mine' SUP top MUST ( cn $ myAttribute $ uidNumber ) )\n")
    second = tmp_path / "b.ldif"
    second.write_text("dn: cn=b,cn=schema,cn=config\nolcAttributeTypes: {0}( 1.9.2 NAME 'myAttribute' SUP name )\n")
    schema = Schema.load([str(first), str(second), "cosine", "nis"])
    mine = schema.object_class(b"mine")
    assert mine is not None
    assert [t.name for t in schema.must(mine)] == [b"cn", b"myAttribute", b"uidNumber", b"objectClass"]
    with pytest.raises(SchemaError, match=r"a\.schema:1: object class 'mine': MUST names the attribute type 'myAttr"):
        Schema.load([str(first)])


def test_bounded_caches() -> None:
    schema = Schema()
    for number in range(10_000):
        schema.find(b"nosuch%d" % number)
        schema.find(b"cn;lang-x%d" % number)
        schema.attribute(b"cn;lang-y%d" % number)
    assert len(schema._found) <= 4096
    assert len(schema._for_updates) <= 4096
    assert len(schema._passing) <= 10_000
    schema.find(b"n" * 1000)
    assert b"n" * 1000 not in schema._found
