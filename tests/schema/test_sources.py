import base64

import pytest

from fakeldapd.schema.description import SchemaError
from fakeldapd.schema.sources import Row, cut


def rows(text: str | bytes, macros: dict[str, str] | None = None) -> list[Row]:
    return cut(text.encode() if isinstance(text, str) else text, "x.schema", {} if macros is None else macros)


SCHEMA_FILE = """# A comment
objectidentifier My 1.2.3
objectidentifier MyAt My:1

attributetype ( MyAt:7 NAME 'first'
    DESC 'over
    lines'
# within
\tSUP name )
attributeType ( 1.2.3.1.8 NAME ( 'Second' 'alias' ) SUP name )

# comment behind
objectclass ( My:2
    NAME 'klass' SUP top )
ditcontentrule ( My:2 NAME 'rule' )
ldapsyntax ( 1.2.3.9 DESC 'd' )
attributetype ( 1.2.3.1.9 SUP name )
nameform ( 1.2.3.4 NAME 'form' OC klass MUST cn )
ditstructurerule ( 1 FORM form )
"""

FOUND = [
    # kind, keys, line, definition
    ("attributeTypes", ["1.2.3.1.7", "first"], 5, "( 1.2.3.1.7 NAME 'first' DESC 'over\n    lines' SUP name )"),
    ("attributeTypes", ["1.2.3.1.8", "second", "alias"], 10, "( 1.2.3.1.8 NAME ( 'Second' 'alias' ) SUP name )"),
    ("objectClasses", ["1.2.3.2", "klass"], 13, "( 1.2.3.2 NAME 'klass' SUP top )"),
    ("dITContentRules", ["1.2.3.2", "rule"], 15, "( 1.2.3.2 NAME 'rule' )"),
    ("ldapSyntaxes", ["1.2.3.9"], 16, "( 1.2.3.9 DESC 'd' )"),
    ("attributeTypes", ["1.2.3.1.9"], 17, "( 1.2.3.1.9 SUP name )"),
    ("nameForms", ["1.2.3.4", "form"], 18, "( 1.2.3.4 NAME 'form' OC klass MUST cn )"),
    ("dITStructureRules", ["1"], 19, "( 1 FORM form )"),
]


def seen(row: Row) -> tuple[str, list[str], int, str]:
    return row.kind, [key.decode() for key in row.keys], row.line, str(row.definition)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_schema_file(newline: str) -> None:
    text = SCHEMA_FILE.replace("\n", newline)
    assert [seen(row) for row in rows(text)] == FOUND
    assert [seen(row) for row in rows("\ufeff" + text)] == FOUND


def test_macros_are_handed_out() -> None:
    macros = {"old": "9.9"}
    rows("objectidentifier New old:1\nobjectidentifier new 9.9.1", macros)
    assert macros == {"old": "9.9", "new": "9.9.1"}


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n\n# comments", "dn: cn=x\ncn: x\n"])
def test_nothing(text: str) -> None:
    assert rows(text) == []


CONFIG_LDIF = f"""version: 1
# comment
dn: cn=x,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: x
olcObjectIdentifier: {{0}}My 1.2.3
olcAttributeTypes: {{0}}( My:1 NAME 'first' DESC 'fol
 ded' SUP name )
olcAttributeTypes:: {base64.b64encode(b"{1}( My:2 NAME 'second' )").decode()}
olcObjectClasses: {{0}}( My:3 NAME 'klass' )
olcDitContentRules: {{0}}( My:3 NAME 'rule' )
olcLdapSyntaxes: ( 1.2.3.9 )
"""

SUBSCHEMA_LDIF = """dn: cn=Subschema
objectClass: top
objectClass: subschema
cn: Subschema
ldapSyntaxes: ( 1.2.3.9 )
matchingRules: ( 1.2.3.8 NAME 'r' SYNTAX 1.2.3.9 )
matchingRuleUse: ( 1.2.3.8 NAME 'r' APPLIES first )
attributeTypes: ( 1.2.3.1 NAME 'first' )
objectClasses: ( 1.2.3.3 NAME 'klass' )
dITContentRules: ( 1.2.3.3 NAME 'rule' )
nameForms: ( 1.2.3.4 NAME 'form' OC klass MUST cn )
dITStructureRules: ( 1 FORM form )
"""

