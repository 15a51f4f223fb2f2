"""Reading the tree of one checkpoint from its files; nothing is believed before it is checked.

The tiles at the right edge must give the root of the checkpoint; every full tile must give the
hash by which it stands in the level above; every bundle must give the hashes of level 0.
So every answer is as good as the signature on the checkpoint, whoever holds the store.
"""

from collections import OrderedDict
from collections.abc import Iterator

from emeritus.ledger.checkpoint import Checkpoint
from emeritus.ledger.errors import LogDamaged
from emeritus.ledger.merkle import HASH_BYTES, leaf_hash, tree_root
from emeritus.ledger.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    decode_bundle,
    edge_tile,
    full_root,
    levels_of,
    subtree_in,
    tile_at,
)
from emeritus.vault.errors import NotInStore
from emeritus.vault.ports import Readable

_KEPT_TILES = 64
"""Tiles of 8 KiB kept at hand, a depth of the tree many times over."""

_ATTEMPTS = 5
"""Looks for a file that a writer may be superseding at this very moment."""


class Tree:
    """The tree of one checkpoint; used by one thread at a time.

    Args:
        store: where the log is.
        checkpoint: a checkpoint whose signature has been verified.
    """

    def __init__(self, store: Readable, checkpoint: Checkpoint) -> None:
        self._store = store
        self.size = checkpoint.size
        self._tiles: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self.edges = read_edges(store, checkpoint)
        """Level → bytes of the partial tile at its end; b"" where a level ends with a full one."""

    def hash_at(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree at (level, index); see `merkle`.

        Raises:
            LogDamaged: a tile on the way is missing or is not what the checkpoint says.
        """
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        tile = self.tile(tile_level, first // WIDTH)
        return subtree_in(tile, height, (first % WIDTH) >> height)

    def bundle(self, index: int) -> list[bytes]:
        """Return the entries of bundle `index` that belong to this tree.

        Raises:
            LogDamaged: the bundle is missing or its entries are not those of this tree.
        """
        wanted = tile_at(self.size, None, index)
        found, data = read_tile(self._store, wanted)
        entries = decode_bundle(data, found)[: wanted.width]
        if b"".join(leaf_hash(entry) for entry in entries) != self.tile(0, index):
            raise LogDamaged(
                f"{found.name}: its entries are not those that the checkpoint covers; "
                "repair it from another copy",
                about=found.name,
            )
        return entries

    def tile(self, level: int, index: int) -> bytes:
        """Return the hashes of a tile as it is in this tree.

        Raises:
            LogDamaged: a tile on the way is missing or is not what the checkpoint says.
        """
        wanted = tile_at(self.size, level, index)
        if wanted.width < WIDTH:
            return self.edges[level]
        kept = self._tiles.get((level, index))
        if kept is None:
            kept = self._full_tile(wanted, level)
            self._tiles[level, index] = kept
            if len(self._tiles) > _KEPT_TILES:
                self._tiles.popitem(last=False)
        self._tiles.move_to_end((level, index))
        return kept

    def _full_tile(self, wanted: Tile, level: int) -> bytes:
        _, data = read_tile(self._store, wanted)
        at = wanted.index % WIDTH * HASH_BYTES
        above = self.tile(level + 1, wanted.index // WIDTH)
        if full_root(data) != above[at : at + HASH_BYTES]:
            raise LogDamaged(
                f"{wanted.name}: its hashes are not those that the checkpoint covers; "
                "repair it from another copy",
                about=wanted.name,
            )
        return data


def read_edges(store: Readable, checkpoint: Checkpoint) -> dict[int, bytes]:
    """Return the partial tile at the end of every level, once they give the checkpoint's root.

    Raises:
        LogDamaged: one is missing, or together they give another root.
    """
    size = checkpoint.size
    tiles = {level: edge_tile(size, level) for level in levels_of(size)}
    edges = {
        level: prefix_of(read_tile(store, tile)[1], tile) if tile else b""
        for level, tile in tiles.items()
    }
    if edge_root(size, edges) != checkpoint.root:
        names = [tile.name for tile in tiles.values() if tile]
        raise LogDamaged(
            f"{', '.join(names)}: together they do not give the root in the signed checkpoint; "
            "a check of the log says which one to repair",
            about=names[0] if names else "",
        )
    return edges


def edge_root(size: int, edges: dict[int, bytes]) -> bytes:
    """Return the root of a log of `size` entries, which its partial tiles alone decide."""

    def hash_at(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        return subtree_in(edges[tile_level], height, ((index << height) % WIDTH) >> height)

    return tree_root(size, hash_at)


def prefix_of(data: bytes, tile: Tile) -> bytes:
    """Return the part of a hash tile's bytes that `tile` has, when they are of a wider one."""
    return data[: tile.width * HASH_BYTES]


def read_tile(store: Readable, tile: Tile) -> tuple[Tile, bytes]:
    """Read a file of hashes or entries, or a wider one that begins with the same.

    A writer removes a partial file when a wider one is covered by a newer checkpoint; whoever
    reads at the older checkpoint finds the same bytes at the beginning of the wider file.

    Returns:
        The tile that was found, and its bytes, as many as such a tile has if it holds hashes.

    Raises:
        LogDamaged: there is no such file, or it has another length.
    """
    for _ in range(_ATTEMPTS):
        for candidate in _candidates(store, tile):
            try:
                data = store.read(candidate.name)
            except NotInStore:
                continue
            if tile.level is not None and len(data) != candidate.width * HASH_BYTES:
                raise LogDamaged(
                    f"{candidate.name}: expected {candidate.width} hashes of {HASH_BYTES} bytes, "
                    f"found {len(data)} bytes; repair it from another copy",
                    about=candidate.name,
                )
            return candidate, data
    raise LogDamaged(
        f"{tile.name}: the checkpoint covers it and it is missing; repair it from another copy",
        about=tile.name,
    )


def files_of(store: Readable, tile: Tile) -> list[Tile]:
    """Return the files that a store has of this tile, of whatever width, the full one last."""
    parsed = (Tile.parse(name) for name in store.names(f"{tile.stem}.p/"))
    partial = sorted(found for found in parsed if found)
    full = Tile(tile.level, tile.index)
    return [*partial, full] if store.size(full.name) is not None else partial


def _candidates(store: Readable, tile: Tile) -> Iterator[Tile]:
    """Yield the tile, then wider ones; lazily, since the first is nearly always there."""
    yield tile
    if tile.width < WIDTH:
        yield from (found for found in files_of(store, tile) if found.width > tile.width)
