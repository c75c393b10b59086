"""Search (RFC 4511 section 4.5).

The base is found, the filter compiled and the attribute list understood once. Then nodes come one after another, from
an index or a walk over the scope, and each that matches is sent. Everything is an iterator: nothing is collected, so a
client that reads slowly costs no memory, and between two entries the server can do something else.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node
from fakeldapd.directory.evaluate import TRUE, Setting, Test
from fakeldapd.directory.select import Selection
from fakeldapd.operations.access import Level
from fakeldapd.operations.aliases import dereference, with_alias_targets
from fakeldapd.operations.controls.assertion import check_assertion
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.controls.table import NO_CONTROLS
from fakeldapd.operations.referral import refer_away, referral_uris
from fakeldapd.operations.request import Action, Entries, Pause, Request, Response, Session
from fakeldapd.operations.rootdse import virtual_entry
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_DONE = Response(m.SearchResultDone())
_PAUSE = Pause()
_EXAMINED_BETWEEN_PAUSES = 128
_UNLIMITED = 1 << 62
_FEW = 64
_KEPT = 64


def check_search(directory: "Directory", op: m.SearchRequest) -> None:
    """What slapd says of a search before it looks at the controls. Raises LDAPError 2, 34."""
    if not 0 <= op.scope <= 3:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "invalid scope")
    if not 0 <= op.deref <= 3:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "invalid deref")
    if op.size_limit < 0:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "invalid size limit")
    if op.time_limit < 0:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "invalid time limit")
    directory.schema.dn(op.base)


def search(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Send what matches. Raises LDAPError 2, 3, 4, 10, 32, 33, 34; entries sent before a limit stay sent."""
    op = cast(m.SearchRequest, request.op)
    if not controls:
        check_search(directory, op)
    session, access = request.session, directory.access
    dn = directory.schema.dn(op.base)

    view = None if MANAGE_DSA_IT in controls else directory.view
    setting = Setting(directory.schema, directory.dit.find, None, view, directory.viewed)
    if not session.is_admin:
        setting.guard = lambda attribute_type: access.guard(session, attribute_type, Level.SEARCH)
    test = compile_filter(setting, op.filter)
    selection = _selection(directory, session, op)
    if op.scope == m.Scope.BASE and (virtual := virtual_entry(directory, dn)) is not None:
        assert virtual.entry is not None
        if controls:
            check_assertion(directory, session, controls, virtual, virtual.entry)
        if test(virtual, virtual.entry):
            yield Entries([(virtual.text, selection.attributes(virtual, virtual.entry))])
    else:
        base = find_base(directory, session, op, dn, controls)
        yield from _Sending(directory, session, op, base, test, selection, MANAGE_DSA_IT in controls).actions()
    yield Response(m.SearchResultDone(diagnostic=setting.diagnostic.encode())) if setting.diagnostic else _DONE


def _selection(directory: "Directory", session: Session, op: m.SearchRequest) -> Selection:
    """The attribute list understood; a client that asks for the same again finds it done."""
    schema, access = directory.schema, directory.access
    key = (op.attributes, op.types_only, schema.version)
    found: Selection | None = session.kept.get(key)
    if found is None:
        if len(session.kept) >= _KEPT or len(op.attributes) > _KEPT:
            session.kept.clear()
        found = session.kept[key] = Selection(
            schema,
            op.attributes,
            op.types_only,
            lambda attribute_type: access.guard(session, attribute_type, Level.READ),
        )
    return found


def find_base(
    directory: "Directory", session: Session, op: m.SearchRequest, dn: DN, controls: Mapping[bytes, Any]
) -> Node:
    """The node to search from. Raises LDAPError 32 with or without matchedDN, 33 for a bad alias, 10 at or below a
    referral.
    """
    dit = directory.dit
    asked = dn
    node = dit.find(dn)
    if dit.alias_count and op.deref in (m.Deref.FINDING, m.Deref.ALWAYS):
        dn, node = dereference(directory, dn, node)
    nearest = node if node is not None else dit.nearest(dn)
    if nearest is None or nearest.entry is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if not session.is_admin and _hidden(directory, session, nearest, Level.DISCLOSE):
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if dit.referral_count:
        refer_away(directory, nearest, asked, controls if nearest is node else NO_CONTROLS, op.scope)
    if node is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT, matched_dn=nearest.text)
    if not session.is_admin and _hidden(directory, session, node, Level.SEARCH):
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    if controls:
        check_assertion(directory, session, controls, node, node.entry)
    return node


def _hidden(directory: "Directory", session: Session, node: Node, level: Level) -> bool:
    guard = directory.access.guard(session, None, level)
    return guard is not None and (node.entry is None or not guard(node, node.entry))


