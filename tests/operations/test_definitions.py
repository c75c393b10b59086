"""Changing the definitions in cn=config, and what that does to the running server."""

from collections.abc import Callable
from typing import Any

import pytest
from operations.asking import (
    ADA,
    ADD,
    BASE,
    CLASSES,
    CONFIG,
    DELETE,
    INCREMENT,
    MACROS,
    NOTE,
    NOTED,
    OK,
    OTHER,
    REPLACE,
    RULES,
    SCHEMA,
    TEST,
    TEXT,
    TYPES,
    Server,
    noted,
)

from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Session
from fakeldapd.protocol import messages as m
from fakeldapd.schema.registry import Schema, SchemaCheck


@pytest.fixture
def schema() -> Schema:
    """One of our own: these tests change it."""
    return Schema.load(("core", "cosine", "inetorgperson"))


@pytest.fixture
def server(directory: Directory, admin: Session) -> Server:
    return Server(directory, admin)


# --- changing a schema ------------------------------------------------------------------------------------------------


def test_definitions_are_added_where_they_say(server: Server) -> None:
    assert server.schema("test", (TYPES, NOTE)) == OK
    more = [f"( 1.9.{i} NAME 't{i}' {TEXT} )" for i in range(10, 14)]
    assert (
        server.modify(TEST, (ADD, TYPES, "{0}" + more[0], more[1], "{99}" + more[2]), (ADD, TYPES, "{1}" + more[3]))
        == OK
    )
    order = [more[0], more[3], NOTE, more[1], more[2]]
    assert server.values(TEST, TYPES) == [f"{{{i}}}{text}" for i, text in enumerate(order)]
    assert server.modify(ADA, (ADD, "objectClass", "extensibleObject"), (ADD, "t13", "x")) == OK
    entry = server.search(TEST, b"modifiersName")[TEST.decode()]
    assert entry == {"modifiersName": [f"cn=admin,{BASE.decode()}"]}


def test_a_class_in_use_can_be_redefined(server: Server) -> None:
    """What a client does to let entries have one attribute more: the entries that are there may have it at once."""
    noted(server)
    answer = (65, "attribute 'other' not allowed", "")
    assert server.modify(TEST, (ADD, TYPES, OTHER)) == OK
    assert server.modify(ADA, (ADD, "other", "x")) == answer
    wider = NOTED.replace("MAY note", "MUST description MAY ( note $ other )")
    assert server.modify(TEST, (DELETE, CLASSES, "{0}"), (ADD, CLASSES, "{0}" + wider)) == OK
    assert server.modify(ADA, (ADD, "other", "x")) == OK
    answer = (65, "object class 'noted' requires attribute 'description'", "")
    assert server.modify(ADA, (DELETE, "description")) == answer
    assert list(server.search(BASE, b"1.1", scope=2, filter=m.Equality(b"objectClass", b"noted"))) == [ADA.decode()]
    assert server.values(TEST, CLASSES) == ["{0}" + wider]


def test_a_type_in_use_can_be_redefined(server: Server) -> None:
    noted(server)
    found = [server.search(BASE, b"1.1", scope=2, filter=m.Equality(b"note", b"HELLO"))]
    exact = NOTE.replace("caseIgnoreMatch", "caseExactMatch")
    assert server.modify(TEST, (REPLACE, TYPES, exact)) == OK
    found += [server.search(BASE, b"1.1", scope=2, filter=m.Equality(b"note", v)) for v in (b"HELLO", b"hello")]
    assert [list(each) for each in found] == [[ADA.decode()], [], [ADA.decode()]]
    assert server.modify(ADA, (REPLACE, "note", "Hello")) == OK


def test_a_content_rule_holds_for_entries_that_are_there(server: Server) -> None:
    rule = "( 2.16.840.1.113730.3.2.2 NAME 'r' NOT seeAlso )"
    assert server.schema("test", (RULES, rule)) == OK
    assert server.modify(ADA, (ADD, "seeAlso", "cn=x")) == (65, "content rule 'r' precluded attribute 'seeAlso'", "")
    assert server.modify(TEST, (DELETE, RULES)) == (80, "cannot delete olcDitContentRules", "")
    again = (80, 'olcDitContentRules: Duplicate Content Rule: "2.16.840.1.113730.3.2.2"', "")
    assert server.modify(TEST, (ADD, RULES, rule.replace("'r'", "'s'"))) == again


