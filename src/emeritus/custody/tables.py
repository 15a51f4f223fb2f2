"""Custody's part of the index."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Integer,
    String,
    Table,
    delete,
    insert,
)

from emeritus.record import metadata

PRIMARY = "primary"
"""How the first store is called in entries; others get names of their own."""

IN_PLACE = "in-place"
"""How a copy is called that was not packed: the files as they were found."""

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
    Column("places", Integer, nullable=False),
    Column("drill_days", Integer, nullable=False),
)

stores_table = Table(
    "custody_stores",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("place", String(64), nullable=False),
    Column("packs", String(8), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", String(20), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("replicated_at", String(20)),
)

packs_table = Table(
    "custody_packs",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("blake3", String(71), nullable=False),
    Column("place", String(48), nullable=False),
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
    Column("in_place", String(64), nullable=False),
    Column("packed", Boolean, nullable=False),
    Column("place", String(48), nullable=False),
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
    Column("statement", String(71), nullable=False),
    Column("plain_run", String(16), nullable=False),
    Column("plain_run_said", String, nullable=False),
    Column("executor", String(71), nullable=False),
)

fingerprints_table = Table(
    "custody_fingerprints",
    metadata,
    _position(),
    _model(),
    Column("fingerprint", String(71), nullable=False),
)


keys_table = Table(
    "custody_keys",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("object_class", String(16), nullable=False),
    Column("lineage", String(96), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", String(20), nullable=False),
    Column("state", String(16), nullable=False),
    Column("gone_at", String(20), nullable=False),
    Column("certificate", String(71), nullable=False),
)

approvers_table = Table(
    "custody_approvers",
    metadata,
    Column("vkey", String(200), primary_key=True),
    Column("role", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("removed_at", String(20), nullable=False),
)

destruction_rules_table = Table(
    "custody_destruction_rules",
    metadata,
    _position(),
    Column("quorum", Integer, nullable=False),
    Column("wait_days", Integer, nullable=False),
)

proposals_table = Table(
    "custody_proposals",
    metadata,
    _position(),
    Column("key", String(32), nullable=False),
    Column("at", String(20), nullable=False),
    Column("entry", String(71), nullable=False),
    Column("state", String(16), nullable=False),
    Column("body", String, nullable=False),
)

approvals_table = Table(
    "custody_approvals",
    metadata,
    _position(),
    Column("proposal", Integer, nullable=False),
    Column("vkey", String(200), nullable=False),
    Column("at", String(20), nullable=False),
)


def set_copy(
    connection: Connection, position: int, model: str, store: str, state: str, at: str | None
) -> None:
    """Say in what state a copy is since the entry at that position."""
    of_copy = (copies_table.c.model == model) & (copies_table.c.store == store)
    connection.execute(delete(copies_table).where(of_copy))
    connection.execute(
        insert(copies_table).values(
            model=model, store=store, state=state, checked_at=at, position=position
        )
    )
