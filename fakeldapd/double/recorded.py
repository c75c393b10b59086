"""One request and its answer as a test wants to look at them: texts, lists and dicts made of what was kept of it."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from fakeldapd.double.names import nearest
from fakeldapd.middleware.recorder import Log, Record
from fakeldapd.middleware.secrets import PasswordModify, Secret, concealed_attribute, concealed_filter
from fakeldapd.operations.request import Disconnect, Raw
from fakeldapd.protocol import messages as m
from fakeldapd.protocol import url
from fakeldapd.protocol.decode import attribute
from fakeldapd.protocol.filter import to_text
from fakeldapd.protocol.result import ResultCode

OPS: dict[type, str] = {
    m.BindRequest: "bind",
    m.UnbindRequest: "unbind",
    m.SearchRequest: "search",
    m.ModifyRequest: "modify",
    m.UndecodableModifyRequest: "modify",
    m.AddRequest: "add",
    m.DeleteRequest: "delete",
    m.ModifyDNRequest: "rename",
    m.CompareRequest: "compare",
    m.AbandonRequest: "abandon",
    m.ExtendedRequest: "extended",
}
"""The names of operations."""

SCOPE_NAMES = dict(enumerate(url.SCOPE_NAMES))
DEREF_NAMES = {0: "never", 1: "searching", 2: "finding", 3: "always"}
OPERATION_NAMES = {int(operation): operation.name.lower() for operation in m.ModifyOperation}


class RecordedRequest:
    """One request and its answer.

    ``op`` is the operation's name, ``fields`` all it was asked with; each is an attribute, too: ``request.filter``.
    Texts are str; octets that are no UTF-8 are Python's surrogate escapes. Passwords and other secrets are ``Secret``:
    equal to the right text, and no more is known of them.
    """

    __slots__ = ("_fields", "_log", "record")

    def __init__(self, record: Record, log: Log) -> None:
        self.record = record
        self._log = log
        self._fields: dict[str, Any] | None = None

    @property
    def op(self) -> str:
        """bind, unbind, search, modify, add, delete, rename, compare, abandon, extended."""
        return OPS[type(self.record.op)]

    @property
    def fields(self) -> dict[str, Any]:
        """What it was asked with, by name."""
        if self._fields is None:
            self._fields = _FIELDS[type(self.record.op)](self.record.op)
        return self._fields

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"a {self.op} request has no {name}{nearest(name, self.fields)}") from None

    # --- who, when, how -----------------------------------------------------------------------------------------------

    @property
    def number(self) -> int:
        """The how many-eth request since the start or the last reset, from 1."""
        return int(self.record.number)

    @property
    def connection(self) -> int:
        """The how many-eth connection it came on, from 1."""
        return int(self.record.peer.number)

    @property
    def peer(self) -> str:
        """The other end, as ``127.0.0.1:54321``."""
        return str(self.record.peer.name)

    @property
    def identity(self) -> str:
        """The DN of who asked; empty: anonymous."""
        return "" if self.record.identity is None else _text(self.record.identity.text)

    @property
    def became(self) -> str:
        """The DN of whom the connection belonged to afterwards: of a bind, whom it let in."""
        return "" if self.record.became is None else _text(self.record.became.text)

    @property
    def tls(self) -> bool:
        """Whether it came through TLS."""
        return bool(self.record.tls)

    @property
    def controls(self) -> tuple[m.Control, ...]:
        """The controls it came with."""
        return tuple(self.record.controls)

    @property
    def at(self) -> datetime:
        """When it came, by the directory's clock."""
        return datetime.fromtimestamp(self.record.at, UTC)

    @property
    def place(self) -> str:
        """The DN that it is about: of a search its base."""
        return str(self.fields.get("base", self.fields.get("dn", "")))

    @property
    def touched(self) -> dict[str, list[Any]]:
        """Of a modification or comparison: values by attribute."""
        if self.op == "compare":
            return {self.attribute: [self.value]}
        found: dict[str, list[Any]] = {}
        for _, name, values in self.fields.get("changes", ()):
            found.setdefault(name, []).extend(values)
        return found

    # --- what came of it ----------------------------------------------------------------------------------------------

    @property
    def answered(self) -> bool:
        """Whether it has its final answer."""
        return self.record.result is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come: it was answered, or ended without an answer."""
        return self.record.ended is not None

    @property
    def result(self) -> m.LDAPResult | None:
        """The final answer, None where there is none (yet)."""
        response = self.record.result
        return response.op if response is not None and isinstance(response.op, m.LDAPResult) else None

    @property
    def code(self) -> int | None:
        """The result code, None where there is no answer (yet)."""
        return None if self.result is None else self.result.code

    @property
    def diagnostic(self) -> str:
        """The diagnosticMessage."""
        return "" if self.result is None else _text(self.result.diagnostic)

    @property
    def matched_dn(self) -> str:
        """The matchedDN."""
        return "" if self.result is None else _text(self.result.matched_dn)

    @property
    def response_controls(self) -> tuple[m.Control, ...]:
        """The controls of the final answer."""
        return () if self.record.result is None else self.record.result.controls

    @property
    def entries(self) -> int:
        """How many entries were sent."""
        return int(self.record.entries)

    @property
    def sent(self) -> list[tuple[str, dict[str, list[Any]]]]:
        """The first entries that were sent: DN, and values by attribute."""
        return [(_text(dn), _attributes(map(attribute, encoded), self._log)) for dn, encoded in self.record.sent]

    @property
    def references(self) -> list[str]:
        """The URIs of the references that were sent."""
        found: list[str] = []
        for action in self.record.other or ():
            op = getattr(action, "op", None)
            if isinstance(op, m.SearchResultReference):
                found += map(_text, op.uris)
        return found

    @property
    def duration(self) -> float | None:
        """Seconds until it was over, None while it isn't."""
        return None if self.record.ended is None else self.record.ended - self.record.began

    @property
    def outcome(self) -> str:
        """What came of it in a few words."""
        result = self.result
        if result is not None:
            said = f"{result.code} {code_name(result.code)}" + f': "{self.diagnostic}"' * bool(result.diagnostic)
            count = f", {self.entries} {'entry' if self.entries == 1 else 'entries'}"
            return said + count * (self.op == "search")
        if type(self.record.op) in (m.UnbindRequest, m.AbandonRequest):
            return "no answer is due"
        kinds = {type(action) for action in self.record.other or ()}
        if Disconnect in kinds:
            return "the connection was closed"
        if Raw in kinds:
            return "octets that are no answer"
        return "no answer" if self.is_over else "no answer yet"

    # --- as text ------------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        shown = " ".join(f"{name}={_shown(value)}" for name, value in self.fields.items() if _is_told(name, value))
        who = f" by {self.identity}" if self.identity else ""
        return f"#{self.number} connection {self.connection}{who}: {self.op} {shown} -> {self.outcome}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RecordedRequest) and self.record == other.record

    def __hash__(self) -> int:
        return hash(self.record)

    def as_dict(self) -> dict[str, Any]:
        """Everything, in what JSON knows. What is secret is its hash as ``{"secret": "{SSHA256}..."}``, octets that are
        no text are ``{"base64": ...}``.
        """
        from fakeldapd.double.export import plain

        result = self.result
        answer = None
        if result is not None:
            answer = {"code": result.code, "name": code_name(result.code), "diagnostic": self.diagnostic}
            answer |= {"matched_dn": self.matched_dn, "referral": list(map(_text, result.referral))}
            answer["controls"] = plain(self.response_controls)
        return {
            "number": self.number,
            "connection": self.connection,
            "peer": self.peer,
            "tls": self.tls,
            "identity": self.identity,
            "at": self.at.isoformat(),
            "op": self.op,
            **{name: plain(value) for name, value in self.fields.items()},
            "controls": plain(self.controls),
            "result": answer,
            "outcome": self.outcome,
            "entries": self.entries,
            "sent": plain(self.sent),
            "references": self.references,
            "duration": self.duration,
        }


