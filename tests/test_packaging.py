"""What gets installed: the built wheel in an environment of its own, the twist plugin, the systemd units."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from fakeldapd import __version__

ROOT = Path(__file__).parents[1]
LONG = 300


def call(*words: object, **options: object) -> str:
    """Run it; gives what it said on standard output."""
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=LONG,
        cwd=options.get("cwd", ROOT),  # type: ignore[call-overload]
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONPATH": ""},
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what git would have, so that nothing is left behind in the tree."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "fakeldapd", "schemas", "scripts"):
        if (ROOT / name).exists():
            call("cp", "-R", "-P", ROOT / name, source)
    call(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", target, ".", cwd=source)
    [built] = target.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin directory of an empty environment into which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, with_pip=True)
    call(folder / "bin" / "python", "-m", "pip", "install", "--quiet", wheel)
    return folder / "bin"


SERVE_AND_ASK = """
import signal, subprocess, sys
import ldap3
server = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
line = server.stdout.readline()
assert line.startswith("fakeldapd ready"), line
ask = ldap3.Connection(ldap3.Server(line.split()[-1], get_info=ldap3.ALL), "uid=alice,ou=people,dc=example,dc=com",
                       "alice-secret", auto_bind=True)
ask.search("dc=example,dc=com", "(uid=bob)", attributes=["mail"])
print(ask.entries[0].mail, ask.server.schema.object_classes["posixAccount"].name[0])
ask.unbind()
server.send_signal(signal.SIGTERM)
server.communicate()
"""


def test_the_wheel_has_schemas_data_and_plugin_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for path in (ROOT / "schemas").iterdir():
        assert f"fakeldapd/schemas/{path.name}" in names
    assert {"fakeldapd/sample.ldif", "fakeldapd/py.typed", "twisted/plugins/fakeldapd_plugin.py"} <= names
    assert {name.split("/")[0] for name in names} == {"fakeldapd", "twisted", f"fakeldapd-{__version__}.dist-info"}
    assert not any("twisted" in name for name in names if not name.startswith(("fakeldapd", "twisted/plugins/")))
    for path in (ROOT / "fakeldapd").rglob("*.py"):
        assert str(path.relative_to(ROOT)) in names


def test_the_installed_wheel_serves(installed: Path, tmp_path: Path) -> None:
    shown = call(installed / "python", "-c", SERVE_AND_ASK, installed / "fakeldapd", "--listen", "ldap://127.0.0.1:0")
    assert shown.split() == ["bob@example.com", "posixAccount"]


def test_twist_serves_from_the_installed_wheel(installed: Path, tmp_path: Path) -> None:
    assert "--size-limit" in call(installed / "twist", "fakeldapd", "--help", cwd=tmp_path)
    plugin = [installed / "twist", "--log-level=error", "fakeldapd", "--listen", "ldap://127.0.0.1:0"]
    shown = call(installed / "python", "-c", SERVE_AND_ASK, *plugin, cwd=tmp_path)
    assert shown.split() == ["bob@example.com", "posixAccount"]


def test_twist_says_what_is_wrong(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [installed / "twist", "fakeldapd", "missing.ldif"], capture_output=True, text=True, timeout=LONG, cwd=tmp_path
    )
    assert done.returncode == 64  # EX_USAGE, as twist has it
    assert "missing.ldif: No such file or directory" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("unit", ["fakeldapd.service", "fakeldapd.socket"])
@pytest.mark.requires("systemd-analyze")
def test_systemd_has_nothing_to_say_about_the_units(unit: str, tmp_path: Path) -> None:
    for each in ("fakeldapd.service", "fakeldapd.socket"):
        text = (ROOT / "scripts" / each).read_text()
        (tmp_path / each).write_text(text.replace("/usr/local/bin/fakeldapd", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)], capture_output=True, text=True, timeout=LONG
    )
    complaints = [line for line in done.stderr.splitlines() if "fakeldapd" in line]
    assert (done.returncode, complaints) == (0, [])


def test_the_service_is_started_as_the_command_line_says() -> None:
    unit = (ROOT / "scripts" / "fakeldapd.service").read_text()
    assert "Environment=FAKELDAPD_LISTEN=systemd:" in unit
    assert re.search(r"^Type=notify$", unit, re.MULTILINE)


# --- what stands for python-ldap ---


@pytest.fixture(scope="session")
def with_shim(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That bin directory, with the wheel that stands for python-ldap installed as well."""
    folder = tmp_path_factory.mktemp("shim")
    [shown] = call(installed / "fakeldapd", "shim-wheel", "--output-dir", folder / "new").splitlines()
    call(installed / "python", "-m", "pip", "install", "--quiet", "--no-deps", shown)
    return installed


