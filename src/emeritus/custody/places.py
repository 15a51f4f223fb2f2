"""What the record says of its stores."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from emeritus.custody.errors import NoSuchStore
from emeritus.custody.tables import PRIMARY, copies_table, deposits_table, stores_table

DEFAULT_PLACE = "here"
"""Where the first store is, until somebody says where."""


@dataclass(frozen=True, slots=True)
class StoreFact:
    """A store as it was entered.

    Attributes:
        name: its name in this record; the first one is `primary`.
        kind: `folder`, or of a bucket `s3`, `gs` or `az`.
        place: a word for where it is.
        packs: `all` or `none`.
        size: entries that it held when it was last brought up to date.
        replicated_at: when that was entered, None when it never was.
    """

    name: str
    kind: str
    place: str
    packs: str
    size: int
    replicated_at: str | None


def stores_of(index: Connection) -> tuple[StoreFact, ...]:
    """Return the stores of the record, the primary first, the others by name."""
    table = stores_table
    rows = index.execute(select(*(table.c[name] for name in StoreFact.__dataclass_fields__)))
    found = {row.name: StoreFact(*row) for row in rows}
    first = found.pop(PRIMARY, None) or StoreFact(PRIMARY, "folder", DEFAULT_PLACE, "all", 0, None)
    return (first, *(found[name] for name in sorted(found)))


def store_of(index: Connection, name: str) -> StoreFact:
    """Return one store.

    Raises:
        NoSuchStore: the record has none of that name.
    """
    known = stores_of(index)
    found = next((one for one in known if one.name == name), None)
    if found is None:
        raise NoSuchStore(
            f"expected one of the stores {', '.join(one.name for one in known)}, found "
            f"{name[:64]!r}; 'emeritus stores add' adds one",
            about=name[:64],
        )
    return found


def places_of(index: Connection) -> dict[str, str]:
    """Return the place of every store by its name."""
    return {one.name: one.place for one in stores_of(index)}


def verified_in(index: Connection, store: str) -> int:
    """Return how many models have a verified copy in a store."""
    table = copies_table
    wanted = select(func.count()).where(table.c.store == store, table.c.state == "verified")
    return index.execute(wanted).scalar_one()


def models_to_verify(index: Connection, store: str) -> tuple[str, ...]:
    """Return the packed models that have no verified copy in a store, by name."""
    verified = select(copies_table.c.model).where(
        copies_table.c.store == store, copies_table.c.state == "verified"
    )
    wanted = select(deposits_table.c.model).where(
        deposits_table.c.packed, deposits_table.c.model.not_in(verified)
    )
    return tuple(index.execute(wanted.order_by(deposits_table.c.model)).scalars())
