"""An operation of a connection that could not go on at once."""

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeldapd.operations.request import Action, Request

if TYPE_CHECKING:
    from fakeldapd.server.turns import DelayedCall


_log = logging.getLogger(__name__)


class Parked:
    """``timer`` is the Delay it waits for, ``ended`` that its iterator was closed."""

    __slots__ = ("ended", "iterator", "request", "timer")

    def __init__(self, request: Request, iterator: Iterator[Action]) -> None:
        self.request = request
        self.iterator = iterator
        self.timer: DelayedCall | None = None
        self.ended = False

    def end(self) -> None:
        """Close the iterator: nothing more comes of it."""
        self.ended = True
        if self.timer is not None:
            self.timer.cancel()
        close = getattr(self.iterator, "close", None)
        if close is not None:
            try:
                close()
            except Exception:
                peer, kind = self.request.session.peer, self.request.op.__class__.__name__
                _log.exception("%s: ending %s failed", peer, kind)
