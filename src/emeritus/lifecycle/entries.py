"""The lifecycle's entry types, and where the state of service is projected."""

from typing import Annotated, Any

import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, insert

from emeritus.catalogue.entries import set_service
from emeritus.lifecycle.policy import Destination, Reason
from emeritus.record import EntryType, Placed, metadata

_Prose = Annotated[str, msgspec.Meta(max_length=8_000)]

announced_table = Table(
    "lifecycle_announced",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("why", String, nullable=False),
    Column("retires_on", String(10), nullable=False),
    Column("then", String(16), nullable=False),
    Column("where", String, nullable=False),
    Column("deprecates_on", String(10), nullable=False),
)

reports_table = Table(
    "lifecycle_reports",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("report", String(71), nullable=False),
)

retired_table = Table(
    "lifecycle_retired",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("then", String(16), nullable=False),
)


class Announced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A retirement was announced.

    Attributes:
        model: whose.
        reason: a code.
        why: the same in prose.
        retires_on: the day, `YYYY-MM-DD`.
        then: what it is to be afterwards.
        where: where it will live.
        deprecates_on: the day on which it closes to new users, empty when that is left open.
        channel: for which channel of service.
    """

    model: str
    reason: Reason
    why: _Prose
    retires_on: str
    then: Destination
    where: _Prose
    deprecates_on: str = ""
    channel: str = "default"


class Rescinded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A retirement was called off."""

    model: str
    why: _Prose


class Deprecated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model is closed to new users."""

    model: str


class ReportPublished(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The post-deployment report is public.

    Attributes:
        model: about which.
        report: the object.
        interview: the entry that sealed the newest interview in it, None when it has none.
        words: digest of the steward's own words, empty when there are none.
    """

    model: str
    report: str
    interview: int | None
    words: str


class GuardMet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A guard as it was found when the model was retired, and the entry that shows it."""

    name: str
    sentence: str
    entry: int | None


class Retired(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model was retired; `policy` and `notice_days` are those that were applied."""

    model: str
    then: Destination
    policy: str
    notice_days: int
    guards: tuple[GuardMet, ...]


def _project_announced(connection: Connection, placed: Placed[Announced]) -> None:
    body = placed.body
    connection.execute(
        insert(announced_table).values(
            position=placed.position,
            model=body.model,
            at=placed.at,
            reason=body.reason,
            why=body.why,
            retires_on=body.retires_on,
            then=body.then,
            where=body.where,
            deprecates_on=body.deprecates_on,
        )
    )
    set_service(connection, body.model, "announced", placed.position)


def _project_rescinded(connection: Connection, placed: Placed[Rescinded]) -> None:
    set_service(connection, placed.body.model, "active", placed.position)


def _project_deprecated(connection: Connection, placed: Placed[Deprecated]) -> None:
    set_service(connection, placed.body.model, "deprecated", placed.position)


def _project_report(connection: Connection, placed: Placed[ReportPublished]) -> None:
    connection.execute(
        insert(reports_table).values(
            position=placed.position,
            model=placed.body.model,
            at=placed.at,
            report=placed.body.report,
        )
    )


def _project_retired(connection: Connection, placed: Placed[Retired]) -> None:
    body = placed.body
    connection.execute(
        insert(retired_table).values(
            position=placed.position, model=body.model, at=placed.at, then=body.then
        )
    )
    set_service(connection, body.model, body.then, placed.position)


def _model(body: Any) -> str:
    return str(body.model)


ENTRY_TYPES = (
    EntryType(
        "lifecycle.announced",
        Announced,
        lambda body: f"the retirement of {body.model} was announced for {body.retires_on}",
        _project_announced,
        _model,
    ),
    EntryType(
        "lifecycle.rescinded",
        Rescinded,
        lambda body: f"the retirement of {body.model} was called off",
        _project_rescinded,
        _model,
    ),
    EntryType(
        "lifecycle.deprecated",
        Deprecated,
        lambda body: f"{body.model} was closed to new users",
        _project_deprecated,
        _model,
    ),
    EntryType(
        "lifecycle.report_published",
        ReportPublished,
        lambda body: f"the post-deployment report of {body.model} was published",
        _project_report,
        _model,
    ),
    EntryType(
        "lifecycle.retired",
        Retired,
        lambda body: f"{body.model} was retired, and is {body.then.replace('_', ' ')}",
        _project_retired,
        _model,
    ),
)
"""The entry types of this noun."""
