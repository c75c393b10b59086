"""What controls make of a search: stages between the nodes that are found and the entries that are sent.

    found -> [sort -> [window of a list]] -> [page] -> presented, with [matched values] and [dereferenced attributes]

A stage takes batches of nodes and gives batches of nodes; what else comes along (pauses, references) passes through. A
search without these controls never comes here.
"""

import os
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.dit import Node
from fakeldapd.directory.evaluate import Setting
from fakeldapd.operations.controls import paged_results, virtual_list_view
from fakeldapd.operations.controls.deref import DEREF, Dereferencing
from fakeldapd.operations.controls.matched_values import MATCHED_VALUES, MatchedValues
from fakeldapd.operations.controls.paged_results import PAGED_RESULTS, Series
from fakeldapd.operations.controls.server_side_sort import MOST_KEYS, SORT, SORTED, Found, SortedNodes, sort, sort_keys
from fakeldapd.operations.controls.virtual_list_view import VLV, ListError, View, Window
from fakeldapd.operations.request import Action, Entries, Request, Response
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory
    from fakeldapd.operations.search import Finding, Presenting

STAGED = frozenset((PAGED_RESULTS, SORT, VLV, MATCHED_VALUES, DEREF))
"""The controls that are stages."""

_OF_OVERLAYS = (SORT, VLV, DEREF)
"""In slapd these belong to overlays of databases, and there is none around the root DSE and the subschema."""

_STEP = 128

Encoded = list[tuple[bytes, tuple[bytes, ...]]]


