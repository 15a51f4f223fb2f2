"""The projector: applies entries to the index, and is the only code that writes it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, inspect, select, update

from emeritus.ledger import Checkpoint
from emeritus.record.index import applied, dump, entries, metadata, shape
from emeritus.record.reading import AppliedTo
from emeritus.record.types import EntryTypes


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did.

    Attributes:
        entries: how many were applied.
        rows: rows in each table.
        differing: tables that now hold something else than before; a healthy home has none.
        had_index: whether there was an index of the same shape and size to compare with.
    """

    entries: int
    rows: dict[str, int]
    differing: tuple[str, ...]
    had_index: bool


def read_applied(connection: Connection) -> AppliedTo | None:
    """Say how far the index is; None when there is none, or one of another shape."""
    if not inspect(connection).has_table(applied.name):
        return None
    row = connection.execute(select(applied)).one_or_none()
    if row is None or row.shape != shape():
        return None
    return AppliedTo(row.size, row.root)


def make_tables(connection: Connection) -> None:
    """Drop whatever index is there and make an empty one."""
    found = set(inspect(connection).get_table_names())
    for table in reversed(metadata.sorted_tables):
        if table.name in found:
            table.drop(connection)
    metadata.create_all(connection)
    connection.execute(insert(applied).values(id=1, size=0, root="", shape=shape()))


def project(
    connection: Connection,
    types: EntryTypes,
    news: Iterable[tuple[int, bytes]],
    checkpoint: Checkpoint,
) -> None:
    """Apply entries, given as position and bytes, up to a checkpoint.

    Raises:
        EntryUnknown: an entry that this version does not know; nothing of this call remains.
    """
    for position, data in news:
        kind, placed = types.place(position, data)
        connection.execute(
            insert(entries).values(
                position=position,
                type=kind.name,
                at=placed.entry.at,
                actor=placed.entry.actor,
                model=kind.model(placed.body),
                sentence=kind.sentence(placed.body),
            )
        )
        kind.project(connection, placed)
    connection.execute(update(applied).values(size=checkpoint.size, root=checkpoint.root.hex()))


def rebuild(
    connection: Connection,
    types: EntryTypes,
    everything: Iterable[tuple[int, bytes]],
    checkpoint: Checkpoint,
) -> Rebuilt:
    """Make the index from nothing, in one transaction, and compare it with the one before.

    Raises:
        EntryUnknown: an entry that this version does not know; the old index stays.
    """
    before_state = read_applied(connection)
    before = dump(connection) if before_state is not None else {}
    make_tables(connection)
    project(connection, types, everything, checkpoint)
    after = dump(connection)
    comparable = before_state is not None and before_state.size == checkpoint.size
    return Rebuilt(
        checkpoint.size,
        {name: len(rows) for name, rows in after.items()},
        tuple(name for name in after if comparable and after[name] != before.get(name)),
        comparable,
    )
