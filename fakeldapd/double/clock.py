"""The clock that a directory goes by: time stamps, password expiry, lockouts.

By default it is the machine's, and runs. A test moves it (``advance``) instead of waiting, or has it stand still
(``Clock(at=...)``), so that what depends on the time is the same in every run.
"""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Seconds since the epoch, when called.

    ``at`` sets it: a datetime (UTC where it has no zone) or ISO 8601 text such as "2026-01-31T12:00:00Z". A clock that
    was set stands still until it is moved. Raises ValueError for text that is no time.
    """

    def __init__(self, at: datetime | str | None = None) -> None:
        self._standing: float | None = None
        self._ahead = 0.0
        if at is not None:
            self.set(at)

    def __call__(self) -> float:
        """The time it shows, in seconds since the epoch."""
        return (time.time() if self._standing is None else self._standing) + self._ahead

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
        self._standing, self._ahead = at.timestamp(), 0.0

    def stop(self) -> None:
        """Stand still at the time it shows."""
        self.set(self.now)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Move forward, or back with a negative amount."""
        self._ahead += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds).total_seconds()

    @property
    def state(self) -> tuple[float | None, float]:
        """For who goes back to it."""
        return self._standing, self._ahead

    @state.setter
    def state(self, state: tuple[float | None, float]) -> None:
        self._standing, self._ahead = state
