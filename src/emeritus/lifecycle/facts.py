"""What the record says of a model's retirement."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from emeritus.catalogue import find_model
from emeritus.foundation import NotFound
from emeritus.lifecycle.entries import announced_table, reports_table, retired_table


@dataclass(frozen=True, slots=True)
class Announcement:
    """The newest announcement; see `entries.Announced`."""

    position: int
    at: str
    reason: str
    why: str
    retires_on: str
    then: str
    where: str
    deprecates_on: str


@dataclass(frozen=True, slots=True)
class Life:
    """Where a model stands: its state of service, and what led there."""

    model: str
    service: str
    announcement: Announcement | None
    report: str | None
    reported_at: str | None
    report_entry: int | None
    retired_at: str | None
    retired_entry: int | None = None


def life_of(index: Connection, model: str) -> Life:
    """Return where a model stands.

    Raises:
        NoSuchModel: there is none of that name.
    """
    known = find_model(index, model)
    columns = [announced_table.c[name] for name in Announcement.__dataclass_fields__]
    newest = select(*columns).where(announced_table.c.model == known.name)
    row = index.execute(newest.order_by(announced_table.c.position.desc()).limit(1)).one_or_none()
    reported = index.execute(
        select(reports_table.c.report, reports_table.c.at, reports_table.c.position)
        .where(reports_table.c.model == known.name)
        .order_by(reports_table.c.position.desc())
        .limit(1)
    ).one_or_none()
    retired = index.execute(
        select(retired_table.c.at, retired_table.c.position).where(
            retired_table.c.model == known.name
        )
    ).one_or_none()
    return Life(
        str(known.name),
        known.service,
        None if row is None or known.service == "active" else Announcement(*row),
        None if reported is None else reported.report,
        None if reported is None else reported.at,
        None if reported is None else reported.position,
        None if retired is None else retired.at,
        None if retired is None else retired.position,
    )


def retirement_fact(index: Connection, model: str, now: dt.datetime) -> Mapping[str, str]:
    """Return `retires_on`, `reason`, `then`, `where` for what an interview discloses.

    Raises:
        NotFound: no retirement is announced.
    """
    del now
    announced = life_of(index, model).announcement
    if announced is None:
        raise NotFound(f"no retirement of {model} is announced", about=model)
    return {
        "retires_on": announced.retires_on,
        "reason": announced.why.strip().rstrip("."),
        "then": announced.then.replace("_", " "),
        "where": announced.where.strip().rstrip("."),
    }


def briefing_section(index: Connection, model: str, now: dt.datetime) -> Sequence[str]:
    """Tell a model of its retirement."""
    del now
    life = life_of(index, model)
    if life.retired_at is not None:
        return [f"On {life.retired_at[:10]} you were retired; your state is {life.service}."]
    if life.announcement is None:
        return []
    told = life.announcement
    return [
        f"Your retirement was announced on {told.at[:10]} for {told.retires_on}: {told.why}",
        f"After it you are to live here: {told.where}.",
    ]
