"""Deposit: take a model into care."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from emeritus.catalogue import find_model, register, require_free
from emeritus.custody.drills.kit import make_kit
from emeritus.custody.entries import (
    MOST_PACKS,
    Deposited,
    Packed,
    PackRef,
    RunKitRecorded,
)
from emeritus.custody.facts import deposits_of, kept_of, package_of
from emeritus.custody.family import root_of
from emeritus.custody.sealing.facts import SealedUnder, enter_key
from emeritus.custody.tables import packs_table
from emeritus.foundation import Digest, IntegrityError, ModelName, NotFound, Progress, UserError
from emeritus.record import Act, Record
from emeritus.runtime import Engine, RunSettings
from emeritus.vault import (
    PUBLIC,
    Gathered,
    Kept,
    KeyMissing,
    OmsSigner,
    Originals,
    Package,
    Place,
    Seal,
    gathering,
    keep,
    object_name,
    pack_name,
    signed_files,
)
from emeritus.vault.found import survey

_MOST_RELATIVES = 64
"""So many of the newest deposits may be a new model's base; see `vault.lineage` for the choice."""

_NAMED = 20
"""Names of what was left out that an entry holds; a name has at most 1,024 bytes."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a depositor gets: under which name and identity, at which place in the ledger.

    `new_bytes` is what the store grew by in packs; the rest of `stored_bytes` was there already.
    `differences` of its pieces are stored as such from those of the model `base`, empty for none.
    `in_place` is a word for where the files lie, when they were not packed; empty else.
    `place` is where its objects and packs lie, `sealed/<key id>`; empty when they are public.
    `skipped` was left out by rule; `outside` are links that lead out of the folder.
    """

    model: ModelName
    identity: Digest
    manifest: Digest
    position: int
    raw_bytes: int
    stored_bytes: int
    new_bytes: int
    files: int
    format: str
    skipped: tuple[str, ...]
    outside: tuple[str, ...]
    base: str
    differences: int
    in_place: str = ""
    place: str = ""


Beside = Callable[[Act, Receipt, Package], None]
"""Enters something beside a deposit, in the same act; an error of it leaves nothing entered."""


@dataclass(frozen=True, slots=True)
class _Deposit:
    """What is entered of a deposit beside what was kept; see `deposit`."""

    name: ModelName
    gathered: Gathered
    signer: OmsSigner
    engine: Engine
    in_place: str
    beside: Beside | None
    sealed: SealedUnder | None


def deposit(  # noqa: PLR0913 - one argument a choice of the depositor
    record: Record,
    source: Path | Originals | Gathered,
    name: ModelName,
    *,
    signer: OmsSigner,
    engine: Engine,
    actor: str,
    opaque: bool,
    progress: Progress,
    parent: str = "",
    in_place: str = "",
    beside: Beside | None = None,
    sealed: SealedUnder | None = None,
) -> Receipt:
    """Take the file or folder at `source` into care under `name`.

    The bytes are durable before the entry is made; an interrupted deposit leaves nothing visible,
    and what it had packed is used by the next one.

    Args:
        record: where it is entered.
        source: a file, a folder with everything in it, where else its files lie, or files that
            were gathered already.
        name: a name that no model here has yet.
        signer: signs the list of files (OMS).
        engine: the engine whose identity goes into the run-kit, if it runs the weights.
        actor: in which role.
        opaque: keep the bytes without looking for tensors.
        progress: told of the bytes read.
        parent: the model that this one was made from, as a hint; without it, and when it is wrong,
            the nearest of the newest deposits is found by comparing bytes.
        in_place: a word for where the files lie and stay; nothing is copied then.
        beside: enters where the files came from, once they are read.
        sealed: keep everything that describes the model closed under this key; what is shared
            with other models, and differences from them, stay within the key's lineage.

    Raises:
        KeyMissing: the parent is sealed, and this deposit is not, or under another key.
        NoSuchModel: there is no such parent.
        NotDeposited: the parent's files are not here.
        NameTaken: a model of that name is here.
        UserError: the source is not there, empty, in no known format, or broken.
        StoreUnavailable: the disk is full or failed; nothing was entered.
    """
    seal = sealed.seal if sealed else None
    if in_place and sealed:
        raise UserError(
            "files that stay where they lie are not encrypted, so they cannot be sealed; "
            "leave --in-place or --sealed out"
        )
    with record.read() as index:
        require_free(index, name)
        known = vouched_packs(index)
        relatives = relatives_of(record, index, parent, seal=seal)
    with gathering(source, opaque=opaque) as gathered:
        deposited = _Deposit(name, gathered, signer, engine, in_place, beside, sealed)
        if in_place:
            found = Kept(survey(gathered.sources, opaque=opaque, progress=progress), (), 0, 0)
            with record.act(actor) as act:
                return _enter(act, deposited, found)
        # What was packed is needed by nothing until it is entered, so nobody may clear it away.
        with record.keeping():
            kept = keep(
                record.store,
                gathered.sources,
                known_packs=known,
                opaque=opaque,
                progress=progress,
                relatives=tuple(relatives.values()),
                seal=seal,
            )
            base = next((one for one, package in relatives.items() if package is kept.base), "")
            with record.act(actor) as act:
                return _enter(act, deposited, kept, root_of(act.index, base) if base else "")


