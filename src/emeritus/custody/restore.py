"""Restore: the identical files come back, from the store alone."""

from collections.abc import Iterable
from pathlib import Path

from emeritus.catalogue import find_model
from emeritus.custody.facts import custody_of, package_of
from emeritus.foundation import Clock, Progress
from emeritus.record import Record
from emeritus.vault import PackIndex, restore


def restore_model(
    record: Record,
    name: str,
    destination: Path,
    *,
    paths: Iterable[str] | None,
    clock: Clock,
    progress: Progress,
) -> tuple[Path, ...]:
    """Write a model's files, all or some, under a folder that is new or empty.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        NotFound: a path is not in its package.
        Conflict: the destination holds something.
        Damaged: the store's bytes are not what was deposited; nothing appears.
    """
    with record.read() as index:
        model = find_model(index, name)
        custody = custody_of(index, model.name, clock.now())
    package = package_of(record.store, custody.kept().manifest)
    return restore(
        PackIndex.load(record.store), package, destination, paths=paths, progress=progress
    )
