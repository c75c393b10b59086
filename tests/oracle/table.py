"""All situations by name, from the modules in differential/rows."""

import functools
import importlib
from pathlib import Path

from oracle.steps import Row

ROWS = Path(__file__).parent.parent / "differential" / "rows"


@functools.cache
def situations() -> dict[str, Row]:
    """``area/name`` -> Row, in the order of the modules' names. ValueError where two rows have one name."""
    found: dict[str, Row] = {}
    for path in sorted(ROWS.glob("*.py")):
        for row in importlib.import_module(f"differential.rows.{path.stem}").ROWS:
            name = f"{path.stem}/{row.name}"
            if name in found:
                raise ValueError(f"two rows are called {name}")
            found[name] = row
    return found