def test_definitions_can_be_taken_out(server: Server) -> None:
    assert server.schema("test", (TYPES, NOTE, OTHER), (CLASSES, NOTED)) == OK
    refers = "object class 'noted': MAY names the attribute type 'note', which is not defined"
    in_use = f"what is in use can't be taken out: {refers}"
    assert server.modify(TEST, (DELETE, TYPES, NOTE)) == (53, in_use, "")
    assert server.modify(TEST, (DELETE, TYPES, "{1}")) == OK
    assert server.modify(ADA, (ADD, "other", "x")) == (17, "other: attribute type undefined", "")
    assert server.values(TEST, TYPES) == ["{0}" + NOTE]
    assert server.modify(TEST, (DELETE, TYPES), (DELETE, CLASSES, NOTED)) == OK
    assert server.search(TEST)[TEST.decode()] == {"objectClass": ["olcSchemaConfig"], "cn": ["{3}test"]}
    assert not any("1.9." in text for text in server.search(b"cn=Subschema", b"+")["cn=Subschema"]["objectClasses"])
    assert server.modify(TEST, (ADD, TYPES, NOTE), (ADD, CLASSES, NOTED)) == OK
    assert server.modify(ADA, (ADD, "objectClass", "noted"), (ADD, "note", "hello")) == OK


def test_what_entries_have_stays(server: Server) -> None:
    noted(server)
    answer = (53, "what is in use can't be taken out: entries have noted", "")
    assert server.modify(TEST, (DELETE, CLASSES)) == answer
    assert server.modify(TEST, (DELETE, CLASSES), (DELETE, TYPES))[0] == 53
    assert server.values(TEST, CLASSES) == ["{0}" + NOTED]
    assert server.modify(ADA, (DELETE, "note"), (DELETE, "objectClass", "noted")) == OK
    assert server.modify(TEST, (DELETE, CLASSES), (DELETE, TYPES)) == OK


CHANGES: list[tuple[tuple[Any, ...], tuple[int, str]]] = [
    ((ADD, TYPES, NOTE), (20, "modify/add: olcAttributeTypes: value #0 already exists")),
    ((ADD, TYPES, "{9}" + NOTE), (80, 'olcAttributeTypes: Duplicate attributeType: "1.9.1"')),
    ((ADD, TYPES, "garbage"), (19, "<olcAttributeTypes> old format not supported")),
    ((ADD, TYPES, OTHER, OTHER), (20, "olcAttributeTypes: value #0 provided more than once")),
    ((DELETE, TYPES, OTHER), (16, "modify/delete: olcAttributeTypes: no such value")),
    ((DELETE, TYPES, "{1}"), (16, "modify/delete: olcAttributeTypes: no such value")),
    ((DELETE, TYPES, "{0}( 1.2 )"), (16, "modify/delete: olcAttributeTypes: no such value")),
    ((DELETE, CLASSES), (16, "modify/delete: olcObjectClasses: no such attribute")),
    ((DELETE, CLASSES, "{0}"), (16, "modify/delete: olcObjectClasses: no such attribute")),
    ((REPLACE, CLASSES), (16, "modify/delete: olcObjectClasses: no such attribute")),
    ((DELETE, RULES), (80, "cannot delete olcDitContentRules")),
    ((REPLACE, RULES), (80, "cannot delete olcDitContentRules")),
    ((INCREMENT, TYPES, "1"), (19, "olcAttributeTypes: attribute syntax inappropriate for increment")),
    ((ADD, "cn", "x"), (67, "Use modrdn to change the entry name")),
    ((DELETE, "cn"), (67, "Use modrdn to change the entry name")),
    ((REPLACE, "objectClass", "olcSchemaConfig"), (0, "")),
    ((ADD, "objectClass", "olcSchemaConfig"), (20, "modify/add: objectClass: value #0 already exists")),
    ((ADD, "objectClass", "extensibleObject"), (53, "objectclass modification disallowed")),
    ((DELETE, "objectClass"), (53, "objectclass modification disallowed")),
    ((ADD, "description", "x"), (65, "attribute 'description' not allowed")),
    ((DELETE, "description"), (16, "modify/delete: description: no such attribute")),
    ((ADD, "createTimestamp", "20200101000000Z"), (19, "createTimestamp: no user modification allowed")),
    ((ADD, "nosuch", "x"), (17, "nosuch: attribute type undefined")),
    ((DELETE, MACROS), (80, "")),
]


@pytest.mark.parametrize(("change", "answer"), CHANGES)
def test_changes(server: Server, change: tuple[Any, ...], answer: tuple[int, str]) -> None:
    assert server.schema("test", (TYPES, NOTE), (MACROS, "mine 1.9")) == OK
    before = server.search(TEST)
    assert server.modify(TEST, change) == (*answer, "")
    assert server.search(TEST) == before


