"""Two accounts of every part of a tree, and the decision which of them is true.

A row of hashes is told twice: by the tile that holds it (`stored`), and by what lies below it,
the entries or the next lower tiles (`rebuilt`).
Where the two differ, the row above decides, and at the top the root in the signed checkpoint:
so a check can name the file that is wrong, and not merely two files that disagree.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from emeritus.foundation import Progress
from emeritus.ledger.errors import LogDamaged
from emeritus.ledger.merkle import HASH_BYTES, leaf_hash
from emeritus.ledger.tiles import (
    WIDTH,
    Tile,
    count_at,
    decode_bundle,
    full_root,
    levels_of,
    tile_at,
)
from emeritus.ledger.tree import edge_root
from emeritus.vault.errors import NotInStore
from emeritus.vault.ports import Readable


@dataclass(frozen=True, slots=True)
class Account:
    """What one file says of a row of hashes.

    Attributes:
        says: the root of a full tile (32 bytes) or the row of a partial one; None: nothing.
        problem: why it says nothing, for a finding.
    """

    says: bytes | None
    problem: str = ""


@dataclass(slots=True)
class Level:
    """The accounts of one level of tiles, one a tile, from the left.

    Attributes:
        stored: what the tiles say.
        rebuilt: what lies below them says.
        chosen: per full tile, the root that is most likely true; it builds the level above.
    """

    stored: list[Account] = field(default_factory=list)
    rebuilt: list[Account] = field(default_factory=list)
    chosen: list[bytes | None] = field(default_factory=list)


class Evidence:
    """All accounts of the tree of `size` entries in a store.

    It reads one bundle and one tile at a time; what it keeps is about a byte per entry.

    Args:
        store: where the log is.
        size: entries in the tree.
        root: the signed root; None when no signature vouches for one.
        progress: is told of every entry.
    """

    def __init__(self, store: Readable, size: int, root: bytes | None, progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self.size = size
        self.levels: list[Level] = []
        for level in levels_of(size):
            self.levels.append(self._hear(level))
        self._edges = self._settle(root)
        self.settled = root is not None and self._edges is not None
        """Whether some choice among the accounts gives the signed root."""
        self._latest: tuple[int, int, bytes | None] | None = None

    def true_value(self, level: int, index: int) -> bytes | None:
        """Return what a tile must say: a root, or the row of a partial tile.

        None when nothing decides: no signature vouches for a root, or both accounts of
        everything above are wrong.
        """
        if tile_at(self.size, level, index).width < WIDTH:
            return self._true_edge(level)
        above = self.true_row(level + 1, index // WIDTH)
        at = index % WIDTH * HASH_BYTES
        return above[at : at + HASH_BYTES] if above is not None else None

    def true_row(self, level: int, index: int) -> bytes | None:
        """Return the hashes that a tile must hold, None when nothing tells them."""
        if self._latest and self._latest[:2] == (level, index):
            return self._latest[2]
        value = self.true_value(level, index)
        tile = tile_at(self.size, level, index)
        row = value if value is None or tile.width < WIDTH else self._row_of(tile, level, value)
        self._latest = (level, index, row)
        return row

    def _true_edge(self, level: int) -> bytes | None:
        if self._edges is not None:
            return self._edges[level]
        stored, rebuilt = self.levels[level].stored[-1], self.levels[level].rebuilt[-1]
        return stored.says if stored.says == rebuilt.says else None

    def _row_of(self, tile: Tile, level: int, root: bytes) -> bytes | None:
        accounts = self.levels[level]
        if accounts.stored[tile.index].says == root:
            return read_row(self._store, tile)[0]
        if accounts.rebuilt[tile.index].says == root:
            return self._rebuilt_row(tile, level)[0]
        return None

    def _hear(self, level: int) -> Level:
        """Hear both accounts of every tile of a level; the levels below have been heard."""
        heard = Level()
        above: bytes | None = None
        for index in range(-(-count_at(self.size, level) // WIDTH)):
            tile = tile_at(self.size, level, index)
            if index % WIDTH == 0:
                above = self._row_above(level, index)
            heard.stored.append(_account(tile, *read_row(self._store, tile)))
            heard.rebuilt.append(_account(tile, *self._rebuilt_row(tile, level)))
            if tile.width == WIDTH:
                at = index % WIDTH * HASH_BYTES
                third = above[at : at + HASH_BYTES] if above is not None else None
                chosen = _vote(heard.rebuilt[-1].says, heard.stored[-1].says, third)
                heard.chosen.append(chosen)
            if level == 0:
                self._progress.advance(tile.width)
        return heard

    def _row_above(self, level: int, index: int) -> bytes | None:
        """Return the stored row above tile `index`, the third voice; None when it is not there."""
        if count_at(self.size, level + 1) <= index:
            return None
        return read_row(self._store, tile_at(self.size, level + 1, index // WIDTH))[0]

    def _rebuilt_row(self, tile: Tile, level: int) -> tuple[bytes | None, str]:
        if level == 0:
            return read_leaves(self._store, Tile(None, tile.index, tile.width))
        first = tile.index * WIDTH
        below = self.levels[level - 1].chosen[first : first + tile.width]
        known = [root for root in below if root is not None]
        return (b"".join(known) if len(known) == tile.width else None), ""

    def _settle(self, root: bytes | None) -> dict[int, bytes] | None:
        """Return the rows at the right edge that give the signed root, if any choice does."""
        voices = [
            _edge_voices(level, self.size, number) for number, level in enumerate(self.levels)
        ]
        for choice in itertools.product(*voices):
            edges = dict(enumerate(choice))
            if edge_root(self.size, edges) == root:
                return edges
        return None


def read_row(store: Readable, tile: Tile) -> tuple[bytes | None, str]:
    """Return the hashes that a tile's file holds, or None and what is wrong with the file."""
    try:
        data = store.read(tile.name)
    except NotInStore:
        return None, "it is missing"
    expected = tile.width * HASH_BYTES
    if len(data) != expected:
        return None, f"expected {expected} bytes of hashes, found {len(data)} bytes"
    return data, ""


def read_leaves(store: Readable, bundle: Tile) -> tuple[bytes | None, str]:
    """Return the leaf hashes of a bundle's entries, or None and what is wrong with the file."""
    try:
        entries = decode_bundle(store.read(bundle.name), bundle)
    except NotInStore:
        return None, "it is missing"
    except LogDamaged:
        return None, f"its bytes are not {bundle.width} entries behind their lengths"
    return b"".join(map(leaf_hash, entries)), ""


def _account(tile: Tile, row: bytes | None, problem: str) -> Account:
    if row is None or tile.width < WIDTH:
        return Account(row, problem)
    return Account(full_root(row))


def _vote(rebuilt: bytes | None, stored: bytes | None, above: bytes | None) -> bytes | None:
    """Return what two of three say; else what the entries say, since they are the record."""
    if above is not None and above in (rebuilt, stored) and rebuilt != stored:
        return above
    return rebuilt or stored or above


def _edge_voices(level: Level, size: int, number: int) -> Iterator[bytes]:
    if count_at(size, number) % WIDTH == 0:
        return iter([b""])
    said = (level.stored[-1].says, level.rebuilt[-1].says)
    return iter(sorted({row for row in said if row is not None}))
