"""python-ldap's ``slapdtest`` without slapd: test suites written on it get a FakeLDAPServer.

    class Tests(SlapdTestCase):
        ldap_object_class = SimpleLDAPObject

        def test_root(self) -> None:
            connection = self._open_ldap_conn()

The client may be this package's shim or python-ldap itself.
"""

from fakeldapd.ldap.pkginfo import __version__
from fakeldapd.slapdtest._slapdtest import (
    SlapdObject,
    SlapdTestCase,
    requires_init_fd,
    requires_ldapi,
    requires_sasl,
    requires_tls,
    skip_unless_ci,
)

__all__ = [
    "SlapdObject",
    "SlapdTestCase",
    "__version__",
    "requires_init_fd",
    "requires_ldapi",
    "requires_sasl",
    "requires_tls",
    "skip_unless_ci",
]
