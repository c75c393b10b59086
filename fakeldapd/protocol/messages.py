"""The messages of LDAP as values (RFC 4511 section 4).

Every LDAPString, LDAPDN, LDAPOID and OCTET STRING is ``bytes``, as on the wire: who needs text decodes it, and what
isn't UTF-8 is the business of the operation (an invalid DN is answered 34, not a broken connection). Enumerations are
plain integers, since a peer may send one that no RFC knows and the answer to that is the operation's, too.

Attributes of requests are ``(description, values)`` pairs. Attributes of a SearchResultEntry are kept as the BER
encoding of one PartialAttribute each: an entry in the directory holds them so, and a search sends them as they are.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, TypeAlias, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def value(cls: type[_T]) -> type[_T]:
    """A slotted dataclass that type checkers hold to be frozen; at run time freezing would cost a microsecond for each
    field.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)


class Scope(IntEnum):
    """SearchRequest.scope (RFC 4511 section 4.5.1.2; subordinate from draft-sermersheim-ldap-subordinate-scope)."""

    BASE = 0
    ONE = 1
    SUBTREE = 2
    SUBORDINATE = 3


class Deref(IntEnum):
    """SearchRequest.derefAliases (RFC 4511 section 4.5.1.3)."""

    NEVER = 0
    SEARCHING = 1
    FINDING = 2
    ALWAYS = 3


class ModifyOperation(IntEnum):
    """ModifyRequest.changes.operation (RFC 4511 section 4.6, RFC 4525)."""

    ADD = 0
    DELETE = 1
    REPLACE = 2
    INCREMENT = 3


class Attribute(NamedTuple):
    """An attribute description, options included, and its values in the order they came."""

    type: bytes
    values: tuple[bytes, ...]


class Change(NamedTuple):
    """One change of a ModifyRequest; ``operation`` is a ModifyOperation or whatever the client sent."""

    operation: int
    type: bytes
    values: tuple[bytes, ...]


@value
class Control:
    """RFC 4511 section 4.1.11. ``value`` None: absent, which is not the same as empty."""

    oid: bytes
    criticality: bool = False
    value: bytes | None = None


# --- filters (RFC 4511 section 4.5.1.7) -------------------------------------------------------------------------------


@value
class And:
    """Conjunction; ``filters`` empty is the absolute true filter (RFC 4526)."""

    filters: "tuple[Filter, ...]"


@value
class Or:
    """Disjunction; ``filters`` empty is the absolute false filter (RFC 4526)."""

    filters: "tuple[Filter, ...]"


@value
class Not:
    """Negation."""

    filter: "Filter"


@value
class Equality:
    """``(attribute=value)``"""

    attribute: bytes
    value: bytes


@value
class Substrings:
    """``(attribute=initial*any*any*final)``"""

    attribute: bytes
    initial: bytes | None = None
    any: tuple[bytes, ...] = ()
    final: bytes | None = None


@value
class GreaterOrEqual:
    """``(attribute>=value)``"""

    attribute: bytes
    value: bytes


@value
class LessOrEqual:
    """``(attribute<=value)``"""

    attribute: bytes
    value: bytes


@value
class Present:
    """``(attribute=*)``"""

    attribute: bytes


@value
class Approx:
    """``(attribute~=value)``"""

    attribute: bytes
    value: bytes


@value
class Extensible:
    """``(attribute:dn:rule:=value)``; ``rule`` and ``attribute`` may each be None."""

    rule: bytes | None
    attribute: bytes | None
    value: bytes
    dn_attributes: bool = False


@value
class Undefined:
    """A filter choice that RFC 4511 doesn't know, or a broken substrings filter: it evaluates to Undefined, as slapd
    has it.
    """

    tag: int


Filter: TypeAlias = (
    And | Or | Not | Equality | Substrings | GreaterOrEqual | LessOrEqual | Present | Approx | Extensible | Undefined
)


# --- requests ---------------------------------------------------------------------------------------------------------


@value
class SimpleAuthentication:
    """AuthenticationChoice.simple (RFC 4511 section 4.2)."""

    password: bytes

    def __repr__(self) -> str:
        return "SimpleAuthentication(password=<hidden>)"


@value
class SaslCredentials:
    """AuthenticationChoice.sasl (RFC 4511 section 4.2)."""

    mechanism: bytes
    credentials: bytes | None = None

    def __repr__(self) -> str:
        return f"SaslCredentials(mechanism={self.mechanism!r}, credentials=<hidden>)"


@value
class UnknownAuthentication:
    """An AuthenticationChoice with a tag that RFC 4511 doesn't know."""

    tag: int


@value
class BindRequest:
    """RFC 4511 section 4.2."""

    version: int
    name: bytes
    authentication: SimpleAuthentication | SaslCredentials | UnknownAuthentication


@value
class UnbindRequest:
    """RFC 4511 section 4.3."""


