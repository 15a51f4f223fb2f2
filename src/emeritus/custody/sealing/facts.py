"""What the record says of keys, and what lies under them."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from emeritus.custody.errors import KeyGone
from emeritus.custody.sealing.entries import KeyMade, Kind
from emeritus.custody.tables import deposits_table, keys_table
from emeritus.record import Act
from emeritus.vault import Place, Seal
from emeritus.vault.layout import ObjectClass


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A key as it was entered.

    Attributes:
        key: its id.
        object_class: `sealed` or `erasable`.
        lineage: the model that it was made for, or a word for what it opens.
        position: of the entry by which it came into use.
        at: when that was.
        models: what was deposited under it, by name.
        state: `in use`, `being destroyed`, `destroyed`, or `dropped` once no store need hold what
            it opened.
        gone_at: when its destruction began or was done, empty before.
        certificate: digest of the object that says what was done, empty before.
    """

    key: str
    object_class: str
    lineage: str
    position: int
    at: str
    models: tuple[str, ...]
    state: str
    gone_at: str
    certificate: str

    @property
    def place(self) -> Place:
        """Where what it opens lies."""
        return Place.parse(f"{self.object_class}/{self.key}")


@dataclass(frozen=True, slots=True)
class SealedUnder:
    """What a deposit is sealed under: the key's place and the lineage that it is for."""

    seal: Seal
    lineage: str


def keys_of(index: Connection) -> tuple[KeyFact, ...]:
    """Return every key that came into use, in order."""
    rows = index.execute(select(keys_table).order_by(keys_table.c.position, keys_table.c.key))
    return tuple(
        KeyFact(
            row.key,
            row.object_class,
            row.lineage,
            row.position,
            row.at,
            models_under(index, f"{row.object_class}/{row.key}"),
            row.state,
            row.gone_at,
            row.certificate,
        )
        for row in rows
    )


def key_of(index: Connection, place: Place) -> KeyFact | None:
    """Return the key of a place, None when none came into use there."""
    return next((one for one in keys_of(index) if one.key == place.key_id), None)


def models_under(index: Connection, place: str) -> tuple[str, ...]:
    """Return the models whose objects and packs lie in a place, by name."""
    table = deposits_table
    wanted = select(table.c.model).where(table.c.place == place).order_by(table.c.model)
    return tuple(index.execute(wanted).scalars())


def enter_key(act: Act, under: SealedUnder | None) -> None:
    """Enter that a key came into use, unless that was entered; nothing where there is no key.

    Raises:
        KeyGone: it was destroyed, or is being destroyed.
    """
    if under is None:
        return
    place = under.seal.place
    known = key_of(act.index, place)
    if known is not None and known.gone_at:
        raise KeyGone(
            f"the key {place.key_id} is destroyed or being destroyed, so nothing is sealed under "
            "it; deposit without --parent, under a key of its own",
            about=place.key_id,
        )
    if known is None:
        kind: Kind = "sealed" if place.object_class is ObjectClass.SEALED else "erasable"
        act.enter(KeyMade(place.key_id, kind, under.lineage))
