"""Parity: a few per cent more, by which a damaged pack mends itself where there is no other copy.

A pack is cut into shards; every so many shards, taken far apart so that a burst of damage falls on
different ones, are a stripe; each stripe has some parity shards (`galois`). A digest of every shard
says which are damaged, so each parity shard brings back one. `docs/specs/parity.md` describes the
bytes. The file lies beside the pack, as `parity/<64 hex digits>.par`.
"""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
import numpy as np

from emeritus.foundation import (
    IntegrityError,
    Progress,
    UserError,
    canonical_json,
    parse_canonical_json,
)
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.findings import Finding
from emeritus.vault.galois import MOST_SHARDS, Bytes, add_product, coefficient, solve
from emeritus.vault.ports import Store

MAGIC = b"EMPAR\x00\x01\n"
DIGEST_BYTES = 16
"""BLAKE2b cut to 128 bits: it finds damage, and the pack's SHA-256 decides in the end."""

SHARE = 0.03
"""Parity for each byte of data: mends any burst of 3 % of a pack."""

_MOST_DATA = 128
_FEWEST_PARITY = 2
_SHARDS = 4096
_SMALLEST, _LARGEST = 512, 64 * 1024
_LENGTH = struct.Struct("<Q")
_TRAILER = 32


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


def parity_name(pack: str) -> str:
    """Return the name of a pack's parity file: `packs/X.pack` gives `parity/X.par`."""
    prefix, _, rest = pack.rpartition("packs/")
    return f"{prefix}parity/{rest.removesuffix('.pack')}.par"


