"""`Remembered`: what was read from a record, kept until its ledger grows."""

from collections.abc import Callable
from typing import Generic, TypeVar

from emeritus.record.record import Record

_Read = TypeVar("_Read")


class Remembered(Generic[_Read]):
    """Keeps what readings returned for as long as the checkpoint is the same one.

    For what follows from entries alone, and not from the time. To look at the checkpoint takes a
    fifteenth of a reading (measured 2026-11), and its signature is verified each time.
    Thread-safe: two threads may read the same thing, and both are right.

    Args:
        record: whose ledger is watched.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._known: tuple[bytes, dict[str, _Read]] = (b"", {})

    def get(self, key: str, read: Callable[[], _Read]) -> _Read:
        """Return what `read` returned for that key, or call it.

        Raises:
            LogDamaged: the ledger has no good checkpoint.
            And what `read` raises; nothing is kept then.
        """
        # First the checkpoint, then the reading: what is appended between is read again.
        note = self._record.log.checkpoint_note()
        if self._known[0] != note:
            self._known = (note, {})
        kept = self._known[1]
        if key not in kept:
            kept[key] = read()
        return kept[key]
