"""Virtual List View (draft-ietf-ldapext-ldapv3-vlv): a window on a sorted list, around a target entry.

The target is named by its position, in a list as long as the client believes it to be, or by the first value of the
sort key that it must have. The list is kept for its connection under a contextID, so that moving the window costs as
much as the window. As in slapd, where this is an overlay, a connection has five lists at most; a sixth is answered with
busy (51), and an unknown contextID begins a new list. A target behind the end shows the last entry at least.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from fakeldapd.operations.controls.row import Row, some_value, with_criticality
from fakeldapd.operations.controls.server_side_sort import SortedNodes
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element, encode_integer, find_element, header, integer, octet_string, within
from fakeldapd.protocol.result import LDAPError, ResultCode

VLV = b"2.16.840.1.113730.3.4.9"
VLV_RESPONSE = b"2.16.840.1.113730.3.4.10"

MOST_LISTS = 5
"""Of one connection: slapd's sssvlv-maxperconn."""

CONTEXT_LENGTH = 8

SORT_CONTROL_MISSING, OFFSET_RANGE_ERROR = 76, 77
"""virtualListViewResult as slapd has it; the draft says 60 and 61."""

_BY_OFFSET, _BY_VALUE, _CONTEXT = 0xA0, 0x81, 0x04


class Window(NamedTuple):
    """What a client wants to see. ``value`` None: the target is number ``offset`` in a list of ``length``."""

    before: int
    after: int
    offset: int
    length: int
    value: bytes | None
    context: bytes


def read(value: bytes | None) -> Window:
    """The control's value. Raises LDAPError 2, without a text where slapd has none."""
    value = some_value("vlv", value)
    try:
        _, offset, _ = header(value, 0)
        before, offset = integer(value, offset)
        after, offset = integer(value, offset)
        tag, start, stop = header(value, offset)
        position = count = 0
        target = None
        if tag == _BY_OFFSET:
            position, offset = integer(value, start)
            count, offset = integer(value, offset)
        elif tag == _BY_VALUE:
            target, offset = value[start:stop], stop
        else:
            raise LDAPError(ResultCode.PROTOCOL_ERROR)
        within(value, offset)
        context = b""
        following = find_element(value, offset)
        if following is not None and following[0] == _CONTEXT:
            context, offset = octet_string(value, offset)
            if len(context) != CONTEXT_LENGTH:
                raise LDAPError(ResultCode.PROTOCOL_ERROR)
    except IndexError:
        raise LDAPError(ResultCode.PROTOCOL_ERROR) from None
    return Window(before, after, position, count, target, context)


ROW = Row(
    "vlv",
    (m.SearchRequest,),
    read,
    take=with_criticality(read, VLV),
    source="draft-ietf-ldapext-ldapv3-vlv section 6",
    shown_by="clients/test_search_controls.py::test_ldapsearch_moves_a_window",
)


@dataclass(slots=True, eq=False)
class View:
    """A list that a client looks at; ``target`` is the position last asked for, counted from 1."""

    sorted: SortedNodes
    context: bytes
    target: int = 0

    def move(self, window: Window) -> slice:
        """Set the target; which nodes the window shows then. Raises ListError."""
        size = len(self.sorted.nodes)
        if not size:
            return slice(0, 0)
        self.target = self._by_offset(window) if window.value is None else self._by_value(window.value)
        position = max(self.target, 1)  # slapd starts from the first where the share of the list comes to less
        first = max(1, min(position - max(window.before, 0), size))
        return slice(first - 1, max(min(position + window.after, size), first - 1 if window.after < 0 else first))

    def _by_offset(self, window: Window) -> int:
        size, offset, count = len(self.sorted.nodes), window.offset, window.length
        if offset == count:
            return size
        if offset == 1:
            return 1
        if count and count != size:
            if offset > count:
                raise ListError(OFFSET_RANGE_ERROR)
            return int(size * offset / count)
        if offset > size:
            raise ListError(OFFSET_RANGE_ERROR)
        return offset

    def _by_value(self, value: bytes) -> int:
        """The first position whose value isn't less (in reverse order: isn't greater), one behind the end for none."""
        key, firsts = self.sorted.key, self.sorted.firsts
        wanted = key.normal(value)
        if wanted is None and value:
            raise ListError(ResultCode.INAPPROPRIATE_MATCHING)
        missing = firsts.count(None)
        present = firsts[missing:] if key.reverse else firsts[: len(firsts) - missing]
        if key.reverse:
            at_most = 0 if wanted is None else bisect_right(present[::-1], wanted)
            return len(firsts) - at_most + 1
        return 1 if wanted is None else bisect_left(present, wanted) + 1

    def response(self, code: int = ResultCode.SUCCESS) -> m.Control:
        """The response control."""
        return response(self.target, len(self.sorted.nodes), code, self.context)


class ListError(Exception):
    """The target can't be found: a virtualListViewResult."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def response(target: int, count: int, code: int, context: bytes = b"") -> m.Control:
    """The response control; ``context`` empty: none."""
    parts = encode_integer(b"\x02", target) + encode_integer(b"\x02", count) + encode_integer(b"\x0a", code)
    return m.Control(VLV_RESPONSE, False, element(b"\x30", parts + (element(b"\x04", context) if context else b"")))
