"""``python -m fakeldapd.ldap -- PROGRAM [ARGUMENTS]``: a whole program with the shim in the place of python-ldap.

PROGRAM is what one types after ``python`` (a file, or ``-m`` and a module), or a command's name, as in ``pytest``: a
module of that name is run, else the Python script of that name on the PATH. It runs in this process; of the processes
that it starts only those of pytest have the shim as well.
"""

import importlib.util
import os
import runpy
import shutil
import sys
from collections.abc import Sequence

from fakeldapd.ldap.installation import InstallError, install

USAGE = 2
_SAID = "usage: python -m fakeldapd.ldap -- PROGRAM [ARGUMENTS], where PROGRAM is a file, -m MODULE, or a command"


def main(arguments: Sequence[str]) -> int:
    """Run the program; gives the exit code where it doesn't end with one of its own."""
    words = list(arguments)
    if words[:1] == ["--"]:
        words = words[1:]
    if words[:1] in (["-h"], ["--help"]):
        print(_SAID)
        return 0
    is_module = words[:1] == ["-m"]
    if is_module:
        words = words[1:]
    if not words or words[0].startswith("-"):
        print(_SAID, file=sys.stderr)
        return USAGE
    path = None if is_module else _file(words[0])
    if path is None and not _is_module(words[0]):
        what = "module" if is_module else "file, module or command"
        print(f"python -m fakeldapd.ldap: there is no {what} {words[0]}", file=sys.stderr)
        return USAGE
    try:
        install()
    except InstallError as error:
        print(f"python -m fakeldapd.ldap: {error}", file=sys.stderr)
        return USAGE
    _for_pytest()
    _run(words, path)
    return 0


def _run(words: list[str], path: str | None) -> None:
    sys.argv[:] = words
    if path is None:
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        return
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    runpy.run_path(path, run_name="__main__")


def _file(program: str) -> str | None:
    """The file to run, None where it is a module."""
    if os.path.isfile(program):
        return program
    if _is_module(program):
        return None
    return shutil.which(program)


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _for_pytest() -> None:
    """The workers of pytest-xdist are processes of their own, and find out this way."""
    plugins = os.environ.get("PYTEST_PLUGINS", "")
    os.environ["PYTEST_PLUGINS"] = f"{plugins},fakeldapd.shim" if plugins else "fakeldapd.shim"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
