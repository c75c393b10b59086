from ast import literal_eval
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.schema.elements import AttributeType, MatchingRule
from fakeldapd.schema.matching import applies_to, approximate, build_rules
from fakeldapd.schema.registry import Schema
from fakeldapd.schema.syntaxes import OBJECT_CLASS, build_syntaxes

SCHEMA = Schema.load(["nis"])
SYNTAXES = build_syntaxes(SCHEMA)
RULES = build_rules(SCHEMA, SYNTAXES)
DISTINCT = list({id(rule): rule for rule in RULES.values()}.values())
EQUALITY = [rule for rule in DISTINCT if rule.kind == "equality"]
ORDERING = [rule for rule in DISTINCT if rule.kind == "ordering"]

FACTS = [
    literal_eval(line)
    for line in Path(__file__).with_name("matches_as_slapd_answers_them.txt").read_text().splitlines()
    if not line.startswith("#")
]


def rule(name: str) -> MatchingRule:
    return RULES[name.lower()]


def of_syntax(oid: str) -> AttributeType:
    return AttributeType("1.1", ("x",), b"x", None, None, None, None, SYNTAXES[oid])


def match(rule: MatchingRule, value: bytes, assertion: bytes) -> bool | None:
    wanted, normal = rule.assertion(assertion), rule.normalise(value)
    return None if wanted is None else normal is not None and rule.matches(wanted, normal)


def order(rule: MatchingRule, value: bytes, operator: str, assertion: bytes) -> bool | None:
    wanted: Any = rule.assertion(assertion)
    normal: Any = rule.normalise(value)
    return None if wanted is None else (normal >= wanted if operator == ">=" else normal <= wanted)


def substrings(rule: MatchingRule, value: bytes, assertion: tuple[bytes, ...]) -> bool | None:
    normal = rule.normalise(value)
    assert isinstance(normal, bytes)
    assert rule.piece is not None
    last = len(assertion) - 1
    places = ["initial" if i == 0 else "final" if i == last else "any" for i in range(len(assertion))]
    pieces = [(place, rule.piece(piece, place)) for place, piece in zip(places, assertion, strict=True) if piece]
    at, end = 0, len(normal)
    for place, piece in pieces:
        if piece is None:
            return None
        if place == "initial":
            found = 0 if normal.startswith(piece) else -1
        elif place == "final":
            found = end - len(piece) if normal.endswith(piece) and end - len(piece) >= at else -1
        else:
            found = normal.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def answer(name: str, value: bytes, operator: str, assertion: Any, syntax: str | None = None) -> bool | None:
    found = RULES.get(name.lower())
    if found is None or (syntax is not None and not applies_to(found, of_syntax(syntax))):
        return None
    if operator in (">=", "<="):
        return order(found, value, operator, assertion)
    return substrings(found, value, assertion) if operator == "*" else match(found, value, assertion)


def test_answers_what_slapd_answers() -> None:
    wrong = [fact for fact in FACTS if answer(*fact[:4], *fact[5:]) != fact[4]]
    assert wrong == []


@pytest.mark.parametrize(
    ("value", "assertion", "result"),
    [
        (b"person", b"person", True),
        (b"person", b"PERSON", True),
        (b"person", b"2.5.6.6", True),
        (b"2.5.6.6", b"person", True),
        (b"person", b"top", False),
        (b"person", b"1.2.3", None),
        (b"person", b"cn", None),
        (b"person", b"", None),
    ],
)
def test_object_classes_match_by_what_they_name(value: bytes, assertion: bytes, result: bool | None) -> None:
    assert match(RULES[OBJECT_CLASS], value, assertion) is result


@pytest.mark.parametrize(
    ("assertion", "result"),
    [
        (b"2.5.4.3", True),
        (b"cn", True),
        (b"commonName", True),
        (b"sn", False),
        (b"2.5.4.999", False),
        (b"foo", None),
        (b"( 2.5.4.3", None),
    ],
)
def test_definitions_are_found_by_oid_and_name(assertion: bytes, result: bool | None) -> None:
    value = b"( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )"
    assert match(rule("objectIdentifierFirstComponentMatch"), value, assertion) is result


@pytest.mark.parametrize(("value", "assertion", "result"), [(b"( 5 x )", b"5", True), (b"( 5 x )", b"6", False)])
def test_definitions_are_found_by_number(value: bytes, assertion: bytes, result: bool) -> None:
    assert match(rule("integerFirstComponentMatch"), value, assertion) is result


def test_in_chain_is_equality_of_two_names() -> None:
    chain = rule("1.2.840.113556.1.4.1941")
    assert match(chain, b"cn=a,dc=x", b"CN=A, dc=X") is True
    assert match(chain, b"cn=a,dc=x", b"dc=x") is False
    assert match(chain, b"cn=a,dc=x", b"junk") is None


