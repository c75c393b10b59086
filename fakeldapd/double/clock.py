"""The clock that a directory goes by: time stamps, password expiry, lockouts.

By default it is the machine's, and runs. A test moves it (``advance``) instead of waiting, or has it stand still
(``Clock(at=...)``), so that what depends on the time is the same in every run.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class State(NamedTuple):
    """How a clock goes: it stands still there (None: it goes as the machine's), and so many seconds ahead of that."""

    standing: float | None
    ahead: float

    def at(self, now: float) -> float:
        """What the clock shows when the machine's shows ``now``, both in seconds since the epoch."""
        return (now if self.standing is None else self.standing) + self.ahead


class Clock:
    """Seconds since the epoch, when called.

    ``at`` sets it: a datetime (UTC where it has no zone) or ISO 8601 text such as "2026-01-31T12:00:00Z". A clock that
    was set stands still until it is moved. Raises ValueError for text that is no time.
    """

    def __init__(self, at: datetime | str | None = None) -> None:
        self.state = State(None, 0.0)
        """How it goes: another one whenever it is moved. May be set, to go back to it."""
        if at is not None:
            self.set(at)

    def __call__(self) -> float:
        """The time it shows, in seconds since the epoch."""
        return self.state.at(time.time())

    @property
    def now(self) -> datetime:
        """The time it shows, in UTC."""
        return datetime.fromtimestamp(self(), UTC)

    def set(self, at: datetime | str) -> None:
        """Show this time, and stand still."""
        if isinstance(at, str):
            try:
                at = datetime.fromisoformat(at)
            except ValueError:
                raise ValueError(f'{at!r} is no time; write "2026-01-31T12:00:00Z", or give a datetime') from None
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        self.state = State(at.timestamp(), 0.0)

    def stop(self) -> None:
        """Stand still at the time it shows."""
        self.set(self.now)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move forward, or back with a negative amount."""
        ahead = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()
        self.state = self.state._replace(ahead=self.state.ahead + ahead)