def plan(pack_sha256: str, length: int, share: float = SHARE) -> Head:
    """Return how a pack of that length is cut.

    Raises:
        UserError: the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise UserError(f"expected a share of parity between 0 and 1, found {share}")
    size = _SMALLEST
    while size < _LARGEST and size * _SHARDS < length:
        size *= 2
    shards = -(-length // size)
    stripes = -(-shards // _MOST_DATA)
    data = -(-shards // stripes)
    parity = min(max(_FEWEST_PARITY, round(data * share + 0.4999)), 254 - data)
    return Head(pack_sha256, length, size, data, parity, stripes)


def make_parity(store: Store, pack: str, progress: Progress, share: float = SHARE) -> int:
    """Make a pack's parity file, unless it is there; read the pack once, from start to end.

    Args:
        store: where the pack is, and its parity will be.
        pack: its name.
        progress: told of the bytes read.
        share: parity for each byte of data.

    Returns:
        Bytes of the new file; 0 when there was one.

    Raises:
        Damaged: the pack does not have the SHA-256 in its name; nothing was written.
        NotInStore: there is no such pack.
        StoreUnavailable: the store failed.
    """
    name = parity_name(pack)
    length = store.size(pack)
    if length is None:
        raise NotInStore(f"there is no {pack} in this store", about=pack)
    if store.size(name) is not None:
        return 0
    wanted = pack.rpartition("/")[2].removesuffix(".pack")
    head = plan(wanted, length, share)
    parity = np.zeros((head.stripes, head.parity, head.shard), np.uint8)
    digests, found = [], hashlib.sha256()
    progress.begin("making parity", length, "bytes")
    for number, shard in enumerate(_shards(store, pack, head)):
        found.update(shard[: min(head.shard, length - number * head.shard)])
        digests.append(_digest(shard))
        column, stripe = divmod(number, head.stripes)
        for row in range(head.parity):
            add_product(parity[stripe, row], coefficient(row, column), shard)
        progress.advance(head.shard)
    progress.end()
    if found.hexdigest() != wanted:
        raise Damaged(f"{pack} does not have the SHA-256 in its name", about=pack)
    digests += [_digest(one.tobytes()) for one in parity.reshape(-1, head.shard)]
    text = canonical_json(msgspec.to_builtins(head))
    body = b"".join((MAGIC, _LENGTH.pack(len(text)), text, *digests, parity.tobytes()))
    file = body + hashlib.sha256(body).digest()
    with store.upload() as upload:
        upload.write(file)
        upload.commit(name)
    return len(file)


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
    if hashlib.sha256(data[:-_TRAILER]).digest() != data[-_TRAILER:]:
        return [Finding(name, "it does not have the SHA-256 at its end")]
    try:
        _Parity(data, pack)
    except Damaged as problem:
        return [Finding(name, problem.message)]
    return []


def mended(store: Store, pack: str) -> Iterator[bytes]:
    """Yield the bytes of a damaged pack as they must be; the caller compares the SHA-256.

    Nothing is written. Memory holds the parity file and what was lost.

    Args:
        store: where the damaged pack and its parity file are.
        pack: its name; shards that are missing at its end count as lost.

    Raises:
        NotInStore: one of the two is not there.
        Damaged: more is lost than the parity brings back, or the parity file is no such thing.
        StoreUnavailable: the store failed.
    """
    parity = _Parity(store.read(parity_name(pack)), pack)
    head = parity.head
    if store.size(pack) is None:
        raise NotInStore(f"there is no {pack} in this store", about=pack)
    lost: dict[int, list[int]] = {}
    for number, shard in enumerate(_shards(store, pack, head)):
        if _digest(shard) != parity.digests[number]:
            lost.setdefault(number % head.stripes, []).append(number)
    back: dict[int, bytes] = {}
    for stripe, numbers in lost.items():
        back |= _brought_back(store, pack, parity, stripe, numbers)
    for number, shard in enumerate(_shards(store, pack, head)):
        whole = back.get(number, shard)
        yield whole[: head.bytes - number * head.shard]


def _brought_back(
    store: Store, pack: str, parity: "_Parity", stripe: int, lost: Sequence[int]
) -> dict[int, bytes]:
    """Solve for the lost shards of one stripe."""
    head = parity.head
    rows = parity.good_rows(stripe)[: len(lost)]
    if len(rows) < len(lost):
        raise Damaged(
            f"{pack}: {len(lost)} of the shards of a stripe are lost, and its parity brings back "
            f"{len(rows)}; only another copy can mend it",
            about=pack,
        )
    sides = [parity.shard(stripe, row).copy() for row in rows]
    for number in range(stripe, head.shards, head.stripes):
        if number not in lost:
            shard = _shard(store, pack, head, number)
            for side, row in zip(sides, rows, strict=True):
                add_product(side, coefficient(row, number // head.stripes), shard)
    system = [[coefficient(row, number // head.stripes) for number in lost] for row in rows]
    found = {n: one.tobytes() for n, one in zip(lost, solve(system, sides), strict=True)}
    for number, brought in found.items():
        if _digest(brought) != parity.digests[number]:
            raise Damaged(f"{pack}: its parity file does not agree with itself", about=pack)
    return found


class _Parity:
    """A parity file that was read; a damaged shard in it is left unused."""

    def __init__(self, data: bytes, pack: str) -> None:
        name = parity_name(pack)
        try:
            start = len(MAGIC) + _LENGTH.size
            (length,) = _LENGTH.unpack(data[len(MAGIC) : start])
            text = parse_canonical_json(data[start : start + length], about=name)
            self.head = msgspec.convert(text, Head)
        except (struct.error, IntegrityError, UserError, msgspec.ValidationError) as problem:
            raise Damaged(f"{name} does not begin as a parity file does", about=name) from problem
        head = self.head
        table = start + length
        count = head.shards + head.stripes * head.parity
        self._at = table + count * DIGEST_BYTES
        whole = self._at + head.stripes * head.parity * head.shard + _TRAILER
        named = pack.rpartition("/")[2].removesuffix(".pack")
        fits = head.data + head.parity < MOST_SHARDS and head.shards <= head.data * head.stripes
        if data[: len(MAGIC)] != MAGIC or len(data) != whole or head.pack != named or not fits:
            raise Damaged(f"{name} is not the parity of this pack", about=name)
        self.digests = [data[at : at + DIGEST_BYTES] for at in range(table, self._at, DIGEST_BYTES)]
        self._data = data

    def shard(self, stripe: int, row: int) -> Bytes:
        """Return a parity shard."""
        first = self._at + (stripe * self.head.parity + row) * self.head.shard
        return np.frombuffer(self._data, np.uint8, self.head.shard, first)

    def good_rows(self, stripe: int) -> list[int]:
        """Return the parity shards of a stripe that are whole."""
        first = self.head.shards + stripe * self.head.parity
        return [
            row
            for row in range(self.head.parity)
            if _digest(self.shard(stripe, row).tobytes()) == self.digests[first + row]
        ]


def _shards(store: Store, pack: str, head: Head) -> Iterator[bytes]:
    """Yield the shards of a pack, each whole; what the file lacks is zeros."""
    with store.open(pack) as file:
        for _ in range(head.shards):
            yield file.read(head.shard).ljust(head.shard, b"\0")


def _shard(store: Store, pack: str, head: Head, number: int) -> bytes:
    data = store.read_range(pack, number * head.shard, head.shard)
    return data.ljust(head.shard, b"\0")


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()
