"""The difference between two states of a directory."""

import pytest
from double.client import ADA, BASE, BOB, PEOPLE

from fakeldapd import FakeDirectory
from fakeldapd.directory.snapshot import SnapshotError
from fakeldapd.double.diff import Change


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE)


def test_no_difference(directory: FakeDirectory) -> None:
    directory.modify(ADA, {"title": "x"})
    directory.modify(ADA, {"title": None})
    assert not directory.diff()
    assert str(directory.diff()) == "no difference"
    assert ADA in directory.diff(operational=True).changed


def test_everything(directory: FakeDirectory) -> None:
    eve = f"uid=eve,ou=people,{BASE}"
    directory.add(eve, {"objectClass": "inetOrgPerson", "cn": "Eve", "sn": "E", "userPassword": "hush"})
    directory.modify(ADA, {"mail": ["ada@example.com", "a@x"], "title": "Dr", "userPassword": "other"})
    directory.rename(BOB, "uid=rob")
    directory.delete(f"cn=staff,ou=groups,{BASE}")
    dump = directory.dump()
    found = directory.diff()
    assert directory.dump() == dump
    rob = BOB.replace("bob", "rob")
    assert list(found.added) == [eve]
    assert list(found.removed) == [f"cn=staff,ou=groups,{BASE}"]
    assert found.renamed == {BOB: rob}
    assert found.changed[rob] == (Change("uid", ("rob",), ("bob",)),)
    assert set(found.changed[ADA]) == {
        Change("mail", ("a@x",), ()),
        Change("title", ("Dr",), ()),
        Change("userPassword", ("other",), ("secret",)),
    }
    lines = str(found).splitlines()
    for line in (f"+ {eve}", "+     cn: Eve", "+     userPassword: <secret>", f"> {BOB} is now {rob}", f"* {ADA}"):
        assert line in lines
    assert "-     userPassword: <secret>" in lines


def test_against_a_snapshot_in_between(directory: FakeDirectory) -> None:
    directory.delete(BOB)
    between = directory.snapshot()
    directory.modify(ADA, {"title": "x"})
    assert list(directory.diff(between).changed) == [ADA]
    assert list(directory.diff().removed) == [BOB]
    directory.restore(between)
    assert not directory.diff(between)
    directory.reset()
    assert list(directory.diff(between).added) == [BOB]


def test_a_search_after_a_diff_finds_the_same(directory: FakeDirectory) -> None:
    directory.modify(ADA, {"mail": "new@example.com"})
    assert directory.search(filter="(mail=new@example.com)")
    directory.diff()
    assert [entry.dn for entry in directory.search(filter="(mail=new@example.com)")] == [ADA]
    assert not directory.search(filter="(mail=ada@example.com)")


def test_only_of_its_own_snapshots(directory: FakeDirectory) -> None:
    with pytest.raises(SnapshotError):
        directory.diff(FakeDirectory(PEOPLE).snapshot())
