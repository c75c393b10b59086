from collections.abc import Callable

import pytest

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.check import (
    check_attributes,
    check_classes,
    check_entry,
    check_naming,
    check_structural_change,
    check_values,
)
from fakeldapd.schema.registry import DEFAULT_SCHEMAS, Schema, SchemaCheck

EXTRA = """
attributetype ( 1.9.2.1 NAME 'obs' OBSOLETE SUP name )
attributetype ( 1.9.2.2 NAME 'noeq' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 2.5.4.7.1 NAME 'c-l' SUP l COLLECTIVE )
objectclass ( 1.9.1.1 NAME 'abs1' ABSTRACT SUP top MUST sn )
objectclass ( 1.9.1.2 NAME 'str1' STRUCTURAL SUP abs1 MAY ( cn $ title $ description $ o ) )
objectclass ( 1.9.1.3 NAME 'str2' STRUCTURAL MUST cn MAY ou )
objectclass ( 1.9.1.4 NAME 'aux1' AUXILIARY SUP top MUST ou )
objectclass ( 1.9.1.5 NAME 'aux2' OBSOLETE AUXILIARY SUP top MUST ou )
objectclass ( 1.9.1.6 NAME 'str3' OBSOLETE STRUCTURAL SUP top MUST cn )
objectclass ( 1.9.1.7 NAME 'str4' STRUCTURAL SUP ( str2 $ abs1 ) MAY ( l $ obs ) )
objectclass ( 1.9.1.8 NAME 'aux3' AUXILIARY SUP ( top $ aux1 ) MAY l )
objectclass ( 1.9.1.9 NAME 'str5' STRUCTURAL SUP top MUST cn MAY description )
objectclass ( 1.9.1.10 NAME 'abs2' ABSTRACT SUP abs1 )
objectclass ( 1.9.1.11 NAME 'str6' STRUCTURAL SUP top MUST cn )
ditcontentrule ( 1.9.1.9 NAME 'rule5' AUX ( aux1 $ posixAccount ) MUST ( title ) MAY ( l $ st ) NOT description )
ditcontentrule ( 1.9.1.11 NAME 'rule6' OBSOLETE MUST sn )
"""


def make(check: SchemaCheck) -> Schema:
    schema = Schema.load(DEFAULT_SCHEMAS, check)
    schema.add(EXTRA, "extra.schema")
    return schema


STRICT, LENIENT, OFF = make(SchemaCheck.STRICT), make(SchemaCheck.LENIENT), make(SchemaCheck.OFF)

