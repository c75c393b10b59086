"""What faults and stubs may be told of the requests that they are about: arguments become a rule's kinds and tests.

Whatever makes no sense is a RuleError at once, with the nearest name that does: a rule that never takes anything
because of a typing error would be a test that shows nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from fakeldapd.double.names import nearest
from fakeldapd.double.reasons import names_of
from fakeldapd.double.recorded import code_name
from fakeldapd.middleware.rules import Occasions, Test, type_name
from fakeldapd.operations.extended import WHO_AM_I
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Request, Session
from fakeldapd.protocol import filter as filters
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.schema.registry import Schema, SchemaCheck

if TYPE_CHECKING:
    from fakeldapd.double.directory import FakeDirectory


class RuleError(ValueError):
    """A rule that makes no sense. ``str`` says what is wrong with it."""


class Matching(TypedDict, total=False):
    """What rules may say of requests; what isn't said isn't asked.

    ``op``: an operation or several, see OPERATIONS. ``base``: this DN and all below; ``dn``: this one only; of a search
    its base. ``filter``: a search with this filter, or one that it is a part of; ``(uid={name})`` stands for any value.
    ``attribute``: one that a search names (in its filter or to have it returned), a compare compares, an add or a
    modify writes. ``identity``: a DN, or "anonymous", "users", "admin". ``connection``: the how-manieth that asks for
    what else is said here, a Session, or the peer's name as in the log. ``when``: a function of the Request.

    Of what fits: ``nth``: the first is 1; several in a list. ``after``: those behind the first so many. ``count``: so
    many in all. ``probability``: of each, with a ``seed``.
    """

    op: str | Iterable[str]
    base: str
    dn: str
    filter: str
    attribute: str
    identity: str
    connection: int | str | Session
    when: Callable[[Request], bool]
    nth: int | Collection[int]
    after: int
    count: int
    probability: float
    seed: int


MATCHING = tuple(Matching.__annotations__)

_KINDS: Mapping[str, tuple[type, ...]] = {
    "bind": (m.BindRequest,),
    "search": (m.SearchRequest,),
    "compare": (m.CompareRequest,),
    "add": (m.AddRequest,),
    "modify": (m.ModifyRequest, m.UndecodableModifyRequest),
    "rename": (m.ModifyDNRequest,),
    **dict.fromkeys(("modifydn", "modrdn", "moddn"), (m.ModifyDNRequest,)),
    "delete": (m.DeleteRequest,),
    "extended": (m.ExtendedRequest,),
    "read": (m.SearchRequest, m.CompareRequest),
    "write": (m.AddRequest, m.ModifyRequest, m.UndecodableModifyRequest, m.ModifyDNRequest, m.DeleteRequest),
}
_EXTENDED = {"starttls": STARTTLS, "whoami": WHO_AM_I, "passwd": PASSWORD_MODIFY}
OPERATIONS = (*_KINDS, *_EXTENDED)
"""The words for operations. An extended operation may also be said by its OID."""

_WHO: Mapping[str, Callable[[Session], bool]] = {
    "anonymous": lambda session: session.identity is None and not session.is_admin,
    "": lambda session: session.identity is None and not session.is_admin,
    "users": lambda session: session.identity is not None or session.is_admin,
    "admin": lambda session: session.is_admin,
}
_CODES = {code.name.replace("_", "").lower(): code for code in ResultCode}


def one_of(what: str, given: object, names: Iterable[str]) -> RuleError:
    """The error that says what would have been right."""
    names = [name for name in names if name]
    return RuleError(f"{what} {given!r}: one of {', '.join(names)} is expected{nearest(str(given), names)}")


def read_code(given: "int | str") -> int:
    """A result code by its number or its name, however that is spelled. Raises RuleError."""
    if isinstance(given, int) and not isinstance(given, bool):
        if not 0 <= given < 1 << 31:
            raise RuleError(f"code {given}: a result code is not negative, and less than 2 to the power of 31")
        return int(given)
    if isinstance(given, str):
        found = _CODES.get(given.replace("_", "").replace("-", "").lower())
        if found is not None:
            return int(found)
        names = [code_name(code) for code in ResultCode]
        raise RuleError(f"code {given!r}: there is no such result code{nearest(given, names)}")
    raise RuleError(f"code {given!r}: a number or a name is expected")


def check_arguments(given: Collection[str], known: Collection[str]) -> None:
    """Raise RuleError for an argument that there isn't."""
    for name in given:
        if name not in known:
            raise RuleError(f"there is no argument {name!r}{nearest(name, known)}")


def a_number(name: str, given: Any, least: int) -> int:
    """A whole number. Raises RuleError."""
    if not isinstance(given, int) or isinstance(given, bool) or given < least:
        raise RuleError(f"{name}={given!r}: a whole number from {least} up is expected")
    return given


def read_dn(schema: Schema, name: str, given: Any) -> DN:
    """A DN that a rule names. Raises RuleError."""
    if not isinstance(given, str):
        raise RuleError(f"{name}={given!r}: a DN is expected, as text")
    try:
        return schema.dn(given.encode(errors="surrogateescape"))
    except LDAPError:
        raise RuleError(f"{name} {given!r}: this is no DN") from None


