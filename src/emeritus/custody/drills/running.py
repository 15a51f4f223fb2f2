"""What a kept model needs to run: its package, its kit, and the file that an engine opens."""

from dataclasses import dataclass
from pathlib import Path

from emeritus.catalogue import Model, find_model
from emeritus.custody.drills.kit import RunKit, read_kit
from emeritus.custody.errors import NotRunnable
from emeritus.custody.facts import custody_of, opening, package_of, run_kit
from emeritus.custody.ports import Copy, Located
from emeritus.custody.sources import index_of
from emeritus.foundation import Digest, Progress
from emeritus.record import Record
from emeritus.runtime import Mode, RunSettings
from emeritus.vault import (
    PUBLIC,
    Originals,
    Place,
    get_object,
    object_name,
    restore,
)
from emeritus.vault.found import FoundPieces


@dataclass(frozen=True, slots=True)
class Runnable:
    """A model with its manifest and its run-kit.

    `found` is where its files lie unpacked, `place` where its manifest and packs lie in a store.
    """

    model: Model
    manifest: Digest
    kit: RunKit
    found: Path | Originals | None = None
    place: Place = PUBLIC

    @property
    def settings(self) -> RunSettings:
        """With what it runs."""
        given = self.kit.settings
        return RunSettings(given.context_tokens, given.threads, Mode(given.mode))

    def restore(
        self, record: Record, target: Path, progress: Progress, copy: Copy | None = None
    ) -> Path:
        """Write its files under `target`, every piece checked, and return the one to open.

        They come from the given copy alone, from the primary one when None.

        Raises:
            KeyMissing: it is sealed, and its key is not here.
            IntegrityError: the copy is damaged.
            NotFound: a part of it is not in the store.
        """
        store = record.store if copy is None else copy.store
        seal = record.seal(self.place)
        package = package_of(store, self.manifest, seal)
        unpacked = None if self.found is None else FoundPieces(self.found, package)
        restore(unpacked or index_of(store, seal), package, target, progress=progress)
        return target / self.kit.file


def runnable(record: Record, name: str, located: Located | None = None) -> Runnable:
    """Return what a model needs to run.

    Args:
        record: where it is kept.
        name: which model.
        located: knows where the files lie of a model that was not packed.

    Raises:
        NoSuchModel: no model of that name.
        NotHere: it is held elsewhere.
        NotRunnable: no engine here runs its format.
        KeyMissing: it is sealed, and its key is not in this home.
        KeyGone: it is sealed, and its key was destroyed.
    """
    with record.read() as index:
        model = find_model(index, name)
        kept = custody_of(index, model.name, record.now()).kept()
        kit = run_kit(index, model.name)
    seal = opening(record, str(model.name), kept)
    if kit is None:
        raise NotRunnable(
            f"no engine here runs the format of {model.name}, so it is kept but cannot be run; "
            "GGUF models run on the built-in engine",
            about=model.name,
        )
    found = read_kit(get_object(record.store, kit, seal), object_name(kit, kept.place))
    there = None if located is None or kept.packed else located.found(model.name)
    return Runnable(model, kept.manifest, found, there, kept.place)
