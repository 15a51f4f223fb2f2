"""What the record says of promises: the newest check of a model, and what is waived."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from emeritus.commitments.policy import STATES, Verdict
from emeritus.commitments.tables import checks_table, verdicts_table, waivers_table


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the promises about a model.

    Attributes:
        position: of its entry.
        at: when.
        profile: digest of the list.
        profile_id: its name.
        verdicts: in the list's order.
    """

    position: int
    at: str
    profile: str
    profile_id: str
    verdicts: tuple[Verdict, ...]

    def verdict(self, promise: str) -> Verdict | None:
        """Return what was found of one promise, None when the list did not have it."""
        return next((one for one in self.verdicts if one.promise == promise), None)


@dataclass(frozen=True, slots=True)
class WaiverFact:
    """A promise that does not bind for a time; see `entries.Waived`."""

    position: int
    at: str
    promise: str
    until: str
    reasons: str

    def is_in_force(self, day: dt.date) -> bool:
        """Say whether it still holds on a day."""
        return day <= dt.date.fromisoformat(self.until)


def last_check(index: Connection, model: str) -> Check | None:
    """Return the newest check of a model, None before the first."""
    columns = checks_table.c
    newest = (
        select(columns.position, columns.at, columns.profile, columns.profile_id)
        .where(columns.model == model)
        .order_by(columns.position.desc())
        .limit(1)
    )
    row = index.execute(newest).one_or_none()
    if row is None:
        return None
    return Check(*row, _verdicts(index, row.position))


def waivers_of(index: Connection, model: str) -> tuple[WaiverFact, ...]:
    """Return every waiver for a model, the oldest first."""
    columns = [waivers_table.c[name] for name in WaiverFact.__dataclass_fields__]
    wanted = select(*columns).where(waivers_table.c.model == model)
    rows = index.execute(wanted.order_by(waivers_table.c.position))
    return tuple(WaiverFact(*row) for row in rows)


def tally(checks: Iterable[Check]) -> dict[str, int]:
    """Return how many promises stand how, over the newest check of every model."""
    counted = Counter(str(one.state) for check in checks for one in check.verdicts)
    return {state: counted[state] for state in STATES if counted[state]}


def _verdicts(index: Connection, position: int) -> tuple[Verdict, ...]:
    table = verdicts_table
    wanted = select(table).where(table.c.position == position).order_by(table.c.number)
    return tuple(
        Verdict(
            row.promise,
            row.state,
            row.sentence,
            row.grade,
            tuple(map(int, row.entries.split())),
            row.verb,
        )
        for row in index.execute(wanted)
    )