def code_name(code: int) -> str:
    """A result code's name, as RFC 4511 writes it: ``noSuchObject``."""
    try:
        words = ResultCode(code).name.split("_")
    except ValueError:
        return "unknown"
    return words[0].lower() + "".join(word.capitalize() for word in words[1:])


# --- fields -----------------------------------------------------------------------------------------------------------


def _text(octets: Any) -> Any:
    return octets.decode(errors="surrogateescape") if isinstance(octets, bytes) else octets


def _attributes(attributes: Iterable[m.Attribute], log: Log) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in attributes:
        found.setdefault(_text(each.type), []).extend(map(_text, concealed_attribute(each, log.hide).values))
    return found


def _bind(op: m.BindRequest) -> dict[str, Any]:
    fields: dict[str, Any] = {"dn": _text(op.name), "version": op.version}
    match op.authentication:
        case m.SimpleAuthentication(password=password):
            return fields | {"method": "simple", "password": _text(password)}
        case m.SaslCredentials(mechanism=mechanism, credentials=credentials):
            return fields | {"method": _text(mechanism), "password": credentials}
    return fields | {"method": "unknown", "password": None}


def _search(op: m.SearchRequest) -> dict[str, Any]:
    return {
        "base": _text(op.base),
        "scope": SCOPE_NAMES.get(op.scope, str(op.scope)),
        "filter": to_text(_printable(op.filter)),
        "attributes": [_text(name) for name in op.attributes],
        "deref": DEREF_NAMES.get(op.deref, str(op.deref)),
        "size_limit": op.size_limit,
        "time_limit": op.time_limit,
        "types_only": op.types_only,
    }


