"""A clock for tests."""

import datetime as dt

from emeritus.foundation import UserError

_START = dt.datetime(2026, 11, 23, 18, 2, tzinfo=dt.UTC)


class FrozenClock:
    """Stands still until it is told to move; a `Clock`.

    Args:
        at: the first instant, with a time zone; 2026-11-23T18:02:00Z unless given.

    Raises:
        UserError: the instant carries no time zone.
    """

    def __init__(self, at: dt.datetime = _START) -> None:
        if at.tzinfo is None:
            raise UserError("expected an instant with a time zone, found one without")
        self._now = at.astimezone(dt.UTC)

    def now(self) -> dt.datetime:
        """Return the instant, aware, in UTC."""
        return self._now

    def advance(self, *, seconds: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move on, or back where the sum is negative."""
        self._now += dt.timedelta(seconds=seconds, hours=hours, days=days)
