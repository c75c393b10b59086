"""The pytest plugin and the unittest mixin, each used by a project of its own in a process of its own."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def ldap_data():
    return {"users": {"ada": {"password": "secret"}}}
"""

FIXTURES = """
import socket
import pytest

ADA = "uid=ada,ou=people,dc=example,dc=com"

@pytest.mark.parametrize("time", range(2))
def test_each_begins_as_at_the_start(ldap_directory, time):
    assert ADA in ldap_directory
    ldap_directory.delete(ADA)

@pytest.fixture(scope="session")
def application(ldap_server):
    return ldap_server, ldap_server.url

@pytest.fixture(autouse=True)
def before_each(request):
    if "ldap_directory" in request.fixturenames:
        assert ADA in request.getfixturevalue("ldap_directory")

def test_the_same_server(ldap_server, ldap_directory, application):
    assert application == (ldap_server, ldap_server.url)
    assert ldap_server.directory is ldap_directory
    assert not ldap_server.requests
    socket.create_connection((ldap_server.host, ldap_server.port)).close()
    ldap_directory.delete(ADA)

def test_who_uses_it_through_a_fixture_only(application):
    server, url = application
    assert ADA in server.directory

def test_no_connection_is_left_from_the_test_before(ldap_server):
    kept.append(socket.create_connection((ldap_server.host, ldap_server.port)))

kept = []

def test_and_here_it_is_dropped(ldap_server):
    with kept.pop() as connection:
        connection.settimeout(20)
        try:
            assert connection.recv(1) == b""
        except ConnectionResetError:
            pass

@pytest.mark.ldap_data({"ou=more,dc=example,dc=com": {"objectClass": "organizationalUnit"}})
def test_more_data(ldap_directory):
    assert "ou=more,dc=example,dc=com" in ldap_directory

@pytest.mark.ldap_options(size_limit=1, tls=True)
def test_other_options(ldap_server, application):
    server, url = application
    assert server is ldap_server
    assert ldap_server.url != url
    assert ldap_server.ldaps_url
    assert ADA in ldap_server.directory

@pytest.mark.ldap_options(data={"base": "dc=other"})
def test_other_data(ldap_server):
    assert ldap_server.base_dn == "dc=other"

def test_and_the_session_s_again(ldap_server, application):
    assert ldap_server.url == application[1]
    with pytest.raises(RuntimeError, match="no ldaps://"):
        ldap_server.ldaps_url

def test_more_servers(make_ldap_server):
    one, two = make_ldap_server(), make_ldap_server({"base": "dc=two"})
    assert one.port != two.port
    assert two.base_dn == "dc=two"
"""

MIXIN = """
import threading
import unittest
from fakeldapd import LDAPServerMixin

ADA = "uid=ada,ou=people,dc=example,dc=com"

class Tests(LDAPServerMixin, unittest.TestCase):
    ldap_data = {"users": {"ada": {"password": "secret"}}}
    ldap_options = {"size_limit": 3}

    def test_one(self):
        self.assertIn(ADA, self.ldap_directory)
        self.ldap_directory.delete(ADA)

    def test_two(self):
        self.test_one()
        self.assertTrue(self.ldap_server.url.startswith("ldap://127.0.0.1:"))

class Afterwards(unittest.TestCase):
    def test_nothing_is_left(self):
        self.assertEqual([t.name for t in threading.enumerate() if t.name == "fakeldapd"], [])
"""

FAILING = """
import ldap3

def test_login(ldap_server):
    connection = ldap3.Connection(ldap_server.url, "uid=ada,ou=people,dc=example,dc=com", "wrong")
    bound = connection.bind()
    connection.unbind()
    assert bound
"""


