"""Indexes: what narrows a search down without looking at every entry.

Nobody asks for an index; each is built when a filter first has a use for it and kept right by every later change of the
tree. There are three kinds. ``EqualityIndex`` answers ``(attribute=value)``. ``Column`` holds the normalised values of
one attribute side by side, so that a substring is looked for in a tight loop. ``ClassIndex`` answers
``(objectClass=c)`` by the sets of classes in use.

What an index answers is exact at the moment it answers, so nobody evaluates again what it was asked; the rest of a
filter is evaluated for each node it gives. Building goes on in steps
between which others have their turn: an index under construction takes part in changes, and adding a node twice is the
same as once.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import (
    TRUE,
    AndTest,
    ClassTest,
    ConstantTest,
    EqualityTest,
    OrTest,
    SubstringsTest,
    Test,
    substrings_match,
)
from fakeldapd.directory.guarded import GuardedTest, SubtypesTest
from fakeldapd.protocol.decode import attribute_values
from fakeldapd.schema.elements import AttributeType, ClassSet, MatchingRule, Normal, ObjectClass

if TYPE_CHECKING:
    from fakeldapd.directory.dit import DIT, Node

STEP = 500
"""How many nodes an index under construction takes in before others have a turn."""


class Index(Protocol):
    """What a change of the tree tells every index; ``old`` is what ``insert`` was last told of the node, if it was."""

    def insert(self, node: "Node", entry: Entry) -> None:
        """The node has this entry now."""
        ...

    def discard(self, node: "Node", old: Entry) -> None:
        """The node had this entry; it may not be in the index yet."""
        ...

    def fill(self, nodes: "list[Node]") -> None:
        """Insert all of these nodes that have an entry."""
        ...


def _insert_each(index: Index, nodes: "list[Node]") -> None:
    for node in nodes:
        if node.entry is not None:
            index.insert(node, node.entry)


class EqualityIndex:
    """Normal form -> the node that has the value, or a dict of the nodes where several do."""

    __slots__ = ("_nodes", "rule", "type")

    def __init__(self, attribute_type: AttributeType, rule: MatchingRule) -> None:
        self.type = attribute_type
        self.rule = rule
        self._nodes: dict[Normal, Any] = {}

    def insert(self, node: "Node", entry: Entry) -> None:
        """Add the node under each of its values."""
        positions = entry.layout.positions(self.type)
        if not positions:
            return
        nodes, normalise, attributes = self._nodes, self.rule.normalise, entry.attributes
        for i in positions:
            for v in attribute_values(attributes[i]):
                normal = normalise(v)
                if normal is None:
                    continue
                have = nodes.setdefault(normal, node)
                if have is node:
                    continue
                if type(have) is dict:
                    have[node] = None
                else:
                    nodes[normal] = {have: None, node: None}

    def fill(self, nodes: "list[Node]") -> None:
        """``insert`` for many."""
        known, normalise, attribute_type = self._nodes, self.rule.normalise, self.type
        layout = None
        positions: tuple[int, ...] = ()
        for node in nodes:
            entry = node.entry
            if entry is None:
                continue
            if entry.layout is not layout:
                layout = entry.layout
                positions = layout.positions(attribute_type)
            for i in positions:
                for v in attribute_values(entry.attributes[i]):
                    normal = normalise(v)
                    if normal is not None and known.setdefault(normal, node) is not node:
                        self.insert(node, entry)

    def discard(self, node: "Node", old: Entry) -> None:
        """Take the node away from each of its old values."""
        nodes, normalise = self._nodes, self.rule.normalise
        for i in old.layout.positions(self.type):
            for v in attribute_values(old.attributes[i]):
                normal = normalise(v)
                have = nodes.get(normal)
                if have is node:
                    del nodes[normal]
                elif type(have) is dict:
                    have.pop(node, None)
                    if not have:
                        del nodes[normal]

    def find(self, normal: Normal) -> "list[Node]":
        """The nodes with a value of this normal form."""
        have = self._nodes.get(normal)
        if have is None:
            return []
        return list(have) if have.__class__ is dict else [have]


class Column:
    """Node -> the normalised values of one attribute type under its substrings rule, joined by NUL."""

    __slots__ = ("_texts", "rule", "type")

    def __init__(self, attribute_type: AttributeType, rule: MatchingRule) -> None:
        self.type = attribute_type
        self.rule = rule
        self._texts: dict[Node, bytes] = {}

    def insert(self, node: "Node", entry: Entry) -> None:
        """Write the node's values down."""
        normal = [self.rule.normalise(v) for v in entry.values_of(self.type)]
        if normal:
            self._texts[node] = b"\0".join([n for n in normal if isinstance(n, bytes)])

    def fill(self, nodes: "list[Node]") -> None:
        """``insert`` for many."""
        _insert_each(self, nodes)

    def discard(self, node: "Node", old: Entry) -> None:
        """Forget the node's values."""
        self._texts.pop(node, None)

    def find(self, test: SubstringsTest, step: int) -> "Iterator[list[Node]]":
        """Lists of nodes that may match, one for every ``step`` values looked at."""
        pieces: Any = test.assertion
        longest = max((piece for piece in pieces if piece is not None), key=len, default=b"")
        single = pieces == (None, longest, None)
        texts = self._texts
        values = iter(zip(list(texts), list(texts.values()), strict=True))
        while some := list(islice(values, step)):
            found = [node for node, text in some if longest in text]
            if not single and found:
                found = [n for n in found if any(substrings_match(pieces, t) for t in texts.get(n, b"").split(b"\0"))]
            yield found


