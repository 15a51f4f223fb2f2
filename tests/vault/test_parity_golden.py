"""The golden parity file, read by a mender that was written from the page alone."""

import hashlib
import json
from pathlib import Path

from emeritus.foundation import Silent
from emeritus.testing import MemoryStore
from emeritus.vault.parity import check_parity, make_parity, mended, parity_name

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/vault/parity.json").read_text())
PACK, PARITY = bytes.fromhex(GOLDEN["pack"]), bytes.fromhex(GOLDEN["parity"])
NAME = f"packs/{GOLDEN['sha256']}.pack"


def times(one: int, other: int) -> int:
    total = 0
    while other:
        total ^= one if other & 1 else 0
        one = one << 1 ^ (0x11D if one & 0x80 else 0)
        other >>= 1
    return total


def inverse(one: int) -> int:
    return next(other for other in range(1, 256) if times(one, other) == 1)


def plainly_mended(pack: bytes, parity: bytes) -> bytes:
    """Follow `docs/specs/parity.md`, a byte at a time; the pack has its length, and one stripe."""
    length = int.from_bytes(parity[8:16], "little")
    head = json.loads(parity[16 : 16 + length])
    size, rows, stripes = head["shard"], head["parity"], head["stripes"]
    count = -(-head["bytes"] // size)
    table = 16 + length + 8
    first = table + 8 * (count + rows * stripes)
    shards = [pack[at : at + size].ljust(size, b"\0") for at in range(0, head["bytes"], size)]
    shards += [parity[at : at + size] for at in range(first, first + rows * size, size)]
    good = [
        hashlib.blake2b(one, digest_size=8).digest() == parity[table + 8 * n : table + 8 * n + 8]
        for n, one in enumerate(shards)
    ]
    lost = [n for n in range(count) if not good[n]]
    system = []
    for row in [row for row in range(rows) if good[count + row]][: len(lost)]:
        side = list(shards[count + row])
        for n in set(range(count)) - set(lost):
            factor = inverse((255 - row) ^ n)
            side = [a ^ times(factor, b) for a, b in zip(side, shards[n], strict=True)]
        system.append([inverse((255 - row) ^ n) for n in lost] + side)
    for place in range(len(lost)):
        scale = inverse(system[place][place])
        system[place] = [times(scale, one) for one in system[place]]
        for other in range(len(lost)):
            if other != place:
                factor = system[other][place]
                pairs = zip(system[other], system[place], strict=True)
                system[other] = [a ^ times(factor, b) for a, b in pairs]
    for n, solved in zip(lost, system, strict=True):
        shards[n] = bytes(solved[len(lost) :])
    return b"".join(shards[:count])[: head["bytes"]]


def test_a_mender_from_the_page_alone_mends_the_golden_pack() -> None:
    damaged = bytearray(PACK)
    for at in (3, 100, 400):
        damaged[at] ^= 0x55
    assert plainly_mended(bytes(damaged), PARITY) == PACK
    store = MemoryStore()
    store.files = {NAME: bytes(damaged), parity_name(NAME): PARITY}
    assert b"".join(mended(store, NAME)) == PACK
    assert check_parity(store, NAME) == []


def test_the_golden_parity_file_is_made_for_ever() -> None:
    store = MemoryStore()
    store.files = {NAME: PACK}
    make_parity(store, NAME, Silent())
    assert store.files[parity_name(NAME)] == PARITY
