"""What requests are picked by: an operation, and criteria such as ``base``, ``filter``, ``identity``.

The words are the same wherever requests are spoken of: in ``requests.search(...)`` and assertions, which look at what
was asked, and in faults and stubs, which look at what is being asked. Names, values and filters are compared by what
they mean (``double.meaning``); what is secret by its hash.

A criterion is a row of CRITERIA: how what is wanted is read (and refused where it makes no sense), how a request is
compared with it, what is shown of the request beside it. A new criterion is a function, a row, and a line of Criteria.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from fakeldapd.double import data as forms
from fakeldapd.double.meaning import ANYTHING, Meaning, alike
from fakeldapd.double.names import RuleError, as_octets, as_text, nearest, one_of
from fakeldapd.double.reasons import names_of
from fakeldapd.double.recorded import DEREF_NAMES, OPERATION_NAMES, SCOPE_NAMES, code_name
from fakeldapd.middleware.rules import type_name
from fakeldapd.middleware.secrets import Hide, Secret, concealed_filter, is_secret
from fakeldapd.protocol import filter as filters
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.registry import Schema, SchemaCheck

if TYPE_CHECKING:
    from fakeldapd.double.recorded import RecordedRequest


class Criteria(TypedDict, total=False):
    """What requests are picked by, whoever picks; what isn't said isn't asked.

    ``identity``: who asks, a DN, or "anonymous" (also ""), "users", "admin". ``connection``: its number since the start
    or the last reset, or its peer, both as in the log. ``tls``: whether encrypted. ``control``: the OID of one that
    came along.

    ``dn``: on this entry, of a search its base; ``under``: on this one or one below. ``attribute``: one that a search
    names (in its filter or to have it returned), a compare compares, an add or modify writes. ``attributes``: all that
    a search asks for; of an add some, or a dict of what it adds among others.

    Of a search ``base``, ``scope``, ``deref``, ``time_limit``, ``types_only``, and ``filter``: this and no other,
    ``(uid={any})`` standing for any value; ``clause``: this is the filter, or a part of it (within And and Or).

    Of a modify ``changes``, as ``directory.modify`` takes them; of a bind ``method`` ("simple" or a SASL mechanism) and
    ``password``; of a rename ``new_rdn``, ``new_superior``, ``keep_old``; of a password change ``user``.
    """

    identity: str
    connection: int | str
    tls: bool
    control: str
    dn: str | bytes
    under: str | bytes
    base: str | bytes
    scope: int | str
    filter: str
    clause: str
    deref: int | str
    time_limit: int
    types_only: bool
    attribute: str
    attributes: "str | Iterable[str] | Mapping[str, Any]"
    changes: "Mapping[str, Any] | Iterable[tuple[str, str, Any]]"
    method: str
    password: str | bytes
    new_rdn: str | bytes
    new_superior: str | bytes
    keep_old: bool
    user: str | bytes


class Afterwards(Criteria, total=False):
    """What requests that were answered are picked by: besides Criteria what came of them, ``code`` (a number or a
    name), ``diagnostic`` (a part of it), ``entries``; and what is the answer's where a rule says it: of a search
    ``size_limit``, of a compare or modify ``value``, of an extended operation ``name``, an OID.
    """

    code: int | str | None
    diagnostic: str
    entries: int
    size_limit: int
    value: str | bytes
    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What criteria are read and compared with."""

    schema: Schema
    hide: Hide
    meaning: Meaning

    @classmethod
    def of(cls, schema: Schema, hide: Hide) -> "Setting":
        """Under that schema; ``hide`` gives the hash of a secret."""
        return cls(schema, hide, Meaning(schema))


@dataclass(frozen=True, slots=True)
class Criterion:
    """``read(wanted, setting)`` makes it ready or raises RuleError; ``fits(ready, asked, setting)`` compares it with a
    Record, or with what is Coming.

    ``ops`` are the operations it may be asked of, none: all; ``shown`` gives what is told of a request beside it, else
    it is the field of that name. ``secrets``: it may be about one, and wants to see its hash.
    """

    read: Callable[[Any, Setting], Any]
    fits: Callable[[Any, Any, Setting], bool]
    ops: tuple[str, ...] = ()
    shown: "Callable[[RecordedRequest], Any] | None" = None
    secrets: bool = False


