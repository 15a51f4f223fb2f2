"""The pack: a file of encoded pieces, named by the SHA-256 of its bytes.

    with PackWriter(store) as writer:
        writer.add(identity, encoded)
        pack = writer.close()

`pack_index` finds the pieces again, `pack_check` reads a pack whole.

A pack is written once and never changed. Its index stands at its end, so that a reader learns
what is inside from one or two reads of the tail. `docs/specs/pack.md` describes the bytes.
"""

import hashlib
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from blake3 import blake3

from emeritus.foundation import Digest, canonical_json
from emeritus.vault.closed import Seal
from emeritus.vault.codec.following import FollowingHash
from emeritus.vault.codec.pieces import PieceId
from emeritus.vault.errors import Damaged
from emeritus.vault.ports import Store, Upload

PACK_BYTES = 256 << 20
"""A pack that has grown to this many bytes takes no further piece."""

_CHUNK = 1 << 20

PACK_MAGIC = b"EMPACK\x00\x01"
TRAILER = struct.Struct("<Q8s")
TRAILER_MAGIC = b"EMPACKIX"


@dataclass(frozen=True, slots=True)
class PackedPiece:
    """Where one encoded piece lies in its pack: byte offset and length."""

    piece: PieceId
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that is durable: SHA-256 of the file, its bytes, its pieces in file order.

    `fast_digest` is the blake3 of the same bytes, for audits; see `pack_check.check_stored`.
    """

    digest: Digest
    bytes: int
    pieces: tuple[PackedPiece, ...]
    fast_digest: Digest

    @property
    def name(self) -> str:
        """Its name in a store, without the prefix of a class of objects."""
        return pack_name(self.digest)


def pack_name(digest: Digest, prefix: str = "") -> str:
    """Return the name of a pack in a store: `packs/<64 hex digits>.pack` under `prefix`."""
    return f"{prefix}packs/{digest.hex}.pack"


class PackWriter:
    """Writes one pack. Not thread-safe; leaving the context without `close` forgets it.

    Args:
        store: where the pack will be.
        prefix: of a class of objects, ending in `/`; empty for public ones.
        seal: encrypts it under the place's prefix; offsets in its index count decrypted bytes.
    """

    def __init__(self, store: Store, prefix: str = "", seal: Seal | None = None) -> None:
        self._store = store
        self._prefix = prefix if seal is None else seal.place.prefix
        self._sealing = None if seal is None else seal.writer()
        self._stored = 0
        self._stack = ExitStack()
        self._upload: Upload | None = None
        self._hash, self._fast_hash = hashlib.sha256(), blake3()
        self._following = self._stack.enter_context(FollowingHash(self._hash, self._fast_hash))
        self._offset = 0
        self._pieces: dict[PieceId, PackedPiece] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, problem, trace)

    def __contains__(self, piece: PieceId) -> bool:
        return piece in self._pieces

    @property
    def is_full(self) -> bool:
        """True when the pack should be closed and another begun."""
        return self._offset >= PACK_BYTES

    def add(self, piece: PieceId, encoded: bytes) -> bool:
        """Add an encoded piece at the end.

        Returns:
            False when the pack holds that piece already; nothing is written then.

        Raises:
            StoreUnavailable: the write failed; the pack is lost.
        """
        if piece in self._pieces:
            return False
        if not self._pieces:
            self._upload = self._stack.enter_context(self._store.upload())
            self._write(PACK_MAGIC)
        self._pieces[piece] = PackedPiece(piece, self._offset, len(encoded))
        self._write(encoded)
        return True

    def close(self) -> Pack | None:
        """Write the index and make the pack durable.

        Returns:
            The pack; None when it holds no piece, and then no file is made.

        Raises:
            StoreUnavailable: it is unknown whether the pack is durable; write it again.
            Damaged: a file of that name is there with other bytes.
        """
        if self._upload is None:
            self._stack.close()
            return None
        pieces = tuple(self._pieces.values())
        index = canonical_json(
            {"pieces": [[one.piece.hex, one.offset, one.length] for one in pieces]}
        )
        self._write(index)
        self._write(TRAILER.pack(len(index), TRAILER_MAGIC))
        if self._sealing is not None:
            self._put(self._upload, self._sealing.finish())
        self._following.catch_up()
        pack = Pack(
            Digest("sha256", self._hash.hexdigest()),
            self._stored,
            pieces,
            Digest("blake3", self._fast_hash.hexdigest()),
        )
        if not self._upload.commit(pack_name(pack.digest, self._prefix)):
            self._must_equal(pack)
        self._upload = None
        self._stack.close()
        return pack

    def _must_equal(self, pack: Pack) -> None:
        """Read back a file that has the pack's name already, before it is relied on."""
        name = pack_name(pack.digest, self._prefix)
        found = hashlib.sha256()
        with self._store.open(name) as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
        if found.hexdigest() != pack.digest.hex:
            raise Damaged(
                f"{name} is there already and does not have the SHA-256 in its name; "
                "move it away and run this again",
                about=name,
            )

    def _write(self, data: bytes) -> None:
        if self._upload is not None:
            self._offset += len(data)
            self._put(self._upload, data if self._sealing is None else self._sealing.update(data))

    def _put(self, upload: Upload, stored: bytes) -> None:
        upload.write(stored)
        self._following.update(stored)
        self._stored += len(stored)
