"""The log: appending under a signed checkpoint, and reading with every byte checked.

Why nothing acknowledged is lost
--------------------------------
`append` writes in this order, and the store makes each file durable before the next:

1. bundles and tiles that hold the new entries, under names that no checkpoint refers to yet:
   a partial file carries its width in its name, so growing one makes another file;
2. the checkpoint, in one atomic compare-and-swap against the note read at the beginning;
3. removal of partial files that a wider one supersedes.

Before step 2 returns, the old checkpoint stands and every file it covers is untouched.
After it, the new checkpoint stands and every file it covers is durable.
So a crash leaves the old log or the new one, and perhaps files that neither needs:
files beyond the checkpoint (crash in step 1) and narrower partial files (crash in step 3).
The former may hold other entries than those that come next.
So before `append` writes a file, it removes every other file of the same tile that reaches beyond
the checkpoint, and replaces one of the same name when it differs.
It may: no checkpoint covers them, and the caller's lock keeps every other writer away.
It must: a growing log would pass a leftover by, and then seem to cover it.

The very first append signs the empty tree before its first tile.
So tiles without a checkpoint are never what a crash leaves: they are a log that lost its
checkpoint, and nothing is appended to it.
"""

import contextlib
from collections.abc import Iterator, Sequence

from emeritus.foundation import Unavailable
from emeritus.ledger.checkpoint import Checkpoint
from emeritus.ledger.errors import (
    EntryTooLarge,
    LogDamaged,
    LogReadOnly,
    NoteInvalid,
    NothingToAppend,
    NotInLog,
)
from emeritus.ledger.growth import Growth
from emeritus.ledger.merkle import consistency_path, empty_root, inclusion_path
from emeritus.ledger.note import NoteSigner, NoteVerifier
from emeritus.ledger.tiles import CHECKPOINT, MOST_ENTRY_BYTES, TILES, WIDTH, Tile, count_at
from emeritus.ledger.tree import Tree, files_of
from emeritus.vault.errors import NotInStore, StoreChanged
from emeritus.vault.ports import Readable, Store


