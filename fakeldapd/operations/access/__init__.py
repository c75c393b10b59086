"""Who may do what: the guards that evaluation, selection and the update checks consult.

The question "may this session use attributes of this type, at this level?" has one of three answers: yes for every
entry, no for every entry, or it depends on the entry. A ``Guard`` is the third: a function of a node and its entry.
Asking once for a search, and not once for an entry, is what makes access rules free for whoever they don't restrict.

Two pseudo-attributes stand for more than attributes, as in slapd.access(5): ``entry`` (here None) for the entry as
such, whether it may be found, returned, added, deleted or renamed; ``children`` for what is below it.

``DefaultAccess`` is what Debian ships for slapd::

    access to attrs=userPassword by self write by anonymous auth by * none
    access to * by * read

Other rules are read by ``parse`` and followed by ``evaluation.RuleAccess``; neither is imported without them.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Guard, never
from fakeldapd.operations.request import Session
from fakeldapd.schema.elements import AttributeType
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node

CHILDREN = b"children"
"""The name of the attribute type that stands for the entries below an entry."""


class Level(IntEnum):
    """What is asked for. Each includes those before it, but for ADD and DELETE, the two halves of WRITE, and REVEAL:
    whether a refusal may tell that there is something. It is DISCLOSE, but counts also where rules end in a break.
    """

    REVEAL = -1
    NONE = 0
    DISCLOSE = 1
    AUTH = 2
    COMPARE = 3
    SEARCH = 4
    READ = 5
    ADD = 6
    DELETE = 7
    WRITE = 8
    MANAGE = 9


class Access(Protocol):
    """The rules of one server."""

    def guard(self, session: Session, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        """What stands between the session and attributes of a type at a level; None: nothing.

        ``attribute_type`` None asks about entries as such, the type ``children`` about what is below them. A guard
        may be kept for as long as the session has the same identity.
        """
        ...


_NONE, _AUTH, _READ, _WRITE = Level.NONE, Level.AUTH, Level.READ, Level.WRITE


class DefaultAccess:
    """Debian's two rules; ``anonymous_read`` false leaves anonymous sessions nothing but to authenticate."""

    def __init__(self, schema: Schema, *, anonymous_read: bool = True) -> None:
        self._password = schema.attribute_type(b"userPassword")
        self._anonymous_read = anonymous_read

    def guard(self, session: Session, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        """See Access.guard."""
        if session.is_admin or level == _NONE:
            return None
        identity = session.identity
        if attribute_type is not None and attribute_type is self._password:
            if identity is None:
                return None if level <= _AUTH else never
            if level > _WRITE:
                return never
            key = identity.key

            def is_self(node: "Node", entry: Entry) -> bool:
                return node.dn.key == key

            return is_self
        if identity is None and not self._anonymous_read:
            return None if level == _AUTH else never
        return None if level <= _READ else never


def allowed(guard: Guard | None, node: "Node") -> bool:
    """Whether a guard lets somebody at the entry of a node (which must have one)."""
    assert node.entry is not None
    return guard is None or guard(node, node.entry)
