"""Changing a schema in force: what stays the same object, what is refused, and that a change is all or nothing."""

import pytest

from fakeldapd.schema.registry import Schema, SchemaError
from fakeldapd.schema.revision import Revision

TEXT = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
NOTE = f"( 1.9.1 NAME 'note' EQUALITY caseIgnoreMatch {TEXT} )"
SHORT = "( 1.9.2 NAME 'shortNote' SUP note )"
NOTED = "( 1.9.3 NAME 'noted' SUP top AUXILIARY MAY ( note $ shortNote ) )"


@pytest.fixture
def schema() -> Schema:
    return Schema.load(("core",))


def begin(schema: Schema, *definitions: tuple[str, str]) -> Revision:
    revision = schema.revision()
    for kind, text in definitions:
        revision.put_in(kind, text, "test")
    return revision


def enforce(schema: Schema, revision: Revision) -> None:
    revision.complete()
    schema.put_in_force(revision)


def extended(schema: Schema) -> Schema:
    definitions = [("attributeTypes", NOTE), ("attributeTypes", SHORT), ("objectClasses", NOTED)]
    enforce(schema, begin(schema, *definitions))
    return schema


def test_new_definitions_are_there_and_old_elements_stay(schema: Schema) -> None:
    name, cn, person = schema.attribute_type(b"name"), schema.attribute(b"cn"), schema.object_class(b"person")
    assert name is not None
    assert person is not None
    assert schema.find(b"nick") is None
    version = schema.version
    definitions = [
        ("attributeTypes", "( 1.9.5 NAME 'nick' SUP cn )"),
        ("objectClasses", "( 1.9.6 NAME 'x' SUP person )"),
    ]
    enforce(schema, begin(schema, *definitions))
    assert schema.version > version
    assert schema.attribute_type(b"name") is name
    assert schema.attribute(b"cn") is cn
    assert schema.object_class(b"person") is person
    nick, new = schema.attribute_type(b"nick"), schema.object_class(b"x")
    assert nick is not None
    assert new is not None
    assert nick.superior is cn.type
    assert nick in name.subtypes
    assert nick in cn.type.subtypes
    assert cn.type.superior is name
    assert person in new.ancestors
    assert cn.type in new.must
    assert schema.must(new) == schema.must(person)
    texts = schema.definitions()
    assert texts["attributeTypes"][-1] == b"( 1.9.5 NAME 'nick' SUP cn )"
    assert texts["objectClasses"][-1] == b"( 1.9.6 NAME 'x' SUP person )"


def test_nothing_changes_before_it_is_put_in_force(schema: Schema) -> None:
    before = schema.definitions()
    revision = begin(schema, ("attributeTypes", NOTE), ("ldapSyntaxes", "( 1.9.7 DESC 'x' )"))
    revision.define_macro("mine 1.9", "test")
    revision.complete()
    assert schema.attribute_type(b"note") is None
    assert schema.syntax("1.9.7") is None
    assert schema.definitions() is before
    schema.put_in_force(revision)
    assert schema.attribute_type(b"note") is not None
    assert schema.syntax("1.9.7") is not None
    enforce(schema, begin(schema, ("attributeTypes", "( mine:8 NAME 'eight' SUP name )")))
    assert schema.attribute_type(b"1.9.8") is schema.attribute_type(b"eight")


def test_a_definition_that_is_replaced_is_the_same_element(schema: Schema) -> None:
    extended(schema)
    note, noted = schema.attribute(b"note"), schema.object_class(b"noted")
    assert noted is not None
    revision = schema.revision()
    revision.take_out("attributeTypes", NOTE, "test")
    revision.put_in("attributeTypes", f"( 1.9.1 NAME 'note' EQUALITY caseExactMatch {TEXT} SINGLE-VALUE )", "test")
    revision.take_out("objectClasses", NOTED, "test")
    revision.put_in("objectClasses", "( 1.9.3 NAME 'noted' SUP top AUXILIARY MUST note MAY mail )", "test")
    revision.complete()
    assert revision.affects_entries
    assert not revision.gone()
    schema.put_in_force(revision)
    assert schema.attribute(b"note") is note
    assert schema.object_class(b"noted") is noted
    short, mail = schema.attribute_type(b"shortNote"), schema.attribute_type(b"mail")
    assert note.type.equality is schema.matching_rule(b"caseExactMatch")
    assert note.type.single_value
    assert short is not None
    assert short.equality is note.type.equality
    assert note.type in noted.must
    assert noted.may == {mail}


def test_what_is_taken_out_is_gone(schema: Schema) -> None:
    extended(schema)
    name, short = schema.attribute_type(b"note"), schema.attribute_type(b"shortNote")
    assert name is not None
    revision = schema.revision()
    revision.take_out("objectClasses", NOTED, "test")
    revision.take_out("attributeTypes", SHORT, "test")
    revision.complete()
    assert {element.name for element in revision.gone()} == {b"noted", b"shortNote"}
    schema.put_in_force(revision)
    assert schema.attribute_type(b"shortNote") is None
    assert schema.find(b"shortNote") is None
    assert schema.object_class(b"1.9.3") is None
    assert short not in name.subtypes
    assert not any(b"shortNote" in text for texts in schema.definitions().values() for text in texts)
    enforce(schema, begin(schema, ("attributeTypes", SHORT)))
    assert schema.attribute_type(b"shortNote") in name.subtypes


