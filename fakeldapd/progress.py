"""A progress bar on standard error for a file that takes long to read; nothing where there is no terminal."""

import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, Self

_LARGE = 1 << 20
"""Octets from which on a file is worth a progress bar."""


class Progress:
    """A file, to be read inside a ``with``, that shows how far it has been read, if there is much of it."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._bar: Any = None
        size = os.fstat(file.fileno()).st_size
        if size >= _LARGE and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=size, desc=Path(name).name, unit="B", unit_scale=True, leave=False, file=sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def read(self, size: int, /) -> bytes:
        """As a file's."""
        octets = self._file.read(size)
        if self._bar is not None:
            self._bar.update(len(octets))
        return octets
