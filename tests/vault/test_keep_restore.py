"""Files go in and come back; what changes, contradicts or cannot be written leaves nothing."""

import errno
import os
import random
from pathlib import Path

import pytest

from emeritus.foundation import Conflict, NotFound, Silent
from emeritus.testing import MemoryStore
from emeritus.vault import Damaged, Package, PackagedFile, PackIndex, gather, keep, restore
from emeritus.vault.errors import DestinationUnusable, PathUnsafe


class Meddler(Silent):
    """A listener that changes the file while it is read."""

    def __init__(self, file: Path, data: bytes) -> None:
        self._file = file
        self._data = data

    def advance(self, amount: int) -> None:
        self._file.write_bytes(self._data)
        os.utime(self._file, ns=(amount, amount))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(random.Random(1).randbytes(3 << 20))
    (folder / "sub" / "again.bin").write_bytes((folder / "weights.bin").read_bytes())
    (folder / "empty").write_bytes(b"")
    return folder


def kept(store: MemoryStore, folder: Path) -> Package:
    sources = gather(folder).sources
    known: frozenset[str] = frozenset()
    return keep(store, sources, known_packs=known, opaque=True, progress=Silent()).package


def nothing_appeared(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["model"]


def test_files_come_back(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    package = kept(store, folder)
    written = restore(PackIndex.load(store), package, tmp_path / "out", progress=Silent())
    assert {path.relative_to(tmp_path / "out").as_posix() for path in written} == {
        "weights.bin",
        "sub/again.bin",
        "empty",
    }
    for path in written:
        assert path.read_bytes() == (folder / path.relative_to(tmp_path / "out")).read_bytes()


def test_a_file_may_be_asked_for_twice(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    package = kept(store, folder)
    asked = ["empty", "empty"]
    written = restore(
        PackIndex.load(store), package, tmp_path / "out", paths=asked, progress=Silent()
    )
    assert written == (tmp_path / "out" / "empty",)


def test_a_file_that_is_not_in_the_package(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    package = kept(store, folder)
    with pytest.raises(NotFound, match=r"weights\.bin"):
        restore(
            PackIndex.load(store), package, tmp_path / "out", paths=["other"], progress=Silent()
        )
    nothing_appeared(tmp_path)


@pytest.mark.parametrize("data", [b"", b"short", bytes(4 << 20), bytes(3 << 20)])
def test_a_file_that_changes_while_it_is_read_is_refused(folder: Path, data: bytes) -> None:
    store = MemoryStore()
    file = folder / "weights.bin"
    with pytest.raises(Conflict, match="while it was read"):
        keep(
            store,
            gather(file).sources,
            known_packs=frozenset(),
            opaque=True,
            progress=Meddler(file, data),
        )


def test_a_damaged_piece_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    package = kept(store, folder)
    name = next(store.names("packs/"))
    data = bytearray(store.files[name])
    data[1000] ^= 1
    store.files[name] = bytes(data)
    with pytest.raises(Damaged, match="another copy"):
        restore(PackIndex.load(store), package, tmp_path / "out", progress=Silent())
    nothing_appeared(tmp_path)


def test_a_manifest_that_climbs_writes_nothing(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    package = kept(store, folder)
    evil = tuple(
        PackagedFile(f"../{file.path}", file.bytes, file.sha256, file.format, file.pieces)
        for file in package.files
    )
    with pytest.raises(PathUnsafe):
        restore(
            PackIndex.load(store),
            Package(evil, package.identity),
            tmp_path / "out",
            progress=Silent(),
        )
    nothing_appeared(tmp_path)


def test_a_full_disk_is_told_and_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore()
    package = kept(store, folder)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DestinationUnusable, match="free some space"):
        restore(PackIndex.load(store), package, tmp_path / "out", progress=Silent())
    nothing_appeared(tmp_path)


def test_a_destination_below_a_file_is_told(folder: Path, tmp_path: Path) -> None:
    store = MemoryStore()
    package = kept(store, folder)
    with pytest.raises(DestinationUnusable, match="another folder"):
        restore(PackIndex.load(store), package, folder / "empty" / "out", progress=Silent())
    nothing_appeared(tmp_path)


def test_a_destination_that_holds_something_is_left_alone(folder: Path) -> None:
    store = MemoryStore()
    package = kept(store, folder)
    with pytest.raises(Conflict, match="new or empty"):
        restore(PackIndex.load(store), package, folder, progress=Silent())
