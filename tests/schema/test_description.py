from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.schema.description import KEYWORDS, Definition, SchemaError, expand, parse

PRINTED = [
    # kind, text as somebody wrote it, text as slapd prints it
    ("attributeTypes", "(1.2.3)", "( 1.2.3 )"),
    ("attributeTypes", "( 1.2.3 NAME 'a' )", "( 1.2.3 NAME 'a' )"),
    ("attributeTypes", "( 1.2.3\n\tNAME ( 'a' )\n\tSUP name)", "( 1.2.3 NAME 'a' SUP name )"),
    ("attributeTypes", "( 1.2.3 NAME ( 'a' 'b' ) SUP name )", "( 1.2.3 NAME ( 'a' 'b' ) SUP name )"),
    (
        "attributeTypes",
        "( 1.2.3 USAGE dSAOperation NO-USER-MODIFICATION SINGLE-VALUE SYNTAX 1.2{64} SUBSTR s ORDERING o EQUALITY e"
        " SUP x OBSOLETE DESC 'what it is' NAME 'a' COLLECTIVE )",
        "( 1.2.3 NAME 'a' DESC 'what it is' OBSOLETE SUP x EQUALITY e ORDERING o SUBSTR s SYNTAX 1.2{64}"
        " SINGLE-VALUE COLLECTIVE NO-USER-MODIFICATION USAGE dSAOperation )",
    ),
    ("attributeTypes", "( 1.2.3 NAME 'a' SYNTAX '1.2.3' USAGE userApplications )", "( 1.2.3 NAME 'a' SYNTAX 1.2.3 )"),
    ("attributeTypes", "( 1.2.3 name a Desc 'x' )", "( 1.2.3 NAME 'a' DESC 'x' )"),
    ("attributeTypes", "( 1.2.3 DESC 'a ( $ ) b' )", "( 1.2.3 DESC 'a ( $ ) b' )"),
    ("attributeTypes", "( 1.2.3 DESC '' )", "( 1.2.3 DESC '' )"),
    ("attributeTypes", "( 1.2.3 X-ORIGIN 'here' X-B ( 'c' 'd' ) )", "( 1.2.3 X-ORIGIN 'here' X-B ( 'c' 'd' ) )"),
    ("objectClasses", "( 1.2.3 MUST ( cn $ sn ) )", "( 1.2.3 MUST ( cn $ sn ) )"),
    ("objectClasses", "( 1.2.3 MUST(cn$sn)MAY(x))", "( 1.2.3 MUST ( cn $ sn ) MAY x )"),
    ("objectClasses", "( 1.2.3 SUP ( ) MUST () )", "( 1.2.3 )"),
    ("objectClasses", "( 1.2.3 MUST ( cn sn ) )", "( 1.2.3 MUST ( cn $ sn ) )"),
    (
        "objectClasses",
        "( 1.2.3 MAY ( a ) MUST b AUXILIARY SUP ( top $ x ) DESC 'd' NAME 'n' )",
        "( 1.2.3 NAME 'n' DESC 'd' SUP ( top $ x ) AUXILIARY MUST b MAY a )",
    ),
    ("ldapSyntaxes", "( 1.2.3 DESC 'd' X-SUBST '1.2' )", "( 1.2.3 DESC 'd' X-SUBST '1.2' )"),
    ("matchingRules", "( 1.2.3 NAME 'r' SYNTAX 1.2 )", "( 1.2.3 NAME 'r' SYNTAX 1.2 )"),
    ("matchingRuleUse", "( 1.2.3 NAME 'r' APPLIES ( a $ b ) )", "( 1.2.3 NAME 'r' APPLIES ( a $ b ) )"),
    (
        "dITContentRules",
        "( 1.2.3 NOT x MAY y MUST z AUX ( a $ b ) NAME 'r' )",
        "( 1.2.3 NAME 'r' AUX ( a $ b ) MUST z MAY y NOT x )",
    ),
    ("dITStructureRules", "( 2 NAME 'r' FORM f SUP ( 1 2 ) )", "( 2 NAME 'r' FORM f SUP ( 1 2 ) )"),
    ("nameForms", "( 1.2.3 NAME 'n' OC person MUST cn MAY ( sn ) )", "( 1.2.3 NAME 'n' OC person MUST cn MAY sn )"),
]


