"""A model that is kept where its files lie: audited, drilled, given back, changed, lost, packed."""

import subprocess
import sys
from pathlib import Path

import pytest

from emeritus.assembly import House
from emeritus.custody import (
    IN_PLACE,
    Copy,
    add_store,
    audit,
    custody_of,
    drill,
    pack,
    replicate,
    restore_model,
)
from emeritus.custody.errors import CopyDamaged, PackedAlready, StoreNotLocated
from emeritus.foundation import Silent
from emeritus.testing import MemoryStore
from emeritus.vault import Damaged, NotInStore, Package
from tests.journeys.houses import NAME, deposit, emeritus, found, tiny_model, verify


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    tiny_model(folder)
    (folder / "config").mkdir()
    (folder / "config/notes.txt").write_bytes(b"how it was made\n" * 99)
    (folder / "empty").touch()
    return folder


@pytest.fixture
def house(tmp_path: Path, source: Path) -> House:
    house = found(tmp_path / "home")
    deposit(house, source, in_place="lab")
    house.stores.remember_found(NAME, source)
    return house


def look(house: House, place: Path) -> str:
    result = audit(house.record, NAME, actor="steward", progress=Silent(), found=place)
    assert result.store == IN_PLACE
    return result.outcome


def state(house: House) -> dict[str, tuple[str, str]]:
    with house.record.read() as index:
        held = custody_of(index, NAME, house.clock.now())
    return {one.store: (one.state, one.place) for one in held.copies}


def back(house: House, target: Path) -> dict[str, bytes]:
    restore_model(house.record, NAME, target, paths=None, progress=Silent(), located=house.stores)
    return content(target)


def read_emeritus(store: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the reader that lies in the store, alone."""
    program = [sys.executable, "-I", str(store / "read_emeritus.py"), str(store), *words]
    return subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_nothing_is_copied_and_everything_can_be_done(
    house: House, source: Path, tmp_path: Path
) -> None:
    assert list(house.store.names("packs/")) == []
    assert state(house) == {IN_PLACE: ("unverified", "lab")}
    assert look(house, source) == "good"
    assert state(house) == {IN_PLACE: ("verified", "lab")}
    done = drill(
        house.record,
        NAME,
        engine=house.engine,
        slots=house.slots,
        work=house.work,
        actor="steward",
        progress=Silent(),
        located=house.stores,
    )
    assert done.outcome == "good"
    assert back(house, tmp_path / "out") == content(source)
    checked = verify(tmp_path / "home/store")
    assert checked.is_whole
    assert any("lie in lab" in str(one) for one in checked.findings)
    read = read_emeritus(tmp_path / "home/store", "verify")
    assert read.returncode == 0, read.stderr
    assert "lie in lab, and not in this store" in read.stdout
    not_here = read_emeritus(tmp_path / "home/store", "restore", NAME, str(tmp_path / "no"))
    assert "lie in lab" in not_here.stderr
    assert house.record.rebuild().differing == ()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda at: (at / "config/notes.txt").write_bytes(b"how it was made\n" * 98 + b"?" * 16),
        lambda at: (at / "config/notes.txt").write_bytes(b"how it was made\n" * 100),
        lambda at: (at / "config/notes.txt").unlink(),
        lambda at: (at / "empty").write_bytes(b"x"),
        lambda at: (at / "tiny.gguf").write_bytes((at / "tiny.gguf").read_bytes()[:-1]),
    ],
)
def test_whatever_changes_there_is_found(house: House, source: Path, spoil: object) -> None:
    assert callable(spoil)
    spoil(source)
    assert look(house, source) == "damaged"
    assert state(house)[IN_PLACE][0] == "damaged"
    with pytest.raises(CopyDamaged, match="not what was deposited"):
        pack(house.record, NAME, house.stores, actor="steward", progress=Silent())
    assert state(house)[IN_PLACE][0] == "damaged"


def test_changed_weights_are_not_given_back(house: House, source: Path, tmp_path: Path) -> None:
    file = source / "tiny.gguf"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(Damaged, match="other bytes"):
        back(house, tmp_path / "out")
    file.unlink()
    with pytest.raises(NotInStore, match="is not where it was found"):
        back(house, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_packed_later_it_is_the_same_package(house: House, source: Path, tmp_path: Path) -> None:
    done = pack(house.record, NAME, house.stores, actor="steward", progress=Silent())
    assert done.packs == 1
    assert set(state(house)) == {IN_PLACE, "primary"}
    expected = content(source)
    for path in source.rglob("*"):
        if path.is_file():
            path.unlink()
    read = read_emeritus(tmp_path / "home/store", "restore", NAME, str(tmp_path / "alone"))
    assert read.returncode == 0, read.stderr
    assert content(tmp_path / "alone") == expected
    assert back(house, tmp_path / "out") == expected
    checked = verify(tmp_path / "home/store")
    assert checked.is_whole
    assert checked.findings == []
    with pytest.raises(PackedAlready):
        pack(house.record, NAME, house.stores, actor="steward", progress=Silent())
    assert house.record.rebuild().differing == ()


def test_it_is_the_package_that_packing_at_once_makes(
    house: House, source: Path, tmp_path: Path
) -> None:
    other = found(tmp_path / "other")
    receipt = deposit(other, source)
    with house.record.read() as index:
        kept = custody_of(index, NAME, house.clock.now()).kept()
    assert kept.manifest == receipt.manifest
    assert Package.from_bytes(other.store.read(_object(receipt.manifest.hex)))


def _object(digits: str) -> str:
    return f"objects/{digits[:2]}/{digits}"


def test_a_follower_gets_what_there_is(house: House) -> None:
    second = Copy("second", MemoryStore())
    add_store(house.record, second, kind="folder", place="cellar", packs="all", actor="steward")
    done = replicate(house.record, second, actor="steward", progress=Silent())
    assert (done.findings, done.models) == ([], [])
    pack(house.record, NAME, house.stores, actor="steward", progress=Silent())
    assert replicate(house.record, second, actor="steward", progress=Silent()).models == [NAME]


def test_a_home_that_does_not_know_the_place_says_so(house: House, tmp_path: Path) -> None:
    house.stores.forget(f"{IN_PLACE}/{NAME}")
    with pytest.raises(StoreNotLocated, match="stores locate tiny"):
        back(house, tmp_path / "out")


def test_by_the_command(source: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    told = emeritus("deposit", source, "adopted", "--in-place", "lab", home=home)
    assert told.returncode == 0, told.stderr
    assert "Nothing was copied" in told.stdout
    assert emeritus("audit", "adopted", home=home).returncode == 0
    moved = source.rename(tmp_path / "moved")
    gone = emeritus("audit", "adopted", home=home)
    assert gone.returncode == 6
    assert "not where it was found" in gone.stderr
    assert emeritus("stores", "locate", "adopted", moved, home=home).returncode == 0
    assert emeritus("restore", "adopted", tmp_path / "out", home=home).returncode == 0
    assert content(tmp_path / "out") == content(moved)
    assert emeritus("pack", "adopted", home=home).returncode == 0
    again = emeritus("pack", "adopted", home=home)
    assert again.returncode == 5
    assert emeritus("audit", "adopted", "--store", "primary", home=home).returncode == 0
