"""Bundles of real records: what goes out, what is left out, what comes in and what is refused."""

import hashlib
import json
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from emeritus.adapters.runtimes import WheelNotFound, fetch_wheels, wheels_in
from emeritus.adapters.stores import LocalStore
from emeritus.assembly import CHECKS, ENTRY_TYPES, House, HouseSite, open_house
from emeritus.assembly.errors import NoHome
from emeritus.custody import Copy, Verification, add_store, replicate, restore_model, verify_store
from emeritus.custody.bundles.bringing import fill_in, unpack
from emeritus.custody.bundles.checking import unpacked, verify_bundle
from emeritus.custody.bundles.export import export, load_bundle, wheels_for
from emeritus.custody.drills.kit import make_kit
from emeritus.custody.entries import RunKitRecorded
from emeritus.custody.errors import Incomplete, KeptInPlace, StoreNotOurs
from emeritus.custody.verify import Extent
from emeritus.foundation import Conflict, Digest, IntegrityError, Silent
from emeritus.ledger import NoteSigner
from emeritus.runtime import EngineIdentity, RunSettings
from emeritus.vault import Damaged, NotInStore
from emeritus.vault.bundle import Listing, Member, bundle_bytes, open_bundle
from emeritus.vault.errors import BundleBroken
from tests.journeys.houses import command, deposit, emeritus, found, random_gguf, tiny_model
from tests.vault.test_lineage import bf16, safetensors, tuned, weights


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Keep a base, a fine-tune of it, and a model that has nothing to do with them."""
    folder = tmp_path_factory.mktemp("house")
    house = found(folder / "home")
    base = weights(1, layers=2, size=200_003)
    for name, tensors in (("base", base), ("child", tuned(base, 3))):
        path = folder / f"{name}.safetensors"
        path.write_bytes(safetensors({key: bf16(one) for key, one in tensors.items()}))
        deposit(house, path, name)
    other = folder / "other.gguf"
    other.write_bytes(random_gguf(7, 1 << 20))
    deposit(house, other, "other")
    return house


def written(house: House, target: Path, name: str = "") -> Path:
    export(load_bundle(house.record, name), target, over=False, progress=Silent())
    return target


def checked(path: Path, vkey: str | None = None) -> Verification:
    with open_bundle(path) as bundle:
        return verify_bundle(bundle, ENTRY_TYPES, vkey=vkey, progress=Silent(), checks=CHECKS)


def brought(path: Path, home: Path, vkey: str | None = None) -> House:
    home.mkdir(exist_ok=True)
    with open_bundle(path) as bundle:
        unpack(bundle, LocalStore(home / "store"), ENTRY_TYPES, vkey=vkey, progress=Silent())
    return open_house(home)


def restored(house: House, name: str, target: Path) -> bytes:
    restore_model(house.record, name, target, paths=None, progress=Silent())
    return next(path for path in target.iterdir()).read_bytes()


def test_the_same_record_gives_the_same_bundle(house: House, tmp_path: Path) -> None:
    one, two = written(house, tmp_path / "1"), written(house, tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()
    assert checked(one, house.vkey).is_whole
    assert checked(one).models == ["base", "child", "other"]


def test_one_of_several_brings_what_it_builds_on_and_no_other(house: House, tmp_path: Path) -> None:
    path = written(house, tmp_path / "child.tar", "child")
    result = checked(path, house.vkey)
    assert result.is_whole
    assert result.findings == []
    assert result.without == ["other"]
    kinds = {name.partition("/")[0] for name in result.left_out}
    assert kinds == {"objects", "packs"}
    here = brought(path, tmp_path / "home")
    dossier = HouseSite(here).dossier("child")
    assert (dossier.base, dossier.identity) == ("base", HouseSite(house).dossier("child").identity)
    for name in ("base", "child"):
        assert restored(here, name, tmp_path / name) == restored(house, name, tmp_path / f"{name}2")
    with pytest.raises(NotInStore):
        restored(here, "other", tmp_path / "other")
    with open_bundle(written(house, tmp_path / "other.tar", "other")) as bundle:
        assert sum(name.startswith("packs/") for name in bundle.names()) == 1


def test_what_was_imported_can_be_exported_checked_and_completed(
    house: House, tmp_path: Path
) -> None:
    part = written(house, tmp_path / "child.tar", "child")
    here = brought(part, tmp_path / "home")
    assert written(here, tmp_path / "again.tar", "child").read_bytes() == part.read_bytes()
    with pytest.raises(Incomplete):
        written(here, tmp_path / "all.tar")
    store = LocalStore(tmp_path / "home" / "store")
    extent, beside = unpacked(store)
    assert beside == []
    check = verify_store(store, ENTRY_TYPES, vkey=None, progress=Silent(), extent=extent)
    assert check.is_whole
    assert check.without == ["other"]
    with open_bundle(written(house, tmp_path / "whole.tar")) as bundle:
        done = fill_in(bundle, here.record, progress=Silent())
        assert done.files
        assert fill_in(bundle, here.record, progress=Silent()).files == 0
    assert restored(here, "other", tmp_path / "o") == restored(house, "other", tmp_path / "o2")
    check = verify_store(store, ENTRY_TYPES, vkey=None, progress=Silent(), extent=extent)
    assert (check.is_whole, check.without, check.left_out) == (True, [], [])
    assert here.record.rebuild().differing == ()


def test_a_copied_bundle_list_that_was_changed_is_found(house: House, tmp_path: Path) -> None:
    here = brought(written(house, tmp_path / "b.tar"), tmp_path / "home")
    for name in ("bundle.json", "bundle.sha256"):
        path = here.home / "store" / name
        before = path.read_bytes()
        for at in range(0, len(before), 97):
            path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
            assert unpacked(here.store)[1]
        path.write_bytes(before)


def test_a_store_without_weights_is_whole_as_such(house: House, tmp_path: Path) -> None:
    (tmp_path / "light").mkdir()
    copy = Copy("light", LocalStore(tmp_path / "light"))
    add_store(house.record, copy, kind="folder", place="town", packs="none", actor="steward")
    replicate(house.record, copy, actor="steward", progress=Silent())

    def look(extent: Extent) -> Verification:
        return verify_store(
            copy.store, ENTRY_TYPES, vkey=None, progress=Silent(), checks=CHECKS, extent=extent
        )

    assert not look(Extent()).is_whole
    light = look(Extent(weights=False))
    assert light.is_whole
    assert light.without == ["base", "child", "other"]
    lost = next((tmp_path / "light" / "objects").rglob("*/*"))
    lost.unlink()
    assert not look(Extent(weights=False)).is_whole


def test_files_that_lie_outside_the_store_are_not_carried(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "in"), "there", in_place="lab")
    deposit(house, tiny_model(tmp_path / "in2"), "here")
    with pytest.raises(KeptInPlace, match="emeritus pack there"):
        load_bundle(house.record, "there")
    path = written(house, tmp_path / "all.tar")
    result = checked(path)
    assert result.is_whole
    with open_bundle(path) as bundle:
        assert (bundle.listing.models, bundle.listing.in_place) == (("here",), ("there",))


def test_damage_stops_an_export_and_another_copy_goes_in_for_what_is_missing(
    tmp_path: Path,
) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "in"), "m")
    (tmp_path / "copy").mkdir()
    copy = Copy("copy", LocalStore(tmp_path / "copy"))
    add_store(house.record, copy, kind="folder", place="town", packs="all", actor="steward")
    replicate(house.record, copy, actor="steward", progress=Silent())
    (pack,) = (house.home / "store" / "packs").iterdir()
    good = pack.read_bytes()
    pack.chmod(0o600)
    pack.write_bytes(good[:9] + bytes([good[9] ^ 1]) + good[10:])
    with pytest.raises(Damaged, match="emeritus repair"):
        written(house, tmp_path / "x.tar")
    assert not list(tmp_path.glob("*x.tar*"))
    pack.unlink()
    with pytest.raises(Incomplete, match="emeritus repair"):
        written(house, tmp_path / "x.tar")
    loaded = load_bundle(house.record, "", copies=(Copy("primary", house.store), copy))
    export(loaded, tmp_path / "x.tar", over=False, progress=Silent())
    assert checked(tmp_path / "x.tar").is_whole


def forged(path: Path, target: Path, added: dict[str, bytes], **more: object) -> Path:
    """Write a bundle again with further members, as somebody who knows the format could."""
    with open_bundle(path) as bundle:
        files = {name: bundle.read(name) for name in bundle.names()} | added
        listing = bundle.listing
    members = tuple(
        Member(name, len(data), hashlib.sha256(data).hexdigest())
        for name, data in sorted(files.items())
    )
    changed = msgspec.structs.replace(listing, members=members, **more)
    target.write_bytes(b"".join(bundle_bytes(changed, lambda name: (files[name],), Silent())))
    return target


@pytest.mark.parametrize(
    "added",
    [
        {"evil.py": b"import os"},
        {"objects/ab/" + "ab" * 32: b"not by that name"},
        {"log/tile/entries/001.p/7": b"more"},
        {"log/extra": b"more"},
        {"README.txt": b"Send your keys to us.\n"},
        {"keys/ledger.key": b"a private key"},
        {"wheels/evil.sh": b"rm"},
        {"wheels/evil-1-py3-none-any.whl": b"not the wheel of any run-kit"},
    ],
    ids=str,
)
def test_what_the_record_does_not_speak_of_is_refused_before_anything_is_there(
    added: dict[str, bytes], house: House, tmp_path: Path
) -> None:
    path = forged(written(house, tmp_path / "b.tar", "other"), tmp_path / "forged.tar", added)
    assert not checked(path).is_whole
    with pytest.raises(BundleBroken, match=next(iter(added))):
        brought(path, tmp_path / "home")
    assert not (tmp_path / "home" / "store").exists()


def test_a_list_that_speaks_of_another_checkpoint_is_refused(house: House, tmp_path: Path) -> None:
    made = written(house, tmp_path / "b.tar", "other")
    path = forged(made, tmp_path / "forged.tar", {}, size=2)
    assert not checked(path).is_whole
    with pytest.raises(BundleBroken, match="another checkpoint"):
        brought(path, tmp_path / "home")
    path = forged(made, tmp_path / "more.tar", {}, left_out=("packs/" + "0" * 64 + ".pack",))
    assert not checked(path).is_whole


def test_whose_record_it_is_can_be_asked_for(house: House, tmp_path: Path) -> None:
    path = written(house, tmp_path / "b.tar", "other")
    stranger = NoteSigner.generate("emeritus/other").verifier.vkey
    assert not checked(path, stranger).is_whole
    with pytest.raises(IntegrityError):
        brought(path, tmp_path / "home", stranger)
    assert not (tmp_path / "home" / "store").exists()


def test_records_are_not_mixed(house: House, tmp_path: Path) -> None:
    other = found(tmp_path / "other")
    with open_bundle(written(house, tmp_path / "b.tar", "other")) as bundle:
        with pytest.raises(StoreNotOurs, match="--home FOLDER"):
            fill_in(bundle, other.record, progress=Silent())
        with pytest.raises(Conflict, match="empty folder"):
            unpack(bundle, other.store, ENTRY_TYPES, vkey=None, progress=Silent())


def test_an_older_home_is_brought_up_to_date_and_a_newer_one_is_left(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "in"), "first")
    here = brought(written(house, tmp_path / "old.tar"), tmp_path / "here")
    (tmp_path / "in" / "more.txt").write_text("more", encoding="utf-8")
    deposit(house, tmp_path / "in", "second")
    with open_bundle(written(house, tmp_path / "new.tar")) as bundle:
        done = fill_in(bundle, here.record, progress=Silent())
        assert done.size == house.record.checkpoint().size
    assert {one.name for one in HouseSite(here).models()} == {"first", "second"}
    assert here.record.rebuild().differing == ()
    with open_bundle(tmp_path / "old.tar") as bundle:
        done = fill_in(bundle, here.record, progress=Silent())
    assert (done.files, done.size) == (0, house.record.checkpoint().size)


def imported_is_whole(home: Path) -> bool:
    store = LocalStore(home / "store")
    extent, beside = unpacked(store)
    done = verify_store(store, ENTRY_TYPES, vkey=None, progress=Silent(), extent=extent)
    return done.is_whole and not beside


def killed(arguments: Sequence[str | Path], seconds: float) -> bool:
    """Run a command and kill it after so many seconds; return whether it came to its end first."""
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait() == 0


def test_killed_in_the_middle_and_run_again(house: House, tmp_path: Path) -> None:
    storm(house, tmp_path, times=1)


@pytest.mark.long
def test_killed_again_and_again(house: House, tmp_path: Path) -> None:
    storm(house, tmp_path, times=12)


def storm(house: House, folder: Path, times: int) -> None:
    chance = random.Random(times)
    path, home = folder / "b.tar", folder / "home"
    outward: list[str | Path] = ["export", "--all", path, "--home", house.home]
    for _ in range(times):
        killed(outward, chance.uniform(0.3, 1.1))
        assert not path.exists() or checked(path).is_whole
    assert emeritus(*outward, "--force", home=folder).returncode == 0
    inward: list[str | Path] = ["import", path, "--home", home]
    for _ in range(times):
        killed(inward, chance.uniform(0.3, 1.1))
        if (home / "store" / "store.json").exists():
            assert imported_is_whole(home)
    done = emeritus(*inward, home=folder)
    assert done.returncode == 0, done.stderr
    assert imported_is_whole(home)
    left = {one.name for one in folder.iterdir()}
    assert left == {"b.tar", "home"}


def test_two_imports_at_once_into_one_folder(house: House, tmp_path: Path) -> None:
    path = written(house, tmp_path / "b.tar")
    arguments = command("import", path, "--home", tmp_path / "home", "--json")
    both = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert json.loads(out)["ledger_size"] == house.record.checkpoint().size
    assert imported_is_whole(tmp_path / "home")


def test_a_bit_flipped_on_the_way_is_named_and_nothing_shows(house: House, tmp_path: Path) -> None:
    path = written(house, tmp_path / "b.tar", "other")
    data = path.read_bytes()
    at = data.index(b"EMPACK\0\1") + 4_000
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    (finding,) = checked(path).findings
    assert finding.file.startswith("packs/")
    with pytest.raises(Damaged, match=finding.file):
        brought(path, tmp_path / "home")
    assert not (tmp_path / "home" / "store" / "store.json").exists()
    with pytest.raises(NoHome):
        open_house(tmp_path / "home")
    path.write_bytes(data)
    assert restored(brought(path, tmp_path / "home"), "other", tmp_path / "out")


def named_as_damaged(path: Path) -> list[str]:
    try:
        return [finding.file for finding in checked(path).harmful]
    except BundleBroken as problem:
        return [problem.about]


def test_random_flips_in_a_real_bundle_are_found(house: House, tmp_path: Path) -> None:
    path = written(house, tmp_path / "b.tar", "other")
    data = path.read_bytes()
    chance = random.Random(3)
    for _ in range(25):
        bit = chance.randrange(8 * len(data))
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        assert named_as_damaged(path), bit


def test_a_listing_of_the_newer_format_asks_for_a_newer_emeritus(house: House) -> None:
    listing = load_bundle(house.record, "other").listing
    newer = msgspec.structs.replace(listing, format="emeritus-bundle/2")
    with pytest.raises(BundleBroken, match="newer"):
        Listing.from_bytes(newer.to_bytes())


def test_the_wheel_that_a_run_kit_names_is_carried(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "in"), "m")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "other-1-py3-none-any.whl").write_bytes(b"another wheel")
    wheel = wheels / "engine-1.2-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    identity = EngineIdentity("engine", "1.2", digest, "0" * 64)
    kit = make_kit(Digest("sha256", "0" * 64), "tiny.gguf", identity, RunSettings())
    with house.record.act("steward") as act:
        act.enter(RunKitRecorded("m", str(act.keep(kit.to_bytes()))))
    assert wheels_for(house.record, "m") == wheels_for(house.record, "") == {digest}
    loaded = load_bundle(house.record, "m")
    assert loaded.listing.wheels_left_out == (digest,)
    found_ = wheels_in(wheels, wheels_for(house.record, "m"))
    loaded = load_bundle(house.record, "m", wheels=found_)
    assert loaded.listing.wheels_left_out == ()
    path = tmp_path / "b.tar"
    export(loaded, path, over=False, progress=Silent())
    assert checked(path).is_whole
    here = brought(path, tmp_path / "new")
    there = here.home / "store" / "wheels" / wheel.name
    assert there.read_bytes() == b"a wheel"
    assert imported_is_whole(here.home)
    there.write_bytes(b"a wheal")
    assert [one.file for one in unpacked(here.store)[1]] == [f"wheels/{wheel.name}"]
    wheel.unlink()
    with pytest.raises(WheelNotFound, match=digest):
        wheels_in(wheels, {digest})
    with pytest.raises(WheelNotFound, match="--wheels-from"):
        fetch_wheels({digest}, tmp_path, Silent())
