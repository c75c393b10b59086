"""Normal forms of values that aren't plain text (those of text are in ``prepare``), and comparisons that aren't ``==``.

A function that takes the schema gives the function that makes normal forms under it: DNs, names of classes and the
issuers of certificates mean something in a schema only, which isn't asked before a value is normalised.

All of them give None for what is no value.
"""

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema import authz, times, x509
from fakeldapd.schema.elements import Normal
from fakeldapd.schema.syntaxes import (
    Definitions,
    DistinguishedName,
    cut_name_and_uid,
    first_rdn,
    is_bit_string,
    is_integer,
    is_numeric_oid,
    is_uuid,
)

Normalise: TypeAlias = Callable[[bytes], Normal | None]

_CHUNK = 4000  # Python reads no more than 4300 digits at once


def integer(value: bytes) -> int | None:
    """An Integer of any size."""
    if not is_integer(value):
        return None
    if len(value) <= _CHUNK:
        return int(value)
    digits, number = value.removeprefix(b"-"), 0
    for start in range(0, len(digits), _CHUNK):
        part = digits[start : start + _CHUNK]
        number = number * 10 ** len(part) + int(part)
    return -number if value[0] == 45 else number


def integer_of_64_bits(value: bytes) -> int | None:
    """An Integer that slapd's bit rules can hold."""
    number = int(value) if len(value) <= 20 and is_integer(value) else None
    return number if number is not None and -(1 << 63) <= number < 1 << 63 else None


def boolean(value: bytes) -> bool | None:
    """A Boolean, upper-case."""
    return True if value == b"TRUE" else False if value == b"FALSE" else None


def bit_string(value: bytes) -> bytes | None:
    """A Bit String as it is: slapd counts its leading zeros."""
    return value if is_bit_string(value) else None


def octets(value: bytes) -> bytes:
    """Octets as they are."""
    return value


def octets_piece(value: bytes, position: str) -> bytes:
    """One component of octetStringSubstringsMatch."""
    return value


def object_identifier(value: bytes) -> bytes | None:
    """A numeric OID as it is. slapd knows no descriptors here, except in objectClass, which has a rule of its own."""
    return value if is_numeric_oid(value) else None


def uuid(value: bytes) -> bytes | None:
    """A UUID's text in lower case: it sorts as the 128 bits do, and is what slapd stores."""
    if not is_uuid(value):
        return None
    low = value.lower()
    return value if low == value else low


def private_key(value: bytes) -> bytes | None:
    """A PrivateKeyInfo as it is."""
    return value if x509.is_private_key(value) else None


def attribute_certificate(value: bytes) -> bytes | None:
    """An attribute certificate as it is. The text form that slapd reads as an assertion isn't read here."""
    return value if x509.is_attribute_certificate(value) else None


def nothing(value: bytes) -> None:
    """No normal form at all."""


def _first_component(value: bytes) -> bytes | None:
    words = value.lstrip(b"(").split(None, 1) if value[:1] == b"(" else ()
    return words[0].rstrip(b")") if words else None


def integer_first_component(value: bytes) -> int | None:
    """The number that a definition begins with: ``( 5 NAME ...``."""
    first = _first_component(value)
    return integer(first) if first is not None else None


def oid_first_component(value: bytes) -> bytes | None:
    """The OID that a definition begins with: ``( 1.2.3 NAME ...``."""
    first = _first_component(value)
    return first if first is not None and is_numeric_oid(first) else None


# --- under a schema ---------------------------------------------------------------------------------------------------


def dn_key(schema: Definitions) -> Normalise:
    """A DN's normalised text."""

    def key(value: bytes) -> bytes | None:
        try:
            return schema.dn(value).key
        except LDAPError:
            return None

    return key


def dn(schema: Definitions) -> Callable[[bytes], DistinguishedName | None]:
    """The DN itself, for the rules that compare places in the tree."""

    def name(value: bytes) -> DistinguishedName | None:
        try:
            return schema.dn(value)
        except LDAPError:
            return None

    return name


