"""The passwords of an entry, as far as whoever authenticates may use them."""

from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.request import Session

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


def stored_passwords(directory: "Directory", session: Session, node: Node | None) -> tuple[bytes, ...]:
    """The values of userPassword that the access rules let the session authenticate with; aliases and referrals have
    none.
    """
    if node is None or node.entry is None or node.entry.classes.is_alias or node.entry.classes.is_referral:
        return ()
    user_password = directory.schema.attribute(b"userPassword")
    if not allowed(directory.access.guard(session, user_password.type, Level.AUTH), node):
        return ()
    return node.entry.values(user_password)
