"""The shards of a damaged pack that are still good, wherever they are now."""

from collections.abc import Callable

import numpy as np

from emeritus.vault.errors import NotInStore, StoreUnavailable
from emeritus.vault.parity.file import Head
from emeritus.vault.parity.galois import Bytes
from emeritus.vault.ports import Store

Known = Callable[[int, Bytes], bool]


class Shards:
    """Reads a pack by columns: one data shard of every stripe, which are neighbours in the file.

    Where bytes were lost or put in between, what follows is found by its distance from the end.
    What the disk cannot read is lost, as long as there is no more of it than parity.

    Args:
        store: where the pack is.
        pack: its name.
        head: how it is cut.
        known: what says whether a shard is whole, by its number and bytes.

    Raises:
        NotInStore: there is no such pack.
    """

    def __init__(self, store: Store, pack: str, head: Head, known: Known) -> None:
        size = store.size(pack)
        if size is None:
            raise NotInStore(f"there is no {pack} in this store", about=pack)
        self._store = store
        self._pack = pack
        self._head = head
        self._known = known
        self._shift = size - head.bytes
        self._unreadable: set[int] = set()

    def column(self, number: int) -> tuple[Bytes, list[int]]:
        """Return a column, one row a stripe, and the stripes whose shard is lost; those are zeros.

        Raises:
            StoreUnavailable: more could not be read than the parity can bring back.
        """
        head = self._head
        first = number * head.stripes
        column = np.zeros((head.stripes, head.shard), np.uint8)
        lost = list(range(min(head.stripes, head.shards - first)))
        for shift in dict.fromkeys((0, self._shift)):
            if not lost:
                break
            found = self._read(first * head.shard, shift)
            still = []
            for stripe in lost:
                if self._known(first + stripe, found[stripe]):
                    column[stripe] = found[stripe]
                else:
                    still.append(stripe)
            lost = still
        return column, lost

    def _read(self, start: int, shift: int) -> Bytes:
        """Read a column's bytes from another place, with zeros where there are none."""
        head = self._head
        length = min(head.column_bytes, head.bytes - start)
        before = min(length, max(0, -(start + shift)))
        data = b""
        if before < length:
            data = self._ranges(start + shift + before, length - before)
        whole = (bytes(before) + data).ljust(head.column_bytes, b"\0")
        return np.frombuffer(whole, np.uint8).reshape(head.stripes, head.shard)

    def _ranges(self, start: int, length: int) -> bytes:
        try:
            return self._store.read_range(self._pack, start, length)
        except StoreUnavailable:
            step = self._head.shard
            places = range(start, start + length, step)
            return b"".join(self._shard(at, min(step, start + length - at)) for at in places)

    def _shard(self, start: int, length: int) -> bytes:
        try:
            return self._store.read_range(self._pack, start, length).ljust(length, b"\0")
        except StoreUnavailable:
            self._unreadable.add(start // self._head.shard)
            if len(self._unreadable) > self._head.stripes * self._head.parity:
                raise
            return bytes(length)
