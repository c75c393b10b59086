"""From a Filter to a test: what can be found out once for a search, before any entry is looked at.

Attribute descriptions are looked up, assertion values normalised, access rules asked. As in slapd, an unknown
attribute, a value that doesn't conform and a rule that doesn't apply make an item Undefined, so neither ``(foo=bar)``
nor ``(!(foo=bar))`` finds anything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from fakeldapd.directory.evaluate import (
    BIT_RULES,
    IN_CHAIN,
    TRUE,
    UNDEFINED,
    AndTest,
    AnyAttributeTest,
    BitTest,
    ChainTest,
    ClassTest,
    DeepTest,
    EqualityTest,
    NamingTest,
    NotTest,
    OrTest,
    PresenceTest,
    Reach,
    Setting,
    StructuralClassTest,
    SubstringsTest,
    Test,
    UnknownClassTest,
    ValueTest,
    ViewedTest,
    substrings_match,
)
from fakeldapd.directory.guarded import GuardedTest, SubtypesTest
from fakeldapd.protocol import messages as m
from fakeldapd.schema.elements import AttributeDescription, AttributeType, MatchingRule, ObjectClass
from fakeldapd.schema.registry import AttributeDescriptionError, Schema, SchemaCheck, remember
from fakeldapd.schema.syntaxes import is_integer

_UUID_MATCH = "1.3.6.1.1.16.2"


def class_test(schema: Schema, description: AttributeDescription, value: bytes) -> Test | None:
    """The test for a value of objectClass or structuralObjectClass: true for subclasses, too. None for others."""
    kind = _CLASS_TESTS.get(description.type.name)
    if kind is None or description.options:
        return None
    object_class = schema.object_class(value)
    if object_class is not None:
        return kind(object_class)
    return None if schema.check is SchemaCheck.STRICT else UnknownClassTest(Reach(description), value)


_CLASS_TESTS: dict[bytes, Callable[[ObjectClass], Test]] = {
    b"objectClass": ClassTest,
    b"structuralObjectClass": StructuralClassTest,
}


def _find(setting: Setting, name: bytes) -> AttributeDescription | None:
    """The attribute description of an item; where it is none at all, the answer to the search says so, as in slapd."""
    description = setting.schema.find(name, ranges=True)
    if description is None:
        try:
            setting.schema.describe(name)
        except AttributeDescriptionError as error:
            if error.inapt:
                setting.diagnostic = error.reason
    return description


_DEEP = 100
"""From how many filters within one another on they are evaluated without recursion; Python's own limit is near 1000."""


def compile_filter(setting: Setting, f: m.Filter) -> Test:
    """The test for a filter. Raises nothing: whatever is wrong with an item makes it Undefined. Doesn't recurse."""
    kind: type = f.__class__
    compiler = _ITEMS.get(kind)
    if compiler is not None:
        return compiler(setting, f)
    depth = 0
    enclosing: list[tuple[type, Iterator[m.Filter], list[Test]]] = []
    done: list[Test] = []
    rest = iter(f.filters if kind is not m.Not else (f.filter,))  # type: ignore[union-attr]
    while True:
        for part in rest:
            inner = part.__class__
            compiler = _ITEMS.get(inner)
            if compiler is None:
                enclosing.append((kind, rest, done))
                if len(enclosing) > depth:
                    depth = len(enclosing)
                kind, done = inner, []
                rest = iter(part.filters if inner is not m.Not else (part.filter,))  # type: ignore[union-attr]
                break
            done.append(compiler(setting, part))
        else:
            test = _SETS[kind](done)
            if not enclosing:
                return test if depth < _DEEP - 1 else DeepTest(test)
            kind, rest, done = enclosing.pop()
            done.append(test)


@dataclass(slots=True, frozen=True)
class Row:
    """One kind of filter, as RFC 4511 calls it, how it is written, and where it is specified."""

    name: str
    written: str
    source: str
    compile: Callable[..., Test]


