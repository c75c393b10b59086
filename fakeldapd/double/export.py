"""Requests as something to keep: values that JSON knows, and LDIF change records."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from fakeldapd.directory.ldifwriter import write_change
from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.middleware.secrets import PasswordModify, Secret
from fakeldapd.protocol import messages as m


def plain(value: Any) -> Any:
    """The value in what JSON knows; see ``RecordedRequest.as_dict``."""
    if isinstance(value, Secret):
        return {"secret": str(value)}
    if isinstance(value, m.Control):
        return {"oid": plain(value.oid), "critical": value.criticality, "value": plain(value.value)}
    if isinstance(value, bytes):
        return plain(value.decode(errors="surrogateescape"))
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, str):
        octets = value.encode(errors="surrogateescape")
        try:
            octets.decode()
        except UnicodeDecodeError:
            return {"base64": b64encode(octets).decode()}
    return value


def as_ldif(requests: Iterable[RecordedRequest]) -> str:
    """Change records of those that succeeded."""
    records = [
        write_change(op, [each for each in request.controls if not isinstance(each.value, Secret)])
        for request in requests
        if (op := _change(request)) is not None
    ]
    return b"".join(records).decode(errors="surrogateescape")


def _change(request: RecordedRequest) -> Any:
    """The change that a request has made, with hashes for its secrets; None where it has made none."""
    op = request.record.op
    if request.code != 0:
        return None
    if isinstance(op, m.AddRequest):
        return m.AddRequest(op.dn, tuple(m.Attribute(each.type, _values(each.values)) for each in op.attributes))
    if isinstance(op, m.ModifyRequest):
        return m.ModifyRequest(op.dn, tuple(m.Change(c.operation, c.type, _values(c.values)) for c in op.changes))
    if isinstance(op, m.DeleteRequest | m.ModifyDNRequest):
        return op
    value: Any = getattr(op, "value", None)
    if isinstance(op, m.ExtendedRequest) and isinstance(value, PasswordModify) and value.new is not None:
        dn = value.user or request.identity.encode(errors="surrogateescape")
        return m.ModifyRequest(dn, (m.Change(m.ModifyOperation.REPLACE, b"userPassword", _values((value.new,))),))
    return None


def _values(values: Iterable[Any]) -> tuple[bytes, ...]:
    return tuple(str(v).encode(errors="surrogateescape") if isinstance(v, Secret) else v for v in values)
