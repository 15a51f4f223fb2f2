"""Mending the files of a log from another copy of it.

Each candidate is judged before it is written: with it in place, the check of the whole log must
find nothing wrong with that file any more.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from emeritus.foundation import EmeritusError, Progress, Silent
from emeritus.ledger.check import check_log
from emeritus.ledger.checkpoint import Checkpoint
from emeritus.ledger.copying import tree_file
from emeritus.ledger.log import read_head
from emeritus.ledger.merkle import HASH_BYTES, leaf_hash
from emeritus.ledger.note import NoteVerifier
from emeritus.ledger.tiles import CHECKPOINT, Tile, count_at, decode_bundle, encode_bundle, tile_at
from emeritus.ledger.tree import Tree
from emeritus.vault.ports import Store


@dataclass(frozen=True, slots=True)
class Mended:
    """A file as it must be, and from which copy it was made (a name that the caller gave)."""

    file: str
    data: bytes
    source: str


def damaged_files(store: Store, verifier: NoteVerifier, progress: Progress) -> tuple[str, ...]:
    """Return the names of the log's files that are damaged or missing in a store."""
    found = check_log(store, verifier, progress).findings
    return tuple(dict.fromkeys(one.file for one in found if one.harmful))


def mended(
    store: Store,
    verifier: NoteVerifier,
    name: str,
    others: Mapping[str, Store],
    note: bytes | None = None,
) -> Mended | None:
    """Return what a damaged file of a log must be, None when no copy says.

    Args:
        store: where it is damaged.
        verifier: the log's key.
        name: of the file.
        others: stores with copies of the same log, by a name for each.
        note: a signed checkpoint of this log, when the caller has one that is as new as any.
    """
    candidates = list(_candidates(store, verifier, name, others))
    if name == CHECKPOINT:
        # The newest that is left: an older one would take back what was acknowledged.
        candidates.sort(key=lambda one: -_size_of(one[1], verifier))
        candidates[:0] = [("this home", note)] if note is not None else []
    for source, data in candidates:
        judged = check_log(_Instead(store, name, data), verifier, Silent())
        if all(one.file != name for one in judged.findings if one.harmful):
            return Mended(name, data, source)
    return None


def _size_of(note: bytes, verifier: NoteVerifier) -> int:
    return Checkpoint.parse(verifier.verify(note)).size


def _candidates(
    store: Store, verifier: NoteVerifier, name: str, others: Mapping[str, Store]
) -> Iterator[tuple[str, bytes]]:
    """Yield what a file may have been; anything that cannot be read is passed by."""
    tile = Tile.parse(name)
    for source, other in others.items():
        with contextlib.suppress(EmeritusError):
            head = read_head(other, verifier)
            if head is not None and name == CHECKPOINT:
                yield source, head[0]
            elif head is not None and tile and tile.end <= count_at(head[1].size, tile.level):
                yield source, _narrowed(Tree(other, head[1]), tile)
    if tile is not None and tile.level == 0:
        # The hashes of level 0 are those of the entries beside them.
        with contextlib.suppress(EmeritusError):
            bundle = Tile(None, tile.index, tile.width)
            entries = decode_bundle(store.read(bundle.name), bundle)
            yield "its own entries", b"".join(map(leaf_hash, entries))


def _narrowed(tree: Tree, tile: Tile) -> bytes:
    """Return a file of a log when it was shorter."""
    wider = tile_at(tree.size, tile.level, tile.index)
    if tile.level is None:
        return encode_bundle(tree.bundle(tile.index)[: tile.width])
    return tree_file(tree, wider)[: tile.width * HASH_BYTES]


class _Instead:
    """A store as it would be with one file replaced; it can only be read."""

    def __init__(self, store: Store, name: str, data: bytes) -> None:
        self._store = store
        self._name = name
        self._data = data

    def read(self, name: str) -> bytes:
        return self._data if name == self._name else self._store.read(name)

    def size(self, name: str) -> int | None:
        return len(self._data) if name == self._name else self._store.size(name)

    def names(self, prefix: str = "") -> Iterator[str]:
        known = set(self._store.names(prefix))
        return iter(sorted(known | ({self._name} if self._name.startswith(prefix) else set())))
