"""Listening on a local socket (``ldapi://``): a file of our own, or a socket that systemd passed.

Twisted's own port for these changes the mode of a socket's file and removes it even where systemd made it, and stumbles
where somebody else has removed it. So here is one that does neither; the connections it accepts are Twisted's.
"""

import errno
import logging
import os
import socket
import stat
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from twisted.internet.interfaces import IReadDescriptor
from zope.interface import implementer

_log = logging.getLogger(__name__)

MODE = 0o666
"""Who may connect: every user of this machine, as to a port of the loopback interface. The directory that the socket is
in can narrow that."""

_AT_A_TIME = 100
_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))
_BREATH = 0.5
"""Seconds without accepting after the system had no descriptor left."""


def url(path: str) -> str:
    """The URL of a local socket."""
    return "ldapi://" + quote(path, safe="")


def bind(path: str, backlog: int) -> tuple[socket.socket, Callable[[], None]]:
    """A listening socket at ``path``, and what removes its file. A file that a server which is gone left there is
    replaced. Raises OSError; FileExistsError for a file that is no socket.
    """
    _remove_stale(path)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listening.bind(path)
        os.chmod(path, MODE)
        listening.listen(backlog)
        made = _identity(path)
    except OSError:
        listening.close()
        raise

    def remove() -> None:
        if made is not None and _identity(path) == made:
            os.unlink(path)

    return listening, remove


def _identity(path: str) -> tuple[int, int] | None:
    """Which file is there."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _remove_stale(path: str) -> None:
    try:
        is_socket = stat.S_ISSOCK(os.lstat(path).st_mode)
    except FileNotFoundError:
        return
    if not is_socket:
        raise FileExistsError(errno.EEXIST, "there is a file of that name, and it is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        if probe.connect_ex(path) == errno.ECONNREFUSED:
            os.unlink(path)


@implementer(IReadDescriptor)
class LocalPort:
    """A listening local socket in a reactor. ``closed`` is called once when it isn't any more."""

    def __init__(
        self, reactor: Any, listening: socket.socket, factory: Any, closed: Callable[[], None] = lambda: None
    ) -> None:
        self._reactor = reactor
        self._socket = listening
        self._factory = factory
        self._closed = closed
        self._pause: Any = None

    def start(self) -> "LocalPort":
        """Accept connections from now on."""
        self._factory.doStart()
        self._reactor.addReader(self)
        return self

    def stopListening(self) -> None:
        """Accept nothing more."""
        if self._socket.fileno() < 0:
            return
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        else:
            self._reactor.removeReader(self)
        self._socket.close()
        self._closed()
        self._factory.doStop()

    def fileno(self) -> int:
        """IFileDescriptor."""
        return self._socket.fileno()

    def logPrefix(self) -> str:
        """ILoggingContext."""
        return "ldapi"

    def doRead(self) -> None:
        """IReadDescriptor: somebody wants to connect."""
        for _ in range(_AT_A_TIME):
            try:
                accepted, _ = self._socket.accept()
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    _log.error("no connection accepted: %s", error.strerror)
                    self._reactor.removeReader(self)
                    self._pause = self._reactor.callLater(_BREATH, self._go_on)
                return
            with accepted:  # Twisted works with a duplicate
                accepted.setblocking(False)
                try:
                    self._reactor.adoptStreamConnection(accepted.fileno(), socket.AF_UNIX, self._factory)
                except OSError as error:  # the client has gone already, or no descriptor is left for the duplicate
                    _log.info("a local connection was lost: %s", error.strerror)

    def _go_on(self) -> None:
        self._pause = None
        self._reactor.addReader(self)

    def connectionLost(self, reason: Any) -> None:
        """IFileDescriptor: the reactor ends."""
        self.stopListening()
