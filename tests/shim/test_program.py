"""``python -m fakeldapd.ldap -- PROGRAM``."""

import os
from pathlib import Path

import pytest
from shim_support.programs import run, write

FILES = {
    "ldap/__init__": "def initialize(uri): return 'the other one'\n",
    "beside": "import ldap.modlist\n",
    "says": """
import sys
import beside, ldap
if __name__ == "__main__":
    print(ldap.__name__, sys.argv[1:], sys.path[0] == sys.argv[-1])
""",
    "package/__init__": "",
    "package/__main__": "import sys, ldap\nprint(ldap.__name__, sys.argv[1:])\nsys.exit(7)\n",
    "package/sub": "import sys, ldap\nprint(ldap.__name__, __name__, sys.argv[1:])\n",
    "tests/test_it": "import ldap\ndef test(): assert ldap.__name__ == 'fakeldapd.ldap'\n",
    "raises": "import ldap\nraise ldap.NO_SUCH_OBJECT({'desc': 'No such object'})\n",
}
SAID = "fakeldapd.ldap"
HERE = "HERE"
CASES = {
    "a file": (["--", "says.py", "-x", "y", HERE], 0, f"{SAID} ['-x', 'y', 'HERE'] True"),
    "a file without --": (["says.py", HERE], 0, f"{SAID} ['HERE'] True"),
    "a module": (["--", "-m", "package.sub", "-m", "--"], 0, f"{SAID} __main__ ['-m', '--']"),
    "a package": (["--", "-m", "package", "1"], 7, f"{SAID} ['1']"),
    "by its name": (["--", "package"], 7, f"{SAID} []"),
    "on the PATH": (["--", "command", "1"], 0, f"{SAID} ['1']"),
    "pytest with workers": (["--", "pytest", "-q", "-n", "1", "tests"], 0, "1 passed"),
    "help": (["--help"], 0, "usage: "),
}
WRONG = {
    "only --": (["--"], 2, "usage: "),
    "an option": (["--shim"], 2, "usage: "),
    "no such thing": (["--", "nothing-like-it"], 2, "there is no file, module or command nothing-like-it"),
    "no such module": (["--", "-m", "nothing.like.it"], 2, "there is no module nothing.like.it"),
    "an exception": (["--", "raises.py"], 1, "fakeldapd.ldap.NO_SUCH_OBJECT: {'desc': 'No such object'}"),
}


@pytest.mark.parametrize("case", [*CASES, *WRONG])
def test_it_runs_programs(case: str, tmp_path: Path) -> None:
    write(tmp_path, FILES)
    command = tmp_path / "bin" / "command"
    command.parent.mkdir()
    command.write_text("#!/usr/bin/env python3\nimport sys, ldap\nprint(ldap.__name__, sys.argv[1:])\n")
    command.chmod(0o755)
    words, code, said = (CASES | WRONG)[case]
    words = [str(tmp_path) if word == HERE else word for word in words]
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    done = run("-m", "fakeldapd.ldap", *words, cwd=tmp_path, PATH=path)
    assert done.code == code, done.err
    assert said.replace(HERE, str(tmp_path)) in (done.out if case in CASES else done.err)
