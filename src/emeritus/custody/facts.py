"""What the record says of how a model is kept."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from emeritus.catalogue import find_model
from emeritus.custody.elsewhere import Elsewhere, elsewhere_of
from emeritus.custody.errors import KeyGone, NotDeposited, NotHere
from emeritus.custody.family import is_base
from emeritus.custody.places import places_of
from emeritus.custody.policy import DESTROYED, HELD_ELSEWHERE, POLICIES, Policy, custody_word
from emeritus.custody.tables import (
    IN_PLACE,
    copies_table,
    deposits_table,
    drills_table,
    fingerprints_table,
    keys_table,
    kits_table,
    packs_table,
    policies_table,
)
from emeritus.foundation import Digest, Refused, parse_timestamp
from emeritus.record import Record
from emeritus.vault import (
    PUBLIC,
    Package,
    Place,
    Seal,
    Store,
    get_object,
    object_name,
    pack_name,
)


@dataclass(frozen=True, slots=True)
class CopyFact:
    """One copy: in which store; `verified`, `damaged` or `unverified`; when that was entered.

    `place` is a word for where the store is; copies in one place are lost together.
    """

    store: str
    state: str
    checked_at: str | None
    place: str
    position: int = 0
    """Of the entry that says so."""


@dataclass(frozen=True, slots=True)
class DrillFact:
    """A drill as it was entered; see `custody.entries.Drilled` for the words."""

    position: int
    at: str
    outcome: str
    comparison: str
    fingerprint: str
    engine: str
    probes: int
    tokens: int
    problem: str
    statement: str
    plain_run: str
    plain_run_said: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A deposited package: its manifest, its signature, its size and what it takes, in bytes.

    `base` is the model from which `differences` of its pieces differ; empty for none.
    `in_place` is a word for where its files lie, empty when they were packed at once; `packed` says
    whether they are in packs now. `format` is that of the weights.
    `place` is where its objects and packs lie in a store.
    `gone_at` is when the key was destroyed that opens them, or began to be; empty else.
    """

    manifest: Digest
    signature: Digest
    raw_bytes: int
    stored_bytes: int
    base: str = ""
    differences: int = 0
    in_place: str = ""
    packed: bool = True
    format: str = ""
    place: Place = PUBLIC
    gone_at: str = ""


@dataclass(frozen=True, slots=True)
class Custody:
    """Everything that the index knows of one model's keeping; sizes in bytes.

    Of a model that is held elsewhere nothing is here: `package` is None, `elsewhere` is not.
    `position` and `since` are of the entry by which it came into the record.
    """

    word: str
    policy: Policy
    copies: tuple[CopyFact, ...]
    last_drill: DrillFact | None
    since: str
    position: int
    package: Kept | None
    elsewhere: Elsewhere | None = None

    def kept(self) -> Kept:
        """Return what is kept.

        Raises:
            NotHere: nothing is; the model is held elsewhere.
        """
        if self.package is not None:
            return self.package
        there = self.elsewhere
        name, holder = (there.model, there.holder) if there else ("this model", "somebody")
        raise NotHere(
            f"{name} is held elsewhere, by {holder}, and no copy of it is here; ask its holder for "
            "the files, and take them into care with 'emeritus deposit' under another name",
            about=name,
        )

    @property
    def copies_verified(self) -> int:
        """How many copies are verified."""
        return sum(copy.state == "verified" for copy in self.copies)

    @property
    def places(self) -> int:
        """In how many different places verified copies are."""
        return len({copy.place for copy in self.copies if copy.state == "verified"})


def policy_of(index: Connection) -> Policy:
    """Return the policy in force; the standard one when none was entered."""
    row = index.execute(select(policies_table)).one_or_none()
    if row is None:
        return POLICIES["standard"]
    return Policy(row.name, copies=row.copies, drill_days=row.drill_days, places=row.places)


def custody_of(index: Connection, model: str, now: dt.datetime) -> Custody:
    """Return how a model is kept.

    Args:
        index: the index.
        model: a name in the catalogue.
        now: the instant against which the age of the last drill is measured.

    Raises:
        NotDeposited: nothing was deposited under that name.
    """
    found = index.execute(select(deposits_table).where(deposits_table.c.model == model))
    row = found.one_or_none()
    if row is None and (there := elsewhere_of(index, model)) is not None:
        policy = policy_of(index)
        return Custody(HELD_ELSEWHERE, policy, (), None, there.at, there.position, None, there)
    if row is None:
        raise NotDeposited(f"{model} is in the catalogue, but was not deposited here", about=model)
    policy = policy_of(index)
    policy = policy.of_base() if is_base(index, model) else policy
    copies = _copies(index, model)
    drill = last_drill(index, model)
    word = custody_word(
        policy,
        copies_verified=sum(copy.state == "verified" for copy in copies),
        copies_damaged=sum(copy.state == "damaged" for copy in copies),
        places=len({copy.place for copy in copies if copy.state == "verified"}),
        drill=None if drill is None else _outcome(drill, policy, now),
    )
    kept = _kept(index, row)
    return Custody(
        DESTROYED if kept.gone_at else word,
        policy,
        copies,
        drill,
        row.at,
        row.position,
        kept,
    )


