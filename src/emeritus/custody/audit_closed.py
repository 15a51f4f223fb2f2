"""The audit of a sealed model: every stored byte without any key, and more where the key is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from emeritus.custody.copies.holdings import is_whole
from emeritus.custody.errors import KeyGone
from emeritus.custody.facts import Kept, opening, package_of
from emeritus.custody.ports import Copy
from emeritus.custody.sample import draw, seed_of
from emeritus.custody.sealing.facts import key_of
from emeritus.custody.signature import check_signature
from emeritus.custody.sources import index_of
from emeritus.custody.tables import packs_table
from emeritus.foundation import Digest, IntegrityError, Misconfigured, NotFound, Progress
from emeritus.record import Record
from emeritus.vault import (
    Finding,
    KeyMissing,
    Package,
    PackIndex,
    Place,
    Seal,
    Store,
    check_stored,
    object_name,
    pack_name,
)


@dataclass(slots=True)
class Reading:
    """What an audit read so far."""

    findings: list[Finding]
    packs: int = 0
    pieces: int = 0
    bytes: int = 0
    sampled: int = 0
    seed: str = ""


def audit_closed(
    record: Record,
    model: str,
    copy: Copy,
    kept: Kept,
    beside: Iterable[Digest | None],
    reading: Reading,
    *,
    sample: int,
    progress: Progress,
) -> None:
    """Read a sealed model's objects and every pack under its key, and compare stored bytes.

    Which packs hold its pieces can be told with the key alone, so all of its lineage are read.
    Where the key is, the manifest and its signature are checked too, and pieces are counted.

    Args:
        record: where it is kept.
        model: its name.
        copy: the store to look at.
        kept: the model's package.
        beside: its run-kit and its recorded fingerprint.
        reading: what was found is added to it.
        sample: how many pieces to draw; 0, or no fewer than there are, reads everything.
        progress: told of what is read.

    Raises:
        KeyMissing: a sample was asked for, and the key is not in this home.
        KeyGone: the key was destroyed, and what it opened was given up.
        StoreUnavailable: the store could not be read.
    """
    store = copy.store
    with record.read() as index:
        known = key_of(index, kept.place)
        packs = _packs(index, kept.place)
    if known is not None and known.state == "dropped":
        raise KeyGone(
            f"the key of {model} was destroyed, and what it opened was given up; there is nothing "
            "to audit",
            about=str(model),
        )
    for digest in filter(None, (kept.manifest, kept.signature, *beside)):
        name = object_name(digest, kept.place)
        if not is_whole(store, name, digest.hex):
            reading.findings.append(
                Finding(name, "it is missing, or does not have the SHA-256 in its name")
            )
    seal = _seal(record, model, kept, needed=sample > 0)
    package = None if seal is None or reading.findings else _opened(store, kept, seal, reading)
    pieces = [] if package is None else _pieces(package)
    reading.pieces = len(pieces)
    if seal is not None and 0 < sample < len(pieces):
        reading.seed = seed_of(record.checkpoint(), copy.name, str(model))
        reading.sampled = sample
        drawn = draw(pieces, sample, reading.seed)
        reading.findings.extend(check_drawn(index_of(store, seal), drawn, reading, progress))
        return
    for name, fast in packs:
        reading.packs += 1
        reading.bytes += store.size(name) or 0
        reading.findings.extend(_check_pack(store, name, fast, progress))


def _seal(record: Record, model: str, kept: Kept, *, needed: bool) -> Seal | None:
    try:
        return opening(record, model, kept)
    except (KeyMissing, KeyGone, Misconfigured):  # The last: a keyring that cannot be opened.
        if needed:
            raise
        return None


def _opened(store: Store, kept: Kept, seal: Seal, reading: Reading) -> Package | None:
    try:
        package = package_of(store, kept.manifest, seal)
    except (IntegrityError, NotFound) as problem:
        reading.findings.append(Finding(object_name(kept.manifest, kept.place), problem.message))
        return None
    reading.findings.extend(check_signature(store, package, kept.signature, seal))
    return package


def _pieces(package: Package) -> list[str]:
    return sorted({piece.blake3 for file in package.files for piece in file.pieces})


def _packs(index: Connection, place: Place) -> list[tuple[str, Digest | None]]:
    """Return the packs of a place, each with the blake3 that was entered of it."""
    table = packs_table
    rows = index.execute(
        select(table.c.digest, table.c.blake3)
        .where(table.c.place == str(place))
        .order_by(table.c.digest)
    )
    return [
        (
            pack_name(Digest.parse(row.digest), place.prefix),
            Digest.parse(row.blake3) if row.blake3 else None,
        )
        for row in rows
    ]


def _check_pack(
    store: Store, name: str, fast: Digest | None, progress: Progress
) -> Iterator[Finding]:
    if fast is not None:
        yield from check_stored(store, name, fast, progress)
    elif not is_whole(store, name, name.rpartition("/")[2].removesuffix(".pack")):
        yield Finding(name, "it is missing, or does not have the SHA-256 in its name")


def check_drawn(
    index: PackIndex, drawn: Sequence[str], reading: Reading, progress: Progress
) -> Iterator[Finding]:
    """Read and decode the drawn pieces, wherever the index finds them."""
    yield from index.findings
    packs = set()
    progress.begin("reading a sample", len(drawn), "pieces")
    for piece in (Digest("blake3", one) for one in drawn):
        place = index.get(piece)
        try:
            index.decoded(piece)
        except (IntegrityError, NotFound) as problem:
            yield Finding(place.name if place else "packs/", problem.message)
        if place is not None:
            packs.add(place.name)
            reading.bytes += place.length
        progress.advance(1)
    reading.packs = len(packs)
    progress.end()
