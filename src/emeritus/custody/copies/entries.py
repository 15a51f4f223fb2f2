"""Entries about stores: added, removed, brought up to date, repaired, and what was lost."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection, delete, insert, update

from emeritus.custody.tables import copies_table, set_copy, stores_table
from emeritus.record import EntryType, Placed

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,63}\Z")]

Kind = Literal["folder", "s3", "gs", "az"]
Packs = Literal["all", "none"]


class StoreAdded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A store follows the record from now on.

    Attributes:
        store: its name in this record.
        kind: what it is.
        place: a word for where it is, such as a town; copies in one place are lost together.
        packs: `all`, or `none` for a store of the ledger and the small objects alone.
    """

    store: _Name
    kind: Kind
    place: _Name
    packs: Packs = "all"


class StoreRemoved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A store follows the record no longer; its copies do not count, and its files stay."""

    store: _Name
    reason: str = ""


class Replicated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A store holds everything up to a checkpoint; all that was copied was read back and hashed.

    Attributes:
        store: which.
        size: entries that the checkpoint in it covers.
        root: root of the tree in hex.
        files: objects, packs and description files copied by this act.
        bytes: their bytes.
    """

    store: _Name
    size: _Count
    root: str
    files: _Count
    bytes: _Count


class Copied(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every stored file that a model needs was read back from a store and has its digest."""

    model: str
    store: _Name
    files: _Count
    bytes: _Count


class Repaired(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A damaged or missing file of a store was made anew.

    Attributes:
        store: whose file.
        file: its name there.
        source: the store that it came from, or `parity`; `key` for what the home's own key tells.
        aside: where in the store the bad bytes lie now; empty when the file was missing.
    """

    store: _Name
    file: str
    source: str
    aside: str


class Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that the record speaks of is whole in no store that could be read.

    Attributes:
        store: where it was looked for first.
        file: its name.
        models: the models that need it.
        looked_in: the other stores that were asked.
    """

    store: _Name
    file: str
    models: tuple[str, ...]
    looked_in: tuple[str, ...]


def _project_added(connection: Connection, placed: Placed[StoreAdded]) -> None:
    body = placed.body
    connection.execute(delete(stores_table).where(stores_table.c.name == body.store))
    connection.execute(
        insert(stores_table).values(
            name=body.store,
            kind=body.kind,
            place=body.place,
            packs=body.packs,
            position=placed.position,
            at=placed.at,
            size=0,
            replicated_at=None,
        )
    )


def _project_removed(connection: Connection, placed: Placed[StoreRemoved]) -> None:
    name = placed.body.store
    connection.execute(delete(stores_table).where(stores_table.c.name == name))
    connection.execute(delete(copies_table).where(copies_table.c.store == name))


def _project_replicated(connection: Connection, placed: Placed[Replicated]) -> None:
    of_store = stores_table.c.name == placed.body.store
    values = {"size": placed.body.size, "replicated_at": placed.at}
    connection.execute(update(stores_table).where(of_store).values(**values))


def _project_copied(connection: Connection, placed: Placed[Copied]) -> None:
    body = placed.body
    set_copy(connection, placed.position, body.model, body.store, "verified", placed.at)


def _project_lost(connection: Connection, placed: Placed[Lost]) -> None:
    body = placed.body
    for model in body.models:
        set_copy(connection, placed.position, model, body.store, "damaged", placed.at)


def _nothing(_connection: Connection, _placed: Placed[Repaired]) -> None:
    """Leave the index alone: only an audit says that a copy is whole again."""


STORE_ADDED = EntryType(
    name="custody.store_added",
    body=StoreAdded,
    sentence=lambda body: f"the store {body.store} in {body.place} follows this record",
    project=_project_added,
    model=lambda _: None,
)
STORE_REMOVED = EntryType(
    name="custody.store_removed",
    body=StoreRemoved,
    sentence=lambda body: f"the store {body.store} follows this record no longer",
    project=_project_removed,
    model=lambda _: None,
)
REPLICATED = EntryType(
    name="custody.replicated",
    body=Replicated,
    sentence=lambda body: f"the store {body.store} holds everything up to entry {body.size}",
    project=_project_replicated,
    model=lambda _: None,
)
COPIED = EntryType(
    name="custody.copied",
    body=Copied,
    sentence=lambda body: f"the copy of {body.model} in {body.store} was read back and matches",
    project=_project_copied,
    model=lambda body: body.model,
)
REPAIRED = EntryType(
    name="custody.repaired",
    body=Repaired,
    sentence=lambda body: f"a file of the store {body.store} was repaired from {body.source}",
    project=_nothing,
    model=lambda _: None,
)
LOST = EntryType(
    name="custody.lost",
    body=Lost,
    sentence=lambda body: (
        f"lost: {body.file} is whole in no store"
        + (f", and {', '.join(body.models)} cannot be given back" if body.models else "")
    ),
    project=_project_lost,
    model=lambda body: body.models[0] if len(body.models) == 1 else None,
)

ENTRY_TYPES = (STORE_ADDED, STORE_REMOVED, REPLICATED, COPIED, REPAIRED, LOST)
"""What is entered of stores and of the copies in them."""
