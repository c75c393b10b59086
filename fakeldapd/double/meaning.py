"""What makes two names, values or filters the same, however they are written.

Attribute descriptions are the same by their types and options, DNs and values by the equality rules of a schema,
filters when they ask for the same: order, repetition and superfluous parentheses of sets don't count. What a schema
doesn't know is compared by its text, without regard to case and spaces at its ends.
"""

from collections.abc import Hashable
from typing import Any

from fakeldapd.middleware.secrets import Secret
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import to_text
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema


class _Anything:
    """Stands for any value in a filter that others are compared with, see ``alike``."""

    def __repr__(self) -> str:
        return "{any}"


ANYTHING = _Anything()
_OPAQUE = (Secret, _Anything)
"""What has no other form."""


class Meaning:
    """Forms to compare, under one schema: equal forms mean equal things."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def attribute(self, name: bytes) -> Hashable:
        """Of an attribute description."""
        found = self._schema.find(name)
        return name.strip().lower() if found is None else (found.type.name, tuple(sorted(found.options)))

    def dn(self, name: bytes) -> Hashable:
        """Of a DN."""
        try:
            return self._schema.dn(name).key
        except LDAPError:
            return b",".join(part.strip() for part in name.lower().split(b","))

    def is_within(self, name: bytes, other: bytes) -> bool:
        """Whether a DN is another one or below it."""
        try:
            return self._schema.dn(name).is_within(self._schema.dn(other))
        except LDAPError:
            return False

    def value(self, attribute: bytes, value: Any) -> Hashable:
        """Of a value of an attribute."""
        if isinstance(value, _OPAQUE):
            return value
        found = self._schema.find(attribute)
        return _folded(value) if found is None else self._value(found, value)

    def _value(self, description: AttributeDescription, value: bytes) -> Hashable:
        rule = description.type.equality
        form = None if rule is None else rule.assertion(value)
        return (_folded(value) if rule is not None else value) if form is None else form

    def filter(self, filter: m.Filter) -> Hashable:
        """Of a filter."""
        try:
            return self._filter(filter)
        except RecursionError:
            return to_text(filter).lower()

    def _filter(self, filter: m.Filter) -> Hashable:
        match filter:
            case m.And(filters=parts) | m.Or(filters=parts):
                kind = type(filter)
                forms: set[Any] = set()
                for part in parts:
                    form: Any = self._filter(part)
                    forms |= form[1] if form[0] == kind.__name__ else {form}
                return next(iter(forms)) if len(forms) == 1 else (kind.__name__, frozenset(forms))
            case m.Not(filter=m.Not(filter=inner)):
                return self._filter(inner)
            case m.Not(filter=inner):
                return "Not", self._filter(inner)
            case m.Present(attribute=attribute):
                return "Present", self.attribute(attribute)
            case m.Substrings():
                return self._substrings(filter)
            case m.Extensible():
                return self._extensible(filter)
            case m.Undefined(tag=tag):
                return "Undefined", tag
            case _:
                return type(filter).__name__, self.attribute(filter.attribute), self._asserted(filter)

    def _asserted(self, filter: Any) -> Hashable:
        found = None if isinstance(filter.value, _OPAQUE) else self._schema.find(filter.attribute)
        if found is None:
            return self.value(filter.attribute, filter.value)
        rule = found.type.ordering if isinstance(filter, m.GreaterOrEqual | m.LessOrEqual) else found.type.equality
        form = None if rule is None else rule.assertion(filter.value)
        return _folded(filter.value) if form is None else form

    def _substrings(self, filter: m.Substrings) -> Hashable:
        found = self._schema.find(filter.attribute)
        piece = None if found is None or found.type.substrings is None else found.type.substrings.piece

        def form(part: bytes | None, position: str) -> Hashable:
            if part is None:
                return None
            made = None if piece is None else piece(part, position)
            return _folded(part) if made is None else made

        middle = tuple(form(part, "any") for part in filter.any)
        pieces = (form(filter.initial, "initial"), *middle, form(filter.final, "final"))
        return "Substrings", self.attribute(filter.attribute), pieces

    def _extensible(self, filter: m.Extensible) -> Hashable:
        rule = None if filter.rule is None else self._schema.matching_rule(filter.rule)
        named = filter.rule and filter.rule.lower() if rule is None else rule.oid
        attribute = None if filter.attribute is None else self.attribute(filter.attribute)
        value: Any = filter.value
        form = None if rule is None or isinstance(value, Secret) else rule.assertion(value)
        if form is None:
            form = self.value(filter.attribute or b"", value)
        return "Extensible", named, attribute, filter.dn_attributes, form


def alike(wanted: Any, found: Any) -> bool:
    """Whether a form is the wanted one, in which ANYTHING may stand for any value."""
    if wanted is ANYTHING or wanted == found:
        return True
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        return len(wanted) == len(found) and all(map(alike, wanted, found))
    if isinstance(wanted, frozenset) and isinstance(found, frozenset):
        return len(wanted) == len(found) and _paired(list(wanted - found), list(found - wanted))
    return False


def _paired(wanted: list[Any], found: list[Any]) -> bool:
    """Whether each of the wanted forms has one that is alike, and no two the same."""
    if not wanted:
        return True
    first, *rest = wanted
    return any(alike(first, each) and _paired(rest, found[:at] + found[at + 1 :]) for at, each in enumerate(found))


def _folded(value: Any) -> Hashable:
    return value.strip().lower() if isinstance(value, bytes) else value
