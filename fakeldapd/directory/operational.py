"""Operational attributes (RFC 4512 section 3.4, RFC 4530, RFC 5020): those stored with an entry, and those computed
when asked for.

The stored ones are made when an entry is added and renewed when it is modified. The computed ones follow from where the
entry stands, and so are right after a rename without anybody touching the entry.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fakeldapd.directory.entry import Values
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, ClassSet
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node

SUBSCHEMA_DN = b"cn=Subschema"
"""Where slapd keeps the subschema subentry."""
_SUBSCHEMA_KEY = SUBSCHEMA_DN.lower()
CONFIG_DN = b"cn=config"
"""The root of slapd's configuration directory."""


def is_subschema(dn: DN) -> bool:
    """Whether a DN is that of the subschema subentry."""
    return dn.depth == 1 and dn.key == _SUBSCHEMA_KEY


def is_configuration(dn: DN) -> bool:
    """Whether a DN is that of the configuration directory or of something in it."""
    return dn.key == CONFIG_DN or dn.key.endswith(b"," + CONFIG_DN)


def _entry_dn(node: "Node") -> Sequence[bytes]:
    return (node.text,)


def _has_subordinates(node: "Node") -> Sequence[bytes]:
    if node.virtual:
        return ()
    return (b"TRUE" if node.children else b"FALSE",)


def _subschema_subentry(node: "Node") -> Sequence[bytes]:
    return (SUBSCHEMA_DN,)


COMPUTED: Mapping[bytes, "Callable[[Node], Sequence[bytes]]"] = {
    b"entryDN": _entry_dn,
    b"subschemaSubentry": _subschema_subentry,
    b"hasSubordinates": _has_subordinates,
}
"""Computed attributes by the name of their type, in the order in which slapd returns them."""

FILTERABLE: Mapping[bytes, "Callable[[Node], Sequence[bytes]]"] = {**COMPUTED, b"subschemaSubentry": lambda node: ()}
"""What filters see of them: as in slapd, a subschemaSubentry that is there and has no value."""


_EPOCH = 0x01B21DD213814000
"""1970 in RFC 4122's time: 100 ns since 15 October 1582."""
_FIRST_COUNTED = _EPOCH + 946_684_800 * 10_000_000
_COUNTED_NODE = bytes(8)
"""Counted entryUUIDs begin in 2000, on a machine that nobody has."""


class Stamps:
    """Makes the stored operational attributes. ``clock`` gives seconds since the epoch.

    With ``counted``, entryUUIDs are counted from a fixed one, so that they are the same in every run.
    """

    def __init__(self, schema: Schema, clock: Callable[[], float] = time.time, *, counted: bool = False) -> None:
        self._clock = clock
        self._counted = counted
        names = (
            b"structuralObjectClass",
            b"entryUUID",
            b"creatorsName",
            b"createTimestamp",
            b"entryCSN",
            b"modifiersName",
            b"modifyTimestamp",
        )
        self._structural, self._uuid, self._creator, self._created, self._csn, self._modifier, self._modified = (
            schema.attribute(name) for name in names
        )
        self._tail = (_COUNTED_NODE if counted else os.urandom(8)).hex()
        self._ticks = _FIRST_COUNTED if counted else 0
        self._second = -1
        self._time = b""
        self._last = (0, 0)

    def added(self, attributes: dict[AttributeDescription, Values], classes: ClassSet, identity: bytes) -> None:
        """Add to a new entry's attributes what is missing; what a bulk load brought along stays."""
        csn = self._next_csn()
        now = (self._time,)
        who = (identity,)
        if classes.structural is not None:
            attributes.setdefault(self._structural, (classes.structural.name,))
        if self._uuid not in attributes:
            attributes[self._uuid] = (self._next_uuid(),)
        attributes.setdefault(self._creator, who)
        attributes.setdefault(self._created, now)
        attributes.setdefault(self._csn, (csn,))
        attributes.setdefault(self._modifier, who)
        attributes.setdefault(self._modified, now)

    def modified(self, identity: bytes) -> dict[AttributeDescription, Values]:
        """What changes with every modification."""
        csn = self._next_csn()
        return {self._csn: (csn,), self._modifier: (identity,), self._modified: (self._time,)}

    def of_class(self, classes: ClassSet) -> dict[AttributeDescription, Values]:
        """What follows from the object classes of an entry."""
        return {} if classes.structural is None else {self._structural: (classes.structural.name,)}

    def by(self, identity: bytes) -> dict[AttributeDescription, Values]:
        """What changes when the server itself modifies an entry: only whose doing it was."""
        return {self._modifier: (identity,)}

    def _next_csn(self) -> bytes:
        """A change sequence number, and the present second as generalizedTime in ``_time``: slapd's form, never the
        same twice.
        """
        now = self._clock()
        second = int(now)
        if second != self._second:
            self._second = second
            self._time = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(second)).encode()
        micro = int((now - second) * 1_000_000)
        stamp = second * 1_000_000 + micro
        count = self._last[1] + 1 if stamp == self._last[0] else 0
        self._last = (stamp, count)
        return b"%b.%06dZ#%06x#000#000000" % (self._time[:-1], micro, count)

    def _next_uuid(self) -> bytes:
        """A time-based UUID (RFC 4122 version 1) that is unique within this server and, by its node, among servers."""
        ticks = self._ticks + 1
        if not self._counted:
            ticks = max(ticks, int(self._clock() * 10_000_000) + _EPOCH)
        self._ticks = ticks
        low, mid, high = ticks & 0xFFFFFFFF, ticks >> 32 & 0xFFFF, ticks >> 48 & 0x0FFF
        tail = self._tail
        return f"{low:08x}-{mid:04x}-1{high:03x}-8{tail[1:4]}-{tail[4:16]}".encode()

    @property
    def state(self) -> tuple[int, tuple[int, int]]:
        """Where counting stands, for who goes back to it."""
        return self._ticks, self._last

    @state.setter
    def state(self, state: tuple[int, tuple[int, int]]) -> None:
        self._ticks, self._last = state
