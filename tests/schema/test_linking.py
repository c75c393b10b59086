import pytest

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.description import SchemaError
from fakeldapd.schema.registry import Schema


def names(elements: object) -> set[str]:
    return {element.name.decode() for element in elements}  # type: ignore[attr-defined]


WRONG = [
    # text, line, a part of the reason
    ("attributetype ( 1.9.1 NAME 'x' SUP noSuch )", 1, "SUP names the attribute type 'noSuch'"),
    ("attributetype ( 1.9.1 NAME 'x' EQUALITY noSuch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )", 1, "rule 'noSuch'"),
    ("\nattributetype ( 1.9.1 NAME 'x' SYNTAX 1.9.9 )", 2, "SYNTAX 1.9.9 is not defined"),
    ("attributetype ( 1.9.1 NAME 'x' )", 1, "neither SUP nor SYNTAX"),
    ("attributetype ( 1.9.1 NAME 'x' SUP cn SUBSTR caseIgnoreMatch )", 1, "a rule for equality"),
    ("attributetype ( 1.9.1 NAME 'x' SUP cn USAGE dSAOperation )", 1, "that of its superior cn userApplications"),
    ("attributetype ( 1.9.1 NAME 'x' SUP cn USAGE nonsense )", 1, "USAGE nonsense is none of"),
    ("attributetype ( 1.9.1 NAME 'x' SUP cn NO-USER-MODIFICATION )", 1, "for operational attributes"),
    ("attributetype ( 1.9.1 NAME 'x' SUP cn COLLECTIVE SINGLE-VALUE )", 1, "neither operational nor SINGLE-VALUE"),
    ("attributetype ( 1.9.1 NAME 'x' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{x} )", 1, "no number"),
    ("attributetype ( 1.9.1 NAME 'x' SUP y )\nattributetype ( 1.9.2 NAME 'y' SUP x )", 1, "its own superior"),
    ("attributetype ( 1.9.1 NAME 'cn' SUP name )", 1, "'cn' at system.schema:"),
    ("attributetype ( 2.5.4.3 NAME 'other' SUP name )", 1, "defined differently"),
    ("attributetype ( 1.9.1 NAME 'x' SUP name )\nattributetype ( 1.9.1 NAME 'y' SUP name )", 2, "'x' at some.schema:1"),
    ("objectclass ( 1.9.1 NAME 'x' SUP noSuch )", 1, "SUP names the object class 'noSuch'"),
    ("objectclass ( 1.9.1 NAME 'x' MUST noSuch )", 1, "MUST names the attribute type 'noSuch'"),
    ("objectclass ( 1.9.1 NAME 'x' MAY ( cn $ noSuch ) )", 1, "MAY names the attribute type 'noSuch'"),
    ("objectclass ( 1.9.1 NAME 'x' ABSTRACT AUXILIARY )", 1, "can't be ABSTRACT and AUXILIARY"),
    ("objectclass ( 1.9.1 NAME 'x' AUXILIARY SUP person )", 1, "AUXILIARY can't have the STRUCTURAL person"),
    ("objectclass ( 1.9.1 NAME 'x' SUP extensibleObject )", 1, "STRUCTURAL can't have the AUXILIARY extensibleObject"),
    ("objectclass ( 1.9.1 NAME 'x' SUP x )", 1, "its own superior"),
    ("ditcontentrule ( 1.9.1 NAME 'x' )", 1, "the OID names the object class '1.9.1'"),
    ("ditcontentrule ( 2.5.6.0 NAME 'x' )", 1, "top, which is not a structural class"),
    ("ditcontentrule ( 2.5.6.6 NAME 'x' AUX device )", 1, "device, which is not an auxiliary class"),
    ("ditcontentrule ( 2.5.6.6 NAME 'x' NOT sn )", 1, "sn, which is required"),
    ("nameform ( 1.9.1 NAME 'x' OC person )", 1, "OC and MUST"),
    ("ldapsyntax ( 1.9.1 X-SUBST '1.9.9' )", 1, "syntax 1.9.9"),
    ("attributetype ( 1.9.1 NONSENSE )", 1, "NONSENSE is no keyword"),
]