def kept_of(index: Connection, model: str) -> Kept:
    """Return the package of a deposited model.

    Raises:
        NotDeposited: nothing was deposited under that name.
    """
    found = index.execute(select(deposits_table).where(deposits_table.c.model == model))
    row = found.one_or_none()
    if row is None:
        raise NotDeposited(f"{model} is in the catalogue, but was not deposited here", about=model)
    return _kept(index, row)


def kept_package(record: Record, name: str) -> Kept:
    """Return the package of a model, by its name or an alias.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
    """
    with record.read() as index:
        return custody_of(index, find_model(index, name).name, record.now()).kept()


def _kept(index: Connection, row: Any) -> Kept:
    place = Place.parse(row.place)
    gone = select(keys_table.c.gone_at).where(keys_table.c.key == place.key_id)
    return Kept(
        Digest.parse(row.manifest),
        Digest.parse(row.signature),
        row.raw_bytes,
        row.stored_bytes,
        row.base,
        row.differences,
        row.in_place,
        row.packed,
        row.format,
        place,
        index.execute(gone).scalar_one_or_none() or "",
    )


def opening(record: Record, name: str, kept: Kept) -> Seal | None:
    """Return what opens a model's objects and packs; None when they are public.

    Raises:
        KeyGone: its key was destroyed.
        KeyMissing: its key is not in this home.
    """
    if kept.gone_at:
        raise KeyGone(
            f"{name} cannot be opened: the key {kept.place.key_id} was destroyed on "
            f"{kept.gone_at[:10]}; 'emeritus sealing list' names the certificate that says what "
            "was done",
            about=str(name),
        )
    return record.seal(kept.place)


def require_public(record: Record, name: str) -> None:
    """Refuse what would write files of a sealed model, or their names, for others to read.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        Refused: it is sealed.
    """
    if kept_package(record, name).place.is_closed:
        raise Refused(
            f"{name} is sealed, so nobody is given its files; 'emeritus export' carries them as "
            "the encrypted files that they are",
            about=name,
        )


def last_drill(index: Connection, model: str) -> DrillFact | None:
    """Return the newest drill, None when there was none."""
    columns = [drills_table.c[name] for name in DrillFact.__dataclass_fields__]
    newest = (
        select(*columns)
        .where(drills_table.c.model == model)
        .order_by(drills_table.c.position.desc())
        .limit(1)
    )
    row = index.execute(newest).one_or_none()
    return None if row is None else DrillFact(*row)


def recorded_fingerprint(index: Connection, model: str) -> Digest | None:
    """Return the fingerprint that the first drill recorded, None before it."""
    table = fingerprints_table
    first = select(table.c.fingerprint).where(table.c.model == model).order_by(table.c.position)
    found = index.execute(first.limit(1)).scalar_one_or_none()
    return None if found is None else Digest.parse(found)


def run_kit(index: Connection, model: str) -> Digest | None:
    """Return the newest run-kit object, None when none was written down."""
    table = kits_table
    newest = select(table.c.kit).where(table.c.model == model).order_by(table.c.position.desc())
    found = index.execute(newest.limit(1)).scalar_one_or_none()
    return None if found is None else Digest.parse(found)


def digests_of_packs(index: Connection) -> dict[str, Digest]:
    """Return the blake3 of the packs of which it was entered, by their names in a store."""
    table = packs_table
    wanted = select(table.c.digest, table.c.blake3, table.c.place).where(table.c.blake3 != "")
    return {
        pack_name(Digest.parse(row.digest), Place.parse(row.place).prefix): Digest.parse(row.blake3)
        for row in index.execute(wanted)
    }


def deposits_of(
    index: Connection, *, limit: int, place: Place = PUBLIC
) -> tuple[tuple[str, Digest], ...]:
    """Return the newest deposits in a place, each with its model's name and its manifest."""
    wanted = select(deposits_table.c.model, deposits_table.c.manifest)
    wanted = wanted.where(deposits_table.c.place == str(place))
    newest = wanted.order_by(deposits_table.c.position.desc()).limit(limit)
    return tuple((row.model, Digest.parse(row.manifest)) for row in index.execute(newest))


def package_of(store: Store, manifest: Digest, seal: Seal | None = None) -> Package:
    """Read a manifest from a store and check it; a closed one with the seal of its place.

    Raises:
        NotInStore: it is not there.
        Damaged: it is not what was deposited.
    """
    about = object_name(manifest, PUBLIC if seal is None else seal.place)
    return Package.from_bytes(get_object(store, manifest, seal), about=about)


def _copies(index: Connection, model: str) -> tuple[CopyFact, ...]:
    table = copies_table
    columns = (table.c.store, table.c.state, table.c.checked_at, table.c.position)
    wanted = select(*columns).where(table.c.model == model)
    found = select(deposits_table.c.in_place).where(deposits_table.c.model == model)
    places = places_of(index) | {IN_PLACE: index.execute(found).scalar_one()}
    rows = index.execute(wanted.order_by(table.c.store))
    return tuple(
        CopyFact(
            row.store, row.state, row.checked_at, places.get(row.store, row.store), row.position
        )
        for row in rows
    )


def _outcome(drill: DrillFact, policy: Policy, now: dt.datetime) -> str:
    age = now - parse_timestamp(drill.at)
    if drill.outcome == "good" and age > dt.timedelta(days=policy.drill_days):
        return "overdue"
    return drill.outcome
