"""Server Side Sorting (RFC 2891): the entries of a search in the order of their values.

An entry counts by the least of an attribute's values, and one without the attribute comes last, or first in reverse
order. Attributes are taken by exactly their description and as they are stored. Entries that are equal stay in the
order in which they were found. As in slapd (where this is an overlay) any matching rule may be named, and a named one
orders the values as the attribute's equality rule has normalised them: an ordering rule by their contents, an equality
rule by their length first. References are not sent. Unlike in slapd an attribute that the client may not search counts
as absent, so that the order tells nothing of it.
"""

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from fakeldapd.directory.dit import Node
from fakeldapd.directory.evaluate import Guard
from fakeldapd.operations.access import Level
from fakeldapd.operations.controls.row import Row, some_value, with_criticality
from fakeldapd.operations.request import Action, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element as encode_element
from fakeldapd.protocol.ber import encode_integer, find_element, header, integer, octet_string, optional, within
from fakeldapd.protocol.decode import attribute_values
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.elements import AttributeDescription, AttributeType, MatchingRule

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

SORT = b"1.2.840.113556.1.4.473"
SORT_RESPONSE = b"1.2.840.113556.1.4.474"

MOST_KEYS = 5
"""slapd's sssvlv-maxkeys."""

SORTED = m.Control(SORT_RESPONSE, False, encode_element(b"\x30", encode_integer(b"\x0a", ResultCode.SUCCESS)))

_SEQUENCE, _RULE, _REVERSE = 0x30, 0x80, 0x81


class AskedKey(NamedTuple):
    """One key as the client sent it."""

    attribute: bytes
    rule: bytes | None
    reverse: bool


def _undecodable(what: str) -> LDAPError:
    return LDAPError(ResultCode.PROTOCOL_ERROR, f"serverSort control: {what}decoding error")


def read(value: bytes | None) -> tuple[AskedKey, ...]:
    """The keys: SEQUENCE OF SEQUENCE { attributeType, orderingRule [0] OPTIONAL, reverseOrder [1] }.

    Raises LDAPError 2. As in slapd the list ends where no SEQUENCE is, and what is left over in a key is read as the
    next one.
    """
    value = some_value("sorted results", value)
    outer = find_element(value, 0)
    if outer is None:
        raise _undecodable("")
    _, start, stop = outer
    end, count = start, 0
    while end < stop and (each := find_element(value, end)) is not None and each[0] == _SEQUENCE:
        end, count = each[2], count + 1
    if not count:
        raise _undecodable("")
    value, offset = value[:end], start
    found: list[AskedKey] = []
    while offset < end and (not found or find_element(value, offset) is not None):
        key, offset = _read_key(value, offset)
        found.append(key)
    return tuple(found[:count])


def _read_key(value: bytes, offset: int) -> tuple[AskedKey, int]:
    doing = ""
    try:
        _, offset, _ = header(value, offset)
        doing = "attribute "
        name, offset = octet_string(value, offset)
        within(value, offset)
        rule, offset = optional(value, offset, _RULE)
        reverse = 0
        following = find_element(value, offset)
        if following is not None and following[0] == _REVERSE:
            doing = "reverse "
            reverse, offset = integer(value, offset)
    except IndexError:
        raise _undecodable(doing) from None
    return AskedKey(name, rule, reverse != 0), offset


ROW = Row(
    "sorted results",
    (m.SearchRequest,),
    read,
    take=with_criticality(read, SORT),
    source="RFC 2891 section 1",
    shown_by="clients/test_search_controls.py::test_ldapsearch_sorts",
)


class SortKey:
    """One key under a schema, for one session."""

    __slots__ = ("description", "guard", "normal", "reverse")

    def __init__(
        self, description: AttributeDescription, rule: MatchingRule, reverse: bool, guard: Guard | None
    ) -> None:
        self.description = description
        self.normal = sort_form(description.type, rule)
        self.reverse = reverse
        self.guard = guard

    def value(self, node: Node) -> Any:
        """What a node's entry counts by; None where it has no such value."""
        entry = node.entry
        assert entry is not None
        position = entry.layout.index.get(self.description)
        if position is None or (self.guard is not None and not self.guard(node, entry)):
            return None
        values = attribute_values(entry.attributes[position])
        if len(values) == 1:
            return self.normal(values[0])
        return min([normal for value in values if (normal := self.normal(value)) is not None], default=None)


def sort_form(attribute_type: AttributeType, rule: MatchingRule) -> Callable[[bytes], Any]:
    """From a value to what compares with ``<`` as slapd orders values of the type under a rule; None for no value."""
    own = rule is attribute_type.ordering or attribute_type.equality is None
    normalise = rule.normalise if own or attribute_type.equality is None else attribute_type.equality.normalise
    if rule.kind == "substrings":
        return lambda value: 0
    by_length = rule.kind == "equality"

    def form(value: bytes) -> Any:
        normal = normalise(value)
        if isinstance(normal, bytes):
            return (len(normal), normal) if by_length else normal
        return normal if isinstance(normal, int) else None

    return form


def sort_keys(directory: "Directory", session: Session, asked: tuple[AskedKey, ...]) -> list[SortKey]:
    """The keys understood. Raises LDAPError 16 for an unknown attribute, 18 where there is no rule to sort by."""
    schema, keys = directory.schema, []
    for name, rule_name, reverse in asked:
        description = schema.find(name)
        if description is None:
            text = "serverSort control: Unrecognized attribute type in sort key"
            raise LDAPError(ResultCode.NO_SUCH_ATTRIBUTE, text)
        rule = description.type.ordering if rule_name is None else schema.matching_rule(rule_name)
        if rule is None:
            raise LDAPError(ResultCode.INAPPROPRIATE_MATCHING, "serverSort control: No ordering rule")
        guard = None if session.is_admin else directory.access.guard(session, description.type, Level.SEARCH)
        keys.append(SortKey(description, rule, reverse, guard))
    return keys


class SortedNodes:
    """What a search found, in order. ``firsts`` are the nodes' values of the first key."""

    __slots__ = ("firsts", "key", "nodes")

    def __init__(self, key: SortKey, rows: list[tuple[Any, ...]]) -> None:
        self.key = key
        self.nodes: list[Node] = [row[-1] for row in rows]
        self.firsts = [row[0] for row in rows]


Found = Iterator[list[Node] | Action]
"""Nodes found, in batches, and between them what else is to be done: pauses, references."""


def sort(keys: list[SortKey], found: Found) -> Iterator[Action | SortedNodes]:
    """Take in everything that is found; the last thing given is the SortedNodes."""
    rows: list[tuple[Any, ...]] = []
    single = keys[0].value if len(keys) == 1 else None
    for batch in found:
        if isinstance(batch, list):
            if single is not None:
                rows += [(single(node), node) for node in batch]
            else:
                rows += [(*[key.value(node) for key in keys], node) for node in batch]
        elif not isinstance(batch, Response):
            yield batch
    for position in reversed(range(len(keys))):  # sorting is stable: the most important key comes last
        value, reverse = itemgetter(position), keys[position].reverse
        present = [row for row in rows if row[position] is not None]
        missing = [row for row in rows if row[position] is None] if len(present) < len(rows) else []
        present.sort(key=value, reverse=reverse)
        rows = missing + present if reverse else present + missing
    yield SortedNodes(keys[0], rows)