@value
class SearchRequest:
    """RFC 4511 section 4.5.1. Limits in entries and seconds, 0: none asked; ``attributes`` as sent."""

    base: bytes
    scope: int
    deref: int
    size_limit: int
    time_limit: int
    types_only: bool
    filter: Filter
    attributes: tuple[bytes, ...] = ()


@value
class ModifyRequest:
    """RFC 4511 section 4.6."""

    dn: bytes
    changes: tuple[Change, ...]


@value
class UndecodableModifyRequest:
    """A ModifyRequest whose list of changes isn't one. slapd answers it with protocolError and ``diagnostic``, and
    reads on.
    """

    dn: bytes
    diagnostic: bytes


@value
class AddRequest:
    """RFC 4511 section 4.7."""

    dn: bytes
    attributes: tuple[Attribute, ...]


@value
class DeleteRequest:
    """RFC 4511 section 4.8."""

    dn: bytes


@value
class ModifyDNRequest:
    """RFC 4511 section 4.9; ``new_superior`` None: absent."""

    dn: bytes
    new_rdn: bytes
    delete_old_rdn: bool
    new_superior: bytes | None = None


@value
class CompareRequest:
    """RFC 4511 section 4.10."""

    dn: bytes
    attribute: bytes
    value: bytes


@value
class AbandonRequest:
    """RFC 4511 section 4.11; ``message_id`` is the operation to abandon."""

    message_id: int


@value
class ExtendedRequest:
    """RFC 4511 section 4.12."""

    name: bytes
    value: bytes | None = None


# --- responses --------------------------------------------------------------------------------------------------------


@value
class LDAPResult:
    """What every final response carries (RFC 4511 section 4.1.9)."""

    code: int = 0
    matched_dn: bytes = b""
    diagnostic: bytes = b""
    referral: tuple[bytes, ...] = ()


@value
class BindResponse(LDAPResult):
    """RFC 4511 section 4.2.2."""

    server_sasl_creds: bytes | None = None


@value
class SearchResultEntry:
    """RFC 4511 section 4.5.2. ``attributes``: each the BER encoding of one PartialAttribute (``decode.attribute`` reads
    it).
    """

    dn: bytes
    attributes: tuple[bytes, ...]


@value
class SearchResultReference:
    """RFC 4511 section 4.5.3."""

    uris: tuple[bytes, ...]


@value
class SearchResultDone(LDAPResult):
    """RFC 4511 section 4.5.2."""


@value
class ModifyResponse(LDAPResult):
    """RFC 4511 section 4.6."""


@value
class AddResponse(LDAPResult):
    """RFC 4511 section 4.7."""


@value
class DeleteResponse(LDAPResult):
    """RFC 4511 section 4.8."""


@value
class ModifyDNResponse(LDAPResult):
    """RFC 4511 section 4.9."""


@value
class CompareResponse(LDAPResult):
    """RFC 4511 section 4.10."""


@value
class ExtendedResponse(LDAPResult):
    """RFC 4511 section 4.12."""

    name: bytes | None = None
    value: bytes | None = None


@value
class IntermediateResponse:
    """RFC 4511 section 4.13."""

    name: bytes | None = None
    value: bytes | None = None


@value
class UnknownResponse(LDAPResult):
    """A response with a ``tag`` that RFC 4511 doesn't know, and the contents of an LDAPResult: for clients that take
    such a thing for an answer.
    """

    tag: int = 0


@value
class UndecodableResponse:
    """A response whose contents can't be read; ``tag`` says which. Only a client that asks for it gets to see it."""

    tag: int


RequestOp: TypeAlias = (
    BindRequest
    | UnbindRequest
    | SearchRequest
    | ModifyRequest
    | UndecodableModifyRequest
    | AddRequest
    | DeleteRequest
    | ModifyDNRequest
    | CompareRequest
    | AbandonRequest
    | ExtendedRequest
)
FinalResponse: TypeAlias = (
    BindResponse
    | SearchResultDone
    | ModifyResponse
    | AddResponse
    | DeleteResponse
    | ModifyDNResponse
    | CompareResponse
    | ExtendedResponse
)
ResponseOp: TypeAlias = (
    FinalResponse
    | SearchResultEntry
    | SearchResultReference
    | IntermediateResponse
    | UnknownResponse
    | UndecodableResponse
)
ProtocolOp: TypeAlias = RequestOp | ResponseOp

NOTICE_OF_DISCONNECTION = b"1.3.6.1.4.1.1466.20036"
"""responseName of the unsolicited notification of RFC 4511 section 4.4.1."""


@value
class LDAPMessage:
    """The envelope (RFC 4511 section 4.1.1). ``octets`` are those that it was read from, b"" of one that was made."""

    message_id: int
    op: ProtocolOp
    controls: tuple[Control, ...] = ()
    octets: bytes = field(default=b"", compare=False, repr=False)
