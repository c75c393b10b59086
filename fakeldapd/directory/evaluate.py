"""Filters over entries, in three-valued logic: True, False or Undefined, which is None (RFC 4511 section 4.5.1.7).

A test is a filter that ``compile.py`` has made ready; it is called with a node and its entry. Tests are small objects
and not closures because the indexes look into them (index.py). Undefined is not True, and neither is its negation.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from fakeldapd.directory.entry import Entry, Layout
from fakeldapd.directory.operational import FILTERABLE
from fakeldapd.protocol.decode import attribute_values
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, AttributeType, MatchingRule, Normal, ObjectClass
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node

Truth: TypeAlias = bool | None
Guard: TypeAlias = Callable[["Node", Entry], bool]
"""Whether an attribute of this entry may be used; see operations/access."""


def never(node: "Node", entry: Entry) -> bool:
    """The guard that lets nobody in."""
    return False


View: TypeAlias = Callable[["Node", Entry], Entry]
"""What is seen of an entry, where that isn't what is stored."""


class Purpose(Enum):
    """What an entry is looked at for: to evaluate a filter, to compare a value, to be sent."""

    FILTER = 1
    COMPARE = 2
    SEND = 3


IN_CHAIN = "1.2.840.113556.1.4.1941"
"""LDAP_MATCHING_RULE_IN_CHAIN: a DN that is reached over any number of entries."""

BIT_RULES = ("1.2.840.113556.1.4.803", "1.2.840.113556.1.4.804")
"""LDAP_MATCHING_RULE_BIT_AND and _OR."""


class Test(Protocol):
    """A compiled filter."""

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """Evaluate for one entry."""
        ...


class Setting:
    """What compiling needs to know: the schema, how to find an entry (for chains of DNs), and which attributes may be
    used.

    ``guard(type)`` gives None where attributes of the type may be used in every entry, otherwise what decides for each;
    without a ``guard`` all may be used. ``view`` gives the entry to look at instead of the stored one, for the types in
    ``viewed``, None: for any. ``looked`` is true once a filter has an item about such a type.
    """

    __slots__ = ("diagnostic", "find", "guard", "looked", "schema", "view", "viewed")

    def __init__(
        self,
        schema: Schema,
        find: "Callable[[DN], Node | None]",
        guard: Callable[[AttributeType], Guard | None] | None = None,
        view: View | None = None,
        viewed: frozenset[AttributeType] | None = frozenset(),
    ) -> None:
        self.schema = schema
        self.find = find
        self.guard = guard
        self.view = view
        self.viewed = viewed
        self.looked = False
        self.diagnostic = ""  # what the answer says of attribute descriptions that are none

    def guard_of(self, attribute_type: AttributeType) -> Guard | None:
        """What decides for each entry whether attributes of the type may be used; None: they may."""
        return None if self.guard is None else self.guard(attribute_type)


# --- where values come from -------------------------------------------------------------------------------------------


class Reach:
    """The attributes an attribute description of a filter speaks of: its type and subtypes, with at least its options.

    An option that ends in a hyphen is a language range (RFC 3866 section 2.4).
    """

    __slots__ = ("_positions", "computed", "options", "type")

    def __init__(self, description: AttributeDescription) -> None:
        self.type = description.type
        self.options = description.options
        self.computed = FILTERABLE.get(description.type.name)
        self._positions: dict[Layout, tuple[int, ...]] | None = None

    def positions(self, layout: Layout) -> tuple[int, ...]:
        """Where in entries of this layout the attributes stand."""
        if not self.options:
            return layout.positions(self.type)
        if self._positions is None:
            self._positions = {}
        found = self._positions.get(layout)
        if found is None:
            found = self._positions[layout] = tuple(
                i for i in layout.positions(self.type) if has_options(layout.descriptions[i], self.options)
            )
        return found

    def values(self, node: "Node", entry: Entry) -> Iterable[bytes]:
        """The values in one entry."""
        if self.computed is not None:
            return self.computed(node)
        positions = self.positions(entry.layout)
        if len(positions) == 1:
            return attribute_values(entry.attributes[positions[0]])
        return [v for i in positions for v in attribute_values(entry.attributes[i])]

    def present(self, node: "Node", entry: Entry) -> bool:
        """Whether the entry has any of the attributes."""
        return self.computed is not None or bool(self.positions(entry.layout))


def has_options(description: AttributeDescription, options: tuple[bytes, ...]) -> bool:
    """Whether a description has all these options; one that ends in a hyphen is a range."""
    have = description.options
    return all(any((h + b"-").startswith(o) for h in have) if o.endswith(b"-") else o in have for o in options)


