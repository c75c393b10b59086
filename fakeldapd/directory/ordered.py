"""Values and siblings in an order: the prefix ``{n}`` of slapd's configuration directory (X-ORDERED).

The values of some attributes there, and the RDNs of some siblings, begin with their position, counted from 0. A client
that adds one says where it goes, or says nothing and has it put last; everything behind it moves on.
"""

import re
from collections.abc import Sequence

from fakeldapd.directory.entry import Values

_PREFIX = re.compile(rb"\{([0-9]+)\}")


def split(value: bytes) -> tuple[int | None, bytes]:
    """The position that a value begins with, None where it says none, and the rest."""
    found = _PREFIX.match(value)
    return (None, value) if found is None else (int(found[1]), value[found.end() :])


def numbered(values: Sequence[bytes]) -> Values:
    """Values without prefixes with those of their positions."""
    return tuple([b"{%d}%b" % item for item in enumerate(values)])


def plain(values: Sequence[bytes]) -> list[bytes]:
    """Values without their prefixes."""
    return [split(value)[1] for value in values]


def in_order(values: Sequence[bytes]) -> list[bytes] | None:
    """The values of a new entry in the order that they say, without prefixes; None where only some of them say one."""
    parts = [split(value) for value in values]
    if all(position is None for position, _ in parts):
        return list(values)
    if any(position is None for position, _ in parts):
        return None
    return [rest for _, rest in sorted(parts, key=lambda part: part[0] or 0)]


def insert(values: list[bytes], value: bytes) -> bytes:
    """Put ``value`` where its prefix says, and give it without that."""
    position, rest = split(value)
    values.insert(len(values) if position is None else position, rest)
    return rest


def find(values: Sequence[bytes], value: bytes) -> int | None:
    """Where the value stands that ``value`` names: by its position, by its text (in any case of letters) or by both.
    None where there is none."""
    position, rest = split(value)
    if position is None:
        return next((i for i, v in enumerate(values) if same(v, rest)), None)
    if position < len(values) and (not rest or same(values[position], rest)):
        return position
    return None


def same(a: bytes, b: bytes) -> bool:
    """Whether two values without prefixes are equal, letters in any case and spaces in any number."""
    return b" ".join(a.split()).lower() == b" ".join(b.split()).lower()
