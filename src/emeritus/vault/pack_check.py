"""The fixity check of one pack: every stored byte, then every piece."""

import hashlib
from functools import cached_property

from emeritus.foundation import Progress
from emeritus.vault.codec.pieces import Bases, PieceId, decode
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.findings import Finding
from emeritus.vault.pack_index import PackIndex, read_pack_index
from emeritus.vault.packs import PACK_MAGIC, PackedPiece
from emeritus.vault.ports import Store

_CHUNK = 1 << 20


def check_pack(store: Store, name: str, progress: Progress) -> list[Finding]:
    """Read a pack twice, once for its SHA-256 and once for its pieces, and say what is wrong.

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
    try:
        if store.size(name) is None:
            return [Finding(name, "it is missing")]
        found, head = _hash(store, name, progress)
    except Damaged as problem:
        return [Finding(name, problem.message)]
    findings = []
    if name.rpartition("/")[2] != f"{found}.pack":
        findings.append(Finding(name, "its SHA-256 is not the one in its name"))
    if head != PACK_MAGIC:
        findings.append(Finding(name, "it does not begin as a pack does"))
    try:
        pieces = read_pack_index(store, name)
    except Damaged as problem:
        return [*findings, Finding(name, problem.message.removeprefix(f"{name}: "))]
    bases = _Bases(store)
    for one in pieces:
        findings += _check_piece(store, name, one, bases)
    return findings


class _Bases:
    """Gives bases from wherever in the store they lie; looks only when a piece has one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def _index(self) -> PackIndex:
        return PackIndex.load(self._store)

    def __call__(self, piece: PieceId) -> bytes:
        return self._index.whole(piece)


def _hash(store: Store, name: str, progress: Progress) -> tuple[str, bytes]:
    """Return the SHA-256 of the whole file in hex, and its first bytes."""
    digest = hashlib.sha256()
    head = b""
    progress.begin("hashing a pack", store.size(name), "bytes")
    with store.open(name) as file:
        while chunk := file.read(_CHUNK):
            head = head or chunk[: len(PACK_MAGIC)]
            digest.update(chunk)
            progress.advance(len(chunk))
    progress.end()
    return digest.hexdigest(), head


def _check_piece(store: Store, name: str, one: PackedPiece, bases: Bases) -> list[Finding]:
    try:
        encoded = store.read_range(name, one.offset, one.length)
        decode(encoded, expected=one.piece, bases=bases)
    except (Damaged, NotInStore) as problem:
        return [Finding(name, problem.message)]
    return []
