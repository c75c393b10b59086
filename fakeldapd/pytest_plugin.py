"""Fixtures for pytest: a directory in one line. Installed with the package; costs a project that doesn't use them an
import of this file.

``ldap_server`` is one server for the whole session, as at its start whenever a test begins that uses it, and
``ldap_directory`` is its directory; ``make_ldap_server`` makes more. What they hold and how they are set can be said in
``ldap_data`` and ``ldap_options``, fixtures to be overridden, or for one test by marks::

    @pytest.fixture(scope="session")
    def ldap_data():
        return "tests/people.ldif"

    @pytest.mark.ldap_data({"users": {"eve": {"password": "secret"}}})
    def test_login(ldap_server): ...

In a test with a mark ``ldap_options`` it is another server, which has these options. When a test fails, its report says
what its servers were asked. ``--ldap-lint`` says at the end what the application did that would hurt in production.

``fakeldapd_shim = true`` in pytest's settings puts the shim in the place of python-ldap (see ``fakeldapd.shim``).
"""

from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from fakeldapd import shim
from fakeldapd.shim import ldap_shim as ldap_shim

if TYPE_CHECKING:
    from fakeldapd.double.directory import FakeDirectory
    from fakeldapd.double.server import FakeLDAPServer

_SERVERS = pytest.StashKey[dict[int, Any]]()
"""Of a test: the servers it has, by identity."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that asks for lint, and the setting for the shim."""
    shim.add_setting(parser)
    parser.getgroup("fakeldapd").addoption(
        "--ldap-lint", action="store_true", help="at the end, say what the application asked that hurts in production"
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Do what the setting says before any conftest is imported."""
    shim.begin_if_set(early_config)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marks mean, and listen where lint was asked for."""
    if config.getoption("--ldap-lint"):
        config.pluginmanager.register(_Lint(), "fakeldapd-lint")
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
def ldap_server(ldap_data: Any, ldap_options: dict[str, Any]) -> "Iterator[FakeLDAPServer]":
    """A server for the session, as at its start whenever a test begins that uses it."""
    from fakeldapd.double.server import FakeLDAPServer

    with FakeLDAPServer(ldap_data, **ldap_options) as server:
        yield server


@pytest.fixture
def ldap_begin(request: pytest.FixtureRequest, ldap_server: "FakeLDAPServer") -> "Iterator[None]":
    """Begins a test that uses ``ldap_server``, without being named: everything is as at the start, and as marks say."""
    mark = request.node.get_closest_marker("ldap_options")
    if mark is None:
        ldap_server.reset(connections="drop")
        _make_ready(request, ldap_server)
        yield
        return
    from fakeldapd.double.server import FakeLDAPServer

    if mark.args:
        raise pytest.UsageError("the mark ldap_options takes options by name: ldap_options(size_limit=3)")
    options = {**request.getfixturevalue("ldap_options"), **mark.kwargs}
    data = options.pop("data", request.getfixturevalue("ldap_data"))
    shared = ldap_server.__dict__
    with FakeLDAPServer(data, **options) as own:
        ldap_server.__dict__ = own.__dict__  # who holds the session's server has this one meanwhile
        try:
            _make_ready(request, ldap_server)
            yield
        finally:
            ldap_server.__dict__ = shared


def pytest_itemcollected(item: pytest.Item) -> None:
    """Who uses the server begins with ``ldap_begin``."""
    names: list[str] = getattr(item, "fixturenames", [])
    if "ldap_server" in names and "ldap_begin" not in names:
        names.insert(names.index("ldap_server") + 1, "ldap_begin")


@pytest.fixture
def ldap_directory(ldap_server: "FakeLDAPServer", ldap_begin: None) -> "FakeDirectory":
    """The directory of ``ldap_server``: add, get, search, modify, delete, load, without a socket."""
    return ldap_server.directory


@pytest.fixture
def make_ldap_server(request: pytest.FixtureRequest) -> "Iterator[Callable[..., FakeLDAPServer]]":
    """Starts servers with the arguments of FakeLDAPServer; they stop when the test ends."""
    import contextlib

    from fakeldapd.double.server import FakeLDAPServer

    with contextlib.ExitStack() as stack:

        def make(*arguments: Any, **options: Any) -> FakeLDAPServer:
            return _noted(request.node, stack.enter_context(FakeLDAPServer(*arguments, **options)))

        yield make


def _make_ready(request: pytest.FixtureRequest, server: "FakeLDAPServer") -> None:
    for mark in reversed(list(request.node.iter_markers("ldap_data"))):
        if mark.kwargs or not mark.args:
            raise pytest.UsageError("the mark ldap_data takes data, not names: ldap_data({'users': {'eve': {}}})")
        for data in mark.args:
            server.directory.load(data)
    _noted(request.node, server)


def _noted(item: pytest.Item, server: "FakeLDAPServer") -> "FakeLDAPServer":
    item.stash.setdefault(_SERVERS, {})[id(server)] = server
    return server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach to the report of a failed test what its servers were asked."""
    report = yield
    if report.when == "call" and report.failed:
        for server in item.stash.get(_SERVERS, {}).values():
            if asked := server.asked():
                report.sections.append((f"LDAP requests to {server.url}", asked))
    if report.when == "call" and item.config.getoption("--ldap-lint"):
        servers = item.stash.get(_SERVERS, {}).values()
        found = [(finding.check, str(finding)) for server in servers if server.asked() for finding in server.lint()]
        vars(report)["ldap_lint"] = found  # goes with the report when the test ran in another process
    return report


class _Lint:
    """Collects what reports say, in the process that has the terminal."""

    def __init__(self) -> None:
        self.found: dict[str, list[tuple[str, str]]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for check, text in getattr(report, "ldap_lint", ()):
            self.found.setdefault(check, []).append((text, report.nodeid))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What lint found: one example of each mistake, and in how many tests it was made."""
    lint: _Lint | None = config.pluginmanager.get_plugin("fakeldapd-lint")
    if lint is None:
        return
    terminalreporter.section("what hurts in production (LDAP)")
    for shown in lint.found.values():
        text, test = shown[0]
        terminalreporter.line(text)
        terminalreporter.line(f"  in {test}" + (f" and {len(shown) - 1} more" if len(shown) > 1 else ""))
    if not lint.found:
        terminalreporter.line("nothing was found")