class ClassIndex:
    """Set of classes -> the nodes whose entries have it. There are few such sets, and each node is in one."""

    __slots__ = ("_nodes",)

    def __init__(self) -> None:
        self._nodes: dict[ClassSet, dict[Node, None]] = {}

    def insert(self, node: "Node", entry: Entry) -> None:
        """Add the node."""
        classes = entry.layout.classes
        have = self._nodes.get(classes)
        if have is None:
            have = self._nodes[classes] = {}
        have[node] = None

    def fill(self, nodes: "list[Node]") -> None:
        """``insert`` for many."""
        _insert_each(self, nodes)

    def discard(self, node: "Node", old: Entry) -> None:
        """Take the node away."""
        have = self._nodes.get(old.layout.classes)
        if have is not None:
            have.pop(node, None)
            if not have:
                del self._nodes[old.layout.classes]

    def count(self, object_class: ObjectClass) -> int:
        """How many nodes ``find`` would give."""
        return sum(len(nodes) for classes, nodes in self._nodes.items() if object_class in classes.all)

    def find(self, object_class: ObjectClass) -> "Iterator[Node]":
        """The nodes whose entries are of the class."""
        for classes, nodes in self._nodes.items():
            if object_class in classes.all:
                yield from nodes


class Indexes:
    """The indexes of one DIT."""

    def __init__(self, dit: "DIT") -> None:
        self._dit = dit
        self._equality: dict[AttributeType, EqualityIndex] = {}
        self._columns: dict[AttributeType, Column] = {}
        self._classes: ClassIndex | None = None
        self._building: dict[Index, Iterator[None]] = {}
        self._by_type: dict[AttributeType, list[EqualityIndex | Column]] = {}

    # --- keeping right ------------------------------------------------------------------------------------------------

    def changed(self, node: "Node", old: Entry | None, new: Entry | None) -> None:
        """Tell the indexes that a node's entry is another one (None: not there)."""
        classes = self._classes
        if not self._equality and not self._columns and classes is None:
            return
        if old is not None and new is not None:
            if old.layout is new.layout:
                self._same_layout(node, old, new)
                return
            if old.layout.classes is new.layout.classes:
                classes = None
        indexes: list[Index] = [*self._equality.values(), *self._columns.values()]
        if classes is not None:
            indexes.append(classes)
        for index in indexes:
            if old is not None:
                index.discard(node, old)
            if new is not None:
                index.insert(node, new)

    def _same_layout(self, node: "Node", old: Entry, new: Entry) -> None:
        descriptions = new.layout.descriptions
        touched: dict[EqualityIndex | Column, None] = {}
        for i, (before, after) in enumerate(zip(old.attributes, new.attributes, strict=True)):
            if before is not after and before != after:
                for index in self._covering(descriptions[i].type):
                    touched[index] = None
        for index in touched:
            index.discard(node, old)
            index.insert(node, new)

    def _covering(self, attribute_type: AttributeType) -> "list[EqualityIndex | Column]":
        """The indexes that hold values of a type: its own and those of its supertypes."""
        found = self._by_type.get(attribute_type)
        if found is None:
            every: list[EqualityIndex | Column] = [*self._equality.values(), *self._columns.values()]
            found = self._by_type[attribute_type] = [index for index in every if attribute_type in index.type.subtypes]
        return found

    # --- building -----------------------------------------------------------------------------------------------------

    def _build(self, index: Index) -> Iterator[None]:
        nodes = iter(list(self._dit.nodes()))
        while some := list(islice(nodes, STEP)):
            index.fill(some)
            if len(some) == STEP:
                yield

    def _ready(self, index: Index) -> Iterator[None]:
        """Go on with building the index until it is complete; whoever comes first does a step, others find it done."""
        while (steps := self._building.get(index)) is not None:
            try:
                next(steps)
            except StopIteration:
                self._building.pop(index, None)
                return
            yield

    def _equality_index(self, test: EqualityTest) -> EqualityIndex:
        index = self._equality.get(test.reach.type)
        if index is None:
            index = self._equality[test.reach.type] = EqualityIndex(test.reach.type, test.rule)
            self._building[index] = self._build(index)
            self._by_type.clear()
        return index

    def _column(self, test: SubstringsTest) -> Column:
        column = self._columns.get(test.reach.type)
        if column is None:
            column = self._columns[test.reach.type] = Column(test.reach.type, test.rule)
            self._building[column] = self._build(column)
            self._by_type.clear()
        return column

    def _class_index(self) -> ClassIndex:
        if self._classes is None:
            self._classes = ClassIndex()
            self._building[self._classes] = self._build(self._classes)
        return self._classes

    # --- asking -------------------------------------------------------------------------------------------------------

    def candidates(self, test: Test) -> "tuple[Lists, Test] | None":
        """Lists of nodes among which are all that match, and what is left to test; None where no index helps.

        A None among the lists means that time has passed and others may have a turn. What is left holds for a list as
        long as nobody has had a turn since it came; after that, the whole test counts. A node may come twice.
        """
        asking = _ASKING.get(type(test))
        return asking(self, test) if asking is not None else None

    def at_once(self, test: Test) -> "tuple[list[Node], Test] | None":
        """What ``candidates`` gives, as one list, where equality indexes that are complete say it all: what most
        searches ask. None for all others.
        """
        asking = _ASKING_AT_ONCE.get(test.__class__)
        return asking(self, test) if asking is not None else None

    def _equal_at_once(self, test: EqualityTest) -> "tuple[list[Node], Test] | None":
        reach = test.reach
        index = self._equality.get(reach.type)
        if index is None or reach.computed is not None or (self._building and index in self._building):
            return None
        return index.find(test.assertion), test if reach.options else TRUE

    def _disjunction_at_once(self, test: OrTest) -> "tuple[list[Node], Test] | None":
        union: list[Node] = []
        left: Test = TRUE
        for part in test.parts:
            found = self._equal_at_once(part) if part.__class__ is EqualityTest else self.at_once(part)
            if found is None:
                return None
            nodes = found[0]
            if found[1] is not TRUE:
                left = test
            if not union:
                union = nodes
            elif nodes and union != nodes:
                union = list(dict.fromkeys(union + nodes))
        return union, left

    def _conjunction_at_once(self, test: AndTest) -> "tuple[list[Node], Test] | None":
        parts = test.parts
        for wanted, asking in _NARROWING:
            for part in parts:
                if part.__class__ is wanted and (found := asking(self, part)) is not None:
                    return found[0], _besides(parts, part, found[1])
        return None

    def _constant(self, test: ConstantTest) -> "tuple[Lists, Test] | None":
        return None if test.truth else (iter(()), test)

    def _guarded(self, test: GuardedTest | SubtypesTest) -> "tuple[Lists, Test] | None":
        found = self.candidates(test.test)
        return None if found is None else (found[0], test)

    def _conjunction(self, test: AndTest) -> "tuple[Lists, Test] | None":
        for best in sorted(test.parts, key=_promise) if len(test.parts) > 1 else test.parts:
            found = self.candidates(best)
            if found is not None:
                return found[0], _besides(test.parts, best, found[1])
        return None

    def _disjunction(self, test: OrTest) -> "tuple[Lists, Test] | None":
        lists = []
        left: Test = TRUE
        for part in test.parts:
            found = self.candidates(part)
            if found is None:
                return None
            lists.append(found[0])
            if found[1] is not TRUE:
                left = test
        return (self._union(lists), left) if lists else None

    @staticmethod
    def _union(parts: "list[Lists]") -> "Lists":
        seen: set[Node] = set()
        for part in parts:
            for nodes in part:
                if nodes is None:
                    yield None
                    continue
                fresh = [node for node in nodes if node not in seen] if seen else nodes
                seen.update(fresh)
                yield fresh

    def _equal(self, test: EqualityTest) -> "tuple[Lists, Test] | None":
        found = self._equal_at_once(test)
        if found is not None:
            return iter((found[0],)), found[1]
        if test.reach.computed is not None:
            return None
        return self._equal_soon(test), test if test.reach.options else TRUE

    def _equal_soon(self, test: EqualityTest) -> "Lists":
        index = self._equality_index(test)
        for _ in self._ready(index):
            yield None
        yield index.find(test.assertion)

    def _substring(self, test: SubstringsTest) -> "tuple[Lists, Test] | None":
        if test.reach.computed is not None:
            return None
        return self._in_column(test), test if test.reach.options else TRUE

    def _in_column(self, test: SubstringsTest) -> "Lists":
        column = self._column(test)
        for _ in self._ready(column):
            yield None
        for nodes in column.find(test, 5 * STEP):
            yield nodes
            yield None

    def _of_class(self, test: ClassTest) -> "tuple[Lists, Test] | None":
        return self._classes_soon(test), TRUE

    def _classes_soon(self, test: ClassTest) -> "Lists":
        index = self._class_index()
        for _ in self._ready(index):
            yield None
        yield list(index.find(test.object_class))


