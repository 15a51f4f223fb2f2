"""Custody's part of the index."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table

from emeritus.record import metadata

_MODEL = "catalogue_models.name"


def _position() -> Column[int]:
    return Column("position", Integer, primary_key=True, autoincrement=False)


def _model(*, key: bool = False) -> Column[str]:
    return Column("model", String(96), ForeignKey(_MODEL), primary_key=key, nullable=False)


policies_table = Table(
    "custody_policies",
    metadata,
    _position(),
    Column("name", String(64), nullable=False),
    Column("copies", Integer, nullable=False),
    Column("drill_days", Integer, nullable=False),
)

packs_table = Table(
    "custody_packs",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("position", Integer, nullable=False),
)

deposits_table = Table(
    "custody_deposits",
    metadata,
    _model(key=True),
    Column("position", Integer, nullable=False),
    Column("at", String(20), nullable=False),
    Column("manifest", String(71), nullable=False),
    Column("signature", String(71), nullable=False),
    Column("raw_bytes", BigInteger, nullable=False),
    Column("stored_bytes", BigInteger, nullable=False),
    Column("files", Integer, nullable=False),
    Column("format", String(32), nullable=False),
    Column("base", String(96), nullable=False),
    Column("differences", Integer, nullable=False),
)

elsewhere_table = Table(
    "custody_elsewhere",
    metadata,
    _model(key=True),
    Column("position", Integer, nullable=False),
    Column("at", String(20), nullable=False),
    Column("identity", String(71), nullable=False),
    Column("holder", String(96), nullable=False),
    Column("dialect", String(16), nullable=False),
    Column("address", String(200), nullable=False),
    Column("served_as", String(96), nullable=False),
)

copies_table = Table(
    "custody_copies",
    metadata,
    _model(key=True),
    Column("store", String(96), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("checked_at", String(20)),
    Column("position", Integer, nullable=False),
)

kits_table = Table(
    "custody_run_kits",
    metadata,
    _position(),
    _model(),
    Column("kit", String(71), nullable=False),
)

drills_table = Table(
    "custody_drills",
    metadata,
    _position(),
    _model(),
    Column("at", String(20), nullable=False),
    Column("store", String(96), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("comparison", String(32), nullable=False),
    Column("fingerprint", String(71), nullable=False),
    Column("engine", String(96), nullable=False),
    Column("engine_files", String(64), nullable=False),
    Column("probes", Integer, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("largest_difference", String(32), nullable=False),
    Column("isolated", Boolean, nullable=False),
    Column("problem", String, nullable=False),
)

fingerprints_table = Table(
    "custody_fingerprints",
    metadata,
    _position(),
    _model(),
    Column("fingerprint", String(71), nullable=False),
)