# --- the tests --------------------------------------------------------------------------------------------------------


class ConstantTest:
    """The same for every entry."""

    __slots__ = ("truth",)

    def __init__(self, truth: Truth) -> None:
        self.truth = truth

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        return self.truth


UNDEFINED = ConstantTest(None)
TRUE = ConstantTest(True)
FALSE = ConstantTest(False)


class AndTest:
    """Conjunction."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Test]) -> None:
        self.parts = parts

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        truth: Truth = True
        for part in self.parts:
            found = part(node, entry)
            if found is False:
                return False
            if found is None:
                truth = None
        return truth


class OrTest:
    """Disjunction."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Test]) -> None:
        self.parts = parts

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        truth: Truth = False
        for part in self.parts:
            found = part(node, entry)
            if found:
                return True
            if found is None:
                truth = None
        return truth


class NotTest:
    """Negation."""

    __slots__ = ("part",)

    def __init__(self, part: Test) -> None:
        self.part = part

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        found = self.part(node, entry)
        return None if found is None else not found


class DeepTest:
    """A filter nested so deep that its tests can't call one another: the same answer without recursion."""

    __slots__ = ("root",)

    def __init__(self, root: Test) -> None:
        self.root = root

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        enclosing: list[tuple[type, Iterator[Test], list[Truth]]] = []
        current: Test = self.root
        while True:
            kind = type(current)
            if kind is NotTest:
                enclosing.append((kind, iter(()), []))
                current = current.part  # type: ignore[attr-defined]
                continue
            if kind is AndTest or kind is OrTest:
                parts = iter(current.parts)  # type: ignore[attr-defined]
                enclosing.append((kind, parts, []))
                following = next(parts, None)
                found: Truth = kind is AndTest
            else:
                following = None
                found = current(node, entry)
            while following is None and enclosing:
                kind, parts, seen = enclosing[-1]
                seen.append(found)
                decided = found is (kind is OrTest) or kind is NotTest
                following = None if decided else next(parts, None)
                if following is None:
                    enclosing.pop()
                    found = _TOGETHER[kind](seen)
            if following is None:
                return found
            current = following


_TOGETHER: dict[type, Callable[[list[Truth]], Truth]] = {
    NotTest: lambda seen: None if seen[0] is None else not seen[0],
    AndTest: lambda seen: False if False in seen else None if None in seen else True,
    OrTest: lambda seen: True if True in seen else None if None in seen else False,
}


class ViewedTest:
    """A test of attributes that an entry has another way than it is stored; no index knows of those."""

    __slots__ = ("test", "view")

    def __init__(self, test: Test, view: View) -> None:
        self.test = test
        self.view = view

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        return self.test(node, self.view(node, entry))


class PresenceTest:
    """``(attribute=*)``"""

    __slots__ = ("reach",)

    def __init__(self, reach: Reach) -> None:
        self.reach = reach

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        return self.reach.present(node, entry)


class ClassTest:
    """``(objectClass=c)``: also true where only a subclass of ``c`` is listed (RFC 4512 section 4.2.2)."""

    __slots__ = ("object_class",)

    def __init__(self, object_class: ObjectClass) -> None:
        self.object_class = object_class

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        return self.object_class in entry.layout.classes.all


class StructuralClassTest:
    """``(structuralObjectClass=c)``: true for entries whose structural class is ``c`` or a subclass."""

    __slots__ = ("object_class",)

    def __init__(self, object_class: ObjectClass) -> None:
        self.object_class = object_class

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        structural = entry.layout.classes.structural
        return structural is not None and self.object_class in structural.ancestors


class UnknownClassTest:
    """``(objectClass=c)`` for a class that a lenient schema takes and doesn't know: by its name."""

    __slots__ = ("name", "reach")

    def __init__(self, reach: Reach, name: bytes) -> None:
        self.reach = reach
        self.name = name.lower()

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        return any(v.lower() == self.name for v in self.reach.values(node, entry))


class ValueTest:
    """True when one value matches: ``rule`` normalises values, ``matches(assertion, normal form)`` decides."""

    __slots__ = ("assertion", "matches", "reach", "rule")

    def __init__(
        self, reach: Reach, rule: MatchingRule, assertion: Normal, matches: Callable[[Any, Any], bool] | None = None
    ) -> None:
        self.reach = reach
        self.rule = rule
        self.assertion = assertion
        self.matches = matches or rule.matches

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        normalise, matches, assertion = self.rule.normalise, self.matches, self.assertion
        for v in self.reach.values(node, entry):
            normal = normalise(v)
            if normal is not None and matches(assertion, normal):
                return True
        return False


