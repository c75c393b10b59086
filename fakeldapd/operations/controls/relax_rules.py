"""Relax Rules (draft-zeilenga-ldap-relax): who may manage an entry may write some operational attributes of it, and
change its structural class.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.controls.row import UPDATES, Row, no_value
from fakeldapd.operations.request import Session
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.elements import AttributeDescription

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

RELAX_RULES = b"1.3.6.1.4.1.4203.666.5.12"

ROW = Row(
    "relax",
    UPDATES,
    no_value("relax"),
    advertised=False,
    source="draft-zeilenga-ldap-relax section 2",
    shown_by="clients/test_update_controls.py::test_relax_rules_let_the_administrator_write_history",
)

_OF_DYNAMIC_ENTRIES = (b"entryTtl",)
_OF_PASSWORD_POLICY = (
    b"pwdAccountTmpLockoutEnd",
    b"pwdChangedTime",
    b"pwdFailureTime",
    b"pwdGraceUseTime",
    b"pwdHistory",
)
_OF_ENTRIES = (b"createTimestamp", b"creatorsName", b"entryUUID", b"modifiersName", b"modifyTimestamp")
MANAGEABLE = frozenset((*_OF_ENTRIES, *_OF_PASSWORD_POLICY, *_OF_DYNAMIC_ENTRIES))
"""The attributes with NO-USER-MODIFICATION that may be written."""


def check_manageable(description: AttributeDescription, sent: bytes) -> None:
    """Raise LDAPError 19 where not even the control lets an attribute be written."""
    if description.type.no_user_modification and description.type.name not in MANAGEABLE:
        text = f"{sent.decode()}: no-user-modification attribute not manageable"
        raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, text)


def check_may_manage(
    directory: "Directory", session: Session, node: Node, descriptions: Iterable[AttributeDescription]
) -> None:
    """Raise LDAPError 50 where a session may not write those of the attributes that users usually don't."""
    for description in descriptions:
        if description.type.no_user_modification:
            guard = directory.access.guard(session, description.type, Level.MANAGE)
            if not allowed(guard, node):
                raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
