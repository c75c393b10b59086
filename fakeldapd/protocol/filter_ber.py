"""Filters as octets (RFC 4511 section 4.5.1.7), read and written. For filters as text see ``filter``.

Reading follows slapd (see ``decode`` and ``ber``): a choice that no RFC knows and a substrings filter that breaks
the rules become ``Undefined``, and reading goes on behind what was understood of them; a set ends where no element
is. Neither direction recurses, so no depth of nesting can exhaust the stack; reading has a bound for the depth
nevertheless, slapd's.
"""

from collections.abc import Callable

from fakeldapd.protocol.ber import (
    BERError,
    element,
    elements,
    find_element,
    header,
    integer,
    octet_string,
    optional,
    skip_bad_header,
    within,
)
from fakeldapd.protocol.messages import (
    And,
    Approx,
    Equality,
    Extensible,
    Filter,
    GreaterOrEqual,
    LessOrEqual,
    Not,
    Or,
    Present,
    Substrings,
    Undefined,
)
from fakeldapd.protocol.result import ProtocolError

MAX_FILTER_DEPTH = 1000
"""How many filters may enclose another: slapd's bound."""

_Enclosing = type[And] | type[Or] | type[Not]

_ENCLOSING: dict[int, _Enclosing] = {0xA0: And, 0xA1: Or, 0xA2: Not}
_ASSERTIONS: dict[int, type[Equality] | type[GreaterOrEqual] | type[LessOrEqual] | type[Approx]] = {
    0xA3: Equality,
    0xA5: GreaterOrEqual,
    0xA6: LessOrEqual,
    0xA8: Approx,
}


def decode_filter(octets: bytes, *, max_filter_depth: int = MAX_FILTER_DEPTH) -> Filter:
    """The filter at the start of ``octets``, as in the value of an assertion control (RFC 4528). Raises ProtocolError.

    What stands behind it is not looked at, as slapd doesn't.
    """
    return read_filter(octets, 0, max_filter_depth)[0]


def read_filter(octets: bytes, offset: int, max_depth: int) -> tuple[Filter, int]:
    """The filter at ``offset`` and the offset behind it; ``max_depth`` is how many filters may enclose another.

    Raises ProtocolError with slapd's text.
    """
    outer: list[tuple[_Enclosing | None, int, list[Filter]]] = []  # the sets around the one that is being read
    kind: _Enclosing | None = None
    filters: list[Filter] = []
    last, end = 0, len(octets)
    found: Filter | None
    while True:
        try:
            tag, size, start = octets[offset], octets[offset + 1], offset + 2
            if size > 127 or tag & 31 == 31 or (stop := start + size) > end:
                tag, start, stop = header(octets, offset)
        except IndexError:
            if kind is None or kind is Not:
                raise ProtocolError("error decoding filter", notice=True) from None
            found = None
        else:
            if (assertion := _ASSERTIONS.get(tag)) is not None:
                # Almost every item of a filter: two short octet strings that fill it. Anything else takes the long way.
                if (
                    stop - start > 4
                    and octets[start] == 4
                    and (size := octets[start + 1]) < 128
                    and (value := start + 2 + size) + 2 <= stop
                    and octets[value] == 4
                    and (size := octets[value + 1]) < 128
                    and value + 2 + size == stop
                ):
                    found, offset = assertion(octets[start + 2 : value], octets[value + 2 : stop]), stop
                else:
                    found, offset = _assertion(octets, start, tag)
            elif (inner := _ENCLOSING.get(tag)) is None:
                found, offset = _OTHER_ITEMS.get(tag, _unknown)(octets, start, stop, tag)
            elif start < stop or inner is Not:
                outer.append((kind, last, filters))
                if len(outer) > max_depth:
                    raise ProtocolError("filter nested too deeply", notice=True)
                kind, last, filters, offset = inner, stop, [], start
                continue
            else:
                found, offset = _enclose(inner, []), start
        while kind is not None:
            if found is not None:
                filters.append(found)
                if kind is not Not and offset < last:
                    break
            found = _enclose(kind, filters)
            kind, last, filters = outer.pop()
        else:
            assert found is not None
            return found, offset


def _enclose(kind: _Enclosing, filters: list[Filter]) -> Filter:
    if kind is And:
        return And(tuple(filters))
    return Or(tuple(filters)) if kind is Or else Not(filters[0])


def _assertion(octets: bytes, offset: int, tag: int) -> tuple[Filter, int]:
    """An AttributeValueAssertion with the meaning that ``tag`` gives it."""
    try:
        description, offset = octet_string(octets, offset)
        value, offset = octet_string(octets, offset)
        if offset > len(octets):
            raise BERError("cut off")
    except IndexError:
        raise ProtocolError("Error decoding attribute value assertion", notice=True) from None
    return _ASSERTIONS[tag](description, value), offset


def _present(octets: bytes, start: int, stop: int, tag: int) -> tuple[Filter, int]:
    return Present(octets[start:stop]), stop


