"""What a search or a compare asks for, for overlays that show more than is stored: what nobody asks for needn't be
found out, and slapd doesn't find it out.
"""

from collections.abc import Iterator
from typing import Any

from fakeldapd.protocol import messages as m
from fakeldapd.schema.elements import AttributeDescription, AttributeType
from fakeldapd.schema.registry import Schema

Asking = m.SearchRequest | m.CompareRequest


class Asked:
    """The attribute list of a search and the attributes of its filter, or the attribute of a compare."""

    def __init__(self, schema: Schema, op: Asking) -> None:
        if isinstance(op, m.SearchRequest):
            names = op.attributes
            self.filtered = frozenset(_descriptions(schema, op.filter))
        else:
            names, self.filtered = (op.attribute,), frozenset()
        self._all_user = not names or b"*" in names
        self._all_operational = b"+" in names
        self._descriptions: list[AttributeDescription] = []
        self._types: set[AttributeType] = set()
        for name in names:
            if name[:1] == b"@":
                kind = schema.object_class(name[1:])
                self._types |= (kind.must | kind.may) if kind is not None else frozenset()
            elif (description := schema.find(name)) is not None:
                self._descriptions.append(description)

    def lists(self, description: AttributeDescription) -> bool:
        """Whether the attribute list names it, itself or with others."""
        operational = description.type.operational
        return (
            (self._all_operational if operational else self._all_user)
            or description.type in self._types
            or is_among(description, self._descriptions)
        )

    def wants(self, description: AttributeDescription) -> bool:
        """Whether it has to be there: the list names it, or the filter does."""
        return description in self.filtered or self.lists(description)


def is_among(description: AttributeDescription, wanted: list[AttributeDescription]) -> bool:
    """Whether one of the descriptions speaks of this one: the same type or a supertype, with at most its options."""
    return any(
        description.type in each.type.subtypes and set(each.options) <= set(description.options) for each in wanted
    )


def _descriptions(schema: Schema, filter_: m.Filter) -> Iterator[AttributeDescription]:
    """The attribute descriptions of a filter, however deep."""
    left: list[Any] = [filter_]
    while left:
        part = left.pop()
        if isinstance(part, m.And | m.Or):
            left += part.filters
        elif isinstance(part, m.Not):
            left.append(part.filter)
        elif not isinstance(part, m.Undefined) and part.attribute is not None:
            description = schema.find(part.attribute)
            if description is not None:
                yield description
