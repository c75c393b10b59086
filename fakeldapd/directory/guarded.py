"""Filter items about attributes that access rules keep from whoever asks.

An item about an attribute type is about its subtypes, too, and rules can give those away and not the type, or keep them
back. As in slapd, the type asked for is what must be allowed first; then each attribute that is really there counts
only where it is allowed itself.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Guard, Reach, Test, Truth
from fakeldapd.protocol.decode import attribute_values
from fakeldapd.schema.elements import AttributeDescription, AttributeType

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node


class GuardedTest:
    """Undefined where the access rules keep the attribute from whoever asks."""

    __slots__ = ("guard", "test")

    def __init__(self, test: Test, guard: Guard) -> None:
        self.test = test
        self.guard = guard

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        return self.test(node, entry) if self.guard(node, entry) else None


class GuardedReach(Reach):
    """A reach to attributes of several types, of which access rules keep some from whoever asks.

    ``guards`` are those of types that differ from the one asked for. ``denied`` becomes true when something was kept
    back.
    """

    __slots__ = ("denied", "guards")

    def __init__(self, reach: Reach, guards: dict[AttributeType, Guard]) -> None:
        super().__init__(AttributeDescription(reach.type, reach.options, b"", b""))
        self.guards = guards
        self.denied = False

    def _granted(self, node: "Node", entry: Entry) -> list[int]:
        found = []
        for i in self.positions(entry.layout):
            guard = self.guards.get(entry.layout.descriptions[i].type)
            if guard is None or guard(node, entry):
                found.append(i)
            else:
                self.denied = True
        return found

    def values(self, node: "Node", entry: Entry) -> Iterable[bytes]:
        """The values in one entry that may be used."""
        return [v for i in self._granted(node, entry) for v in attribute_values(entry.attributes[i])]

    def present(self, node: "Node", entry: Entry) -> bool:
        """Whether the entry has any of the attributes that may be used."""
        return bool(self._granted(node, entry))


class SubtypesTest:
    """An item about attributes of several types: Undefined where others than those that may be used are there."""

    __slots__ = ("reach", "test")

    def __init__(self, test: Any, guards: dict[AttributeType, Guard]) -> None:
        self.test = test
        self.reach = test.reach = GuardedReach(test.reach, guards)

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        self.reach.denied = False
        found: Truth = self.test(node, entry)
        return None if found is False and self.reach.denied else found
