"""Filters as text (RFC 4515) and back.

``parse`` takes what RFC 4515 allows, with the absolute filters ``(&)`` and ``(|)`` of RFC 4526, and besides what
OpenLDAP's ``ldapsearch`` takes:

* one item without parentheses: ``uid=alice``;
* blanks (space, tab, line feed) behind an opening parenthesis and around the filters of a set: ``( & (uid=alice)
  (cn=x) )``;
* the escapes of RFC 1558, a backslash before ``( ) * \\``;
* octets that aren't UTF-8, in bytes.

Blanks in a value belong to the value. Blanks around an attribute description or around the whole filter are
refused, and so is whatever else ``ldapsearch`` refuses. ``to_text`` writes what RFC 4515 demands; it escapes
control characters as well, so that a filter in a log stays on its line. Neither recurses: ``parse`` has a bound for
the depth, ``to_text`` needs none.
"""

import re

from fakeldapd.protocol.filter_ber import MAX_FILTER_DEPTH
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

_BLANKS = b" \t\n"
_ITEM = re.compile(rb"(?:[^\\()]|\\.)*", re.DOTALL)
_OID = re.compile(rb"[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*")
_DESCRIPTION = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)*)(?:;[A-Za-z0-9-]+)*")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_SETS: dict[int, type[And] | type[Or] | type[Not]] = {0x26: And, 0x7C: Or, 0x21: Not}


class FilterSyntaxError(ValueError):
    """Text that is no filter; ``reason`` says what is wrong and what to do.

    ``position`` counts from 0, in characters of a str and in octets of bytes.
    """

    def __init__(self, text: str | bytes, position: int, reason: str) -> None:
        super().__init__(text, position, reason)
        self.text = text
        self.position = position
        self.reason = reason

    def __str__(self) -> str:
        return f"at position {self.position} of the filter {self.text!r}: {self.reason}"


