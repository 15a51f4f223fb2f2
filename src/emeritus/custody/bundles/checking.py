"""Checking a bundle: every byte against its list, and then the record in it as a store."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from emeritus.custody.bundles.contents import WHEELS
from emeritus.custody.copies.holdings import file_sha256, named_files
from emeritus.custody.drills.kit import read_kit
from emeritus.custody.entries import RunKitRecorded
from emeritus.custody.verify import WHOLE, Check, Extent, Verification, verify_store
from emeritus.foundation import Digest, IntegrityError, NotFound, Progress
from emeritus.ledger import Log, LogDamaged, NoteVerifier, log_files
from emeritus.record import EntryTypes, Placed
from emeritus.vault import Finding, NotInStore, Store, get_object, object_name
from emeritus.vault.bundle import CLOSING_FILE, LIST_FILE, Bundle, Listing
from emeritus.vault.errors import BundleBroken
from emeritus.vault.layout import LEDGER_KEY_FILE


@dataclass(frozen=True, slots=True)
class Inside:
    """The ledger in a bundle, once it was checked: the log, and every entry."""

    log: Log
    placed: Sequence[Placed[Any]]


def verify_bundle(
    bundle: Bundle,
    types: EntryTypes,
    *,
    vkey: str | None,
    progress: Progress,
    checks: Sequence[Check] = (),
) -> Verification:
    """Compare every byte with the list, and check the record in it; never stop at one problem.

    The record is checked only where every byte is the one that was written; else what its bytes
    mean would be told of damage that is named already.

    Args:
        bundle: an open one.
        types: every entry type that this version knows.
        vkey: the ledger's key from a source that the reader trusts; the bundle's own when None.
        progress: told of the bytes read.
        checks: what the floors above look for.

    Raises:
        NotInStore: it holds no store.
        UserError: the given key is not a key.
    """
    found = list(bundle.check(progress))
    if found:
        return Verification(origin=bundle.listing.origin, findings=found)
    extent = extent_of(bundle.listing)
    result = verify_store(bundle, types, vkey=vkey, progress=progress, checks=checks, extent=extent)
    if result.checkpoint is not None and not result.harmful:
        inside = read_record(bundle, types, result.vkey)
        result.findings.extend(strange(bundle, inside))
        result.findings.extend(_unsaid(bundle.listing, result))
    return result


def extent_of(listing: Listing) -> Extent:
    """Return how much of its record a bundle, or a store that was unpacked from one, holds."""
    wheels = {one.name for one in listing.members if one.name.startswith(WHEELS)}
    return Extent(
        left_out=frozenset(listing.left_out),
        models=frozenset(listing.models),
        beside=frozenset({LIST_FILE, CLOSING_FILE, *wheels}),
    )


def unpacked(store: Store) -> tuple[Extent, list[Finding]]:
    """Return how much a store holds that a bundle was unpacked into, and what is wrong beside it.

    A store without the list of a bundle holds everything.

    Raises:
        StoreUnavailable: it could not be read.
    """
    try:
        data = store.read(LIST_FILE)
    except NotInStore:
        return WHOLE, []
    try:
        listing = Listing.from_bytes(data)
    except BundleBroken as problem:
        return WHOLE, [Finding(LIST_FILE, problem.message.removeprefix(f"{LIST_FILE}: "))]
    extent = extent_of(listing)
    return extent, list(_beside(store, listing, extent))


def read_record(store: Store, types: EntryTypes, vkey: str | None) -> Inside:
    """Read every entry of the ledger in a store, checked against its checkpoint.

    Args:
        store: which.
        types: every entry type that may occur.
        vkey: the ledger's key; the store's own when None.

    Raises:
        UserError: the key is not a key.
        IntegrityError: the ledger is damaged, or not of that key.
        NotInStore: there is none.
    """
    key = vkey or store.read(LEDGER_KEY_FILE).decode(errors="replace")
    log = Log(store, NoteVerifier.parse(key.strip()))
    if log.checkpoint() is None:
        raise LogDamaged("expected log/checkpoint, found none", about="log/checkpoint")
    entries = enumerate(log.entries())
    return Inside(log, [types.place(position, data)[1] for position, data in entries])


def strange(bundle: Bundle, record: Inside) -> Iterator[Finding]:
    """Yield what in a bundle its record does not account for."""
    note, checkpoint = record.log.head()
    listing = bundle.listing
    said = (listing.origin, listing.size, listing.root)
    if said != (record.log.verifier.name, checkpoint.size, checkpoint.root.hex()):
        yield Finding(LIST_FILE, "it speaks of another checkpoint than the one that is carried")
    named = {name: digest for one in record.placed for name, digest in named_files(one)}
    ledger = {name for name, _ in log_files(record.log, note, checkpoint)}
    wheels = _wheels_of(bundle, record)
    for member in listing.members:
        name = member.name
        is_wheel = name.startswith(WHEELS) and name.endswith(".whl") and member.sha256 in wheels
        if name not in ledger and not is_wheel and named.get(name) != member.sha256:
            yield Finding(name, "the record does not speak of it, or of other bytes")


def _wheels_of(bundle: Bundle, record: Inside) -> set[str]:
    """Return the SHA-256 (hex) of the wheels that public run-kits in a bundle name."""
    found = set()
    for one in record.placed:
        if isinstance(one.body, RunKitRecorded) and not one.body.place:
            digest = Digest.parse(one.body.kit)
            # One that is missing or damaged names nothing here; others say that it is.
            with suppress(IntegrityError, NotFound):
                kit = read_kit(get_object(bundle, digest), object_name(digest))
                found.add(kit.engine.wheel or "")
    return found


def _unsaid(listing: Listing, result: Verification) -> Iterator[Finding]:
    for name in sorted(set(listing.left_out) - set(result.left_out))[:20]:
        yield Finding(LIST_FILE, f"it says that {name} is left out, and no entry speaks of it")


def _beside(store: Store, listing: Listing, extent: Extent) -> Iterator[Finding]:
    """Check the files that are no part of the record."""
    try:
        if store.read(CLOSING_FILE) != listing.closing():
            yield Finding(CLOSING_FILE, f"it does not fit {LIST_FILE}")
    except NotFound:
        yield Finding(CLOSING_FILE, "it is not there")
    digests = {member.name: member.sha256 for member in listing.members}
    for name in sorted(extent.beside & digests.keys()):
        try:
            if file_sha256(store, name) != digests[name]:
                yield Finding(name, f"it does not have the SHA-256 that {LIST_FILE} gives")
        except (IntegrityError, NotFound) as problem:
            yield Finding(name, problem.message)