@pytest.mark.parametrize(("text", "line", "reason"), WRONG)
def test_adding_is_all_or_nothing(text: str, line: int, reason: str) -> None:
    schema = Schema()
    good = "attributetype ( 1.9.8.1 NAME 'good' SUP name )\nobjectclass ( 1.9.8.2 NAME 'fine' MUST good )\n"
    good += "ldapsyntax ( 1.9.8.3 )\nditcontentrule ( 1.9.8.2 NAME 'rule' )\n"
    with pytest.raises(SchemaError) as caught:
        schema.add(text + "\n" + good, "some.schema")
    assert (caught.value.source, caught.value.line) == ("some.schema", line)
    assert reason in caught.value.reason
    name = schema.attribute_type(b"name")
    assert name is not None
    assert "good" not in names(name.subtypes)
    assert schema.find(b"good") is None
    assert schema.object_class(b"fine") is None
    assert schema.syntax("1.9.8.3") is None
    untouched = Schema()
    assert schema.definitions() == untouched.definitions()
    schema.add(good, "some.schema")
    assert schema.attribute(b"good").type in name.subtypes
    assert schema.object_class(b"fine") is not None


def test_adding_keeps_what_is_there() -> None:
    schema = Schema()
    name, cn, name_type = schema.dn(b"cn=x"), schema.attribute(b"cn"), schema.attribute_type(b"name")
    person = schema.class_set((b"person",))
    before = schema.version
    assert name_type is not None
    assert schema.find(b"mine") is None
    with pytest.raises(LDAPError):
        schema.dn(b"mine=x")
    schema.add("attributetype ( 1.9.1 NAME 'mine' SUP cn )", "run time")
    mine = schema.attribute(b"mine")
    assert mine.type in name_type.subtypes & cn.type.subtypes
    assert schema.find(b"mine") is mine
    assert schema.dn(b"mine=x").rdn is not None
    assert schema.attribute(b"cn") is cn
    assert schema.attribute_type(b"name") is name_type
    assert schema.dn(b"cn=x") == name
    assert schema.class_set((b"person",)).classes == person.classes
    assert schema.version > before
    assert b"( 1.9.1 NAME 'mine' SUP cn )" in schema.definitions()["attributeTypes"]


def test_adding_a_content_rule_changes_what_a_class_set_says() -> None:
    schema = Schema()
    assert "description" in names(schema.class_set((b"device",)).may)
    schema.add("ditcontentrule ( 2.5.6.14 NAME 'r' AUX extensibleObject MUST sn MAY title NOT l )", "run time")
    found = schema.class_set((b"device",))
    assert "sn" in names(found.must)
    assert "title" in names(found.may)
    assert found.structural is not None
    rule = schema.content_rule(found.structural)
    assert rule is not None
    assert [t.name for t in schema.forbidden(rule)] == [b"l"]
    assert schema.definitions()["dITContentRules"] == [
        b"( 2.5.6.14 NAME 'r' AUX extensibleObject MUST sn MAY title NOT l )"
    ]


def test_adding_the_same_again_is_no_error() -> None:
    schema = Schema()
    text = "objectidentifier My 1.9\nattributetype ( My:1 NAME 'mine' DESC 'one' SUP cn )"
    schema.add(text, "one")
    mine = schema.attribute_type(b"mine")
    schema.add(text.replace("one", "two"), "two")
    assert schema.attribute_type(b"mine") is mine
    schema.add("attributetype ( My:2 NAME 'other' SUP mine )", "three")
    assert mine is not None
    assert names(mine.subtypes) == {"mine", "other"}


def test_adding_syntaxes_and_name_forms() -> None:
    schema = Schema()
    schema.add(
        "ldapsyntax ( 1.9.1 DESC 'any' )\n"
        "ldapsyntax ( 1.9.2 DESC 'like integers' X-SUBST '1.3.6.1.4.1.1466.115.121.1.27' )\n"
        "attributetype ( 1.9.3 NAME 'x' SYNTAX 1.9.2 EQUALITY integerMatch )\n"
        "nameform ( 1.9.4 NAME 'form' OC person MUST cn MAY sn )\n"
        "ditstructurerule ( 1 NAME 'rule' FORM form )\n",
        "run time",
    )
    any_octets, integers = schema.syntax("1.9.1"), schema.syntax("1.9.2")
    assert any_octets is not None
    assert integers is not None
    assert any_octets.validate(b"\xff")
    assert integers.validate(b"12")
    assert not integers.validate(b"x")
    published = schema.definitions()
    assert b"( 1.9.1 DESC 'any' )" in published["ldapSyntaxes"]
    assert published["nameForms"] == [b"( 1.9.4 NAME 'form' OC person MUST cn MAY sn )"]
    assert published["dITStructureRules"] == [b"( 1 NAME 'rule' FORM form )"]
