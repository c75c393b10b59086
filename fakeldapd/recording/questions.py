"""What makes two requests the same question, when one was recorded and the other comes from a test.

A question is written as the arguments of ``FakeDirectory.stub`` that say which request is meant, with what those don't
have: scope, attributes, changes. ``question`` makes it of a request, ``key`` makes of it what is looked up. Passwords
aren't in it: a bind asks with a name and some password, or none.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fakeldapd.operations.controls.paged_results import PAGED_RESULTS
from fakeldapd.operations.controls.session_tracking import SESSION_TRACKING
from fakeldapd.protocol import filter as filters
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.url import SCOPE_NAMES
from fakeldapd.recording import names
from fakeldapd.recording.anonymous import HIDDEN, Kept
from fakeldapd.recording.classify import hides

SCOPES = SCOPE_NAMES
OPERATIONS = tuple(operation.name.lower() for operation in m.ModifyOperation)


def text(octets: bytes) -> str:
    """As JSON has it."""
    return octets.decode(errors="surrogateescape")


def _named(numbers: tuple[str, ...], number: int) -> str:
    return numbers[number] if 0 <= number < len(numbers) else str(number)


def _bind(op: m.BindRequest, shown: Kept) -> dict[str, Any] | None:
    if not isinstance(op.authentication, m.SimpleAuthentication):
        return None
    return {"op": "bind", "dn": text(shown.dn(op.name)), "password": bool(op.authentication.password)}


def _search(op: m.SearchRequest, shown: Kept) -> dict[str, Any]:
    said: dict[str, Any] = {"op": "search", "dn": text(shown.dn(op.base)), "scope": _named(SCOPES, op.scope)}
    said["filter"] = filters.to_text(shown.filter(op.filter))
    if op.attributes:
        said["attributes"] = [text(each) for each in op.attributes]
    if op.types_only:
        said["types_only"] = True
    return said


def _compare(op: m.CompareRequest, shown: Kept) -> dict[str, Any]:
    value = HIDDEN if hides(op.attribute) else shown.asserted(op.attribute, op.value)
    return {"op": "compare", "dn": text(shown.dn(op.dn)), "attribute": text(op.attribute), "value": text(value)}


def _modify(op: m.ModifyRequest, shown: Kept) -> dict[str, Any]:
    changes = [[_named(OPERATIONS, change.operation), text(change.type)] for change in op.changes]
    return {"op": "modify", "dn": text(shown.dn(op.dn)), "changes": changes}


def _rename(op: m.ModifyDNRequest, shown: Kept) -> dict[str, Any]:
    said = {"op": "rename", "dn": text(shown.dn(op.dn)), "new_rdn": text(shown.dn(op.new_rdn))}
    if op.new_superior is not None:
        said["new_superior"] = text(shown.dn(op.new_superior))
    return said


_SAID: Mapping[type, Callable[[Any, Kept], dict[str, Any] | None]] = {
    m.BindRequest: _bind,
    m.SearchRequest: _search,
    m.CompareRequest: _compare,
    m.AddRequest: lambda op, shown: {"op": "add", "dn": text(shown.dn(op.dn))},
    m.DeleteRequest: lambda op, shown: {"op": "delete", "dn": text(shown.dn(op.dn))},
    m.ModifyRequest: _modify,
    m.ModifyDNRequest: _rename,
}
FIELDS = (
    "op", "dn", "scope", "filter", "attributes", "types_only", "password", "attribute", "value", "changes", "new_rdn",
    "new_superior", "controls", "identity",
)  # fmt: skip
"""What may be said of a question."""


_WITHOUT_CONSEQUENCE = frozenset((PAGED_RESULTS, SESSION_TRACKING))
"""Controls that don't make it another question."""


def question(op: m.RequestOp, controls: tuple[m.Control, ...], shown: Kept) -> dict[str, Any] | None:
    """What it asks; None for what isn't recorded: SASL binds, extended operations, what has no answer. Of controls it
    says which ones there are.
    """
    reader = _SAID.get(type(op))
    said = None if reader is None else reader(op, shown)
    oids = sorted(text(each.oid) for each in controls if each.oid not in _WITHOUT_CONSEQUENCE)
    return {**said, "controls": oids} if said and oids else said


_NAMES = frozenset(("dn", "new_rdn", "new_superior", "identity"))


def key(said: Mapping[str, Any]) -> tuple[Any, ...]:
    """Equal for questions that are the same."""
    return tuple(sorted((name, _normal(name, value)) for name, value in said.items() if value is not None))


def _normal(name: str, value: Any) -> str:
    if name in _NAMES:
        return names.key(value.encode(errors="surrogateescape"))
    return (value if isinstance(value, str) else repr(value)).casefold()
