"""Snapshots: every state comes back whole, in its order, indexes included, however one goes about between them."""

import gc
import weakref
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import DIT, Node
from fakeldapd.directory.entry import Entries
from fakeldapd.directory.evaluate import Setting
from fakeldapd.directory.snapshot import SnapshotError
from fakeldapd.protocol.filter import parse
from fakeldapd.schema.registry import Schema

SCHEMA = Schema.load()
ENTRIES = Entries(SCHEMA)
BASE = SCHEMA.dn(b"dc=example,dc=com")
FILTERS = ["(cn=a)", "(cn=*a*)", "(objectClass=person)", "(|(sn=a)(sn=b))"]

names = st.sampled_from([b"1", b"2", b"3", b"4"])
words = st.sampled_from([b"a", b"b", b"ab"])
steps = st.one_of(
    st.tuples(st.just("put"), names, names, words),
    st.tuples(st.just("remove"), names),
    st.tuples(st.just("rename"), names, names, st.sampled_from([b"", *b"1234".split()])),
    st.tuples(st.just("snapshot")),
    st.tuples(st.just("restore"), st.integers(0, 20)),
    st.tuples(st.just("forget"), st.integers(0, 20)),
    st.tuples(st.just("search"), st.sampled_from(FILTERS)),
)


def entry(word: bytes) -> Any:
    given = {b"objectClass": [b"person" if word == b"a" else b"inetOrgPerson"], b"cn": [word], b"sn": [word]}
    return ENTRIES.build({SCHEMA.attribute(name): values for name, values in given.items()})


def state(dit: DIT) -> list[tuple[bytes, Any]]:
    """Everything in the tree, in the order of a walk."""
    assert len(dit) == sum(node.entry is not None for node in dit.nodes())
    return [(node.text, node.entry) for node in dit.nodes()]


def found(dit: DIT, text: str) -> set[Node]:
    test = compile_filter(Setting(SCHEMA, dit.find), parse(text))
    answer = dit.indexes.candidates(test)
    assert answer is not None
    return {node for nodes in answer[0] for node in nodes or ()}


def by_looking(dit: DIT, text: str) -> set[Node]:
    test = compile_filter(Setting(SCHEMA, dit.find), parse(text))
    return {node for node in dit.nodes() if node.entry is not None and test(node, node.entry) is True}


class Walk:
    """A tree, the snapshots taken of it, and what it was like then."""

    def __init__(self) -> None:
        self.dit = DIT([BASE])
        self.dit.add(BASE, entry(b"a"))
        self.kept: list[tuple[Any, list[tuple[bytes, Any]]]] = []

    def at(self, name: bytes) -> Node | None:
        return next((n for n in self.dit.nodes() if n.rdn is not None and n.rdn.key == b"cn=" + name), None)

    def put(self, name: bytes, below: bytes, word: bytes) -> None:
        if (node := self.at(name)) is not None:
            self.dit.put(node, entry(word))
            return
        superior = self.at(below) or self.dit.find(BASE)
        assert superior is not None
        self.dit.add_below(superior, SCHEMA.rdn(b"cn=" + name), entry(word))

    def remove(self, name: bytes) -> None:
        node = self.at(name)
        if node is not None and not node.children:
            self.dit.remove(node)

    def rename(self, name: bytes, to: bytes, below: bytes) -> None:
        node, superior = self.at(name), self.at(below)
        if node is None or self.at(to) is not None or (superior is not None and superior.is_within(node)):
            return
        self.dit.rename(node, SCHEMA.rdn(b"cn=" + to), superior)

    def snapshot(self) -> None:
        self.kept.append((self.dit.snapshot(), state(self.dit)))

    def restore(self, number: int) -> None:
        if self.kept:
            snapshot, then = self.kept[number % len(self.kept)]
            self.dit.restore(snapshot)
            assert state(self.dit) == then

    def forget(self, number: int) -> None:
        if self.kept:
            del self.kept[number % len(self.kept)]

    def search(self, text: str) -> None:
        assert found(self.dit, text) == by_looking(self.dit, text)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=30))
def test_any_walk(walk: list[Any]) -> None:
    tree = Walk()
    for name, *arguments in walk:
        getattr(tree, name)(*arguments)
    for number in range(len(tree.kept)):
        tree.restore(number)
        for text in FILTERS:
            tree.search(text)


def test_the_order_of_subordinates_comes_back() -> None:
    tree = Walk()
    for name in (b"1", b"2", b"3"):
        tree.put(name, b"", b"a")
    before = state(tree.dit)
    snapshot = tree.dit.snapshot()
    tree.remove(b"1")
    tree.put(b"1", b"", b"b")
    assert [name for name, _ in state(tree.dit)] != [name for name, _ in before]
    tree.dit.restore(snapshot)
    assert state(tree.dit) == before


def test_an_index_built_after_the_snapshot_stays() -> None:
    tree = Walk()
    tree.put(b"1", b"", b"b")
    snapshot = tree.dit.snapshot()
    found(tree.dit, "(cn=b)")
    indexes = tree.dit.indexes
    tree.remove(b"1")
    tree.dit.restore(snapshot)
    assert tree.dit.indexes is indexes
    assert not indexes._building
    assert found(tree.dit, "(cn=b)") == {tree.at(b"1")}


def test_the_suffix_of_an_empty_context_comes_back() -> None:
    dit = DIT([BASE])
    snapshot = dit.snapshot()
    dit.add(SCHEMA.dn(b"DC=Example,DC=Com"), entry(b"a"))
    assert [node.text for node in dit.nodes()] == [b"dc=Example,dc=Com"]
    dit.restore(snapshot)
    assert list(dit.nodes()) == []
    assert dit.contexts[BASE.key].text == BASE.text


def test_nothing_is_written_down_for_nobody() -> None:
    tree = Walk()
    snapshot = tree.dit.snapshot()
    assert tree.dit.snapshot() is snapshot
    gone = weakref.ref(snapshot)
    del snapshot
    gc.collect()
    assert gone() is None
    assert tree.dit._delta is None


def test_another_trees_snapshot_is_refused() -> None:
    with pytest.raises(SnapshotError, match="another directory"):
        Walk().dit.restore(Walk().dit.snapshot())


def test_a_copy_changes_by_itself() -> None:
    tree = Walk()
    tree.put(b"1", b"", b"a")
    tree.put(b"2", b"1", b"b")
    twin = tree.dit.copy()
    before = state(tree.dit)
    assert state(twin) == before
    node = twin.find(SCHEMA.dn(b"cn=2,cn=1,dc=example,dc=com"))
    assert node is not None
    twin.remove(node)
    assert state(tree.dit) == before
    assert len(state(twin)) == len(before) - 1
    assert found(twin, "(sn=b)") == set()
