"""What importing does: the daemon doesn't import the shim, and controls are decoded once they are imported."""

import json
import subprocess
import sys

import pytest


def run(code: str) -> str:
    """Run it in an interpreter of its own; gives what it printed."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", ["fakeldapd", "fakeldapd.cli", "fakeldapd.commands.serve"])
def test_the_daemon_does_not_import_the_shim(module: str) -> None:
    shim = json.loads(
        run(
            f"import json, sys, {module}; print(json.dumps([name for name in sys.modules if 'fakeldapd.ldap' in name]))"
        )
    )
    assert shim == []


AT_FIRST = [
    "1.2.826.0.1.3344810.2.3",
    "1.2.840.113556.1.4.319",
    "1.3.6.1.1.12",
    "1.3.6.1.4.1.4203.666.5.12",
    "2.16.840.1.113730.3.4.15",
    "2.16.840.1.113730.3.4.2",
]
KNOWN = "import json, fakeldapd.ldap.controls as c, {}; print(json.dumps(sorted(c.KNOWN_RESPONSE_CONTROLS)))"


@pytest.mark.parametrize(
    ("module", "oids"),
    [
        ("controls.deref", ["1.3.6.1.4.1.4203.666.5.16"]),
        ("controls.openldap", ["1.3.6.1.4.1.4203.666.5.18"]),
        ("controls.pagedresults", []),
        ("controls.ppolicy", ["1.3.6.1.4.1.42.2.27.8.5.1"]),
        ("controls.psearch", ["2.16.840.1.113730.3.4.7"]),
        ("controls.pwdpolicy", ["2.16.840.1.113730.3.4.4", "2.16.840.1.113730.3.4.5"]),
        ("controls.readentry", ["1.3.6.1.1.13.1", "1.3.6.1.1.13.2"]),
        ("controls.sessiontrack", []),
        ("controls.simple", []),
        ("controls.sss", ["1.2.840.113556.1.4.474"]),
        ("controls.vlv", ["2.16.840.1.113730.3.4.10", "2.16.840.1.113730.3.4.9"]),
        ("syncrepl", ["1.3.6.1.4.1.4203.1.9.1.2", "1.3.6.1.4.1.4203.1.9.1.3"]),
    ],
)
def test_response_controls_are_known_once_they_are_imported(module: str, oids: list[str]) -> None:
    assert json.loads(run(KNOWN.format(f"fakeldapd.ldap.{module}"))) == sorted(AT_FIRST + oids)


def test_the_class_for_paged_results_is_the_last_that_was_imported() -> None:
    code = (
        "from fakeldapd.ldap.controls import KNOWN_RESPONSE_CONTROLS as known; oid = '1.2.840.113556.1.4.319'\n"
        "print(known[oid].__module__)\n"
        "import fakeldapd.ldap.controls.pagedresults\n"
        "print(known[oid].__module__)"
    )
    assert run(code).split() == ["fakeldapd.ldap.controls.libldap", "fakeldapd.ldap.controls.pagedresults"]


@pytest.mark.parametrize("module", ["fakeldapd.ldap.compat", "fakeldapd.ldap.async"])
def test_old_modules_warn(module: str) -> None:
    code = f"import importlib, warnings; warnings.simplefilter('error'); importlib.import_module({module!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "DeprecationWarning" in done.stderr
