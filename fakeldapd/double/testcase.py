"""The same for unittest: a mixin that gives every test of a class a server as at its start. ::

    class LoginTest(LDAPServerMixin, unittest.TestCase):
        ldap_data = "people.ldif"
        ldap_options = {"tls": True}

        def test_login(self):
            self.assertTrue(login(self.ldap_server.url, "ada", "secret"))

One server serves all tests of the class; each begins with the directory as it was at the start.
"""

import unittest
from typing import TYPE_CHECKING, Any, ClassVar

from fakeldapd.double.directory import FakeDirectory
from fakeldapd.double.server import FakeLDAPServer

if TYPE_CHECKING:
    _Base = unittest.TestCase
else:
    _Base = object


class LDAPServerMixin(_Base):
    """Put it before ``unittest.TestCase`` among the bases. ``ldap_data`` and ``ldap_options`` are what FakeLDAPServer
    takes.
    """

    ldap_data: ClassVar[Any] = None
    ldap_options: ClassVar[dict[str, Any]] = {}
    ldap_server: ClassVar[FakeLDAPServer]

    @classmethod
    def setUpClass(cls) -> None:
        """Start the server; it is stopped when the class is done, or when a setUpClass fails."""
        cls.ldap_server = FakeLDAPServer(cls.ldap_data, **cls.ldap_options).start()
        cls.addClassCleanup(cls.ldap_server.stop)
        super().setUpClass()

    def setUp(self) -> None:
        """Put everything back as it was."""
        self.ldap_server.reset(connections="drop")
        super().setUp()

    @property
    def ldap_directory(self) -> FakeDirectory:
        """What the server serves, without a socket."""
        return self.ldap_server.directory
