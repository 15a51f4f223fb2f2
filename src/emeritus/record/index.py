"""The index: tables that can be thrown away, since the projector makes them again."""

import functools
import hashlib

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

metadata = MetaData()
"""Every noun's tables; a table exists for the projector to fill and for readers to read."""

applied = Table(
    "record_applied",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("root", String(64), nullable=False),
    Column("shape", String(64), nullable=False),
)
"""One row: how many entries are applied, under which root, and the shape of the tables."""

entries = Table(
    "record_entries",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("type", String(64), nullable=False),
    Column("at", String(20), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("model", String(96), index=True),
    Column("sentence", String, nullable=False),
)


def shape() -> str:
    """Return a digest of the tables' definitions; another one means: make the index again."""
    return _shape(tuple(metadata.tables))


@functools.cache
def _shape(_names: tuple[str, ...]) -> str:
    # Kept, since every reading asks: to write 35 definitions takes 11 ms (measured 2026-11).
    dialect = sqlite.dialect()
    texts = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def dump(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, in the order of its key, to compare two indexes."""
    return {
        table.name: [
            tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
        ]
        for table in metadata.sorted_tables
    }