def test_integers_have_no_size() -> None:
    one, more = b"9" * 10_000, b"1" + b"0" * 10_000
    compared: Any = rule("integerOrderingMatch").normalise
    assert compared(more) == compared(one) + 1
    assert compared(b"-" + more) < compared(b"-" + one) < compared(one) < compared(more)


@pytest.mark.parametrize("name", ["caseIgnoreMatch", "caseExactMatch", "caseIgnoreIA5Match", "UUIDMatch", "CSNMatch"])
@pytest.mark.parametrize(
    "value", [b"alice", b"597ae2f6-16a6-1027-98f4-d28b5365dc14", b"20240101000000.123456Z#000000#001#00000c"]
)
def test_a_value_in_normal_form_is_not_copied(name: str, value: bytes) -> None:
    once = rule(name).normalise(value)
    assert once is None or (isinstance(once, bytes) and rule(name).normalise(once) is once)


def test_the_subschema_lists_the_rules_that_slapd_lists() -> None:
    listed = [rule for rule in DISTINCT if rule.definition]
    assert len(listed) == 38
    assert rule("caseIgnoreMatch").definition == (
        "( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
    )
    hidden = {rule.name for rule in DISTINCT if not rule.definition}
    assert {"dnSubtreeMatch", "CSNMatch", "authzMatch", "directoryStringApproxMatch"} <= hidden


@pytest.mark.parametrize("found", DISTINCT, ids=lambda rule: rule.name)
def test_a_rule_is_found_by_oid_and_name(found: MatchingRule) -> None:
    if found is not RULES[OBJECT_CLASS]:
        assert RULES[found.oid] is found
        assert all(RULES[name.lower()] is found for name in found.names)


@pytest.mark.parametrize(
    ("equality", "means"),
    [
        ("caseIgnoreMatch", "directoryStringApproxMatch"),
        ("caseExactMatch", "directoryStringApproxMatch"),
        ("caseIgnoreIA5Match", "IA5StringApproxMatch"),
        ("integerMatch", "integerMatch"),
        ("telephoneNumberMatch", "telephoneNumberMatch"),
    ],
)
def test_approximately_equal_means(equality: str, means: str) -> None:
    assert approximate(rule(equality), RULES) is rule(means)


def test_no_extensible_filter_matches_classes() -> None:
    object_class = AttributeType("2.5.4.0", (), b"objectClass", None, None, None, None, SYNTAXES[OBJECT_CLASS])
    assert not any(applies_to(rule, object_class) for rule in DISTINCT)


def test_the_schema_is_not_asked_before_a_value_is() -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    build_rules(Untouchable(), SYNTAXES)  # type: ignore[arg-type]


SEEDS = sorted({fact[1] for fact in FACTS} | {b"a", b"( 1.2.3 x )"})


@st.composite
def octets(draw: st.DrawFn) -> bytes:
    value = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 2))):
        value.insert(draw(st.integers(0, len(value))), draw(st.sampled_from(b" 0aZ-+.,$'#=\\\xc3\xa9\0")))
    return bytes(value)


@given(st.sampled_from(EQUALITY), octets())
def test_equality_is_reflexive(rule: MatchingRule, value: bytes) -> None:
    normal = rule.normalise(value)
    hash(normal)
    if normal is not None:
        assert normal == rule.normalise(value)
    assert rule.assertion(value) is None or rule.assertion(value) == rule.assertion(value)


@given(st.sampled_from(["caseIgnoreMatch", "caseExactMatch", "caseIgnoreIA5Match", "numericStringMatch",
                        "telephoneNumberMatch", "caseIgnoreListMatch", "generalizedTimeMatch", "UUIDMatch",
                        "CSNMatch", "distinguishedNameMatch", "authzMatch"]), octets())  # fmt: skip
def test_a_normal_form_is_its_own_normal_form(name: str, value: bytes) -> None:
    normal = rule(name).normalise(value)
    if normal is not None:
        assert isinstance(normal, bytes)
        assert rule(name).normalise(normal) == normal


@given(st.sampled_from(ORDERING), st.lists(octets(), min_size=3, max_size=3))
def test_ordering_is_total(rule: MatchingRule, values: list[bytes]) -> None:
    normals: list[Any] = [normal for normal in map(rule.normalise, values) if normal is not None]
    for a in normals:
        for b in normals:
            assert (a < b) + (a == b) + (b < a) == 1
            assert rule.matches(b, a) is (a < b)
    assert sorted(sorted(normals), reverse=True) == sorted(normals, reverse=True)