def _unknown(octets: bytes, start: int, stop: int, tag: int) -> tuple[Filter, int]:
    return Undefined(tag), stop


def _substrings(octets: bytes, start: int, stop: int, tag: int) -> tuple[Filter, int]:
    """A SubstringFilter. One that breaks the rules is Undefined; reading goes on behind the component that does."""
    try:
        description, offset = octet_string(octets, start)
        within(octets, offset)
    except IndexError:
        raise ProtocolError("error decoding filter", notice=True) from None
    components = find_element(octets, offset)
    if components is None:
        return Undefined(tag), skip_bad_header(octets, offset)
    _, offset, stop = components
    initial, final = None, None
    middle: list[bytes] = []
    while offset < stop and (component := find_element(octets, offset)) is not None:
        place, start, offset = component
        part = octets[start:offset]
        if not part or final is not None:
            return Undefined(tag), offset
        if place == 0x81:
            middle.append(part)
        elif place == 0x82:
            final = part
        elif place == 0x80 and initial is None and not middle:
            initial = part
        else:
            return Undefined(tag), offset
    if initial is None and not middle and final is None:
        return Undefined(tag), offset
    return Substrings(description, initial, tuple(middle), final), offset


def _extensible(octets: bytes, start: int, stop: int, tag: int) -> tuple[Filter, int]:
    """A MatchingRuleAssertion: its parts in the order of RFC 4511."""
    text = "Error parsing matching rule assertion"
    try:
        header(octets, start)
        rule, offset = optional(octets, start, 0x81)
        header(octets, offset)
        description, offset = optional(octets, offset, 0x82)
        header(octets, offset)
        value, offset = optional(octets, offset, 0x83)
        if value is None:
            text = "Missing value in matching rule assertion"
            raise BERError(text)
        dn_attributes = 0
        last = find_element(octets, offset)
        if last is not None and last[0] == 0x84:
            text = "Error decoding dnattrs matching rule assertion"
            dn_attributes, offset = integer(octets, offset)
    except IndexError:
        raise ProtocolError(text, notice=True) from None
    return Extensible(rule, description, value, dn_attributes != 0), offset


_OTHER_ITEMS = {0x87: _present, 0xA4: _substrings, 0xA9: _extensible}


# --- writing ----------------------------------------------------------------------------------------------------------


def encode_filter(filter: Filter) -> bytes:
    """A Filter. It may be nested to any depth."""
    if not isinstance(filter, And | Or | Not):
        return _WRITERS[type(filter)](filter)
    # What is to be written waits here; a filter that encloses others leaves a mark that folds them when they are done.
    written: list[bytes] = []
    waiting: list[tuple[bytes, int] | Filter] = [filter]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple):
            tag, start = each
            written[start:] = [element(tag, b"".join(written[start:]))]
        elif isinstance(each, Not):
            waiting += ((b"\xa2", len(written)), each.filter)
        elif isinstance(each, And | Or):
            waiting.append((b"\xa0" if isinstance(each, And) else b"\xa1", len(written)))
            waiting += reversed(each.filters)
        else:
            written.append(_WRITERS[type(each)](each))
    return written[0]


def _write_assertion(tag: bytes) -> Callable[[Equality | GreaterOrEqual | LessOrEqual | Approx], bytes]:
    def write(item: Equality | GreaterOrEqual | LessOrEqual | Approx) -> bytes:
        return element(tag, element(b"\x04", item.attribute) + element(b"\x04", item.value))

    return write


def _write_substrings(item: Substrings) -> bytes:
    components = elements(b"\x81", item.any)
    if item.initial is not None:
        components = element(b"\x80", item.initial) + components
    if item.final is not None:
        components += element(b"\x82", item.final)
    return element(b"\xa4", element(b"\x04", item.attribute) + element(b"\x30", components))


def _write_present(item: Present) -> bytes:
    return element(b"\x87", item.attribute)


def _write_extensible(item: Extensible) -> bytes:
    parts = b"" if item.rule is None else element(b"\x81", item.rule)
    if item.attribute is not None:
        parts += element(b"\x82", item.attribute)
    parts += element(b"\x83", item.value)
    return element(b"\xa9", parts + b"\x84\x01\xff" if item.dn_attributes else parts)


def _write_undefined(item: Undefined) -> bytes:
    """An empty element of this choice; for substrings an empty list of them, which is as undefined."""
    if item.tag == 0xA4:
        return b"\xa4\x04\x04\x00\x30\x00"
    return element(item.tag.to_bytes((item.tag.bit_length() + 7) >> 3 or 1, "big"), b"")


_WRITERS: dict[type, Callable[..., bytes]] = {
    Equality: _write_assertion(b"\xa3"),
    Substrings: _write_substrings,
    GreaterOrEqual: _write_assertion(b"\xa5"),
    LessOrEqual: _write_assertion(b"\xa6"),
    Present: _write_present,
    Approx: _write_assertion(b"\xa8"),
    Extensible: _write_extensible,
    Undefined: _write_undefined,
}