def test_another_name_is_another_type(schema: Schema) -> None:
    extended(schema)
    revision = schema.revision()
    revision.take_out("attributeTypes", SHORT, "test")
    revision.put_in("attributeTypes", "( 1.9.2 NAME ( 'brief' 'shortNote' ) SUP note )", "test")
    revision.complete()
    assert {element.name for element in revision.gone()} == {b"shortNote"}
    schema.put_in_force(revision)
    assert schema.attribute(b"shortNote").name == b"brief"


def test_what_others_refer_to_stays(schema: Schema) -> None:
    extended(schema)
    revision = schema.revision()
    revision.take_out("attributeTypes", NOTE, "test")
    with pytest.raises(SchemaError, match="SUP names the attribute type 'note'"):
        revision.complete()
    assert schema.attribute_type(b"note") is not None
    revision = schema.revision()
    with pytest.raises(SchemaError, match="no such definition"):
        revision.take_out("attributeTypes", "( 1.9.99 NAME 'x' )", "test")


REFUSED = [
    # kind, text, what slapd says
    ("attributeTypes", NOTE, 'Duplicate attributeType: "1.9.1"'),
    ("attributeTypes", f"( 1.9.1 NAME 'other' {TEXT} )", 'Inconsistent duplicate attributeType: "1.9.1"'),
    ("attributeTypes", f"( 1.9.9 NAME 'Note' {TEXT} )", 'Inconsistent duplicate attributeType: "Note"'),
    ("objectClasses", NOTED, 'Duplicate objectClass: "1.9.3"'),
    ("objectClasses", "( 1.9.9 NAME 'person' )", 'Inconsistent duplicate objectClass: "person"'),
    ("ldapSyntaxes", "( 1.3.6.1.4.1.1466.115.121.1.15 )", 'Duplicate ldapSyntax: "1.3.6.1.4.1.1466.115.121.1.15"'),
    ("attributeTypes", "( 1.9.9 NAME 'x_y' SUP name )", 'Invalid NAME: "x_y"'),
    ("attributeTypes", "( 1.9.9 NAME 'x' SUP nosuch )", 'AttributeType not found: "nosuch"'),
    (
        "attributeTypes",
        f"( 1.9.9 NAME 'x' EQUALITY integerMatch {TEXT} )",
        'AttributeType inappropriate matching rule: "integerMatch"',
    ),
]


@pytest.mark.parametrize(("kind", "text", "terse"), REFUSED)
def test_what_is_refused(schema: Schema, kind: str, text: str, terse: str) -> None:
    extended(schema)
    with pytest.raises(SchemaError) as caught:
        schema.revision().put_in(kind, text, "test")
    assert caught.value.terse == terse


def test_what_each_source_defines() -> None:
    schema = Schema.load(("core",))
    schema.add("objectidentifier mine 1.9\nattributetype ( mine:1 NAME 'one' SUP name )", "mine.schema")
    assert list(schema.sources) == ["system.schema", "core.schema", "mine.schema"]
    found = schema.definitions_from("mine.schema")
    assert found["attributeTypes"] == ["( 1.9.1 NAME 'one' SUP name )"]
    assert found["objectIdentifiers"] == ["mine 1.9"]
    assert found["objectClasses"] == []


def test_a_state_comes_back(schema: Schema) -> None:
    cn, before = schema.attribute(b"cn"), schema.definitions()
    state = schema.state
    extended(schema)
    schema.add("attributetype ( 1.9.9 NAME 'late' SUP name )\n", "late")
    both = schema.state
    schema.restore(state)
    assert schema.attribute_type(b"note") is None
    assert schema.attribute_type(b"late") is None
    assert schema.attribute(b"cn") is cn
    assert schema.definitions() == before
    schema.restore(both)
    assert schema.attribute_type(b"late") is not None
    short = schema.attribute_type(b"shortNote")
    assert short is not None
    assert short.superior is schema.attribute_type(b"note")
    assert list(schema.sources) == list(both.sources)


def test_a_state_with_what_was_taken_out_since_comes_back(schema: Schema) -> None:
    extended(schema)
    state = schema.state
    revision = schema.revision()
    for kind, text in (("objectClasses", NOTED), ("attributeTypes", SHORT), ("attributeTypes", NOTE)):
        revision.take_out(kind, text, "test")
    enforce(schema, revision)
    assert schema.object_class(b"noted") is None
    schema.restore(state)
    noted = schema.object_class(b"noted")
    assert noted is not None
    assert schema.attribute_type(b"shortNote") in noted.may
