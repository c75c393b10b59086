"""cn=config: who sees it, what stands there, and adding to it."""

from collections.abc import Callable

import pytest
from operations.asking import (
    ADA,
    ADD,
    BASE,
    CLASSES,
    CONFIG,
    MACROS,
    NOTE,
    NOTED,
    OK,
    OTHER,
    REPLACE,
    RULES,
    SCHEMA,
    SYNTAXES,
    TEST,
    TEXT,
    TYPES,
    Server,
    noted,
)

from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Action, Session
from fakeldapd.protocol import messages as m
from fakeldapd.schema.registry import Schema


@pytest.fixture
def schema() -> Schema:
    """One of our own: these tests change it."""
    return Schema.load(("core", "cosine", "inetorgperson"))


@pytest.fixture
def server(directory: Directory, admin: Session) -> Server:
    return Server(directory, admin)


# --- who sees it ------------------------------------------------------------------------------------------------------


def requests(dn: bytes) -> dict[str, m.RequestOp]:
    present = m.Present(b"objectClass")
    return {
        "search": m.SearchRequest(dn, 0, 0, 0, 0, False, present, ()),
        "compare": m.CompareRequest(dn, b"cn", b"x"),
        "add": m.AddRequest(dn, (m.Attribute(b"objectClass", (b"olcSchemaConfig",)),)),
        "modify": m.ModifyRequest(dn, (m.Change(ADD, TYPES.encode(), (NOTE.encode(),)),)),
        "delete": m.DeleteRequest(dn),
        "rename": m.ModifyDNRequest(dn, b"cn={0}x", True, None),
    }


HERE, NOT_HERE = b"cn={0}core," + SCHEMA, b"cn=nope," + SCHEMA
STRONGER = (8, "modifications require authentication", "")
MISSING = (32, "", SCHEMA.decode())
OTHERS = [
    # request, where, to whoever is anonymous, to whoever isn't the administrator
    ("search", HERE, (32, "", ""), (32, "", "")),
    ("search", NOT_HERE, MISSING, MISSING),
    ("compare", HERE, (32, "", ""), (32, "", "")),
    ("compare", NOT_HERE, (32, "", ""), (32, "", "")),
    ("add", HERE, STRONGER, (50, "", "")),
    ("add", NOT_HERE, STRONGER, (50, "", "")),
    ("modify", HERE, STRONGER, (50, "", "")),
    ("modify", NOT_HERE, STRONGER, MISSING),
    ("delete", HERE, STRONGER, (53, "", "")),
    ("delete", NOT_HERE, STRONGER, MISSING),
    ("delete", SCHEMA, STRONGER, (66, "", "")),
    ("rename", HERE, STRONGER, (50, "", "")),
    ("rename", NOT_HERE, STRONGER, MISSING),
    ("rename", CONFIG, STRONGER, (71, "cannot rename between DSAs", "")),
]


@pytest.mark.parametrize(("request_name", "dn", "anonymous", "user"), OTHERS)
def test_it_is_hidden(
    directory: Directory, request_name: str, dn: bytes, anonymous: tuple[int, str, str], user: tuple[int, str, str]
) -> None:
    op = requests(dn)[request_name]
    assert Server(directory, Session()).ask(op) == anonymous
    assert Server(directory, Session(identity=directory.schema.dn(ADA))).ask(op) == user
    assert directory.schema.version == 0


def test_what_was_hidden_does_not_hide_anything_else(directory: Directory) -> None:
    session = Session()
    server = Server(directory, session)
    assert server.ask(m.SearchRequest(SCHEMA, 0, 0, 0, 0, False, m.Present(b"objectClass"), (b"cn",)))[0] == 32
    assert server.search(ADA, b"cn") == {ADA.decode(): {"cn": ["Ada Lovelace"]}}


def test_nothing_is_made_before_it_is_asked_for(directory: Directory, ask: Callable[..., list[Action]]) -> None:
    ask(m.SearchRequest(b"dc=nowhere", 2, 0, 0, 0, False, m.Present(b"objectClass"), ()))
    ask(m.DeleteRequest(b"dc=nowhere"))
    assert directory._configuration is None


def test_the_root_dse_names_it(server: Server) -> None:
    found = server.search(b"", b"configContext", b"namingContexts")[""]
    assert found == {"configContext": ["cn=config"], "namingContexts": [BASE.decode()]}