def run(folder: Path, *arguments: str, warnings: str = "error") -> subprocess.CompletedProcess[str]:
    """Run pytest in ``folder`` with the plugin, as a project that has fakeldapd installed does."""
    installed = {entry.value for entry in importlib.metadata.entry_points(group="pytest11")}
    plugin = [] if "fakeldapd.pytest_plugin" in installed else ["-p", "fakeldapd.pytest_plugin"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", warnings, "-m", "pytest", "-p", "no:cacheprovider", *plugin, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def project(folder: Path, test: str, conftest: str = CONFTEST) -> Path:
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    return folder


def test_fixtures(tmp_path: Path) -> None:
    done = run(project(tmp_path, FIXTURES))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 passed" in done.stdout


def test_fixtures_in_parallel(tmp_path: Path) -> None:
    (project(tmp_path, FIXTURES) / "test_more.py").write_text(FIXTURES)
    done = run(tmp_path, "-n", "2", "--dist", "loadfile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "22 passed" in done.stdout


def test_the_mixin(tmp_path: Path) -> None:
    done = run(project(tmp_path, MIXIN))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-m", "unittest", "-q", "test_it"]
    plain = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert plain.returncode == 0, plain.stderr
    assert "Ran 3 tests" in plain.stderr


@pytest.mark.parametrize("marks", ["", "import pytest\npytestmark = pytest.mark.ldap_options(subprocess=True)\n"])
def test_a_failed_test_shows_what_was_asked(tmp_path: Path, marks: str) -> None:
    done = run(project(tmp_path, marks + FAILING), warnings="default")
    assert done.returncode == 1
    _, _, report = done.stdout.partition("LDAP requests to ldap://127.0.0.1:")
    assert "uid=ada,ou=people,dc=example,dc=com" in report
    assert "49" in report
    assert "wrong" not in report


def test_a_failed_test_without_requests(tmp_path: Path) -> None:
    test = """
import pytest

def test_stopped(make_ldap_server):
    make_ldap_server().stop()
    assert 0

@pytest.mark.ldap_options(subprocess=True)
def test_elsewhere(ldap_server):
    assert 0
"""
    done = run(project(tmp_path, test), "--ldap-lint")
    assert "2 failed" in done.stdout
    assert "LDAP requests" not in done.stdout


@pytest.mark.parametrize("parallel", [(), ("-n", "1")])
def test_lint_at_the_end(tmp_path: Path, parallel: tuple[str, ...]) -> None:
    done = run(project(tmp_path, FAILING), "--ldap-lint", *parallel, warnings="default")
    _, _, summary = done.stdout.partition("what hurts in production (LDAP)")
    assert "clear-text-bind: " in summary
    assert "in test_it.py::test_login" in summary
    quiet = run(project(tmp_path, "def test(): pass\n"), "--ldap-lint")
    assert "nothing was found" in quiet.stdout


def test_the_mark_wants_names(tmp_path: Path) -> None:
    test = "import pytest\n@pytest.mark.ldap_options('x')\ndef test(ldap_server): pass\n"
    done = run(project(tmp_path, test))
    assert done.returncode == 1
    assert "takes options by name" in done.stdout


def test_the_other_mark_wants_data(tmp_path: Path) -> None:
    for mark in ("ldap_data()", "ldap_data(users={})"):
        done = run(project(tmp_path, f"import pytest\n@pytest.mark.{mark}\ndef test(ldap_server): pass\n"))
        assert done.returncode == 1
        assert "takes data, not names" in done.stdout


def test_what_a_failed_test_of_unittest_says(tmp_path: Path) -> None:
    test = """
import unittest, ldap3
from fakeldapd import LDAPServerMixin

class Tests(LDAPServerMixin, unittest.TestCase):
    def test_login(self):
        more = self.make_ldap_server({"base": "dc=more"})
        for server in (self.ldap_server, more):
            with ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE), auto_bind=True):
                pass
        self.assertEqual(more.base_dn, "dc=other")

    def test_skip(self):
        self.skipTest("why not")

class AsyncTests(LDAPServerMixin, unittest.IsolatedAsyncioTestCase):
    async def test_login(self):
        with ldap3.Connection(ldap3.Server(self.ldap_server.url, get_info=ldap3.NONE), auto_bind=True):
            pass
        self.fail("it did")
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "unittest", "-q", "test_it"]
    project(tmp_path, test)
    plain = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120).stderr
    assert "failures=2, skipped=1" in plain
    for report in (plain, run(tmp_path, warnings="default").stdout):
        said = report.partition("short test summary info")[0]  # which has all of it again where CI is set
        assert said.count("LDAP requests to ldap://127.0.0.1:") == 3
        assert "#1 connection 1: bind" in said


def test_who_does_not_use_it_imports_nothing(tmp_path: Path) -> None:
    test = """
import sys

def test():
    ours = [name for name in sys.modules if name.split(".")[0] in ("fakeldapd", "twisted", "ldaptor", "pyasn1")]
    assert set(ours) <= {"fakeldapd", "fakeldapd.pytest_plugin", "fakeldapd.shim"}
"""
    done = run(project(tmp_path, test, conftest=""))
    assert done.returncode == 0, done.stdout
