"""Names and bytes of the files of a log (c2sp.org/tlog-tiles v0.1.0).

    log/checkpoint                the signed tree head, the one file that is ever replaced
    log/tile/entries/<N>[.p/<W>]  entry bundle N: 256 entries, or the first W of them
    log/tile/<L>/<N>[.p/<W>]      hash tile N of level L: 256 hashes, or the first W of them

A hash at level L stands for 256**L entries.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from emeritus.ledger.errors import LogDamaged
from emeritus.ledger.merkle import HASH_BYTES, complete_root

FOLDER = "log/"
"""Where a store keeps its log."""

TILES = "log/tile/"
"""Where the log keeps everything but its checkpoint."""

CHECKPOINT = "log/checkpoint"
"""The name of the signed tree head."""

WIDTH = 256
"""Hashes in a full tile, entries in a full bundle (tlog-tiles, Merkle Tree)."""

HEIGHT = 8
"""Levels of the tree in one tile: 2**8 hashes."""

MOST_ENTRY_BYTES = 65_535
"""The longest entry that the 16-bit length of a bundle can say (tlog-tiles, Log entries)."""

_HIGHEST_LEVEL = 63
_NAME = re.compile(
    r"log/tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, order=True, slots=True)
class Tile:
    """One file of hashes, or one bundle of entries.

    Attributes:
        level: level of its hashes; None for a bundle of entries.
        index: which one of its level, from 0.
        width: hashes or entries in it, 1 to 256; below 256 it is partial.
    """

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def stem(self) -> str:
        """The name of the full tile."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        return f"{TILES}{'entries' if self.level is None else self.level}/{'/'.join(groups)}"

    @property
    def name(self) -> str:
        """The name of its file in a store."""
        return self.stem if self.width == WIDTH else f"{self.stem}.p/{self.width}"

    @property
    def end(self) -> int:
        """One more than the position, within its level, of its last hash or entry."""
        return self.index * WIDTH + self.width

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Read a file name; None when it is not the one spelling of a tile's name."""
        match = _NAME.fullmatch(name)
        if not match:
            return None
        level = None if match[1] == "entries" else int(match[1])
        index = int(re.sub("[x/]", "", match[2]))
        tile = cls(level, index, int(match[3]) if match[3] else WIDTH)
        within = tile.width <= WIDTH and (level or 0) <= _HIGHEST_LEVEL
        return tile if within and tile.name == name else None


def count_at(size: int, level: int | None) -> int:
    """Return how many hashes a log of `size` entries has at a level (None: entries)."""
    return size >> (HEIGHT * (level or 0))


def levels_of(size: int) -> range:
    """Return the levels that have tiles in a log of `size` entries."""
    return range((size.bit_length() + HEIGHT - 1) // HEIGHT)


def tile_at(size: int, level: int | None, index: int) -> Tile:
    """Return the tile as it is in a log of `size` entries, which must reach into it."""
    return Tile(level, index, min(WIDTH, count_at(size, level) - index * WIDTH))


def edge_tile(size: int, level: int | None) -> Tile | None:
    """Return the partial tile at the end of a level, None when the level ends with a full one."""
    count = count_at(size, level)
    return Tile(level, count // WIDTH, count % WIDTH) if count % WIDTH else None


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of a log of `size` entries: bundles, then hashes from level 0 up."""
    for level in (None, *levels_of(size)):
        count = count_at(size, level)
        for index in range(-(-count // WIDTH)):
            yield tile_at(size, level, index)


def hashes_in(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile's bytes."""
    return [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]


def subtree_in(tile: bytes, height: int, index: int) -> bytes:
    """Return the hash over `2**height` hashes of a tile, the `index`-th such group."""
    length = HASH_BYTES << height
    return complete_root(hashes_in(tile[index * length : (index + 1) * length]))


def full_root(tile: bytes) -> bytes:
    """Return the hash by which a full tile stands in the level above."""
    return subtree_in(tile, HEIGHT, 0)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return entries of at most 65,535 bytes, each behind its length (uint16, big-endian)."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def decode_bundle(data: bytes, tile: Tile) -> list[bytes]:
    """Return the `tile.width` entries of a bundle's bytes.

    Raises:
        LogDamaged: the lengths do not add up to so many entries and nothing else.
    """
    entries = []
    at = 0
    while at + 2 <= len(data):
        (length,) = struct.unpack_from(">H", data, at)
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    if at != len(data) or len(entries) != tile.width:
        raise LogDamaged(
            f"{tile.name}: expected {tile.width} entries behind their lengths, found "
            f"{len(data)} bytes that are not; repair it from another copy",
            about=tile.name,
        )
    return entries
