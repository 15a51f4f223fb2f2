"""Repair: a damaged or missing file of one copy is made anew from another, or from its parity.

What a file must be is said by the signed record: a good file is one with the right digest, however
many copies disagree. Bad bytes are never deleted: they are put aside under `quarantine/` first.
A file that is whole is never written. A file that the disk does not give back counts as damaged.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO

from emeritus.custody.copies.entries import Copied, Lost, Repaired
from emeritus.custody.copies.holdings import (
    Holdings,
    entries_of,
    file_sha256,
    holdings_of,
    is_whole,
    packs_of,
)
from emeritus.custody.errors import TooMuchDamage
from emeritus.custody.facts import kept_of
from emeritus.custody.places import models_to_verify, store_of
from emeritus.custody.ports import Copy
from emeritus.custody.tables import PRIMARY
from emeritus.foundation import IntegrityError, NotFound, Progress, Unavailable, sha256_hex
from emeritus.ledger import LogDamaged, damaged_files, mended
from emeritus.record import Record
from emeritus.vault import NotInStore, PackIndex, Store
from emeritus.vault.errors import Damaged, StoreUnavailable
from emeritus.vault.layout import STORE_FILE
from emeritus.vault.parity import SECTOR
from emeritus.vault.parity import mended as mended_pack

QUARANTINE = "quarantine/"
"""Where bad bytes lie, followed by the file's name and the SHA-256 of what was found."""

KEY = "key"
"""The source of what the home's own key tells: what the store is, and whose."""

PARITY = "parity"
"""The source of what a pack's own parity brought back."""

MOST_FILES = 5
"""More damaged files than this are not repaired unasked (the default of Ceph's
`osd_scrub_auto_repair_num_errors`): so much damage has a cause that should be found first."""

MOST_SHARE = 0.01
"""Nor a larger share of a store's files, as long as it is more than one."""

_CHUNK = 1 << 20


@dataclass(slots=True)
class Repairs:
    """What a repair of one store did.

    Attributes:
        store: its name.
        examined: how many files were read.
        repaired: what was made anew, as it was entered.
        lost: what is whole in no store that could be read, as it was entered.
        models: models whose copies in it count again, since every file of them was read back.
    """

    store: str
    examined: int = 0
    repaired: list[Repaired] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    models: list[str] = field(default_factory=list)


def repair(
    record: Record,
    target: Copy,
    others: Sequence[Copy],
    *,
    actor: str,
    progress: Progress,
    many: bool = False,
    already: Sequence[Repaired] = (),
) -> Repairs:
    """Read every file of a store, and make anew what is damaged or missing.

    It can be interrupted and run again.

    Args:
        record: which says what every file must be.
        target: the store to repair.
        others: the stores to take whole files from, the best first.
        actor: in which role.
        progress: told of the bytes read.
        many: repair however much is damaged.
        already: what had to be made anew before the record could be opened; it is entered too.

    Raises:
        NoSuchStore: the record has no such store.
        TooMuchDamage: more is damaged than may be repaired unasked; nothing was changed.
        LogDamaged: the ledger is damaged in every copy.
        StoreUnavailable: the target failed.
    """
    result = Repairs(target.name)
    result.repaired += already
    result.repaired += _repair_log(record, target, others, progress)
    with record.read() as index:
        known = store_of(index, target.name)
    holdings = holdings_of(entries_of(record.log, record.types))
    wanted = holdings.files if known.packs == "all" else holdings.without_packs()
    bad = _damaged(target.store, wanted, progress)
    result.examined = len(wanted)
    _allow(len(bad), len(wanted), target.name, many=many)
    for name in bad:
        made = _make_anew(target, others, name, wanted[name])
        if made is not None:
            result.repaired.append(made)
            continue
        models = tuple(_models_with(record, holdings, target.store, name))
        asked = tuple(one.name for one in others)
        result.lost.append(Lost(target.name, name, models, asked))
    copied = []
    if known.packs == "all" and not result.lost:
        copied = _whole_again(record, target, holdings)
        result.models = [one.model for one in copied]
    if result.repaired or result.lost or copied:
        with record.act(actor) as act:
            for body in (*result.repaired, *result.lost, *copied):
                act.enter(body)
    return result


def _damaged(store: Store, wanted: dict[str, str], progress: Progress) -> list[str]:
    sizes = {name: store.size(name) or 0 for name in wanted}
    progress.begin("reading back", sum(sizes.values()), "bytes")
    bad = []
    for name, digest in wanted.items():
        if not _reads_whole(store, name, digest):
            bad.append(name)
        progress.advance(sizes[name])
    progress.end()
    return bad


def _reads_whole(store: Store, name: str, digest: str) -> bool:
    """Say whether a file is whole; one that cannot be read is not, as long as others can."""
    try:
        return is_whole(store, name, digest)
    except StoreUnavailable:
        store.read(STORE_FILE)  # It raises where the disk or the network is away, and no sector.
        return False


def _allow(bad: int, of: int, store: str, *, many: bool) -> None:
    """Stop where so much is damaged that somebody should look first."""
    most = min(MOST_FILES, max(1, int(of * MOST_SHARE)))
    if bad > most and not many:
        raise TooMuchDamage(
            f"{bad} of the {of} files in {store} are damaged or missing, and only {most} are "
            "repaired unasked; look for the cause first (the disk, the cable, the mount), then "
            "say --many",
            about=store,
        )


