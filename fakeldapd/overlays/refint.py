"""refint: values that name an entry follow when it is renamed, and go when it is deleted.

So it is for every entry below a renamed one. What is written for it changes nothing but the attributes concerned and
modifiersName. An entry that the schema wouldn't allow without the value keeps it, unless there is a DN to put in the
place of the last value (``nothing``).

slapd does this some milliseconds after it has answered; here it is done with the answer.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import EqualityTest, Reach
from fakeldapd.operations.add import has_value
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.modify import Edit
from fakeldapd.overlays.overlay import Overlay, rewrite
from fakeldapd.overlays.setting import SettingError, attribute, dn_text, read_setting
from fakeldapd.protocol.messages import ModifyOperation
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SYNTAXES = ("1.3.6.1.4.1.1466.115.121.1.12", "1.3.6.1.4.1.1466.115.121.1.34")


class Refint(Overlay):
    """Keeps the values of some attributes right."""

    def __init__(self, names: list[str], nothing: str, identity: str) -> None:
        self._names = names
        self._nothing_text = nothing
        self._identity_text = identity
        self._attributes: list[AttributeDescription] = []
        self._nothing: bytes | None = None
        self._identity = b""

    def attached(self, directory: "Directory") -> None:
        """See Overlay."""
        schema = directory.schema
        self._attributes = [attribute(schema, name, _SYNTAXES) for name in self._names]
        self._nothing = dn_text(schema, self._nothing_text) if self._nothing_text else None
        self._identity = dn_text(schema, self._identity_text)

    def deleted(self, commit: Commit, dn: DN, old: Entry) -> None:
        """See Overlay."""
        self._replace(commit, dn, False, lambda value: None)

    def renamed(self, commit: Commit, node: Node, old_dn: DN, old: Entry) -> None:
        """See Overlay."""
        new_dn = node.dn
        self._replace(commit, old_dn, bool(node.children), lambda value: value.rebase(old_dn, new_dn).text)

    def _replace(self, commit: Commit, dn: DN, below: bool, other: Callable[[DN], bytes | None]) -> None:
        """Put ``other`` of each value that names ``dn``, or what is below it, in its place."""
        edits: dict[Node, list[Edit]] = {}
        for description in self._attributes:
            for node in list(self._holders(commit.directory, description, dn, below)):
                mine = self._edits(commit.directory, node, description, dn, below, other)
                if mine:
                    edits.setdefault(node, []).extend(mine)
        for node, mine in edits.items():
            try:
                rewrite(commit, node, mine, self._identity)
            except LDAPError:
                continue  # as in slapd, what must have the value keeps it

    @staticmethod
    def _holders(directory: "Directory", description: AttributeDescription, dn: DN, below: bool) -> Iterator[Node]:
        """Nodes that may have a value of the attribute that names ``dn``, or what is below."""
        rule = description.type.equality
        assertion = rule.assertion(dn.text) if rule is not None else None
        if below or rule is None or assertion is None:
            for node in directory.dit.nodes():
                if node.entry is not None and description in node.entry:
                    yield node
            return
        found = directory.dit.indexes.candidates(EqualityTest(Reach(description), rule, assertion))
        assert found is not None
        for nodes in found[0]:
            yield from nodes or ()

    def _edits(
        self,
        directory: "Directory",
        node: Node,
        description: AttributeDescription,
        dn: DN,
        below: bool,
        other: Callable[[DN], bytes | None],
    ) -> list[Edit]:
        assert node.entry is not None
        have = node.entry.values(description)
        gone: list[bytes] = []
        stay: list[bytes] = []
        come: list[bytes] = []
        for value in have:
            try:
                named = directory.schema.dn(value)
            except LDAPError:  # a value with a unique identifier behind the DN, or one that was never checked
                stay.append(value)
                continue
            if named.key != dn.key and not (below and named.is_within(dn)):
                stay.append(value)
                continue
            gone.append(value)
            following = other(named)
            if following is not None:
                come.append(following)
        if not gone:
            return []
        come = [value for value in come if not has_value(description, tuple(stay), value)]
        if self._nothing is not None and len(gone) == len(have) and not come:
            come.append(self._nothing)
        return [*_edit(ModifyOperation.DELETE, description, gone), *_edit(ModifyOperation.ADD, description, come)]


def _edit(operation: ModifyOperation, description: AttributeDescription, values: list[bytes]) -> list[Edit]:
    found: Values = tuple(values)
    return [Edit(operation, description, found)] if found else []


def make(setting: str) -> Refint:
    """The overlay with a setting as in the table. Raises SettingError."""
    names, settings = read_setting(setting, ("modifiersname", "nothing"))
    if not names:
        raise SettingError("no attribute is named, as in refint:member")
    identity = settings.get("modifiersname", "cn=Referential Integrity Overlay")
    return Refint(names, settings.get("nothing", ""), identity)
