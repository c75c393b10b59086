"""What of a request is nobody's business: passwords, and values of the attributes that hold them.

Whoever keeps or prints requests puts a ``Secret`` in the place of each: a salted hash, which still tells the right
password from a wrong one. The salt is the keeper's, so equal secrets in one log are equal there, and only there.
"""

import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import Any, TypeAlias

from fakeldapd.operations.controls.assertion import ASSERTION
from fakeldapd.operations.controls.deref import DEREF
from fakeldapd.operations.controls.matched_values import MATCHED_VALUES
from fakeldapd.operations.controls.read_entry import POST_READ, PRE_READ
from fakeldapd.operations.passmod import PASSWORD_MODIFY, read_request
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import decode_message
from fakeldapd.protocol.messages import And, Equality, Not, Or, Present
from fakeldapd.protocol.result import LDAPError

ATTRIBUTES = frozenset(
    (
        b"userpassword",
        b"2.5.4.35",
        b"authpassword",
        b"krbprincipalkey",
        b"olcrootpw",
        b"pwdhistory",
        b"sambalmpassword",
        b"sambantpassword",
        b"unicodepwd",
        b"userpkcs12",
    )
)
"""Attribute types whose values are secrets, in lower case."""

_SALTED = re.compile(rb"\{(SSHA\d*|SMD5|CRYPT|ARGON2|PBKDF2[A-Z0-9-]*)\}", re.IGNORECASE)
_KEPT = 1000
_known: dict[bytes, bool] = {}

known_to_be_secret = _known.get
"""What ``is_secret`` has said of that spelling before; None where it hasn't been asked. Only faster."""


def is_secret(description: bytes) -> bool:
    """Whether values of that attribute description, in any spelling, are secrets."""
    found = _known.get(description)
    if found is None:
        if len(_known) >= _KEPT:  # the spelling is the client's choice
            _known.clear()
        found = _known[description] = description.lower().partition(b";")[0] in ATTRIBUTES
    return found


def digest_of(secret: bytes, salt: bytes) -> bytes:
    """The hash of a secret, as {SSHA256} has it."""
    return sha256(secret + salt).digest()


class Secret:
    """A secret that was there. Equal to the text or the octets that it is, and to the same one in the same log.

    ``str`` is a value that userPassword may have for it, ``{SSHA256}...``; of what was such a value with salt already,
    that.
    """

    __slots__ = ("_stored", "digest", "salt")

    def __init__(self, digest: bytes, salt: bytes, stored: bytes | None = None) -> None:
        self.digest = digest
        self.salt = salt
        self._stored = stored

    @classmethod
    def of(cls, secret: bytes, salt: bytes) -> "Secret":
        """What is kept of that secret."""
        stored = secret if secret[:1] == b"{" and _SALTED.match(secret) else None
        return cls(digest_of(secret, salt), salt, stored)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Secret):
            return self.digest == other.digest and self.salt == other.salt
        if isinstance(other, str):
            other = other.encode(errors="surrogateescape")
        return isinstance(other, bytes) and compare_digest(digest_of(other, self.salt), self.digest)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __str__(self) -> str:
        if self._stored is not None:
            return self._stored.decode(errors="surrogateescape")
        return "{SSHA256}" + b2a_base64(self.digest + self.salt, newline=False).decode()

    def __repr__(self) -> str:
        return "<secret>"


Hide = Callable[[bytes], Any]
"""What is put in the place of a secret, given the secret."""


def concealed(op: m.RequestOp, hide: Hide) -> Any:
    """The request with ``hide(secret)`` in the place of each secret; itself where there is none."""
    conceal = _CONCEAL.get(op.__class__)
    return op if conceal is None else conceal(op, hide)


Later: TypeAlias = tuple[Any, ...]
"""A message to be made when somebody asks for it: what makes it, and of what."""


def later(made: Later) -> m.LDAPMessage:
    """The message."""
    make, *of = made
    message: m.LDAPMessage = make(*of)
    return message


def bind_later(message_id: int, op: m.BindRequest, controls: tuple[m.Control, ...], salt: bytes) -> Later:
    """A simple Bind with a password: what ``concealed`` gives, in a fraction of the time that that takes."""
    password = op.authentication.password  # type: ignore[union-attr]
    return _bind_of, message_id, op.version, op.name, sha256(password + salt).digest(), salt, controls


def _bind_of(
    message_id: int, version: int, name: bytes, digest: bytes, salt: bytes, controls: tuple[m.Control, ...]
) -> m.LDAPMessage:
    password: Any = Secret(digest, salt)
    return m.LDAPMessage(message_id, m.BindRequest(version, name, m.SimpleAuthentication(password)), controls)


