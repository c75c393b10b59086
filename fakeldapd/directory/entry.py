"""An entry: attributes without a place. Where it stands in the tree is the business of ``dit.Node``.

An entry is immutable. A modification builds a new one and puts it in the old one's place, so nobody ever sees half a
change.

An entry holds each attribute as the BER encoding of a PartialAttribute, the form in which a search sends it; values are
read out of it when somebody asks. That is smaller than lists of values and makes a search result a matter of joining
octets. User attributes come first, in the order they were given, operational ones after them.

Which attributes an entry has, and what its object classes mean, is its ``Layout``. Entries that have the same share it:
a hundred thousand people need one, and what follows from it (which attributes a search returns, whether the schema
allows them) is found out once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fakeldapd.protocol.decode import attribute_values
from fakeldapd.protocol.encode import attribute_from
from fakeldapd.schema.elements import AttributeDescription, AttributeType, ClassSet
from fakeldapd.schema.registry import Schema

Values = tuple[bytes, ...]


class Layout:
    """The attribute descriptions of an entry, in its order, and the meaning of its object classes.

    ``user_count`` is how many of ``descriptions``, from the front, are user attributes; ``index`` maps a description to
    its position. ``allowed`` becomes true once the schema's MUST and MAY have been checked, which holds for every entry
    of the layout.
    """

    __slots__ = ("_by_type", "allowed", "classes", "descriptions", "index", "user_count")

    def __init__(self, classes: ClassSet, descriptions: tuple[AttributeDescription, ...]) -> None:
        self.classes = classes
        self.descriptions = descriptions
        self.index = {description: i for i, description in enumerate(descriptions)}
        self.user_count = sum(not d.type.operational for d in descriptions)
        self.allowed = False
        self._by_type: dict[AttributeType, tuple[int, ...]] = {}

    def positions(self, attribute_type: AttributeType) -> tuple[int, ...]:
        """Where the attributes of this type, its subtypes and all their options stand (RFC 4512 section 2.5.1)."""
        found = self._by_type.get(attribute_type)
        if found is None:
            subtypes = attribute_type.subtypes
            found = self._by_type[attribute_type] = tuple(
                i for i, d in enumerate(self.descriptions) if d.type in subtypes
            )
        return found


class Entry:
    """The attributes of one entry. Made by ``Entries``; compares by identity."""

    __slots__ = ("attributes", "layout")

    def __init__(self, layout: Layout, attributes: tuple[bytes, ...]) -> None:
        self.layout = layout
        self.attributes = attributes

    @property
    def classes(self) -> ClassSet:
        """What the values of objectClass mean."""
        return self.layout.classes

    def values(self, description: AttributeDescription) -> Values:
        """The values of exactly this description; empty where the entry hasn't got it."""
        i = self.layout.index.get(description)
        return () if i is None else attribute_values(self.attributes[i])

    def values_of(self, attribute_type: AttributeType) -> Values:
        """The values of this type and its subtypes, with whatever options, together."""
        positions = self.layout.positions(attribute_type)
        if len(positions) == 1:
            return attribute_values(self.attributes[positions[0]])
        attributes = self.attributes
        return tuple(v for i in positions for v in attribute_values(attributes[i]))

    def __contains__(self, description: AttributeDescription) -> bool:
        return description in self.layout.index

    def items(self) -> Iterator[tuple[AttributeDescription, Values]]:
        """Every stored attribute with its values, in order."""
        for description, encoded in zip(self.layout.descriptions, self.attributes, strict=True):
            yield description, attribute_values(encoded)


_REPEATED = (
    b"objectClass",
    b"structuralObjectClass",
    b"creatorsName",
    b"createTimestamp",
    b"modifiersName",
    b"modifyTimestamp",
)
"""Attributes that many entries have with the same values: those share the encoded attribute."""