@pytest.mark.parametrize(("kind", "text", "printed"), PRINTED)
def test_printing(kind: str, text: str, printed: str) -> None:
    definition = parse(kind, text)
    assert str(definition) == printed
    assert str(parse(kind, printed)) == printed


REFUSED = [
    # kind, text, a part of the reason
    ("attributeTypes", "", "ends where '(' should stand"),
    ("attributeTypes", "1.2.3", "begins with '('"),
    ("attributeTypes", "( 1.2.3", "closing parenthesis"),
    ("attributeTypes", "( )", "an OID should"),
    ("attributeTypes", "( cn )", "neither a numeric OID nor a macro"),
    ("attributeTypes", "( NAME 'x' )", "'NAME' is neither"),
    ("attributeTypes", "( 1.02.3 )", "neither a numeric OID"),
    ("attributeTypes", "( 5 )", "neither a numeric OID"),
    ("attributeTypes", "( 1.2.3 NAME 'x )", "quote is not closed"),
    ("attributeTypes", "( 1.2.3 NAME 'x y' )", "can't be a name"),
    ("attributeTypes", "( 1.2.3 NAME ( 'a' $ 'b' ) )", "separate them by spaces"),
    ("attributeTypes", "( 1.2.3 NAME ( ( 'a' ) ) )", "parenthesis within"),
    ("attributeTypes", "( 1.2.3 NAME )", "')' stands where"),
    ("attributeTypes", "( 1.2.3 SUP ( a ) )", "'(' stands where"),
    ("attributeTypes", "( 1.2.3 DESC 'a' DESC 'b' )", "DESC stands there twice"),
    ("attributeTypes", "( 1.2.3 MUST cn )", "MUST is no keyword"),
    ("attributeTypes", "( 1.2.3 ) x", "behind the closing parenthesis"),
    ("attributeTypes", "( 1.2.3 ) ( 1.2.4 )", "behind the closing parenthesis"),
    ("objectClasses", "( 1.2.3 MUST ( cn $ sn )", "closing parenthesis"),
    ("objectClasses", "( 1.2.3 SYNTAX 1.2 )", "SYNTAX is no keyword"),
    ("objectClasses", "( 1.2.3 MUST cn$sn )", "$ is no keyword"),
    ("objectClasses", "( 1.2.3 SUP 'a b' )", "'a b' is no name"),
    ("attributeTypes", "( 1.2.3 DESC 'it''s' )", "'s' is no keyword"),
    ("attributeTypes", "( 1.2.3 EQUALITY 'a(b' )", "'a(b' is no name"),
    ("dITStructureRules", "( 1.2 FORM f )", "neither a numeric OID"),
]


