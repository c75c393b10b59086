"""The directory information tree (RFC 4512 section 2): where entries stand, and the only place where they change.

Each entry stands at a ``Node``, which knows its RDN, its superior and its subordinates. A DN is read off the way up, so
renaming a subtree moves one node, however many entries are below. A node keeps its identity for as long as its entry
exists; indexes hold nodes, and nothing else in the server needs to hear of a rename.

The roots of the tree are its naming contexts, each a ``Context`` with its suffix. A context may be empty: its root node
is there before the entry is.

Everything here happens between two turns of one thread. Whoever walks the tree over several turns gets what was there
when each part of the walk began, and must skip nodes whose entry has gone (``node.entry is None``).
"""

import weakref
from collections.abc import Iterable, Iterator

from fakeldapd.directory.entry import Entries, Entry, Layout
from fakeldapd.directory.index import Indexes
from fakeldapd.directory.snapshot import Delta, Snapshot, SnapshotError
from fakeldapd.schema.dn import DN, RDN


class Node:
    """A place in the tree. ``entry`` is None once the entry has been deleted, and at an empty context's root."""

    __slots__ = ("children", "entry", "parent", "rdn")

    virtual = False
    suffix: DN | None = None

    def __init__(self, parent: "Node | None", rdn: RDN | None) -> None:
        self.parent = parent
        self.rdn = rdn
        self.entry: Entry | None = None
        self.children: dict[bytes, Node] | None = None

    @property
    def dn(self) -> DN:
        """The distinguished name."""
        way: list[RDN] = []
        node = self
        while (parent := node.parent) is not None:
            assert node.rdn is not None
            way.append(node.rdn)
            node = parent
        assert isinstance(node, Context)
        dn = node.suffix
        for rdn in reversed(way):
            dn = dn.child(rdn)
        return dn

    @property
    def text(self) -> bytes:
        """The distinguished name as slapd returns it, UTF-8."""
        parts: list[bytes] = []
        node = self
        while (parent := node.parent) is not None:
            parts.append(node.rdn.text)  # type: ignore[union-attr]
            node = parent
        parts.append(node.suffix.text)  # type: ignore[union-attr]
        return b",".join(parts)

    def is_within(self, other: "Node") -> bool:
        """Whether this is ``other`` or below it."""
        node: Node | None = self
        while node is not None:
            if node is other:
                return True
            node = node.parent
        return False

    def below(self) -> "Iterator[Node]":
        """Every node below, superiors first. A node has those children that it had when the walk came there."""
        stack = [iter(list(self.children.values()))] if self.children else []
        while stack:
            for node in stack[-1]:
                yield node
                if node.children:
                    stack.append(iter(list(node.children.values())))
                    break
            else:
                stack.pop()


class Context(Node):
    """The root of a naming context (RFC 4512 section 2.1)."""

    __slots__ = ("suffix",)
    suffix: DN

    def __init__(self, suffix: DN) -> None:
        super().__init__(None, None)
        self.suffix = suffix


class Virtual(Context):
    """Where an entry stands that is in no naming context: the root DSE, the subschema subentry."""

    __slots__ = ()

    virtual = True


