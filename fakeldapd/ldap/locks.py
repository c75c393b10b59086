"""The locks of python-ldap: one for each connection, and one for the module."""

import sys
import threading
from typing import Any, Protocol, TextIO

from fakeldapd import ldap


class _Lock(Protocol):
    def acquire(self) -> Any: ...

    def release(self) -> Any: ...


class DummyLock:
    """A lock that doesn't lock, for who has no threads."""

    def __init__(self) -> None:
        pass

    def acquire(self) -> None:
        """Go on."""

    def release(self) -> None:
        """Go on."""


class LDAPLock:
    """A lock with a description, which says in a trace who holds it."""

    _min_trace_level = 3

    def __init__(self, lock_class: Any = None, desc: str = "") -> None:
        self._desc = desc
        self._lock: _Lock = (lock_class or threading.Lock)()

    def acquire(self) -> Any:
        """Take the lock, when it is free."""
        if ldap._trace_level >= self._min_trace_level:
            self._say("acquire")
        return self._lock.acquire()

    def release(self) -> Any:
        """Give it back."""
        if ldap._trace_level >= self._min_trace_level:
            self._say("release")
        return self._lock.release()

    def _say(self, what: str) -> None:
        file: TextIO = ldap._trace_file or sys.stderr
        file.write(f"***{self!r} {self._desc}.{what}\n")