def _repair_log(
    record: Record, target: Copy, others: Sequence[Copy], progress: Progress
) -> list[Repaired]:
    """Mend the ledger's files; a file that is damaged in every copy is an error that names it."""
    verifier = record.log.verifier
    copies = {one.name: one.store for one in others}
    note = record.signed_again() if target.name == PRIMARY else None
    done: dict[str, Repaired] = {}
    while damaged := damaged_files(target.store, verifier, progress):
        name = damaged[0]
        found = None if name in done else mended(target.store, verifier, name, copies, note)
        if found is None:
            raise LogDamaged(
                f"{name} is damaged in {target.name}, and no other store has it whole "
                f"(asked: {', '.join(copies) or 'none'}); bring another copy of the ledger with "
                "'emeritus stores add' and repair again",
                about=name,
            )
        digest = sha256_hex(found.data)
        aside = replace_file(target.store, name, digest, [found.data])
        done[name] = Repaired(target.name, name, found.source, aside)
    return list(done.values())


def _make_anew(target: Copy, others: Sequence[Copy], name: str, digest: str) -> Repaired | None:
    """Take a file from the first store that has it whole; None when none has."""
    for other in others:
        if _has_whole(other, name, digest):
            with other.store.open(name) as source:
                aside = replace_file(target.store, name, digest, _chunks(source))
            return Repaired(target.name, name, other.name, aside)
    if name.endswith(".pack"):
        with suppress(Damaged, NotInStore):  # No parity, or too little: it is lost.
            aside = replace_file(target.store, name, digest, _by_parity(target.store, name))
            return Repaired(target.name, name, PARITY, aside)
    return None


def _by_parity(store: Store, pack: str) -> Iterator[bytes]:
    """Yield a pack as its parity brings it back; too much that cannot be read is damage."""
    try:
        yield from mended_pack(store, pack)
    except StoreUnavailable as problem:
        raise Damaged(f"{pack}: more cannot be read than its parity brings back") from problem


def _has_whole(other: Copy, name: str, digest: str) -> bool:
    try:
        return is_whole(other.store, name, digest)
    except Unavailable:
        return False  # The next one may have it; that none has is said loudly.


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(_CHUNK):
        yield chunk


def replace_file(store: Store, name: str, digest: str, source: Iterable[bytes]) -> str:
    """Put other bytes in a damaged file's place, and the bad bytes aside.

    Args:
        store: where the damaged or missing file is.
        name: its name.
        digest: the SHA-256 (hex) that it must have.
        source: its bytes in order; nothing is changed when they have another digest.

    Returns:
        Where the bad bytes lie now; empty when there were none.

    Raises:
        Damaged: the bytes have another digest, or the store does not keep what it is given.
        StoreUnavailable: the store failed; repair again.
    """
    found = hashlib.sha256()
    with store.upload() as upload:
        for chunk in source:
            found.update(chunk)
            upload.write(chunk)
        if found.hexdigest() != digest:
            raise Damaged(f"{name} has another SHA-256 there than it must have", about=name)
        aside = put_aside(store, name)
        upload.supersede(name)
    if file_sha256(store, name) != digest:
        raise Damaged(
            f"{name}: the store gives back other bytes than it was given; do not rely on it",
            about=name,
        )
    return aside


def put_aside(store: Store, name: str) -> str:
    """Copy what is there under `quarantine/`, durably, with zeros for what cannot be read.

    Returns:
        Where it lies now; empty when there was nothing.

    Raises:
        StoreUnavailable: it could not be written.
    """
    size = store.size(name)
    if size is None:
        return ""
    bad = hashlib.sha256()
    with store.upload() as upload:
        for chunk in _what_can_be_read(store, name, size):
            bad.update(chunk)
            upload.write(chunk)
        aside = f"{QUARANTINE}{name}.{bad.hexdigest()[:16]}"
        upload.commit(aside)
    return aside


def _what_can_be_read(store: Store, name: str, size: int) -> Iterator[bytes]:
    for start in range(0, size, _CHUNK):
        length = min(_CHUNK, size - start)
        try:
            yield store.read_range(name, start, length)
        except StoreUnavailable:
            for sector in range(start, start + length, SECTOR):
                some = min(SECTOR, start + length - sector)
                try:
                    yield store.read_range(name, sector, some)
                except StoreUnavailable:
                    yield bytes(some)


def _models_with(record: Record, holdings: Holdings, store: Store, name: str) -> Iterable[str]:
    """Yield the models that need a file."""
    places = None
    with suppress(StoreUnavailable):
        places = PackIndex.load(store)
    for model in holdings.models:
        try:
            if places is None or name in _needed(record, holdings, places, store, model):
                yield model
        except (NotFound, IntegrityError, StoreUnavailable):
            yield model  # Which packs it needs cannot be told, so it may need this one.


def _needed(
    record: Record, holdings: Holdings, places: PackIndex, store: Store, model: str
) -> set[str]:
    """Return the files of a store that a model needs."""
    with record.read() as index:
        kept = kept_of(index, model)
    return set(holdings.models[model]) | packs_of(holdings, kept, places, store)


def _whole_again(record: Record, target: Copy, holdings: Holdings) -> list[Copied]:
    """Return the copies that did not count, now that every file in the store is whole."""
    with record.read() as index:
        found = models_to_verify(index, target.name)
    waiting = [model for model in found if model in holdings.models]
    places = PackIndex.load(target.store)
    copied = []
    for model in waiting:
        needed = _needed(record, holdings, places, target.store, model)
        size = sum(target.store.size(one) or 0 for one in needed)
        copied.append(Copied(model, target.name, len(needed), size))
    return copied