class _Wrong(Exception):
    """What is wrong, and at which octet."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(offset, reason)
        self.offset = offset
        self.reason = reason


def parse(text: str | bytes, *, max_depth: int = MAX_FILTER_DEPTH) -> Filter:
    """The filter that ``text`` is (RFC 4515 section 3). ``max_depth`` is how many filters may enclose another.

    Raises FilterSyntaxError.
    """
    try:
        octets = text.encode() if isinstance(text, str) else text
    except UnicodeEncodeError as error:
        reason = "not a character: write \\xx for each octet that isn't UTF-8"
        raise FilterSyntaxError(text, error.start, reason) from None
    try:
        if not octets.startswith(b"("):
            return _item(octets, 0, _end_of_item(octets, 0, len(octets)))
        return _nested(octets, max_depth)
    except _Wrong as wrong:
        position = len(octets[: wrong.offset].decode(errors="replace")) if isinstance(text, str) else wrong.offset
        raise FilterSyntaxError(text, position, wrong.reason) from None


def _nested(octets: bytes, max_depth: int) -> Filter:
    """The filter in parentheses."""
    enclosing: list[tuple[type[And] | type[Or] | type[Not], list[Filter]]] = []
    offset = 0
    while True:
        if octets[offset : offset + 1] != b"(":
            raise _Wrong(offset, _wanted(octets, offset))
        offset = _skip_blanks(octets, offset + 1)
        kind = _SETS.get(octets[offset]) if offset < len(octets) else None
        if kind is not None:
            if len(enclosing) == max_depth:
                raise _Wrong(offset, f"more than {max_depth} filters around one another: nest less")
            enclosing.append((kind, []))
            offset = _skip_blanks(octets, offset + 1)
            if kind is Not or octets[offset : offset + 1] != b")":
                continue
        else:
            end = _end_of_item(octets, offset, -1)
            found = _item(octets, offset, end)
            offset = end + 1
            if not enclosing:
                break
            enclosing[-1][1].append(found)
            offset = _skip_blanks(octets, offset)
        while enclosing and octets[offset : offset + 1] == b")":
            kind, filters = enclosing.pop()
            found = And(tuple(filters)) if kind is And else Or(tuple(filters)) if kind is Or else Not(filters[0])
            offset += 1
            if enclosing:
                enclosing[-1][1].append(found)
                offset = _skip_blanks(octets, offset)
        if not enclosing:
            break
        if enclosing[-1][0] is Not and enclosing[-1][1]:
            raise _Wrong(offset, "a negation has one filter: close it with ')'")
    if offset != len(octets):
        raise _Wrong(offset, "the filter ends before this: put several filters into one set, (&(a=b)(c=d))")
    return found


def _wanted(octets: bytes, offset: int) -> str:
    if offset >= len(octets):
        return "the filter ends too soon: is a ')' missing?"
    return "a filter was expected: begin it with '('"


def _skip_blanks(octets: bytes, offset: int) -> int:
    while octets[offset : offset + 1] and octets[offset] in _BLANKS:
        offset += 1
    return offset


def _end_of_item(octets: bytes, offset: int, wanted: int) -> int:
    """Where the item at ``offset`` ends: at ``wanted``, or where that is -1 at a closing parenthesis."""
    match = _ITEM.match(octets, offset)
    end = match.end() if match else offset
    if end == wanted or (wanted < 0 and octets[end : end + 1] == b")"):
        return end
    if end == len(octets):
        raise _Wrong(end, "the filter ends too soon: is a ')' missing?")
    if octets[end] == 0x5C:
        raise _Wrong(end, "a backslash at the end: write it as \\5c")
    character = chr(octets[end])
    if wanted >= 0 and character == ")":
        raise _Wrong(end, "a ')' without its '(': remove it, or write \\29 for one in a value")
    raise _Wrong(end, f"a '{character}' within an item: write \\{octets[end]:02x} for one in a value")


def _item(octets: bytes, start: int, end: int) -> Filter:
    """One item, between these offsets and without its parentheses."""
    equals = octets.find(b"=", start, end)
    if equals < 0:
        raise _Wrong(start, "no '=' in this item: write attribute=value, or attribute=* for any value")
    sign = octets[equals - 1 : equals] if equals > start else b""
    if sign == b":":
        return _extensible(octets, start, equals, end)
    if sign in _COMPARISONS:
        attribute = _description(octets, start, equals - 1)
        return _COMPARISONS[sign](attribute, _single(octets, equals + 1, end))
    attribute = _description(octets, start, equals)
    parts = _value(octets, equals + 1, end)
    if len(parts) == 1:
        return Equality(attribute, parts[0])
    if parts == [b"", b""]:
        return Present(attribute)
    if not all(parts[1:-1]):
        raise _Wrong(equals + 1, "two '*' side by side: leave one out, or write \\2a for one in the value")
    return Substrings(attribute, parts[0] or None, tuple(parts[1:-1]), parts[-1] or None)


_COMPARISONS: dict[bytes, type[GreaterOrEqual] | type[LessOrEqual] | type[Approx]] = {
    b">": GreaterOrEqual,
    b"<": LessOrEqual,
    b"~": Approx,
}


def _extensible(octets: bytes, start: int, equals: int, end: int) -> Extensible:
    name, *rest = octets[start : equals - 1].split(b":")
    attribute = _description(octets, start, start + len(name)) if name else None
    dn_attributes = bool(rest) and rest[0].lower() == b"dn"
    rule = rest[dn_attributes:]
    if len(rule) > 1 or (rule and rule[0] and not _OID.fullmatch(rule[0])):
        reason = "not a matching rule: write attribute:rule:=value, or :dn before the rule and only there"
        raise _Wrong(start + len(name), reason)
    if attribute is None and not any(rule):
        raise _Wrong(start, "neither attribute nor matching rule: name one before ':='")
    return Extensible(rule[0] if any(rule) else None, attribute, _single(octets, equals + 1, end), dn_attributes)


def _description(octets: bytes, start: int, end: int) -> bytes:
    if not _DESCRIPTION.fullmatch(octets, start, end):
        raise _Wrong(start, "not an attribute description: letters, digits and '-', or an OID, then options after ';'")
    return octets[start:end]


def _single(octets: bytes, start: int, end: int) -> bytes:
    """A value that has no substrings."""
    parts = _value(octets, start, end)
    if len(parts) > 1:
        raise _Wrong(octets.index(b"*", start), "a '*' where no substrings can be: write \\2a for one in the value")
    return parts[0]


def _value(octets: bytes, start: int, end: int) -> list[bytes]:
    """What is between the asterisks, escapes resolved."""
    if octets.find(b"\0", start, end) >= 0:
        raise _Wrong(octets.index(b"\0", start), "a NUL: write \\00 for one in a value")
    if octets.find(b"\\", start, end) < 0:
        return octets[start:end].split(b"*")
    parts = [bytearray()]
    offset = start
    while offset < end:
        octet = octets[offset]
        offset += 1
        if octet == 0x2A:
            parts.append(bytearray())
        elif octet != 0x5C:
            parts[-1].append(octet)
        elif offset + 2 <= end and octets[offset] in _HEX and octets[offset + 1] in _HEX:
            parts[-1].append(int(octets[offset : offset + 2], 16))
            offset += 2
        elif octets[offset] in b"()*\\":
            parts[-1].append(octets[offset])
            offset += 1
        else:
            raise _Wrong(offset - 1, "a backslash without two hexadecimal digits: write \\5c for one in a value")
    return [bytes(part) for part in parts]


# --- printing ---------------------------------------------------------------------------------------------------------

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_SPECIAL = re.compile(rb"[\x00-\x1f\x7f()*\\]")


def escape(value: bytes) -> str:
    """``value`` as RFC 4515 section 3 writes it in a filter; what isn't UTF-8 is escaped octet by octet."""
    if value.isalnum():
        return value.decode("ascii")
    text = _SPECIAL.sub(lambda match: b"\\%02x" % match[0][0], value).decode(errors="surrogateescape")
    return text if text.isascii() else _NOT_UTF8.sub(lambda match: f"\\{ord(match[0]) - 0xDC00:02x}", text)


