"""The promises' part of the index."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from emeritus.record import metadata

checks_table = Table(
    "commitments_checks",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), ForeignKey("catalogue_models.name"), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("profile", String(71), nullable=False),
    Column("profile_id", String(48), nullable=False),
)

verdicts_table = Table(
    "commitments_verdicts",
    metadata,
    Column(
        "position",
        Integer,
        ForeignKey("commitments_checks.position"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("promise", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sentence", String, nullable=False),
    Column("grade", String(32), nullable=False),
    Column("entries", String, nullable=False),
    Column("verb", String, nullable=False),
)

waivers_table = Table(
    "commitments_waivers",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), ForeignKey("catalogue_models.name"), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("promise", String(16), nullable=False),
    Column("until", String(10), nullable=False),
    Column("reasons", String, nullable=False),
)
