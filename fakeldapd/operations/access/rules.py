"""What a rule says, once it has been understood: privileges, the <what>, and the clauses of <who>.

Privileges are bits of a number. A clause gives them (``=``), adds (``+``) or takes away (``-``); a level is a way to
give those of it and of all levels below.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from fakeldapd.operations.access import Level
from fakeldapd.operations.access.patterns import MATCHES, MOST_GROUPS, Groups
from fakeldapd.operations.access.who import Condition
from fakeldapd.protocol.messages import Filter
from fakeldapd.schema.elements import AttributeType, ObjectClass

LETTERS: Mapping[str, int] = {
    "0": 0,
    "d": 1,
    "x": 2,
    "c": 4,
    "s": 8,
    "r": 16,
    "a": 32,
    "z": 64,
    "w": 32 | 64,
    "m": 128,
}
"""The letters of privileges -> their bits."""

DECIDED = 256
"""Besides the privileges: whether rules have come to a decision, and not to their end."""

NEEDED: Mapping[Level, int] = {
    Level.NONE: 0,
    Level.DISCLOSE: DECIDED | 1,
    Level.AUTH: DECIDED | 2,
    Level.COMPARE: DECIDED | 4,
    Level.SEARCH: DECIDED | 8,
    Level.READ: DECIDED | 16,
    Level.ADD: DECIDED | 32,
    Level.DELETE: DECIDED | 64,
    Level.WRITE: DECIDED | 32 | 64,
    Level.MANAGE: DECIDED | 128,
    Level.REVEAL: 1,
}
"""What is asked for -> the bits that must be there, all of them."""

READABLE = 1 | 2 | 4 | 8 | 16

LEVELS: Mapping[str, int] = {
    "none": 0,
    "disclose": 1,
    "auth": 1 | 2,
    "compare": 1 | 2 | 4,
    "search": 1 | 2 | 4 | 8,
    "read": READABLE,
    "add": READABLE | 32,
    "delete": READABLE | 64,
    "write": READABLE | 32 | 64,
    "manage": READABLE | 32 | 64 | 128,
}
"""The words for levels -> the bits that they give."""


class Flow(Enum):
    """What happens behind a clause that matched."""

    STOP = "stop"
    CONTINUE = "continue"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Change:
    """What a clause does to the privileges: those in ``keep`` stay, those in ``give`` come."""

    keep: int
    give: int

    def __call__(self, mask: int) -> int:
        """The privileges afterwards."""
        return mask & self.keep | self.give


NOTHING = Change(255, 0)
"""What a clause without <access> does."""

_PRIVILEGES = re.compile(r"([=+-])([0dxcsrwazm]*)\Z")
_CHANGES: Mapping[str, Callable[[int], Change]] = {
    "=": lambda mask: Change(0, mask),
    "+": lambda mask: Change(255, mask),
    "-": lambda mask: Change(255 & ~mask, 0),
}


def read_access(text: str) -> Change | None:
    """The meaning of an <access>; None where it is none."""
    word = text.lower()
    if word in LEVELS:
        return Change(0, LEVELS[word])
    found = _PRIVILEGES.match(word)
    if found is None:
        return None
    mask = 0
    for letter in found[2]:
        mask |= LETTERS[letter]
    return _CHANGES[found[1]](mask)


@dataclass(frozen=True, slots=True)
class Clause:
    """``by <who> <access> <control>``; all conditions of the <who> must hold."""

    conditions: tuple[Condition, ...]
    change: Change
    flow: Flow


@dataclass(frozen=True, slots=True)
class ListedType:
    """A name in ``attrs``: an attribute type, which stands for its subtypes, too."""

    type: AttributeType

    def covers(self, attribute_type: AttributeType) -> bool | None:
        """True where it does, None where the next name is to be looked at."""
        return attribute_type in self.type.subtypes or None


@dataclass(frozen=True, slots=True)
class ListedClass:
    """``@class`` in ``attrs``: what a class requires or allows; with ``others``, ``!class``: everything else."""

    object_class: ObjectClass
    others: bool

    def covers(self, attribute_type: AttributeType) -> bool | None:
        """As ListedType; False where no other name counts any more."""
        inside = self.object_class.name == b"extensibleObject"
        of_class = self.object_class.must | self.object_class.may
        up: AttributeType | None = attribute_type
        while up is not None and not inside:
            inside = up in of_class
            up = up.superior
        if self.others:
            return not inside
        return inside or None


@dataclass(frozen=True, slots=True)
class What:
    """What a rule is about. ``style`` "" and ``filter`` None and ``listed`` None: everything."""

    style: str = ""
    pattern: bytes = b""
    regex: re.Pattern[bytes] | None = None
    filter: Filter | None = None
    listed: tuple[ListedType | ListedClass, ...] | None = None

    def covers(self, attribute_type: AttributeType) -> bool:
        """Whether it is about attributes of the type."""
        if self.listed is None:
            return True
        for listed in self.listed:
            found = listed.covers(attribute_type)
            if found is not None:
                return found
        return False

    def groups(self, key: bytes) -> Groups | None:
        """What the DN pattern matches in a DN, None where it doesn't match."""
        if self.regex is not None:
            found = self.regex.search(key)
            if found is None:
                return None
            groups = (found[0], *found.groups())
            return groups + (None,) * (MOST_GROUPS - len(groups))
        if not self.style:
            return (key,)
        if not MATCHES[self.style](key, self.pattern):
            return None
        return (key,) if self.style == "base" else (key, self.pattern)


@dataclass(frozen=True, slots=True)
class Rule:
    """``access to <what> by ...``"""

    what: What
    clauses: tuple[Clause, ...]
