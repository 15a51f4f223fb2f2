"""What is sealed stays apart: in a bundle, for other archives, in a failed drill, on the disk."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from emeritus.adapters.stores import LocalStore
from emeritus.assembly import CHECKS, ENTRY_TYPES, House, open_house
from emeritus.custody import Copy, collect, restore_model, runnable
from emeritus.custody.bundles.bringing import fill_in, unpack
from emeritus.custody.bundles.checking import verify_bundle
from emeritus.custody.bundles.export import export, load_bundle
from emeritus.custody.interchange import write_bag, write_ocfl
from emeritus.custody.interchange.errors import SealedStays
from emeritus.custody.sealing.approvers import name_approver
from emeritus.custody.sealing.destroying import drop
from emeritus.foundation import Silent
from emeritus.testing import ScriptedEngine
from emeritus.vault import KeyMissing
from emeritus.vault.bundle import LIST_FILE, open_bundle
from tests.journeys.houses import deposit, deposit_sealed, drill, found, random_gguf, verify
from tests.journeys.test_destruction import ALICE, BOB, done, proposed, signed
from tests.journeys.test_sealed import reader

FILE = "weights-nobody-may-know.gguf"


def source(folder: Path, name: str) -> Path:
    return folder / name / ("open.gguf" if name == "plain" else FILE)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Keep two sealed models, each under a key of its own, and a public one."""
    house = found(tmp_path / "home")
    for seed, name in enumerate(("secret", "other", "plain")):
        file = source(tmp_path, name)
        file.parent.mkdir()
        file.write_bytes(random_gguf(seed, 1 << 16))
        (deposit if name == "plain" else deposit_sealed)(house, file, name)
    return house


def restored(house: House, name: str, out: Path) -> bytes:
    (file,) = restore_model(house.record, name, out, paths=None, progress=Silent()).files
    return file.read_bytes()


@pytest.mark.parametrize("name", ["secret", "plain", ""])
def test_a_bundle_is_checked_and_imported_without_a_key_and_opens_with_it(
    name: str, house: House, tmp_path: Path
) -> None:
    file, home = tmp_path / "b.tar", tmp_path / "new"
    home.mkdir()
    export(load_bundle(house.record, name), file, over=False, progress=Silent())
    assert FILE.encode() not in file.read_bytes()
    with open_bundle(file) as bundle:
        told = verify_bundle(bundle, ENTRY_TYPES, vkey=house.vkey, progress=Silent(), checks=CHECKS)
        assert (told.is_whole, told.findings) == (True, [])
        unpack(bundle, LocalStore(home / "store"), ENTRY_TYPES, vkey=None, progress=Silent())
    carried = [name] if name else ["secret", "other", "plain"]
    for one in set(carried) - {"plain"}:
        with pytest.raises(KeyMissing):
            restored(open_house(home), one, tmp_path / "without")
    assert reader(home / "store", "verify").returncode == 0
    (home / "store" / LIST_FILE).chmod(0o600)
    (home / "store" / LIST_FILE).write_bytes(b"[1]")
    checked = reader(home / "store", "verify")
    assert checked.returncode == 1
    assert "bundle.json: it is not the list of a bundle" in checked.stderr
    shutil.copytree(house.home / "keys", home / "keys")
    for one in carried:
        back = restored(open_house(home), one, tmp_path / f"with-{one}")
        assert back == source(tmp_path, one).read_bytes()


@pytest.mark.parametrize("name", ["plain", "other", "secret", ""])
def test_a_bundle_of_a_record_in_which_a_key_was_destroyed_is_checked(
    name: str, house: House, tmp_path: Path
) -> None:
    for signer in (ALICE, BOB):
        name_approver(house.record, signer.verifier.vkey, "safety", actor="steward")
    signed(house, proposed(house, "secret"), ALICE, BOB)
    done(house, "secret")
    file = tmp_path / "b.tar"
    export(load_bundle(house.record, name), file, over=False, progress=Silent())
    with open_bundle(file) as bundle:
        told = verify_bundle(bundle, ENTRY_TYPES, vkey=house.vkey, progress=Silent(), checks=CHECKS)
    assert (told.is_whole, told.findings) == (True, [])


def test_what_was_given_up_does_not_come_back_from_an_older_bundle(
    house: House, tmp_path: Path
) -> None:
    file, here = tmp_path / "b.tar", Copy("primary", house.store)
    export(load_bundle(house.record, ""), file, over=False, progress=Silent())
    lost = min(house.store.names("objects/"))
    for signer in (ALICE, BOB):
        name_approver(house.record, signer.verifier.vkey, "safety", actor="steward")
    signed(house, proposed(house, "secret"), ALICE, BOB)
    done(house, "secret")
    drop(house.record, "secret", reason="nobody can open it", actor="steward")
    assert collect(house.record, here, remove=True).files
    before = set(house.store.names())
    (house.home / "store" / lost).unlink()
    with open_bundle(file) as bundle:
        assert fill_in(bundle, house.record, progress=Silent()).files == 1
    assert set(house.store.names()) == before
    assert verify(house.home / "store").is_whole
    export(load_bundle(house.record, "secret"), file, over=True, progress=Silent())
    with open_bundle(file) as bundle:
        told = verify_bundle(bundle, ENTRY_TYPES, vkey=None, progress=Silent(), checks=CHECKS)
        assert (told.is_whole, bundle.listing.models) == (True, ())


def test_it_goes_into_no_bag_and_no_object_that_everybody_reads(
    house: House, tmp_path: Path
) -> None:
    there = set(tmp_path.iterdir())
    with pytest.raises(SealedStays, match="emeritus export secret"):
        write_bag(house.record, "secret", tmp_path / "bag", progress=Silent())
    with pytest.raises(SealedStays):
        write_ocfl(house.record, "secret", tmp_path / "root", actor="steward", progress=Silent())
    assert set(tmp_path.iterdir()) == there
    write_bag(house.record, "plain", tmp_path / "bag", progress=Silent())


def test_a_drill_that_fails_names_no_file_to_the_public(house: House) -> None:
    result = drill(replace(house, engine=ScriptedEngine(refuses="no memory")), "secret")
    assert (result.outcome, FILE in result.problem) == ("failed", True)
    clear = [one for one in (house.home / "store").rglob("*") if one.is_file()]
    assert not [one for one in clear if FILE.encode() in one.read_bytes()]
    assert verify(house.home / "store").is_whole
    result = drill(replace(house, engine=ScriptedEngine(refuses="no memory")), "plain")
    assert b"no memory" in house.record.log.entry(result.position)


def test_what_killed_processes_left_decrypted_goes_with_the_key(house: House) -> None:
    wanted = runnable(house.record, "secret")
    name, cache = wanted.manifest.hex, house.home / "cache"
    for left in (cache / name, cache / f".{name[:60]}.0123abcd.partial", cache / "another"):
        left.mkdir(parents=True)
        (left / FILE).write_bytes(b"in clear")
    dead = house.work / "drill-dead" / "model"
    dead.mkdir(parents=True)
    os.utime(dead.parent, (1, 1))
    holder = house.key_holder()
    (key,) = [one for one in house.keyring.read().keys if one.lineage == "secret"]
    said = holder.forget(key.place.key_id, [wanted.manifest])
    assert "no decrypted files" in said[-1]
    assert {one.name for one in cache.iterdir()} == {f"{name}.lock", "another"}
    assert not dead.exists()