ENTRIES = [
    # classes, attributes beside objectClass and cn, slapd's diagnostic with 65 (None: it takes the entry)
    ("person", "", "object class 'person' requires attribute 'sn'"),
    ("person", "sn", None),
    ("person", "sn;lang-en", None),
    ("organizationalPerson", "description", "object class 'organizationalPerson' requires attribute 'sn'"),
    ("top person organizationalPerson inetOrgPerson", "", "object class 'inetOrgPerson' requires attribute 'sn'"),
    ("inetOrgPerson person", "", "object class 'inetOrgPerson' requires attribute 'sn'"),
    ("inetOrgPerson posixAccount", "", "object class 'inetOrgPerson' requires attribute 'sn'"),
    ("posixAccount inetOrgPerson", "", "object class 'posixAccount' requires attribute 'uid'"),
    ("posixAccount inetOrgPerson", "uid", "object class 'posixAccount' requires attribute 'uidNumber'"),
    ("posixAccount device", "uid gidNumber", "object class 'posixAccount' requires attribute 'uidNumber'"),
    ("posixGroup", "", "object class 'posixGroup' requires attribute 'gidNumber'"),
    ("domain", "", "object class 'domain' requires attribute 'dc'"),
    ("DEVICE DCOBJECT", "", "object class 'dcObject' requires attribute 'dc'"),
    ("2.5.6.14 DCOBJECT", "", "object class 'dcObject' requires attribute 'dc'"),
    # the structural chain
    ("top", "", "no structural object class provided"),
    ("posixAccount", "", "no structural object class provided"),
    ("posixAccount top", "", "no structural object class provided"),
    ("top extensibleObject", "", "no structural object class provided"),
    ("subschema", "", "no structural object class provided"),
    ("abs1", "", "no structural object class provided"),
    ("person organization", "", "invalid structural object class chain (person/organization)"),
    ("organization person", "", "invalid structural object class chain (organization/person)"),
    ("person organization inetOrgPerson", "", "invalid structural object class chain (person/organization)"),
    ("person posixGroup posixAccount", "", "invalid structural object class chain (person/posixGroup)"),
    ("dcObject organization posixGroup", "", "invalid structural object class chain (organization/posixGroup)"),
    ("device alias", "", "invalid structural object class chain (device/alias)"),
    ("account PERSON", "", "invalid structural object class chain (account/person)"),
    ("account 2.5.6.6", "", "invalid structural object class chain (account/person)"),
    ("device OpenLDAProotDSE", "", "invalid structural object class chain (device/OpenLDAProotDSE)"),
    # abstract and obsolete classes
    ("abs1 device", "", "instantiation of abstract objectClass 'abs1' not allowed"),
    ("device abs1", "", "instantiation of abstract objectClass 'abs1' not allowed"),
    ("device posixAccount abs1", "", "object class 'posixAccount' requires attribute 'uid'"),
    ("device abs1 posixAccount", "", "instantiation of abstract objectClass 'abs1' not allowed"),
    ("str2 abs1", "", "instantiation of abstract objectClass 'abs1' not allowed"),
    ("str4 abs1", "", "object class 'str4' requires attribute 'sn'"),
    ("str4 abs1", "sn", None),
    ("abs1 str1", "", "object class 'str1' requires attribute 'sn'"),
    ("str1 abs2", "sn", "instantiation of abstract objectClass 'abs2' not allowed"),
    ("str1 abs2 abs1", "sn", "instantiation of abstract objectClass 'abs2' not allowed"),
    ("device aux2", "ou", "objectClass 'aux2' is OBSOLETE"),
    ("aux2 device", "uid", "objectClass 'aux2' is OBSOLETE"),
    ("aux1 device aux2", "", "object class 'aux1' requires attribute 'ou'"),
    ("aux1 device aux2", "ou", "objectClass 'aux2' is OBSOLETE"),
    ("str3", "", ""),
    ("str3", "uid", ""),
    ("aux3 device", "", "object class 'aux3' requires attribute 'ou'"),
    # DIT content rules
    ("str5", "", "content rule 'rule5' requires attribute 'title'"),
    ("str5 aux1", "", "content rule 'rule5' requires attribute 'title'"),
    ("str5 aux1", "title", "object class 'aux1' requires attribute 'ou'"),
    ("str5", "title description", "content rule 'rule5' precluded attribute 'description'"),
    ("str5", "description", "content rule 'rule5' requires attribute 'title'"),
    ("str5 extensibleObject", "description title", "content rule 'rule5' precluded attribute 'description'"),
    ("str5 extensibleObject", "title", "class 'extensibleObject' not allowed by content rule 'rule5'"),
    ("str5 dcObject", "title dc", "class 'dcObject' not allowed by content rule 'rule5'"),
    ("dcObject str5", "title", "class 'dcObject' not allowed by content rule 'rule5'"),
    ("str5", "title l", None),
    ("str5 aux1", "title ou st", None),
    ("str5", "title o", "attribute 'o' not allowed"),
    ("str6", "sn", "content rule 'rule6' is obsolete"),
    ("str6", "uid", "content rule 'rule6' is obsolete"),
    # what is allowed
    ("device", "sn uidNumber", "attribute 'sn' not allowed"),
    ("device", "uidNumber sn", "attribute 'uidNumber' not allowed"),
    ("device", "sn;lang-en", "attribute 'sn;lang-en' not allowed"),
    ("device extensibleObject", "uidNumber", None),
    ("device", "createTimestamp hasSubordinates", None),
    ("device posixAccount", "title", "object class 'posixAccount' requires attribute 'uid'"),
    # what has a place of its own
    ("referral", "", "object class 'referral' requires attribute 'ref'"),
    ("referral", "ref", "attribute 'cn' not allowed"),
    ("referral extensibleObject", "ref", None),
    ("device", "ref", 'attribute "ref" only allowed in the referral'),
    ("device extensibleObject", "ref", 'attribute "ref" only allowed in the referral'),
    ("device", "ref uidNumber", 'attribute "ref" only allowed in the referral'),
    ("device", "uidNumber ref", 'attribute "ref" only allowed in the referral'),
    ("posixAccount", "ref", 'attribute "ref" only allowed in the referral'),
    ("device person", "ref", 'attribute "ref" only allowed in the referral'),
    ("alias", "aliasedObjectName", "attribute 'cn' not allowed"),
    ("alias extensibleObject", "aliasedObjectName", None),
    ("device", "aliasedObjectName", 'attribute "aliasedObjectName" only allowed in the alias'),
    ("device extensibleObject", "aliasedObjectName", 'attribute "aliasedObjectName" only allowed in the alias'),
    ("subentry", "", "object class 'subentry' requires attribute 'subtreeSpecification'"),
    ("subentry", "subtreeSpecification", None),
    (
        "device extensibleObject",
        "subtreeSpecification",
        'attribute "subtreeSpecification" only allowed in the subentry',
    ),
    ("device extensibleObject", "administrativeRole", 'attribute "administrativeRole" not supported!'),
    ("device extensibleObject", "namingContexts", 'attribute "namingContexts" only allowed in the root DSE'),
    ("device", "supportedControl", 'attribute "supportedControl" only allowed in the root DSE'),
    ("device", "c-l", "'c-l' can only appear in collectiveAttributeSubentry"),
    ("device extensibleObject", "c-l", "'c-l' can only appear in collectiveAttributeSubentry"),
    ("device subschema", "", 'objectClass "2.5.20.1" only allowed in subentries'),
    ("posixAccount device subschema", "", "object class 'posixAccount' requires attribute 'uid'"),
    ("subschema device posixAccount", "", 'objectClass "2.5.20.1" only allowed in subentries'),
    ("device dynamicObject", "", 'objectClass "1.3.6.1.4.1.1466.101.119.2" not supported in context'),
    ("OpenLDAProotDSE", "", 'objectClass "1.3.6.1.4.1.4203.1.4.1" only allowed in the root DSE'),
]


