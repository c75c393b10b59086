"""The commit of a write: the one place through which operations change the tree, and around which overlays hook.

An operation finds out for itself what it may do and what the new entry is. Then it asks its ``Commit`` to write, and
overlays write what follows from that: all of it or, when anything raises, nothing. Everything happens within one turn,
so nobody sees a part of it. Controls of updates that have to do with the entry before and after the write, or with
whether it is done at all, are heeded here.

Whoever has neither overlays nor controls pays for a truth test.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Context, Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.operations.controls import read_entry
from fakeldapd.operations.controls.assertion import check_assertion
from fakeldapd.operations.controls.no_op import NO_OP
from fakeldapd.operations.request import Request
from fakeldapd.protocol.messages import Control
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN, RDN
from fakeldapd.schema.elements import AttributeDescription

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory
    from fakeldapd.operations.modify import Edit
    from fakeldapd.overlays.overlay import Overlay


class Commit:
    """The writes of one request, made by the operation that answers it.

    Overlays are given it with every call: ``request`` and ``controls`` say what is being answered, ``put`` writes what
    follows. ``depth`` is 0 while what the client asked for is written, and more while an overlay's own writes are
    passed around the overlays again. ``passwords`` are the old and the new one in clear while a Password Modify is
    answered, the old one None where it wasn't given.
    """

    __slots__ = (
        "_plain",
        "_responses",
        "_undo",
        "controls",
        "depth",
        "directory",
        "passwords",
        "request",
    )

    def __init__(self, directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> None:
        self.directory = directory
        self._plain = not directory.overlays and not controls
        if self._plain:
            return  # nothing else will be asked for
        self.request = request
        self.controls = controls
        self.depth = 0
        self.passwords: tuple[bytes | None, bytes] | None = None
        self._undo: list[Callable[[], None]] = []
        self._responses: list[Control] = []

    # --- what overlays say before: each is called before the entry is looked for, as in slapd ------------------------

    def adding(self, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """An entry is about to be added; overlays may change its attributes. Raises LDAPError."""
        for overlay in self.directory.overlays:
            overlay.adding(self, dn, attributes)

    def modifying(self, dn: DN, edits: "list[Edit]") -> None:
        """An entry is about to be modified; overlays may add edits and take some away. Raises LDAPError."""
        for overlay in self.directory.overlays:
            overlay.modifying(self, dn, edits)

    def deleting(self, dn: DN) -> None:
        """An entry is about to be deleted. Raises LDAPError."""
        for overlay in self.directory.overlays:
            overlay.deleting(self, dn)

    def renaming(self, dn: DN, new_dn: DN) -> None:
        """An entry is about to be renamed, and with it the subtree below. Raises LDAPError."""
        for overlay in self.directory.overlays:
            overlay.renaming(self, dn, new_dn)

    # --- the entry is found -------------------------------------------------------------------------------------------

    def found(self, node: Node, entry: Entry | None = None) -> None:
        """The entry to be written is this one, or will be ``entry``: controls have a look at it. Raises LDAPError
        50, 122.
        """
        directory, session = self.directory, self.request.session
        check_assertion(directory, session, self.controls, node, entry or node.entry)
        self._responses += read_entry.response(directory, session, read_entry.PRE_READ, self.controls, node)

    # --- the writes ---------------------------------------------------------------------------------------------------

    def add(self, superior: Node | None, dn: DN, entry: Entry) -> None:
        """Put an entry below ``superior``, or at the root of a naming context where there is none. Raises LDAPError;
        then, as with every write here, nothing has changed.
        """
        dit = self.directory.dit
        node: Node
        if superior is None:
            context = node = dit.contexts[dn.key]
            suffix = context.suffix
            dit.add_context(context, dn, entry)
        else:
            assert dn.rdn is not None
            node = dit.add_below(superior, dn.rdn, entry)
        if self._plain:
            return

        def undo() -> None:
            dit.remove(node)
            if superior is None:
                context.suffix = suffix

        self._undo.append(undo)
        self._afterwards(node, lambda overlay: overlay.added(self, node, entry))

    def put(self, node: Node, entry: Entry) -> None:
        """Put another entry in the place of the one at a node. Raises LDAPError."""
        dit, old = self.directory.dit, node.entry
        assert old is not None
        dit.put(node, entry)
        if self._plain:
            return
        self._undo.append(lambda: dit.put(node, old))
        self._afterwards(node, lambda overlay: overlay.modified(self, node, old, entry))

    def remove(self, node: Node, below: Sequence[Node] = ()) -> None:
        """Take away an entry with all that are ``below``, superiors first. Raises LDAPError."""
        if self._plain and not below:
            self.directory.dit.remove(node)
            return
        gone = [(each.dn, self._take_away(each)) for each in reversed((node, *below))]

        def tell(overlay: "Overlay") -> None:
            for dn, old in gone:
                overlay.deleted(self, dn, old)

        self._afterwards(None, tell, len(gone))

    def _take_away(self, node: Node) -> Entry:
        dit, old = self.directory.dit, node.entry
        assert old is not None
        dit.remove(node)
        self._undo.append(lambda: dit.put(node, old) if isinstance(node, Context) else dit.put_back(node, old))
        return old

    def rename(self, node: Node, rdn: RDN, superior: Node, entry: Entry) -> None:
        """Give a node another RDN and superior, and its entry in the new form; what is below moves with it. Raises
        LDAPError.
        """
        dit = self.directory.dit
        if self._plain:
            dit.rename(node, rdn, superior, entry)
            return
        old_dn, old_rdn, old_superior, old = node.dn, node.rdn, node.parent, node.entry
        assert old_rdn is not None
        assert old is not None
        dit.rename(node, rdn, superior, entry)
        self._undo.append(lambda: dit.rename(node, old_rdn, old_superior, old))
        self._afterwards(node, lambda overlay: overlay.renamed(self, node, old_dn, old))

    # --- all or nothing -----------------------------------------------------------------------------------------------

    def _afterwards(self, node: Node | None, tell: "Callable[[Overlay], None]", writes: int = 1) -> None:
        """What follows from so many writes: overlays are told, response controls made. What is raised takes them
        back.
        """
        before = len(self._undo) - writes
        self.depth += 1
        try:
            if self.depth == 1:
                self._read_after(node)
            for overlay in self.directory.overlays:
                tell(overlay)
        except BaseException:
            self._take_back(before)
            raise
        finally:
            self.depth -= 1
        if not self.depth:
            self.request.response_controls += tuple(self._responses)

    def _read_after(self, node: Node | None) -> None:
        if NO_OP in self.controls:
            raise LDAPError(ResultCode.NO_OPERATION)
        if node is not None:
            session = self.request.session
            self._responses += read_entry.response(self.directory, session, read_entry.POST_READ, self.controls, node)

    def _take_back(self, to: int) -> None:
        """Undo the writes since there were ``to``, the last first."""
        while len(self._undo) > to:
            self._undo.pop()()
