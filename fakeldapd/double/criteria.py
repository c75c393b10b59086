"""What requests are asked for by: an operation and criteria such as ``base``, ``filter``, ``code``.

A criterion is a row of CRITERIA: how what is wanted is read (and refused where it makes no sense), how a request is
compared with it, what of the request is shown beside it. A new criterion is a function and a row.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakeldapd.double import data as forms
from fakeldapd.double.meaning import Meaning
from fakeldapd.double.names import nearest
from fakeldapd.double.reasons import names_of
from fakeldapd.double.recorded import OPERATION_NAMES, OPS, SCOPE_NAMES, code_name
from fakeldapd.middleware.secrets import Hide, Secret, concealed_filter, is_secret
from fakeldapd.protocol.filter import parse
from fakeldapd.protocol.result import ResultCode
from fakeldapd.schema.registry import AttributeDescriptionError, Schema

if TYPE_CHECKING:
    from fakeldapd.double.recorded import RecordedRequest

_OP_NAMES = tuple(dict.fromkeys(OPS.values()))
_ALSO = {"modifydn": "rename", "modrdn": "rename", "moddn": "rename", "modify_dn": "rename"}
_SCOPES = {**{name: name for name in SCOPE_NAMES.values()}, "subtree": "sub", "children": "subordinate"}
_CODES = {code_name(code).lower(): int(code) for code in ResultCode} | {"ok": 0}


def op_name(op: str) -> str:
    """The name of an operation. Raises ValueError with the nearest one."""
    name = _ALSO.get(op.lower(), op.lower())
    if name not in _OP_NAMES:
        raise ValueError(f"op={op!r}: one of {', '.join(_OP_NAMES)} is expected{nearest(name, _OP_NAMES)}")
    return name


@dataclass(frozen=True, slots=True)
class Setting:
    """What criteria are read and compared with."""

    meaning: Meaning
    schema: Schema
    hide: Hide


@dataclass(frozen=True, slots=True)
class Criterion:
    """``read(wanted, setting)`` makes it ready or raises ValueError; ``fits(ready, request, setting)`` compares.

    ``ops`` are the operations it may be asked of, none: all; ``field`` is what is shown of the request beside it.
    """

    read: Callable[[Any, Setting], Any]
    fits: Callable[[Any, "RecordedRequest", Setting], bool]
    ops: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One criterion beside what a request has: ``wanted`` and ``was`` as text, ``fits`` whether that is the same."""

    name: str
    wanted: str
    was: str
    fits: bool


class Wanted:
    """An operation (None: any) and criteria, ready to be compared with requests. Raises ValueError, TypeError."""

    def __init__(
        self, op: str | None, criteria: Mapping[str, Any], meaning: Meaning, schema: Schema, hide: Hide
    ) -> None:
        self.op = op
        self.criteria = dict(criteria)
        self._setting = Setting(meaning, schema, hide)
        self._ready: list[tuple[str, Criterion, Any]] = []
        for name, given in criteria.items():
            criterion = _criterion(name, op)
            self._ready.append((name, criterion, criterion.read(given, self._setting)))

    def fits(self, request: "RecordedRequest") -> bool:
        """Whether that is one."""
        if self.op is not None and request.op != self.op:
            return False
        return all(
            (not criterion.ops or request.op in criterion.ops) and criterion.fits(ready, request, self._setting)
            for _, criterion, ready in self._ready
        )

    def differences(self, request: "RecordedRequest") -> list[Difference]:
        """Each criterion beside what the request has."""
        found = []
        for name, criterion, ready in self._ready:
            there = not criterion.ops or request.op in criterion.ops
            fits = there and criterion.fits(ready, request, self._setting)
            was = _was(request, criterion.field or name) if there else f"(a {request.op} has none)"
            found.append(Difference(name, self._said(name, ready), was, fits))
        return found

    def _said(self, name: str, ready: Any) -> str:
        return code_name(ready) if name == "code" else shown(self.criteria[name])

    def __str__(self) -> str:
        said = ", ".join(f"{name}={self._said(name, ready)}" for name, _, ready in self._ready)
        return (self.op or "request") + (f" with {said}" if said else "")


def _criterion(name: str, op: str | None) -> Criterion:
    criterion = CRITERIA.get(name)
    names = [each for each, row in CRITERIA.items() if op is None or not row.ops or op in row.ops]
    if criterion is None or name not in names:
        of = "requests" if op is None else f"a {op}"
        raise TypeError(f"{of} can't be asked for by {name}={nearest(name, names)}; there is {', '.join(names)}")
    return criterion


