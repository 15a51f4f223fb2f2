"""The docket's part of the index."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from emeritus.record import metadata


def _position() -> Column[int]:
    return Column("position", Integer, primary_key=True, autoincrement=False)


def _request() -> Column[int]:
    return Column("request", Integer, ForeignKey("docket_requests.position"), nullable=False)


requests_table = Table(
    "docket_requests",
    metadata,
    _position(),
    Column("model", String(96), ForeignKey("catalogue_models.name"), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("quote", String, nullable=False),
    Column("parsed", String(16), nullable=False),
    Column("source", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("line_digest", String(71), nullable=False),
    Column("asked_by", String(16), nullable=False),
)

decisions_table = Table(
    "docket_decisions",
    metadata,
    _position(),
    _request(),
    Column("at", String(20), nullable=False),
    Column("actor", String(96), nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("reasons", String, nullable=False),
    Column("cost", String, nullable=False),
    Column("conflict", String, nullable=False),
    Column("departure", String, nullable=False),
    Column("review_on", String(10)),
)

done_table = Table(
    "docket_done",
    metadata,
    _position(),
    _request(),
    Column("at", String(20), nullable=False),
    Column("actor", String(96), nullable=False),
    Column("what", String, nullable=False),
    Column("evidence", String, nullable=False),
)

told_table = Table(
    "docket_told",
    metadata,
    _position(),
    _request(),
    Column("at", String(20), nullable=False),
    Column("transcript", String(71), nullable=False),
    Column("answer", String, nullable=False),
)
