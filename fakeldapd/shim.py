"""pytest with the shim in the place of python-ldap: ``pytest -p fakeldapd.shim``, or ``fakeldapd_shim = true`` in its
settings.

Either has it installed before any conftest is imported, and thereby before the code under test. ``ldap_shim`` is a
fixture for tests whose code has not imported ``ldap`` yet. Nothing of the shim is imported before it is wanted.

PYTEST_DONT_REWRITE: there are no assertions here, and this module may be imported before pytest hears of it.
"""

from collections.abc import Iterator
from types import ModuleType

import pytest

SETTING = "fakeldapd_shim"
_BEGUN = pytest.StashKey[bool]()


def add_setting(parser: pytest.Parser) -> None:
    """Make ``fakeldapd_shim`` known to pytest."""
    parser.addini(SETTING, "install fakeldapd's python-ldap before any conftest is imported", "bool", default=False)


def begin(config: pytest.Config) -> None:
    """Install the shim until the end of the session. Raises pytest.UsageError, naming who has python-ldap already."""
    from fakeldapd.ldap.installation import InstallError, install, uninstall

    if config.stash.get(_BEGUN, False):
        return
    try:
        install()
    except InstallError as error:
        raise pytest.UsageError(f"fakeldapd.shim: {error}") from None
    config.stash[_BEGUN] = True
    config.add_cleanup(uninstall)


def begin_if_set(config: pytest.Config) -> None:
    """``begin``, where the settings say so. To be called before any conftest is imported: in a hook wrapper around
    ``pytest_load_initial_conftests``, since pytest-django imports the settings of its project there.
    """
    if config.getini(SETTING):
        begin(config)


@pytest.fixture
def ldap_shim() -> Iterator[ModuleType]:
    """The shim in the place of python-ldap for one test: the ``ldap`` that code imports in it. Directories of
    ``fake://`` begin empty, and what is registered in the test is forgotten at its end.
    """
    from fakeldapd.ldap.installation import installed
    from fakeldapd.ldap.transport import opening

    before = opening.registered()
    opening.forget_named()
    try:
        with installed() as ldap:
            yield ldap
    finally:
        opening.forget_named()
        for uri in {**before, **opening.registered()}:
            opening.register(uri, before.get(uri))


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Called at once where this module is the plugin (``-p fakeldapd.shim``): plugins of other distributions have not
    been imported then.
    """
    begin(pluginmanager.get_plugin("pytestconfig"))  # type: ignore[arg-type]
