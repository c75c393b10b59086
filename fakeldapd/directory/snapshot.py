"""Snapshots of a DIT: a state that can be gone back to, at a cost that goes by what has changed and not by how much is
there.

Nothing is copied when a snapshot is taken. From then on the tree writes down in a ``Delta`` what each node was like
before its first change. Going back puts that in place again, and what was there instead becomes the way forward: so one
can go back and forth between snapshots, in any order, as long as somebody keeps them. (The idea is Baker's rerooting of
persistent arrays, 1978: the present is stored plainly, every other version as its difference from the next.)

A snapshot that nobody keeps any more costs nothing; the tree holds it weakly.
"""

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node
    from fakeldapd.directory.entry import Entry
    from fakeldapd.schema.dn import DN, RDN

State: TypeAlias = "tuple[Node | None, RDN | None, Entry | None, DN | None]"
"""Of a node: its superior, its RDN, its entry, and the suffix where it is the root of a naming context."""


class SnapshotError(ValueError):
    """A snapshot of another directory."""


class Delta:
    """What was different: the states of nodes, and whole tables of subordinates, so that their order comes back,
    too.
    """

    __slots__ = ("children", "nodes")

    def __init__(self) -> None:
        self.nodes: dict[Node, State] = {}
        self.children: dict[Node, dict[bytes, Node] | None] = {}

    def note(self, node: "Node") -> None:
        """A node is about to change."""
        if node not in self.nodes:
            self.nodes[node] = (node.parent, node.rdn, node.entry, node.suffix)

    def note_children(self, node: "Node") -> None:
        """A node is about to get or lose a subordinate."""
        if node not in self.children:
            self.children[node] = None if node.children is None else node.children.copy()


class Snapshot:
    """One state of one DIT. ``delta`` leads to it from ``after``, a later or otherwise different state; from the
    present where that is None.
    """

    __slots__ = ("__weakref__", "after", "delta", "dit")

    def __init__(self, dit: object) -> None:
        self.dit = dit
        self.after: Snapshot | None = None
        self.delta = Delta()