SETS: Mapping[type, Row] = {
    m.And: Row("and", "(&(a=b)(c=d))", "RFC 4511 section 4.5.1.7", AndTest),
    m.Or: Row("or", "(|(a=b)(c=d))", "RFC 4511 section 4.5.1.7", OrTest),
    m.Not: Row("not", "(!(a=b))", "RFC 4511 section 4.5.1.7", lambda parts: NotTest(parts[0])),
}
"""Filters of filters, made of the tests of their parts."""
_SETS = {kind: row.compile for kind, row in SETS.items()}


def _guarded(setting: Setting, attribute_type: AttributeType, test: Any, *, subtypes: bool = True) -> Test:
    """The test with what access rules say of the type, and of the types of the attributes that are really there."""
    viewed = setting.viewed
    if setting.view is not None and (viewed is None or not viewed.isdisjoint(attribute_type.subtypes)):
        test, subtypes, setting.looked = ViewedTest(test, setting.view), False, True
    if setting.guard is None:
        return cast(Test, test)
    guard = setting.guard(attribute_type)
    if subtypes and len(attribute_type.subtypes) > 1 and test.reach.computed is None:
        guards = {t: g for t in attribute_type.subtypes if (g := setting.guard(t)) is not None and g is not guard}
        if guards:
            test = SubtypesTest(test, guards)
    return cast(Test, test) if guard is None else GuardedTest(test, guard)


def _present(setting: Setting, f: m.Present) -> Test:
    description = setting.schema.find(f.attribute)
    if description is None:
        return UNDEFINED
    if (
        description.type.name == b"objectClass"
        and not description.options
        and setting.guard_of(description.type) is None
    ):
        return TRUE
    return _guarded(setting, description.type, PresenceTest(Reach(description)))


class _Sought:
    """What an equality item of one attribute description is made of, but for its value."""

    __slots__ = ("of_class", "reach", "rule")

    def __init__(self, description: AttributeDescription, rule: MatchingRule) -> None:
        self.rule = rule
        self.reach = Reach(description)
        self.of_class = description if description.type.name in _CLASS_TESTS else None


def _seek(setting: Setting, name: bytes) -> _Sought | None:
    """What is made once for each description, as long as the schema stays; None where nothing can be equal to it."""
    description = _find(setting, name)
    if description is None or (rule := description.type.equality) is None:
        return None
    sought = _Sought(description, rule)
    if not description.options and not description.type.implicit:  # clients could make any number of those
        remember(setting.schema.sought, name, sought)
    return sought


def _equality(setting: Setting, f: m.Equality) -> Test:
    sought: _Sought | None = setting.schema.sought.get(f.attribute) or _seek(setting, f.attribute)
    if sought is None:
        return UNDEFINED
    if sought.of_class is not None:
        of_class = class_test(setting.schema, sought.of_class, f.value)
        if of_class is not None:
            if setting.guard is None and setting.view is None:
                return of_class
            return _guarded(setting, sought.reach.type, of_class, subtypes=False)
    assertion = sought.rule.assertion(f.value)
    if assertion is None:
        return UNDEFINED
    test = EqualityTest(sought.reach, sought.rule, assertion)
    return test if setting.guard is None and setting.view is None else _guarded(setting, sought.reach.type, test)


def _approx(setting: Setting, f: m.Approx) -> Test:
    description = _find(setting, f.attribute)
    if description is None or (equality := description.type.equality) is None:
        return UNDEFINED
    rule = setting.schema.approximate(equality)
    if rule is equality:
        return _equality(setting, m.Equality(f.attribute, f.value))
    assertion = rule.assertion(f.value)
    if assertion is None:
        return UNDEFINED
    return _guarded(setting, description.type, ValueTest(Reach(description), rule, assertion))


