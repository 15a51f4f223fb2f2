"""Export: a record, or one model's part of it, as one file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emeritus.custody.bundles.contents import Loaded, choose, load, wheels_named
from emeritus.custody.ports import Copy
from emeritus.custody.tables import PRIMARY
from emeritus.foundation import Progress
from emeritus.record import Record
from emeritus.vault.bundle import Listing, bundle_bytes, write_bundle


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the list, and the bytes of the whole file."""

    listing: Listing
    bytes: int


def wheels_for(record: Record, name: str) -> frozenset[str]:
    """Return the SHA-256 (hex) of the wheels that the run-kits of an export name.

    Raises:
        as for `load_bundle`.
    """
    return frozenset(wheels_named(record.store, choose(record, name, record.checkpoint())))


def load_bundle(
    record: Record,
    name: str,
    *,
    copies: Sequence[Copy] = (),
    wheels: Mapping[str, Path] | None = None,
) -> Loaded:
    """Choose what to carry, and write the list of it.

    Args:
        record: whose.
        name: of a model; empty for the whole record.
        copies: the stores to read from, the first one first; the primary when empty.
        wheels: SHA-256 (hex) of engines' wheels to carry, and where they lie.

    Raises:
        NoSuchModel: no model of that name.
        KeptInPlace: its files are in no pack.
        Incomplete: something is in no store.
        IntegrityError: the ledger is damaged.
    """
    with record.read():
        head = record.log.head()
    chosen = choose(record, name, head[1])
    sources = copies or (Copy(PRIMARY, record.store),)
    return load(record, chosen, head, copies=sources, wheels=wheels or {})


def export(loaded: Loaded, target: Path, *, over: bool, progress: Progress) -> Exported:
    """Write a bundle to a file, which appears whole and durable or not at all.

    Raises:
        Conflict: there is something of that name, and `over` is False.
        DestinationUnusable: the disk is full, or may not be written.
        Damaged: a file of the record is damaged where it is read.
    """
    listing = loaded.listing
    size = write_bundle(listing, loaded.contents, target, over=over, progress=progress)
    return Exported(listing, size)


def stream(loaded: Loaded, progress: Progress) -> Iterator[bytes]:
    """Yield a bundle from its first byte to its last.

    Raises:
        Damaged: a file of the record is damaged where it is read; what came before is no bundle.
    """
    return bundle_bytes(loaded.listing, loaded.contents, progress)
