"""Indexes find what looking at every entry finds, whatever was changed before or while they were built."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import DIT
from fakeldapd.directory.entry import Entries
from fakeldapd.directory.evaluate import Setting
from fakeldapd.protocol.filter import parse
from fakeldapd.schema.registry import Schema

SCHEMA = Schema.load()
BASE = SCHEMA.dn(b"dc=example,dc=com")
FILTERS = [
    "(cn=a)",
    "(name=a)",
    "(sn=b)",
    "(cn=*a*)",
    "(cn=a*)",
    "(cn=*a*b*)",
    "(objectClass=person)",
    "(objectClass=inetOrgPerson)",
    "(|(cn=a)(sn=a))",
    "(&(objectClass=person)(|(cn=a)(cn=b)))",
    "(&(!(cn=a))(sn=b))",
    "(|(foo=bar)(cn=b))",
    "(|(foo=bar)(foo=*))",
    "(&(cn=*b*)(sn=a))",
]

names = st.sampled_from([b"1", b"2", b"3", b"4"])
words = st.lists(st.sampled_from([b"a", b"b", b"ab", b"xabx", b"A B"]), min_size=1, max_size=3, unique=True)
changes = st.one_of(
    st.tuples(st.just("put"), names, words, words, st.booleans()),
    st.tuples(st.just("remove"), names),
    st.tuples(st.just("rename"), names, names),
    st.tuples(st.just("search"), st.sampled_from(FILTERS)),
    st.tuples(st.just("begin"), st.sampled_from(FILTERS)),
)


def entry(entries: Entries, cn: list[bytes], sn: list[bytes], inet: bool) -> Any:
    attributes = {
        b"objectClass": [b"inetOrgPerson" if inet else b"person"],
        b"cn": cn,
        b"sn": sn,
    }
    return entries.build({SCHEMA.attribute(k): tuple(v) for k, v in attributes.items()})


def name(letter: bytes) -> Any:
    return SCHEMA.dn(b"uid=%b,dc=example,dc=com" % letter)


def change(dit: DIT, entries: Entries, kind: str, *what: Any) -> None:
    node = dit.find(name(what[0])) if kind in ("put", "remove", "rename") else None
    if kind == "put":
        new = entry(entries, *what[1:])
        dit.put(node, new) if node else dit.add(name(what[0]), new)
    elif kind == "remove" and node:
        dit.remove(node)
    elif kind == "rename" and node and dit.find(name(what[1])) is None:
        dit.rename(node, SCHEMA.rdn(b"uid=" + what[1]))


def found_by_index(dit: Any, test: Any) -> Any:
    candidates = dit.indexes.candidates(test)
    if candidates is None:
        return None
    lists, left = candidates
    nodes = [node for some in lists if some is not None for node in some]
    return {node for node in nodes if node.entry is not None and left(node, node.entry)}


@settings(max_examples=200, deadline=None)
@given(st.lists(changes, max_size=25))
def test_index_and_walk_agree(steps: Any) -> None:
    dit: Any = DIT([BASE])
    entries = Entries(SCHEMA)
    dit.add(BASE, entries.build({SCHEMA.attribute(b"objectClass"): (b"domain",), SCHEMA.attribute(b"dc"): (b"x",)}))
    setting = Setting(SCHEMA, dit.find)
    begun = []
    for kind, *what in steps:
        if kind == "search":
            test = compile_filter(setting, parse(what[0]))
            by_walk = {node for node in dit.nodes() if test(node, node.entry)}
            assert found_by_index(dit, test) in (by_walk, None)
        elif kind == "begin":  # an index that is being built while the tree changes
            test = compile_filter(setting, parse(what[0]))
            candidates = dit.indexes.candidates(test)
            if candidates is not None:
                next(candidates[0], None)
                begun.append(candidates)
        else:
            change(dit, entries, kind, *what)
    for text in FILTERS:
        test = compile_filter(setting, parse(text))
        assert found_by_index(dit, test) in ({node for node in dit.nodes() if test(node, node.entry)}, None)


def test_every_filter_of_the_table_but_negations_has_an_index() -> None:
    dit: Any = DIT([BASE])
    setting = Setting(SCHEMA, dit.find)
    for text in FILTERS:
        assert dit.indexes.candidates(compile_filter(setting, parse(text))) is not None
    for text in ("(cn=*)", "(!(cn=a))", "(|(cn=a)(sn=*))", "(uidNumber>=1)", "(&)"):
        assert dit.indexes.candidates(compile_filter(setting, parse(text))) is None


def test_a_large_index_is_built_in_steps_with_changes_between() -> None:
    dit: Any = DIT([BASE])
    entries = Entries(SCHEMA)
    dit.add(BASE, entries.build({SCHEMA.attribute(b"objectClass"): (b"domain",), SCHEMA.attribute(b"dc"): (b"x",)}))
    for i in range(2000):
        dit.add(name(b"u%d" % i), entry(entries, [b"c%d" % i], [b"s"], True))
    test = compile_filter(Setting(SCHEMA, dit.find), parse("(cn=late)"))
    lists, _ = dit.indexes.candidates(test)
    assert next(lists) is None
    change(dit, entries, "put", b"u0", [b"late"], [b"s"], True)
    change(dit, entries, "put", b"u1999", [b"late"], [b"s"], True)
    change(dit, entries, "remove", b"u1000")
    other = found_by_index(dit, test)
    assert {node.rdn.text for node in other} == {b"uid=u0", b"uid=u1999"}
    assert {n for some in lists if some for n in some} == other
