"""The catalogue's entry types and their tables."""

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Integer, String, Table, insert, update

from emeritus.record import EntryType, Placed, metadata

DEFAULT_CHANNEL = "default"

models_table = Table(
    "catalogue_models",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("identity", String(71), nullable=False, index=True),
    Column("registered_at", String(20), nullable=False),
    Column("position", Integer, nullable=False),
)

services_table = Table(
    "catalogue_services",
    metadata,
    Column("model", String(96), ForeignKey("catalogue_models.name"), primary_key=True),
    Column("channel", String(96), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("position", Integer, nullable=False),
)


class Registered(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model got a name in this record.

    Attributes:
        model: the name.
        identity: the OMS root digest over its files, `sha256:<hex>`.
        service: the state in which it is served at that moment, on the default channel.
    """

    model: str
    identity: str
    service: str


def _project(connection: Connection, placed: Placed[Registered]) -> None:
    body = placed.body
    connection.execute(
        insert(models_table).values(
            name=body.model,
            identity=body.identity,
            registered_at=placed.at,
            position=placed.position,
        )
    )
    connection.execute(
        insert(services_table).values(
            model=body.model,
            channel=DEFAULT_CHANNEL,
            state=body.service,
            position=placed.position,
        )
    )


REGISTERED = EntryType(
    name="catalogue.registered",
    body=Registered,
    sentence=lambda body: f"{body.model} was entered in the catalogue",
    project=_project,
    model=lambda body: body.model,
)

ENTRY_TYPES = (REGISTERED,)


def set_service(connection: Connection, model: str, state: str, position: int) -> None:
    """Project a new state of service on the default channel; for projections alone."""
    table = services_table
    connection.execute(
        update(table)
        .where(table.c.model == model, table.c.channel == DEFAULT_CHANNEL)
        .values(state=state, position=position)
    )