Lists: TypeAlias = "Iterator[list[Node] | None]"

_ASKING: dict[type, Callable[[Indexes, Any], "tuple[Lists, Test] | None"]] = {
    AndTest: Indexes._conjunction,
    OrTest: Indexes._disjunction,
    GuardedTest: Indexes._guarded,
    SubtypesTest: Indexes._guarded,
    EqualityTest: Indexes._equal,
    SubstringsTest: Indexes._substring,
    ClassTest: Indexes._of_class,
    ConstantTest: Indexes._constant,
}


_NARROWING: "tuple[tuple[type, Callable[[Indexes, Any], tuple[list[Node], Test] | None]], ...]" = (
    (EqualityTest, Indexes._equal_at_once),
    (OrTest, Indexes._disjunction_at_once),
)
_ASKING_AT_ONCE: dict[type, "Callable[[Indexes, Any], tuple[list[Node], Test] | None]"] = {
    **dict(_NARROWING),
    AndTest: Indexes._conjunction_at_once,
}
_PROMISE = {
    ConstantTest: 0,
    EqualityTest: 1,
    OrTest: 2,
    AndTest: 2,
    GuardedTest: 2,
    SubtypesTest: 2,
    SubstringsTest: 3,
    ClassTest: 4,
}


def _besides(parts: "Sequence[Test]", answered: Test, left: Test) -> Test:
    """What is left of a conjunction when an index has answered one part of it."""
    if len(parts) == 2 and left is TRUE:
        return parts[parts[0] is answered]
    others = [part for part in parts if part is not answered]
    if left is not TRUE:
        others.append(left)
    return others[0] if len(others) == 1 else AndTest(others) if others else TRUE


def _promise(test: Test) -> int:
    """How much an index for a part of a conjunction is likely to narrow down, the smaller the better."""
    return _PROMISE.get(type(test), 5)
