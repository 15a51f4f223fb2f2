"""Audit: read back every byte of a copy, compare it with its digests, and enter the result."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from emeritus.catalogue import find_model
from emeritus.custody.entries import PRIMARY, Audited
from emeritus.custody.facts import (
    Custody,
    custody_of,
    package_of,
    recorded_fingerprint,
    run_kit,
)
from emeritus.foundation import Clock, Digest, IntegrityError, NotFound, Progress
from emeritus.record import Record
from emeritus.vault import (
    Finding,
    Package,
    PackIndex,
    Store,
    check_pack,
    get_object,
    object_name,
    signed_files,
    verify_bundle,
)
from emeritus.vault.errors import KeyUnusable
from emeritus.vault.layout import OMS_KEY_FILE

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit of one copy found; sizes in bytes of stored packs."""

    model: str
    store: str
    outcome: str
    packs: int
    pieces: int
    bytes: int
    findings: tuple[Finding, ...]
    position: int


@dataclass(slots=True)
class _Reading:
    """What was read so far."""

    findings: list[Finding]
    packs: int = 0
    pieces: int = 0
    bytes: int = 0


def audit(
    record: Record, name: str, *, clock: Clock, actor: str, progress: Progress
) -> AuditResult:
    """Audit the copy of a model in the primary store, whole.

    Its manifest, signature, run-kit and recorded fingerprint are checked, every pack that holds
    one of its pieces is read and hashed, and every piece in it is decoded and compared with its
    blake3.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        IntegrityError: the ledger itself is damaged, so that nothing can be entered.
    """
    with record.read() as index:
        model = find_model(index, name)
        custody = custody_of(index, model.name, clock.now())
        custody.kept()
        beside = (run_kit(index, model.name), recorded_fingerprint(index, model.name))
    reading = _Reading([])
    reading.findings.extend(_check_beside(record.store, beside))
    package = _checked_package(record.store, custody, reading)
    if package is not None:
        reading.pieces = len({piece.blake3 for file in package.files for piece in file.pieces})
        reading.findings.extend(_check_packs(record.store, package, reading, progress))
    outcome: Literal["good", "damaged"] = "damaged" if reading.findings else "good"
    with record.act(actor) as act:
        body = Audited(
            model=str(model.name),
            store=PRIMARY,
            outcome=outcome,
            packs=reading.packs,
            pieces=reading.pieces,
            bytes=reading.bytes,
            problems=tuple(str(finding)[:500] for finding in reading.findings[:_SHOWN]),
            problems_total=len(reading.findings),
        )
        position = act.enter(body, (model.name, model.identity))
    return AuditResult(
        model.name,
        PRIMARY,
        outcome,
        reading.packs,
        reading.pieces,
        reading.bytes,
        tuple(reading.findings),
        position,
    )


def _checked_package(store: Store, custody: Custody, reading: _Reading) -> Package | None:
    """Read manifest and signature; what is wrong with them goes into the findings."""
    try:
        package = package_of(store, custody.kept().manifest)
    except (IntegrityError, NotFound) as problem:
        reading.findings.append(Finding(object_name(custody.kept().manifest), problem.message))
        return None
    reading.findings.extend(check_signature(store, package, custody.kept().signature))
    return package


def _check_beside(store: Store, objects: Iterable[Digest | None]) -> Iterator[Finding]:
    """Check the objects that a drill of this model needs beside its package."""
    for digest in filter(None, objects):
        try:
            get_object(store, digest)
        except (IntegrityError, NotFound) as problem:
            yield Finding(object_name(digest), problem.message)


def check_signature(store: Store, package: Package, signature: Digest) -> Iterator[Finding]:
    """Check that the OMS bundle is whole, is by the store's key, and covers these files."""
    try:
        signed = verify_bundle(get_object(store, signature), store.read(OMS_KEY_FILE))
    except KeyUnusable as problem:
        yield Finding(OMS_KEY_FILE, problem.message)
        return
    except (IntegrityError, NotFound) as problem:
        yield Finding(object_name(signature), problem.message)
        return
    if signed != signed_files(package.files):
        yield Finding(object_name(signature), "it signs other files than the manifest lists")


def _packs_of_bases(index: PackIndex, package: Package) -> Iterator[str]:
    """Yield the packs with what this model's pieces differ from."""
    for piece in {piece.id for file in package.files for piece in file.pieces}:
        with suppress(IntegrityError, NotFound):  # What is wrong with it is found with its pack.
            base = index.base(piece)
            place = None if base is None else index.get(base)
            if place is not None:
                yield place.name


def _check_packs(
    store: Store, package: Package, reading: _Reading, progress: Progress
) -> list[Finding]:
    index = PackIndex.load(store)
    places = [index.get(piece.id) for file in package.files for piece in file.pieces]
    needed = {place.name for place in places if place is not None}
    needed |= set(_packs_of_bases(index, package))
    findings = []
    for name in sorted(needed):
        reading.packs += 1
        reading.bytes += store.size(name) or 0
        findings += check_pack(store, name, progress)
    if None in places:
        # A pack whose own index is damaged hides its pieces, so it is the file to name.
        for name in store.names("packs/"):
            findings += [] if name in needed else check_pack(store, name, progress)
        missing = Finding("packs/", "a piece of this model is in none of the packs: one is missing")
        return findings or [missing]
    return findings
