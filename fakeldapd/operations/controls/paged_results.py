"""Paged Results (RFC 2696): a search that is sent in pages, each asked for by itself.

Between two pages the search is suspended where it stands and kept with its session, so that a page costs as much as its
entries. A connection has one such series, as in slapd: a new one takes the old one's place. The cookie names the series
and the page; one that the connection didn't get last is refused. The size limit counts over the whole series. What has
been deleted, or doesn't match any more when its page comes, is left out.

A page size not less than the size limit asked for makes the control pointless, and it is ignored (RFC 2696 section 3).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.operations.controls.row import Row, some_value
from fakeldapd.operations.controls.server_side_sort import Found, SortedNodes
from fakeldapd.operations.request import Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element, encode_integer, header, integer, octet_string, within
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.search import Finding

PAGED_RESULTS = b"1.2.840.113556.1.4.319"

_COOKIE_LENGTH = 8
_PAGES = 1 << 24  # how many cookies of one series differ in nothing but the page
_COUNTING = (1 << 64) - 1
"""The number that slapd gives to a client whose first page has no size; nothing ever comes of it."""


def read(value: bytes | None) -> tuple[int, bytes]:
    """Page size and cookie: SEQUENCE { size INTEGER, cookie OCTET STRING }. Raises LDAPError 2."""
    value = some_value("paged results", value)
    try:
        size, offset = integer(value, header(value, 0)[1])
        cookie, offset = octet_string(value, offset)
        within(value, offset)
    except IndexError:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "paged results control could not be decoded") from None
    if size < 0:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "paged results control size invalid")
    return size, cookie


ROW = Row(
    "paged results",
    (m.SearchRequest,),
    read,
    source="RFC 2696 section 2",
    shown_by="clients/test_search_controls.py::test_ldapsearch_pages",
)


@dataclass(slots=True, eq=False)
class Series:
    """A suspended search, begun by ``finding``: ``rest`` was found and not sent, ``source`` goes on behind it.

    ``matches`` says whether a node of ``rest`` is still found. ``sent`` counts entries. ``sorted`` has the nodes of a
    search that is sorted. ``number`` is that of the last cookie.
    """

    finding: "Finding"
    source: Found
    matches: Callable[[Node], bool]
    sorted: SortedNodes | None = None
    rest: list[Node] = field(default_factory=list)
    sent: int = 0
    number: int = 0

    def page(self, size: int) -> Found:
        """So many nodes, or what there is left, in batches. ``rest`` isn't empty afterwards if there are more."""
        room = size
        while True:
            rest = self.rest
            while rest:
                found = [node for node in rest[: room or 1] if self.matches(node)]
                if not room and found:
                    return
                del rest[: room or 1]
                room -= len(found)
                if found:
                    yield found
            following = next(self.source, None)
            if following is None:
                return
            if isinstance(following, list):
                self.rest = following
            else:
                yield following


def resume(session: Session, cookie: bytes) -> Series | None:
    """The series that a cookie stands for, taken from the session; None: a new one begins.

    Raises LDAPError 2 for a cookie that isn't this connection's, 53 for an older one of the series.
    """
    if not cookie:
        session.suspended.pop(PAGED_RESULTS, None)
        return None
    number = int.from_bytes(cookie, "little") if len(cookie) == _COOKIE_LENGTH else -1
    kept: Series | None = session.suspended.get(PAGED_RESULTS)
    last = kept.number if kept is not None else 0
    if number == last:
        session.suspended.pop(PAGED_RESULTS, None)
        return kept
    if 0 < number < last and number // _PAGES == last // _PAGES:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "paged results cookie is invalid or old")
    raise LDAPError(ResultCode.PROTOCOL_ERROR, "paged results cookie is invalid")


def suspend(session: Session, series: Series) -> m.Control:
    """Keep the series if there is more of it; the response control with the cookie for that, or the empty one."""
    estimate = len(series.sorted.nodes) - series.sent if series.sorted is not None else 0
    if not series.rest:
        return _response(0, b"")
    if not series.number:
        series.number = int.from_bytes(os.urandom(4), "little") * _PAGES
    series.number += 1
    session.suspended[PAGED_RESULTS] = series
    return _response(max(estimate, 0), series.number.to_bytes(_COOKIE_LENGTH, "little"))


def counted(session: Session, finding: "Finding", found: SortedNodes | None, count: int) -> m.Control:
    """The answer to a first page without size: how many entries there are (``count``), where a search is sorted.

    slapd's: a cookie that begins anew where it has sorted, otherwise one of which nothing comes.
    """
    if not count:
        return _response(0, b"")
    if found is not None:
        return _response(count, bytes(_COOKIE_LENGTH))
    session.suspended[PAGED_RESULTS] = Series(finding, iter(()), finding.still_matches, number=_COUNTING)
    return _response(0, _COUNTING.to_bytes(_COOKIE_LENGTH, "little"))


def is_counting(series: Series) -> bool:
    """Whether the series is one of which nothing comes."""
    return series.number == _COUNTING


def _response(size: int, cookie: bytes) -> m.Control:
    return m.Control(PAGED_RESULTS, False, element(b"\x30", encode_integer(b"\x02", size) + element(b"\x04", cookie)))