LDIF = [
    (
        CONFIG_LDIF,
        [
            ("attributeTypes", 7, "( 1.2.3.1 NAME 'first' DESC 'folded' SUP name )"),
            ("attributeTypes", 9, "( 1.2.3.2 NAME 'second' )"),
            ("objectClasses", 10, "( 1.2.3.3 NAME 'klass' )"),
            ("dITContentRules", 11, "( 1.2.3.3 NAME 'rule' )"),
            ("ldapSyntaxes", 12, "( 1.2.3.9 )"),
        ],
    ),
    (
        SUBSCHEMA_LDIF,
        [
            ("ldapSyntaxes", 5, "( 1.2.3.9 )"),
            ("matchingRules", 6, "( 1.2.3.8 NAME 'r' SYNTAX 1.2.3.9 )"),
            ("matchingRuleUse", 7, "( 1.2.3.8 NAME 'r' APPLIES first )"),
            ("attributeTypes", 8, "( 1.2.3.1 NAME 'first' )"),
            ("objectClasses", 9, "( 1.2.3.3 NAME 'klass' )"),
            ("dITContentRules", 10, "( 1.2.3.3 NAME 'rule' )"),
            ("nameForms", 11, "( 1.2.3.4 NAME 'form' OC klass MUST cn )"),
            ("dITStructureRules", 12, "( 1 FORM form )"),
        ],
    ),
    ("attributeTypes: ( 1.2.3.1 NAME 'alone' )", [("attributeTypes", 1, "( 1.2.3.1 NAME 'alone' )")]),
    (
        "dn: cn=schema\nchangetype: modify\nadd: attributeTypes\nattributeTypes: ( 1.2.3.1 NAME 'x' )\n-\n",
        [("attributeTypes", 4, "( 1.2.3.1 NAME 'x' )")],
    ),
]


@pytest.mark.parametrize(("text", "found"), LDIF)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_ldif(text: str, found: list[tuple[str, int, str]], newline: str) -> None:
    assert [(row.kind, row.line, str(row.definition)) for row in rows(text.replace("\n", newline))] == found


MISTAKES = [
    # text, line, a part of the reason
    ("\n\nattributeype ( 1.2.3 )", 3, "'attributeype' is no directive"),
    ("# x\ninclude /etc/x", 2, "'include' is no directive"),
    ("objectidentifier x", 1, "takes a name and an OID"),
    ("objectidentifier x y", 1, "'y' is neither an OID nor a macro"),
    ("objectidentifier x 1.2\nobjectidentifier X 1.3", 2, "is 1.2 already"),
    ("attributetype ( x:1 )", 1, "'x:1' is neither"),
    ("attributetype 1.2.3", 1, "begins with '('"),
    (b"attributetype ( 1.2.3 DESC '\xff' )", 1, "UTF-8"),
    ("dn: cn=x\nolcAttributeTypes:: !!", 2, "not base64"),
    ("dn: cn=x\nno colon", 2, "no line of LDIF"),
    ("dn: cn=x\n\nolcAttributeTypes: {0}( 1.2.3", 3, "closing parenthesis"),
]


@pytest.mark.parametrize(("text", "line", "reason"), MISTAKES)
def test_mistakes(text: str | bytes, line: int, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        rows(text)
    assert (caught.value.source, caught.value.line) == ("x.schema", line)
    assert reason in caught.value.reason


def test_the_usual_form_is_read_when_asked_for() -> None:
    (row,) = rows("attributetype ( 1.2.3 NAME 'x' NONSENSE )")
    assert row.keys == [b"1.2.3", b"x"]
    with pytest.raises(SchemaError, match=r"x\.schema:1: attribute type: NONSENSE is no keyword"):
        row.definition  # noqa: B018
