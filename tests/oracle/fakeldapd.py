"""Our server as a process, with the interface of oracle.slapd."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

from oracle.slapd import ADMIN, BASE, PASSWORD, end_with_parent

ROOT = Path(__file__).parent.parent.parent
READY = b"fakeldapd ready "


class Fakeldapd:
    """Start with ``with``; ``port`` is where it listens. ``options`` are long options of the command line, without
    ``--``.

    ``urls`` are all that it listens on. ``ldif`` None starts it ``--empty``. Raises RuntimeError with what it wrote
    when there is no ready line.
    """

    name = "fakeldapd"

    def __init__(self, ldif: Path | None = None, options: Mapping[str, object] | None = None) -> None:
        self.ldif = ldif
        self.options = {"base": [BASE], **(options or {})}
        self.port = 0
        self.urls: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None

    def arguments(self) -> list[str]:
        """The command line."""
        command = [sys.executable, "-W", "error", "-m", "fakeldapd", "serve", "--listen", "ldap://127.0.0.1:0"]
        command += ["--admin-dn", ADMIN, "--admin-password", PASSWORD]
        for key, value in self.options.items():
            for one in value if isinstance(value, list) else [value]:
                command += [f"--{key}"] if one is True else [f"--{key}", str(one)]
        return [*command, "--empty" if self.ldif is None else str(self.ldif)]

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            self.arguments(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            preexec_fn=end_with_parent,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith(READY):
            log = self.log()
            self.__exit__(RuntimeError)
            raise RuntimeError(f"no ready line but {line!r}; the log: {log}")
        self.urls = line.decode().split()[2:]
        self.port = int(self.urls[0].rsplit(":", 1)[1].rstrip("/"))
        return self

    def log(self) -> str:
        """What it has written to standard error so far."""
        assert self._log is not None
        descriptor = self._log.fileno()  # the process shares our file position: seeking would move its writing
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def __exit__(self, kind: object = None, *_: object) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        assert self._log is not None
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        log = self.log()
        self._log.close()
        if kind is None and "Traceback" in log:
            raise RuntimeError(f"a traceback in the server's log: {log}")