def occasions(given: Mapping[str, Any]) -> Occasions:
    """Which of the requests that fit are taken. Raises RuleError."""
    nth, after, count, probability = (given.get(name) for name in ("nth", "after", "count", "probability"))
    if nth is not None:
        if after is not None or count is not None:
            raise RuleError("nth says which requests it takes: after and count don't go with it")
        nth = frozenset(a_number("nth", each, 1) for each in ((nth,) if isinstance(nth, int) else nth))
    if probability is not None and not (isinstance(probability, int | float) and 0 < probability <= 1):
        raise RuleError(f"probability={probability!r}: a number above 0 and up to 1 is expected")
    return Occasions(
        nth=nth,
        after=0 if after is None else a_number("after", after, 0),
        count=None if count is None else a_number("count", count, 1),
        probability=probability,
        seed=a_number("seed", given.get("seed", 0), 0),
    )


# --- kinds and tests --------------------------------------------------------------------------------------------------


def read_matching(directory: "FakeDirectory", given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a Rule. Raises RuleError."""
    kinds, oids = _read_operations(given.get("op"))
    tests: list[Test] = []
    if oids:
        tests.append(lambda request: type(request.op) is not m.ExtendedRequest or request.op.name in oids)
    if given.get("base") is not None and given.get("dn") is not None:
        raise RuleError("base is a DN and all below, dn that one only; give one of them")
    for name, test in _TESTS.items():
        if given.get(name) is not None:
            tests.append(test(directory, given[name]))
    if given.get("filter") is not None:
        kinds = only(kinds, (m.SearchRequest,), "filter", "a search")
    if given.get("attribute") is not None:
        kinds = only(kinds, _WITH_ATTRIBUTES, "attribute", "a search, compare, add or modify")
    if given.get("base") is not None or given.get("dn") is not None:
        kinds = only(kinds, _WITH_DN, "base or dn", "an operation on an entry, or a bind")
    if given.get("connection") is not None:
        tests.append(_connection(given["connection"]))  # the last: it counts those that all else is true of
    said = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
    return {"kinds": kinds, "tests": tests, "occasions": occasions(given), "said": said}


def _read_operations(given: Any) -> tuple[frozenset[type], frozenset[bytes]]:
    """Kinds of requests, none: all; and OIDs of extended operations, none: all."""
    if given is None:
        return frozenset(), frozenset()
    words = (given,) if isinstance(given, str) else tuple(given)
    kinds: set[type] = set()
    oids: set[bytes] = set()
    for word in words:
        if word in _KINDS:
            kinds.update(_KINDS[word])
        elif word in _EXTENDED or (isinstance(word, str) and word[:1].isdigit()):
            kinds.add(m.ExtendedRequest)
            oids.add(_EXTENDED.get(word) or word.encode())
        elif word in ("unbind", "abandon"):
            raise RuleError(f"op {word!r}: has no answer that could go wrong")
        else:
            raise one_of("op", word, OPERATIONS)
    if not words:
        raise RuleError(f"op: none is named; leave it out to have them all, or name some of {', '.join(OPERATIONS)}")
    return frozenset(kinds), frozenset() if "extended" in words else frozenset(oids)


def only(kinds: frozenset[type], possible: tuple[type, ...], name: str, what: str) -> frozenset[type]:
    """Of the kinds those that can have it. Raises RuleError where that is none."""
    found = frozenset(possible) & kinds if kinds else frozenset(possible)
    if not found:
        raise RuleError(f"{name} is of {what}, which op doesn't name")
    return found


_WITH_ATTRIBUTES = (m.SearchRequest, m.CompareRequest, m.AddRequest, m.ModifyRequest)
_NAMES: Mapping[type, Callable[[Any], bytes]] = {
    m.BindRequest: lambda op: op.name,
    m.SearchRequest: lambda op: op.base,
    m.CompareRequest: lambda op: op.dn,
    m.AddRequest: lambda op: op.dn,
    m.ModifyRequest: lambda op: op.dn,
    m.UndecodableModifyRequest: lambda op: op.dn,
    m.ModifyDNRequest: lambda op: op.dn,
    m.DeleteRequest: lambda op: op.dn,
}
_WITH_DN = tuple(_NAMES)


def dn_of(schema: Schema, op: m.RequestOp) -> DN | None:
    """The DN that a request is about; None where it is none, or has none."""
    name = _NAMES.get(type(op))
    if name is None:
        return None
    try:
        return schema.dn(name(op))
    except LDAPError:
        return None


def _within(directory: "FakeDirectory", given: Any) -> Test:
    schema = directory.inner.schema
    wanted = read_dn(schema, "base", given)

    def test(request: Request) -> bool:
        found = dn_of(schema, request.op)
        return found is not None and found.is_within(wanted)

    return test


def _exactly(directory: "FakeDirectory", given: Any) -> Test:
    schema = directory.inner.schema
    wanted = read_dn(schema, "dn", given)
    return lambda request: dn_of(schema, request.op) == wanted


def _identity(directory: "FakeDirectory", given: Any) -> Test:
    if given in _WHO:
        who = _WHO[given]
        return lambda request: who(request.session)
    if isinstance(given, str) and "=" not in given:
        raise one_of("identity", given, ("a DN", *_WHO))
    wanted = read_dn(directory.inner.schema, "identity", given)
    return lambda request: request.session.identity == wanted


def _connection(given: Any) -> Test:
    if isinstance(given, Session):
        return lambda request: request.session is given
    if isinstance(given, str):
        return lambda request: request.session.peer == given
    number = a_number("connection", given, 1)
    sessions: list[Session] = []

    def test(request: Request) -> bool:
        if request.session not in sessions and len(sessions) < number:
            sessions.append(request.session)
        return len(sessions) == number and sessions[-1] is request.session

    return test


def _when(directory: "FakeDirectory", given: Any) -> Test:
    if not callable(given):
        raise RuleError(f"when={given!r}: a function of the request is expected")
    return lambda request: bool(given(request))


# --- attributes and filters -------------------------------------------------------------------------------------------


def _attribute(directory: "FakeDirectory", given: Any) -> Test:
    schema = directory.inner.schema
    if not isinstance(given, str):
        raise RuleError(f"attribute={given!r}: a name is expected")
    if schema.check is SchemaCheck.STRICT and schema.find(given.encode()) is None:
        raise RuleError(
            f"attribute {given!r}: the schema has none of that name{nearest(given, names_of(schema, 'attributeTypes'))}"
        )
    wanted = type_name(schema, given.encode())
    return lambda request: any(type_name(schema, each) == wanted for each in attributes_of(request.op))


def attributes_of(op: m.RequestOp) -> Iterable[bytes]:
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


def items(filter: m.Filter) -> Iterable[Any]:
    """The items of a filter, all but And, Or and Not."""
    if isinstance(filter, m.And | m.Or):
        for each in filter.filters:
            yield from items(each)
    elif isinstance(filter, m.Not):
        yield from items(filter.filter)
    else:
        yield filter


def _filter(directory: "FakeDirectory", given: Any) -> Test:
    schema = directory.inner.schema
    if not isinstance(given, str):
        raise RuleError(f"filter={given!r}: a filter is expected, as text")
    try:
        parsed = filters.parse(given)
    except filters.FilterSyntaxError as error:
        raise RuleError(str(error)) from None
    kind, wanted = type(parsed), _comparable(schema, parsed)

    def has(part: m.Filter) -> bool:
        if type(part) is kind and _alike(wanted, _comparable(schema, part)):
            return True
        return type(part) in (m.And, m.Or) and any(map(has, part.filters))  # type: ignore[union-attr]

    return lambda request: has(request.op.filter)  # type: ignore[union-attr]


def _comparable(schema: Schema, filter: m.Filter) -> tuple[Any, ...]:
    """The filter as nested tuples, the same for filters that are spelled differently."""
    kind = type(filter).__name__
    match filter:
        case m.And(filters=each) | m.Or(filters=each):
            return (kind, *(_comparable(schema, one) for one in each))
        case m.Not(filter=one):
            return (kind, _comparable(schema, one))
        case m.Present(attribute=name):
            return (kind, type_name(schema, name))
        case m.Equality(attribute=name, value=value):
            return (kind, type_name(schema, name), _normal(schema, name, value))
        case m.Undefined():
            return (kind, filter.tag)
        case m.Extensible():
            return (kind, filter.rule, filter.attribute, filter.value.lower(), filter.dn_attributes)
        case m.Substrings():
            pieces = (filter.initial or b"", *filter.any, filter.final or b"")
            return (kind, type_name(schema, filter.attribute), *(piece.lower() for piece in pieces))
    return (kind, type_name(schema, filter.attribute), filter.value.lower())


def _normal(schema: Schema, name: bytes, value: bytes) -> Any:
    if value[:1] == b"{" and value[-1:] == b"}":
        return ANYTHING
    found = schema.find(name)
    rule = None if found is None else found.type.equality
    normal = None if rule is None else rule.assertion(value)
    return value.lower() if normal is None else normal


class _Anything:
    """A value in a rule's filter that stands for any."""


ANYTHING = _Anything()


def _alike(wanted: tuple[Any, ...], found: tuple[Any, ...]) -> bool:
    if len(wanted) != len(found):
        return False
    for one, other in zip(wanted, found, strict=True):
        if isinstance(one, tuple) and isinstance(other, tuple):
            if not _alike(one, other):
                return False
        elif one is not ANYTHING and one != other:
            return False
    return True


_TESTS: Mapping[str, Callable[["FakeDirectory", Any], Test]] = {
    "dn": _exactly,
    "base": _within,
    "attribute": _attribute,
    "filter": _filter,
    "identity": _identity,
    "when": _when,
}
