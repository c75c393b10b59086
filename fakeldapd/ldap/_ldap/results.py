"""Answers as Python objects, and errors as exceptions, the way python-ldap's C code gives them.

An attribute of an entry comes encoded; directories send the same ones again and again, so that what a short one decodes
to is remembered.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from fakeldapd.ldap.descriptions import description
from fakeldapd.ldap.errors import EXCEPTIONS, LDAPError
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

REFERRAL = 10
_REMEMBERED = 512
"""Octets of the longest attribute that is remembered."""

ControlTuple = tuple[str, int, bytes | None]


def control_tuples(controls: Iterable[m.Control]) -> list[ControlTuple]:
    """Controls as the C code gives them."""
    return [(each.oid.decode(), int(each.criticality), each.value) for each in controls]


@lru_cache(8192)
def _remembered(encoded: bytes) -> tuple[str, tuple[bytes, ...]]:
    found = attribute(encoded)
    return found.type.decode(), found.values


def entry(op: m.SearchResultEntry) -> tuple[str, dict[str, list[bytes]]]:
    """DN and attributes, in the order they came. Raises UnicodeDecodeError."""
    attributes: dict[str, list[bytes]] = {}
    for encoded in op.attributes:
        if len(encoded) <= _REMEMBERED:
            name, values = _remembered(encoded)
        else:
            found = attribute(encoded)
            name, values = found.type.decode(), found.values
        if name in attributes:
            attributes[name] += values
        else:
            attributes[name] = [*values]
    return op.dn.decode(), attributes


def data(messages: list[m.LDAPMessage], add_controls: bool, add_intermediates: bool) -> list[Any]:
    """All entries, then all references, then, where asked for, all intermediate responses; each with its controls where
    asked for.
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


def result_error(first: m.LDAPMessage, last: m.LDAPMessage) -> LDAPError:
    """The exception for an answer that says no. ``first`` is the first message of the answer, ``last`` has the result."""
    op: Any = last.op
    code = int(op.code)
    told: dict[str, Any] = {
        "msgtype": TYPES[type(first.op)],
        "msgid": first.message_id,
        "result": code,
        "desc": description(code),
        "ctrls": control_tuples(last.controls),
    }
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