def secrets_of(op: m.RequestOp) -> Sequence[bytes] | None:
    """What is secret in a request, in the order in which ``concealed`` meets it; None: something that isn't there as it
    is meant, a part of a value or within another one.
    """
    find = _FIND.get(op.__class__)
    return () if find is None else find(op)


def blotted(octets: bytes, secrets: Sequence[bytes], salt: bytes) -> Later | None:
    """What ``concealed`` gives, made of the message's octets, with zeros in them for secrets. None where it can't be
    told which of them the secret is.
    """
    hashes = []
    for secret in secrets:
        # what is there twice may be a name as well; and the hash of a hash would be no use to anybody
        at = octets.find(secret)
        if at < 0 or octets.rfind(secret) != at or secret[:1] == b"{":
            return None
        octets = octets[:at] + bytes(len(secret)) + octets[at + len(secret) :]
        hashes.append(digest_of(secret, salt))
    return _unblotted, octets, salt, hashes


def _unblotted(octets: bytes, salt: bytes, hashes: Sequence[bytes]) -> m.LDAPMessage:
    message = decode_message(octets, max_filter_depth=len(octets))
    left = iter(hashes)
    op = concealed(message.op, lambda zeros: Secret(next(left), salt))  # type: ignore[arg-type]
    return m.LDAPMessage(message.message_id, op, message.controls)


def _of_bind(op: m.BindRequest) -> Sequence[bytes]:
    authentication: Any = op.authentication
    if authentication.__class__ is m.SimpleAuthentication:
        return (authentication.password,) if authentication.password else ()
    given = getattr(authentication, "credentials", None)
    return () if given is None else (given,)


def _of_changes(op: m.ModifyRequest) -> Sequence[bytes]:
    found: tuple[bytes, ...] = ()
    for _, type, values in op.changes:
        if known_to_be_secret(type) is not False and is_secret(type):
            found += values
    return found


def _of_addition(op: m.AddRequest) -> Sequence[bytes]:
    found: tuple[bytes, ...] = ()
    for type, values in op.attributes:
        if known_to_be_secret(type) is not False and is_secret(type):
            found += values
    return found


def _of_comparison(op: m.CompareRequest) -> Sequence[bytes]:
    return (op.value,) if known_to_be_secret(op.attribute) is not False and is_secret(op.attribute) else ()


_FIND: dict[type, Callable[[Any], Sequence[bytes] | None]] = {
    m.BindRequest: _of_bind,
    m.SearchRequest: lambda op: None if asks_for_secret(op.filter) else (),
    m.ModifyRequest: _of_changes,
    m.AddRequest: _of_addition,
    m.CompareRequest: _of_comparison,
    m.ExtendedRequest: lambda op: None if op.name == PASSWORD_MODIFY else (),
}


def concealed_answer(request: m.RequestOp, answer: Any, hide: Hide) -> Any:
    """The final response with nothing secret in it: SASL's credentials and passwords made up by the server."""
    if answer.__class__ is m.BindResponse and answer.server_sasl_creds is not None:
        fields = (answer.code, answer.matched_dn, answer.diagnostic, answer.referral)
        return m.BindResponse(*fields, hide(answer.server_sasl_creds))
    made_up = answer.__class__ is m.ExtendedResponse and answer.value is not None
    if made_up and isinstance(request, m.ExtendedRequest) and request.name == PASSWORD_MODIFY:
        fields = (answer.code, answer.matched_dn, answer.diagnostic, answer.referral)
        return m.ExtendedResponse(*fields, answer.name, hide(answer.value))
    return answer


ASSERTING = frozenset((ASSERTION, MATCHED_VALUES))
"""Controls of requests that have filters in them."""

SHOWING = frozenset((PRE_READ, POST_READ, DEREF))
"""Controls of answers that have values of attributes in them."""


def concealed_controls(controls: tuple[m.Control, ...], oids: frozenset[bytes], hide: Hide) -> tuple[m.Control, ...]:
    """The controls with the value of each hidden that is one of ``oids`` and names an attribute whose values are
    secrets; themselves where there is none.
    """
    if not any(_names_secret(control, oids) for control in controls):
        return controls
    return tuple(
        m.Control(each.oid, each.criticality, hide(each.value or b"")) if _names_secret(each, oids) else each
        for each in controls
    )


def _names_secret(control: m.Control, oids: frozenset[bytes]) -> bool:
    if control.oid not in oids or not isinstance(control.value, bytes):
        return False
    value = control.value.lower()
    return any(name in value for name in ATTRIBUTES)


def _bind(op: m.BindRequest, hide: Hide) -> Any:
    authentication: Any = op.authentication
    if authentication.__class__ is m.SimpleAuthentication:
        if not authentication.password:
            return op
        return m.BindRequest(op.version, op.name, m.SimpleAuthentication(hide(authentication.password)))
    if authentication.__class__ is m.SaslCredentials and authentication.credentials is not None:
        credentials = m.SaslCredentials(authentication.mechanism, hide(authentication.credentials))
        return m.BindRequest(op.version, op.name, credentials)
    return op


