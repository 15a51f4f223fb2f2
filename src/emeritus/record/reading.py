"""Reading the ledger through the index: pages of entries as people read them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from emeritus.record.index import applied, entries


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: its place, type, instant, role, model (if about one) and sentence."""

    position: int
    type: str
    at: str
    actor: str
    model: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class AppliedTo:
    """The ledger that an index stands on: its size, and its root in hex."""

    size: int
    root: str


def applied_to(index: Connection) -> AppliedTo:
    """Return how much of the ledger an index has applied."""
    row = index.execute(select(applied.c.size, applied.c.root)).one()
    return AppliedTo(row.size, row.root)


def lines(
    index: Connection, *, before: int | None = None, model: str | None = None, limit: int = 50
) -> tuple[Line, ...]:
    """Return the newest entries first.

    Args:
        index: the index.
        before: only entries at lower positions.
        model: only entries about this model.
        limit: at most so many.
    """
    wanted = select(entries).order_by(entries.c.position.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(entries.c.position < before)
    if model is not None:
        wanted = wanted.where(entries.c.model == model)
    return tuple(_line(tuple(row)) for row in index.execute(wanted))


@dataclass(frozen=True, slots=True)
class Tally:
    """Entries of one type about one model (None for about no single one): how many, the newest."""

    type: str
    model: str | None
    count: int
    newest: int
    at: str


def tallies(index: Connection) -> tuple[Tally, ...]:
    """Return how many entries there are of each type about each model."""
    columns = entries.c
    wanted = select(
        columns.type,
        columns.model,
        func.count(),
        func.max(columns.position),
        func.max(columns.at),
    ).group_by(columns.type, columns.model)
    rows = index.execute(wanted.order_by(columns.type, columns.model))
    return tuple(Tally(*row) for row in rows)


def positions_about(index: Connection, model: str) -> tuple[int, ...]:
    """Return where in the ledger the entries about a model are, the oldest first."""
    wanted = select(entries.c.position).where(entries.c.model == model)
    return tuple(index.execute(wanted.order_by(entries.c.position)).scalars())


def line(index: Connection, position: int) -> Line | None:
    """Return one entry, None when there is none at that position."""
    row = index.execute(select(entries).where(entries.c.position == position)).one_or_none()
    return None if row is None else _line(tuple(row))


def _line(row: tuple[object, ...]) -> Line:
    position, kind, at, actor, model, sentence = row
    return Line(
        int(str(position)),
        str(kind),
        str(at),
        str(actor),
        str(model) if model else None,
        str(sentence),
    )
