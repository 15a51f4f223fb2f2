"""One flipped bit anywhere in a store is found, and the file is named."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.houses import audit, deposit, drill, found, tiny_model, verify


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flips")
    house = found(folder / "home")
    deposit(house, tiny_model(folder / "source"))
    audit(house)
    drill(house)
    assert verify(folder / "home" / "store").is_whole
    return folder / "home" / "store"


def files(store: Path) -> list[Path]:
    return sorted(p for p in store.rglob("*") if p.is_file() and "incoming" not in p.parts)


def flips(data: bytes, most: int, seed: str) -> Iterator[tuple[int, int]]:
    """Choose places: every bit of a small file, spread and random ones of a larger."""
    every = len(data) * 8
    if every <= most:
        chosen = range(every)
    else:
        chosen = sorted({0, every - 1, *random.Random(seed).sample(range(every), most)})  # type: ignore[assignment] # both are iterables of int
    yield from ((bit // 8, bit % 8) for bit in chosen)


def check_every_file(store: Path, most: int) -> int:
    done = 0
    for path in files(store):
        name = path.relative_to(store).as_posix()
        good = path.read_bytes()
        for byte, bit in flips(good, most, name):
            path.write_bytes(good[:byte] + bytes([good[byte] ^ (1 << bit)]) + good[byte + 1 :])
            result = verify(store)
            named = {finding.file for finding in result.harmful}
            assert not result.is_whole, (name, byte, bit)
            assert name in named, (name, byte, bit, named)
            done += 1
        path.write_bytes(good)
    assert verify(store).is_whole
    return done


def test_a_flipped_bit_is_found_and_its_file_is_named(store: Path) -> None:
    assert check_every_file(store, 6) > 100


@pytest.mark.long
def test_many_flipped_bits_are_found(store: Path) -> None:
    assert check_every_file(store, 250) > 4000


def test_a_missing_file_is_named(store: Path) -> None:
    for path in files(store):
        name = path.relative_to(store).as_posix()
        if name == "store.json":
            continue
        good = path.read_bytes()
        path.unlink()
        result = verify(store)
        path.write_bytes(good)
        assert not result.is_whole
        assert any(name in str(finding) or finding.file == name for finding in result.harmful), name


def test_a_truncated_file_is_named(store: Path) -> None:
    for path in files(store):
        name = path.relative_to(store).as_posix()
        good = path.read_bytes()
        path.write_bytes(good[:-1])
        result = verify(store)
        path.write_bytes(good)
        assert name in {finding.file for finding in result.harmful}, name


def test_a_file_that_nothing_speaks_of_is_named(store: Path) -> None:
    for name in ("notes.txt", "specs/extra.md", "log/strange"):
        extra = store / name
        extra.parent.mkdir(parents=True, exist_ok=True)
        extra.write_bytes(b"x")
        named = {finding.file for finding in verify(store).harmful}
        extra.unlink()
        assert name in named
