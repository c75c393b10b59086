"""Who may do what: the predicate that evaluation, selection and the update checks consult.

The question "may this session use attributes of this type, at this level?" has one of three answers: yes for every
entry, no for every entry, or it depends on the entry. A ``Guard`` is the third: a function of a node and its entry.
Asking once for a search, and not once for an entry, is what makes access rules free for whoever they don't restrict.

``DefaultAccess`` is what Debian ships for slapd::

    access to attrs=userPassword by self write by anonymous auth by * none
    access to * by * read
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Guard
from fakeldapd.operations.request import Session
from fakeldapd.schema.elements import AttributeType
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.directory.dit import Node


class Level(IntEnum):
    """What may be done, each level including those before it (slapd.access(5))."""

    NONE = 0
    DISCLOSE = 1
    AUTH = 2
    COMPARE = 3
    SEARCH = 4
    READ = 5
    WRITE = 6
    MANAGE = 7


def never(node: "Node", entry: Entry) -> bool:
    """The guard that lets nobody in."""
    return False


class Access(Protocol):
    """The rules of one server."""

    def guard(self, session: Session, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        """What stands between the session and attributes of a type at a level; None: nothing.

        ``attribute_type`` None asks about entries as such: whether they may be found (DISCLOSE, SEARCH), returned
        (READ), added, deleted and renamed (WRITE).
        """
        ...


class DefaultAccess:
    """Debian's two rules; ``anonymous_read`` false leaves anonymous sessions nothing but to authenticate."""

    def __init__(self, schema: Schema, *, anonymous_read: bool = True) -> None:
        self._password = schema.attribute_type(b"userPassword")
        self._anonymous_read = anonymous_read

    def guard(self, session: Session, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        """See Access.guard."""
        if session.is_admin or level == Level.NONE:
            return None
        identity = session.identity
        if attribute_type is not None and attribute_type is self._password:
            if identity is None:
                return None if level <= Level.AUTH else never
            if level > Level.WRITE:
                return never
            key = identity.key

            def is_self(node: "Node", entry: Entry) -> bool:
                return node.dn.key == key

            return is_self
        if identity is None and not self._anonymous_read:
            return None if level == Level.AUTH else never
        return None if level <= Level.READ else never


def allowed(guard: Guard | None, node: "Node") -> bool:
    """Whether a guard lets somebody at the entry of a node (which must have one)."""
    assert node.entry is not None
    return guard is None or guard(node, node.entry)
