"""The record's own entry types."""

from typing import Annotated

import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, delete, insert, select

from emeritus.record.entry import Placed
from emeritus.record.index import metadata
from emeritus.record.types import EntryType

opened_table = Table(
    "record_opened",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("origin", String, nullable=False),
    Column("steward", String, nullable=False),
)


class Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first entry of every ledger.

    Attributes:
        origin: the ledger's name, as its checkpoints carry it.
        steward: the organisation or role that answers for this record; no personal name.
        vkey: the ledger's public key (C2SP vkey).
        oms_key: the package signer's public key (PEM).
        files: every file by which the store explains itself, to its `sha256:<hex>`.
    """

    origin: str
    steward: Annotated[str, msgspec.Meta(max_length=200)]
    vkey: str
    oms_key: str
    files: dict[str, str]


def _project_opened(connection: Connection, placed: Placed[Opened]) -> None:
    connection.execute(delete(opened_table))
    connection.execute(
        insert(opened_table).values(
            position=placed.position, origin=placed.body.origin, steward=placed.body.steward
        )
    )


OPENED = EntryType(
    name="record.opened",
    body=Opened,
    sentence=lambda body: f"{body.steward} opened this record",
    project=_project_opened,
    model=lambda _: None,
)

ENTRY_TYPES = (OPENED,)


def steward_of(index: Connection) -> str:
    """Return who answers for this record."""
    return str(index.execute(select(opened_table.c.steward)).scalar_one())