USERS = {
    "ldappool": """
from ldappool import ConnectionManager
pool = ConnectionManager("ldap://ldap.example.com", "uid=alice,ou=people,dc=example,dc=com", "alice-secret")
with pool.connection() as connection:
    print(connection.whoami_s())
""",
    "django-auth-ldap": """
import django
from django.conf import settings
from django_auth_ldap.config import GroupOfNamesType, LDAPSearch
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    AUTHENTICATION_BACKENDS=["django_auth_ldap.backend.LDAPBackend"],
    AUTH_LDAP_SERVER_URI="ldap://ldap.example.com",
    AUTH_LDAP_USER_SEARCH=LDAPSearch("ou=people,dc=example,dc=com", ldap.SCOPE_SUBTREE, "(uid=%(user)s)"),
    AUTH_LDAP_GROUP_SEARCH=LDAPSearch("ou=groups,dc=example,dc=com", ldap.SCOPE_SUBTREE, "(objectClass=groupOfNames)"),
    AUTH_LDAP_GROUP_TYPE=GroupOfNamesType(),
    AUTH_LDAP_USER_ATTR_MAP={"email": "mail"},
    AUTH_LDAP_MIRROR_GROUPS=True,
)
django.setup()
from django.contrib.auth import authenticate
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
alice = authenticate(username="alice", password="alice-secret")
print(alice.email, *sorted(group.name for group in alice.groups.all()))
print(authenticate(username="alice", password="wrong"))
""",
}
"""Packages that require python-ldap, and what a program does with them."""
BEHIND = """
import importlib.metadata
import fakeldapd, fakeldapd.ldap, ldap, ldap.syncrepl, ldapurl, ldif, slapdtest, slapdtest._slapdtest
assert ldap is fakeldapd.ldap and ldif is fakeldapd.ldif and ldap.syncrepl is fakeldapd.ldap.syncrepl
assert slapdtest._slapdtest is fakeldapd.slapdtest._slapdtest
assert importlib.metadata.version("python-ldap") == ldap.__version__ + "+fakeldapd"
with ldap.installed():
    import ldap as again
    assert again is ldap
import ldap.controls.vlv
ldap.register("ldap://ldap.example.com", fakeldapd.FakeDirectory())
"""
SAID = {
    "ldappool": ["dn:uid=alice,ou=people,dc=example,dc=com"],
    "django-auth-ldap": ["alice@example.com directory-admins engineering everyone", "None"],
}


@pytest.mark.parametrize("package", USERS)
def test_packages_that_require_python_ldap(package: str, with_shim: Path, tmp_path: Path) -> None:
    bare = {"PATH": str(with_shim), "PYTHONPATH": "", "HOME": str(tmp_path)}  # no compiler there
    words = [str(with_shim / "python"), "-m", "pip", "install", "--quiet", "--only-binary", ":all:", package]
    got = subprocess.run(words, env={**os.environ, **bare}, capture_output=True, text=True, timeout=LONG)
    if got.returncode and not os.environ.get("FAKELDAPD_REQUIRE_ALL"):
        pytest.skip(f"{package} can't be had: {got.stderr[-300:]}")
    assert got.returncode == 0, got.stderr
    done = subprocess.run(
        [with_shim / "python", "-c", BEHIND + USERS[package]], env=bare, capture_output=True, text=True, timeout=LONG
    )
    assert done.stdout.splitlines() == SAID[package], done.stderr
    call(with_shim / "python", "-m", "pip", "check")


def test_no_extra_is_needed_by_what_everybody_installs() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    always = setup["options"]["install_requires"]
    for heavy in ("pytest", "python-ldap", "mypy", "hypothesis", "argon2", "bcrypt"):
        assert heavy not in always
