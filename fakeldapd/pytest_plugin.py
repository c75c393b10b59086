"""Fixtures for pytest: a directory in one line. Installed with the package; costs a project that doesn't use them an
import of this file.

``ldap_server`` is one server for the whole session, ``ldap_directory`` the same one put back as it was before each
test, ``make_ldap_server`` makes more. What they hold and how they are set can be said in ``ldap_data`` and
``ldap_options``, fixtures to be overridden, or for one test by marks::

    @pytest.fixture(scope="session")
    def ldap_data():
        return "tests/people.ldif"

    @pytest.mark.ldap_data({"users": {"eve": {"password": "secret"}}})
    def test_login(ldap_server): ...

A test with a mark ``ldap_options`` has a server of its own.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakeldapd.double.directory import FakeDirectory
    from fakeldapd.double.server import FakeLDAPServer


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marks mean."""
    config.addinivalue_line(
        "markers", "ldap_data(data, ...): load this into the test's directory, besides what is there"
    )
    config.addinivalue_line(
        "markers", "ldap_options(**options): give the test a server of its own with these options of FakeLDAPServer"
    )


@pytest.fixture(scope="session")
def ldap_data() -> Any:
    """What ``ldap_server`` holds: anything FakeLDAPServer takes. None is the sample directory. To be overridden."""
    return None


@pytest.fixture(scope="session")
def ldap_options() -> dict[str, Any]:
    """Options of ``ldap_server``, as FakeLDAPServer takes them. To be overridden."""
    return {}


@pytest.fixture(scope="session")
def ldap_session_server(ldap_data: Any, ldap_options: dict[str, Any]) -> "Iterator[FakeLDAPServer]":
    """The server that tests share. Use ``ldap_server``, which puts it back as it was."""
    from fakeldapd.double.server import FakeLDAPServer

    with FakeLDAPServer(ldap_data, **ldap_options) as server:
        yield server


@pytest.fixture
def ldap_server(request: pytest.FixtureRequest) -> "Iterator[FakeLDAPServer]":
    """A server, as at its start: the session's, or with the mark ``ldap_options`` one of the test's own."""
    mark = request.node.get_closest_marker("ldap_options")
    if mark is None:
        server = request.getfixturevalue("ldap_session_server")
        server.reset(connections="drop")
        yield _ready(request, server)
        return
    from fakeldapd.double.server import FakeLDAPServer

    if mark.args:
        raise pytest.UsageError("the mark ldap_options takes options by name: ldap_options(size_limit=3)")
    options = {**request.getfixturevalue("ldap_options"), **mark.kwargs}
    with FakeLDAPServer(options.pop("data", request.getfixturevalue("ldap_data")), **options) as server:
        yield _ready(request, server)


@pytest.fixture
def ldap_directory(ldap_server: "FakeLDAPServer") -> "FakeDirectory":
    """The directory of ``ldap_server``: add, get, search, modify, delete, load, without a socket."""
    return ldap_server.directory


@pytest.fixture
def make_ldap_server() -> "Iterator[Callable[..., FakeLDAPServer]]":
    """Starts servers with the arguments of FakeLDAPServer; they stop when the test ends."""
    import contextlib

    from fakeldapd.double.server import FakeLDAPServer

    with contextlib.ExitStack() as stack:

        def make(*arguments: Any, **options: Any) -> FakeLDAPServer:
            return stack.enter_context(FakeLDAPServer(*arguments, **options))

        yield make


def _ready(request: pytest.FixtureRequest, server: "FakeLDAPServer") -> "FakeLDAPServer":
    for mark in reversed(list(request.node.iter_markers("ldap_data"))):
        for data in mark.args:
            server.directory.load(data)
    return server
