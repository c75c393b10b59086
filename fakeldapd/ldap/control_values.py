"""The control values that python-ldap has libldap encode: paged results, assertion, matched values.

Written with the project's own BER and filters, and with libldap's errors: ENCODING_ERROR and PARAM_ERROR with their
dict for an assertion, FILTER_ERROR without arguments for matched values, DECODING_ERROR without arguments.
"""

import operator
import re
from dataclasses import replace
from typing import NoReturn

from fakeldapd.ldap import errors
from fakeldapd.ldap.descriptions import description
from fakeldapd.protocol import ber
from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.filter_ber import encode_filter
from fakeldapd.protocol.messages import Extensible, Filter

_BLANK = " \t\n"
_ITEM = re.compile(r"((?:[^\\()]|\\.)*)\)", re.DOTALL)
_DN_RULE = re.compile(r"([^:=]*):(dn):=", re.IGNORECASE)


def _octets(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")
    return bytes(value)


def encode_page_control(size: int, cookie: str | bytes) -> bytes:
    """The value of a request for ``size`` entries behind ``cookie`` (RFC 2696 section 2).

    Raises TypeError, and OverflowError for a size of more than 32 bits.
    """
    number = operator.index(size)
    if not -(1 << 31) <= number < 1 << 31:
        raise OverflowError("signed integer is " + ("greater than maximum" if number > 0 else "less than minimum"))
    return ber.element(b"\x30", ber.encode_integer(b"\x02", number) + ber.element(b"\x04", _octets(cookie)))


def decode_page_control(value: str | bytes) -> tuple[int, bytes]:
    """The size and the cookie of a response's value, tags not looked at, as by liblber. Raises DECODING_ERROR."""
    octets = _octets(value)
    try:
        _, offset, _ = ber.header(octets, 0)
        size, offset = ber.integer(octets, offset)
        cookie, offset = ber.octet_string(octets, offset)
        ber.within(octets, offset)
    except IndexError:
        raise errors.DECODING_ERROR from None
    return size, cookie


def encode_assertion_control(filterstr: str) -> bytes:
    """The value of an assertion control (RFC 4528 section 3): one filter.

    Raises ENCODING_ERROR for what is no filter, PARAM_ERROR for the empty text, TypeError.
    """
    _want_str("encode_assertion_control", filterstr)
    if not filterstr:
        _refuse(errors.PARAM_ERROR)
    try:
        return encode_filter(parse(filterstr))
    except FilterSyntaxError:
        _refuse(errors.ENCODING_ERROR)


def _want_str(name: str, value: object) -> None:
    if not isinstance(value, str):
        found = "None" if value is None else type(value).__name__
        raise TypeError(f"{name}() argument 1 must be str, not {found}")


def _refuse(error: type[errors.LDAPError]) -> NoReturn:
    raise error({"result": error.errnum, "desc": description(error.errnum), "ctrls": []}) from None


def encode_valuesreturnfilter_control(filterstr: str) -> bytes:
    """The value of a matched values control (RFC 3876 section 2): simple filters, in parentheses or not.

    Raises FILTER_ERROR for what is none, as for a set or a negation, and TypeError.
    """
    _want_str("encode_valuesreturnfilter_control", filterstr)
    return ber.element(b"\x30", b"".join([encode_filter(item) for item in _items(filterstr)]))


def _items(text: str) -> list[Filter]:
    """The simple filters of ``text``: lists in parentheses nest, and the last one may stand without any."""
    items = []
    depth = offset = 0
    while offset < len(text):
        if text[offset] in (_BLANK if depth else " "):
            offset += 1
        elif text[offset] == "(":
            start = _behind_blanks(text, offset + 1)
            if text[start : start + 1] == "(":
                depth += 1
                offset = start
            else:
                end = _ITEM.match(text, start)
                if end is None:
                    _no_filter()
                items.append(_item(end[1]))
                offset = end.end()
        elif depth and text[offset] == ")":
            depth -= 1
            offset += 1
        elif depth:
            _no_filter()
        else:
            items.append(_item(text[offset:]))
            break
    if depth:
        _no_filter()
    return items


def _behind_blanks(text: str, offset: int) -> int:
    while text[offset : offset + 1] and text[offset] in _BLANK:
        offset += 1
    return offset


def _item(text: str) -> Filter:
    # A SimpleFilterItem has no dnAttributes (RFC 3876): libldap takes "dn" for the matching rule.
    dn_rule = _DN_RULE.match(text)
    if dn_rule:
        text = f"{dn_rule[1]}:1.1:={text[dn_rule.end() :]}"
    try:
        found = parse(text)
    except FilterSyntaxError:
        _no_filter()
    if isinstance(found, Extensible):
        if found.dn_attributes:
            _no_filter()
        return replace(found, rule=dn_rule[2].encode()) if dn_rule else found
    return found


def _no_filter() -> NoReturn:
    raise errors.FILTER_ERROR from None
