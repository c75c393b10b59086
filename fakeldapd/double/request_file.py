"""Requests written down as they end: what ``fakeldapd serve --record-requests FILE`` keeps of what it was asked.

A line for each, JSON, what ``RecordedRequest.as_dict`` gives; secrets are salted hashes. The file doesn't grow without
bound: at LARGEST octets, and where there is one at the start, it is renamed to FILE.1 and another one is begun. So
there are the last requests of a service that runs for weeks, and those of the run before.
"""

import json
import logging
import os
import time
from pathlib import Path
from typing import Any

from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.middleware.recorder import Log, Record
from fakeldapd.operations.request import Request

_log = logging.getLogger(__name__)

LARGEST = 64 << 20
"""Octets of the file, after which another one is begun."""

_NONE = -1  # no file any more


class RequestFile(Log):
    """A Log whose records go to a file when they have ended. Raises OSError where that can't be written; whoever may
    read it is the user alone. What goes wrong later is logged once, and nothing more is written.
    """

    def __init__(self, path: str | Path, largest: int = LARGEST) -> None:
        super().__init__(limit=1)
        self._path = Path(path)
        self._largest = largest
        self._running: list[Record] = []
        self._size = 0
        os.close(self._open())  # so that it is said now if that can't be
        self._file: int | None = None
        self.waiting = 1  # for every end

    def begin(self, request: Request) -> list[Any]:
        """See Log."""
        row = super().begin(request)
        self._running.append(record := Record(row))
        record.peer.ahead = time.time() - self.seconds()  # a connection may be there while the machine sleeps
        return row

    def wake(self) -> None:
        """Something has happened: write what has ended."""
        over = [record for record in self._running if record.ended is not None]
        if not over:
            return
        self._running = [record for record in self._running if record.ended is None]
        try:
            for record in over:
                self._write(json.dumps(RecordedRequest(record, self).as_dict(), ensure_ascii=False).encode())
        except Exception:  # whatever it is, who has asked is answered
            _log.exception("%s: requests are written no more", self._path)
            self.close()
            self._file = _NONE

    def close(self) -> None:
        """Be done with the file; what comes after that goes to another one."""
        if self._file not in (None, _NONE):
            os.close(self._file)
        self._file = None

    def _write(self, line: bytes) -> None:
        if self._file == _NONE:
            return
        if self._size and self._size + len(line) >= self._largest:
            self.close()
        if self._file is None:  # only now: whoever finds that it can't listen hasn't touched the file of who does
            self._file = self._begin_file()
        left = memoryview(line + b"\n")
        self._size += len(left)
        while left:
            left = left[os.write(self._file, left) :]

    def _begin_file(self) -> int:
        self._size = 0
        if self._path.is_file() and self._path.stat().st_size:  # /dev/stderr is no file
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        return self._open()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
