"""Whose turn it is: long work is done in slices, one connection after another, so that nobody waits for somebody else's
search.

A connection that has more to do than fits into one slice asks for a turn. Each pass of the reactor gives the
connections that ask one slice in all, oldest first; between two passes the reactor reads what other clients sent and
answers it at once. A short question therefore waits for one slice at most, however many long searches are going on.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

SLICE = 0.002
"""Seconds of work before others get their turn. Long enough that the reactor's own cost for a pass (20 µs) is lost in
it."""


class DelayedCall(Protocol):
    """What IReactorTime.callLater gives."""

    def cancel(self) -> object:
        """Don't make the call."""

    def active(self) -> object:
        """Whether it is still to be made."""


class Clock(Protocol):
    """Of Twisted's IReactorTime what is used here: the reactor, or task.Clock in tests."""

    def seconds(self) -> float:
        """The time in seconds."""

    def callLater(self, delay: float, callable: Callable[..., object], *args: object) -> DelayedCall:
        """Call after ``delay`` seconds."""


class Turns:
    """The connections that wait for a slice. ``deadline`` is the end of the present one, in the clock's seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: deque[Callable[[float], None]] = deque()
        self._scheduled = False

    def ask(self, turn: Callable[[float], None]) -> None:
        """Call ``turn(deadline)`` in a coming pass. It is for the caller not to ask twice, and to ask again when it
        needs more."""
        self._waiting.append(turn)
        if not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._pass)

    def _pass(self) -> None:
        self._scheduled = False
        waiting = self._waiting
        deadline = self._clock.seconds() + SLICE
        for _ in range(len(waiting)):  # not those that ask again meanwhile
            waiting.popleft()(deadline)
            if self._clock.seconds() >= deadline:
                break
        if waiting and not self._scheduled:
            self._scheduled = True
            self._clock.callLater(0, self._pass)
