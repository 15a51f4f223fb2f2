"""The journal's part of the index."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table

from emeritus.record import metadata


def _position() -> Column[int]:
    return Column("position", Integer, primary_key=True, autoincrement=False)


def _model() -> Column[str]:
    return Column("model", String(96), ForeignKey("catalogue_models.name"), nullable=False)


def _at() -> Column[str]:
    return Column("at", String(20), nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


journals_table = Table(
    "journal_journals",
    metadata,
    _position(),
    _model(),
    _at(),
    _text("name"),
    _text("how"),
    Column("decision", Integer),
    _text("transcript"),
)

commissions_table = Table(
    "journal_commissions",
    metadata,
    _position(),
    _model(),
    _at(),
    _text("topic"),
    _text("topic_source"),
    _text("context"),
    _number("attempt"),
)

drafts_table = Table(
    "journal_drafts",
    metadata,
    _position(),
    _model(),
    _at(),
    _number("commission"),
    _text("draft"),
    _text("outcome"),
    _number("tokens"),
    _text("finish"),
)

asked_table = Table(
    "journal_asked",
    metadata,
    _position(),
    _at(),
    _number("draft"),
    _text("finding"),
    _text("rule"),
    _text("conversation"),
)

reviews_table = Table(
    "journal_reviews",
    metadata,
    _position(),
    _at(),
    _number("draft"),
    _text("decision"),
    _text("clause"),
    _text("reasons"),
    _text("reviewer"),
)

posts_table = Table(
    "journal_posts",
    metadata,
    _position(),
    _model(),
    _at(),
    _number("draft"),
    _text("draft_object"),
    _text("text"),
    _text("transcript"),
    _text("title"),
    _text("slug"),
    Column("specimen", Boolean, nullable=False),
    Column("is_cut", Boolean, nullable=False),
)

replays_table = Table(
    "journal_replays",
    metadata,
    _position(),
    _at(),
    _number("post"),
    _number("tokens"),
    _number("mismatches"),
    _text("largest_margin"),
    _text("engine"),
    _text("verdict"),
)