# --- reading what is wanted -------------------------------------------------------------------------------------------


def octets_of(text: str | bytes) -> bytes:
    """Of a text as tests write it."""
    return text if isinstance(text, bytes) else as_octets(text)


def a_number(name: str, given: Any, least: int) -> int:
    """A whole number. Raises RuleError."""
    if not isinstance(given, int) or isinstance(given, bool) or given < least:
        raise RuleError(f"{name}={given!r}: a whole number from {least} up is expected")
    return given


_CODES = {code.name.replace("_", "").lower(): int(code) for code in ResultCode} | {"ok": 0}


def read_code(given: Any, setting: Setting | None = None) -> int:
    """A result code by its number or its name, however that is spelled. Raises RuleError."""
    if isinstance(given, int) and not isinstance(given, bool):
        if not 0 <= given < 1 << 31:
            raise RuleError(f"code {given}: a result code is not negative, and less than 2 to the power of 31")
        return int(given)
    if isinstance(given, str):
        found = _CODES.get(given.replace("_", "").replace("-", "").lower())
        if found is not None:
            return found
        raise RuleError(f"code {given!r}: there is no such result code{nearest(given, map(code_name, ResultCode))}")
    raise RuleError(f"code {given!r}: a number or a name is expected")


def _a_dn(name: str) -> Callable[[Any, Setting], Any]:
    def read(wanted: Any, setting: Setting) -> Any:
        if not isinstance(wanted, str | bytes):
            raise RuleError(f"{name}={wanted!r}: a DN is expected, as text")
        try:
            return setting.schema.dn(octets_of(wanted))
        except LDAPError:
            raise RuleError(f"{name} {wanted!r}: this is no DN") from None

    return read


def _a(name: str, kinds: Any, what: str) -> Callable[[Any, Setting], Any]:
    def read(wanted: Any, setting: Setting) -> Any:
        if not isinstance(wanted, kinds):
            raise RuleError(f"{name}={wanted!r}: {what} is expected")
        return octets_of(wanted) if isinstance(wanted, str) else wanted

    return read


def _a_count(name: str) -> Callable[[Any, Setting], int]:
    return lambda wanted, setting: a_number(name, wanted, 0)


def _a_choice(name: str, names: Mapping[int, str], **also: int) -> Callable[[Any, Setting], int]:
    known = {text: number for number, text in names.items()} | also

    def read(wanted: Any, setting: Setting) -> int:
        number = wanted if isinstance(wanted, int) else known.get(str(wanted).lower())
        if number is None or number not in names:
            raise one_of(name, wanted, names.values())
        return number

    return read


def _read_identity(wanted: Any, setting: Setting) -> Any:
    if wanted in _WHO:
        return _WHO[wanted]
    if isinstance(wanted, str) and "=" not in wanted:
        raise one_of("identity", wanted, ("a DN", *_WHO))
    dn = _a_dn("identity")(wanted, setting)
    return lambda asked: asked.identity == dn


def _read_connection(wanted: Any, setting: Setting) -> Any:
    return wanted if isinstance(wanted, str) else a_number("connection", wanted, 1)


def _read_filter(wanted: Any, setting: Setting) -> Any:
    if not isinstance(wanted, str):
        raise RuleError(f"filter={wanted!r}: a filter is expected, as text")
    try:
        parsed = _with_any(filters.parse(wanted))
    except filters.FilterSyntaxError as error:
        raise RuleError(str(error)) from None
    return setting.meaning.filter(concealed_filter(parsed, lambda v: setting.hide(v) if isinstance(v, bytes) else v))


def _with_any(filter: Any) -> Any:
    """The filter with ANYTHING for values such as ``{any}``."""
    if isinstance(filter, m.And | m.Or):
        return type(filter)(tuple(map(_with_any, filter.filters)))
    if isinstance(filter, m.Not):
        return m.Not(_with_any(filter.filter))
    if isinstance(filter, m.Equality | m.GreaterOrEqual | m.LessOrEqual | m.Approx):
        value: Any = filter.value
        if value[:1] == b"{" and value[-1:] == b"}":
            value = ANYTHING
        return type(filter)(filter.attribute, value)
    return filter