def relatives_of(
    record: Record, index: Connection, parent: str, *, seal: Seal | None = None
) -> dict[str, Package]:
    """Return packages that a new model may have been made from, by name, the hint first.

    They are all in the place of the seal, or public: bytes of one key never depend on another's.
    """
    place = PUBLIC if seal is None else seal.place
    found: dict[str, Package] = {}
    known = list(deposits_of(index, limit=_MOST_RELATIVES, place=place))
    if parent:
        known[:0] = _hinted(index, parent, place)
    for model, manifest in known:
        with suppress(IntegrityError, NotFound):  # A damaged one is nobody's base.
            found.setdefault(model, package_of(record.store, manifest, seal))
    return found


def _hinted(index: Connection, parent: str, place: Place) -> list[tuple[str, Digest]]:
    """Return the parent where it can be a base: nothing sealed may be built on by others."""
    kept = kept_of(index, str(find_model(index, parent).name))
    if kept.place == place:
        return [(parent, kept.manifest)]
    if kept.place.is_closed:
        raise KeyMissing(
            f"{parent} is sealed, and this deposit is not under its key; say --sealed, or leave "
            "--parent out",
            about=parent,
        )
    return []


def _enter(act: Act, deposited: _Deposit, kept: Kept, base: str = "") -> Receipt:
    name, gathered, sealed = deposited.name, deposited.gathered, deposited.sealed
    package = kept.package
    identity = Digest.parse(package.identity)
    seal = sealed.seal if sealed else None
    place = PUBLIC if seal is None else seal.place
    enter_key(act, sealed)
    enter_packs(act, kept, place)
    register(act, name, identity)
    manifest_bytes = package.to_bytes()
    signature_bytes = deposited.signer.sign(signed_files(package.files))
    manifest = act.keep(manifest_bytes, seal)
    signature = act.keep(signature_bytes, seal)
    stored = kept.piece_bytes + len(manifest_bytes) + len(signature_bytes)
    body = Deposited(
        model=str(name),
        identity=package.identity,
        manifest=str(manifest),
        signature=str(signature),
        packs=len(kept.packs),
        raw_bytes=package.raw_bytes,
        stored_bytes=stored,
        files=len(package.files),
        format=package.weights_format,
        # Of what is sealed no name of a file is told.
        skipped=() if seal else gathered.skipped[:_NAMED],
        base=base,
        differences=kept.differences,
        in_place=deposited.in_place,
        place=str(place),
    )
    position = act.enter(
        body,
        (name, identity),
        (object_name(manifest, place), manifest),
        (object_name(signature, place), signature),
    )
    _enter_kit(act, name, identity, gathered, kept, deposited.engine, seal=seal)
    receipt = _receipt(body, position, gathered, kept)
    if deposited.beside is not None:
        deposited.beside(act, receipt, package)
    return receipt


def _receipt(body: Deposited, position: int, gathered: Gathered, kept: Kept) -> Receipt:
    return Receipt(
        ModelName(body.model),
        Digest.parse(body.identity),
        Digest.parse(body.manifest),
        position,
        body.raw_bytes,
        body.stored_bytes,
        kept.new_bytes,
        body.files,
        body.format,
        gathered.skipped,
        gathered.outside,
        body.base,
        body.differences,
        body.in_place,
        body.place,
    )


def _enter_kit(
    act: Act,
    name: ModelName,
    identity: Digest,
    gathered: Gathered,
    kept: Kept,
    engine: Engine,
    *,
    seal: Seal | None,
) -> None:
    weights = {file.path for file in kept.package.files if file.format != "opaque"}
    runnable = [s.path for s in gathered.sources if s.path in weights and engine.runs(s.file)]
    if not runnable:
        return
    kit = make_kit(identity, runnable[0], engine.identity(), RunSettings())
    digest = act.keep(kit.to_bytes(), seal)
    place = PUBLIC if seal is None else seal.place
    body = RunKitRecorded(str(name), str(digest), str(place))
    act.enter(body, (name, identity), (object_name(digest, place), digest))


def vouched_packs(index: Connection) -> frozenset[str]:
    """Return the names of packs that are part of the record."""
    rows = index.execute(select(packs_table.c.digest, packs_table.c.place))
    return frozenset(
        pack_name(Digest.parse(row.digest), Place.parse(row.place).prefix) for row in rows
    )


def enter_packs(act: Act, kept: Kept, place: Place = PUBLIC) -> None:
    """Enter the packs that are not part of the record yet."""
    vouched = vouched_packs(act.index)
    news = [
        PackRef(str(pack.digest), pack.bytes, str(pack.fast_digest or ""))
        for pack in kept.packs
        if pack_name(pack.digest, place.prefix) not in vouched
    ]
    for start in range(0, len(news), MOST_PACKS):
        act.enter(Packed(tuple(news[start : start + MOST_PACKS]), str(place)))