class Stages:
    """The stages of one search. Raises LDAPError 2, 16, 18 for controls that ask for what there isn't."""

    def __init__(self, directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> None:
        self._request = request
        self._session = session = request.session
        self._critical = any(oid in controls and controls[oid][0] for oid in _OF_OVERLAYS)
        asked = controls.get(SORT)
        self._keys = sort_keys(directory, session, asked[1]) if asked is not None else []
        self._window: Window | None = controls[VLV][1] if VLV in controls else None
        self._paged: tuple[int, bytes] | None = controls.get(PAGED_RESULTS)
        self._size_limit = cast(m.SearchRequest, request.op).size_limit
        if self._paged is not None and 0 < self._size_limit <= self._paged[0]:
            self._paged = None
        self._limits = directory.limits_for(session)
        dereferencing = Dereferencing(directory, session, controls[DEREF]) if DEREF in controls else None
        self._deref = dereferencing if dereferencing is not None and dereferencing.specifications else None
        types_only = cast(m.SearchRequest, request.op).types_only
        filters = None if types_only else controls.get(MATCHED_VALUES)
        self._setting = Setting(directory.schema, directory.dit.find)
        self.matched = MatchedValues(self._setting, filters) if filters else None
        self.diagnostic = self._setting.diagnostic

    def check(self) -> None:
        """What slapd says before it looks for the base. Raises LDAPError 11, 51, 53, 76."""
        if self._paged is not None:
            size, cookie = self._paged
            series: Series | None = self._session.suspended.get(PAGED_RESULTS) if cookie else None
            self._limits.check_page(self._size_limit, size, series.sent if series is not None else 0)
        if len(self._keys) > MOST_KEYS:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "Too many sort keys")
        if self._window is None:
            return
        if not self._keys:
            code = virtual_list_view.SORT_CONTROL_MISSING
            self._request.response_controls = (virtual_list_view.response(0, 0, code),)
            raise LDAPError(ResultCode.VLV_ERROR, "Sort control is required with VLV")
        if self._paged is not None:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "VLV incompatible with PagedResults")
        views = self._session.suspended.get(VLV, {})
        if self._window.context not in views and len(views) >= virtual_list_view.MOST_LISTS:
            raise LDAPError(ResultCode.BUSY, "Other sort requests already in progress")

    def check_virtual(self) -> None:
        """Raise LDAPError 12 where a critical control has no place, since the base is in no naming context."""
        if self._critical:
            raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical control unavailable in context")

    def actions(self, finding: "Finding", presenting: "Presenting") -> Iterator[Action]:
        """The search from what ``finding`` finds to what ``presenting`` makes of it, and the controls for its end."""
        if self.matched is not None or self._deref is not None:
            presenting.dress = self._dress
        if self._paged is not None:
            yield from self._page(finding, presenting, *self._paged)
            return
        if not self._keys:
            yield from presenting.actions(finding.batches(), finding.size_limit)
        elif self._window is None:
            found = yield from self._sorted(finding)
            yield from presenting.actions(_in_steps(finding, found.nodes), finding.size_limit)
            self._request.response_controls = (SORTED,)
        else:
            yield from self._view(finding, presenting, self._window)

    def _sorted(self, finding: "Finding") -> Generator[Action, None, SortedNodes]:
        for action in sort(self._keys, finding.batches()):
            if isinstance(action, SortedNodes):
                return action
            yield action
        raise AssertionError("sorting gives what it has sorted")

    def _view(self, finding: "Finding", presenting: "Presenting", window: Window) -> Iterator[Action]:
        views: dict[bytes, View] = self._session.suspended.setdefault(VLV, {})
        view = views.get(window.context)
        if view is None:
            found = yield from self._sorted(finding)
            view = View(found, os.urandom(virtual_list_view.CONTEXT_LENGTH))
            if found.nodes:
                views[view.context] = view
        try:
            shown = view.move(window)
        except ListError as error:
            self._request.response_controls = (view.response(error.code),)
            raise LDAPError(ResultCode.VLV_ERROR) from None
        yield from presenting.actions(_in_steps(finding, view.sorted.nodes[shown]), finding.size_limit)
        self._request.response_controls = (SORTED, view.response())

    def _page(self, finding: "Finding", presenting: "Presenting", size: int, cookie: bytes) -> Iterator[Action]:
        series = paged_results.resume(self._session, cookie)
        if series is not None:
            series.finding.deadline = finding.deadline
        if series is None:
            found = (yield from self._sorted(finding)) if self._keys else None
            if not size:
                count = len(found.nodes) if found is not None else (yield from _any(finding))
                self._answer(paged_results.counted(self._session, finding, found, count), found)
                return
            series = _series(finding, found)
        elif not size:
            self.diagnostic = "search abandoned by pagedResult size=0"
            return
        elif paged_results.is_counting(series):
            self._answer(paged_results.counted(self._session, finding, None, 1), None)
            return
        size_limit = self._limits.for_pages(self._size_limit)
        series.sent += yield from presenting.actions(series.page(size), size_limit, series.sent)
        self._answer(paged_results.suspend(self._session, series), series.sorted)

    def _answer(self, control: m.Control, found: SortedNodes | None) -> None:
        self._request.response_controls = (SORTED, control) if found is not None and self._keys else (control,)

    def _dress(self, nodes: list[Node], entries: Encoded) -> Iterator[Action]:
        """The entries with what controls take from them and add to them."""
        plain: Encoded = []
        for node, (dn, attributes) in zip(nodes, entries, strict=True):
            if self.matched is not None:
                attributes = self.matched.attributes(attributes)
            control = self._deref.control(node) if self._deref is not None else None
            if control is None:
                plain.append((dn, attributes))
                continue
            if plain:
                yield Entries(plain)
                plain = []
            yield Response(m.SearchResultEntry(dn, attributes), (control,))
        if plain:
            yield Entries(plain)


def _series(finding: "Finding", found: SortedNodes | None) -> Series:
    if found is None:
        return Series(finding, finding.batches(), finding.still_matches)
    found.firsts.clear()
    return Series(finding, _in_steps(finding, found.nodes), lambda node: node.entry is not None, found)


def _any(finding: "Finding") -> Generator[Action, None, int]:
    """1 if the search finds something, 0 if it doesn't."""
    for batch in finding.batches():
        if isinstance(batch, list):
            if batch:
                return 1
        else:  # a reference before that is sent, as in slapd
            yield batch
    return 0


def _in_steps(finding: "Finding", nodes: list[Node]) -> Found:
    """The nodes that still have entries, some at a time, with pauses between."""
    for start in range(0, len(nodes), _STEP):
        yield [node for node in nodes[start : start + _STEP] if node.entry is not None]
        yield from finding.pause()