def _search(op: m.SearchRequest, hide: Hide) -> Any:
    if not asks_for_secret(op.filter):
        return op
    filter = concealed_filter(op.filter, hide)
    limits = op.size_limit, op.time_limit
    return m.SearchRequest(op.base, op.scope, op.deref, *limits, op.types_only, filter, op.attributes)


def asks_for_secret(filter: Any) -> bool:
    """Whether a filter asks for a secret's value. Doesn't recurse: the depth is the peer's choice."""
    kind = filter.__class__
    if kind is Present:
        return False
    if kind is Equality:
        return known_to_be_secret(filter.attribute) is not False and is_secret(filter.attribute)
    waiting = [filter]
    for each in waiting:  # which grows meanwhile
        kind = each.__class__
        if kind is Equality:
            if known_to_be_secret(each.attribute) is not False and is_secret(each.attribute):
                return True
        elif kind is And or kind is Or:
            waiting += each.filters
        elif kind is Not:
            waiting.append(each.filter)
        elif kind is Present or kind is m.Undefined or each.attribute is None:
            continue
        elif is_secret(each.attribute):
            return True
    return False


def concealed_filter(filter: m.Filter, hide: Hide) -> m.Filter:
    """The filter with values of secret attributes hidden; where a part of one was asked for, all of it. Of one nested
    too deep to be gone through, nothing is shown.
    """
    try:
        return _concealed(filter, hide)
    except RecursionError:
        return m.Undefined(0)


def _concealed(filter: m.Filter, hide: Hide) -> m.Filter:
    match filter:
        case m.And(filters=each):
            return m.And(tuple(_concealed(one, hide) for one in each))
        case m.Or(filters=each):
            return m.Or(tuple(_concealed(one, hide) for one in each))
        case m.Not(filter=one):
            return m.Not(_concealed(one, hide))
        case m.Undefined() | m.Present():
            return filter
        case _ if filter.attribute is None or not is_secret(filter.attribute):
            return filter
        case m.Substrings(attribute=attribute, initial=initial, any=any, final=final):
            return m.Equality(attribute, hide(b"*".join((initial or b"", *any, final or b""))))
        case m.Extensible(rule=rule, attribute=attribute, value=value, dn_attributes=dn_attributes):
            return m.Extensible(rule, attribute, hide(value), dn_attributes)
        case _:
            return type(filter)(filter.attribute, hide(filter.value))


def _modify(op: m.ModifyRequest, hide: Hide) -> Any:
    for change in op.changes:
        if is_secret(change.type):
            break
    else:
        return op
    return m.ModifyRequest(
        op.dn,
        tuple(
            m.Change(change.operation, change.type, tuple(map(hide, change.values)))
            if is_secret(change.type)
            else change
            for change in op.changes
        ),
    )


def _add(op: m.AddRequest, hide: Hide) -> Any:
    for attribute in op.attributes:
        if is_secret(attribute.type):
            break
    else:
        return op
    return m.AddRequest(op.dn, tuple(concealed_attribute(each, hide) for each in op.attributes))


def concealed_attribute(attribute: m.Attribute, hide: Hide) -> m.Attribute:
    """An attribute with its values hidden where they are secrets."""
    if is_secret(attribute.type):
        return m.Attribute(attribute.type, tuple(map(hide, attribute.values)))
    return attribute


def _compare(op: m.CompareRequest, hide: Hide) -> Any:
    return m.CompareRequest(op.dn, op.attribute, hide(op.value)) if is_secret(op.attribute) else op


class PasswordModify:
    """The value of a Password Modify request (RFC 3062) with its passwords hidden; None: absent."""

    __slots__ = ("new", "old", "user")

    def __init__(self, user: bytes | None, old: Any, new: Any) -> None:
        self.user = user
        self.old = old
        self.new = new


def _extended(op: m.ExtendedRequest, hide: Hide) -> Any:
    if op.name != PASSWORD_MODIFY or op.value is None:
        return op
    try:
        user, old, new = read_request(op.value)
    except LDAPError:
        return m.ExtendedRequest(op.name, hide(op.value))
    value: Any = PasswordModify(user, None if old is None else hide(old), None if new is None else hide(new))
    return m.ExtendedRequest(op.name, value)


_CONCEAL: dict[type, Callable[[Any, Hide], Any]] = {
    m.BindRequest: _bind,
    m.SearchRequest: _search,
    m.ModifyRequest: _modify,
    m.AddRequest: _add,
    m.CompareRequest: _compare,
    m.ExtendedRequest: _extended,
}
