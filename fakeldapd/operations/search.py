"""Search (RFC 4511 section 4.5).

The base is found, the filter compiled and the attribute list understood once. Then ``Finding`` gives the nodes that
match, some at a time, from an index or a walk over the scope, and ``Presenting`` makes of them the entries that are
sent. Everything is an iterator: nothing is collected, so a client that reads slowly costs no memory, and between two
batches the server can do something else. What controls do to that is in ``search_stages``.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node, Virtual
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import TRUE, AndTest, ConstantTest, OrTest, Purpose, Setting, Test, View
from fakeldapd.directory.select import Selection
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.aliases import dereference, with_alias_targets
from fakeldapd.operations.controls.assertion import check_assertion
from fakeldapd.operations.controls.domain_scope import DOMAIN_SCOPE
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.controls.server_side_sort import Found
from fakeldapd.operations.controls.subentries import SUBENTRIES
from fakeldapd.operations.controls.table import NO_CONTROLS
from fakeldapd.operations.referral import refer_away, referral_uris
from fakeldapd.operations.request import Action, Entries, Pause, Request, Response, Session
from fakeldapd.operations.rootdse import virtual_entry
from fakeldapd.operations.search_stages import STAGED, Encoded, Stages
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_BASE, _ONE, _SUBTREE, _SUBORDINATE = m.Scope  # looking a member up in its class takes as long as ten comparisons
_SEARCH, _READ = Level.SEARCH, Level.READ
_DONE = Response(m.SearchResultDone())
_PAUSE = Pause()
_EXAMINED_BETWEEN_PAUSES = 128
_FILTERED_AT_ONCE = 1024
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
    stages = Stages(directory, request, controls) if controls and not STAGED.isdisjoint(controls) else None

    setting, view = Setting(directory.schema, directory.dit.find), None
    if not session.is_admin:
        setting.guard = lambda attribute_type: access.guard(session, attribute_type, _SEARCH)
    test = compile_filter(setting, op.filter)
    if directory.viewing:
        test = _seen(directory, request, controls, setting, test)
        view = directory.view(request, controls, Purpose.SEND)
    selection = _selection(directory, session, op)
    if op.scope == _BASE and (virtual := virtual_entry(directory, dn, session)) is not None:
        assert virtual.entry is not None
        if controls:
            check_assertion(directory, session, controls, virtual, virtual.entry)
        yield from _virtual(virtual, test, selection, stages)
    else:
        if directory.limit_rules and directory.limits_for(session).unchecked == 0 and directory.dit.context(dn):
            raise LDAPError(ResultCode.ADMIN_LIMIT_EXCEEDED)
        if stages is not None:
            stages.check()
        base = find_base(directory, session, op, dn, controls)
        finding = Finding(directory, session, op, base, test, controls)
        if stages is not None:
            yield from stages.actions(finding, Presenting(selection, view))
            yield Response(m.SearchResultDone(diagnostic=_said(setting, stages)), request.response_controls)
            return
        if op.scope == _BASE and not finding.careful:  # most searches of all; nothing else costs them anything
            if finding.still_matches(base):
                yield Entries(entries_of(selection, (base,), view))
        else:
            left = finding.size_limit or _UNLIMITED
            for batch in finding.at_once() or finding.batches():  # what Presenting does, without it
                if batch.__class__ is not list:
                    yield batch  # type: ignore[misc]
                    continue
                found = entries_of(selection, batch[:left] if len(batch) > left else batch, view)
                if found:
                    yield Entries(found)
                left -= len(batch)
                if left < 0:
                    raise LDAPError(ResultCode.SIZE_LIMIT_EXCEEDED)
    yield Response(m.SearchResultDone(diagnostic=setting.diagnostic.encode())) if setting.diagnostic else _DONE


def _seen(
    directory: "Directory", request: Request, controls: Mapping[bytes, Any], setting: Setting, stored: Test
) -> Test:
    """A filter where overlays show more than is stored: as in slapd an entry is found that matches as it is stored,
    given the test for that, or as it is seen, unless an overlay wants it otherwise.
    """
    op = cast(m.SearchRequest, request.op)
    view = directory.view(request, controls, Purpose.FILTER)
    if view is None:
        return stored
    seen = Setting(directory.schema, directory.dit.find, setting.guard, view, directory.viewed)
    test = compile_filter(seen, op.filter)
    if not seen.looked:
        return stored
    return test if any(overlay.only_seen(op) for overlay in directory.viewing) else OrTest([stored, test])


def _said(setting: Setting, stages: "Stages") -> bytes:
    """The diagnosticMessage of a search that went well."""
    return (stages.diagnostic or setting.diagnostic).encode()


def _virtual(node: Virtual, test: Test, selection: Selection, stages: "Stages | None") -> Iterator[Action]:
    """The root DSE or the subschema subentry, where the filter matches it. Raises LDAPError 12."""
    if stages is not None:
        stages.check_virtual()
    assert node.entry is not None
    if test(node, node.entry):
        attributes = selection.attributes(node, node.entry)
        if stages is not None and stages.matched is not None:
            attributes = stages.matched.attributes(attributes)
        yield Entries([(node.text, attributes)])


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
        try:
            dn, node = dereference(directory, dn, node)
        except LDAPError as error:
            alias = dit.find(directory.schema.dn(error.matched_dn))
            if session.is_admin or alias is None or not _hidden(directory, session, alias, Level.DISCLOSE):
                raise
            raise LDAPError(ResultCode.NO_SUCH_OBJECT, error.diagnostic) from None
    nearest = node if node is not None else dit.nearest(dn)
    if nearest is None or nearest.entry is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if not session.is_admin:
        if node is not None and _hidden(directory, session, node, Level.SEARCH):
            disclosed = not _hidden(directory, session, node, Level.REVEAL)
            raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS if disclosed else ResultCode.NO_SUCH_OBJECT)
        if node is None and _hidden(directory, session, nearest, Level.DISCLOSE):
            raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if dit.referral_count:
        if DOMAIN_SCOPE in controls and nearest.entry.classes.is_referral and MANAGE_DSA_IT not in controls:
            raise LDAPError(ResultCode.NO_SUCH_OBJECT, matched_dn=nearest.text)
        refer_away(directory, nearest, asked, controls if nearest is node else NO_CONTROLS, op.scope)
    if node is None:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT, matched_dn=nearest.text)
    if controls:
        check_assertion(directory, session, controls, node, node.entry)
    return node


def _hidden(directory: "Directory", session: Session, node: Node, level: Level) -> bool:
    guard = directory.access.guard(session, None, level)
    return guard is not None and (node.entry is None or not guard(node, node.entry))


def _finds_nothing(test: Test) -> bool:
    """Whether a filter can be true for no entry, whatever is in it."""
    if type(test) is AndTest:
        return any(_finds_nothing(part) for part in test.parts)
    if type(test) is OrTest:
        return all(_finds_nothing(part) for part in test.parts)
    return type(test) is ConstantTest and test.truth is not True


class Finding:
    """What one search finds. ``size_limit`` is how many entries may be sent, 0 for any number."""

    def __init__(
        self,
        directory: "Directory",
        session: Session,
        op: m.SearchRequest,
        base: Node,
        test: Test,
        controls: Mapping[bytes, Any],
    ) -> None:
        self.directory = directory
        self.dit = dit = directory.dit
        self.session = session
        self.op = op
        self.scope = op.scope
        self.base = base
        self.test = test
        self.guard = directory.access.guard(session, None, _READ)
        self.referrals = dit.referral_count and op.scope != _BASE and MANAGE_DSA_IT not in controls
        self.aliases = dit.alias_count and op.deref in (m.Deref.SEARCHING, m.Deref.ALWAYS)
        self.subentries: bool | None = None
        if controls and SUBENTRIES in controls:
            self.subentries = controls[SUBENTRIES]
        elif dit.subentry_count and op.scope != _BASE:
            self.subentries = False
        self.careful = self.referrals or self.aliases or self.guard is not None or self.subentries is not None
        self.refers = DOMAIN_SCOPE not in controls
        self.size_limit, time_limit = self._limits(session, op)
        self.deadline = directory.clock() + time_limit if time_limit else None

    def _limits(self, session: Session, op: m.SearchRequest) -> tuple[int, int]:
        """Entries and seconds, 0 for no limit. Raises LDAPError 11 where there is too much to look at."""
        limits = self.directory.limits_for(session)
        if limits.unchecked is not None and op.scope != _BASE and not _finds_nothing(self.test):
            limits.check_candidates(self.base, op.scope == _ONE)
        return limits.for_search(op.size_limit, op.time_limit)

    def at_once(self) -> tuple[list[Node]] | None:
        """All of the nodes that match, where indexes know them and they are not many; else see ``batches``."""
        if self.careful or self.scope == _ONE:
            return None
        found = self.dit.indexes.at_once(self.test)
        if found is None or len(found[0]) > _EXAMINED_BETWEEN_PAUSES:
            return None
        return (_matching(self._in_scope(found[0]), found[1]),)

    def batches(self) -> Found:
        """The nodes that match, some at a time; in between references, and pauses."""
        for nodes, test in self._lists():
            if nodes is None:
                yield from self.pause()
            elif nodes.__class__ is list and len(nodes) < _EXAMINED_BETWEEN_PAUSES:
                if self.careful:
                    yield from self._carefully(nodes, test)
                else:
                    yield _matching(nodes, test)
            else:
                waiting = iter(nodes)
                while examined := list(islice(waiting, _EXAMINED_BETWEEN_PAUSES)):
                    if self.careful:
                        yield from self._carefully(examined, test)
                    else:
                        yield _matching(examined, test)
                    if len(examined) < _EXAMINED_BETWEEN_PAUSES:
                        break
                    yield from self.pause()
                    test = self.test  # what the index said may not be so any more

    def _carefully(self, nodes: Iterable[Node], test: Test) -> Found:
        """Those of the nodes that match, where some may have to be passed over or stand for something else."""
        found: list[Node] = []
        for node in nodes:
            if node.entry is None:
                continue
            special = self._special(node)
            if special is None:
                if test(node, node.entry) is True:
                    found.append(node)
                continue
            if special:
                if found:
                    yield found
                    found, test = [], self.test
                yield from special
        if found:
            yield found

    def still_matches(self, node: Node) -> bool:
        """Whether a node that was found has an entry that matches still."""
        return node.entry is not None and self.test(node, node.entry) is True

    def pause(self) -> Iterator[Action]:
        """Let others have a turn. Raises LDAPError 3 when the time is over."""
        if self.deadline is not None and self.directory.clock() > self.deadline:
            raise LDAPError(ResultCode.TIME_LIMIT_EXCEEDED)
        yield _PAUSE

    def _special(self, node: Node) -> tuple[Action, ...] | None:
        """What happens instead of evaluating the filter: nothing for an alias or what mustn't be seen, a reference for
        a referral.
        """
        assert node.entry is not None
        if self.guard is not None and not self.guard(node, node.entry):
            return ()
        classes = node.entry.classes
        if self.subentries is not None and classes.is_subentry is not self.subentries:
            return ()
        if self.aliases and classes.is_alias and (self.op.deref == m.Deref.ALWAYS or node is not self.base):
            return ()
        if self.referrals and classes.is_referral:
            if not self.refers:
                return ()
            ref = self.directory.schema.attribute(b"ref").type
            if not allowed(self.directory.access.guard(self.session, ref, Level.READ), node):
                return ()
            scope = _BASE if self.scope == _ONE else _SUBTREE
            return (Response(m.SearchResultReference(referral_uris(self.directory, node, node.dn, scope))),)
        return None

    # --- which nodes --------------------------------------------------------------------------------------------------

    def _lists(self) -> "Iterator[tuple[Iterable[Node] | None, Test]]":
        """The nodes in scope that may match, list by list, each with what is left to test; None: time has passed."""
        if self.scope == _BASE:
            yield (self.base,), self.test
            return
        if self.aliases:
            yield with_alias_targets(self.directory, self.base, self.scope), self.test
            return
        few = self.scope == _ONE and len(self.base.children or ()) <= _FEW
        candidates = None if few or self.referrals else self.dit.indexes.candidates(self.test)
        if candidates is None:
            yield self._walk(), self.test
            return
        lists, left = candidates
        for nodes in lists:
            if nodes is None or len(nodes) <= _FILTERED_AT_ONCE:
                yield None if nodes is None else self._in_scope(nodes), left
                continue
            for start in range(0, len(nodes), _FILTERED_AT_ONCE):
                yield self._in_scope(nodes[start : start + _FILTERED_AT_ONCE]), self.test if start else left

    def _walk(self) -> Iterator[Node]:
        base = self.base
        if self.scope == _ONE:
            yield from list((base.children or {}).values())
            return
        if self.scope == _SUBTREE:
            yield base
        yield from base.below()

    def _in_scope(self, nodes: list[Node]) -> list[Node]:
        base = self.base
        if base.parent is None and self.scope == _SUBTREE and len(self.dit.contexts) == 1:
            return nodes  # everything is below the one naming context
        if self.scope == _ONE:
            return [node for node in nodes if node.parent is base]
        if self.scope == _SUBORDINATE:
            return [node for node in nodes if node is not base and node.is_within(base)]
        return [node for node in nodes if node.is_within(base)]


def _matching(nodes: Iterable[Node], test: Test) -> list[Node]:
    if test is TRUE:
        return [node for node in nodes if node.entry is not None]
    return [node for node in nodes if (entry := node.entry) is not None and test(node, entry) is True]


class Presenting:
    """Makes the entries that are sent out of the nodes that were found.

    ``dress``, where controls have set it, makes actions of a batch of nodes and the entries made of them.
    """

    __slots__ = ("_selection", "_view", "dress")

    def __init__(self, selection: Selection, view: "View | None") -> None:
        self._selection = selection
        self._view = view
        self.dress: Callable[[list[Node], Encoded], Iterator[Action]] | None = None

    def actions(self, found: Found, limit: int, sent: int = 0) -> Generator[Action, None, int]:
        """Send what is found: ``limit`` entries at most (0: any number), of which ``sent`` have been sent before.

        Gives how many were sent now. Raises LDAPError 4 when there are more.
        """
        left = most = max(limit - sent, 0) if limit else _UNLIMITED
        for batch in found:
            if not isinstance(batch, list):
                yield batch
                continue
            over = len(batch) > left
            if over:
                del batch[left:]
            left -= len(batch)
            if batch:
                if self.dress is None:
                    yield Entries(entries_of(self._selection, batch, self._view))
                else:
                    yield from self.dress(batch, entries_of(self._selection, batch, self._view))
            if over:
                raise LDAPError(ResultCode.SIZE_LIMIT_EXCEEDED)
        return most - left


def entries_of(selection: Selection, nodes: Sequence[Node], view: "View | None") -> Encoded:
    """DN and selected attributes of each node, as ``view`` shows its entry; it must have one."""
    plan_for, carefully = selection.plan, selection.attributes
    encoded: Encoded = []
    parent: Node | None = None
    prefix = b""
    layout = slice_ = None
    for node in nodes:
        entry: Entry = node.entry  # type: ignore[assignment]
        if view is not None:
            entry = view(node, entry)
        if node.parent is not parent:
            parent = node.parent
            prefix = b"" if parent is None else b"," + parent.text
        text = node.text if parent is None else node.rdn.text + prefix  # type: ignore[union-attr]
        if entry.layout is not layout:
            layout = entry.layout
            slice_ = plan_for(layout).slice
        encoded.append((text, entry.attributes[slice_] if slice_ is not None else carefully(node, entry)))
    return encoded