def _ordering(at_least: bool) -> Callable[[Setting, Any], Test]:
    def at_least_matches(assertion: Any, normal: Any) -> bool:
        return bool(normal >= assertion)

    def at_most_matches(assertion: Any, normal: Any) -> bool:
        return bool(normal <= assertion)

    matches = at_least_matches if at_least else at_most_matches

    def compile_ordering(setting: Setting, f: m.GreaterOrEqual | m.LessOrEqual) -> Test:
        description = _find(setting, f.attribute)
        if description is None or (rule := description.type.ordering) is None:
            return UNDEFINED
        assertion = rule.assertion(f.value)
        if assertion is None:
            return UNDEFINED
        return _guarded(setting, description.type, ValueTest(Reach(description), rule, assertion, matches))

    return compile_ordering


def _substrings(setting: Setting, f: m.Substrings) -> Test:
    description = _find(setting, f.attribute)
    if description is None or (rule := description.type.substrings) is None or rule.piece is None:
        return UNDEFINED
    pieces = [
        (None if f.initial is None else rule.piece(f.initial, "initial"), f.initial is None),
        *((rule.piece(part, "any"), False) for part in f.any),
        (None if f.final is None else rule.piece(f.final, "final"), f.final is None),
    ]
    if any(piece is None and not absent for piece, absent in pieces):
        return UNDEFINED
    assertion = tuple(piece for piece, _ in pieces)
    return _guarded(setting, description.type, SubstringsTest(Reach(description), rule, assertion, substrings_match))


def _extensible(setting: Setting, f: m.Extensible) -> Test:
    schema = setting.schema
    description = None
    if f.attribute is not None and (description := schema.find(f.attribute)) is None:
        return UNDEFINED
    rule = None
    if f.rule is not None:
        if (rule := schema.matching_rule(f.rule)) is None:
            return UNDEFINED
    elif description is not None:
        rule = description.type.equality
    if rule is None or rule.kind == "substrings":
        return UNDEFINED
    assertion = rule.assertion(f.value)
    if assertion is None and not (rule.oid in BIT_RULES and is_integer(f.value)):
        return UNDEFINED
    if description is None:
        return AnyAttributeTest(setting, rule, assertion, f.dn_attributes and assertion is not None)
    if f.rule is not None and not schema.applies(rule, description.type):
        return UNDEFINED
    if f.rule is None and rule.oid == _UUID_MATCH:
        return UNDEFINED  # slapd takes no UUID here unless the rule is named
    reach = Reach(description)
    if description.type.name != b"entryDN":
        reach.computed = None  # slapd looks at what is stored
    test: Test | None = None if f.rule is not None else class_test(schema, description, f.value)
    if test is None:
        if rule.oid == IN_CHAIN:
            test = ChainTest(setting, reach, rule, assertion)
        else:
            test = (BitTest if rule.oid in BIT_RULES else ValueTest)(reach, rule, assertion)
    if f.dn_attributes and not description.options and assertion is not None:
        test = OrTest([test, NamingTest(description.type, rule, assertion)])
    return _guarded(setting, description.type, test, subtypes=False)


def _undefined(setting: Setting, f: m.Undefined) -> Test:
    return UNDEFINED


ITEMS: Mapping[type, Row] = {
    m.Equality: Row("equalityMatch", "(a=b)", "RFC 4511 section 4.5.1.7.1", _equality),
    m.Substrings: Row("substrings", "(a=b*c*d)", "RFC 4511 section 4.5.1.7.2", _substrings),
    m.GreaterOrEqual: Row("greaterOrEqual", "(a>=b)", "RFC 4511 section 4.5.1.7.3", _ordering(at_least=True)),
    m.LessOrEqual: Row("lessOrEqual", "(a<=b)", "RFC 4511 section 4.5.1.7.4", _ordering(at_least=False)),
    m.Present: Row("present", "(a=*)", "RFC 4511 section 4.5.1.7.5", _present),
    m.Approx: Row("approxMatch", "(a~=b)", "RFC 4511 section 4.5.1.7.6", _approx),
    m.Extensible: Row("extensibleMatch", "(a:dn:rule:=b)", "RFC 4511 section 4.5.1.7.7", _extensible),
}
"""Filters of one attribute, made of what they say."""
_ITEMS: dict[type, Callable[..., Test]] = {kind: row.compile for kind, row in ITEMS.items()}
_ITEMS[m.Undefined] = _undefined
