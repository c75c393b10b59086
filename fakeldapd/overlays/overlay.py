"""What an overlay is: a class whose methods the directory calls around evaluation, around operations and around the
commit of a write.

Each method here does nothing, so an overlay has those that it needs. The methods around a write come in pairs. The
first is called where slapd calls its overlays: after the request has been found well-formed and before the entry is
looked for, so the entry may not exist and the session may have no right to it. What it raises refuses the write. The
second is called when the write is done; what it writes itself belongs to the same operation, and what it raises takes
back everything.

Overlays are called in slapd's order, the one configured last first.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Purpose, View
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.row import Row
from fakeldapd.operations.modify import Edit, outcome
from fakeldapd.operations.request import Action, Request
from fakeldapd.protocol.messages import SearchRequest
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, AttributeType

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


class Overlay:
    """One overlay of one directory."""

    views: ClassVar[bool] = False
    """Whether it has a ``view``."""

    seen_types: frozenset[AttributeType] | None = frozenset()
    """The types of which ``view`` gives other values, None: any. Filters have to look at those and not at indexes."""

    controls: Mapping[bytes, Row] = {}
    """The controls that a directory has only with this overlay, by OID."""

    def attached(self, directory: "Directory") -> None:
        """Once, before anything is loaded: look up what is needed in ``directory.schema``. Raises SettingError."""

    def loaded(self, directory: "Directory") -> None:
        """Once, when the initial entries are there, which went past the other methods."""

    def around(
        self, directory: "Directory", request: Request, controls: Mapping[bytes, Any], actions: Iterator[Action]
    ) -> Iterator[Action]:
        """The actions that answer a request, given those that would without this overlay. A failure comes out of
        ``actions`` as LDAPError. ``request.response_controls`` go with the answer.
        """
        return actions

    def view(self, request: Request, controls: Mapping[bytes, Any], purpose: Purpose) -> View | None:
        """What a search or compare sees of entries; None: what is stored. Called once for each of them and for each
        purpose.
        """
        return None

    def only_seen(self, op: SearchRequest) -> bool:
        """Whether a search finds only entries whose ``view`` matches, and not those that match as they are stored."""
        return False

    # --- around writes ------------------------------------------------------------------------------------------------

    def adding(self, commit: Commit, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """An entry is about to be added with these attributes, which may be changed: neither the values of its RDN nor
        what the server adds is there yet.
        """

    def added(self, commit: Commit, node: Node, entry: Entry) -> None:
        """An entry was added."""

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        """An entry is about to be modified by these edits, to which others may be added."""

    def modified(self, commit: Commit, node: Node, old: Entry, new: Entry) -> None:
        """An entry was modified."""

    def deleting(self, commit: Commit, dn: DN) -> None:
        """An entry is about to be deleted."""

    def deleted(self, commit: Commit, dn: DN, old: Entry) -> None:
        """An entry was deleted."""

    def renaming(self, commit: Commit, dn: DN, new_dn: DN) -> None:
        """An entry is about to be renamed, and with it what is below."""

    def renamed(self, commit: Commit, node: Node, old_dn: DN, old: Entry) -> None:
        """An entry was renamed; where it has subordinates, these have other DNs now, too."""


def rewrite(commit: Commit, node: Node, edits: Sequence[Edit], identity: bytes) -> None:
    """Modify an entry on an overlay's behalf, past all overlays. ``identity`` becomes its modifiersName; its time
    stamps stay, as in slapd.

    Raises LDAPError where the edits can't be applied or the schema doesn't allow it; then this has changed nothing, and
    the caller may go on without.
    """
    directory = commit.directory
    mine = list(edits)
    commit.depth += 1
    try:
        commit.modifying(node.dn, mine)
        commit.put(node, outcome(directory, node, mine, directory.stamps.by(identity)))
    finally:
        commit.depth -= 1