class Log:
    """An append-only signed log on a store.

    It keeps no state: every call reads the checkpoint again, so any number of processes may
    read while one appends.
    Every result has been checked against the signed checkpoint before it is returned.

    Args:
        store: where the files are.
        verifier: the key of the log; its name is the log's origin.
    """

    def __init__(self, store: Store, verifier: NoteVerifier) -> None:
        self.store = store
        self.verifier = verifier

    def checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint, its signature and origin verified.

        Returns:
            None when nothing was ever appended.

        Raises:
            LogDamaged: the checkpoint is missing although there are tiles, or is not a
                checkpoint that the key signed for this log.
        """
        head = read_head(self.store, self.verifier)
        return head[1] if head and head[1].size else None

    def checkpoint_note(self) -> bytes:
        """Return the signed note of the newest checkpoint, as it is in the store.

        Raises:
            NotInLog: nothing was ever appended.
            LogDamaged: as for `checkpoint`.
        """
        return self.head()[0]

    def head(self) -> tuple[bytes, Checkpoint]:
        """Return the signed note of the newest checkpoint, and what it says.

        Raises:
            NotInLog: nothing was ever appended.
            LogDamaged: as for `checkpoint`.
        """
        head = read_head(self.store, self.verifier)
        if not head:
            raise NotInLog("expected a checkpoint, found an empty log; append to it first")
        return head

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the entries from position `start` up to `end`, by default to the newest.

        It reads one bundle after another and keeps none; what is appended after the call is
        not among them.

        Raises:
            NotInLog: `start` or `end` lies outside the log.
            LogDamaged: a file on the way is missing or is not what the checkpoint says; raised
                when that file is reached.
        """
        tree = self._tree(0)
        stop = tree.size if end is None else end
        if not 0 <= start <= stop <= tree.size:
            raise NotInLog(
                f"expected positions within the {tree.size} entries of this log, "
                f"found {start} to {stop}"
            )
        return _entries(tree, start, stop)

    def entry(self, position: int) -> bytes:
        """Return one entry.

        Raises:
            NotInLog: the log has no such position.
            LogDamaged: a file on the way is missing or is not what the checkpoint says.
        """
        tree = self._tree(position + 1 if position >= 0 else -1)
        return tree.bundle(position // WIDTH)[position % WIDTH]

    def inclusion(self, position: int, size: int) -> list[bytes]:
        """Return the proof that the tree of the first `size` entries holds that entry.

        Returns:
            Hashes of 32 bytes, nearest sibling first; check them with `merkle.inclusion_root`.

        Raises:
            NotInLog: the log was never so large, or that tree has no such position.
            LogDamaged: a file on the way is missing or is not what the checkpoint says.
        """
        tree = self._tree(size)
        if not 0 <= position < size:
            raise NotInLog(f"expected a position below {size}, found {position}")
        return inclusion_path(position, size, tree.hash_at)

    def consistency(self, old: int, new: int) -> list[bytes]:
        """Return the proof that the first `new` entries begin with the first `old`.

        Returns:
            Hashes of 32 bytes; check them with `merkle.verify_consistency`.

        Raises:
            NotInLog: the log was never so large, or `old` is larger than `new`.
            LogDamaged: a file on the way is missing or is not what the checkpoint says.
        """
        tree = self._tree(new)
        if not 0 <= old <= new:
            raise NotInLog(f"expected an older size of at most {new}, found {old}")
        return consistency_path(old, new, tree.hash_at)

    def settle(self) -> None:
        """Make the newest checkpoint durable before anything else stands on it.

        Whoever replaced it may have died before its folder was on stable storage; then it can be
        read, and a power cut would still undo it.

        Raises:
            LogDamaged: as for `checkpoint`.
            StoreChanged: somebody appended meanwhile.
            StoreUnavailable: the store failed.
        """
        head = read_head(self.store, self.verifier)
        if head:
            self.store.replace(CHECKPOINT, head[0], expected=head[0])

    def append(self, entries: Sequence[bytes], signer: NoteSigner) -> Checkpoint:
        """Add entries at the end, all of them under one new checkpoint.

        When it returns, the entries are durable.
        The caller holds the lock of the log: there is one writer at a time.
        It reads only the right edge of the tree, whatever the size of the log.

        Args:
            entries: at least one, each of 1 to 65,535 bytes.
            signer: the private half of the log's key.

        Raises:
            NothingToAppend: no entry, or an empty one.
            EntryTooLarge: an entry is longer than 65,535 bytes.
            LogReadOnly: the signer is not the log's key.
            LogDamaged: the right edge is not what the checkpoint says; nothing was written.
            StoreChanged: somebody else appended meanwhile; nothing of this call counts.
            StoreUnavailable: the entries are in the log or they are not; read the checkpoint.
        """
        self._admit(entries, signer)
        note, before = read_head(self.store, self.verifier) or self._begin(signer)
        growth = Growth(Tree(self.store, before), entries)
        superseded: list[Tile] = []
        for tile, data in growth.files():
            superseded += self._clear(tile, before.size, note)
            self._put(tile, data, note)
        after = Checkpoint(before.origin, growth.size, growth.root())
        self.store.replace(CHECKPOINT, signer.sign(after.text()), expected=note)
        # The entries are durable: a store that fails now must not make them look lost.
        with contextlib.suppress(Unavailable):
            for tile in superseded:
                self.store.remove(tile.name)
        return after

    def _tree(self, size: int) -> Tree:
        """Return the newest tree, which must have at least `size` entries."""
        head = read_head(self.store, self.verifier)
        newest = head[1] if head else _empty(self.verifier)
        if not 0 <= size <= newest.size:
            raise NotInLog(f"expected something within {newest.size} entries, found {size}")
        return Tree(self.store, newest)

    def _admit(self, entries: Sequence[bytes], signer: NoteSigner) -> None:
        if signer.verifier != self.verifier:
            raise LogReadOnly(
                f"expected the private key of {self.verifier.vkey}, found that of "
                f"{signer.verifier.vkey}; this log can only be read here"
            )
        if not entries or not all(entries):
            raise NothingToAppend("expected at least one entry, each of at least one byte")
        longest = max(map(len, entries))
        if longest > MOST_ENTRY_BYTES:
            raise EntryTooLarge(
                f"expected entries of at most {MOST_ENTRY_BYTES} bytes, found one of {longest}; "
                "make the content an object and append its digest"
            )

    def _begin(self, signer: NoteSigner) -> tuple[bytes, Checkpoint]:
        """Sign the empty tree; the module says why."""
        empty = _empty(self.verifier)
        note = signer.sign(empty.text())
        self.store.replace(CHECKPOINT, note, expected=None)
        return note, empty

    def _clear(self, tile: Tile, size: int, note: bytes) -> list[Tile]:
        """Remove what a crash left beside a file to be written; return what the file supersedes."""
        beside = files_of(self.store, tile)
        covered = [other for other in beside if other.end <= count_at(size, other.level)]
        for other in beside:
            if other not in covered and other != tile:
                self._remove_leftover(other, note)
        return covered

    def _put(self, tile: Tile, data: bytes, note: bytes) -> None:
        """Write a file that no checkpoint covers, in place of what a crash left under its name."""
        if self.store.create(tile.name, data) or self.store.read(tile.name) == data:
            return
        self._remove_leftover(tile, note)
        if not self.store.create(tile.name, data):
            raise _not_alone(tile)

    def _remove_leftover(self, tile: Tile, note: bytes) -> None:
        """Remove a file beyond the checkpoint, unless the checkpoint is no longer `note`."""
        if self.store.read(CHECKPOINT) != note:
            raise _not_alone(tile)
        self.store.remove(tile.name)


def read_head(store: Readable, verifier: NoteVerifier) -> tuple[bytes, Checkpoint] | None:
    """Return the newest note and its checkpoint, None when the store has no log.

    Raises:
        LogDamaged: the checkpoint is missing although there are tiles, or is not a checkpoint
            that `verifier` signed for the log of its name.
    """
    note = _read_note(store)
    if note is None:
        return None
    try:
        checkpoint = Checkpoint.parse(verifier.verify(note))
    except NoteInvalid as problem:
        raise LogDamaged(f"{CHECKPOINT}: {problem.message}", about=CHECKPOINT) from problem
    if checkpoint.origin != verifier.name:
        raise LogDamaged(
            f"{CHECKPOINT}: expected the log {verifier.name}, found {checkpoint.origin[:90]!r}",
            about=CHECKPOINT,
        )
    return note, checkpoint


def _read_note(store: Readable) -> bytes | None:
    """Return the note, None when there is no log; a log is never without its checkpoint."""
    # Looked for twice: the first append may come between the first look and the tiles.
    for _ in range(2):
        with contextlib.suppress(NotInStore):
            return store.read(CHECKPOINT)
        if not any(True for _ in store.names(TILES)):
            return None
    raise LogDamaged(
        f"{CHECKPOINT}: it is missing although there are tiles; restore it from another copy of "
        "this log before anything is appended",
        about=CHECKPOINT,
    )


def _not_alone(tile: Tile) -> StoreChanged:
    return StoreChanged(
        f"{tile.name}: somebody else is appending to this log; take its lock first",
        about=tile.name,
    )


def _empty(verifier: NoteVerifier) -> Checkpoint:
    return Checkpoint(verifier.name, 0, empty_root())


def _entries(tree: Tree, start: int, stop: int) -> Iterator[bytes]:
    for index in range(start // WIDTH, -(-stop // WIDTH)):
        first = index * WIDTH
        yield from tree.bundle(index)[max(start - first, 0) : stop - first]
