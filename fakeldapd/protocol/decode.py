"""Octets to messages (RFC 4511), one pass over one bytes object.

The rules are slapd's: it reads a message as a flat row of elements (see ``ber``), so what stands behind the
elements it wants is junk it doesn't mind, if only that is an element too. Each kind of damage has its own end:

* no message id, or no protocolOp whose length fits: ProtocolError without notice;
* a protocolOp that isn't wanted: notice "unknown LDAP request";
* a broken body: notice "decoding error", or what slapd says of that place ("decoding attrs error", see also
  ``filter_ber``);
* a ModifyRequest whose list of changes is broken is answered, not disconnected: ``UndecodableModifyRequest``;
* behind the body no element, but octets: notice "unexpected data in PDU"; in the controls: notice "decoding
  controls error"; neither for an AbandonRequest, whose connection is closed without a word.

Two things differ. slapd looks at what a search means before it reads on, so a search with two faults, one of
meaning (an invalid DN, scope or alias dereferencing) and one of encoding behind it, is answered there and
disconnected here. And slapd leaves the connection open when it has disconnected an AddRequest.

What a value means (a DN, the value of a control) is not read here.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

from fakeldapd.protocol.ber import (
    BERError,
    find_element,
    header,
    integer,
    octet_string,
    octet_strings,
    optional,
    skip_bad_header,
    within,
)
from fakeldapd.protocol.encode import attribute as encode_attribute
from fakeldapd.protocol.filter_ber import MAX_FILTER_DEPTH, read_filter
from fakeldapd.protocol.messages import (
    AbandonRequest,
    AddRequest,
    AddResponse,
    Attribute,
    BindRequest,
    BindResponse,
    Change,
    CompareRequest,
    CompareResponse,
    Control,
    DeleteRequest,
    DeleteResponse,
    ExtendedRequest,
    ExtendedResponse,
    IntermediateResponse,
    LDAPMessage,
    ModifyDNRequest,
    ModifyDNResponse,
    ModifyRequest,
    ModifyResponse,
    ProtocolOp,
    SaslCredentials,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
    SimpleAuthentication,
    UnbindRequest,
    UndecodableModifyRequest,
    UndecodableResponse,
    UnknownAuthentication,
    UnknownResponse,
)
from fakeldapd.protocol.result import ProtocolError

Reader: TypeAlias = Callable[[bytes, int, int, int], tuple[ProtocolOp, int]]
"""Reads a protocolOp: ``(octets, start, stop, max_filter_depth)`` of its contents to it and the offset behind it."""


def decode_message(octets: bytes, *, max_filter_depth: int = MAX_FILTER_DEPTH) -> LDAPMessage:
    """The one LDAPMessage, request or response, that ``octets`` is. Raises ProtocolError."""
    try:
        tag, start, stop = header(octets, 0)
    except IndexError:
        tag, start, stop = 0, 0, 0
    if tag != 0x30 or stop != len(octets):
        raise ProtocolError("not exactly one LDAPMessage", notice=False)
    return decode_contents(octets, start, READERS, max_filter_depth)


def decode_contents(octets: bytes, offset: int, readers: Mapping[int, Reader], max_filter_depth: int) -> LDAPMessage:
    """The LDAPMessage whose contents are ``octets`` from ``offset`` to the end.

    ``readers`` says which protocolOps are wanted: ``REQUESTS``, ``RESPONSES`` or ``READERS``. Raises ProtocolError.
    """
    try:
        if octets[offset] != 2:
            raise BERError("the message id is no INTEGER")
        message_id, offset = integer(octets, offset)
        tag, start, stop = header(octets, offset)
    except IndexError:
        raise ProtocolError("the message id or the tag of the operation can't be read", notice=False) from None
    reader = readers.get(tag)
    if reader is None:
        raise ProtocolError("unknown LDAP request", notice=True)
    try:
        op, offset = reader(octets, start, stop, max_filter_depth)
        end = len(octets)
        if offset == end:
            return LDAPMessage(message_id, op, (), octets)
        within(octets, offset)
    except IndexError:
        raise ProtocolError("decoding error", notice=True) from None
    # An AbandonRequest has no answer, and slapd gives no notice where its controls are broken.
    return LDAPMessage(message_id, op, _controls(octets, offset, notice=type(op) is not AbandonRequest), octets)


def _controls(octets: bytes, offset: int, *, notice: bool) -> tuple[Control, ...]:
    """The controls in what stands behind the protocolOp: none, if that is another element."""
    try:
        tag, offset, stop = header(octets, offset)
    except IndexError:
        raise ProtocolError("unexpected data in PDU", notice=notice) from None
    if tag != 0xA0:
        return ()
    controls = []
    try:
        while offset < stop and (element := find_element(octets, offset)) is not None:
            oid, offset = octet_string(octets, element[1])
            criticality = 0
            if offset < len(octets) and octets[offset] == 1 and find_element(octets, offset) is not None:
                criticality, offset = integer(octets, offset)
            value, offset = optional(octets, offset, 0x04)
            controls.append(Control(oid, criticality != 0, value))
    except IndexError:
        raise ProtocolError("decoding controls error", notice=notice) from None
    return tuple(controls)


# --- attributes -------------------------------------------------------------------------------------------------------


def attribute(encoded: bytes) -> Attribute:
    """The PartialAttribute (RFC 4511 section 4.1.7) whose encoding is ``encoded``. Raises ProtocolError."""
    try:
        _, offset, _ = header(encoded, 0)
        description, offset = octet_string(encoded, offset)
        values, offset = octet_strings(encoded, offset)
        within(encoded, offset)
    except IndexError:
        raise ProtocolError("not a PartialAttribute", notice=False) from None
    return Attribute(description, values)


def attribute_values(encoded: bytes) -> tuple[bytes, ...]:
    """The values of a PartialAttribute that was encoded here or came in a decoded SearchResultEntry."""
    if encoded[1] > 127:
        return attribute(encoded).values
    offset = encoded[3] + 4
    stop = len(encoded)
    # Everything is shorter than 128 octets from here on: one octet for each tag and each length.
    if encoded[offset + 1] and encoded[offset + 1] == encoded[offset + 3] + 2:
        return (encoded[offset + 4 :],)
    offset += 2
    values = []
    while offset < stop:
        start = offset + 2
        offset = start + encoded[offset + 1]
        values.append(encoded[start:offset])
    return tuple(values)


# --- requests ---------------------------------------------------------------------------------------------------------


def _bind(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    version, offset = integer(octets, start)
    name, offset = octet_string(octets, offset)
    tag, start, offset = header(octets, offset)
    if tag == 0x80:
        return BindRequest(version, name, SimpleAuthentication(octets[start:offset])), offset
    if tag != 0xA3:
        return BindRequest(version, name, UnknownAuthentication(tag)), offset
    mechanism, offset = octet_string(octets, start)
    credentials, offset = optional(octets, offset, 0x04)
    return BindRequest(version, name, SaslCredentials(mechanism, credentials)), offset


def _unbind(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    return UnbindRequest(), len(octets)


_SEARCH_TAGS = b"\x0a\x0a\x02\x02\x01"
_ONE_OCTET_EACH = b"\x01\x01\x01\x01\x01"


def _search(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    base, offset = octet_string(octets, start)
    numbers = octets[offset : offset + 15]
    if numbers[::3] == _SEARCH_TAGS and numbers[1::3] == _ONE_OCTET_EACH and numbers[2::3].isascii():
        scope, deref, size_limit, time_limit, types_only = numbers[2::3]
        offset += 15
    else:
        scope, offset = integer(octets, offset)
        deref, offset = integer(octets, offset)
        size_limit, offset = integer(octets, offset)
        time_limit, offset = integer(octets, offset)
        types_only, offset = integer(octets, offset)
    if offset > len(octets):
        raise BERError("cut off")
    filter_, offset = read_filter(octets, offset, depth)
    try:
        attributes, offset = octet_strings(octets, offset)
    except IndexError:
        raise ProtocolError("decoding attrs error", notice=True) from None
    return SearchRequest(base, scope, deref, size_limit, time_limit, types_only != 0, filter_, attributes), offset


def _modify(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    dn, offset = octet_string(octets, start)
    within(octets, offset)
    listed = find_element(octets, offset)
    if listed is None:
        return ModifyRequest(dn, ()), skip_bad_header(octets, offset)
    _, offset, stop = listed
    changes = []
    try:
        while offset < stop and (element := find_element(octets, offset)) is not None:
            operation, offset = integer(octets, element[1])
            _, offset, _ = header(octets, offset)
            description, offset = octet_string(octets, offset)
            values, offset = octet_strings(octets, offset)
            changes.append(Change(operation, description, values))
    except IndexError:
        return UndecodableModifyRequest(dn, b"decoding modlist error"), len(octets)
    return ModifyRequest(dn, tuple(changes)), offset


_attribute: Callable[[tuple[bytes, tuple[bytes, ...]]], Attribute] = partial(tuple.__new__, Attribute)


def _add(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    dn, offset = octet_string(octets, start)
    within(octets, offset)
    listed = find_element(octets, offset)
    if listed is None:
        return AddRequest(dn, ()), skip_bad_header(octets, offset)
    _, offset, stop = listed
    attributes = []
    end = len(octets)
    while offset < stop:
        start = offset + 2
        if start >= end or octets[offset + 1] > 127 or octets[offset] & 31 == 31 or start + octets[offset + 1] > end:
            element = find_element(octets, offset)
            if element is None:
                break
            start = element[1]
        size = octets[start + 1]
        if size < 128 and octets[start] & 31 != 31:  # ``octet_string``, in place
            offset = start + 2 + size
            description = octets[start + 2 : offset]
        else:
            description, offset = octet_string(octets, start)
        values, offset = octet_strings(octets, offset)
        attributes.append(_attribute((description, values)))
    return AddRequest(dn, tuple(attributes)), offset


def _delete(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    return DeleteRequest(octets[start:stop]), stop


def _modify_dn(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    dn, offset = octet_string(octets, start)
    new_rdn, offset = octet_string(octets, offset)
    delete_old_rdn, offset = integer(octets, offset)
    new_superior, offset = optional(octets, offset, 0x80)
    return ModifyDNRequest(dn, new_rdn, delete_old_rdn != 0, new_superior), offset


def _compare(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    dn, offset = octet_string(octets, start)
    _, offset, _ = header(octets, offset)
    description, offset = octet_string(octets, offset)
    value, offset = octet_string(octets, offset)
    return CompareRequest(dn, description, value), offset


def _abandon(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    if stop - start > 4:
        raise BERError("the message id has more than four octets")
    return AbandonRequest(int.from_bytes(octets[start:stop], "big", signed=True)), stop


def _extended(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    name, offset = octet_string(octets, start)
    value, offset = optional(octets, offset, 0x81)
    return ExtendedRequest(name, value), offset


# --- responses --------------------------------------------------------------------------------------------------------


def _result(octets: bytes, start: int) -> tuple[tuple[int, bytes, bytes, tuple[bytes, ...]], int]:
    """The components of LDAPResult (RFC 4511 section 4.1.9)."""
    code, offset = integer(octets, start)
    matched_dn, offset = octet_string(octets, offset)
    diagnostic, offset = octet_string(octets, offset)
    within(octets, offset)
    referral: tuple[bytes, ...] = ()
    element = find_element(octets, offset)
    if element is not None and element[0] == 0xA3:
        referral, offset = octet_strings(octets, offset)
    return (code, matched_dn, diagnostic, referral), offset


def _response(kind: Callable[[int, bytes, bytes, tuple[bytes, ...]], ProtocolOp]) -> Reader:
    """The reader of a response that is an LDAPResult and no more."""

    def read(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
        result, offset = _result(octets, start)
        return kind(*result), offset

    return read


def _bind_response(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    result, offset = _result(octets, start)
    credentials, offset = optional(octets, offset, 0x87)
    return BindResponse(*result, credentials), offset


def _extended_response(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    result, offset = _result(octets, start)
    name, offset = optional(octets, offset, 0x8A)
    value, offset = optional(octets, offset, 0x8B)
    return ExtendedResponse(*result, name, value), offset


def _search_entry(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    """A SearchResultEntry. Its attributes are read and encoded anew: ``attribute_values`` trusts their form."""
    dn, offset = octet_string(octets, start)
    _, offset, stop = header(octets, offset)
    attributes = []
    while offset < stop:
        _, offset, _ = header(octets, offset)
        description, offset = octet_string(octets, offset)
        values, offset = octet_strings(octets, offset)
        attributes.append(encode_attribute(description, values))
    return SearchResultEntry(dn, tuple(attributes)), offset


def _search_reference(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    uris = []
    offset = start
    while offset < stop:
        uri, offset = octet_string(octets, offset)
        uris.append(uri)
    return SearchResultReference(tuple(uris)), offset


def _intermediate(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
    name, offset = optional(octets, start, 0x80) if start < stop else (None, start)
    value, offset = optional(octets, offset, 0x81) if offset < stop else (None, offset)
    return IntermediateResponse(name, value), offset


REQUESTS: dict[int, Reader] = {
    0x60: _bind,
    0x42: _unbind,
    0x63: _search,
    0x66: _modify,
    0x68: _add,
    0x4A: _delete,
    0x6C: _modify_dn,
    0x6E: _compare,
    0x50: _abandon,
    0x77: _extended,
}
"""The readers of what a server wants to read, by the tag of the protocolOp."""

RESPONSES: dict[int, Reader] = {
    0x61: _bind_response,
    0x64: _search_entry,
    0x65: _response(SearchResultDone),
    0x67: _response(ModifyResponse),
    0x69: _response(AddResponse),
    0x6B: _response(DeleteResponse),
    0x6D: _response(ModifyDNResponse),
    0x6F: _response(CompareResponse),
    0x73: _search_reference,
    0x78: _extended_response,
    0x79: _intermediate,
}
"""The readers of what a client wants to read."""


def _lenient(tag: int) -> Reader:
    """The reader of a response for a client that gets something for every octet string: RFC 4511 section 4.2 and so on
    where it is that, UnknownResponse for another LDAPResult, UndecodableResponse for the rest.
    """
    wanted = RESPONSES.get(tag)

    def read(octets: bytes, start: int, stop: int, depth: int) -> tuple[ProtocolOp, int]:
        try:
            if wanted is not None:
                op, offset = wanted(octets, start, stop, depth)
                within(octets, offset)
                return op, offset
            result, offset = _result(octets, start)
            within(octets, offset)
        except IndexError:
            return UndecodableResponse(tag), len(octets)
        return UnknownResponse(*result, tag), offset

    return read


ANY_RESPONSE: dict[int, Reader] = {tag: _lenient(tag) for tag in range(256)}
"""The same for a client that wants to see broken ones, too, as libldap's do."""

READERS: dict[int, Reader] = REQUESTS | RESPONSES
"""Both."""
