"""The right to act on one machine: a lock of the operating system on a file in the home."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emeritus.record.errors import SequencerBusy

_PAUSE_SECONDS = 0.02


class FileSequencer:
    """At most one holder over all threads and processes; the lock dies with its holder.

    Args:
        path: the lock file; made when it is missing.
        wait_seconds: how long `hold` waits for another holder.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 60) -> None:
        self._path = path
        self._wait_seconds = wait_seconds

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the right while the context lasts."""
        with self._locked(self._path, fcntl.LOCK_EX):
            yield

    @contextmanager
    def share(self) -> Iterator[None]:
        """Make bytes durable that no entry speaks of yet; any number may at once."""
        with self._locked(self._beside, fcntl.LOCK_SH):
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Clear away what no entry speaks of: nobody shares while the context lasts."""
        with self._locked(self._beside, fcntl.LOCK_EX):
            yield

    @property
    def _beside(self) -> Path:
        return self._path.with_name(f"{self._path.name}.bytes")

    @contextmanager
    def _locked(self, path: Path, how: int) -> Iterator[None]:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._take(handle, how)
            yield
        finally:
            os.close(handle)

    def _take(self, handle: int, how: int) -> None:
        deadline = time.monotonic() + self._wait_seconds
        while True:
            try:
                fcntl.flock(handle, how | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SequencerBusy(
                        "somebody else is acting in this home and did not finish in "
                        f"{self._wait_seconds:g} seconds; try again when they are done"
                    ) from None
                time.sleep(_PAUSE_SECONDS)
            else:
                return
