"""pytest with the shim, in processes of its own."""

from importlib.metadata import entry_points
from pathlib import Path

import pytest
from shim_support.programs import Done, run, write

OTHER = {"ldap/__init__": "def initialize(uri): return 'the other one'\n", "ldap/modlist": ""}
APPLICATION = {
    "application": "import ldap.modlist\nfrom ldap import initialize\n",
    "conftest": "import application\n",
    "test_it": """
import application, ldap
def test_it(request):
    connection = application.initialize("fake://one")
    connection.simple_bind_s("cn=admin,dc=example,dc=com", "admin")
    connection.add_s("dc=example,dc=com", ldap.modlist.addModlist({"objectClass": [b"domain"], "dc": [b"example"]}))
    assert connection.read_s("dc=example,dc=com")["dc"] == [b"example"]
def test_where():
    assert ldap.__name__ == "fakeldapd.ldap"
""",
}
_INSTALLED = "fakeldapd.pytest_plugin" in [entry.value for entry in entry_points(group="pytest11")]
ALWAYS = () if _INSTALLED else ("-p", "fakeldapd.pytest_plugin")
"""The plugin that is there wherever the package is installed."""
EARLY = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests():
    import application
"""
"""A plugin that imports a project's settings as early as it can, as pytest-django does."""


def pytest_in(folder: Path, *words: str, **environ: str) -> Done:
    return run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *words, cwd=folder, **environ
    )


WAYS = {
    "setting, workers": ((*ALWAYS, "-n", "1"), "fakeldapd_shim = true"),
    "-p, workers": (("-p", "fakeldapd.shim", "-n", "1"), ""),
    "-p in the settings, workers": (("-n", "1"), "addopts = -p fakeldapd.shim"),
    "-p, a plugin with settings": (("-p", "fakeldapd.shim", "-p", "early"), ""),
    "setting, a plugin with settings": (("-p", "early", *ALWAYS), "fakeldapd_shim = true"),
    "both": (("-p", "fakeldapd.shim", *ALWAYS), "fakeldapd_shim = true"),
}


@pytest.mark.parametrize("way", WAYS)
def test_before_any_conftest(way: str, tmp_path: Path) -> None:
    words, settings = WAYS[way]
    write(tmp_path, {**OTHER, **APPLICATION, "early": EARLY})
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{settings}\n", encoding="utf-8")
    done = pytest_in(tmp_path, *words)
    assert done.code == 0, done.out + done.err
    assert "2 passed" in done.out


def test_without_the_setting_nothing_happens(tmp_path: Path) -> None:
    test = "import ldap, sys\ndef test(): assert ldap.initialize('') and 'fakeldapd.ldap' not in sys.modules\n"
    write(tmp_path, {**OTHER, "test_it": test})
    done = pytest_in(tmp_path, *ALWAYS)
    assert done.code == 0, done.out + done.err


def test_too_late(tmp_path: Path) -> None:
    write(tmp_path, {**OTHER, **APPLICATION, "conftest": "import application\npytest_plugins = ['fakeldapd.shim']\n"})
    done = pytest_in(tmp_path)
    assert done.code == 4
    assert "fakeldapd.shim: application has imported python-ldap already" in done.err


def test_it_ends_with_the_session(tmp_path: Path) -> None:
    program = """
import pytest, sys
for words in (["test_it.py"], ["nowhere"], ["--nothing"]):
    print(pytest.main(["-q", "-p", "fakeldapd.shim", *words]), "ldap" in sys.modules, file=sys.stderr)
"""
    write(tmp_path, {"program": program, "test_it": "import ldap.modlist\ndef test(): assert ldap.AUTH_SIMPLE\n"})
    done = run("program.py", cwd=tmp_path)
    lines = [line for line in done.err.splitlines() if line.endswith(("True", "False"))]
    assert lines == ["0 False", "4 False", "4 False"], done.out + done.err


def test_the_fixture(tmp_path: Path) -> None:
    test = """
import sys
import pytest
import fakeldapd.ldap
BASE = ("dc=example,dc=com", [("objectClass", [b"domain"]), ("dc", [b"example"])])
def late():
    import ldap, ldap.modlist
    return ldap
@pytest.mark.parametrize("time", [1, 2])
def test_with(ldap_shim, time):
    assert ldap_shim is late() is fakeldapd.ldap
    connection = ldap_shim.initialize("fake://one")
    connection.simple_bind_s("cn=admin,dc=example,dc=com", "admin")
    connection.add_s(*BASE)
    assert "ldap://prod:389" not in ldap_shim.transport.opening.registered()
    ldap_shim.register("ldap://prod", fakeldapd.FakeDirectory())
def test_without():
    assert late().initialize("") == "the other one"
"""
    write(tmp_path, {**OTHER, "test_it": test})
    done = pytest_in(tmp_path, *ALWAYS)
    assert done.code == 0, done.out + done.err
    assert "3 passed" in done.out


def test_the_fixture_too_late(tmp_path: Path) -> None:
    test = "import ldap\ndef test(ldap_shim): pass\n"
    write(tmp_path, {**OTHER, "test_it": test})
    done = pytest_in(tmp_path, *ALWAYS)
    assert done.code == 1
    assert "InstallError: test_it has imported python-ldap already" in done.out
