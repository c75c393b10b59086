"""JNDI, the client in every Java: it dereferences aliases always, and abandons the search of the root DSE."""

import shutil
import subprocess
from pathlib import Path

import pytest
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD


@pytest.mark.skipif(shutil.which("java") is None, reason="java is not installed")
def test_jndi(writable: Fakeldapd) -> None:
    source = Path(__file__).with_name("Jndi.java")
    url = f"ldap://127.0.0.1:{writable.port}/{BASE}"
    arguments = ["java", str(source), url, ADMIN, PASSWORD]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=300)
    if "compiler" in done.stderr and done.returncode:
        pytest.skip("this java has no compiler to run a source file with")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Alice Adams",
        "999",
        "LdapCtx",
        "2",
        "0.9.2342.19200300.100.1.1",
        "M",
        "[LDAP: error code 32 - No Such Object]",
        "[LDAP: error code 65 - object class 'person' requires attribute 'sn']",
    ]