def _printable(filter: Any) -> m.Filter:
    """A filter without Secrets in it."""
    return concealed_filter(filter, lambda secret: b"<secret>")


def _add(op: m.AddRequest) -> dict[str, Any]:
    attributes: dict[str, list[Any]] = {}
    for name, values in op.attributes:
        attributes.setdefault(_text(name), []).extend(map(_text, values))
    return {"dn": _text(op.dn), "attributes": attributes}


def _modify(op: Any) -> dict[str, Any]:
    changes = [
        (OPERATION_NAMES.get(operation, str(operation)), _text(name), [_text(v) for v in values])
        for operation, name, values in getattr(op, "changes", ())
    ]
    return {"dn": _text(op.dn), "changes": changes}


def _rename(op: m.ModifyDNRequest) -> dict[str, Any]:
    fields = {"dn": _text(op.dn), "new_rdn": _text(op.new_rdn), "keep_old": not op.delete_old_rdn}
    return fields | {"new_superior": _text(op.new_superior)}


def _extended(op: m.ExtendedRequest) -> dict[str, Any]:
    value: Any = op.value
    if isinstance(value, PasswordModify):
        return {"name": _text(op.name), "user": _text(value.user), "old": value.old, "new": value.new}
    return {"name": _text(op.name), "value": value}


_FIELDS: dict[type, Callable[[Any], dict[str, Any]]] = {
    m.BindRequest: _bind,
    m.UnbindRequest: lambda op: {},
    m.SearchRequest: _search,
    m.ModifyRequest: _modify,
    m.UndecodableModifyRequest: _modify,
    m.AddRequest: _add,
    m.DeleteRequest: lambda op: {"dn": _text(op.dn)},
    m.ModifyDNRequest: _rename,
    m.CompareRequest: lambda op: {
        "dn": _text(op.dn),
        "attribute": _text(op.attribute),
        "value": _text(op.value),
    },
    m.AbandonRequest: lambda op: {"message_id": op.message_id},
    m.ExtendedRequest: _extended,
}

_UNTOLD = {"deref": "never", "size_limit": 0, "time_limit": 0, "types_only": False, "version": 3, "keep_old": False}


def _is_told(name: str, value: Any) -> bool:
    """Whether a field says more than that it is as usual."""
    return value is not None and (name not in _UNTOLD or value != _UNTOLD[name])


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"' if " " in value or not value else value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "[" + ", ".join(value) + "]"
    return "<secret>" if isinstance(value, Secret) else repr(value)
