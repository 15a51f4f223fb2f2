"""Mend a damaged pack from its own parity."""

from collections.abc import Iterator

import numpy as np

from emeritus.vault.errors import Damaged
from emeritus.vault.parity.file import ParityFile
from emeritus.vault.parity.galois import Bytes, Sums, inverted, matrix, times
from emeritus.vault.parity.shards import Shards
from emeritus.vault.ports import Store


def mended(store: Store, pack: str) -> Iterator[bytes]:
    """Yield the bytes of a damaged pack as they must be; the caller compares the SHA-256.

    Nothing is written. Memory holds the parity file and at most twice as much again.
    The pack is read three times, from start to end.

    Args:
        store: where the damaged pack and its parity file are.
        pack: its name; what is missing at its end or inside, or cannot be read, counts as lost.

    Raises:
        NotInStore: one of the two is not there.
        Damaged: more is lost than the parity brings back, or the parity file is no such thing.
        StoreUnavailable: the store failed.
    """
    parity = ParityFile.load(store, pack)
    head = parity.head
    shards = Shards(store, pack, head, parity.is_good)
    lost: dict[int, list[int]] = {}
    for column in range(head.data):
        for stripe in shards.column(column)[1]:
            lost.setdefault(stripe, []).append(column)
    back = _brought_back(pack, parity, shards, lost) if lost else {}
    for column in range(head.data):
        data, gone = shards.column(column)
        for stripe in gone:
            if (stripe, column) in back:
                data[stripe] = back[stripe, column]
        start = column * head.column_bytes
        yield data.tobytes()[: head.bytes - start]


def _brought_back(
    pack: str, parity: ParityFile, shards: Shards, lost: dict[int, list[int]]
) -> dict[tuple[int, int], Bytes]:
    """Solve for the lost shards, by stripe and column."""
    head = parity.head
    rows = {stripe: _rows(pack, parity, stripe, columns) for stripe, columns in lost.items()}
    harmed = sorted(lost)
    sums = Sums(head.parity, len(harmed) * head.shard)
    for column in range(head.data):
        sums.add(shards.column(column)[0][harmed].reshape(-1), column)
    given = [sums.row(row).reshape(len(harmed), head.shard) for row in range(head.parity)]
    back: dict[tuple[int, int], Bytes] = {}
    for place, stripe in enumerate(harmed):
        columns = lost[stripe]
        sides = [parity.shard(stripe, row) ^ given[row][place] for row in rows[stripe]]
        found = times(inverted(matrix(rows[stripe], columns)), np.stack(sides))
        for column, shard in zip(columns, found, strict=True):
            # Its digest is not asked: that may be what was damaged. The pack's SHA-256 decides.
            back[stripe, column] = shard
    return back


def _rows(pack: str, parity: ParityFile, stripe: int, columns: list[int]) -> list[int]:
    """Return the parity shards that bring back what a stripe lost."""
    rows = parity.good_rows(stripe)[: len(columns)]
    if len(rows) < len(columns):
        raise Damaged(
            f"{pack}: {len(columns)} of the shards of a stripe are lost, and its parity brings "
            f"back {len(rows)}; only another copy can mend it",
            about=pack,
        )
    return rows
