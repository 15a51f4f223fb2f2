"""The keys in the index: which there are, never what opens anything."""

from sqlalchemy import Column, Integer, String, Table

from emeritus.record import metadata

keys_table = Table(
    "custody_keys",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("object_class", String(16), nullable=False),
    Column("lineage", String(96), nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", String(20), nullable=False),
)