def fault(check: Callable[[], None]) -> str | None:
    try:
        check()
    except LDAPError as error:
        return error.diagnostic if error.code == 65 else f"{int(error.code)} {error.diagnostic}"
    return None


def entry_fault(schema: Schema, classes: str, attributes: str) -> str | None:
    found = schema.class_set(tuple(classes.encode().split()))
    present = [schema.attribute(name) for name in (b"objectClass", *attributes.encode().split(), b"cn")]
    return fault(lambda: check_entry(schema, found, present))


@pytest.mark.parametrize(("classes", "attributes", "diagnostic"), ENTRIES)
def test_entries_as_slapd_checks_them(classes: str, attributes: str, diagnostic: str | None) -> None:
    assert entry_fault(STRICT, classes, attributes) == diagnostic


@pytest.mark.parametrize(("classes", "attributes", "diagnostic"), ENTRIES)
def test_the_parts_find_what_the_whole_finds(classes: str, attributes: str, diagnostic: str | None) -> None:
    values = tuple(classes.encode().split())
    found = STRICT.class_set(values)
    present = [STRICT.attribute(name) for name in (b"objectClass", *attributes.encode().split(), b"cn")]
    faults = [
        fault(lambda: check_attributes(STRICT, found, present)),
        fault(lambda: check_classes(STRICT, found, values)),
    ]
    assert diagnostic in faults if diagnostic is not None else faults == [None, None]