def test_a_naming_context_of_that_name_is_the_users_own(schema: Schema, clock: Callable[[], float]) -> None:
    directory = Directory(schema, [schema.dn(CONFIG)], admin_dn=schema.dn(b"cn=admin," + CONFIG), clock=clock)
    server = Server(directory, Session(identity=directory.admin_dn, is_admin=True))
    assert server.ask(requests(SCHEMA)["search"]) == (32, "", "")
    assert server.add(CONFIG, ("objectClass", "device")) == OK
    assert server.search(CONFIG, b"cn", scope=2) == {"cn=config": {"cn": ["config"]}}


def test_a_server_that_is_read_only_keeps_its_schema(directory: Directory, admin: Session) -> None:
    directory.read_only = True
    assert Server(directory, admin).schema("test", (TYPES, NOTE)) == (53, "operation restricted", "")


# --- what stands there ------------------------------------------------------------------------------------------------


def test_the_tree(server: Server) -> None:
    schemas = [f"cn={{{i}}}{name},cn=schema,cn=config" for i, name in enumerate(("core", "cosine", "inetorgperson"))]
    assert list(server.search(CONFIG, b"1.1", scope=2)) == ["cn=config", "cn=schema,cn=config", *schemas]
    assert list(server.search(CONFIG, b"1.1", scope=1)) == ["cn=schema,cn=config"]
    assert list(server.search(SCHEMA, b"1.1", scope=1)) == schemas
    assert server.search(SCHEMA, b"1.1", scope=3) == {}
    assert list(server.search(b"CN={0}Core, cn=Schema,cn=config", b"1.1")) == schemas[:1]


def test_an_entry(server: Server) -> None:
    entry = server.search(b"cn={2}inetorgperson," + SCHEMA, b"*", b"+")["cn={2}inetorgperson,cn=schema,cn=config"]
    assert entry["objectClass"] == ["olcSchemaConfig"]
    assert entry["cn"] == ["{2}inetorgperson"]
    assert entry["creatorsName"] == ["cn=config"]
    assert "hasSubordinates" not in entry
    assert [value[:3] for value in entry[TYPES]] == [f"{{{i}}}" for i in range(9)]
    assert all("NAME" in value for value in entry[TYPES])
    assert len(entry[CLASSES]) == 1


def test_built_in_definitions_have_no_numbers(server: Server) -> None:
    entry = server.search(SCHEMA)[SCHEMA.decode()]
    assert entry[TYPES][0].startswith("( 2.5.4.0 NAME 'objectClass'")
    assert entry[CLASSES][0].startswith("( 2.5.6.0 NAME 'top'")
    assert "olcfg 1.3.6.1.4.1.4203.1.12.2" in entry[MACROS]
    assert any("Directory String" in value for value in entry[SYNTAXES])


def test_filters_and_compare(server: Server) -> None:
    found = server.search(SCHEMA, b"1.1", scope=2, filter=m.Equality(b"cn", b"{1}cosine"))
    assert list(found) == ["cn={1}cosine,cn=schema,cn=config"]
    dn = b"cn={1}cosine," + SCHEMA
    assert server.ask(m.CompareRequest(dn, b"cn", b"{1}COSINE"))[0] == 6
    assert server.ask(m.CompareRequest(dn, b"cn", b"cosine"))[0] == 5
    assert server.ask(m.CompareRequest(NOT_HERE, b"cn", b"cosine")) == MISSING


def test_schemas_that_the_program_adds_appear(server: Server) -> None:
    server.search(SCHEMA)
    server.directory.schema.add(f"attributetype {NOTE}", "/somewhere/mine.schema")
    assert server.values(b"cn={3}mine," + SCHEMA, TYPES) == ["{0}" + NOTE]


# --- adding a schema --------------------------------------------------------------------------------------------------


def test_a_new_schema_is_there_at_once(server: Server) -> None:
    before = server.search(b"cn=Subschema", b"attributeTypes")["cn=Subschema"]["attributeTypes"]
    assert server.search(ADA, b"note")[ADA.decode()] == {}
    noted(server)
    assert server.search(TEST)[TEST.decode()] == {
        "objectClass": ["olcSchemaConfig"],
        "cn": ["{3}test"],
        TYPES: ["{0}" + NOTE],
        CLASSES: ["{0}" + NOTED],
    }
    assert server.search(TEST, b"creatorsName")[TEST.decode()] == {"creatorsName": [f"cn=admin,{BASE.decode()}"]}
    after = server.search(b"cn=Subschema", b"attributeTypes")["cn=Subschema"]["attributeTypes"]
    assert after == [*before, NOTE]
    assert server.search(ADA, b"note")[ADA.decode()] == {"note": ["hello"]}
    assert list(server.search(BASE, b"1.1", scope=2, filter=m.Equality(b"note", b"HELLO"))) == [ADA.decode()]
    assert list(server.search(BASE, b"1.1", scope=2, filter=m.Equality(b"objectClass", b"noted"))) == [ADA.decode()]


