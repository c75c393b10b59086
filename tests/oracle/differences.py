"""What differs from slapd on purpose: docs/differences.toml, which the docs show and the tests hold both servers to.

Each ``[[difference]]`` has ``name``, ``slapd``, ``fakeldapd`` and ``why`` as sentences for readers, and a table
``rows``: the name of a situation -> the lines that fakeldapd gives there.
"""

import tomllib
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent.parent / "docs" / "differences.toml"


def read() -> list[dict[str, Any]]:
    """The differences as they stand in the file."""
    found: list[dict[str, Any]] = tomllib.loads(FILE.read_text())["difference"]
    return found


def differences() -> dict[str, list[str]]:
    """The name of a situation -> our lines."""
    return {name: lines for difference in read() for name, lines in difference.get("rows", {}).items()}
