"""Import: a bundle becomes a home that can be read, or fills in what a home lacks.

Before the first byte is written everything is compared that does not take reading the weights: how
the file is built, the list, the signed ledger, and that the ledger speaks of every file. Then each
file is hashed as it is copied, and read back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emeritus.custody.bundles.checking import read_record, strange
from emeritus.custody.copies.holdings import entries_of, file_sha256, holdings_of
from emeritus.custody.copies.replicate import copy_file
from emeritus.custody.errors import StoreNotOurs
from emeritus.foundation import Conflict, Progress
from emeritus.ledger import check_extends, copy_log
from emeritus.record import EntryTypes, Placed, Record
from emeritus.vault import Damaged, NotInStore, Store
from emeritus.vault.bundle import CLOSING_FILE, LIST_FILE, Bundle, Listing
from emeritus.vault.errors import BundleBroken
from emeritus.vault.layout import STORE_FILE


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import did.

    Attributes:
        listing: what the bundle says of itself.
        files: how many files were written, and `bytes` how long they are together.
        there: how many were there already.
        size: entries of the ledger that is there now.
    """

    listing: Listing
    files: int
    bytes: int
    there: int
    size: int


def unpack(
    bundle: Bundle, store: Store, types: EntryTypes, *, vkey: str | None, progress: Progress
) -> Brought:
    """Make a store of a bundle; `store.json`, which says that it is one, is written last.

    It can be interrupted and run again with the same bundle: what is there is read back and kept.

    Args:
        bundle: an open one.
        store: empty, or what an interrupted call with the same bundle left.
        types: every entry type that may occur.
        vkey: the ledger's key from a source that the reader trusts; the bundle's own when None.
        progress: told of the bytes.

    Raises:
        BundleBroken: it is not built as a bundle is, or holds what its record does not speak of.
        IntegrityError: its ledger is damaged, or not of that key.
        Damaged: a file does not have its SHA-256; the store is none yet.
        Conflict: the store holds something else.
        StoreUnavailable: a disk failed.
    """
    _require_sound(bundle, types, vkey)
    listing = bundle.listing
    _require_free(store, listing)
    store.create(LIST_FILE, listing.to_bytes())
    store.create(CLOSING_FILE, listing.closing())
    wanted = {member.name: member.sha256 for member in listing.members}
    wanted[STORE_FILE] = wanted.pop(STORE_FILE)
    copy = _Copying(bundle, store, progress)
    copy.all(wanted)
    return Brought(listing, copy.files, copy.bytes, copy.there, listing.size)


def fill_in(bundle: Bundle, record: Record, *, progress: Progress) -> Brought:
    """Add to a record's primary store what it lacks and the bundle has; nothing is replaced.

    The ledger grows, too, when the bundle's goes on from it.

    Args:
        bundle: of the same record.
        record: which may be one that can only be read.
        progress: told of the bytes.

    Raises:
        StoreNotOurs: the bundle is of another record.
        LogForked: neither ledger goes on from the other.
        BundleBroken: it is not built as a bundle is, or holds what its record does not speak of.
        IntegrityError: its ledger is damaged, or not signed by this record's key.
        Damaged: a file does not have its SHA-256; it was not added.
        SequencerBusy: somebody is acting.
    """
    ours = record.log.verifier
    if bundle.listing.origin != ours.name:
        raise StoreNotOurs(
            f"this home keeps the record {ours.name}, and {bundle.path.name} is of the record "
            f"{bundle.listing.origin}; records are not mixed: import it into a folder of its own "
            "with --home FOLDER",
            about=bundle.listing.origin,
        )
    _require_sound(bundle, record.types, ours.vkey)
    inside = read_record(bundle, record.types, ours.vkey)
    head = inside.log.head()
    with record.keeping(), record.sequence():
        if head[1].size <= record.checkpoint().size:
            check_extends(record.log, head[1])
            placed: Iterable[Placed[Any]] = entries_of(record.log, record.types)
        else:
            check_extends(inside.log, record.checkpoint())
            placed = inside.placed
        # What was given up since the bundle was written does not come back.
        named = holdings_of(placed).files
        copy = _Copying(bundle, record.store, progress)
        have = set(record.store.names())
        wanted = {one.name: named[one.name] for one in bundle.listing.members if one.name in named}
        copy.all({name: digest for name, digest in wanted.items() if name not in have})
        if head[1].size > record.checkpoint().size:
            copy_log(inside.log, record.store, head, progress)
    size = record.checkpoint().size
    there = len(wanted) - copy.files
    return Brought(bundle.listing, copy.files, copy.bytes, there, size)


def _require_sound(bundle: Bundle, types: EntryTypes, vkey: str | None) -> None:
    """See that a bundle is built as one, and holds nothing but its record."""
    for finding in bundle.check_frame():
        raise BundleBroken(f"{bundle.path.name} is damaged: {finding}", about=finding.file)
    try:
        record = read_record(bundle, types, vkey)
    except NotInStore as problem:
        raise BundleBroken(
            f"{bundle.path.name} holds no record: {problem.about} is missing", about=problem.about
        ) from problem
    for finding in strange(bundle, record):
        raise BundleBroken(f"{bundle.path.name}: {finding}", about=finding.file)
    if bundle.size(STORE_FILE) is None:
        raise BundleBroken(f"{bundle.path.name} holds no {STORE_FILE}", about=STORE_FILE)


def _require_free(store: Store, listing: Listing) -> None:
    """See that a store is empty, or was begun from the same bundle."""
    first = next(iter(store.names()), None)
    if first is None:
        return
    try:
        if store.read(LIST_FILE) == listing.to_bytes():
            return
    except NotInStore:
        pass
    raise Conflict(
        f"expected an empty folder, or one that an import of this same bundle began, found {first} "
        "of something else; name another folder with --home",
        about=first,
    )


class _Copying:
    """Files on their way into a store; each is hashed as it is read, and read back."""

    def __init__(self, source: Bundle, target: Store, progress: Progress) -> None:
        self._source = source
        self._target = target
        self._progress = progress
        self.files = self.bytes = self.there = 0

    def all(self, wanted: Mapping[str, str]) -> None:
        """Bring in files by name and SHA-256 (hex).

        Raises:
            Damaged: one is not what it must be.
        """
        sizes = {name: self._source.size(name) or 0 for name in wanted}
        self._progress.begin("bringing in", sum(sizes.values()), "bytes")
        for name, digest in wanted.items():
            self._one(name, digest, sizes[name])
            self._progress.advance(sizes[name])
        self._progress.end()

    def _one(self, name: str, digest: str, size: int) -> None:
        if self._target.size(name) is not None:
            if file_sha256(self._target, name) != digest:
                raise Damaged(
                    f"{name} is there already with other bytes; move it away, then import again",
                    about=name,
                )
            self.there += 1
            return
        problem = copy_file(self._source, self._target, name, digest)
        if problem:
            raise Damaged(
                f"{name} could not be brought in from {self._source.path.name}: {problem}; get "
                "another copy of the bundle, then import again",
                about=name,
            )
        self.files += 1
        self.bytes += size