class EqualityTest(ValueTest):
    """``(attribute=value)`` under the attribute's equality rule; the one an index answers."""

    __slots__ = ()


class SubstringsTest(ValueTest):
    """``(attribute=initial*any*final)``; the assertion is the tuple of normalised pieces."""

    __slots__ = ()


class BitTest(ValueTest):
    """The bit rules: Undefined where the value, or the asserted one (None), is more than slapd's 64 bits hold."""

    __slots__ = ()

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        for v in self.reach.values(node, entry):
            normal = self.rule.normalise(v)
            if normal is None or self.assertion is None:
                return None
            if self.matches(self.assertion, normal):
                return True
        return False


class ChainTest:
    """``(member:1.2.840.113556.1.4.1941:=dn)``: ``dn`` is a value, or a value of an entry that a value names, and so
    on.
    """

    __slots__ = ("assertion", "reach", "rule", "setting")

    def __init__(self, setting: Setting, reach: Reach, rule: MatchingRule, assertion: Normal) -> None:
        self.setting = setting
        self.reach = reach
        self.rule = rule
        self.assertion = assertion

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        seen: set[Normal] = set()
        todo = [(node, entry)]
        while todo:
            for v in self.reach.values(*todo.pop()):
                normal = self.rule.normalise(v)
                if normal == self.assertion:
                    return True
                if normal is None or normal in seen:
                    continue
                seen.add(normal)
                found = self.setting.find(self.setting.schema.dn(v))
                if found is not None and found.entry is not None:
                    todo.append((found, found.entry))
        return False


class NamingTest:
    """The ``:dn:`` of an extensible match: true when an attribute of the entry's own DN matches."""

    __slots__ = ("assertion", "guard_of", "rule", "type")

    def __init__(
        self,
        attribute_type: AttributeType | None,
        rule: MatchingRule,
        assertion: Normal,
        guard_of: Callable[[AttributeType], Guard | None] | None = None,
    ) -> None:
        self.type = attribute_type
        self.rule = rule
        self.assertion = assertion
        self.guard_of = guard_of

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        for rdn in node.dn.rdns():
            for description, v in rdn.avas:
                if self.type is None or description.type in self.type.subtypes:
                    guard = None if self.guard_of is None else self.guard_of(description.type)
                    if guard is not None and not guard(node, entry):
                        continue
                    normal = self.rule.normalise(v)
                    if normal is not None and self.rule.matches(self.assertion, normal):
                        return True
        return False


class AnyAttributeTest:
    """``(:rule:=value)``: every attribute to which the rule applies."""

    __slots__ = ("_applies", "assertion", "naming", "rule", "setting")

    def __init__(self, setting: Setting, rule: MatchingRule, assertion: Normal, dn_attributes: bool) -> None:
        self.setting = setting
        self.rule = rule
        self.assertion = assertion
        self.naming = NamingTest(None, rule, assertion, setting.guard) if dn_attributes else None
        self._applies: dict[AttributeType, tuple[bool, Guard | None]] = {}

    def __call__(self, node: "Node", entry: Entry) -> Truth:
        """See Test."""
        for description, values in entry.items():
            applies, guard = self._for(description.type)
            if applies and (guard is None or guard(node, entry)):
                for v in values:
                    normal = self.rule.normalise(v)
                    if (normal is None or self.assertion is None) and self.rule.oid in BIT_RULES:
                        return None
                    if normal is not None and self.rule.matches(self.assertion, normal):
                        return True
        return self.naming(node, entry) if self.naming is not None else False

    def _for(self, attribute_type: AttributeType) -> tuple[bool, Guard | None]:
        found = self._applies.get(attribute_type)
        if found is None:
            applies = self.setting.schema.applies(self.rule, attribute_type)
            found = self._applies[attribute_type] = (
                applies,
                self.setting.guard_of(attribute_type) if applies else None,
            )
        return found


def substrings_match(pieces: tuple[bytes | None, ...], normal: bytes) -> bool:
    """Whether a normalised value has the pieces, in order and without overlap: (initial or None, any ..., final or
    None).
    """
    initial, final = pieces[0], pieces[-1]
    start, end = 0, len(normal)
    if initial is not None:
        if not normal.startswith(initial):
            return False
        start = len(initial)
    if final is not None:
        end -= len(final)
        if end < start or not normal.endswith(final):
            return False
    for piece in pieces[1:-1]:
        start = normal.find(piece, start, end)  # type: ignore[arg-type]
        if start < 0:
            return False
        start += len(piece)  # type: ignore[arg-type]
    return True
