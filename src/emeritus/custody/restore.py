"""Restore: the identical files come back, from the stores alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emeritus.catalogue import find_model
from emeritus.custody.facts import custody_of, opening
from emeritus.custody.ports import Copy, Located
from emeritus.custody.sources import WholeCopies
from emeritus.custody.tables import IN_PLACE, PRIMARY
from emeritus.foundation import Progress
from emeritus.record import Record
from emeritus.vault import Package, restore
from emeritus.vault.found import FoundPieces


@dataclass(frozen=True, slots=True)
class Restored:
    """Files that were written, in path order.

    `rescued` counts what the first store did not have whole, by the store that had.
    """

    files: tuple[Path, ...]
    rescued: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """A kept model's package, and where its pieces lie; what `vault` reads parts of files from."""

    package: Package
    pieces: WholeCopies


def kept_files(
    record: Record,
    name: str,
    *,
    copies: Sequence[Copy] = (),
    located: Located | None = None,
) -> KeptFiles:
    """Return what is needed to read the files of a model, or parts of them.

    Args:
        record: which says what was deposited.
        name: which model.
        copies: the stores to take pieces from, the first one first; the primary when empty.
            A piece that one does not have whole comes from the next.
        located: knows where the files lie of a model that was not packed; they are asked first.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        KeyMissing: it is sealed, and its key is not in this home.
        KeyGone: it is sealed, and its key was destroyed.
        Damaged: no store has its manifest as it was deposited.
    """
    with record.read() as index:
        model = find_model(index, name)
        kept = custody_of(index, model.name, record.now()).kept()
    seal = opening(record, str(model.name), kept)
    source = WholeCopies(copies or (Copy(PRIMARY, record.store),), seal)
    package = source.package(kept.manifest)
    if located is not None and not kept.packed:
        source.ask_first(IN_PLACE, FoundPieces(located.found(model.name), package))
    return KeptFiles(package, source)


def restore_model(
    record: Record,
    name: str,
    destination: Path,
    *,
    paths: Iterable[str] | None,
    progress: Progress,
    copies: Sequence[Copy] = (),
    located: Located | None = None,
) -> Restored:
    """Write a model's files, all or some, under a folder that is new or empty.

    Args:
        record: which says what was deposited.
        name: which model.
        destination: the folder.
        paths: only these files; all when None.
        progress: told of the bytes written.
        copies: the stores to take pieces from, the first one first; the primary when empty.
            A piece that one does not have whole comes from the next.
        located: knows where the files lie of a model that was not packed; they are asked first.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        KeyMissing: it is sealed, and its key is not in this home; nothing appears.
        NotFound: a path is not in its package.
        Conflict: the destination holds something.
        Damaged: no store has a piece as it was deposited; nothing appears.
    """
    kept = kept_files(record, name, copies=copies, located=located)
    files = restore(kept.pieces, kept.package, destination, paths=paths, progress=progress)
    return Restored(files, dict(kept.pieces.rescued))
