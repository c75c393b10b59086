"""An operation of a connection that could not go on at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeldapd.operations.request import Action, Request

if TYPE_CHECKING:
    from fakeldapd.server.turns import DelayedCall


class Parked:
    """``timer`` is the Delay it waits for, ``ended`` that its iterator was closed."""

    __slots__ = ("ended", "iterator", "request", "timer")

    def __init__(self, request: Request, iterator: Iterator[Action]) -> None:
        self.request = request
        self.iterator = iterator
        self.timer: DelayedCall | None = None
        self.ended = False
