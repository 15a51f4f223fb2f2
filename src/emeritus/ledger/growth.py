"""What an append adds to a tree: new bundles and tiles, and the root over all; no writing."""

from collections.abc import Iterator, Sequence

from emeritus.ledger.merkle import HASH_BYTES, leaf_hash
from emeritus.ledger.tiles import (
    WIDTH,
    Tile,
    count_at,
    edge_tile,
    encode_bundle,
    full_root,
)
from emeritus.ledger.tree import Tree, edge_root

_TILE_BYTES = WIDTH * HASH_BYTES


class Growth:
    """A tree and the entries that come next; used once, in the order files, root.

    Args:
        tree: the present tree, its edges checked.
        entries: what comes next, at least one.
    """

    def __init__(self, tree: Tree, entries: Sequence[bytes]) -> None:
        self.size = tree.size + len(entries)
        self._before = tree.size
        self._edges = dict(tree.edges)
        edge = edge_tile(tree.size, None)
        # Read through the tree, so that a damaged bundle is found before anything is signed.
        self._begun = tree.bundle(edge.index) if edge else []
        self._entries = entries

    def files(self) -> Iterator[tuple[Tile, bytes]]:
        """Yield every new file and its bytes: the bundles, then the hashes from level 0 up."""
        yield from self._bundles()
        fresh = [leaf_hash(entry) for entry in self._entries]
        level = 0
        while fresh:
            above = []
            for tile, data in self._row(level, fresh):
                if tile.width == WIDTH:
                    above.append(full_root(data))
                yield tile, data
            level, fresh = level + 1, above

    def root(self) -> bytes:
        """Return the root over old and new entries, once `files` is exhausted."""
        return edge_root(self.size, self._edges)

    def _bundles(self) -> Iterator[tuple[Tile, bytes]]:
        index = self._before // WIDTH
        begun = list(self._begun)
        taken = 0
        while taken < len(self._entries):
            room = WIDTH - len(begun)
            bundle = begun + list(self._entries[taken : taken + room])
            yield Tile(None, index, len(bundle)), encode_bundle(bundle)
            index, taken, begun = index + 1, taken + room, []

    def _row(self, level: int, fresh: list[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Yield the new tiles of one level, and remember the partial one at its end."""
        first = count_at(self._before, level) // WIDTH
        row = self._edges.get(level, b"") + b"".join(fresh)
        for at in range(0, len(row), _TILE_BYTES):
            data = row[at : at + _TILE_BYTES]
            yield Tile(level, first + at // _TILE_BYTES, len(data) // HASH_BYTES), data
        self._edges[level] = row[len(row) - len(row) % _TILE_BYTES :]
