"""The fixity checks of one pack: every stored byte, and then every piece."""

import hashlib
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cached_property, partial
from itertools import chain, repeat
from typing import BinaryIO

from blake3 import blake3

from emeritus.foundation import Digest, Progress
from emeritus.vault.closed import Seal
from emeritus.vault.codec.following import FollowingHash, Hash, keep_freed_memory
from emeritus.vault.codec.piece_header import DECODED_LIMIT
from emeritus.vault.codec.pieces import Bases, PieceId, decode
from emeritus.vault.codec.workers import Workers
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.findings import Finding
from emeritus.vault.pack_index import PackIndex, read_pack_index
from emeritus.vault.packs import PACK_MAGIC, PackedPiece
from emeritus.vault.ports import Ranged, Store

_CHUNK = 1 << 20

_LONGEST = 2 * DECODED_LIMIT
"""No encoded piece is longer, so none that says it is takes that memory."""


def check_pack(store: Store, name: str, progress: Progress) -> list[Finding]:
    """Read a pack once, for its SHA-256 and its pieces, and say what is wrong.

    One flipped bit anywhere in the file is found, since the name covers every stored byte.
    A wrong piece is named as well, so that a repair can tell what was lost.

    Args:
        store: where it lies.
        name: of the pack in the store.
        progress: told of every byte that was hashed.

    Returns:
        Nothing when the pack is whole.

    Raises:
        StoreUnavailable: it could not be read.
    """
    keep_freed_memory()
    try:
        if store.size(name) is None:
            return [Finding(name, "it is missing")]
        pieces, broken = _index(store, name)
        digest = hashlib.sha256()
        with closing(_read(store, name, digest, pieces, progress)) as chunks:
            head = next(chunks, b"")
            wrong = list(_wrong_pieces(store, name, zip(pieces, chunks, strict=False)))
            deque(chunks, 0)
    except Damaged as problem:
        return [Finding(name, problem.message)]
    findings = []
    if name.rpartition("/")[2] != f"{digest.hexdigest()}.pack":
        findings.append(Finding(name, "its SHA-256 is not the one in its name"))
    if head != PACK_MAGIC:
        findings.append(Finding(name, "it does not begin as a pack does"))
    return [*findings, *broken, *wrong]


def check_sealed_pack(store: Store, name: str, seal: Seal, progress: Progress) -> list[Finding]:
    """Read a closed pack whole, decrypt it, and decode every piece; see `check_pack`.

    Raises:
        StoreUnavailable: it could not be read.
    """
    files = seal.files(store)
    index, bases = PackIndex(files), _Bases(files, seal)
    try:
        if name.rpartition("/")[2] != f"{_sha256(store, name, progress)}.pack":
            return [Finding(name, "its SHA-256 is not the one in its name")]
        pieces = read_pack_index(files, name)
        index.add(name, pieces)
        findings = [
            found
            for one in pieces
            if (found := _check_piece(name, bases, (one, index.read(one.piece))))
        ]
    except (Damaged, NotInStore) as problem:
        return [Finding(name, problem.message.removeprefix(f"{name}: "))]
    return findings


def _sha256(store: Store, name: str, progress: Progress) -> str:
    digest = hashlib.sha256()
    progress.begin("hashing a pack", store.size(name), "bytes")
    with store.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            progress.advance(len(chunk))
    progress.end()
    return digest.hexdigest()


def check_stored(store: Store, name: str, expected: Digest, progress: Progress) -> list[Finding]:
    """Read a pack once and compare the blake3 of its stored bytes with the one that is recorded.

    Every flipped bit is found, and no piece is decoded: at over 4 GB/s a core, where `check_pack`
    takes 0.5 (measured 2026-11).
    Call `check_pack` on a pack with a finding to learn which pieces are wrong.

    Args:
        store: where it lies.
        name: of the pack in the store.
        expected: the blake3 that was computed when it was written, `Pack.fast_digest`.
        progress: told of every byte that was hashed.

    Returns:
        Nothing when the pack is whole.

    Raises:
        StoreUnavailable: it could not be read.
    """
    keep_freed_memory()
    digest = blake3()
    try:
        if store.size(name) is None:
            return [Finding(name, "it is missing")]
        progress.begin("hashing a pack", store.size(name), "bytes")
        with store.open(name) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)  # Here, while the bytes are in this core's cache.
                progress.advance(len(chunk))
        progress.end()
    except Damaged as problem:
        return [Finding(name, problem.message)]
    if digest.hexdigest() != expected.hex:
        return [Finding(name, "its blake3 is not the one that was recorded when it was written")]
    return []


class _Bases:
    """Gives bases from wherever in the store they lie; looks only when a piece has one."""

    def __init__(self, store: Ranged, seal: Seal | None = None) -> None:
        self._store = store
        self._prefix = "" if seal is None else seal.place.prefix

    @cached_property
    def _index(self) -> PackIndex:
        return PackIndex.load(self._store, self._prefix)

    def __call__(self, piece: PieceId) -> bytes:
        return self._index.whole(piece)


def _index(store: Store, name: str) -> tuple[tuple[PackedPiece, ...], list[Finding]]:
    """Return the pieces of a pack, or none and what is wrong with its index."""
    try:
        pieces = read_pack_index(store, name)
    except Damaged as problem:
        return (), [Finding(name, problem.message.removeprefix(f"{name}: "))]
    long = next((one for one in pieces if one.length > _LONGEST), None)
    if long is not None:
        return (), [Finding(name, f"piece {long.piece} takes {long.length} bytes, over {_LONGEST}")]
    return pieces, []


def _read(
    store: Store, name: str, digest: Hash, pieces: Sequence[PackedPiece], progress: Progress
) -> Generator[bytes, None, None]:
    """Yield the whole file: the magic, each piece, and then what follows; all of it is hashed."""
    progress.begin("hashing a pack", store.size(name), "bytes")
    lengths = chain([len(PACK_MAGIC)], (one.length for one in pieces), repeat(_CHUNK))
    with store.open(name) as file, FollowingHash(digest) as following:
        while chunk := _read_full(file, next(lengths)):
            following.update(chunk)
            progress.advance(len(chunk))
            yield chunk
        following.catch_up()
    progress.end()


def _read_full(file: BinaryIO, length: int) -> bytes:
    """Return `length` bytes, fewer only where the file ends."""
    data = file.read(length)
    while 0 < len(data) < length and (more := file.read(length - len(data))):
        data += more
    return data


def _wrong_pieces(
    store: Store, name: str, found: Iterable[tuple[PackedPiece, bytes]]
) -> Iterator[Finding]:
    check = partial(_check_piece, name, _Bases(store))
    with Workers(beside=1) as workers:
        yield from filter(None, workers.each(check, found))


def _check_piece(name: str, bases: Bases, found: tuple[PackedPiece, bytes]) -> Finding | None:
    one, encoded = found
    try:
        decode(encoded, expected=one.piece, bases=bases)
    except (Damaged, NotInStore) as problem:
        return Finding(name, problem.message)
    return None
