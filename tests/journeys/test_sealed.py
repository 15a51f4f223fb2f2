"""A sealed model: kept, checked without its key, given back with it, and nowhere in clear."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from emeritus.access import Shelf, WeightsDenied, set_access
from emeritus.adapters.stores import LocalStore
from emeritus.assembly import House, HouseSite, backup, backup_home, open_house, restore_home
from emeritus.assembly.errors import KeyringExists, KeyringUnusable
from emeritus.assembly.private_files import write_private
from emeritus.assembly.sealing import (
    KEYRING,
    SEALING_KEY,
    HomeKeyring,
    begin_keyring,
    keyring,
)
from emeritus.cli.main import main
from emeritus.custody import (
    Copy,
    add_store,
    collect,
    keys_of,
    protect,
    repair,
    replicate,
    restore_model,
    runnable,
)
from emeritus.custody import audit as audit_model
from emeritus.custody.interchange import write_bag, write_ocfl
from emeritus.foundation import Refused, Silent
from emeritus.record.index import dump
from emeritus.vault import KeyMissing
from emeritus.vault.closed import Identity, encrypt
from tests.journeys.houses import (
    audit,
    deposit,
    deposit_sealed,
    drill,
    emeritus,
    found,
    random_gguf,
    show,
    tiny_model,
    verify,
    with_fakes,
)
from tests.journeys.test_kills import start
from tests.vault.test_lineage import bf16, safetensors, tuned, weights

BASE = weights(1, layers=2, size=400_003)
FILE = "weights-nobody-may-know.safetensors"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for name, tensors in (("base", BASE), ("child", tuned(BASE, 3)), ("other", weights(9, 2))):
        (folder / name).mkdir()
        data = safetensors({key: bf16(one) for key, one in tensors.items()})
        (folder / name / FILE).write_bytes(data)
    return folder


def restored(house: House, name: str, out: Path, **more: object) -> bytes:
    restore_model(house.record, name, out, paths=None, progress=Silent(), **more)  # type: ignore[arg-type]
    return (out / FILE).read_bytes()


def everything_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def second_store(house: House, folder: Path) -> Copy:
    copy = Copy("second", LocalStore(folder))
    add_store(house.record, copy, kind="folder", place="cellar", packs="all", actor="steward")
    return copy


def lose_keys(home: Path) -> bytes:
    """Take the home's keys for sealed things away, and return the keyring."""
    ring = (home / KEYRING).read_bytes()
    (home / KEYRING).unlink()
    (home / SEALING_KEY).unlink()
    return ring


def a_pack(store: Path) -> Path:
    return next((store / "closed").rglob("*.pack"))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 8
    path.chmod(0o600)
    path.write_bytes(bytes(data))


