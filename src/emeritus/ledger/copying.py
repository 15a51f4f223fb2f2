"""Copying a log into another store, so that it is there up to one checkpoint.

The order is that of `log.append`: tiles first, each read back, then the checkpoint in one
compare-and-swap, then removal of partial tiles that wider ones supersede.
So a copy that was interrupted still stands at its old checkpoint, and two at once do no harm.
"""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from emeritus.foundation import Progress, Unavailable
from emeritus.ledger.checkpoint import Checkpoint
from emeritus.ledger.errors import LogDamaged
from emeritus.ledger.fork import check_extends
from emeritus.ledger.log import Log, read_head
from emeritus.ledger.tiles import CHECKPOINT, TILES, Tile, count_at, encode_bundle, tiles_of
from emeritus.ledger.tree import Tree
from emeritus.vault.ports import Store


def copy_log(
    source: Log, target: Store, head: tuple[bytes, Checkpoint], progress: Progress
) -> Checkpoint:
    """Bring the log in another store up to a checkpoint of this one.

    Every byte is checked against the checkpoint before it is written, and read back after it.

    Args:
        source: the log.
        target: a store that has no log, or an older state of the same.
        head: a signed note of the source and what it says, see `Log.head`; the source may have
            grown since.
        progress: told of files.

    Returns:
        The checkpoint that the target stands at now; a later one, when it stood there already.

    Raises:
        LogForked: the target's log is another one, or is ahead of the source.
        LogDamaged: a file of the source is damaged, or the target does not keep what it is given.
        StoreChanged: somebody else is copying into the target.
        StoreUnavailable: a store failed; copying again goes on from there.
    """
    note, newest = head
    # Tiles without a checkpoint are what an interrupted first copy leaves; each is compared below.
    there_is = target.size(CHECKPOINT) is not None
    found = read_head(target, source.verifier) if there_is else None
    if found is not None:
        check_extends(source, found[1])
        if found[1].size > newest.size:
            return found[1]
    before = found[1].size if found else 0
    there = {tile for name in target.names(TILES) if (tile := Tile.parse(name)) is not None}
    tree = Tree(source.store, newest)
    wanted = list(tiles_of(newest.size))
    progress.begin("copying the log", len(wanted), "files")
    for tile in wanted:
        if tile not in there or tile.end > count_at(before, tile.level):
            _put(target, tile, tree_file(tree, tile))
        progress.advance(1)
    if found is None or found[0] != note:
        target.replace(CHECKPOINT, note, expected=found[0] if found else None)
    with contextlib.suppress(Unavailable):
        for tile in there - set(wanted):
            if tile.end <= count_at(newest.size, tile.level):
                target.remove(tile.name)
    progress.end()
    return newest


def tree_file(tree: Tree, tile: Tile) -> bytes:
    """Return the bytes of a file of this tree, made of what was checked against its checkpoint.

    Raises:
        LogDamaged: a file on the way is missing or is not what the checkpoint says.
    """
    if tile.level is None:
        return encode_bundle(tree.bundle(tile.index))
    return tree.tile(tile.level, tile.index)


def _put(target: Store, tile: Tile, data: bytes) -> None:
    """Write a file that the target's checkpoint does not cover, and see that it is there."""
    if not target.create(tile.name, data) and target.read(tile.name) != data:
        target.remove(tile.name)
        target.create(tile.name, data)
    if target.read(tile.name) != data:
        raise LogDamaged(
            f"{tile.name}: the store gives back other bytes than it was given; do not rely on it",
            about=tile.name,
        )


def log_files(
    source: Log, note: bytes, newest: Checkpoint
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield every file that a log up to a checkpoint has, with what gives its bytes.

    The same checkpoint gives the same files with the same bytes, however the log grows meanwhile.

    Args:
        source: the log.
        note: the signed checkpoint.
        newest: what it says.

    Raises:
        LogDamaged: a file is missing or is not what the checkpoint says; raised when it is read.
    """
    tree = Tree(source.store, newest)
    yield CHECKPOINT, lambda: note
    for tile in tiles_of(newest.size):
        yield tile.name, partial(tree_file, tree, tile)
