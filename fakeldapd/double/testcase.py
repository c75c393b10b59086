"""The same for unittest: a mixin that gives every test of a class a server as at its start. ::

    class LoginTest(LDAPServerMixin, unittest.TestCase):
        ldap_data = "people.ldif"
        ldap_options = {"tls": True}

        def test_login(self):
            self.assertTrue(login(self.ldap_server.url, "ada", "secret"))

One server serves all tests of the class; each begins with everything as it was at the start. When a test fails, its
exception says what the servers were asked.
"""

import unittest
from collections.abc import Callable
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
        self._ldap_servers = [self.ldap_server]
        super().setUp()

    def make_ldap_server(self, *arguments: Any, **options: Any) -> FakeLDAPServer:
        """Start one more, with the arguments of FakeLDAPServer; it stops when the test ends."""
        server = FakeLDAPServer(*arguments, **options).start()
        self.addCleanup(server.stop)
        self._ldap_servers.append(server)
        return server

    def _callTestMethod(self, method: Callable[[], object]) -> None:
        try:
            super()._callTestMethod(method)  # type: ignore[misc]
        except unittest.SkipTest:
            raise
        except Exception as error:
            for server in self._ldap_servers:
                if asked := server.asked():
                    error.add_note(f"LDAP requests to {server.url}:\n{asked}")
            raise

    @property
    def ldap_directory(self) -> FakeDirectory:
        """What the server serves, without a socket."""
        return self.ldap_server.directory