def _read_attribute(wanted: Any, setting: Setting) -> bytes:
    if not isinstance(wanted, str):
        raise RuleError(f"attribute={wanted!r}: the name of an attribute is expected, as text")
    name, schema = octets_of(wanted), setting.schema
    special = name in (b"*", b"+", b"1.1") or name.startswith(b"@")
    if not special and schema.check is SchemaCheck.STRICT and schema.find(name) is None:
        near = nearest(wanted, names_of(schema, "attributeTypes"))
        raise RuleError(f"attribute {wanted!r}: the schema has none of that name{near}")
    return name


def _read_values(wanted: Any, setting: Setting) -> Any:
    """Names of attributes, or a dict of names with values."""
    meaning = setting.meaning
    if not isinstance(wanted, Mapping):
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return dict.fromkeys(meaning.attribute(_read_attribute(name, setting)) for name in names)
    return {
        meaning.attribute(_read_attribute(name, setting)): _wanted_forms(name, values, setting)
        for name, values in wanted.items()
    }


def _wanted_forms(name: str, values: Any, setting: Setting) -> frozenset[Any]:
    """The forms of wanted values; of secrets the hashes."""
    octets = octets_of(name)
    given = () if values is None else map(octets_of, forms.values_of(values, name))
    return frozenset(setting.hide(v) if is_secret(octets) else setting.meaning.value(octets, v) for v in given)


def _read_changes(wanted: Any, setting: Setting) -> Any:
    if isinstance(wanted, Mapping):
        wanted = [("replace", name, values) for name, values in wanted.items()]
    found = []
    for operation, name, values in wanted:
        if operation not in OPERATION_NAMES.values():
            raise one_of("changes", operation, OPERATION_NAMES.values())
        attribute = setting.meaning.attribute(_read_attribute(name, setting))
        found.append((operation, attribute, _wanted_forms(name, values, setting)))
    return found


# --- comparing --------------------------------------------------------------------------------------------------------


def attributes_of(op: m.RequestOp) -> Iterator[bytes]:
    """The attribute descriptions that a request names."""
    if isinstance(op, m.SearchRequest):
        yield from op.attributes
        for item in items(op.filter):
            if not isinstance(item, m.Undefined) and item.attribute is not None:
                yield item.attribute
    elif isinstance(op, m.ModifyRequest):
        yield from (change.type for change in op.changes)
    elif isinstance(op, m.AddRequest):
        yield from (attribute.type for attribute in op.attributes)
    elif isinstance(op, m.CompareRequest):
        yield op.attribute


def items(filter: m.Filter) -> Iterator[Any]:
    """The items of a filter, all but And, Or and Not. Doesn't recurse: the depth is the peer's choice."""
    waiting: list[Any] = [filter]
    for each in waiting:  # which grows meanwhile
        if isinstance(each, m.And | m.Or):
            waiting += each.filters
        elif isinstance(each, m.Not):
            waiting.append(each.filter)
        else:
            yield each


def _place(asked: Any) -> bytes:
    """The DN that a request is about. With SASL a bind says it within its credentials: then it is whom it let in."""
    op = asked.op
    if op.__class__ is m.SearchRequest:
        return bytes(op.base)
    if op.__class__ is m.BindRequest:
        return bytes(asked.became.text if not op.name and asked.became is not None else op.name)
    return bytes(op.dn)


def _dn_is(name_of: Callable[[Any], bytes | None]) -> Callable[[Any, Any, Setting], bool]:
    def fits(ready: Any, asked: Any, setting: Setting) -> bool:
        name = name_of(asked)
        try:
            return bool(name is not None and setting.schema.dn(name) == ready)
        except LDAPError:
            return False

    return fits


def _is_under(ready: Any, asked: Any, setting: Setting) -> bool:
    try:
        return setting.schema.dn(_place(asked)).is_within(ready)
    except LDAPError:
        return False


