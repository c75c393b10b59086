"""Octets that leave one by one, for clients that take for granted that a message comes in one piece.

Each goes out by itself, in a pass of the reactor of its own, so that a client that reads has read it before the next
one comes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakeldapd.server.outlet import Outlet
    from fakeldapd.server.turns import Clock, DelayedCall


class Trickle:
    """``octets`` on their way; ``done`` is called once they are all sent. The connection makes no other answers until
    then.
    """

    def __init__(self, octets: bytes, outlet: "Outlet", clock: "Clock", done: Callable[[], None]) -> None:
        outlet.flush()
        self._left = bytearray(octets)
        self._outlet = outlet
        self._clock = clock
        self._done = done
        self._timer: DelayedCall | None = None
        self._send()

    def _send(self) -> None:
        self._outlet.pieces.append(bytes(self._left[:1]))
        del self._left[:1]
        self._timer = self._clock.callLater(0, self._send if self._left else self._done)
        self._outlet.flush()  # it may find that the client is gone, and end all this

    def finish(self) -> None:
        """Send at once what is left, since the operation has ended."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._outlet.pieces.append(bytes(self._left))
        self._outlet.flush()
        self._done()