@pytest.mark.parametrize(("classes", "attributes", "diagnostic"), ENTRIES)
def test_lenient_holds_to_what_is_required(classes: str, attributes: str, diagnostic: str | None) -> None:
    assert entry_fault(OFF, classes, attributes) is None
    lenient = entry_fault(LENIENT, classes, attributes)
    if diagnostic is None:
        assert lenient is None
    elif "requires attribute" in diagnostic:
        assert lenient == diagnostic
    else:
        assert lenient is None or "requires attribute" in lenient or lenient == "content rule 'rule6' is obsolete"


LENIENT_ENTRIES = [
    # classes, attributes, diagnostic
    ("noSuch", "sn fooBar", None),
    ("noSuch person", "fooBar", "object class 'person' requires attribute 'sn'"),
    ("top", "uidNumber", None),
    ("device", "uidNumber ref c-l", None),
    ("person organization", "o", "object class 'person' requires attribute 'sn'"),
    ("person organization", "sn", "object class 'organization' requires attribute 'o'"),
    ("person organization", "sn o", None),
    ("abs1 device", "", None),
]


@pytest.mark.parametrize(("classes", "attributes", "diagnostic"), LENIENT_ENTRIES)
def test_lenient_entries(classes: str, attributes: str, diagnostic: str | None) -> None:
    assert entry_fault(LENIENT, classes, attributes) == diagnostic


CHANGES = [
    # before, after, whether slapd lets an entry go from the one to the other
    ("device", "person", False),
    ("person", "inetOrgPerson", False),
    ("inetOrgPerson", "person", False),
    ("person", "person top extensibleObject", True),
    ("inetOrgPerson", "person inetOrgPerson", True),
    ("DEVICE", "2.5.6.14", True),
]


@pytest.mark.parametrize(("before", "after", "allowed"), CHANGES)
def test_structural_change(before: str, after: str, allowed: bool) -> None:
    for schema in (LENIENT, OFF, STRICT):
        old, new = (schema.class_set(tuple(classes.encode().split())) for classes in (before, after))
        if allowed or schema is not STRICT:
            check_structural_change(schema, old, new)
            continue
        with pytest.raises(LDAPError) as caught:
            check_structural_change(schema, old, new)
        assert caught.value.code == 69
        assert caught.value.diagnostic == (
            f"structural object class modification from '{before.split()[0]}' to '{after.split()[0]}' not allowed"
        )


NAMING = [
    (b"cn=a", None),
    (b"uidNumber=1+cn=a", None),
    (b"jpegPhoto=a", "naming attribute 'jpegPhoto' has no equality matching rule"),
    (b"cn=a+noeq=b", "naming attribute 'noeq' has no equality matching rule"),
    (b"obs=y", "naming attribute 'obs' is obsolete"),
    (b"c-l=y", "naming attribute 'c-l' is collective"),
    (b"createTimestamp=20200101000000Z", "naming attribute 'createTimestamp' is operational"),
]


@pytest.mark.parametrize(("rdn", "diagnostic"), NAMING)
def test_naming(rdn: bytes, diagnostic: str | None) -> None:
    if diagnostic is None:
        check_naming(STRICT.rdn(rdn))
        return
    with pytest.raises(LDAPError) as caught:
        check_naming(STRICT.rdn(rdn))
    assert (caught.value.code, caught.value.diagnostic) == (64, diagnostic)


