"""How a pack is cut, and its parity file, of which every good shard counts."""

import hashlib
import math
import struct
from typing import Annotated, Self

import msgspec
import numpy as np

from emeritus.foundation import IntegrityError, UserError, canonical_json, parse_canonical_json
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.findings import Finding
from emeritus.vault.parity.galois import MOST_SHARDS, Bytes
from emeritus.vault.ports import Store

MAGIC = b"EMPAR\x00\x02\n"
DIGEST_BYTES = 8
"""BLAKE2b of 64 bits finds damage but for odds of 2^-64; the pack's SHA-256 decides in the end."""

SHARE = 0.03
"""Parity for each byte of data, at least."""

SECTOR = 4096
"""Bytes that a disk loses at once; a larger shard would lose more than the disk did."""

_SMALLEST = 64
_SMALL_PACK = 64
"""A pack of fewer sectors has smaller shards, so that its parity is not larger than itself."""

_FEWEST_PARITY = 8
_MOST_TEXT = 512
_LENGTH = struct.Struct("<Q")
_TRAILER = struct.Struct("<Q32s")


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a parity file says of itself.

    Attributes:
        pack: SHA-256 of the pack in hex.
        bytes: its length.
        shard: bytes of a shard; the last one of a pack is filled with zeros.
        data: data shards of a stripe, at most.
        parity: parity shards of a stripe.
        stripes: how many; shard q belongs to stripe q modulo this.
    """

    pack: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    bytes: Annotated[int, msgspec.Meta(gt=0)]
    shard: Annotated[int, msgspec.Meta(ge=1, le=1 << 20)]
    data: Annotated[int, msgspec.Meta(ge=1, le=254)]
    parity: Annotated[int, msgspec.Meta(ge=1, le=254)]
    stripes: Annotated[int, msgspec.Meta(ge=1)]

    @property
    def shards(self) -> int:
        """How many data shards the pack has."""
        return -(-self.bytes // self.shard)

    @property
    def column_bytes(self) -> int:
        """Bytes of one data shard of every stripe; they lie next to each other in the pack."""
        return self.stripes * self.shard

    @property
    def index_bytes(self) -> int:
        """How long the index is: all that lies before the parity, and again behind it."""
        digests = 1 + self.shards + self.stripes * self.parity
        return len(MAGIC) + _LENGTH.size + len(_text(self)) + digests * DIGEST_BYTES

    @property
    def file_bytes(self) -> int:
        """How long the parity file is."""
        return 2 * self.index_bytes + self.parity * self.column_bytes + _TRAILER.size


def parity_name(pack: str) -> str:
    """Return the name of a pack's parity file: `packs/X.pack` gives `parity/X.par`."""
    prefix, _, rest = pack.rpartition("packs/")
    return f"{prefix}parity/{rest.removesuffix('.pack')}.par"


def named_sha256(pack: str) -> str:
    """Return the SHA-256 in a pack's name."""
    return pack.rpartition("/")[2].removesuffix(".pack")