def test_what_was_there_before_stays_as_it_was(server: Server) -> None:
    before = server.search(BASE, b"*", b"+", scope=2)
    assert (
        server.schema(
            "test", (TYPES, f"( 1.9.1 NAME 'nick' SUP name {TEXT} )"), (CLASSES, NOTED.replace("note ", "nick "))
        )
        == OK
    )
    assert server.search(BASE, b"*", b"+", scope=2) == before
    assert server.modify(ADA, (REPLACE, "sn", "Byron"), (ADD, "objectClass", "noted"), (ADD, "nick", "ad")) == OK
    found = server.search(ADA, b"name")[ADA.decode()]
    assert found == {"cn": ["Ada Lovelace"], "sn": ["Byron"], "nick": ["ad"]}


NAMES = [
    # what is added, the answer, what it is called afterwards
    ("test", OK, "{3}test"),
    ("{3}test", OK, "{3}test"),
    ("{77}test", OK, "{3}test"),
    ("core", OK, "{3}core"),
    ("a\\,b", OK, "{3}a\\2Cb"),
    ("{1}test", (53, "operation requires sibling renumbering", ""), None),
    ("{0}core", (68, "", ""), None),
    ("{x}test", (64, "", ""), None),
    ("{}", (64, "", ""), None),
    ("a+olcObjectIdentifier=x 1.2", (64, "", ""), None),
]


@pytest.mark.parametrize(("name", "answer", "called"), NAMES)
def test_positions(server: Server, name: str, answer: tuple[int, str, str], called: str | None) -> None:
    assert server.schema(name) == answer
    added = list(server.search(SCHEMA, b"1.1", scope=1))[3:]
    assert added == ([] if called is None else [f"cn={called},cn=schema,cn=config"])


def test_the_name_may_be_given_twice(server: Server) -> None:
    assert server.schema("test", ("cn", "test")) == OK
    assert server.values(TEST, "cn") == ["{3}test"]


def test_attributes_are_read_in_slapds_order(server: Server) -> None:
    attributes = [
        (RULES, "( mine:4 NAME 'rule' AUX noted )"),
        (CLASSES, NOTED, "( mine:4 NAME 'thing' STRUCTURAL MUST note )"),
        (TYPES, "{1}( mine:2 NAME 'short' SUP note )", "{0}( mine:1 NAME 'note' SYNTAX mine:7 )"),
        (SYNTAXES, "( 1.9.7 DESC 'mine' )"),
        (MACROS, "mine 1.9"),
    ]
    assert server.schema("test", *attributes) == OK
    assert server.values(TEST, TYPES) == [
        "{0}( mine:1 NAME 'note' SYNTAX mine:7 )",
        "{1}( mine:2 NAME 'short' SUP note )",
    ]
    shown = server.search(b"cn=Subschema", b"+")["cn=Subschema"]
    assert shown["attributeTypes"][-1] == "( 1.9.2 NAME 'short' SUP note )"
    assert shown["dITContentRules"] == ["( 1.9.4 NAME 'rule' AUX noted )"]


def duplicate(kind: str, name: str) -> str:
    return f'{kind}: "{name}"'


