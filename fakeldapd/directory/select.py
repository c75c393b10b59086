"""Which attributes of an entry a search returns (RFC 4511 section 4.5.1.8, RFC 3673, RFC 4529, RFC 3866 section 2.4).

``Selection`` is made once for a search from the attribute list of the request. What it means for entries of one layout
is worked out once for that layout, as a ``Plan``; after that, selecting is picking encoded attributes out of a tuple.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fakeldapd.directory.entry import Entry, Layout, without_values
from fakeldapd.directory.evaluate import Guard, Reach, never
from fakeldapd.directory.operational import COMPUTED
from fakeldapd.protocol.encode import attribute_from
from fakeldapd.schema.elements import AttributeDescription, AttributeType
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node

GuardFor = Callable[[AttributeType], Guard | None]


class Plan:
    """What a selection takes from entries of one layout.

    ``positions``: which attributes. ``slice``: the same as a slice, where they stand side by side and nothing else is
    to be looked at. ``guards``: what decides for each entry whether the attribute at a position may be read.
    ``asks_again``: whether one guard is to decide several times. ``computed``: the computed attributes to add.
    """

    __slots__ = ("asks_again", "computed", "guards", "positions", "slice")

    def __init__(
        self,
        positions: tuple[int, ...],
        guards: dict[int, Guard],
        computed: "list[tuple[AttributeDescription, Callable[[Node], Sequence[bytes]]]]",
        types_only: bool,
        asks_again: bool,
    ) -> None:
        self.positions = positions
        self.guards = guards
        self.asks_again = asks_again
        self.computed = computed
        first = positions[0] if positions else 0
        side_by_side = positions == tuple(range(first, first + len(positions)))
        plain = side_by_side and not guards and not computed and not types_only
        self.slice = slice(first, first + len(positions)) if plain else None


class Selection:
    """The attribute list of a search, understood under a schema.

    ``*`` or an empty list stands for all user attributes, ``+`` for all operational ones, ``1.1`` for none, ``@class``
    for those that a class requires or allows. What is unknown is ignored. ``guard(type)`` is None where everybody may
    read attributes of that type.
    """

    def __init__(self, schema: Schema, attributes: Sequence[bytes], types_only: bool, guard: GuardFor) -> None:
        self.types_only = types_only
        self._guard = guard
        self._all_user = not attributes or b"*" in attributes
        self._all_operational = b"+" in attributes
        self._types: set[AttributeType] = set()
        self._reaches: list[Reach] = []
        for name in attributes:
            self._take(schema, name)
        self._computed = [
            (schema.attribute(name), compute)
            for name, compute in COMPUTED.items()
            if self._all_operational or any(r.type.name == name for r in self._reaches)
        ]
        self._computed_guards = {d: g for d, _ in self._computed if (g := guard(d.type)) is not None}
        self._plans: dict[Layout, Plan] = {}

    def _take(self, schema: Schema, name: bytes) -> None:
        if name in (b"*", b"+", b"1.1"):
            return
        if name[:1] == b"@":
            object_class = schema.object_class(name[1:])
            if object_class is not None and object_class.name == b"extensibleObject":
                self._all_user = self._all_operational = True
            elif object_class is not None:
                self._types |= object_class.must | object_class.may
            return
        description = schema.find(name, ranges=True)
        if description is not None:
            self._reaches.append(Reach(description))

    def plan(self, layout: Layout) -> Plan:
        """What this selection takes from entries of a layout."""
        found = self._plans.get(layout)
        if found is None:
            found = self._plans[layout] = self._make(layout)
        return found

    def _make(self, layout: Layout) -> Plan:
        wanted = {i for reach in self._reaches for i in reach.positions(layout)}
        for i, description in enumerate(layout.descriptions):
            operational = i >= layout.user_count
            if (self._all_operational if operational else self._all_user) or description.type in self._types:
                wanted.add(i)
        guards = {}
        for i in list(wanted):
            guard = self._guard(layout.descriptions[i].type)
            if guard is never:
                wanted.discard(i)
            elif guard is not None:
                guards[i] = guard
        asks_again = len(set(guards.values())) < len(guards) or bool(self._computed_guards)
        return Plan(tuple(sorted(wanted)), guards, self._computed, self.types_only, asks_again)

    def attributes(self, node: "Node", entry: Entry) -> tuple[bytes, ...]:
        """The selected attributes of one entry, each an encoded PartialAttribute, in the entry's order."""
        plan = self.plan(entry.layout)
        positions: Sequence[int] = plan.positions
        guards = plan.guards
        computed = plan.computed
        if guards and not plan.asks_again:
            positions = [i for i in positions if i not in guards or guards[i](node, entry)]
        elif plan.asks_again or self._computed_guards:
            asked: dict[Guard, bool] = {}  # many attributes have one guard

            def may(guard: Guard | None) -> bool:
                if guard is None:
                    return True
                if guard not in asked:
                    asked[guard] = guard(node, entry)
                return asked[guard]

            positions = [i for i in positions if may(guards.get(i))]
            computed = [pair for pair in computed if may(self._computed_guards.get(pair[0]))]
        if self.types_only:
            descriptions = [entry.layout.descriptions[i] for i in positions]
            return without_values([*descriptions, *(d for d, compute in computed if compute(node))])
        attributes = entry.attributes
        return (
            *[attributes[i] for i in positions],
            *[attribute_from(d.header, tuple(found)) for d, compute in computed if (found := compute(node))],
        )