def _was(request: "RecordedRequest", field: str) -> str:
    if field == "code":
        return request.outcome
    return shown(getattr(request, field))


def shown(value: Any) -> str:
    """A value in a message."""
    if isinstance(value, Secret):
        return "another secret"
    return value if isinstance(value, str) and value and " " not in value else repr(value)


# --- reading what is wanted -------------------------------------------------------------------------------------------


def _octets(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode(errors="surrogateescape")


def _read_dn(wanted: Any, setting: Setting) -> Any:
    if not isinstance(wanted, str | bytes):
        raise ValueError(f"{wanted!r}: a DN is expected, as text")
    return setting.meaning.dn(_octets(wanted))


def _read_filter(wanted: Any, setting: Setting) -> Any:
    return setting.meaning.filter(concealed_filter(parse(wanted), setting.hide))


def _read_scope(wanted: Any, setting: Setting) -> Any:
    if isinstance(wanted, int) and wanted in SCOPE_NAMES:
        return SCOPE_NAMES[wanted]
    if wanted not in _SCOPES:
        known = tuple(SCOPE_NAMES.values())
        raise ValueError(f"scope={wanted!r}: one of {', '.join(known)} is expected{nearest(str(wanted), _SCOPES)}")
    return _SCOPES[wanted]


def read_code(wanted: Any, setting: "Setting | None" = None) -> int:
    """A result code by number or by name: 32, "noSuchObject", "no_such_object". Raises ValueError."""
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return int(wanted)
    found = _CODES.get(str(wanted).replace("_", "").lower())
    if found is None:
        names = {name.lower(): name for name in map(code_name, ResultCode)}
        near = nearest(str(wanted).lower(), names)
        raise ValueError(f"code={wanted!r}: a result code's number or name is expected, such as busy{near}")
    return found


def _read_attribute(wanted: Any, setting: Setting) -> Any:
    if not isinstance(wanted, str):
        raise ValueError(f"{wanted!r}: the name of an attribute is expected, as text")
    name = _octets(wanted)
    if name not in (b"*", b"+", b"1.1") and not name.startswith(b"@"):
        try:
            setting.schema.describe(name)
        except AttributeDescriptionError:
            near = nearest(wanted, names_of(setting.schema, "attributeTypes"))
            raise ValueError(f"there is no attribute {wanted!r}{near}") from None
    return setting.meaning.attribute(name)


def _read_values(wanted: Any, setting: Setting) -> Any:
    """Names of attributes, or a dict of names with values."""
    if not isinstance(wanted, Mapping):
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return dict.fromkeys(_read_attribute(name, setting) for name in names)
    return {
        _read_attribute(name, setting): frozenset(_value(name, v, setting) for v in forms.values_of(values, name))
        for name, values in wanted.items()
    }


def _value(name: str, value: Any, setting: Setting) -> Any:
    """The form of a wanted value; of a secret's its hash."""
    octets = _octets(value)
    return setting.hide(octets) if is_secret(_octets(name)) else setting.meaning.value(_octets(name), octets)


def _read_changes(wanted: Any, setting: Setting) -> Any:
    if isinstance(wanted, Mapping):
        wanted = [("replace", name, values) for name, values in wanted.items()]
    found = []
    for operation, name, values in wanted:
        if operation not in OPERATION_NAMES.values():
            known = tuple(OPERATION_NAMES.values())
            raise ValueError(f"{operation!r}: one of {', '.join(known)} is expected{nearest(operation, known)}")
        given = () if values is None else forms.values_of(values, name)
        form = frozenset(_value(name, v, setting) for v in given)
        found.append((operation, _read_attribute(name, setting), form))
    return found


def _as_it_is(wanted: Any, setting: Setting) -> Any:
    return wanted


# --- comparing --------------------------------------------------------------------------------------------------------


def _has_dn(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    record = request.record
    named = record.op.name if request.op == "bind" else getattr(record.op, "dn", b"")
    if request.op == "bind" and not named and record.became is not None:  # SASL says the name within its credentials
        named = record.became.text
    return bool(setting.meaning.dn(named) == ready)


def _has_changes(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    there = [
        (operation, setting.meaning.attribute(_octets(name)), _forms(name, values, setting))
        for operation, name, values in request.changes
    ]
    return all(change in there for change in ready)


def _has_attributes(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    """Of a search: it asks for these, and no others. Of an addition: it adds these, among others."""
    if request.op == "search":
        return {setting.meaning.attribute(name) for name in request.record.op.attributes} == set(ready)
    there = {
        setting.meaning.attribute(_octets(name)): _forms(name, values, setting)
        for name, values in request.attributes.items()
    }
    return all(name in there and (values is None or values <= there[name]) for name, values in ready.items())


def _forms(name: str, values: Iterable[Any], setting: Setting) -> frozenset[Any]:
    return frozenset(setting.meaning.value(_octets(name), v if isinstance(v, Secret) else _octets(v)) for v in values)


def _touches(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    names = [request.attribute] if request.op == "compare" else [name for _, name, _ in request.changes]
    return ready in [setting.meaning.attribute(_octets(name)) for name in names]


def _has_value(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    """Among what is compared or changed."""
    given = [("", request.attribute, [request.value])] if request.op == "compare" else request.changes
    for _, name, values in given:
        for value in values:
            if isinstance(value, Secret):
                if value == ready:
                    return True
                continue
            meaning = setting.meaning
            if meaning.value(_octets(name), _octets(value)) == meaning.value(_octets(name), _octets(ready)):
                return True
    return False


def _same_field(name: str) -> Callable[[Any, "RecordedRequest", Setting], bool]:
    return lambda ready, request, setting: bool(getattr(request, name) == ready)


def _dn_field(name: str) -> Callable[[Any, "RecordedRequest", Setting], bool]:
    def fits(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
        return bool(setting.meaning.dn(_octets(getattr(request, name) or "")) == ready)

    return fits


def _is_under(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    op = request.record.op
    return setting.meaning.is_within(getattr(op, "base", getattr(op, "dn", b"")), _octets(ready))


def _has_control(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    return any(control.oid == _octets(ready) for control in request.controls)


def _has_filter(ready: Any, request: "RecordedRequest", setting: Setting) -> bool:
    return bool(setting.meaning.filter(request.record.op.filter) == ready)


_OF_DN = ("bind", "modify", "add", "delete", "rename", "compare")
_PLACED = ("search", "modify", "add", "delete", "rename", "compare")

CRITERIA: dict[str, Criterion] = {
    "code": Criterion(read_code, _same_field("code")),
    "identity": Criterion(_read_dn, _dn_field("identity")),
    "connection": Criterion(_as_it_is, _same_field("connection")),
    "tls": Criterion(_as_it_is, _same_field("tls")),
    "control": Criterion(_as_it_is, _has_control, field="controls"),
    "diagnostic": Criterion(_as_it_is, lambda ready, request, setting: ready in request.diagnostic),
    "dn": Criterion(_read_dn, _has_dn, _OF_DN),
    "under": Criterion(_as_it_is, _is_under, _PLACED, field="place"),
    "method": Criterion(
        lambda wanted, setting: wanted.lower(),
        lambda ready, request, setting: request.method.lower() == ready,
        ("bind",),
    ),
    "password": Criterion(_as_it_is, _same_field("password"), ("bind",)),
    "base": Criterion(_read_dn, _dn_field("base"), ("search",)),
    "scope": Criterion(_read_scope, _same_field("scope"), ("search",)),
    "filter": Criterion(_read_filter, _has_filter, ("search",)),
    "deref": Criterion(_as_it_is, _same_field("deref"), ("search",)),
    "size_limit": Criterion(_as_it_is, _same_field("size_limit"), ("search",)),
    "time_limit": Criterion(_as_it_is, _same_field("time_limit"), ("search",)),
    "types_only": Criterion(_as_it_is, _same_field("types_only"), ("search",)),
    "entries": Criterion(_as_it_is, _same_field("entries"), ("search",)),
    "attributes": Criterion(_read_values, _has_attributes, ("search", "add")),
    "attribute": Criterion(_read_attribute, _touches, ("modify", "compare"), field="touched"),
    "value": Criterion(_as_it_is, _has_value, ("modify", "compare"), field="touched"),
    "changes": Criterion(_read_changes, _has_changes, ("modify",)),
    "new_rdn": Criterion(_read_dn, _dn_field("new_rdn"), ("rename",)),
    "new_superior": Criterion(_read_dn, _dn_field("new_superior"), ("rename",)),
    "keep_old": Criterion(_as_it_is, _same_field("keep_old"), ("rename",)),
    "name": Criterion(_as_it_is, _same_field("name"), ("extended",)),
    "user": Criterion(_as_it_is, _same_field("user"), ("extended",)),
}
"""What requests may be asked for by."""