class Entries:
    """Makes entries under one schema and keeps the layouts they share."""

    _MOST_LAYOUTS = _MOST_SHARED = 10_000  # sharing only: entries keep what they have

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.object_class = schema.attribute(b"objectClass")
        self._layouts: dict[tuple[ClassSet, tuple[AttributeDescription, ...]], Layout] = {}
        self._repeated = frozenset(schema.attribute(name) for name in _REPEATED)
        self._shared: dict[tuple[AttributeDescription, Values], bytes] = {}

    def forget_layouts(self) -> None:
        """Let go of shared layouts, after a change of the schema; entries in the tree keep theirs."""
        self._layouts.clear()

    def build(self, attributes: Mapping[AttributeDescription, Sequence[bytes]]) -> Entry:
        """An entry with these attributes; ones without values are left out.

        Raises LDAPError 21 for an undefined object class, as ``Schema.class_set`` does.
        """
        descriptions: list[AttributeDescription] = []
        operational: list[AttributeDescription] = []
        for description, values in attributes.items():
            if values:
                (operational if description.type.operational else descriptions).append(description)
        descriptions += operational
        classes = self.schema.class_set(tuple(attributes.get(self.object_class, ())))
        layout = self._layout(classes, tuple(descriptions))
        repeated, encode = self._repeated, self._encode
        encoded = [
            encode(d, attributes[d]) if d in repeated else attribute_from(d.header, attributes[d]) for d in descriptions
        ]
        return Entry(layout, tuple(encoded))

    def change(self, entry: Entry, changes: Mapping[AttributeDescription, Sequence[bytes]]) -> Entry:
        """``entry`` with the values of some attributes replaced; no values: the attribute goes. New ones come last of
        their kind.
        """
        index = entry.layout.index
        if all(d in index and values for d, values in changes.items()) and self.object_class not in changes:
            encoded = list(entry.attributes)
            for description, values in changes.items():
                encoded[index[description]] = self._encode(description, tuple(values))
            return Entry(entry.layout, tuple(encoded))
        return self._rebuild(entry, changes)

    def _rebuild(self, entry: Entry, changes: Mapping[AttributeDescription, Sequence[bytes]]) -> Entry:
        classes = entry.layout.classes
        if self.object_class in changes:
            classes = self.schema.class_set(tuple(changes[self.object_class]))
        encoded = dict(zip(entry.layout.descriptions, entry.attributes, strict=True))
        for description, values in changes.items():
            if values:
                encoded[description] = self._encode(description, tuple(values))
            else:
                encoded.pop(description, None)
        ordered = sorted(encoded, key=lambda d: d.type.operational)
        return Entry(self._layout(classes, tuple(ordered)), tuple([encoded[d] for d in ordered]))

    def renewed(self, entry: Entry, renewed: dict[Layout, Layout]) -> Entry:
        """The same attributes under the schema as it is now. ``renewed`` keeps the new layout for each old one."""
        old = entry.layout
        new = renewed.get(old)
        if new is None:
            descriptions = tuple([self.schema.find(d.name) or d for d in old.descriptions])
            if len(set(descriptions)) < len(descriptions):  # two names that are made up became one type
                descriptions = old.descriptions
            new = renewed[old] = self._layout(self.schema.class_set(entry.values(self.object_class)), descriptions)
        return Entry(
            new,
            tuple(
                [
                    encoded if before.header == after.header else self._encode(after, attribute_values(encoded))
                    for before, after, encoded in zip(old.descriptions, new.descriptions, entry.attributes, strict=True)
                ]
            ),
        )

    def _layout(self, classes: ClassSet, descriptions: tuple[AttributeDescription, ...]) -> Layout:
        key = (classes, descriptions)
        found = self._layouts.get(key)
        if found is None:
            if len(self._layouts) >= self._MOST_LAYOUTS:
                self._layouts.clear()
            found = self._layouts[key] = Layout(classes, descriptions)
        return found

    def _encode(self, description: AttributeDescription, values: Sequence[bytes]) -> bytes:
        if description not in self._repeated:
            return attribute_from(description.header, values)
        key = (description, tuple(values))
        encoded = self._shared.get(key)
        if encoded is None:
            if len(self._shared) >= self._MOST_SHARED:
                self._shared.clear()
            encoded = self._shared[key] = attribute_from(description.header, values)
        return encoded


def without_values(descriptions: Iterable[AttributeDescription]) -> tuple[bytes, ...]:
    """Encoded attributes with empty sets of values, as typesOnly asks for (RFC 4511 section 4.5.1.6)."""
    return tuple(attribute_from(d.header, ()) for d in descriptions)
