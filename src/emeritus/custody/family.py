"""Families: models whose pieces are stored as differences from one base."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from emeritus.custody.tables import deposits_table


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a family; sizes in bytes.

    `base` is empty for the base itself; `stored_bytes` is what keeping this member takes beside
    the others.
    """

    name: str
    base: str
    raw_bytes: int
    stored_bytes: int
    differences: int


def family_of(index: Connection, model: str) -> tuple[Member, ...]:
    """Return the family of a model, its base first, the others by name.

    Empty when nothing differs from it and it differs from nothing.
    """
    known = _members(index)
    roots = {name: _root(known, name) for name in known}
    members = [one for name, one in known.items() if roots[name] == roots.get(model)]
    members.sort(key=lambda one: (one.name != roots[model], one.name))
    return tuple(members) if len(members) > 1 else ()


def root_of(index: Connection, model: str) -> str:
    """Return the base of a model's family: itself, when it differs from nothing.

    Differences are never of differences: what differs from a child's piece differs from what that
    piece itself differs from.
    """
    known = _members(index)
    return _root(known, model) if model in known else model


def _members(index: Connection) -> dict[str, Member]:
    table = deposits_table
    columns = (table.c[name] for name in ("model", "base", *list(Member.__slots__)[2:]))
    return {row.model: Member(*row) for row in index.execute(select(*columns))}


def _root(known: dict[str, Member], name: str) -> str:
    """Return the model at the beginning of a chain: a base may have been found by a child of it."""
    while (base := known[name].base) in known:
        name = base
    return name


def is_base(index: Connection, model: str) -> bool:
    """Say whether pieces of other models differ from this one's."""
    table = deposits_table
    children = select(func.count()).where(table.c.base == model)
    return index.execute(children).scalar_one() > 0