@pytest.mark.parametrize(("kind", "text", "reason"), REFUSED)
def test_refusing(kind: str, text: str, reason: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse(kind, text, source="some.schema", line=7)
    assert reason in caught.value.reason
    assert str(caught.value).startswith("some.schema:7: ")
    assert (caught.value.source, caught.value.line) == ("some.schema", 7)


def test_where_there_is_no_line() -> None:
    assert str(SchemaError("nosuch", None, "why")) == "nosuch: why"


def test_reading() -> None:
    d = parse("objectClasses", "( 1.2.3 NAME ( 'a' 'b' ) DESC 'd' SUP top AUXILIARY MUST ( x $ y ) X-Y 'z' )")
    assert (d.oid, d.name, d.names) == ("1.2.3", "a", ("a", "b"))
    assert (d.one("DESC"), d.many("SUP"), d.many("MUST"), d.many("MAY")) == ("d", ("top",), ("x", "y"), ())
    assert (d.flag("AUXILIARY"), d.flag("ABSTRACT"), d.one("SUP"), d.many("DESC")) == (True, False, None, ())
    assert d.many("X-Y") == ("z",)
    assert parse("ldapSyntaxes", "( 1.2.3 )").name == "1.2.3"
    assert "attributeTypes ( 1.2.3 )" in repr(parse("attributeTypes", "( 1.2.3 )"))


SAME = [
    ("( 1.2.3 NAME 'a' DESC 'x' )", "( 1.2.3 DESC 'y' NAME 'A' )", True),
    ("( 1.2.3 NAME 'a' X-ORIGIN 'x' )", "( 1.2.3 NAME 'a' )", True),
    ("( 1.2.3 NAME 'a' USAGE userApplications )", "( 1.2.3 NAME 'a' )", True),
    ("( 1.2.3 NAME 'a' )", "( 1.2.3 NAME ( 'a' 'b' ) )", False),
    ("( 1.2.3 NAME 'a' )", "( 1.2.4 NAME 'a' )", False),
    ("( 1.2.3 NAME 'a' SINGLE-VALUE )", "( 1.2.3 NAME 'a' )", False),
]


@pytest.mark.parametrize(("one", "other", "same"), SAME)
def test_meaning_the_same(one: str, other: str, same: bool) -> None:
    assert parse("attributeTypes", one).same_as(parse("attributeTypes", other)) is same


MACROS = {"my": "1.2.3", "mysyntax": "1.2.3.9"}


@pytest.mark.parametrize(
    ("oid", "expanded"),
    [("my", "1.2.3"), ("MY:4.5", "1.2.3.4.5"), ("1.2", "1.2"), ("other:1", "other:1"), ("cn", "cn")],
)
def test_macros(oid: str, expanded: str) -> None:
    assert expand(oid, MACROS) == expanded


def test_macros_within_a_definition() -> None:
    definition = parse("attributeTypes", "( my:7 NAME 'my' SYNTAX mySyntax )", macros=MACROS)
    assert str(definition) == "( 1.2.3.7 NAME 'my' SYNTAX 1.2.3.9 )"


# --- properties ------------------------------------------------------------------------------------------------------

words = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,5}", fullmatch=True).filter(lambda w: w.upper() != "USERAPPLICATIONS")
oids = st.lists(st.integers(0, 999), min_size=2, max_size=6).map(lambda arcs: ".".join(map(str, arcs)))
strings = st.text(st.characters(exclude_characters="'", exclude_categories=["Cs"]), max_size=20)
SHAPES = {
    "flag": st.just(True),
    "names": st.lists(words, min_size=1, max_size=3).map(tuple),
    "string": strings,
    "word": words,
    "words": st.lists(words, min_size=1, max_size=3).map(tuple),
    "rules": st.lists(words, min_size=1, max_size=3).map(tuple),
}


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    kind = draw(st.sampled_from(sorted(KEYWORDS)))
    fields: dict[str, Any] = {
        keyword: draw(SHAPES[shape]) for keyword, shape in KEYWORDS[kind].items() if draw(st.booleans())
    }
    for keyword in draw(st.lists(words.map(lambda w: "X-" + w.upper()), max_size=2, unique=True)):
        fields[keyword] = draw(st.lists(strings, min_size=1, max_size=2).map(tuple))
    oid = str(draw(st.integers(0, 99))) if kind == "dITStructureRules" else draw(oids)
    return Definition(kind, oid, dict(draw(st.permutations(list(fields.items())))))


@given(definitions())
def test_print_and_read_again(definition: Definition) -> None:
    again = parse(definition.kind, str(definition))
    assert (again.oid, again.fields) == (definition.oid, definition.fields)
    assert str(again) == str(definition)


@given(st.sampled_from(sorted(KEYWORDS)), st.text("()$' 1.2aNAMESUP", max_size=60))
def test_any_text_is_a_definition_or_a_schema_error(kind: str, text: str) -> None:
    try:
        printed = str(parse(kind, "( 1.2 " + text))
    except SchemaError:
        return
    assert str(parse(kind, printed)) == printed
