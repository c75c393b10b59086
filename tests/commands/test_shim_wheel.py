"""``fakeldapd shim-wheel``. That what it writes installs and works is shown in test_packaging."""

import base64
import csv
import hashlib
import io
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from fakeldapd.cli import main
from fakeldapd.ldap.pkginfo import __version__


@pytest.fixture
def written(tmp_path: Path) -> Path:
    assert main(["shim-wheel", "--output-dir", str(tmp_path / "a" / "b")]) == 0
    [path] = (tmp_path / "a" / "b").iterdir()
    return path


def test_it_says_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shim-wheel", "--output-dir", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out == f"{tmp_path}/python_ldap-{__version__}+fakeldapd-py3-none-any.whl\n"
    assert said.err.startswith("THIS IS NOT PYTHON-LDAP.")


def test_its_metadata(written: Path) -> None:
    with zipfile.ZipFile(written) as wheel:
        metadata = Parser().parsestr(wheel.read(f"python_ldap-{__version__}+fakeldapd.dist-info/METADATA").decode())
    assert metadata["Name"] == "python-ldap"
    assert metadata["Version"] == f"{__version__}+fakeldapd"
    assert metadata["Summary"].startswith("NOT python-ldap")
    assert metadata["Requires-Dist"].startswith("fakeldapd ")
    assert "THIS IS NOT PYTHON-LDAP" in str(metadata.get_payload())


def test_its_record(written: Path) -> None:
    with zipfile.ZipFile(written) as wheel:
        record = wheel.read(f"python_ldap-{__version__}+fakeldapd.dist-info/RECORD").decode()
        rows = {name: (digest, size) for name, digest, size in csv.reader(io.StringIO(record))}
        assert set(rows) == set(wheel.namelist())
        for name, (digest, size) in rows.items():
            if not name.endswith("/RECORD"):
                octets = wheel.read(name)
                found = base64.urlsafe_b64encode(hashlib.sha256(octets).digest()).rstrip(b"=").decode()
                assert (digest, size) == (f"sha256={found}", str(len(octets)))
        assert {name.partition("/")[0] for name in rows if "dist-info" not in name} == {
            "_ldap.py",
            "ldap",
            "ldapurl.py",
            "ldif.py",
            "slapdtest",
        }


def test_the_same_every_time(written: Path, tmp_path: Path) -> None:
    assert main(["shim-wheel", "--output-dir", str(tmp_path)]) == 0
    assert (tmp_path / written.name).read_bytes() == written.read_bytes()


def test_where_nothing_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["shim-wheel", "--output-dir", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err == f"fakeldapd shim-wheel: {tmp_path / 'file'}: File exists\n"
