"""What happens to disks and files, done to a pack and to its parity."""

import hashlib
import random
import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.adapters.stores import LocalStore
from emeritus.foundation import Silent
from emeritus.testing import FaultyStore, MemoryStore
from emeritus.vault.errors import Damaged, StoreUnavailable
from emeritus.vault.parity import check_parity, make_parity, mended, parity_name, plan

LENGTH = 2_500_000


class BadSectors(MemoryStore):
    """A disk that cannot read some of its sectors."""

    def __init__(self, files: dict[str, bytes], sectors: set[int]) -> None:
        super().__init__()
        self.files = files
        self.sectors = sectors
        self.asked = 0

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        self.asked += 1
        wanted = range(offset // 4096, -(-(offset + length) // 4096))
        if name.startswith("packs/") and not self.sectors.isdisjoint(wanted):
            raise StoreUnavailable("a sector cannot be read")
        return super().read_range(name, offset, length)


def packed(length: int = LENGTH, seed: int = 1) -> tuple[MemoryStore, str, bytes]:
    data = random.Random(seed).randbytes(length)
    name = f"packs/{hashlib.sha256(data).hexdigest()}.pack"
    store = MemoryStore()
    store.create(name, data)
    make_parity(store, name, Silent())
    return store, name, data


def cut(data: bytes, start: int, end: int, instead: bytes = b"") -> bytes:
    return data[:start] + instead + data[end:]


def exchanged(data: bytes, one: int, other: int) -> bytes:
    pages = [data[at : at + 4096] for at in range(0, len(data), 4096)]
    pages[one], pages[other] = pages[other], pages[one]
    return b"".join(pages)


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda data: cut(data, 1_000_000, 1_000_100),
    lambda data: cut(data, 1_000_000, 1_030_000),
    lambda data: cut(data, 1_000_000, 1_000_000, b"put in between"),
    lambda data: cut(data, 1_000_000, 1_000_000, bytes(3_000_000)),
    lambda data: data[5000:],
    lambda data: data[:-70_000],
    lambda data: b"more" + data,
    lambda data: data + bytes(4_000_000),
    lambda data: cut(data, 8192, 16384, bytes(8192)),
    lambda data: exchanged(data, 3, 500),
    lambda data: cut(data, 0, 80_000, b"\xff" * 80_000),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_lost_moved_or_put_in_between_comes_back(damage: Callable[[bytes], bytes]) -> None:
    store, name, data = packed()
    store.files[name] = damage(data)
    before = dict(store.files)
    assert b"".join(mended(store, name)) == data
    assert store.files == before


def test_a_small_pack_comes_back_from_nothing() -> None:
    store, name, data = packed(4000)
    store.files[name] = b""
    assert b"".join(mended(store, name)) == data


@pytest.mark.parametrize(
    "spoil",
    [
        lambda par: par[:-1],
        lambda par: par[: len(par) * 2 // 3],
        lambda par: par + bytes(9),
        lambda par: cut(par, 0, 300, bytes(300)),
        lambda par: cut(par, 0, 4096, bytes(4096)),
        lambda par: cut(par, 30, 31, b"0" if par[30:31] != b"0" else b"1"),
        lambda par: cut(par, 4096, 8192, b"\xff" * 4096),
        lambda par: par[:-9000],
        lambda par: cut(par, 0, 200, bytes(200))[:-200],
    ],
)
def test_a_damaged_parity_file_is_used_as_far_as_it_is_good(
    spoil: Callable[[bytes], bytes],
) -> None:
    store, name, data = packed()
    store.files[parity_name(name)] = spoil(store.files[parity_name(name)])
    assert check_parity(store, name)
    store.files[name] = cut(data, 4096, 4200, bytes(104))
    assert b"".join(mended(store, name)) == data


def test_every_flipped_bit_of_a_parity_file_is_found_and_none_matters() -> None:
    store, name, data = packed(300)
    good = store.files[parity_name(name)]
    store.files[name] = data[:100] + bytes([data[100] ^ 1]) + data[101:]
    for bit in range(8 * len(good)):
        spoilt = bytearray(good)
        spoilt[bit // 8] ^= 1 << bit % 8
        store.files[parity_name(name)] = bytes(spoilt)
        assert check_parity(store, name)
        if bit % 9 == 0:
            assert b"".join(mended(store, name)) == data


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_never_other_bytes_than_the_packs(data: st.DataObject) -> None:
    """Any damage to both files: mended, refused, or a SHA-256 that tells."""
    length = data.draw(st.integers(1, 300_000))
    store, name, whole = packed(length, seed=length)
    head = plan(name[6:70], length)
    chance = data.draw(st.randoms(use_true_random=False))
    spoilt = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 2 * head.parity))):
        spoilt[chance.randrange(length)] ^= 1 + chance.randrange(255)
    harmed = {at for at in range(length) if spoilt[at] != whole[at]}
    worst = max(
        (
            len({at // head.shard for at in harmed if at // head.shard % head.stripes == stripe})
            for stripe in range(head.stripes)
        ),
        default=0,
    )
    store.files[name] = bytes(spoilt)
    if worst <= head.parity:
        assert b"".join(mended(store, name)) == whole
    else:
        with pytest.raises(Damaged, match="only another copy"):
            list(mended(store, name))


def test_sectors_that_cannot_be_read_are_lost_like_others() -> None:
    store, name, data = packed()
    disk = BadSectors(store.files, {5, 6, 7, 200, 400})
    assert b"".join(mended(disk, name)) == data


def test_a_disk_that_went_away_is_said_and_not_asked_for_ever() -> None:
    store, name, _ = packed()
    disk = BadSectors(store.files, set(range(10_000)))
    with pytest.raises(StoreUnavailable):
        list(mended(disk, name))
    assert disk.asked < 60


@pytest.mark.parametrize(
    "head",
    [
        b'{"bytes":4611686018427387904,"data":1,"pack":"%s","parity":1,"shard":1,"stripes":9}',
        b'{"bytes":9,"data":1,"pack":"%s","parity":254,"shard":1048576,"stripes":1}',
        b'{"bytes":9,"data":254,"pack":"%s","parity":1,"shard":1,"stripes":1}',
        b'{"bytes":-9,"data":1,"pack":"%s","parity":1,"shard":1,"stripes":1}',
        b"[" * 5000,
        b"",
    ],
)
def test_a_hostile_head_is_refused(head: bytes) -> None:
    store, name, data = packed(5000)
    text = head.replace(b"%s", name[6:70].encode())
    of_text = hashlib.blake2b(text, digest_size=8).digest()
    body = b"EMPAR\x00\x02\n" + len(text).to_bytes(8, "little") + text + of_text + bytes(500)
    store.files[parity_name(name)] = body + hashlib.sha256(body).digest()
    store.files[name] = data[:-1]
    assert check_parity(store, name)
    with pytest.raises(Damaged, match="not the parity of this pack"):
        list(mended(store, name))


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_fault_while_it_is_made_leaves_all_of_it_or_nothing(when: str) -> None:
    whole, name, _ = packed(100_000)
    for fail_at in range(1, 9):
        inner = MemoryStore()
        inner.files[name] = whole.files[name]
        faulty = FaultyStore(inner, fail_at=fail_at, when="after" if when == "after" else "before")
        if faulty_made(faulty, name):
            break
        assert inner.files.get(parity_name(name)) in (None, whole.files[parity_name(name)])
    assert inner.files == whole.files


def faulty_made(store: FaultyStore, name: str) -> bool:
    try:
        make_parity(store, name, Silent())
    except StoreUnavailable:
        assert store.tripped
        return False
    return True


@pytest.mark.parametrize("share", [0.001, 0.03, 0.1, 0.5, 0.99])
def test_any_share_makes_a_sound_file(share: float) -> None:
    for length in (1, 63, 64, 65, 4095, 4096, 262_143, 262_144, 1_100_000):
        head = plan("0" * 64, length, share)
        assert head.data + head.parity <= 255
        assert head.parity >= max(8, share * head.data)
        assert head.data * head.stripes >= head.shards > (head.data - 1) * head.stripes


@pytest.mark.long
def test_a_large_pack_takes_bounded_memory(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    chance, found = random.Random(3), hashlib.sha256()
    with store.upload() as upload:
        for _ in range(64):
            part = chance.randbytes(1 << 20)
            found.update(part)
            upload.write(part)
        name = f"packs/{found.hexdigest()}.pack"
        upload.commit(name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    make_parity(store, name, Silent())
    with (tmp_path / name).open("r+b") as file:
        file.seek(30 << 20)
        file.write(bytes(1 << 20))
    back = hashlib.sha256()
    for part in mended(store, name):
        back.update(part)
    assert back.digest() == found.digest()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 << 10  # KiB
