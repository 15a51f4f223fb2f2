"""Audit: read back a copy, all of it or a sample, compare, and enter the result."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from emeritus.catalogue import Model, find_model
from emeritus.custody.audit_closed import Reading, audit_closed, check_drawn
from emeritus.custody.entries import Audited
from emeritus.custody.facts import (
    Kept,
    custody_of,
    digests_of_packs,
    package_of,
    recorded_fingerprint,
    run_kit,
)
from emeritus.custody.places import StoreFact, store_of
from emeritus.custody.ports import Copy
from emeritus.custody.sample import draw, seed_of
from emeritus.custody.signature import check_signature
from emeritus.custody.tables import IN_PLACE, PRIMARY
from emeritus.foundation import Digest, IntegrityError, NotFound, Progress, UserError
from emeritus.record import Record
from emeritus.vault import (
    Finding,
    Originals,
    Package,
    PackIndex,
    Store,
    check_pack,
    check_stored,
    get_object,
    object_name,
)
from emeritus.vault.found import FoundPieces

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit of one copy found; sizes in bytes as stored.

    `sampled` counts the pieces that were drawn at random, 0 when every byte was read.
    """

    model: str
    store: str
    outcome: str
    packs: int
    pieces: int
    bytes: int
    findings: tuple[Finding, ...]
    position: int
    sampled: int = 0


def audit(
    record: Record,
    name: str,
    *,
    actor: str,
    progress: Progress,
    copy: Copy | None = None,
    sample: int = 0,
    found: Path | Originals | None = None,
) -> AuditResult:
    """Audit one copy of a model.

    Its manifest, signature, run-kit and recorded fingerprint are checked. Of a whole audit every
    pack that holds one of its pieces is read and compared with the blake3 that was entered of it;
    of one that was entered without, and of one that differs, every piece is decoded and compared.
    Of a sampled audit these are pieces that are drawn at random. Drills compare every file's
    SHA-256, so that no one algorithm decides alone. Of a sealed model see `audit_closed`.

    Args:
        record: where the model is kept and the result is entered.
        name: which model.
        actor: in which role.
        progress: told of what is read.
        copy: the store to look at; the primary one when None.
        sample: how many pieces to draw; 0, or no fewer than there are, reads everything.
        found: where the files lie; looks at them, and not at any store's packs. Of a whole audit
            every piece's blake3 is compared.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        KeyMissing: a sample of a sealed model was asked for, and its key is not in this home.
        HomeReadOnly: there is no signing key here; nothing was read.
        UserError: the store follows without packs, so that there is nothing to audit in it.
        StoreUnavailable: the store could not be read; nothing was entered.
        IntegrityError: the ledger itself is damaged, so that nothing can be entered.
    """
    record.require_writable()
    copy = copy or Copy(PRIMARY, record.store)
    with record.read() as index:
        model = find_model(index, name)
        _require_packs(store_of(index, copy.name))
        kept = custody_of(index, model.name, record.now()).kept()
        beside = (run_kit(index, model.name), recorded_fingerprint(index, model.name))
        digests = digests_of_packs(index)
    reading = Reading([])
    if kept.place.is_closed:
        audit_closed(
            record, model.name, copy, kept, beside, reading, sample=sample, progress=progress
        )
        return _enter(record, model, copy.name, reading, actor)
    reading.findings.extend(_check_beside(copy.store, beside))
    package = _checked_package(copy.store, kept, reading)
    where = IN_PLACE if found is not None else copy.name
    if package is not None:
        pieces = sorted({piece.blake3 for file in package.files for piece in file.pieces})
        reading.pieces = len(pieces)
        drawn: list[str] | None = None
        findings: Iterable[Finding]
        if 0 < sample < len(pieces):
            reading.seed = seed_of(record.checkpoint(), where, str(model.name))
            reading.sampled = sample
            drawn = draw(pieces, sample, reading.seed)
        if found is not None:
            findings = _check_found(FoundPieces(found, package), drawn, reading, progress)
        elif drawn is not None:
            findings = check_drawn(PackIndex.load(copy.store), drawn, reading, progress)
        else:
            differs = bool(kept.differences)
            findings = _check_packs(
                copy.store, package, reading, digests, progress, differs=differs
            )
        reading.findings.extend(findings)
    return _enter(record, model, where, reading, actor)


