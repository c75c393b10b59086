"""Certificates that both servers are given: an authority and a server's certificate, made once a process."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from fakeldapd.certificates import Made, ensure


@functools.cache
def made() -> Made:
    """The files."""
    directory = Path(tempfile.mkdtemp(prefix="fakeldapd-certificates-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return ensure(directory)