def plan(pack_sha256: str, length: int, share: float = SHARE) -> Head:
    """Return how a pack of that length is cut.

    Raises:
        UserError: the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise UserError(f"expected a share of parity between 0 and 1, found {share}")
    size = SECTOR
    while size > _SMALLEST and length < _SMALL_PACK * size:
        size //= 2
    shards = -(-length // size)
    together = MOST_SHARDS - 1
    stripes = -(-shards // min(math.floor(together / (1 + share)), together - _FEWEST_PARITY))
    data = -(-shards // stripes)
    parity = max(_FEWEST_PARITY, SECTOR // size, math.ceil(data * share))
    return Head(pack_sha256, length, size, data, parity, stripes)


def digest(shard: bytes | Bytes) -> bytes:
    """Return by what a damaged shard is told from a whole one."""
    data = shard if isinstance(shard, bytes) else shard.data
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def build(head: Head, digests: list[bytes], parity: bytes) -> bytes:
    """Return the bytes of a parity file."""
    text = _text(head)
    index = b"".join((MAGIC, _LENGTH.pack(len(text)), text, digest(text), *digests))
    body = b"".join((index, parity, index, _LENGTH.pack(len(index))))
    return body + hashlib.sha256(body).digest()


def check_parity(store: Store, pack: str) -> list[Finding]:
    """Say what is wrong with a pack's parity file; nothing when it is whole, or not there.

    Raises:
        StoreUnavailable: it could not be read.
    """
    name = parity_name(pack)
    try:
        data = store.read(name)
    except NotInStore:
        return []
    if not _is_whole(data):
        return [Finding(name, "it does not have the SHA-256 at its end")]
    head = _head_in(data, 0, name)
    if head is None or head.pack != named_sha256(pack) or head.file_bytes != len(data):
        return [Finding(name, "it is not the parity of this pack")]
    return []


class ParityFile:
    """A parity file that was read; a damaged shard in it is left unused.

    Attributes:
        head: how the pack is cut.
    """

    def __init__(self, head: Head, data: bytes) -> None:
        self.head = head
        self._data = data
        self._parity = head.index_bytes
        count = head.shards + head.stripes * head.parity
        behind = self._parity + head.parity * head.column_bytes
        self._tables = [
            start + head.index_bytes - count * DIGEST_BYTES
            for start in dict.fromkeys((0, behind, len(data) - _TRAILER.size - head.index_bytes))
            if start >= 0
        ]

    @classmethod
    def load(cls, store: Store, pack: str) -> Self:
        """Read the parity file of a pack.

        Where both its heads are lost, one is worked out from the pack's length, as `plan` makes it.

        Raises:
            NotInStore: there is none.
            Damaged: it is not the parity of this pack, or no shard of it is left.
            StoreUnavailable: the store failed.
        """
        name = parity_name(pack)
        data = store.read(name)
        wanted = named_sha256(pack)
        heads = [_head_in(data, 0, name), _head_in(data, _last_index(data), name)]
        length = store.size(pack)
        if length and not _is_whole(data):
            heads.append(plan(wanted, length))
        for head in heads:
            # The length holds off a head that claims far more than there is.
            if head is not None and head.pack == wanted and head.file_bytes <= 2 * len(data):
                found = cls(head, data)
                if any(found.good_rows(stripe) for stripe in range(head.stripes)):
                    return found
        raise Damaged(
            f"{name} is not the parity of this pack, or no part of it is left", about=name
        )

    def is_good(self, number: int, shard: Bytes) -> bool:
        """Say whether one of the two tables has this digest for a shard.

        Args:
            number: of a data shard; parity shards follow them.
            shard: its bytes as they were found.
        """
        found = digest(shard)
        at = number * DIGEST_BYTES
        return any(self._data.startswith(found, table + at) for table in self._tables)

    def shard(self, stripe: int, row: int) -> Bytes:
        """Return a parity shard, short where the file ends."""
        first = self._parity + (stripe * self.head.parity + row) * self.head.shard
        return np.frombuffer(self._data[first : first + self.head.shard], np.uint8)

    def good_rows(self, stripe: int) -> list[int]:
        """Return the parity shards of a stripe that are whole."""
        first = self.head.shards + stripe * self.head.parity
        rows = range(self.head.parity)
        return [row for row in rows if self.is_good(first + row, self.shard(stripe, row))]


def _is_whole(data: bytes) -> bool:
    return hashlib.sha256(data[:-32]).digest() == data[-32:]


def _last_index(data: bytes) -> int:
    """Return where the second index begins; a negative number when that is damaged."""
    if len(data) < _TRAILER.size:
        return -1
    length, _ = _TRAILER.unpack_from(data, len(data) - _TRAILER.size)
    return len(data) - _TRAILER.size - int(length)


def _text(head: Head) -> bytes:
    return canonical_json(msgspec.to_builtins(head))


def _head_in(data: bytes, at: int, name: str) -> Head | None:
    """Return the head of the index that begins there; None when it is not whole."""
    start = at + len(MAGIC) + _LENGTH.size
    if at < 0 or len(data) < start or not data.startswith(MAGIC, at):
        return None
    (length,) = _LENGTH.unpack_from(data, at + len(MAGIC))
    text = data[start : start + min(length, _MOST_TEXT)]
    if not data.startswith(digest(text), start + length):
        return None
    try:
        head = msgspec.convert(parse_canonical_json(text, about=name), Head)
    except (IntegrityError, UserError, msgspec.ValidationError):
        return None
    sound = head.data + head.parity < MOST_SHARDS and head.data == -(-head.shards // head.stripes)
    return head if sound else None