def _enter(record: Record, model: Model, store: str, reading: Reading, actor: str) -> AuditResult:
    outcome: Literal["good", "damaged"] = "damaged" if reading.findings else "good"
    body = Audited(
        model=str(model.name),
        store=store,
        outcome=outcome,
        packs=reading.packs,
        pieces=reading.pieces,
        bytes=reading.bytes,
        problems=tuple(str(finding)[:500] for finding in reading.findings[:_SHOWN]),
        problems_total=len(reading.findings),
        sampled=reading.sampled,
        seed=reading.seed,
    )
    with record.act(actor) as act:
        position = act.enter(body, (model.name, model.identity))
    return AuditResult(
        model.name,
        store,
        outcome,
        reading.packs,
        reading.pieces,
        reading.bytes,
        tuple(reading.findings),
        position,
        reading.sampled,
    )


def _checked_package(store: Store, kept: Kept, reading: Reading) -> Package | None:
    """Read manifest and signature; what is wrong with them goes into the findings."""
    try:
        package = package_of(store, kept.manifest)
    except (IntegrityError, NotFound) as problem:
        reading.findings.append(Finding(object_name(kept.manifest), problem.message))
        return None
    reading.findings.extend(check_signature(store, package, kept.signature))
    return package


def _check_beside(store: Store, objects: Iterable[Digest | None]) -> Iterator[Finding]:
    """Check the objects that a drill of this model needs beside its package."""
    for digest in filter(None, objects):
        try:
            get_object(store, digest)
        except (IntegrityError, NotFound) as problem:
            yield Finding(object_name(digest), problem.message)


def _packs_of_bases(index: PackIndex, package: Package) -> Iterator[str]:
    """Yield the packs with what this model's pieces differ from."""
    for piece in {piece.id for file in package.files for piece in file.pieces}:
        with suppress(IntegrityError, NotFound):  # What is wrong with it is found with its pack.
            base = index.base(piece)
            place = None if base is None else index.get(base)
            if place is not None:
                yield place.name


def _require_packs(store: StoreFact) -> None:
    if store.packs == "none":
        raise UserError(
            f"expected a store that holds weights, found {store.name}, which follows without "
            "packs; 'emeritus verify --no-weights' checks what it holds"
        )


def _check_found(
    found: FoundPieces, drawn: Sequence[str] | None, reading: Reading, progress: Progress
) -> Iterator[Finding]:
    """Read files where they lie: all of them, or the drawn pieces."""
    if drawn is None:
        reading.bytes = found.raw_bytes
        yield from found.check(progress)
        return
    progress.begin("reading a sample", len(drawn), "pieces")
    for piece in (Digest("blake3", one) for one in drawn):
        try:
            reading.bytes += len(found.decoded(piece))
        except (IntegrityError, NotFound) as problem:
            yield Finding(found.path_of(piece), problem.message)
        progress.advance(1)
    progress.end()


def _check_packs(
    store: Store,
    package: Package,
    reading: Reading,
    digests: Mapping[str, Digest],
    progress: Progress,
    *,
    differs: bool,
) -> list[Finding]:
    index = PackIndex.load(store)
    places = [index.get(piece.id) for file in package.files for piece in file.pieces]
    needed = {place.name for place in places if place is not None}
    needed |= set(_packs_of_bases(index, package)) if differs else set()
    findings = []
    for name in sorted(needed):
        reading.packs += 1
        reading.bytes += store.size(name) or 0
        fast = digests.get(name)
        if fast is None or check_stored(store, name, fast, progress):
            # This one names the pieces that are wrong.
            findings += check_pack(store, name, progress)
    if None in places:
        # A pack whose own index is damaged hides its pieces, so it is the file to name.
        for name in store.names("packs/"):
            findings += [] if name in needed else check_pack(store, name, progress)
        missing = Finding("packs/", "a piece of this model is in none of the packs: one is missing")
        return findings or [missing]
    return findings
