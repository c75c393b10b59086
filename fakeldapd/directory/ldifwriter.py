"""LDIF out of records (RFC 2849), byte for byte as slapcat writes it; ``ldif`` reads it back to the same.

What isn't printable ASCII, begins with a space, ``:`` or ``<``, or ends with a space is written in base64, and so is
every userPassword: nobody should read those over a shoulder. Lines are folded after 78 octets.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterable, Sequence

from fakeldapd.directory.ldif import MODIFICATIONS, ChangeOp
from fakeldapd.protocol.messages import AddRequest, Control, DeleteRequest, ModifyRequest

VERSION = b"version: 1\n\n"
"""What a file of records may begin with (RFC 2849, version-spec)."""

# What slapcat writes as it is: graphic characters at both ends, printable ASCII between them.
_SAFE = re.compile(rb"[!-9;=-~](?:[ -~]*[!-~])?")
_WIDTH = 78
_HIDDEN = frozenset([b"userpassword", b"2.5.4.35"])


def write_record(dn: bytes, attributes: Iterable[tuple[bytes, Sequence[bytes]]]) -> bytes:
    """One content record, ``(description, values)`` pairs in the order given, with the empty line behind it."""
    lines = [_line(b"dn", dn)]
    _add_values(lines, attributes)
    return b"".join(lines) + b"\n"


def write_change(op: ChangeOp, controls: Iterable[Control] = ()) -> bytes:
    """One change record with the empty line behind it. Values and names are taken as they are."""
    lines = [_line(b"dn", op.dn), *map(_control_line, controls)]
    if isinstance(op, AddRequest):
        lines.append(b"changetype: add\n")
        _add_values(lines, op.attributes)
    elif isinstance(op, DeleteRequest):
        lines.append(b"changetype: delete\n")
    elif isinstance(op, ModifyRequest):
        lines.append(b"changetype: modify\n")
        for operation, description, values in op.changes:
            lines.append(_line(_OPERATION_NAMES[operation], description))
            _add_values(lines, [(description, values)])
            lines.append(b"-\n")
    else:
        lines += [b"changetype: modrdn\n", _line(b"newrdn", op.new_rdn), b"deleteoldrdn: %d\n" % op.delete_old_rdn]
        if op.new_superior is not None:
            lines.append(_line(b"newsuperior", op.new_superior))
    return b"".join(lines) + b"\n"


_OPERATION_NAMES = {number: name for name, number in MODIFICATIONS.items()}


def _add_values(lines: list[bytes], attributes: Iterable[tuple[bytes, Sequence[bytes]]]) -> None:
    for name, values in attributes:
        hidden = name.partition(b";")[0].lower() in _HIDDEN
        lines.extend(_line(name, value, hidden) for value in values)


def _line(name: bytes, value: bytes, hidden: bool = False) -> bytes:
    if not value:
        return name + b":\n"
    if not hidden and _SAFE.fullmatch(value):
        line = b"%b: %b" % (name, value)
    else:
        line = b"%b:: %b" % (name, b2a_base64(value, newline=False))
    if len(line) <= _WIDTH:
        return line + b"\n"
    step = _WIDTH - 1
    folded = [line[at : at + step] for at in range(_WIDTH, len(line), step)]
    return b"\n ".join((line[:_WIDTH], *folded)) + b"\n"


def _control_line(control: Control) -> bytes:
    line = control.oid + (b" true" if control.criticality else b" false")
    if control.value is None:
        return b"control: %b\n" % line
    return _line(b"control: " + line, control.value)
