"""fakeldapd: a wire-protocol fake LDAP server that answers as OpenLDAP slapd does."""

__version__ = "0.1.0"

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fakeldapd.double.clock import Clock
    from fakeldapd.double.directory import FakeDirectory
    from fakeldapd.double.names import RuleError
    from fakeldapd.double.people import people
    from fakeldapd.double.server import FakeLDAPServer
    from fakeldapd.double.testcase import LDAPServerMixin
    from fakeldapd.protocol.result import LDAPError, ResultCode

_HOMES = {
    "Clock": "fakeldapd.double.clock",
    "FakeDirectory": "fakeldapd.double.directory",
    "FakeLDAPServer": "fakeldapd.double.server",
    "LDAPError": "fakeldapd.protocol.result",
    "LDAPServerMixin": "fakeldapd.double.testcase",
    "ResultCode": "fakeldapd.protocol.result",
    "RuleError": "fakeldapd.double.names",
    "people": "fakeldapd.double.people",
}
"""What a test may want, and where it is; imported when it is asked for, so that nobody pays for what he doesn't use."""

__all__ = [
    "Clock",
    "FakeDirectory",
    "FakeLDAPServer",
    "LDAPError",
    "LDAPServerMixin",
    "ResultCode",
    "RuleError",
    "__version__",
    "people",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'fakeldapd' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