class DIT:
    """The naming contexts and what is below them.

    ``len()`` is the number of entries, ``changes`` counts what has happened to them. ``alias_count``,
    ``referral_count`` and ``subentry_count`` let a search skip what it needn't look for.
    """

    def __init__(self, suffixes: Iterable[DN]) -> None:
        self.contexts = {dn.key: Context(dn) for dn in suffixes}
        self.indexes = Indexes(self)
        self.alias_count = 0
        self.referral_count = 0
        self.changes = 0
        self.subentry_count = 0
        self._depths = frozenset(context.suffix.depth for context in self.contexts.values())
        self._size = 0
        self._base: weakref.ref[Snapshot] | None = None
        self._delta: Delta | None = None  # what leads back to the snapshot at the base, while there is one

    def __len__(self) -> int:
        return self._size

    def context(self, dn: DN) -> Context | None:
        """The naming context that holds ``dn``, the deepest where one is within another; None outside of all."""
        up: DN | None = dn
        while up is not None:
            if up.depth in self._depths and (context := self.contexts.get(up.key)) is not None:
                return context
            up = up.parent
        return None

    def find(self, dn: DN) -> Node | None:
        """The node of ``dn`` where it has an entry."""
        way: list[bytes] = []
        up: DN | None = dn
        depths = self._depths
        while up is not None:
            if up.depth in depths and (node := self.contexts.get(up.key)) is not None:
                break
            if up.rdn is None:
                return None
            way.append(up.rdn.key)
            up = up.parent
        else:
            return None
        found: Node | None = node
        for key in reversed(way):
            if found is None or found.children is None:
                return None
            found = found.children.get(key)
        return found if found is not None and found.entry is not None else None

    def get(self, dn: DN) -> Entry | None:
        """The entry at ``dn``."""
        node = self.find(dn)
        return node.entry if node is not None else None

    def nearest(self, dn: DN) -> Node | None:
        """The node of ``dn``, or of its closest existing superior: what matchedDN names (RFC 4511 section 4.1.9)."""
        up: DN | None = dn
        while up is not None:
            if (node := self.find(up)) is not None:
                return node
            up = up.parent
        return None

    def nodes(self) -> Iterator[Node]:
        """Every node that has an entry."""
        for context in self.contexts.values():
            if context.entry is not None:
                yield context
            yield from context.below()

    def put(self, node: Node, entry: Entry) -> None:
        """Change the entry at a node of the tree for another."""
        if self._delta is not None:
            self._delta.note(node)
        old = node.entry
        node.entry = entry
        if old is None or old.layout is not entry.layout:
            self._count(old, -1)
            self._count(entry, +1)
        self.changes += 1
        self.indexes.changed(node, old, entry)

    def add(self, dn: DN, entry: Entry) -> Node:
        """Put an entry where none is. Raises KeyError when its superior isn't there."""
        if (context := self.contexts.get(dn.key)) is not None:
            self.add_context(context, dn, entry)
            return context
        parent = self.find(dn.parent) if dn.parent is not None else None
        if parent is None or dn.rdn is None:
            raise KeyError(dn.text)
        return self.add_below(parent, dn.rdn, entry)

    def add_below(self, parent: Node, rdn: RDN, entry: Entry) -> Node:
        """Put an entry below a node that has one."""
        node = Node(parent, rdn)
        self._attach(parent, node)
        self.put(node, entry)
        return node

    def add_context(self, context: Context, dn: DN, entry: Entry) -> None:
        """Put the entry of an empty naming context's root; ``dn`` is its suffix in the spelling of whoever adds it."""
        if self._delta is not None:
            self._delta.note(context)
        context.suffix = dn
        self.put(context, entry)

    def remove(self, node: Node) -> None:
        """Take away a leaf."""
        if self._delta is not None:
            self._delta.note(node)
        old, node.entry = node.entry, None
        if node.parent is not None:
            self._detach(node)
        self._count(old, -1)
        self.changes += 1
        self.indexes.changed(node, old, None)

    def put_back(self, node: Node, entry: Entry) -> None:
        """Put a leaf that was taken away back below its superior."""
        assert node.parent is not None
        self._attach(node.parent, node)
        self.put(node, entry)

    def rename(self, node: Node, rdn: RDN, superior: Node | None = None, entry: Entry | None = None) -> None:
        """Give a node another RDN and perhaps another superior; what is below moves with it. ``entry`` takes the old
        one's place.
        """
        if self._delta is not None:
            self._delta.note(node)
        self.changes += 1
        self._detach(node)
        node.rdn = rdn
        if superior is not None:
            node.parent = superior
        assert node.parent is not None
        self._attach(node.parent, node)
        if entry is not None:
            self.put(node, entry)

    def renew(self, entries: Entries, *, noted: bool = True) -> None:
        """Give every entry a layout under the schema as it is after a change of definitions that entries have. Not
        ``noted``, the entries as they were are no state to go back to.
        """
        renewed: dict[Layout, Layout] = {}
        for node in self.nodes():
            if node.entry is not None:
                if noted and self._delta is not None:
                    self._delta.note(node)
                node.entry = entries.renewed(node.entry, renewed)
        self.indexes = Indexes(self)

    # --- states to go back to -----------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The tree as it is now."""
        base = self._base() if self._base is not None else None
        if base is not None and not base.delta.nodes and not base.delta.children:
            return base  # nothing has changed since
        snapshot = Snapshot(self)
        if base is not None:
            base.after = snapshot
        self._record(snapshot)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Go back, or forth, to that state. Indexes stay and stay right. Raises SnapshotError for another tree's."""
        if snapshot.dit is not self:
            raise SnapshotError("the snapshot is of another directory")
        way = [snapshot]
        while (after := way[-1].after) is not None:
            way.append(after)
        last: Snapshot | None = None
        for step in reversed(way):
            back = self._apply(step.delta)
            if last is not None:
                last.after, last.delta = step, back
            step.after = None
            last = step
        self._record(snapshot)

    def _record(self, snapshot: Snapshot) -> None:
        """From now on write down what leads back to this snapshot, which is the present, for as long as it lives."""

        def forget(_: object) -> None:
            if (dit := this()) is not None:
                dit._delta = None

        this = weakref.ref(self)
        snapshot.delta = self._delta = Delta()
        self._base = weakref.ref(snapshot, forget)

    def _apply(self, delta: Delta) -> Delta:
        """Put the states of a delta in place; gives the delta that leads back."""
        back = Delta()
        self.changes += 1
        for node, children in delta.children.items():
            back.children[node] = node.children
            node.children = children
        for node, (parent, rdn, entry, suffix) in delta.nodes.items():
            old = node.entry
            back.nodes[node] = (node.parent, node.rdn, old, node.suffix)
            node.parent, node.rdn, node.entry = parent, rdn, entry
            if isinstance(node, Context):
                assert suffix is not None
                node.suffix = suffix
            if old is not entry:
                self._count(old, -1)
                self._count(entry, +1)
                self.indexes.changed(node, old, entry)
        return back

    def copy(self) -> "DIT":
        """Another tree with the same entries, for one that changes by itself."""
        copied = DIT(())
        copied._depths, copied._size = self._depths, self._size
        copied.alias_count, copied.referral_count = self.alias_count, self.referral_count
        copied.subentry_count = self.subentry_count
        for key, context in self.contexts.items():
            root = copied.contexts[key] = Context(context.suffix)
            root.entry = context.entry
            waiting: list[tuple[Node, Node]] = [(context, root)]
            for original, twin in waiting:
                if original.children:
                    twin.children = {}
                    for name, child in original.children.items():
                        new = twin.children[name] = Node(twin, child.rdn)
                        new.entry = child.entry
                        if child.children:
                            waiting.append((child, new))
        return copied

    # --- the way nodes hang together ----------------------------------------------------------------------------------

    def _attach(self, parent: Node, node: Node) -> None:
        assert node.rdn is not None
        if self._delta is not None:
            self._delta.note_children(parent)
        if parent.children is None:
            parent.children = {}
        parent.children[node.rdn.key] = node

    def _detach(self, node: Node) -> None:
        assert node.parent is not None
        assert node.parent.children is not None
        assert node.rdn is not None
        if self._delta is not None:
            self._delta.note_children(node.parent)
        del node.parent.children[node.rdn.key]
        if not node.parent.children:
            node.parent.children = None

    def _count(self, entry: Entry | None, by: int) -> None:
        if entry is not None:
            self._size += by
            classes = entry.layout.classes
            if classes.is_alias:
                self.alias_count += by
            if classes.is_referral:
                self.referral_count += by
            if classes.is_subentry:
                self.subentry_count += by
