"""Answers as Python objects, and errors as exceptions, the way python-ldap's C code gives them.

An attribute of an entry comes encoded; directories send the same ones again and again, so that what a short one decodes
to is remembered.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakeldapd.ldap.descriptions import description
from fakeldapd.ldap.errors import DECODING_ERROR, EXCEPTIONS, LDAPError
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import attribute

if TYPE_CHECKING:
    from fakeldapd.ldap._ldap.handle import Handle

TYPES: dict[type, int] = {
    m.BindResponse: 97,
    m.SearchResultEntry: 100,
    m.SearchResultDone: 101,
    m.ModifyResponse: 103,
    m.AddResponse: 105,
    m.DeleteResponse: 107,
    m.ModifyDNResponse: 109,
    m.CompareResponse: 111,
    m.SearchResultReference: 115,
    m.ExtendedResponse: 120,
    m.IntermediateResponse: 121,
}
"""The number by which python-ldap calls an answer: the tag of its protocolOp."""

_ENTRY, _REFERENCE = TYPES[m.SearchResultEntry], TYPES[m.SearchResultReference]

REFERRAL = 10
_REMEMBERED = 512
"""Octets of the longest attribute that is remembered."""

ControlTuple = tuple[str, int, bytes | None]


def control_tuples(controls: Iterable[m.Control]) -> list[ControlTuple]:
    """Controls of an answer as the C code gives them: libldap forgets when one is critical."""
    return [(each.oid.decode(), 0, each.value) for each in controls]


@lru_cache(8192)
def _remembered(encoded: bytes) -> tuple[str, str, tuple[bytes, ...]]:
    return _read(encoded)


def _read(encoded: bytes) -> tuple[str, str, tuple[bytes, ...]]:
    """An attribute's name, as it is and in lower case, and its values."""
    found = attribute(encoded)
    name = found.type.decode()
    return name, name.lower(), found.values


def entry(op: m.SearchResultEntry) -> tuple[str, dict[str, list[bytes]]]:
    """DN and attributes, in the order they came. Where one comes twice, libldap finds the first one both times. Raises
    UnicodeDecodeError.
    """
    attributes: dict[str, list[bytes]] = {}
    first: dict[str, tuple[bytes, ...]] = {}
    for encoded in op.attributes:
        name, key, values = _remembered(encoded) if len(encoded) <= _REMEMBERED else _read(encoded)
        if key in first:
            attributes[name] = [*attributes.get(name, []), *first[key]]
        else:
            first[key] = values
            attributes[name] = [*values]
    return op.dn.decode(), attributes


def type_of(op: Any) -> int:
    """The number of an answer's kind."""
    found = TYPES.get(op.__class__)
    return op.tag if found is None else found


class Undecodable(Exception):
    """An entry or a reference that can't be read."""


def data(messages: list[m.LDAPMessage], add_controls: bool, add_intermediates: bool) -> list[Any]:
    """All entries, then all references, then, where asked for, all intermediate responses; each with its controls where
    asked for. Raises UnicodeDecodeError, Undecodable.
    """
    entries: list[Any] = []
    references: list[Any] = []
    others: list[Any] = []
    for message in messages:
        op: Any = message.op
        if op.__class__ is m.SearchResultEntry:
            item: tuple[Any, ...] = entry(op)
            entries.append((*item, control_tuples(message.controls)) if add_controls else item)
        elif op.__class__ is m.SearchResultReference:
            item = (None, [uri.decode() for uri in op.uris])
            references.append((*item, control_tuples(message.controls)) if add_controls else item)
        elif op.__class__ is m.IntermediateResponse and add_intermediates:
            name = None if op.name is None else op.name.decode()
            others.append((name, op.value, control_tuples(message.controls)))
        elif op.__class__ is m.UndecodableResponse and op.tag in (_ENTRY, _REFERENCE):
            raise Undecodable
    return entries + references + others if references or others else entries


def client_error(handle: "Handle", errno: int = 0) -> LDAPError:
    """The exception for the handle's last error; with what an earlier one has left there."""
    code = handle.error_number
    told: dict[str, Any] = {"result": code, "desc": description(code)}
    if errno:
        told["errno"] = errno
    told["ctrls"] = []
    return _exception(code, told, handle.matched, handle.diagnostic)


def client_error_of(handle: "Handle", kind: type[LDAPError]) -> LDAPError:
    """The exception for an error of the client's own that is noted now."""
    handle.error_number = kind.errnum
    return client_error(handle)


def undecodable(message: m.LDAPMessage) -> LDAPError:
    """The exception for an answer that can't be read."""
    code = DECODING_ERROR.errnum
    told = {"msgtype": type_of(message.op), "msgid": message.message_id, "result": code, "desc": description(code)}
    return DECODING_ERROR({**told, "ctrls": []})


def result_error(first: m.LDAPMessage, last: m.LDAPMessage, errno: int = 0) -> LDAPError:
    """The exception for an answer that says no: its first message, and its last, which has the result."""
    op: Any = last.op
    code = int(op.code)
    told: dict[str, Any] = {
        "msgtype": type_of(first.op),
        "msgid": first.message_id,
        "result": code,
        "desc": description(code),
    }
    if errno:
        told["errno"] = errno
    told["ctrls"] = control_tuples(last.controls)
    diagnostic = op.diagnostic
    if code == REFERRAL and op.referral:
        diagnostic = b"Referral:\n" + op.referral[0]
    return _exception(code, told, op.matched_dn, diagnostic)


def _exception(code: int, told: dict[str, Any], matched: bytes | None, diagnostic: bytes | None) -> LDAPError:
    for key, octets in (("matched", matched), ("info", diagnostic)):
        if octets:
            try:
                told[key] = octets.decode()
            except UnicodeDecodeError:  # it is left out
                continue
    return EXCEPTIONS.get(code, LDAPError)(told)