class _Sending:
    """One search under way."""

    def __init__(
        self,
        directory: "Directory",
        session: Session,
        op: m.SearchRequest,
        base: Node,
        test: Test,
        selection: Selection,
        manage_dsa_it: bool,
    ) -> None:
        self.directory = directory
        self.dit = directory.dit
        self.scope = op.scope
        self.base = base
        self.test = test
        self.selection = selection
        self.guard = directory.access.guard(session, None, Level.READ)
        self.view = None if manage_dsa_it else directory.view
        self.referrals = bool(self.dit.referral_count) and not manage_dsa_it and op.scope != m.Scope.BASE
        self.aliases = bool(self.dit.alias_count) and op.deref in (m.Deref.SEARCHING, m.Deref.ALWAYS)
        self.finding = op.deref == m.Deref.ALWAYS
        self.size_limit, time_limit = self._limits(session, op)
        self.deadline = directory.clock() + time_limit if time_limit else None

    def _limits(self, session: Session, op: m.SearchRequest) -> tuple[int, int]:
        """Entries and seconds, 0 for no limit: the smaller of what was asked and what the server allows."""
        if session.is_admin:
            return op.size_limit, op.time_limit
        limits = self.directory.limits

        def smaller(asked: int, most: int) -> int:
            return min(asked, most) if asked and most else asked or most

        return smaller(op.size_limit, limits.size), smaller(op.time_limit, limits.time)

    def actions(self) -> Iterator[Action]:
        """The entries and references, with pauses between."""
        view = self.view
        careful = self.referrals or self.aliases or self.guard is not None
        plan_for, carefully = self.selection.plan, self.selection.attributes
        found: list[tuple[bytes, tuple[bytes, ...]]] = []
        left = self.size_limit or _UNLIMITED
        examined = 0
        parent: Node | None = None
        prefix = b""
        layout = plan = None
        for nodes, test in self._lists():
            if nodes is None:
                yield from self._pause()
                continue
            always = test is TRUE and not careful
            for node in nodes:
                examined += 1
                if examined > _EXAMINED_BETWEEN_PAUSES:
                    examined = 0
                    if found:
                        yield Entries(found)
                        found = []
                    yield from self._pause()
                    if test is not self.test:  # what the index said may not be so any more
                        test = self.test
                        always = False
                entry = node.entry
                if entry is None:
                    continue
                if not always:
                    if careful and (special := self._special(node)) is not None:
                        if found:
                            yield Entries(found)
                            found = []
                        yield from special
                        continue
                    if test(node, entry) is not True:
                        continue
                if not left:
                    if found:
                        yield Entries(found)
                    raise LDAPError(ResultCode.SIZE_LIMIT_EXCEEDED)
                left -= 1
                if view is not None:
                    entry = view(node, entry)
                if node.parent is not parent:
                    parent = node.parent
                    prefix = b"" if parent is None else b"," + parent.text
                text = node.text if parent is None else node.rdn.text + prefix  # type: ignore[union-attr]
                if entry.layout is not layout:
                    layout = entry.layout
                    plan = plan_for(layout)
                slice_ = plan.slice  # type: ignore[union-attr]
                found.append((text, entry.attributes[slice_] if slice_ is not None else carefully(node, entry)))
        if found:
            yield Entries(found)

    def _pause(self) -> Iterator[Action]:
        if self.deadline is not None and self.directory.clock() > self.deadline:
            raise LDAPError(ResultCode.TIME_LIMIT_EXCEEDED)
        yield _PAUSE

    def _special(self, node: Node) -> Iterator[Action] | None:
        """What happens instead of evaluating the filter: nothing for an alias or what mustn't be seen, a reference for
        a referral.
        """
        assert node.entry is not None
        if self.guard is not None and not self.guard(node, node.entry):
            return iter(())
        classes = node.entry.classes
        if self.aliases and classes.is_alias and (self.finding or node is not self.base):
            return iter(())
        if self.referrals and classes.is_referral:
            scope = m.Scope.BASE if self.scope == m.Scope.ONE else m.Scope.SUBTREE
            return iter((Response(m.SearchResultReference(referral_uris(self.directory, node, node.dn, scope))),))
        return None

    # --- which nodes --------------------------------------------------------------------------------------------------

    def _lists(self) -> "Iterator[tuple[Iterable[Node] | None, Test]]":
        """The nodes in scope that may match, list by list, each with what is left to test; None: time has passed."""
        if self.scope == m.Scope.BASE:
            yield (self.base,), self.test
            return
        if self.aliases:
            yield with_alias_targets(self.directory, self.base, self.scope), self.test
            return
        few = self.scope == m.Scope.ONE and len(self.base.children or ()) <= _FEW
        candidates = None if few or self.referrals else self.dit.indexes.candidates(self.test)
        if candidates is None:
            yield self._walk(), self.test
            return
        lists, left = candidates
        for nodes in lists:
            yield None if nodes is None else self._in_scope(nodes), left

    def _walk(self) -> Iterator[Node]:
        base = self.base
        if self.scope == m.Scope.ONE:
            yield from list((base.children or {}).values())
            return
        if self.scope == m.Scope.SUBTREE:
            yield base
        yield from base.below()

    def _in_scope(self, nodes: list[Node]) -> list[Node]:
        base = self.base
        if self.scope == m.Scope.ONE:
            return [node for node in nodes if node.parent is base]
        if self.scope == m.Scope.SUBORDINATE:
            return [node for node in nodes if node is not base and node.is_within(base)]
        return [node for node in nodes if node.is_within(base)]
