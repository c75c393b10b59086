"""Indexes: what narrows a search down without looking at every entry.

Nobody asks for an index; each is built when a filter first has a use for it and kept right by every later change of the
tree. There are three kinds. ``EqualityIndex`` answers ``(attribute=value)``. ``Column`` holds the normalised values of
one attribute side by side, so that a substring is looked for in a tight loop. ``ClassIndex`` answers
``(objectClass=c)`` by the sets of classes in use.

Candidates are a superset of the entries that match; the caller evaluates the filter for each. Building goes on in steps
between which others have their turn: an index under construction takes part in changes, and adding a node twice is the
same as once.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import (
    AndTest,
    ClassTest,
    ConstantTest,
    EqualityTest,
    GuardedTest,
    OrTest,
    SubstringsTest,
    Test,
    substrings_match,
)
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


class EqualityIndex:
    """Normal form -> the node that has the value, or a dict of the nodes where several do."""

    __slots__ = ("_nodes", "rule", "type")

    def __init__(self, attribute_type: AttributeType, rule: MatchingRule) -> None:
        self.type = attribute_type
        self.rule = rule
        self._nodes: dict[Normal, Any] = {}

    def insert(self, node: "Node", entry: Entry) -> None:
        """Add the node under each of its values."""
        nodes, normalise = self._nodes, self.rule.normalise
        for i in entry.layout.positions(self.type):
            for v in attribute_values(entry.attributes[i]):
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

    def find(self, normal: Normal) -> "Iterable[Node]":
        """The nodes with a value of this normal form."""
        have = self._nodes.get(normal)
        if have is None:
            return ()
        return have if type(have) is dict else (have,)


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

    def discard(self, node: "Node", old: Entry) -> None:
        """Forget the node's values."""
        self._texts.pop(node, None)

    def find(self, test: SubstringsTest, step: int) -> "Iterator[list[Node]]":
        """Lists of nodes that may match, one for every ``step`` values looked at."""
        pieces: Any = test.assertion
        longest = max((piece for piece in pieces if piece is not None), key=len, default=b"")
        single = pieces == (None, longest, None)
        items = list(self._texts.items())
        for start in range(0, len(items), step):
            found = [node for node, text in items[start : start + step] if longest in text]
            if not single and found:
                texts = self._texts
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
        for i, node in enumerate(list(self._dit.nodes())):
            if i % STEP == STEP - 1:
                yield
            if node.entry is not None:
                index.insert(node, node.entry)

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

    def candidates(self, test: Test) -> "Iterator[list[Node] | None] | None":
        """Lists of nodes among which are all that match, or None where no index helps.

        A None among the lists means that time has passed and others may have a turn. A node may come twice.
        """
        if isinstance(test, AndTest):
            return self._conjunction(test)
        if isinstance(test, OrTest):
            return self._disjunction(test)
        if isinstance(test, GuardedTest):
            return self.candidates(test.test)
        if isinstance(test, EqualityTest):
            return self._equal(test) if test.reach.computed is None else None
        if isinstance(test, SubstringsTest):
            return self._substring(test) if test.reach.computed is None else None
        if isinstance(test, ClassTest):
            return self._of_class(test)
        if isinstance(test, ConstantTest) and not test.truth:
            return iter(())
        return None

    def _cost(self, test: Test) -> float:
        """A guess at how many nodes a test leaves, in parts of the whole tree; above 1: no index helps."""
        if isinstance(test, EqualityTest):
            return 0.001 if test.reach.computed is None else 2
        if isinstance(test, AndTest):
            return min((self._cost(part) for part in test.parts), default=2)
        if isinstance(test, OrTest):
            return sum(self._cost(part) for part in test.parts) if test.parts else 2
        if isinstance(test, GuardedTest):
            return self._cost(test.test)
        if isinstance(test, SubstringsTest):
            return 0.3 if test.reach.computed is None else 2
        if isinstance(test, ClassTest):
            return 0.5
        return 0 if isinstance(test, ConstantTest) and not test.truth else 2

    def _conjunction(self, test: AndTest) -> "Iterator[list[Node] | None] | None":
        if not test.parts:
            return None
        best = min(test.parts, key=self._cost)
        return self.candidates(best) if self._cost(best) <= 1 else None

    def _disjunction(self, test: OrTest) -> "Iterator[list[Node] | None] | None":
        parts = [self.candidates(part) for part in test.parts]
        if not parts or any(part is None for part in parts):
            return None
        return self._union([part for part in parts if part is not None])

    @staticmethod
    def _union(parts: "list[Iterator[list[Node] | None]]") -> "Iterator[list[Node] | None]":
        seen: set[Node] = set()
        for part in parts:
            for nodes in part:
                if nodes is None:
                    yield None
                    continue
                fresh = [node for node in nodes if node not in seen]
                seen.update(fresh)
                yield fresh

    def _equal(self, test: EqualityTest) -> "Iterator[list[Node] | None]":
        index = self._equality_index(test)
        if index in self._building:
            for _ in self._ready(index):
                yield None
        yield list(index.find(test.assertion))

    def _substring(self, test: SubstringsTest) -> "Iterator[list[Node] | None]":
        column = self._column(test)
        if column in self._building:
            for _ in self._ready(column):
                yield None
        for nodes in column.find(test, 5 * STEP):
            yield nodes
            yield None

    def _of_class(self, test: ClassTest) -> "Iterator[list[Node] | None]":
        index = self._class_index()
        if index in self._building:
            for _ in self._ready(index):
                yield None
        yield list(index.find(test.object_class))
