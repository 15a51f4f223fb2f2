"""Parity brings back what is damaged within its means, and says so beyond them."""

import hashlib
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.foundation import Silent
from emeritus.testing import MemoryStore
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.parity import check_parity, make_parity, mended, parity_name, plan
from emeritus.vault.parity.galois import coefficient, inverse, product


def packed(length: int, seed: int = 1) -> tuple[MemoryStore, str, bytes]:
    """Put random bytes under the name of a pack, with parity."""
    data = random.Random(seed).randbytes(length)
    name = f"packs/{hashlib.sha256(data).hexdigest()}.pack"
    store = MemoryStore()
    store.create(name, data)
    assert make_parity(store, name, Silent()) > 0
    return store, name, data


def naive_product(one: int, other: int) -> int:
    """Multiply as polynomials, modulo x^8 + x^4 + x^3 + x^2 + 1."""
    total = 0
    for bit in range(8):
        if other >> bit & 1:
            total ^= one << bit
    for bit in range(14, 7, -1):
        if total >> bit & 1:
            total ^= 0x11D << (bit - 8)
    return total


def test_the_field_is_the_one_that_is_described() -> None:
    for one in range(256):
        for other in range(0, 256, 7):
            assert product(one, other) == naive_product(one, other)
    assert all(naive_product(one, inverse(one)) == 1 for one in range(1, 256))


def test_the_bytes_are_those_of_the_page() -> None:
    """A pack of few shards, its parity made by hand from the page alone."""
    store, name, data = packed(150)
    head = plan(name[6:70], 150)
    assert (head.shard, head.data, head.parity, head.stripes) == (64, 3, 64, 1)
    whole = store.read(parity_name(name))
    padded = data.ljust(192, b"\0")
    text = whole[16 : 16 + int.from_bytes(whole[8:16], "little")]
    index = 16 + len(text) + 8 * (1 + 3 + 64)
    assert whole[:8] == b"EMPAR\x00\x02\n"
    assert whole[index + 64 * 64 :] == (
        whole[:index] + index.to_bytes(8, "little") + hashlib.sha256(whole[:-32]).digest()
    )
    for number, part in enumerate((text, padded[:64], padded[64:128], padded[128:])):
        at = 16 + len(text) + 8 * number
        assert whole[at : at + 8] == hashlib.blake2b(part, digest_size=8).digest()
    for row in range(64):
        wanted = bytearray(64)
        for column in range(3):
            factor = inverse((255 - row) ^ column)
            assert factor == coefficient(row, column)
            for place in range(64):
                wanted[place] ^= naive_product(factor, padded[column * 64 + place])
        first = index + row * 64
        assert whole[first : first + 64] == bytes(wanted)
    assert whole[-32:] == hashlib.sha256(whole[:-32]).digest()


@pytest.mark.parametrize("length", [1, 511, 512, 513, 5000, 100_000, 3_000_000])
def test_a_burst_of_its_share_comes_back(length: int) -> None:
    store, name, data = packed(length)
    head = plan(name[6:70], length)
    burst = head.stripes * head.parity * head.shard - head.shard  # it may begin within a shard
    for start in (0, length // 3, max(0, length - burst)):
        spoilt = bytearray(data)
        spoilt[start : start + burst] = bytes(len(spoilt[start : start + burst]))
        store.files[name] = bytes(spoilt)
        assert b"".join(mended(store, name)) == data


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_as_many_shards_as_there_is_parity_come_back(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 200_000))
    store, name, whole = packed(length, seed=length)
    head = plan(name[6:70], length)
    spoilt = bytearray(whole)
    chance = data.draw(st.randoms(use_true_random=False))
    for stripe in range(head.stripes):
        numbers = range(stripe, head.shards, head.stripes)
        for number in chance.sample(numbers, min(len(numbers), head.parity)):
            at = number * head.shard
            spoilt[min(at + chance.randrange(head.shard), length - 1)] ^= 1 + chance.randrange(255)
    store.files[name] = bytes(spoilt)
    assert b"".join(mended(store, name)) == whole


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[: len(data) * 99 // 100],
        lambda data: data + b"more",
        lambda data: data[:7] + bytes([data[7] ^ 1]) + data[8:],
    ],
)
def test_other_damage(spoil: Callable[[bytes], bytes]) -> None:
    store, name, data = packed(300_000)
    store.files[name] = spoil(data)
    assert b"".join(mended(store, name)) == data


def test_more_than_it_can_is_said() -> None:
    store, name, data = packed(100_000)
    store.files[name] = random.Random(9).randbytes(len(data))
    with pytest.raises(Damaged, match="only another copy"):
        list(mended(store, name))
    del store.files[name]
    with pytest.raises(NotInStore):
        list(mended(store, name))


def test_damage_in_the_parity_file_is_found_and_costs_one_shard() -> None:
    store, name, data = packed(100_000)
    beside = parity_name(name)
    good = store.read(beside)
    for at in (0, 9, 20, 200, len(good) // 2, len(good) - 1):
        store.files[beside] = good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :]
        assert check_parity(store, name), at
    assert make_parity(store, name, Silent()) == 0
    # One parity shard of two is lost in one stripe: one data shard of it still comes back.
    store.files[beside] = good[:-40] + bytes([good[-40] ^ 4]) + good[-39:]
    store.files[name] = data[:-5] + b"?" + data[-4:]
    assert b"".join(mended(store, name)) == data
    store.files[beside] = good
    assert check_parity(store, name) == []


def test_the_parity_of_another_pack_is_refused() -> None:
    store, name, _ = packed(5000)
    other, another, _ = packed(5000, seed=2)
    store.files[parity_name(name)] = other.files[parity_name(another)]
    with pytest.raises(Damaged, match="not the parity of this pack"):
        list(mended(store, name))


def test_no_parity_is_made_of_damage() -> None:
    store, name, data = packed(5000)
    del store.files[parity_name(name)]
    store.files[name] = data[:-1] + b"?"
    with pytest.raises(Damaged):
        make_parity(store, name, Silent())
    assert parity_name(name) not in store.files


def test_it_takes_about_its_share() -> None:
    store, name, data = packed(20_000_000)
    assert 0.03 < len(store.read(parity_name(name))) / len(data) < 0.04
