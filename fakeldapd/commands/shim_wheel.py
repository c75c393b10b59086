"""``fakeldapd shim-wheel``: a wheel that stands for python-ldap, for environments where that can't be compiled.

It has python-ldap's name, so that what requires python-ldap installs with it, and the version of the API it stands for,
marked as ours by a local version (PEP 440). In it are modules of three lines that lead to fakeldapd, which it requires.
It is made for a test environment and belongs nowhere else: nothing of fakeldapd's depends on it.
"""

import argparse
import base64
import hashlib
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from fakeldapd import __version__

OK, USAGE = 0, 2

NAME = "python-ldap"
MODULES = ("_ldap.py", "ldap/__init__.py", "ldapurl.py", "ldif.py", "slapdtest/__init__.py")
"""What python-ldap puts at the top. What is below is found through fakeldapd."""

_THE_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_MODULE = '''\
"""This is not python-ldap: it is fakeldapd, which stands for it in tests. See docs/python-ldap.md of fakeldapd."""

from fakeldapd.ldap.installation import take_the_place_of

take_the_place_of(__name__)
'''
_WARNING = """\
THIS IS NOT PYTHON-LDAP. It is fakeldapd's shim under its name, for tests: `import ldap` gives the API of python-ldap
{api}, written in Python, with directories in this process or a connection to a server. Install it in test environments
only, never where users log in, and don't upload it anywhere.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to write it."""
    parser.add_argument(
        "--output-dir", metavar="DIR", default=".", help="where to write it (default: the current directory)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the wheel and print its name; gives the exit code."""
    from fakeldapd.ldap.pkginfo import __version__ as api

    try:
        written = write(Path(arguments.output_dir), api)
    except OSError as error:
        print(f"fakeldapd shim-wheel: {error.filename}: {error.strerror}", file=sys.stderr)
        return USAGE
    print(written)
    print(_WARNING.format(api=api), end="", file=sys.stderr)
    return OK


def write(folder: Path, api: str) -> Path:
    """The wheel (PyPA's binary distribution format) for this version of the API, in this directory, which is made
    where it is missing. Raises OSError.
    """
    version = f"{api}+fakeldapd"
    stem = f"{NAME.replace('-', '_')}-{version}"
    files = dict.fromkeys(MODULES, _MODULE) | {
        f"{stem}.dist-info/METADATA": _metadata(version, api),
        f"{stem}.dist-info/WHEEL": f"Wheel-Version: 1.0\nGenerator: fakeldapd {__version__}\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
        f"{stem}.dist-info/top_level.txt": "".join(
            f"{name.partition('/')[0].removesuffix('.py')}\n" for name in MODULES
        ),
    }
    files[f"{stem}.dist-info/RECORD"] = _record(files, f"{stem}.dist-info/RECORD")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, text in files.items():
            row = zipfile.ZipInfo(name, _THE_FIRST_DAY)
            row.external_attr = 0o644 << 16
            row.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(row, text)
    return path


def _metadata(version: str, api: str) -> str:
    return (
        f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version}\n"
        "Summary: NOT python-ldap: fakeldapd under its name, for tests only\n"
        "Classifier: Private :: Do Not Upload\n"
        f"Requires-Python: >=3.11\nRequires-Dist: fakeldapd >={__version__}\n\n{_WARNING.format(api=api)}"
    )


def _record(files: Mapping[str, str], itself: str) -> str:
    """The hash and length of every file (PEP 376), but for the record itself."""
    rows = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(text.encode())}\n")
    return "".join([*rows, f"{itself},,\n"])
