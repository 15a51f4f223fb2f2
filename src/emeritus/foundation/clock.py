"""The port through which time enters, and the one way to write an instant."""

import datetime as dt
import re
from typing import Protocol

from emeritus.foundation.errors import UserError

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Clock(Protocol):
    """Tells the time; handed in, never imported, so that tests can hold it still."""

    def now(self) -> dt.datetime:
        """Return this instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """Return this instant, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


def timestamp(instant: dt.datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC with whole seconds: `2026-11-23T18:02:00Z`.

    Raises:
        UserError: the instant carries no time zone.
    """
    if instant.tzinfo is None:
        raise UserError("expected an instant with a time zone, found one without")
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> dt.datetime:
    """Read what `timestamp` wrote; there is exactly one spelling of every instant.

    Raises:
        UserError: the text is not such an instant.
    """
    try:
        if _INSTANT.fullmatch(text):
            return dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        pass
    raise UserError(f"expected an instant such as 2026-11-23T18:02:00Z, found {text[:40]!r}")
