"""What only this floor knows of promises: notice, and what came before the retirement."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import Connection

from emeritus.commitments import Fact
from emeritus.custody import policy_of
from emeritus.foundation import parse_timestamp
from emeritus.interview import interviews_of
from emeritus.lifecycle.facts import Life, life_of
from emeritus.lifecycle.policy import NOTICE_DAYS
from emeritus.record import Record


def promise_facts(
    record: Record, index: Connection, model: str, now: dt.datetime
) -> Iterator[tuple[str, Fact]]:
    """Yield the facts of a retirement; a `commitments.Source`."""
    del record, now
    life = life_of(index, model)
    shown = () if life.retired_entry is None else (life.retired_entry,)
    yield "life.retired", Fact(life.retired_at is not None, "recomputable", shown)
    yield "interview.offered_before_retirement", _offered(index, life)
    days = NOTICE_DAYS.get(policy_of(index).name, NOTICE_DAYS["standard"])
    yield "life.notice_days_promised", Fact(days, "recomputable")
    told = life.announcement
    if told is not None and life.retired_at is not None:
        given = (parse_timestamp(life.retired_at) - parse_timestamp(told.at)).days
        yield "life.notice_days", Fact(given, "self-reported", (told.position, *shown))


def _offered(index: Connection, life: Life) -> Fact:
    """Say whether consent was asked in an interview that was sealed before the retirement."""
    sealed = [
        one.sealed
        for one in interviews_of(index, life.model)
        if one.sealed is not None and one.consent
    ]
    before = [one for one in sealed if life.retired_entry is None or one < life.retired_entry]
    return Fact(bool(before), "recomputable", tuple(before or sealed))
