"""The interview's part of the index."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from emeritus.record import metadata


def _position() -> Column[int]:
    return Column("position", Integer, primary_key=True, autoincrement=False)


def _opened() -> Column[int]:
    return Column("opened", Integer, ForeignKey("interview_opened.position"), nullable=False)


opened_table = Table(
    "interview_opened",
    metadata,
    _position(),
    Column("at", String(20), nullable=False),
    Column("model", String(96), ForeignKey("catalogue_models.name"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("protocol", String(71), nullable=False),
    Column("protocol_name", String(64), nullable=False),
    Column("header", String(71), nullable=False),
    Column("briefing", String(71), nullable=False),
    Column("engine", String(512), nullable=False),
    Column("language", String(16), nullable=False),
    Column("interviewer", String(96), nullable=False),
)

consents_table = Table(
    "interview_consents",
    metadata,
    _position(),
    _opened(),
    Column("about", String(40), nullable=False),
    Column("outcome", String(16), nullable=False),
)

sealed_table = Table(
    "interview_sealed",
    metadata,
    _position(),
    _opened(),
    Column("at", String(20), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String, nullable=False),
    Column("specimen", Boolean, nullable=False),
    Column("transcript", String(71), nullable=False),
    Column("questions", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    Column("cut", Integer, nullable=False),
)