def test_a_sealed_model_is_kept_copied_and_given_back(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    shown: list[str] = []
    deposit_sealed(house, files / "base", "base", shown=shown)
    receipt = deposit_sealed(house, files / "child", "child", parent="base", shown=shown)
    assert len(shown) == 1  # The recovery identity, once.
    assert receipt.base == "base"
    assert receipt.differences
    assert receipt.stored_bytes < 0.2 * receipt.raw_bytes
    (key,) = house.keyring.read().keys
    assert receipt.place == f"sealed/{key.place.key_id}"
    for name in ("base", "child"):
        assert not audit(house, name).findings
        assert restored(house, name, tmp_path / name) == (files / name / FILE).read_bytes()
    copy = second_store(house, tmp_path / "second")
    done = replicate(house.record, copy, actor="steward", progress=Silent())
    assert (done.findings, sorted(done.models)) == ([], ["base", "child"])
    for store in (house.home / "store", tmp_path / "second"):
        assert verify(store).is_whole
    again = restored(house, "child", tmp_path / "again", copies=(copy,))
    assert again == (files / "child" / FILE).read_bytes()
    with house.record.read() as index:
        before = dump(index)
        assert [(one.lineage, one.models) for one in keys_of(index)] == [
            ("base", ("base", "child"))
        ]
    house.record.rebuild()
    with house.record.read() as index:
        assert dump(index) == before


def test_nothing_of_it_is_in_any_stored_file(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    shown: list[str] = []
    deposit_sealed(house, files / "base", "base", shown=shown)
    drill_source = tiny_model(tmp_path / "source")
    deposit_sealed(house, drill_source, "tiny", shown=shown)
    assert drill(house, "tiny").outcome == "good"
    assert drill(house, "tiny").comparison == "identical"
    replicate(house.record, second_store(house, tmp_path / "second"), actor="s", progress=Silent())
    clear = (files / "base" / FILE).read_bytes()
    tiny = drill_source.read_bytes()
    secret = [clear[at : at + 24] for at in range(0, len(clear) - 24, len(clear) // 40)]
    secret += [b"EMPACK", b"emeritus-package/1", b"dsseEnvelope", b"emeritus-run-kit/1"]
    secret += [FILE.encode(), b"tiny.gguf", tiny[:24], tiny[-24:], shown[0].encode()]
    secret += [one.identity.to_text().encode() for one in house.keyring.read().keys]
    for folder in (house.home / "store", tmp_path / "second"):
        for name, data in everything_in(folder).items():
            if not name.startswith(("specs/", "read_emeritus.py")):
                assert not [one for one in secret if one in data], name
    work = house.home / "work"
    assert not work.exists() or everything_in(work) == {}
    assert shown[0].encode() not in b"".join(everything_in(house.home).values())


def test_what_is_public_never_builds_on_what_is_sealed(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, files / "base", "base")
    public = deposit(house, files / "child", "child")
    assert (public.base, public.place) == ("", "")
    own = deposit_sealed(house, files / "child", "own")
    assert own.base == ""
    assert own.place != deposit_sealed(house, files / "child", "in-line", parent="base").place
    sealed_child = deposit_sealed(house, files / "other", "of-public", parent="child")
    assert sealed_child.base == ""


def test_what_lies_in_place_cannot_be_sealed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found(tmp_path / "home")
    run, source = Terminal(tmp_path / "home", capsys), tiny_model(tmp_path / "source")
    assert run("deposit", source, "tiny", "--sealed", "--in-place", "disk") == 2
    assert "leave --in-place or --sealed out" in run.shown


def test_whatever_keeps_copies_needs_no_key(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, files / "base", "base")
    copy = second_store(house, tmp_path / "second")
    replicate(house.record, copy, actor="steward", progress=Silent())
    ring = lose_keys(house.home)
    keyless = open_house(house.home)
    primary = Copy("primary", keyless.store)
    (house.home / KEYRING).write_bytes(ring)
    assert not audit(keyless, "base").findings
    (house.home / KEYRING).unlink()
    assert not audit(keyless, "base").findings
    assert protect(keyless.record, primary, progress=Silent()).packs == 1
    assert collect(keyless.record, primary, remove=True).files == ()
    pack = a_pack(house.home / "store")
    flip(pack)
    assert [one.file.endswith(pack.name) for one in audit(keyless, "base").findings] == [True]
    found_damage = verify(house.home / "store").harmful
    assert [one.file.endswith(pack.name) for one in found_damage] == [True]
    done = repair(keyless.record, primary, (), actor="steward", progress=Silent())
    assert [one.source for one in done.repaired] == ["parity"]
    pack.unlink()
    done = repair(keyless.record, primary, (copy,), actor="steward", progress=Silent())
    assert [one.source for one in done.repaired] == ["second"]
    assert not audit(keyless, "base").findings
    assert verify(house.home / "store").is_whole


def test_a_damaged_object_is_found_without_the_key(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, files / "base", "base")
    lose_keys(house.home)
    for path in (house.home / "store" / "closed").rglob("objects/*/*"):
        good = path.read_bytes()
        flip(path)
        findings = audit(open_house(house.home), "base").findings
        assert [one.file.endswith(path.name) for one in findings] == [True]
        assert not verify(house.home / "store").is_whole
        path.write_bytes(good)


def test_a_sample_is_drawn_with_the_key_alone(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, files / "base", "base")
    sampled = audit_model(house.record, "base", actor="s", progress=Silent(), sample=1)
    assert (sampled.sampled, sampled.findings) == (1, ())
    assert sampled.bytes < a_pack(house.home / "store").stat().st_size
    lose_keys(house.home)
    with pytest.raises(KeyMissing):
        audit_model(house.record, "base", actor="s", progress=Silent(), sample=1)


def test_nobody_is_given_its_files(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, files / "base", "base")
    with pytest.raises(WeightsDenied, match="sealed"):
        set_access(house.record, "base", call="everyone", weights="everyone", actor="steward")
    set_access(house.record, "base", call="everyone", actor="steward")
    with pytest.raises(WeightsDenied):
        Shelf(house.record, house.clock).find("base")
    told = show(house, "base")
    assert not told["files"]
    assert told["place"] == deposit_place(house)
    assert FILE not in json.dumps(told)
    assert FILE not in str(HouseSite(house).dossier("base"))


def deposit_place(house: House) -> str:
    return str(house.keyring.read().keys[0].place)


def test_it_goes_into_no_bag_and_no_object(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, files / "base", "base")
    with pytest.raises(Refused, match="is sealed"):
        write_bag(house.record, "base", tmp_path / "bag", progress=Silent())
    with pytest.raises(Refused, match="is sealed"):
        write_ocfl(house.record, "base", tmp_path / "root", actor="steward", progress=Silent())
    assert not (tmp_path / "bag").exists()
    assert not (tmp_path / "root").exists()


def test_a_sealed_model_is_lent_like_any_other(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, tiny_model(tmp_path / "source"))
    models = house.models()
    with models.lease("tiny") as worker:
        assert worker.tokenize("hello", special=False)
    models.close()
    (file,) = (house.home / "cache").rglob("tiny.gguf")
    assert file.stat().st_mode & 0o077 == 0
    assert (house.home / "cache").stat().st_mode & 0o077 == 0


def test_rights_that_were_granted_before_do_not_open_it(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, files / "base", "base")
    set_access(house.record, "base", call="everyone", weights="everyone", actor="steward")
    assert Shelf(house.record, house.clock).find("base").name == "base"


def test_without_its_key_a_model_says_what_to_do(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, tiny_model(tmp_path / "source"))
    drill(house)
    ring = lose_keys(house.home)
    keyless = with_fakes(open_house(house.home))
    for act in (
        lambda: restored(keyless, "tiny", tmp_path / "out"),
        lambda: drill(keyless),
        lambda: runnable(keyless.record, "tiny"),
    ):
        with pytest.raises(KeyMissing, match="emeritus sealing recover"):
            act()
    assert not (tmp_path / "out").exists()
    (house.home / KEYRING).write_bytes(ring)
    with pytest.raises(KeyringUnusable, match="emeritus sealing recover"):
        restored(keyless, "tiny", tmp_path / "out")


def test_a_lost_key_of_the_home_is_recovered_from_paper(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    shown: list[str] = []
    deposit_sealed(house, files / "base", "base", shown=shown)
    ring = lose_keys(house.home)
    with pytest.raises(KeyringUnusable, match="does not open"):
        house.keyring.recover(ring, Identity.generate(), frozenset())
    back = house.keyring.recover(ring, Identity.from_text(shown[0]), frozenset())
    assert [one.lineage for one in back.keys] == ["base"]
    assert restored(house, "base", tmp_path / "out") == (files / "base" / FILE).read_bytes()
    house.keyring.renew_recovery(shown.append)
    with pytest.raises(KeyringUnusable):
        house.keyring.recover((house.home / KEYRING).read_bytes(), _paper(shown[0]), frozenset())
    with pytest.raises(KeyringExists):
        house.keyring.recover(ring, _paper(shown[0]), frozenset())
    house.keyring.recover((house.home / KEYRING).read_bytes(), _paper(shown[1]), frozenset())


def _paper(text: str) -> Identity:
    return Identity.from_text(text)


def test_a_backup_holds_the_keyring(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit_sealed(house, files / "base", "base")
    parts = backup_home(house.home, tmp_path / "backup.tar")
    assert {KEYRING, SEALING_KEY} <= set(parts)
    lose_keys(house.home)
    restore_home(house.home, tmp_path / "backup.tar")
    assert restored(house, "base", tmp_path / "out") == (files / "base" / FILE).read_bytes()
    for part in (KEYRING, SEALING_KEY):
        assert (house.home / part).stat().st_mode & 0o077 == 0


def test_a_crash_between_the_two_files_of_a_keyring_leaves_one_that_opens(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = found(tmp_path / "home")
    shown: list[str] = []
    deposit_sealed(house, files / "base", "base", shown=shown)
    before = house.keyring.read()
    for survived in range(4):
        left = survived

        def failing(path: Path, data: bytes) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError("the power went")
            write_private(path, data)

        monkeypatch.setattr(keyring, "write_private", failing)
        data = (house.home / KEYRING).read_bytes()
        try:
            house.keyring.recover(data, _paper(shown[0]), frozenset())
        except OSError:
            assert survived < 3
        assert house.keyring.read() == before
    monkeypatch.undo()
    assert len((house.home / SEALING_KEY).read_text().splitlines()) == 1


class Terminal:
    """Runs commands in this process, on a home if there is one, and says what they wrote."""

    def __init__(self, home: Path | None, capsys: pytest.CaptureFixture[str]) -> None:
        self._home = home
        self._capsys = capsys
        self.said = self.shown = ""

    def __call__(self, *words: str | Path) -> int:
        status = 0
        try:
            main([*map(str, words), *(["--home", str(self._home)] if self._home else [])])
        except SystemExit as ended:
            status = int(ended.code or 0)
        self.said, self.shown = self._capsys.readouterr()
        return status


def test_in_a_terminal(files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, home = Terminal(tmp_path / "home", capsys), tmp_path / "home"
    found(home)
    assert run("deposit", files / "base", "base", "--sealed", "--json") == 0
    (secret,) = re.findall("AGE-SECRET-KEY-1[A-Z0-9]+", run.shown)
    assert "AGE-SECRET-KEY" not in run.said
    key = json.loads(run.said)["place"].partition("/")[2]
    assert run("deposit", files / "child", "child", "--sealed", "--parent", "base") == 0
    assert "It is sealed" in run.said
    assert "AGE-SECRET-KEY" not in run.shown
    assert run("show", "child") == 0
    assert f"under key {key}" in run.said
    assert run("deposit", files / "child", "public", "--parent", "base") == 5
    assert "say --sealed" in run.shown
    assert run("sealing", "list", "--json") == 0
    assert [(one["key"], one["models"], one["here"]) for one in json.loads(run.said)] == [
        (key, ["base", "child"], True)
    ]
    ring = tmp_path / "ring.age"
    ring.write_bytes(lose_keys(home))
    assert run("sealing", "list") == 0
    assert "  no " in run.said.splitlines()[1]
    assert run("restore", "child", tmp_path / "out") == 5
    assert "emeritus sealing recover" in run.shown
    assert run("sealing", "recover") == 8
    (tmp_path / "paper.txt").write_text(f"# what was printed\n{secret}\n")
    assert run("sealing", "recover", ring, "--identity", tmp_path / "paper.txt") == 0
    assert run("restore", "child", tmp_path / "out") == 0
    assert (tmp_path / "out" / FILE).read_bytes() == (files / "child" / FILE).read_bytes()
    assert run("audit", "child") == 0
    assert run("verify") == 0
    assert "sealed or erasable" in run.said
    assert "checking closed files" in run.shown
    assert run("sealing", "begin") == 0
    assert "here already" in run.said
    assert run("sealing", "renew") == 0
    assert re.search("AGE-SECRET-KEY-1[A-Z0-9]+", run.shown)


def reader(store: Path, *words: str | Path, path: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the reader that lies in a store, with an empty environment."""
    return subprocess.run(
        [sys.executable, "-I", store / "read_emeritus.py", store, *words],
        env={"PATH": path or os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_reader_in_the_store_knows_what_is_sealed(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"), "open")
    receipt = deposit_sealed(house, files / "base", "base")
    store = house.home / "store"
    listed = reader(store, "list")
    assert f"sealed under key {receipt.place[-32:]}" in listed.stdout
    checked = reader(store, "verify")
    assert checked.returncode == 0, checked.stderr
    assert "base is sealed" in checked.stdout
    refused = reader(store, "restore", "base", tmp_path / "out")
    assert refused.returncode == 1
    assert f"--identity FILE, a file with the key {receipt.place[-32:]}" in refused.stderr
    none = reader(
        store, "restore", "base", tmp_path / "out", "--identity", store, path=str(tmp_path)
    )
    assert "install the program age" in none.stderr
    assert not (tmp_path / "out").exists()
    flip(a_pack(store))
    damaged = reader(store, "verify")
    assert damaged.returncode == 1
    assert a_pack(store).name in damaged.stderr


@pytest.mark.long
def test_the_reader_opens_a_sealed_model_with_the_age_program(files: Path, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    shown: list[str] = []
    deposit_sealed(house, files / "base", "base", shown=shown)
    deposit_sealed(house, files / "child", "child", parent="base", shown=shown)
    deposit_sealed(house, files / "other", "other", shown=shown)
    store = house.home / "store"
    (tmp_path / "paper.txt").write_text(f"{shown[0]}\n")
    opened = ["age", "--decrypt", "-i", str(tmp_path / "paper.txt"), str(house.home / KEYRING)]
    keys = tmp_path / "keys.txt"
    keys.write_bytes(subprocess.run(opened, capture_output=True, check=True).stdout)
    for name in ("child", "other"):
        done = reader(store, "restore", name, tmp_path / name, "--identity", keys)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / name / FILE).read_bytes() == (files / name / FILE).read_bytes()
    assert not list(tmp_path.glob(".opened-*"))
    wrong = reader(store, "restore", "base", tmp_path / "no", "--identity", tmp_path / "paper.txt")
    assert wrong.returncode == 1
    assert "cannot be opened with this key" in wrong.stderr


@pytest.mark.long
def test_a_deposit_that_was_killed_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    home, source = tmp_path / "home", tmp_path / "model.gguf"
    found(home)
    source.write_bytes(random_gguf(1, 24 << 20))
    for wait in (0.9, 1.2, 1.6):
        process = start(home, "deposit", source, "one", "--sealed", "--json")
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == 0:
            break
        assert verify(home / "store").is_whole
    done = emeritus("deposit", source, "two", "--sealed", home=home)
    assert done.returncode == 0, done.stderr
    assert verify(home / "store").is_whole
    assert emeritus("restore", "two", tmp_path / "out", home=home).returncode == 0
    assert (tmp_path / "out" / "model.gguf").read_bytes() == source.read_bytes()
    assert json.loads(emeritus("rebuild", "--json", home=home).stdout)["differing"] == []


def test_a_backup_beside_a_change_of_the_keyring_holds_what_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = found(tmp_path / "home")
    shown: list[str] = []
    house.keyring.begin(shown.append)
    still = backup._still

    def changing(path: Path, scratch: Path) -> Path:
        ring = (house.home / KEYRING).read_bytes()
        house.keyring.recover(ring, _paper(shown[0]), frozenset())
        return still(path, scratch)

    monkeypatch.setattr(backup, "_still", changing)
    backup_home(house.home, tmp_path / "backup.tar")
    restore_home(tmp_path / "other", tmp_path / "backup.tar")
    assert HomeKeyring(tmp_path / "other").read().keys == ()


@pytest.mark.parametrize("change", ["", "\n", "# sealed\n", "AGE-SECRET-KEY-1\nx\n"])
def test_a_keyring_that_was_written_by_hand_and_wrongly_is_told_of(
    change: str, tmp_path: Path
) -> None:
    house, shown = found(tmp_path / "home"), list[str]()
    house.keyring.begin(shown.append)
    text = house.keyring.read().to_text()
    wrong = encrypt(
        (text + change if change else "# emeritus-keyring/1").encode(), [_paper(shown[0]).recipient]
    )
    with pytest.raises(KeyringUnusable):
        house.keyring.recover(wrong, _paper(shown[0]), frozenset())


def test_no_keyring_is_made_beside_one_that_is_lost(files: Path, tmp_path: Path) -> None:
    house, shown = found(tmp_path / "home"), list[str]()
    deposit_sealed(house, files / "base", "base")
    ring = (house.home / KEYRING).read_bytes()
    (house.home / KEYRING).unlink()
    with pytest.raises(KeyMissing, match=r"keys in use \(base\)"):
        begin_keyring(house.record, house.keyring, shown.append)
    assert not house.keyring.exists
    assert shown == []
    begin_keyring(house.record, house.keyring, shown.append, anew=True)
    assert len(shown) == 1
    assert (house.home / KEYRING).read_bytes() != ring