def to_text(filter: Filter) -> str:
    """The text of ``filter``. RFC 4515 has none for Undefined: it is written as slapd logs it, ``(?=undefined)``."""
    written: list[str] = []
    waiting: list[Filter | str] = [filter]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            written.append(each)
        elif isinstance(each, And | Or):
            written.append("(&" if isinstance(each, And) else "(|")
            waiting.append(")")
            waiting += reversed(each.filters)
        elif isinstance(each, Not):
            written.append("(!")
            waiting += (")", each.filter)
        else:
            written.append(f"({_item_text(each)})")
    return "".join(written)


_SIGNS = {Equality: "=", GreaterOrEqual: ">=", LessOrEqual: "<=", Approx: "~="}


def _item_text(item: Filter) -> str:
    if isinstance(item, Equality | GreaterOrEqual | LessOrEqual | Approx):
        return escape(item.attribute) + _SIGNS[type(item)] + escape(item.value)
    if isinstance(item, Present):
        return escape(item.attribute) + "=*"
    if isinstance(item, Substrings):
        parts = (item.initial or b"", *item.any, item.final or b"")
        return escape(item.attribute) + "=" + "*".join([escape(part) for part in parts])
    if isinstance(item, Extensible):
        attribute = "" if item.attribute is None else escape(item.attribute)
        rule = "" if item.rule is None else ":" + escape(item.rule)
        return attribute + (":dn" if item.dn_attributes else "") + rule + ":=" + escape(item.value)
    assert isinstance(item, Undefined)
    return "?=undefined"