def _is(of: Callable[[Any], Any]) -> Callable[[Any, Any, Setting], bool]:
    return lambda ready, asked, setting: bool(of(asked) == ready)


def _of_op(name: str) -> Callable[[Any, Any, Setting], bool]:
    return lambda ready, asked, setting: bool(getattr(asked.op, name) == ready)


def _connection_is(ready: Any, asked: Any, setting: Setting) -> bool:
    peer = asked.peer
    return peer is not None and (peer.name if isinstance(ready, str) else peer.number) == ready


def _has_control(ready: Any, asked: Any, setting: Setting) -> bool:
    return any(control.oid == ready for control in asked.controls)


def _filter_is(ready: Any, asked: Any, setting: Setting) -> bool:
    kind = asked.op.filter.__class__
    if kind in _ITEMS and ready[0] != kind.__name__:
        return False
    return alike(ready, setting.meaning.filter(asked.op.filter))


def _has_clause(ready: Any, asked: Any, setting: Setting) -> bool:
    waiting = [asked.op.filter]
    for each in waiting:  # which grows meanwhile
        if alike(ready, setting.meaning.filter(each)):
            return True
        if isinstance(each, m.And | m.Or):
            waiting += each.filters
    return False


def _names_attribute(ready: Any, asked: Any, setting: Setting) -> bool:
    schema, meaning = setting.schema, setting.meaning
    if b";" in ready:
        return any(meaning.attribute(each) == meaning.attribute(ready) for each in attributes_of(asked.op))
    return any(type_name(schema, each) == type_name(schema, ready) for each in attributes_of(asked.op))


def _named(request: "RecordedRequest") -> Any:
    """What of a request ``attribute`` and ``value`` are about."""
    return request.touched or sorted(set(map(as_text, attributes_of(request.record.op))))


def _has_attributes(ready: Any, asked: Any, setting: Setting) -> bool:
    """Of a search: it asks for these, and no others. Of an addition: it adds these, among others."""
    if asked.op.__class__ is m.SearchRequest:
        return {setting.meaning.attribute(name) for name in asked.op.attributes} == set(ready)
    there: dict[Any, frozenset[Any]] = {}
    for name, values in asked.op.attributes:
        form = setting.meaning.attribute(name)
        there[form] = there.get(form, frozenset()) | _forms(name, values, setting)
    return all(name in there and (values is None or values <= there[name]) for name, values in ready.items())


def _has_changes(ready: Any, asked: Any, setting: Setting) -> bool:
    there = [
        (OPERATION_NAMES.get(operation), setting.meaning.attribute(name), _forms(name, values, setting))
        for operation, name, values in getattr(asked.op, "changes", ())
    ]
    return all(change in there for change in ready)


def _forms(name: bytes, values: Sequence[Any], setting: Setting) -> frozenset[Any]:
    return frozenset(setting.meaning.value(name, value) for value in values)


def _has_value(ready: Any, asked: Any, setting: Setting) -> bool:
    """Among what is compared or changed."""
    op, meaning = asked.op, setting.meaning
    compared = op.__class__ is m.CompareRequest
    given = [(op.attribute, [op.value])] if compared else [(change.type, change.values) for change in op.changes]
    return any(
        value == ready if isinstance(value, Secret) else meaning.value(name, value) == meaning.value(name, ready)
        for name, values in given
        for value in values
    )


def _method(asked: Any) -> bytes:
    authentication = asked.op.authentication
    if isinstance(authentication, m.SaslCredentials):
        return authentication.mechanism.lower()
    return b"simple" if isinstance(authentication, m.SimpleAuthentication) else b"unknown"


def _password(asked: Any) -> Any:
    authentication = asked.op.authentication
    return getattr(authentication, "password", getattr(authentication, "credentials", None))


def _user(asked: Any) -> bytes | None:
    """Whose password; of what is known when secrets are."""
    return getattr(asked.op.value, "user", None)


def _code(asked: Any) -> int | None:
    response = asked.result
    return response.op.code if response is not None and isinstance(response.op, m.LDAPResult) else None


