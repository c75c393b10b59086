"""Who a client says that it is, and who it asks to be: what every mechanism has to find out.

A mechanism calls ``claims`` or ``claims_dn``, then ``asks_for`` where there is an authorization identity, ``look`` and
``secret`` where it needs the password, and ends; ``admitted`` decides whether the one may become the other. Each raises
the error of slapd with Cyrus SASL; ``detail`` replaces the detail of that error, as mechanisms do that have their own.
"""

import socket
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.directory.operational import is_configuration
from fakeldapd.directory.passwords import clear_text
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.request import Session
from fakeldapd.operations.sasl import names
from fakeldapd.operations.sasl.authorization import may_become
from fakeldapd.operations.sasl.exchange import Fault
from fakeldapd.operations.stored_passwords import stored_passwords
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeType

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


class Applicant:
    """One client in one exchange. ``mechanism`` is its name, ``dn`` who has been claimed, None for anonymous."""

    def __init__(self, directory: "Directory", session: Session, mechanism: str) -> None:
        self.directory = directory
        self.session = session
        self.mechanism = mechanism
        self.dn: DN | None = None
        self._said = b""
        self._asked: DN | None = None
        self._asks = False

    @property
    def host(self) -> str:
        """What the server calls itself."""
        return self.directory.sasl.host or socket.gethostname()

    def claims(self, user: bytes, detail: str = "") -> None:
        """The client says that it is this user. What stands behind a NUL doesn't count, as in C."""
        self._said = user = user.partition(b"\0")[0]
        self.dn = None
        if user.lower() == b"anonymous":
            return
        try:
            named = names.user_dn(self.directory, user, self.mechanism.encode())
        except names.BadName as error:
            raise Fault.NO_AUTHORIZATION.error(detail or str(error)) from None
        self.dn = names.mapped(self.directory, self.session, named)

    def claims_dn(self, dn: DN) -> None:
        """Something better than SASL has found out who the client is."""
        self._said = dn.key
        self.dn = names.mapped(self.directory, self.session, dn)

    def asks_for(self, authzid: bytes, detail: str = "") -> None:
        """The client wants to have this authorization identity; an empty one, or what it has said that it is, is
        nothing to ask for."""
        if not authzid or authzid in (self._said, b"anonymous"):
            return
        try:
            self._asked = names.identity(self.directory, self.session, authzid, self.mechanism.encode())
        except names.BadName as error:
            raise Fault.NO_AUTHORIZATION.error(detail or str(error)) from None
        self._asks = True

    def look(self, detail: str = "") -> None:
        """Look for the entry: one that should be here and isn't is a failure that is no secret in slapd. So is one that
        the session may not authenticate with.
        """
        if self.dn is None:
            return
        node = self.directory.dit.find(self.dn)
        if node is not None and node.entry is not None and not node.entry.classes.is_referral:
            if self._may_use(None, node):
                return
            raise Fault.FAILURE.error(detail)
        if self.directory.dit.context(self.dn) is not None or is_configuration(self.dn):
            raise Fault.FAILURE.error(detail)

    def _may_use(self, attribute_type: AttributeType | None, node: Node) -> bool:
        return allowed(self.directory.access.guard(self.session, attribute_type, Level.AUTH), node)

    def secret(self, detail: str = "no secret in database") -> bytes:
        """The first password that the entry has in clear; for the administrator's entry the configured one."""
        self.look(detail)
        directory = self.directory
        node = None if self.dn is None else directory.dit.find(self.dn)
        if self.dn is not None and node is not None and directory.is_admin(self.dn) and directory.admin_password:
            stored: tuple[bytes, ...] = (directory.admin_password,)
        elif node is not None and not self._may_use(directory.schema.attribute(b"objectClass").type, node):
            stored = ()  # slapd looks with the filter (objectClass=*)
        else:
            stored = stored_passwords(directory, self.session, node)
        for value in stored:
            password = clear_text(value)
            if password is not None:
                return password
        raise Fault.NO_USER.error(detail)

    def admitted(self) -> DN | None:
        """The authorization identity at the end of a successful exchange; None is anonymous."""
        if not self._asks:
            return self.dn
        if not may_become(self.directory, self.session, self.dn, self._asked):
            raise Fault.NO_AUTHORIZATION.error("not authorized")
        return self._asked