VALUES = [
    # description as sent, values, slapd's answer to an add of them (None: fine), to a delete (None: fine)
    ("cn", ["a"], None, None),
    ("cn", ["a", "b"], None, None),
    ("UIDNUMBER", ["x"], "21 UIDNUMBER: value #0 invalid per syntax", "same"),
    ("UIDNUMBER", ["1", "2"], "19 UIDNUMBER: multiple values provided", None),
    ("UIDNUMBER", ["1", "1"], "19 UIDNUMBER: multiple values provided", None),
    ("uidNumber", ["2", "2", "x"], "21 uidNumber: value #2 invalid per syntax", "same"),
    ("DESCRIPTION", ["1", "1"], "20 description: value #0 provided more than once", None),
    ("DESCRIPTION", ["1", "2", "3", "a", "A"], "20 description: value #3 provided more than once", None),
    ("2.5.4.13", ["A", "2", "3", "a", "3"], "20 description: value #0 provided more than once", None),
    ("DESCRIPTION", ["c", "B", "d", "C"], "20 description: value #0 provided more than once", None),
    ("description;LANG-en", ["A", "a"], "20 description;lang-en: value #0 provided more than once", None),
    ("DESCRIPTION", ["A", ""], "21 DESCRIPTION: value #1 invalid per syntax", "same"),
    ("description", ["", ""], "21 description: value #0 invalid per syntax", "same"),
    ("OBJECTCLASS", ["device", "nosuch"], "21 OBJECTCLASS: value #1 invalid per syntax", "same"),
    ("OBJECTCLASS", ["device", "2.5.6.14", "top"], "20 objectClass: value #0 provided more than once", None),
    ("objectClass", ["device", "DEVICE"], "20 objectClass: value #0 provided more than once", None),
    ("jpegPhoto", ["1", "1"], "20 jpegPhoto: value #0 provided more than once", None),
    ("noeq", ["1", "1", "2"], "20 noeq: value #0 provided more than once", None),
    ("noeq", ["1", "A", "a"], None, None),
    ("obs", ["x"], "19 obs: attribute is obsolete", "same"),
    ("obs", ["", ""], "21 obs: value #0 invalid per syntax", "same"),
    ("obs", [], None, None),
    ("ldapSyntaxes", ["x"], "21 ldapSyntaxes: no validator for syntax 1.3.6.1.4.1.1466.115.121.1.54", "same"),
    ("mail", [" "], None, None),
    ("member", ["cn=a", "CN = A"], "20 member: value #0 provided more than once", None),
    ("member", ["x"], "21 member: value #0 invalid per syntax", "same"),
]


def value_fault(schema: Schema, sent: str, values: list[str], *, duplicates: bool) -> str | None:
    description = schema.attribute(sent.encode())
    octets = tuple(value.encode() for value in values)
    return fault(lambda: check_values(schema, description, octets, duplicates=duplicates, sent=sent.encode()))


@pytest.mark.parametrize(("sent", "values", "added", "deleted"), VALUES)
def test_values(sent: str, values: list[str], added: str | None, deleted: str | None) -> None:
    assert value_fault(STRICT, sent, values, duplicates=True) == added
    assert value_fault(STRICT, sent, values, duplicates=False) == (added if deleted == "same" else deleted)
    unknown_class = sent.lower() == "objectclass" and "nosuch" in values
    welcome = added is not None and ("obsolete" in added or unknown_class)
    lenient = None if welcome else added
    assert value_fault(LENIENT, sent, values, duplicates=True) == lenient
    off = value_fault(OFF, sent, values, duplicates=True)
    assert off is None or off.startswith("20 ")
    if added is not None and added.startswith("20 "):
        assert off == added
    assert value_fault(OFF, sent, values, duplicates=False) is None


def test_names_are_the_definition_s_where_the_spelling_is_not_given() -> None:
    with pytest.raises(LDAPError, match="uidNumber: value #0"):
        check_values(STRICT, STRICT.attribute(b"UIDNUMBER"), (b"x",))


def test_off_compares_octets_where_there_is_no_normal_form() -> None:
    assert (
        value_fault(OFF, "uidNumber", ["x", "x"], duplicates=True) == "20 uidNumber: value #0 provided more than once"
    )
    assert value_fault(OFF, "uidNumber", ["x", "y"], duplicates=True) is None