REFUSED: list[tuple[str, str, int, str]] = [
    # attribute, value, code, diagnostic
    (TYPES, "garbage", 19, "<olcAttributeTypes> old format not supported"),
    (CLASSES, "garbage", 19, "<olcObjectClasses> old format not supported"),
    (SYNTAXES, "garbage", 19, "<olcLdapSyntaxes> old format not supported"),
    (RULES, "garbage", 80, "olcDitContentRules: Unexpected end of data before "),
    (MACROS, "garbage", 19, "<olcObjectIdentifier> missing <name> <oid> argument"),
    (MACROS, "a b c", 19, "<olcObjectIdentifier> extra cruft after <name> <oid>"),
    (MACROS, "mine nosuch:1", 80, "olcObjectIdentifier: OID nosuch:1 not recognized"),
    (MACROS, "OLcfg 1.2", 80, 'olcObjectIdentifier: "OLcfg" previously defined "1.3.6.1.4.1.4203.1.12.2"'),
    (TYPES, "( 1.9.1 NAME 'x'", 80, "olcAttributeTypes: Missing closing parenthesis before end of input"),
    (TYPES, "( 1.9.1 NAME )", 80, "olcAttributeTypes: Expecting a name before "),
    (TYPES, "( 1.9.1 NAME 'x' FOO )", 80, "olcAttributeTypes: Unexpected token before  )"),
    (TYPES, "( 1.9.1 NAME 'x' NAME 'y' )", 80, "olcAttributeTypes: Duplicate option before  'y' )"),
    (TYPES, "( nope NAME 'x' SUP name )", 80, 'olcAttributeTypes: OID could not be expanded: "nope"'),
    (TYPES, "( 1.9.1 NAME 'x_y' SUP name )", 80, 'olcAttributeTypes: Invalid NAME: "x_y"'),
    (TYPES, "( 1.9.1 NAME 'x y' SUP name )", 80, 'olcAttributeTypes: Invalid NAME: "x y"'),
    (TYPES, "( 1.9.1 NAME 'x' )", 80, 'olcAttributeTypes: AttributeType SYNTAX or SUPerior required: "x"'),
    (TYPES, "( 1.9.1 NAME 'x' SUP nosuch )", 80, 'olcAttributeTypes: AttributeType not found: "nosuch"'),
    (TYPES, "( 1.9.1 NAME 'x' SUP x )", 80, 'olcAttributeTypes: AttributeType not found: "x"'),
    (TYPES, "( 1.9.1 NAME 'x' SYNTAX 1.2.3 )", 80, 'olcAttributeTypes: Syntax not found: "1.2.3"'),
    (TYPES, "( 1.9.1 NAME 'x' SYNTAX nosuch )", 80, 'olcAttributeTypes: OID could not be expanded: "nosuch"'),
    (TYPES, f"( 1.9.1 NAME 'x' EQUALITY nosuch {TEXT} )", 80, 'olcAttributeTypes: MatchingRule not found: "nosuch"'),
    *[
        (
            TYPES,
            f"( 1.9.1 NAME 'x' {rule} {TEXT} )",
            80,
            f'olcAttributeTypes: AttributeType inappropriate matching rule: "{rule.split()[1]}"',
        )
        for rule in (
            "ORDERING nosuch",
            "ORDERING integerOrderingMatch",
            "SUBSTR nosuch",
            "SUBSTR caseIgnoreSubstringsMatch",
            "EQUALITY integerMatch",
            "EQUALITY caseIgnoreOrderingMatch",
        )
    ],
    *[
        (TYPES, f"( 1.9.1 NAME 'x' {TEXT} {flags} )", 80, 'olcAttributeTypes: AttributeType inappropriate USAGE: "x"')
        for flags in ("NO-USER-MODIFICATION", "COLLECTIVE SINGLE-VALUE")
    ],
    (TYPES, "( 1.9.1 NAME 'x' SUP cn USAGE dSAOperation )", 80, 'olcAttributeTypes: "1.9.1" is operational'),
    (CLASSES, "( 1.9.1 NAME 'x' SUP nosuch )", 80, 'olcObjectClasses: ObjectClass not found: "nosuch"'),
    (CLASSES, "( 1.9.1 NAME 'x' MUST nosuch )", 80, 'olcObjectClasses: AttributeType not found: "nosuch"'),
    (
        CLASSES,
        "( 1.9.1 NAME 'x' SUP person AUXILIARY )",
        80,
        'olcObjectClasses: user-defined ObjectClass has inappropriate SUPerior: "person"',
    ),
    (
        CLASSES,
        "( 2.5.6.6 NAME 'x' )",
        80,
        "olcObjectClasses: " + duplicate("Inconsistent duplicate objectClass", "2.5.6.6"),
    ),
    (
        CLASSES,
        "( 1.9.1 NAME 'person' )",
        80,
        "olcObjectClasses: " + duplicate("Inconsistent duplicate objectClass", "person"),
    ),
    (RULES, "( 1.9.1 NAME 'x' )", 80, 'olcDitContentRules: ObjectClass not found: "1.9.1"'),
    (
        RULES,
        "( 2.5.6.6 NAME 'x' AUX organization )",
        80,
        'olcDitContentRules: Content Rule AUX contains inappropriate object class: "organization"',
    ),
    (
        SYNTAXES,
        "( 1.9.1 DESC 'y' X-SUBST '1.2.3' )",
        80,
        "olcLdapSyntaxes: Substitute syntax not found: \"( 1.9.1 DESC 'y' X-SUBST '1.2.3' )\"",
    ),
    (TYPES, "", 21, "olcAttributeTypes: value #0 invalid per syntax"),
    ("sn", "x", 65, "attribute 'sn' not allowed"),
]


