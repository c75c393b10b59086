"""Messages to octets (RFC 4511): every request and every response, in the shortest definite-length form.

What a busy server sends most is ready made: a success without text is a constant for each response, and a
SearchResultEntry is joined from attributes that are encoded already. Nothing is checked here: whoever builds a
message with a value that LDAP doesn't allow (a negative limit, say) wants it sent.
"""

from collections.abc import Callable, Iterable, Sequence

from fakeldapd.protocol.ber import OCTET, element, elements, encode_integer, length
from fakeldapd.protocol.filter_ber import encode_filter
from fakeldapd.protocol.messages import (
    NOTICE_OF_DISCONNECTION,
    AbandonRequest,
    AddRequest,
    AddResponse,
    BindRequest,
    BindResponse,
    CompareRequest,
    CompareResponse,
    Control,
    DeleteRequest,
    DeleteResponse,
    ExtendedRequest,
    ExtendedResponse,
    IntermediateResponse,
    LDAPResult,
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
)

_INTEGER, _OCTET_STRING, _ENUMERATED, _SEQUENCE, _SET = b"\x02", b"\x04", b"\x0a", b"\x30", b"\x31"
_TRUE, _FALSE = b"\x01\x01\xff", b"\x01\x01\x00"


def octet_string(value: bytes) -> bytes:
    """``value`` as an OCTET STRING."""
    number = len(value)
    return (b"\x04" + OCTET[number] if number < 128 else b"\x04" + length(number)) + value


def attribute(description: bytes, values: Iterable[bytes]) -> bytes:
    """A PartialAttribute (RFC 4511 section 4.1.7)."""
    return attribute_from(octet_string(description), tuple(values))


def attribute_from(header: bytes, values: Sequence[bytes]) -> bytes:
    """A PartialAttribute whose description is encoded already: ``header`` is ``octet_string(description)``."""
    if len(values) == 1:
        value = values[0]
        size = len(value)
        total = len(header) + size + 4
        if total < 128:
            return b"".join((b"0", OCTET[total], header, b"1", OCTET[size + 2], b"\x04", OCTET[size], value))
    encoded = b"".join([b"\x04" + (OCTET[len(v)] if len(v) < 128 else length(len(v))) + v for v in values])
    number = len(encoded)
    total = len(header) + number + 2
    if total < 128:
        return b"0" + OCTET[total] + header + b"1" + OCTET[number] + encoded
    return element(_SEQUENCE, header + element(_SET, encoded))


def notice_of_disconnection(code: int, diagnostic: str = "") -> bytes:
    """The Notice of Disconnection (RFC 4511 section 4.4.1), a whole message; its sender closes the connection then."""
    return encode_message(0, ExtendedResponse(code, b"", diagnostic.encode(), (), NOTICE_OF_DISCONNECTION))


def encode_message(message_id: int, op: ProtocolOp, controls: tuple[Control, ...] = ()) -> bytes:
    """The LDAPMessage (RFC 4511 section 4.1.1)."""
    body = WRITERS[type(op)](op)
    if controls:
        body += element(b"\xa0", b"".join([control(each) for each in controls]))
    identifier = encode_integer(_INTEGER, message_id)
    number = len(identifier) + len(body)
    return b"0" + (OCTET[number] if number < 128 else length(number)) + identifier + body


def encode_entries(message_id: int, entries: Sequence[tuple[bytes, tuple[bytes, ...]]]) -> bytes:
    """A SearchResultEntry message (RFC 4511 section 4.5.2) for each DN with its encoded attributes, in a row."""
    identifier = encode_integer(_INTEGER, message_id)
    parts: list[bytes] = []
    known: dict[int, bytes] = {}  # entries of one answer often have the same size
    for dn, encoded in entries:
        attributes = encoded[0] if len(encoded) == 1 else b"".join(encoded)
        name, rest = len(dn), len(attributes)
        before_name = _BEFORE_NAME[name] if name < 256 else b"\x04" + length(name)
        before_rest = _BEFORE_REST[rest] if rest < 2048 else b"0" + length(rest)
        size = len(before_name) + name + len(before_rest) + rest
        before = known.get(size)
        if before is None:
            before = known[size] = _before_entry(identifier, size)
        parts += (before, before_name, dn, before_rest, attributes)
    return b"".join(parts)


_BEFORE_NAME = tuple(b"\x04" + length(number) for number in range(256))
_BEFORE_REST = tuple(b"0" + length(number) for number in range(2048))
_BEFORE_ENTRY = tuple(b"d" + length(number) for number in range(2048))


def _before_entry(identifier: bytes, size: int) -> bytes:
    """What stands before the contents of a SearchResultEntry: of the message, its id, of the entry."""
    inner = identifier + (_BEFORE_ENTRY[size] if size < 2048 else b"d" + length(size))
    size += len(inner)
    return (_BEFORE_REST[size] if size < 2048 else b"0" + length(size)) + inner


def control(value: Control) -> bytes:
    """One Control (RFC 4511 section 4.1.11); a criticality of FALSE is left out, being the default."""
    parts = octet_string(value.oid)
    if value.criticality:
        parts += _TRUE
    if value.value is not None:
        parts += octet_string(value.value)
    return element(_SEQUENCE, parts)


# --- requests ---------------------------------------------------------------------------------------------------------


def _optional(tag: bytes, value: bytes | None) -> bytes:
    return b"" if value is None else element(tag, value)


