"""What every test may use: the ``requires`` marker, and logging as it was before each test.

``@pytest.mark.requires("slapd", "ldapsearch", "python:ldap")`` names programs and Python modules that are not
everywhere; ``sasl:scram`` is a plugin of Cyrus SASL, which slapd and OpenLDAP's clients use. A test whose needs are not
met is skipped and says what is missing; with FAKELDAPD_REQUIRE_ALL set, as in CI, it fails instead, since there a
silent skip would hide that nothing was compared with the real thing.
"""

import importlib.util
import logging
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("fakeldapd", deadline=None)  # how long an example takes depends on who else uses the machine
settings.load_profile("fakeldapd")

_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
"""slapd lives in a directory that an ordinary user's PATH does not have."""

_ORIGIN = {
    "slapd": "Debian's package slapd",
    "python:ldap": "python-ldap: pip install 'fakeldapd[test-python-ldap]', with gcc, libldap2-dev and libsasl2-dev",
}


@cache
def _missing(name: str) -> str | None:
    """What to say when ``name`` is not here, None when it is."""
    if name.startswith("python:"):
        there = importlib.util.find_spec(name.removeprefix("python:")) is not None
    elif name.startswith("sasl:"):
        plugin = f"sasl2/lib{name.removeprefix('sasl:')}.so*"
        there = any(next(Path("/usr").glob(f"{place}/{plugin}"), None) for place in ("lib", "lib64", "lib/*"))
    else:
        there = shutil.which(name, path=_PATH) is not None
    if there:
        return None
    if name.startswith("sasl:"):
        return f"the plugin {name} is not installed (Debian's package libsasl2-modules)"
    origin = _ORIGIN.get(name) or ("Debian's package ldap-utils" if name.startswith("ldap") else "")
    return f"{name} is not installed" + (f" ({origin})" if origin else "")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test whose needs are not met."""
    missing = [
        said for marker in item.iter_markers("requires") for name in marker.args if (said := _missing(name)) is not None
    ]
    if not missing:
        return
    if os.environ.get("FAKELDAPD_REQUIRE_ALL"):
        pytest.fail("FAKELDAPD_REQUIRE_ALL is set and " + "; ".join(missing), pytrace=False)
    pytest.skip("; ".join(missing))


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that runs in this process sets handlers and levels up; the next test's ``caplog`` must not see that."""
    root, ours = logging.getLogger(), logging.getLogger("fakeldapd")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