@pytest.mark.parametrize(("name", "value", "code", "diagnostic"), REFUSED)
def test_what_is_no_schema_is_refused_as_a_whole(
    server: Server, name: str, value: str, code: int, diagnostic: str
) -> None:
    version = server.directory.schema.version
    attributes: list[tuple[str, ...]] = [(TYPES, OTHER)] if name != TYPES else []
    attributes.append((name, OTHER, value) if name == TYPES else (name, value))
    expected = diagnostic.replace("#0", "#1")
    assert server.schema("test", *attributes) == (code, expected, "")
    assert server.ask(m.SearchRequest(TEST, 0, 0, 0, 0, False, m.Present(b"cn"), ())) == MISSING
    assert server.modify(ADA, (ADD, "other", "x")) == (17, "other: attribute type undefined", "")
    assert server.directory.schema.version == version
    assert server.schema("test", (TYPES, OTHER)) == OK


def test_definitions_come_before_what_refers_to_them(server: Server) -> None:
    forward = ("( 1.9.5 NAME 'five' SUP six )", "( 1.9.6 NAME 'six' SUP name )")
    assert server.schema("test", (TYPES, *forward)) == (80, 'olcAttributeTypes: AttributeType not found: "six"', "")
    assert server.schema("test", (TYPES, f"{{1}}{forward[0]}", f"{{0}}{forward[1]}")) == OK


def test_positions_are_given_to_all_or_to_none(server: Server) -> None:
    answer = (21, "ordered_value_sort failed on attr olcAttributeTypes\n", "")
    assert server.schema("test", (TYPES, NOTE, "{0}" + OTHER)) == answer


PLACES = [
    (b"cn=x,cn=config", "olcSchemaConfig", 53),
    (b"cn=x,cn={0}core," + SCHEMA, "olcSchemaConfig", 53),
    (b"cn=x,cn=nope," + SCHEMA, "olcSchemaConfig", 32),
    (SCHEMA, "olcSchemaConfig", 68),
    (CONFIG, "olcGlobal", 65),
    (b"cn=x," + SCHEMA, "device", 65),
]


@pytest.mark.parametrize(("dn", "object_class", "code"), PLACES)
def test_only_schemas_only_below_the_schema(server: Server, dn: bytes, object_class: str, code: int) -> None:
    assert server.add(dn, ("objectClass", object_class))[0] == code


# --- renaming and deleting --------------------------------------------------------------------------------------------

OTHER_DSA, REORDERING = (71, "cannot rename between DSAs"), (53, "schema reordering not supported")
RENAMES = [
    (b"cn={1}cosine," + SCHEMA, b"cn={1}cosmos", None, (0, "")),
    (b"cn={1}cosine," + SCHEMA, b"cn={2}cosine", None, REORDERING),
    (b"cn={1}cosine," + SCHEMA, b"cn=cosine", None, REORDERING),
    (b"cn={1}cosine," + SCHEMA, b"ou={1}cosine", None, REORDERING),
    (b"cn={1}cosine," + SCHEMA, b"cn={1}cosine", SCHEMA, (53, "")),
    (b"cn={1}cosine," + SCHEMA, b"cn={1}cosine", BASE, OTHER_DSA),
    (SCHEMA, b"cn=x", None, (53, "renaming not allowed for this entry")),
    (CONFIG, b"cn=x", None, OTHER_DSA),
    (ADA, b"uid=ada", CONFIG, OTHER_DSA),
    (NOT_HERE, b"cn=x", None, (32, "")),
]


@pytest.mark.parametrize(("dn", "rdn", "superior", "answer"), RENAMES)
def test_renaming(server: Server, dn: bytes, rdn: bytes, superior: bytes | None, answer: tuple[int, str]) -> None:
    assert server.ask(m.ModifyDNRequest(dn, rdn, True, superior))[:2] == answer
    names = [entry["cn"] for entry in server.search(SCHEMA, b"cn", scope=1).values()]
    assert names == [["{0}core"], ["{1}cosmos" if answer[0] == 0 else "{1}cosine"], ["{2}inetorgperson"]]


@pytest.mark.parametrize(("dn", "code"), [(HERE, 53), (NOT_HERE, 32), (SCHEMA, 66), (CONFIG, 66)])
def test_deleting(server: Server, dn: bytes, code: int) -> None:
    assert server.ask(m.DeleteRequest(dn))[0] == code