def _bind(op: BindRequest) -> bytes:
    choice = op.authentication
    if isinstance(choice, SimpleAuthentication):
        encoded = element(b"\x80", choice.password)
    elif isinstance(choice, SaslCredentials):
        encoded = element(b"\xa3", octet_string(choice.mechanism) + _optional(_OCTET_STRING, choice.credentials))
    else:
        encoded = element(choice.tag.to_bytes((choice.tag.bit_length() + 7) >> 3 or 1, "big"), b"")
    return element(b"\x60", encode_integer(_INTEGER, op.version) + octet_string(op.name) + encoded)


def _unbind(op: UnbindRequest) -> bytes:
    return b"\x42\x00"


def _search(op: SearchRequest) -> bytes:
    return element(
        b"\x63",
        octet_string(op.base)
        + encode_integer(_ENUMERATED, op.scope)
        + encode_integer(_ENUMERATED, op.deref)
        + encode_integer(_INTEGER, op.size_limit)
        + encode_integer(_INTEGER, op.time_limit)
        + (_TRUE if op.types_only else _FALSE)
        + encode_filter(op.filter)
        + element(_SEQUENCE, elements(_OCTET_STRING, op.attributes)),
    )


def _modify(op: ModifyRequest) -> bytes:
    changes = [
        element(_SEQUENCE, encode_integer(_ENUMERATED, operation) + attribute(description, values))
        for operation, description, values in op.changes
    ]
    return element(b"\x66", octet_string(op.dn) + element(_SEQUENCE, b"".join(changes)))


def _undecodable_modify(op: UndecodableModifyRequest) -> bytes:
    """One with an empty change."""
    return element(b"\x66", octet_string(op.dn) + b"\x30\x02\x30\x00")


def _add(op: AddRequest) -> bytes:
    attributes = b"".join([attribute(description, values) for description, values in op.attributes])
    return element(b"\x68", octet_string(op.dn) + element(_SEQUENCE, attributes))


def _delete(op: DeleteRequest) -> bytes:
    return element(b"\x4a", op.dn)


def _modify_dn(op: ModifyDNRequest) -> bytes:
    parts = octet_string(op.dn) + octet_string(op.new_rdn) + (_TRUE if op.delete_old_rdn else _FALSE)
    return element(b"\x6c", parts + _optional(b"\x80", op.new_superior))


def _compare(op: CompareRequest) -> bytes:
    assertion = element(_SEQUENCE, octet_string(op.attribute) + octet_string(op.value))
    return element(b"\x6e", octet_string(op.dn) + assertion)


def _abandon(op: AbandonRequest) -> bytes:
    return encode_integer(b"\x50", op.message_id)


def _extended(op: ExtendedRequest) -> bytes:
    return element(b"\x77", element(b"\x80", op.name) + _optional(b"\x81", op.value))


# --- responses --------------------------------------------------------------------------------------------------------


def _result(op: LDAPResult) -> bytes:
    """The components of LDAPResult (RFC 4511 section 4.1.9)."""
    if not (op.code or op.matched_dn or op.diagnostic or op.referral):
        return b"\x0a\x01\x00\x04\x00\x04\x00"
    parts = encode_integer(_ENUMERATED, op.code) + octet_string(op.matched_dn) + octet_string(op.diagnostic)
    return parts + element(b"\xa3", elements(_OCTET_STRING, op.referral)) if op.referral else parts


def _response(tag: bytes) -> Callable[[LDAPResult], bytes]:
    """The writer of a response that is an LDAPResult and no more."""
    success = element(tag, b"\x0a\x01\x00\x04\x00\x04\x00")

    def write(op: LDAPResult) -> bytes:
        if not (op.code or op.matched_dn or op.diagnostic or op.referral):
            return success
        return element(tag, _result(op))

    return write


def _bind_response(op: BindResponse) -> bytes:
    return element(b"\x61", _result(op) + _optional(b"\x87", op.server_sasl_creds))


def _extended_response(op: ExtendedResponse) -> bytes:
    return element(b"\x78", _result(op) + _optional(b"\x8a", op.name) + _optional(b"\x8b", op.value))


def _search_entry(op: SearchResultEntry) -> bytes:
    dn = op.dn
    attributes = b"".join(op.attributes)
    name, rest = len(dn), len(attributes)
    dn_length = OCTET[name] if name < 128 else length(name)
    rest_length = OCTET[rest] if rest < 128 else length(rest)
    total = length(2 + len(dn_length) + name + len(rest_length) + rest)
    return b"".join((b"d", total, b"\x04", dn_length, dn, b"0", rest_length, attributes))


def _search_reference(op: SearchResultReference) -> bytes:
    return element(b"\x73", elements(_OCTET_STRING, op.uris))


def _intermediate(op: IntermediateResponse) -> bytes:
    return element(b"\x79", _optional(b"\x80", op.name) + _optional(b"\x81", op.value))


WRITERS: dict[type, Callable[..., bytes]] = {
    BindRequest: _bind,
    UnbindRequest: _unbind,
    SearchRequest: _search,
    ModifyRequest: _modify,
    UndecodableModifyRequest: _undecodable_modify,
    AddRequest: _add,
    DeleteRequest: _delete,
    ModifyDNRequest: _modify_dn,
    CompareRequest: _compare,
    AbandonRequest: _abandon,
    ExtendedRequest: _extended,
    BindResponse: _bind_response,
    SearchResultEntry: _search_entry,
    SearchResultReference: _search_reference,
    SearchResultDone: _response(b"\x65"),
    ModifyResponse: _response(b"\x67"),
    AddResponse: _response(b"\x69"),
    DeleteResponse: _response(b"\x6b"),
    ModifyDNResponse: _response(b"\x6d"),
    CompareResponse: _response(b"\x6f"),
    ExtendedResponse: _extended_response,
    IntermediateResponse: _intermediate,
}
"""The writer of each protocolOp."""