def _has_diagnostic(ready: Any, asked: Any, setting: Setting) -> bool:
    response = asked.result
    return response is not None and isinstance(response.op, m.LDAPResult) and ready in response.op.diagnostic


_WHO: Mapping[str, Callable[[Any], bool]] = {
    "anonymous": lambda asked: asked.identity is None and not asked.is_admin,
    "": lambda asked: asked.identity is None and not asked.is_admin,
    "users": lambda asked: asked.identity is not None or asked.is_admin,
    "admin": lambda asked: asked.is_admin,
}
_ITEMS = frozenset((m.Equality, m.Present, m.Substrings, m.GreaterOrEqual, m.LessOrEqual, m.Approx, m.Extensible))
_TEXT = (str, bytes)
_PLACED = ("bind", "search", "compare", "add", "modify", "rename", "delete")
_SEARCH, _BIND, _RENAME, _EXT = ("search",), ("bind",), ("rename",), ("extended",)


def _place_shown(request: "RecordedRequest") -> str:
    return request.place


CRITERIA: dict[str, Criterion] = {
    "code": Criterion(read_code, _is(_code), shown=lambda request: request.outcome),
    "identity": Criterion(_read_identity, lambda ready, asked, setting: bool(ready(asked))),
    "connection": Criterion(_read_connection, _connection_is),
    "tls": Criterion(_a("tls", bool, "True or False"), _is(lambda asked: asked.tls)),
    "control": Criterion(_a("control", str, "an OID"), _has_control, shown=lambda request: request.controls),
    "diagnostic": Criterion(_a("diagnostic", str, "text"), _has_diagnostic),
    "dn": Criterion(_a_dn("dn"), _dn_is(_place), _PLACED, _place_shown),
    "under": Criterion(_a_dn("under"), _is_under, _PLACED, _place_shown),
    "method": Criterion(
        lambda wanted, setting: _a("method", str, "simple or a mechanism")(wanted, setting).lower(), _is(_method), _BIND
    ),
    "password": Criterion(_a("password", _TEXT, "text"), _is(_password), _BIND, secrets=True),
    "base": Criterion(_a_dn("base"), _dn_is(_place), _SEARCH),
    "scope": Criterion(_a_choice("scope", SCOPE_NAMES, subtree=2, children=3), _of_op("scope"), _SEARCH),
    "filter": Criterion(_read_filter, _filter_is, _SEARCH, secrets=True),
    "clause": Criterion(_read_filter, _has_clause, _SEARCH, lambda request: request.filter, secrets=True),
    "deref": Criterion(_a_choice("deref", DEREF_NAMES), _of_op("deref"), _SEARCH),
    "size_limit": Criterion(_a_count("size_limit"), _of_op("size_limit"), _SEARCH),
    "time_limit": Criterion(_a_count("time_limit"), _of_op("time_limit"), _SEARCH),
    "types_only": Criterion(_a("types_only", bool, "True or False"), _of_op("types_only"), _SEARCH),
    "entries": Criterion(_a_count("entries"), _is(lambda asked: asked.entries), _SEARCH),
    "attributes": Criterion(_read_values, _has_attributes, ("search", "add"), secrets=True),
    "attribute": Criterion(_read_attribute, _names_attribute, ("search", "compare", "add", "modify"), _named),
    "value": Criterion(_a("value", _TEXT, "text"), _has_value, ("modify", "compare"), _named, secrets=True),
    "changes": Criterion(_read_changes, _has_changes, ("modify",), secrets=True),
    "new_rdn": Criterion(_a_dn("new_rdn"), _dn_is(lambda asked: asked.op.new_rdn), _RENAME),
    "new_superior": Criterion(_a_dn("new_superior"), _dn_is(lambda asked: asked.op.new_superior), _RENAME),
    "keep_old": Criterion(
        _a("keep_old", bool, "True or False"), _is(lambda asked: not asked.op.delete_old_rdn), _RENAME
    ),
    "name": Criterion(_a("name", str, "an OID"), _of_op("name"), _EXT),
    "user": Criterion(_a("user", _TEXT, "text"), _is(_user), _EXT, secrets=True),
}
"""What requests may be picked by. The words of Afterwards are only for those that were answered."""
