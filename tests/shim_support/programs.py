"""Programs in processes of their own: what is imported there concerns no other test."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LONG = 120


@dataclass(frozen=True)
class Done:
    """What came of a program."""

    code: int
    out: str
    err: str


def run(*words: object, cwd: Path, **environ: str) -> Done:
    """Run Python with these words after it. Plug-ins and settings of the tests' own pytest don't count."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "FAKELDAPD_"))}
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environ},
        capture_output=True,
        text=True,
        timeout=LONG,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def write(folder: Path, modules: Mapping[str, str]) -> None:
    """Write modules, by their paths without ``.py``."""
    for name, text in modules.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
