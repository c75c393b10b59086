"""Why an item of a filter is True, False or Undefined for an entry, in words."""

from collections.abc import Callable
from typing import Any

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import ClassTest, Reach, StructuralClassTest, Truth, ValueTest
from fakeldapd.double.names import as_text, nearest
from fakeldapd.middleware.secrets import is_secret
from fakeldapd.protocol import messages as m
from fakeldapd.schema.elements import AttributeDescription, MatchingRule
from fakeldapd.schema.registry import AttributeDescriptionError, Schema

_SHOWN = 5
_LONGEST = 60


class Reasons:
    """The reasons under one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._names: list[str] | None = None

    def of(self, filter: Any, truth: Truth, test: Any, node: Node, entry: Entry) -> str:
        """Why; ``test`` is the compiled item, without any access rules."""
        if truth is None:
            return self._undefined(filter, node, entry)
        if filter.attribute is None:
            return "" if truth else f"no value of an attribute with that rule{' matches' if filter.value else ''}"
        description = self._schema.find(filter.attribute)
        assert description is not None, "an unknown attribute is Undefined"
        name = as_text(description.name)
        values = list(Reach(description).values(node, entry))
        if truth:
            return self._true(filter, test, description, values)
        if not values:
            return f"the entry has no {name}" + self._by_dn(filter)
        return f"{name} is {_shown(description, values)}" + self._by_dn(filter)

    @staticmethod
    def _by_dn(filter: Any) -> str:
        return ", and its DN has none that matches" if isinstance(filter, m.Extensible) and filter.dn_attributes else ""

    def _true(self, filter: Any, test: Any, description: AttributeDescription, values: list[bytes]) -> str:
        name = as_text(description.name)
        if isinstance(filter, m.Present):
            count = len(values)
            return f"{name} has {count} value{'s' * (count != 1)}" if count else f"every entry has {name}"
        if isinstance(test, ClassTest | StructuralClassTest):
            wanted = test.object_class
            listed = [c for value in values if (c := self._schema.object_class(value)) is not None]
            by = [c for c in listed if wanted in c.ancestors]
            return "" if wanted in listed or not by else f"{as_text(by[0].name)} is a subclass of it"
        inner = getattr(test, "test", test)
        if isinstance(inner, ValueTest) and len(values) > 1:
            matching = [value for value in values if _matches(inner, value)]
            return f"{name} {_shown(description, matching)} matches" if matching else ""
        if values and as_text(values[0]) != as_text(getattr(filter, "value", b"")):
            return f"{name} is {_shown(description, values)}"
        return ""

    def denied(self, filter: Any) -> str:
        """Why an item is Undefined for who asks and not for others."""
        what = "the attribute" if filter.attribute is None else as_text(filter.attribute)
        return f"the access rules keep {what} from who asks"

    # --- Undefined ----------------------------------------------------------------------------------------------------

    def _undefined(self, filter: Any, node: Node, entry: Entry) -> str:
        if isinstance(filter, m.Undefined):
            return "RFC 4511 has no such filter"
        if filter.attribute is not None and self._schema.find(filter.attribute) is None:
            return self._unknown(filter.attribute)
        if isinstance(filter, m.Extensible):
            return self._extensible(filter)
        description = self._schema.find(filter.attribute)
        assert description is not None
        kind, rule = _rule(filter, description, self._schema)
        name = as_text(description.type.name)
        if rule is None:
            return f"{name} has no {kind} rule"
        if isinstance(filter, m.Substrings):
            return f"a part is nothing that the rule {rule.name} of {name} can look for"
        return self._no_value(filter, rule, name)

    def _no_value(self, filter: Any, rule: MatchingRule, name: str) -> str:
        shown = "the value" if is_secret(name.encode()) else _quoted(filter.value)
        syntax = rule.syntax.description or rule.syntax.oid
        if name in ("objectClass", "structuralObjectClass"):
            return f"there is no object class {shown}{nearest(as_text(filter.value), self._class_names())}"
        return f"{shown} is no value of the syntax {syntax}, which the rule {rule.name} of {name} compares"

    def _extensible(self, filter: m.Extensible) -> str:
        rule = None
        if filter.rule is not None:
            rule = self._schema.matching_rule(filter.rule)
            if rule is None:
                return f"there is no matching rule {as_text(filter.rule)}"
        description = None if filter.attribute is None else self._schema.find(filter.attribute)
        if rule is None and description is not None:
            rule = description.type.equality
        if rule is None:
            return f"{as_text(filter.attribute or b'')} has no equality rule"
        if rule.kind == "substrings":
            return f"{rule.name} is a rule for substrings, which can't be used like this"
        if rule.assertion(filter.value) is None:
            return f"{_quoted(filter.value)} is no value of the syntax {rule.syntax.description or rule.syntax.oid}"
        if description is not None and not self._schema.applies(rule, description.type):
            return f"the rule {rule.name} doesn't apply to {as_text(description.type.name)}"
        return f"a value is nothing that {rule.name} can compare"

    def _unknown(self, name: bytes) -> str:
        try:
            self._schema.describe(name)
        except AttributeDescriptionError as error:
            if error.reason != "attribute type undefined":
                return f"{as_text(name)}: {error.reason}"
        return f"the schema has no attribute type {as_text(name)}{nearest(as_text(name), self._attribute_names())}"

    def _attribute_names(self) -> list[str]:
        if self._names is None:
            self._names = names_of(self._schema, "attributeTypes")
        return self._names

    def _class_names(self) -> list[str]:
        return names_of(self._schema, "objectClasses")


def names_of(schema: Schema, kind: str) -> list[str]:
    """The names of all ``attributeTypes`` or ``objectClasses`` of a schema."""
    found: list[str] = []
    for definition in schema.definitions()[kind]:
        words = definition.partition(b" NAME ")[2]
        names = words[1:].partition(b")")[0] if words.startswith(b"(") else words.split(b" ", 1)[0]
        found += [name.strip("'") for name in names.decode().split()]
    return found


def _rule(filter: Any, description: AttributeDescription, schema: Schema) -> tuple[str, MatchingRule | None]:
    kind, which = _RULES.get(type(filter), ("equality", lambda attribute_type: attribute_type.equality))
    return kind, which(description.type)


_RULES: dict[type, tuple[str, Callable[[Any], MatchingRule | None]]] = {
    m.GreaterOrEqual: ("ordering", lambda attribute_type: attribute_type.ordering),
    m.LessOrEqual: ("ordering", lambda attribute_type: attribute_type.ordering),
    m.Substrings: ("substrings", lambda attribute_type: attribute_type.substrings),
}


def _matches(test: ValueTest, value: bytes) -> bool:
    normal = test.rule.normalise(value)
    return normal is not None and test.matches(test.assertion, normal)


def _shown(description: AttributeDescription, values: list[bytes]) -> str:
    if is_secret(description.name):
        return "kept secret here"
    shown = ", ".join(_quoted(value) for value in values[:_SHOWN])
    return shown + (f" and {len(values) - _SHOWN} more" if len(values) > _SHOWN else "")


def _quoted(value: bytes) -> str:
    text = value.decode(errors="backslashreplace")
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")