def test_a_request_is_done_as_a_whole_or_not_at_all(server: Server) -> None:
    assert server.schema("test", (TYPES, NOTE)) == OK
    changes = [(ADD, TYPES, OTHER), (DELETE, TYPES, "{0}"), (ADD, CLASSES, "( 1.9.9 NAME 'x' SUP nosuch )")]
    answer = (80, 'olcObjectClasses: ObjectClass not found: "nosuch"', "")
    assert server.modify(TEST, *changes) == answer
    assert server.modify(ADA, (ADD, "other", "x"))[0] == 17
    assert server.values(TEST, TYPES) == ["{0}" + NOTE]
    assert server.modify(ADA, (ADD, "note", "x"))[0] == 65


def test_built_in_definitions_stay(server: Server) -> None:
    first = server.values(SCHEMA, TYPES)[0]
    assert server.modify(SCHEMA, (DELETE, TYPES, first)) == (1, "", "")
    assert server.modify(SCHEMA, (DELETE, TYPES)) == (80, "", "")
    assert server.modify(SCHEMA, (REPLACE, TYPES, NOTE)) == (80, "", "")
    assert server.modify(SCHEMA, (ADD, TYPES, NOTE)) == OK
    assert server.values(SCHEMA, TYPES)[-1].endswith(NOTE)
    assert server.modify(CONFIG, (ADD, TYPES, OTHER)) == OK
    assert server.values(CONFIG, TYPES) == ["{0}" + OTHER]


def test_a_schema_of_the_start_can_be_changed(server: Server) -> None:
    dn = b"cn={2}inetorgperson," + SCHEMA
    person = server.values(dn, CLASSES)[0]
    wider = person.replace("audio $", "audio $ drink $")
    assert wider != person
    assert server.modify(dn, (DELETE, CLASSES, person), (ADD, CLASSES, wider)) == OK
    assert server.modify(ADA, (ADD, "drink", "tea")) == OK
    assert server.modify(dn, (DELETE, CLASSES))[:1] == (53,)


# --- other strictnesses -----------------------------------------------------------------------------------------------


def test_octets_that_are_no_text(clock: Callable[[], float]) -> None:
    schema = Schema.load(("core",), SchemaCheck.OFF)
    directory = Directory(schema, [schema.dn(BASE)], admin_dn=schema.dn(b"cn=admin," + BASE), clock=clock)
    server = Server(directory, Session(identity=directory.admin_dn, is_admin=True))
    change = m.Change(ADD, TYPES.encode(), (b"( 1.9.1 \xff )",))
    answer = (21, "olcAttributeTypes: value is not UTF-8", "")
    assert server.ask(m.ModifyRequest(SCHEMA, (change,))) == answer


def test_a_name_given_twice(server: Server) -> None:
    twice = "( 1.9.1 NAME ( 'note' 'NOTE' ) SUP nosuch )"
    answer = (80, 'olcAttributeTypes: AttributeType not found: "nosuch"', "")
    assert server.schema("test", (TYPES, twice)) == answer
    assert server.schema("test", (TYPES, twice.replace("nosuch", "name"))) == OK
    assert server.modify(TEST, (DELETE, TYPES)) == OK


@pytest.mark.parametrize("check", [SchemaCheck.LENIENT, SchemaCheck.OFF])
def test_a_type_that_was_made_up_becomes_a_defined_one(check: SchemaCheck, clock: Callable[[], float]) -> None:
    schema = Schema.load(("core",), check)
    directory = Directory(schema, [schema.dn(BASE)], admin_dn=schema.dn(b"cn=admin," + BASE), clock=clock)
    server = Server(directory, Session(identity=directory.admin_dn, is_admin=True))
    assert server.add(BASE, ("objectClass", "domain", "noted"), ("NOTE", "Hello")) == OK
    assert server.search(BASE, b"note")[BASE.decode()] == {"NOTE": ["Hello"]}
    exact = NOTE.replace("caseIgnoreMatch", "caseExactMatch")
    assert server.schema("test", (TYPES, exact), (CLASSES, NOTED)) == OK
    assert server.search(BASE, b"note")[BASE.decode()] == {"note": ["Hello"]}
    assert server.search(BASE, b"1.1", filter=m.Equality(b"note", b"hello")) == {}
    assert list(server.search(BASE, b"1.1", filter=m.Equality(b"note", b"Hello"))) == [BASE.decode()]
    assert list(server.search(BASE, b"1.1", scope=2, filter=m.Equality(b"objectClass", b"1.9.3"))) == [BASE.decode()]
    assert server.modify(BASE, (REPLACE, "note", "x"), (ADD, "anything", "y")) == OK