def rdn(schema: Definitions) -> Normalise:
    """The normalised text of an RDN."""

    def key(value: bytes) -> bytes | None:
        try:
            return schema.dn(first_rdn(value)).key
        except LDAPError:
            return None

    return key


def name_and_uid(schema: Definitions) -> Normalise:
    """A DN's normalised text, and the UID behind it where there is one."""

    def key(value: bytes) -> bytes | None:
        name, uid = cut_name_and_uid(value)
        try:
            return schema.dn(name).key + uid
        except LDAPError:
            return None

    return key


def authorisation(schema: Definitions) -> Normalise:
    """One of slapd's authorisation rules, without its number."""
    asserted = asserted_authorisation(schema)
    return lambda value: asserted(authz.cut_number(value)[1])


def asserted_authorisation(schema: Definitions) -> Normalise:
    """One that is looked for: such a rule has no number."""
    return lambda value: authz.rule(value, schema, lambda name: schema.dn(name).key)


def object_class(schema: Definitions) -> Normalise:
    """The OID of a known object class, by its name or OID."""

    def oid(value: bytes) -> bytes | None:
        known = schema.object_class(value)
        return known.oid.encode() if known is not None else None

    return oid


def definition(schema: Definitions) -> Normalise:
    """The OID of a definition, by OID or name; of names given twice, an attribute type's goes first."""

    def oid(value: bytes) -> bytes | None:
        if is_numeric_oid(value):
            return value
        for look_up in (schema.attribute_type, schema.object_class, schema.matching_rule):
            found = look_up(value)
            if found is not None:
                return found.oid.encode()
        return None

    return oid


def _x509(schema: Definitions, normal: Callable[[bytes, x509.DnKey], bytes | None]) -> Normalise:
    def normalise(value: bytes) -> bytes | None:
        try:
            return normal(value, lambda name: schema.dn(name).key)
        except LDAPError:
            return None

    return normalise


def certificate(schema: Definitions) -> Normalise:
    """Serial number and issuer of a certificate."""
    return _x509(schema, x509.certificate_normal)


def certificate_assertion(schema: Definitions) -> Normalise:
    """Serial number and issuer as an assertion names them."""
    return _x509(schema, x509.certificate_assertion)


def certificate_list(schema: Definitions) -> Normalise:
    """Issuer and time of a certificate list."""
    return _x509(schema, lambda value, key: x509.certificate_list_normal(value, key, times.generalized_time))


def certificate_list_assertion(schema: Definitions) -> Normalise:
    """Issuer and time as an assertion names them."""
    return _x509(schema, lambda value, key: x509.certificate_list_assertion(value, key, times.generalized_time))


# --- comparing an assertion's normal form with a value's --------------------------------------------------------------

equal: Callable[[Any, Any], bool] = operator.eq


def below(assertion: Any, value: Any) -> bool:
    """Ordering rules in an extensible filter: whether the value sorts before the assertion."""
    return bool(value < assertion)


def within(assertion: DistinguishedName, value: DistinguishedName) -> bool:
    """Whether a DN is the asserted one or below it."""
    return value.is_within(assertion)


def strictly_below(assertion: DistinguishedName, value: DistinguishedName) -> bool:
    """Whether a DN is below the asserted one."""
    return value != assertion and value.is_within(assertion)


def child(assertion: DistinguishedName, value: DistinguishedName) -> bool:
    """Whether a DN is right below the asserted one."""
    return value.parent is not None and bool(value.parent == assertion)


def strictly_above(assertion: DistinguishedName, value: DistinguishedName) -> bool:
    """Whether the asserted DN is below a DN."""
    return strictly_below(value, assertion)


def all_bits(assertion: int, value: int) -> bool:
    """Whether every asserted bit is set."""
    return value & assertion == assertion


def any_bit(assertion: int, value: int) -> bool:
    """Whether one of the asserted bits is set."""
    return value & assertion != 0
