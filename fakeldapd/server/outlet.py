"""Where a connection's answers leave: collected, then sent together, the shortest way there is.

On a plain socket that way is the socket itself: with nothing queued before them, answers go out in the call that made
them, and only what the kernel doesn't take is left to the transport, which would otherwise spend a pass of the reactor
and three system calls on each. On any other transport (TLS, tests) everything goes through ``transport.write``.

``full`` says that the transport holds as much as it should: make no more answers until there is room. Twisted tells by
its two kinds of producers. A plain transport is told of a pull producer once something is left to it, and asks for more
when all of it is gone; the others get a push producer, and say themselves when to pause.
"""

import socket
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPullProducer, IPushProducer
from zope.interface import implementer


@implementer(IPushProducer, IPullProducer)
class Outlet:
    """One connection's way out. ``changed(full)`` is called when ``full`` does.

    Whoever makes answers appends them to ``pieces``, adds their octets to ``size``, and calls ``flush`` when it is
    time.
    """

    __slots__ = ("_changed", "_send", "_transport", "full", "pieces", "size")

    def __init__(self, transport: Any, changed: Callable[[bool], None]) -> None:
        self.pieces: list[bytes] = []
        self.size = 0
        self.full = False
        self._changed = changed
        self._transport = transport
        self._send: Callable[[bytes], int] | None = None
        handle = transport.getHandle() if hasattr(transport, "getHandle") else None
        if isinstance(handle, socket.socket) and not getattr(transport, "TLS", False):
            self._send = handle.send
        else:
            transport.registerProducer(self, True)

    def flush(self) -> None:
        """Send what has been collected."""
        pieces = self.pieces
        if not pieces:
            return
        octets = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.size = 0
        if self._send is None or self.full:
            self._transport.write(octets)
            return
        try:
            sent = self._send(octets)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:  # the client is gone, and connectionLost will follow from the reactor
            self.pauseProducing()
            self._transport.abortConnection()
            return
        if sent < len(octets):
            self._transport.write(octets[sent:])
            self._transport.registerProducer(self, False)  # calls resumeProducing now, and again when all is sent
            self.pauseProducing()

    def close(self) -> None:
        """Nothing more will be made: the transport may close once everything has been sent."""
        if self._send is None:
            self._transport.unregisterProducer()

    def give_way(self) -> None:
        """Another Outlet follows on a layer above the same socket (TLS): what has been made so far goes out first."""
        self.flush()
        if self.full:  # the socket takes the rest when it can, and need not tell
            self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """IPushProducer: the transport has taken as much as it wants to remember."""
        self.full = True
        self._changed(True)

    def resumeProducing(self) -> None:
        """IPushProducer, IPullProducer: there is room again."""
        if self.full:
            self.full = False
            if self._send is not None:
                self._transport.unregisterProducer()
            self._changed(False)

    def stopProducing(self) -> None:
        """IProducer: the transport is gone. The protocol's connectionLost says so, too."""
