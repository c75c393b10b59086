"""Matched Values (RFC 3876): of the entries found come only the values that one of the filters matches.

The value is SEQUENCE OF SimpleFilterItem. Attributes that no value is left of don't come at all. As in slapd, ``and``,
``or``, ``not`` and the approximate match, which match no single value, leave nothing, and an empty list of filters is
as no control.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.evaluate import (
    AnyAttributeTest,
    ChainTest,
    ClassTest,
    OrTest,
    Reach,
    Setting,
    StructuralClassTest,
    ValueTest,
    has_options,
)
from fakeldapd.directory.operational import COMPUTED
from fakeldapd.operations.controls.row import Row, some_value
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import find_element
from fakeldapd.protocol.decode import attribute
from fakeldapd.protocol.encode import attribute_from
from fakeldapd.protocol.filter_ber import MAX_FILTER_DEPTH, read_filter
from fakeldapd.protocol.result import LDAPError, ProtocolError, ResultCode
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema

MATCHED_VALUES = b"1.2.826.0.1.3344810.2.3"

_SEQUENCE = 0x30


def read(value: bytes | None) -> tuple[m.Filter, ...]:
    """The filters. Raises LDAPError 2."""
    value = some_value("valuesReturnFilter", value)
    outer = find_element(value, 0)
    if outer is None or outer[0] != _SEQUENCE:
        text = "error decoding vrFilter" + ("" if outer is None else ", expect SEQUENCE tag")
        raise LDAPError(ResultCode.PROTOCOL_ERROR, text)
    _, offset, stop = outer
    filters = []
    try:
        while offset < stop and find_element(value, offset) is not None:
            found, offset = read_filter(value, offset, MAX_FILTER_DEPTH)
            filters.append(found)
    except ProtocolError as error:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, error.diagnostic) from None
    return tuple(filters)


ROW = Row(
    "valuesReturnFilter",
    (m.SearchRequest,),
    read,
    source="RFC 3876 section 2",
    shown_by="clients/test_search_controls.py::test_ldapsearch_matches_values",
)

Matches = Callable[[bytes], bool]
Item = tuple[Callable[[AttributeDescription], bool], Matches]
"""Which attributes a filter speaks of, and which of their values it matches."""


class MatchedValues:
    """The filters of one search under a schema."""

    def __init__(self, setting: Setting, filters: Sequence[m.Filter]) -> None:
        self._schema = setting.schema
        self._items = [item for each in filters if (item := _item(setting, each)) is not None]
        self._by_type: dict[bytes, list[Matches]] = {}

    def attributes(self, encoded: Sequence[bytes]) -> tuple[bytes, ...]:
        """What is left of the selected attributes of an entry, each an encoded PartialAttribute. Of those that are
        computed at least the name, as in slapd.
        """
        left = []
        for one in encoded:
            name, values = attribute(one)
            matching = self._by_type.get(name)
            if matching is None:
                matching = self._by_type[name] = self._matching(name)
            computed = values and name in COMPUTED
            if not matching and not computed:
                continue
            found = tuple([value for value in values if any(matches(value) for matches in matching)])
            if len(found) == len(values) and found:
                left.append(one)
            elif found or computed:
                description = self._schema.find(name)
                assert description is not None
                left.append(attribute_from(description.header, found))
        return tuple(left)

    def _matching(self, name: bytes) -> list[Matches]:
        description = self._schema.find(name)
        return [matches for covers, matches in self._items if description is not None and covers(description)]


def _item(setting: Setting, f: m.Filter) -> Item | None:
    """One filter; None: it matches no value."""
    if isinstance(f, m.And | m.Or | m.Not | m.Approx | m.Undefined):
        return None
    if isinstance(f, m.Present):
        description = setting.schema.find(f.attribute)
        return None if description is None else (_covers(Reach(description)), lambda value: True)
    test: Any = compile_filter(setting, f)
    if isinstance(test, OrTest):  # the other part is about attributes of the DN
        test = test.parts[0]
    if isinstance(test, ClassTest | StructuralClassTest):
        described = setting.schema.find(f.attribute or b"")
        assert described is not None
        return _covers(Reach(described)), _is_class(setting.schema, test)
    if isinstance(test, ValueTest | ChainTest):
        matches = test.matches if isinstance(test, ValueTest) else lambda assertion, normal: assertion == normal
        return _covers(test.reach), _matches(test, matches)
    if isinstance(test, AnyAttributeTest):
        rule = test.rule
        return lambda description: setting.schema.applies(rule, description.type), _matches(test, rule.matches)
    return None


def _covers(reach: Reach) -> Callable[[AttributeDescription], bool]:
    subtypes, options = reach.type.subtypes, reach.options
    return lambda description: description.type in subtypes and has_options(description, options)


def _matches(test: Any, matches: Callable[[Any, Any], bool]) -> Matches:
    normalise, assertion = test.rule.normalise, test.assertion

    def match(value: bytes) -> bool:
        normal = normalise(value)
        return normal is not None and assertion is not None and matches(assertion, normal)

    return match


def _is_class(schema: Schema, test: ClassTest | StructuralClassTest) -> Matches:
    def match(value: bytes) -> bool:
        object_class = schema.object_class(value)
        return object_class is not None and test.object_class in object_class.ancestors

    return match
