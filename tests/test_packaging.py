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


def test_no_extra_is_needed_by_what_everybody_installs() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    always = setup["options"]["install_requires"]
    for heavy in ("pytest", "python-ldap", "mypy", "hypothesis", "argon2", "bcrypt"):
        assert heavy not in always
