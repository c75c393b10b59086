"""What is different between two states of a directory: entries that came, went, changed or got another name.

Entries are immutable, so what has not changed is the same object in both states, and only what has is looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.snapshot import Snapshot, SnapshotError
from fakeldapd.double.names import as_text
from fakeldapd.middleware.secrets import is_secret
from fakeldapd.operations.directory import Directory

Attributes: TypeAlias = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute of an entry: values that came and values that went."""

    attribute: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """The difference. It is true where there is any.

    ``added`` and ``removed``: attributes by DN; ``renamed``: the new DN by the old one; ``changed``: changes by DN (the
    new one of an entry that was renamed).
    """

    added: dict[str, Attributes] = field(default_factory=dict)
    removed: dict[str, Attributes] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    changed: dict[str, tuple[Change, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.renamed or self.changed)

    def __str__(self) -> str:
        return "\n".join(self._lines()) or "no difference"

    def _lines(self) -> Iterator[str]:
        for sign, entries in (("-", self.removed), ("+", self.added)):
            for dn, attributes in entries.items():
                yield f"{sign} {dn}"
                for name, values in attributes.items():
                    yield from (f"{sign}     {name}: {_shown(name, value)}" for value in values)
        for old, new in self.renamed.items():
            yield f"> {old} is now {new}"
        for dn, changes in self.changed.items():
            yield f"* {dn}"
            for change in changes:
                yield from (f"-     {change.attribute}: {_shown(change.attribute, v)}" for v in change.removed)
                yield from (f"+     {change.attribute}: {_shown(change.attribute, v)}" for v in change.added)


def _shown(name: str, value: str) -> str:
    return "<secret>" if is_secret(name.encode()) else value


_State: TypeAlias = dict[str, tuple[Entry, Node]]


def diff(directory: Directory, before: Snapshot, operational: bool) -> Diff:
    """What has changed since ``before``. Raises SnapshotError. Nobody else may be at the directory meanwhile."""
    dit = directory.dit
    if before.dit is not dit:
        raise SnapshotError("the snapshot is of another directory")
    new = _state(directory)
    present = dit.snapshot()
    dit.restore(before)
    try:
        old = _state(directory)
    finally:
        dit.restore(present)
    return _compare(directory, old, new, operational)


def _state(directory: Directory) -> _State:
    return {as_text(node.text): (node.entry, node) for node in directory.dit.nodes() if node.entry is not None}


def _compare(directory: Directory, old: _State, new: _State, operational: bool) -> Diff:
    found = Diff()
    gone = {dn: state for dn, state in old.items() if dn not in new}
    come = {dn: state for dn, state in new.items() if dn not in old}
    by_node = {id(node): dn for dn, (_, node) in come.items()}
    for dn, (entry, node) in gone.items():
        renamed = by_node.get(id(node))
        if renamed is None:
            found.removed[dn] = _attributes(entry, operational)
        else:
            found.renamed[dn] = renamed
            _note(found, renamed, entry, come.pop(renamed)[0], operational)
    for dn, (entry, _) in come.items():
        found.added[dn] = _attributes(entry, operational)
    for dn, (entry, _) in new.items():
        if dn in old and old[dn][0] is not entry:
            _note(found, dn, old[dn][0], entry, operational)
    return found


def _note(found: Diff, dn: str, old: Entry, new: Entry, operational: bool) -> None:
    before, after = _attributes(old, operational), _attributes(new, operational)
    changes = []
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, ()), after.get(name, ())
        added, removed = tuple(v for v in now if v not in was), tuple(v for v in was if v not in now)
        if added or removed:
            changes.append(Change(name, added, removed))
    if changes:
        found.changed[dn] = tuple(changes)


def _attributes(entry: Entry, operational: bool) -> Attributes:
    return {
        as_text(description.name): tuple(map(as_text, values))
        for description, values in entry.items()
        if operational or not description.type.operational
    }
