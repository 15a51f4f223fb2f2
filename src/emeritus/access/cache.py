"""Restored files that workers map: made whole or not at all, read only, removed by unlinking."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emeritus.custody import Runnable
from emeritus.foundation import Digest, Progress
from emeritus.record import Record
from emeritus.vault.restore import unfinished

_STAMP = "restored"


class RestoredFiles:
    """A folder of restored models, shared by every process of a home.

    Every piece is checked when a model is restored. Afterwards a file counts as what was restored
    while its size and its time of change stay the same; it is not hashed again when a worker
    starts. A model that runs must never see its file change: an engine maps it.

    Args:
        folder: where; may be removed whenever no worker runs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, record: Record, wanted: Runnable, progress: Progress) -> Path:
        """Return the file that an engine opens, restoring it when it is not there.

        Raises:
            IntegrityError: the copy in the store is damaged.
            NotFound: a part of it is not in the store.
        """
        name = str(wanted.manifest).removeprefix("sha256:")
        place, file = self._folder / name, self._folder / name / wanted.kit.file
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self._folder / f"{name}.lock"):
            if not _is_whole(place, file):
                shutil.rmtree(place, ignore_errors=True)
                wanted.restore(record, place, progress)
                file.chmod(0o400)
                (place / _STAMP).write_text(_seen(file), encoding="ascii")
        return file

    def forget(self, manifest: Digest) -> bool:
        """Remove what is restored of a model, also what a restore that was killed left.

        A restore that is under way is waited for.

        Returns:
            True when nothing of it is left.
        """
        if not self._folder.is_dir():
            return True
        with _locked(self._folder / f"{manifest.hex}.lock"):
            for left in self._parts_of(manifest):
                shutil.rmtree(left, ignore_errors=True)
        return not self._parts_of(manifest)

    def _parts_of(self, manifest: Digest) -> list[Path]:
        name = manifest.hex
        whole = [self._folder / name] if (self._folder / name).exists() else []
        return [*whole, *self._folder.glob(f"{unfinished(name)}*")]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_whole(place: Path, file: Path) -> bool:
    try:
        return (place / _STAMP).read_text(encoding="ascii") == _seen(file)
    except (OSError, UnicodeDecodeError):
        return False


def _seen(file: Path) -> str:
    about = file.stat()
    return f"{about.st_size} {about.st_mtime_ns}"
