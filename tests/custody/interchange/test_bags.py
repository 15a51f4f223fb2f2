"""Bags: the Library of Congress' own program reads ours, and ours reads what others make."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import bagit
import pytest

from emeritus.assembly import House
from emeritus.custody import Copy, add_store, replicate
from emeritus.custody.interchange import (
    NotReceivable,
    ReceivedDamaged,
    read_bag,
    write_bag,
    write_ocfl,
)
from emeritus.custody.interchange.proofs import PACKAGE
from emeritus.foundation import Conflict, Digest, Silent
from emeritus.ledger import NoteVerifier, inclusion_root, leaf_hash
from emeritus.ledger.checkpoint import Checkpoint
from emeritus.record import Entry
from emeritus.testing import MemoryStore
from emeritus.vault import Damaged, get_object, verify_bundle
from emeritus.vault.errors import PathUnsafe
from tests.custody.interchange.parcels import (
    Spoil,
    back,
    bag_of,
    content,
    hand_made_bag,
    size_of,
    take,
    take_bag,
)
from tests.journeys.houses import NAME, ROOT, deposit, drill, found, tiny_model, verify


def test_a_bag_is_valid_for_its_own_program_and_comes_back_identical(
    house: House, source: Path, tmp_path: Path
) -> None:
    done = bag_of(house, tmp_path / "bag")
    theirs = bagit.Bag(str(tmp_path / "bag"))
    assert theirs.is_valid()
    assert set(theirs.algorithms) == {"sha256", "sha512"}
    assert theirs.info["External-Identifier"] == done.identity
    assert theirs.info["Payload-Oxum"] == f"{done.bytes}.{done.files}"
    assert content(tmp_path / "bag/data") == content(source)
    receipt = take_bag(house, tmp_path / "bag")
    assert str(receipt.identity) == done.identity
    assert back(house, "taken", tmp_path / "back") == content(source)
    assert verify(house.home / "store").is_whole


def test_a_record_that_knows_nothing_of_it_takes_a_bag_and_keeps_where_it_came_from(
    house: House, source: Path, tmp_path: Path
) -> None:
    bag_of(house, tmp_path / "bag")
    other = found(tmp_path / "other")
    take_bag(other, tmp_path / "bag", "guest")
    assert back(other, "guest", tmp_path / "back") == content(source)
    entry = Entry.from_bytes(other.record.log.entry(size_of(other) - 1), size_of(other) - 1)
    assert entry.type == "custody.received"
    kept = json.loads(get_object(other.store, Digest.parse(entry.body["provenance"])))
    told = {one["path"]: one for one in kept["files"]}
    assert (
        f"Internal-Sender-Identifier: {house.record.log.verifier.name}"
        in (told["bag-info.txt"]["text"])
    )
    assert (
        told["record/entries.jsonl"]["text"].encode()
        == (tmp_path / "bag/record/entries.jsonl").read_bytes()
    )
    assert verify(other.home / "store").is_whole
    assert other.record.rebuild().differing == ()
    follower = MemoryStore()
    copy = Copy("second", follower)
    add_store(other.record, copy, kind="folder", place="cellar", packs="all", actor="steward")
    replicate(other.record, copy, actor="steward", progress=Silent())
    assert get_object(follower, Digest.parse(entry.body["provenance"]))


def test_the_proofs_in_a_bag_hold_without_the_record(house: House, tmp_path: Path) -> None:
    drill(house)
    bag_of(house, tmp_path / "bag")
    proofs = tmp_path / "bag/record"
    verifier = NoteVerifier.parse((proofs / "ledger.vkey").read_text().strip())
    told = json.loads((proofs / "proofs.json").read_bytes())
    checkpoint = Checkpoint.parse(verifier.verify(told["checkpoint"].encode()))
    lines = (proofs / "entries.jsonl").read_bytes().splitlines()
    assert len(lines) == len(told["entries"]) == 4
    for line, one in zip(lines, told["entries"], strict=True):
        path = [bytes.fromhex(node) for node in one["proof"]]
        root = inclusion_root(leaf_hash(line), one["position"], checkpoint.size, path)
        assert root == checkpoint.root
        assert json.loads(line)["body"]["model"] == NAME
    signed = verify_bundle((proofs / "model.sig").read_bytes(), (proofs / "oms.pem").read_bytes())
    manifest = (tmp_path / "bag/manifest-sha256.txt").read_text(encoding="utf-8")
    assert {f"{one.sha256.hex}  data/{one.path}" for one in signed} == set(manifest.splitlines())
    assert json.loads((proofs / "statement.json").read_bytes())["predicateType"]


def test_a_percent_sign_is_spelled_as_the_rfc_says_and_read_as_others_spell_it(
    tmp_path: Path,
) -> None:
    house = found(tmp_path / "home")
    source = tmp_path / "source"
    tiny_model(source)
    (source / "100%.txt").write_text("all of it")
    (source / "100%25.txt").write_text("other bytes")
    deposit(house, source)
    bag_of(house, tmp_path / "bag")
    assert "  data/100%25.txt\n" in (tmp_path / "bag/manifest-sha512.txt").read_text()
    take_bag(house, tmp_path / "bag", "ours")
    assert back(house, "ours", tmp_path / "back") == content(source)
    # bagit 1.9 encodes CR and LF alone, so its manifests hold a bare %.
    (source / "100%25.txt").unlink()
    bagit.make_bag(str(source), checksums=["sha256"])
    assert "  data/100%.txt\n" in (source / "manifest-sha256.txt").read_text()
    take_bag(house, source, "theirs")
    assert back(house, "theirs", tmp_path / "back2") == content(source / "data")


def test_names_that_a_file_system_took_apart_are_found(tmp_path: Path) -> None:
    bag = hand_made_bag(tmp_path / "bag", {"e\u0301.gguf": b"GGUF"})
    listing = (bag / "manifest-sha512.txt").read_text(encoding="utf-8")
    (bag / "manifest-sha512.txt").write_text(listing.replace("e\u0301", "\u00e9"), encoding="utf-8")
    assert list(read_bag(bag, Silent()).files) == ["e\u0301.gguf"]


def rewrite(path: str, old: bytes, new: bytes) -> Spoil:
    def spoil(bag: Path) -> None:
        data = (bag / path).read_bytes()
        assert old in data
        (bag / path).write_bytes(data.replace(old, new))

    return spoil


def only(bag: Path, *algorithms: str) -> None:
    for file in bag.glob("*manifest-*.txt"):
        if not any(algorithm in file.name for algorithm in algorithms):
            file.unlink()


def md5_only(bag: Path) -> None:
    for file in (*bag.glob("*manifest-*.txt"), bag / "bag-info.txt"):
        file.unlink()
    files = content(bag / "data")
    hand_made_bag(bag, files, "md5")


def linked(bag: Path) -> None:
    (bag / "data/empty").unlink()
    (bag / "data/empty").symlink_to("/etc/hostname")


@pytest.fixture(scope="module")
def a_bag(shared: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bag_of(shared, tmp_path_factory.mktemp("bags") / "bag").folder


BROKEN: dict[str, tuple[Spoil, type[Exception], str]] = {
    "no declaration": (lambda bag: (bag / "bagit.txt").unlink(), NotReceivable, "no bagit.txt"),
    "a version to come": (rewrite("bagit.txt", b"1.0", b"2.0"), NotReceivable, "found 2.0"),
    "another encoding": (rewrite("bagit.txt", b"UTF-8", b"UTF-16"), NotReceivable, "UTF-16"),
    "a longer declaration": (
        rewrite("bagit.txt", b"UTF-8\n", b"UTF-8\nx\n"),
        NotReceivable,
        "declare",
    ),
    "no manifest": (lambda bag: only(bag, "nothing"), NotReceivable, "found nothing"),
    "MD5 alone": (md5_only, NotReceivable, "found md5"),
    "no payload": (lambda bag: rmtree(bag / "data"), ReceivedDamaged, "not in the bag"),
    "a changed file": (
        lambda bag: (bag / "data/config.json").write_bytes(b"[]"),
        ReceivedDamaged,
        "config.json",
    ),
    "a missing file": (
        lambda bag: (bag / "data/config.json").unlink(),
        ReceivedDamaged,
        "config.json",
    ),
    "a file too many": (
        lambda bag: (bag / "data/new").write_bytes(b""),
        NotReceivable,
        "in no manifest",
    ),
    "a changed tag file": (
        lambda bag: (bag / "record/entries.jsonl").write_bytes(b"{}"),
        ReceivedDamaged,
        "entries.jsonl",
    ),
    "a link": (linked, NotReceivable, "is a link"),
    "a pipe": (lambda bag: os.mkfifo(bag / "data/pipe"), NotReceivable, "a pipe"),
    "a way out": (
        rewrite("manifest-sha512.txt", b"data/empty", b"data/../../empty"),
        NotReceivable,
        "of the bag only",
    ),
    "an absolute path": (
        rewrite("manifest-sha512.txt", b"data/empty", b"/etc/passwd"),
        NotReceivable,
        "of the bag only",
    ),
    "a tag file as payload": (
        rewrite("manifest-sha512.txt", b"data/empty", b"bagit.txt"),
        NotReceivable,
        "of the bag only",
    ),
    "no path": (
        rewrite("manifest-sha512.txt", b"  data/empty", b""),
        NotReceivable,
        "a digest and a path",
    ),
    "a path twice": (
        rewrite("manifest-sha512.txt", b"data/empty", b"data/config.json"),
        NotReceivable,
        "twice",
    ),
    "a hole": (
        lambda bag: (bag / "fetch.txt").write_text("https://example.org/x 5 data/x\n"),
        NotReceivable,
        "to be fetched",
    ),
    "another sum": (rewrite("bag-info.txt", b"Oxum: ", b"Oxum: 9"), ReceivedDamaged, "Oxum"),
    "no label": (rewrite("bag-info.txt", b"Bagging-Date:", b"Bagging"), NotReceivable, "label"),
    "bytes as text": (
        rewrite("bag-info.txt", b"Bagging-Date:", b"\xff\xfe:"),
        NotReceivable,
        "UTF-8",
    ),
    "a reserved name": (
        lambda bag: hand_made_bag(bag, {"con.txt": b"", **content(bag / "data")}, "sha512"),
        PathUnsafe,
        "Windows",
    ),
}


def rmtree(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize("what", BROKEN)
def test_a_bad_bag_is_refused_in_a_sentence_and_nothing_is_entered(
    shared: House, a_bag: Path, tmp_path: Path, what: str
) -> None:
    bag = Path(shutil.copytree(a_bag, tmp_path / "bag"))
    before = size_of(shared)
    spoil, kind, said = BROKEN[what]
    if (
        what in {"another sum", "no label", "bytes as text", "a reserved name"}
        or "manifest" in what
    ):
        only(bag, "manifest-sha256" if what != "a reserved name" else "nothing")
        for file in bag.glob("tagmanifest-*"):
            file.unlink()
        if what == "a reserved name":
            (bag / "bag-info.txt").unlink()
    spoil(bag)
    with pytest.raises(kind, match=said):
        take_bag(shared, bag)
    assert size_of(shared) == before


def test_another_models_package_is_not_believed(house: House, tmp_path: Path) -> None:
    bag_of(house, tmp_path / "bag")
    files = {**content(tmp_path / "bag/data"), "config.json": b"[]"}
    liar = hand_made_bag(tmp_path / "liar", files)
    (liar / PACKAGE).parent.mkdir()
    (liar / PACKAGE).write_bytes((tmp_path / "bag" / PACKAGE).read_bytes())
    with pytest.raises(ReceivedDamaged, match="not the ones that were deposited"):
        take_bag(house, liar)


def test_a_file_that_changes_after_it_was_checked_is_found(house: House, tmp_path: Path) -> None:
    bag_of(house, tmp_path / "bag")
    parcel = read_bag(tmp_path / "bag", Silent())
    (tmp_path / "bag/data/config.json").write_bytes(b"[]")
    (tmp_path / "bag" / PACKAGE).write_bytes(b"of somebody else")
    before = size_of(house)
    with pytest.raises(ReceivedDamaged, match=r"config\.json.* changed"):
        take(house, parcel)
    assert size_of(house) == before


def test_what_is_there_is_never_replaced(house: House, tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    with pytest.raises(Conflict, match="there already"):
        bag_of(house, tmp_path / "bag")
    assert list((tmp_path / "bag").iterdir()) == []


def test_a_damaged_store_gives_no_bag(house: House, tmp_path: Path) -> None:
    (pack,) = (house.home / "store/packs").rglob("*.pack")
    pack.chmod(0o600)
    data = bytearray(pack.read_bytes())
    data[len(data) // 8 : len(data) // 4] = bytes(len(data) // 4 - len(data) // 8)
    pack.write_bytes(data)
    with pytest.raises(Damaged):
        bag_of(house, tmp_path / "out/bag")
    assert list((tmp_path / "out").iterdir()) == []


def test_what_the_primary_lost_comes_from_another_copy(
    house: House, source: Path, tmp_path: Path
) -> None:
    second = Copy("second", MemoryStore())
    add_store(house.record, second, kind="folder", place="cellar", packs="all", actor="steward")
    replicate(house.record, second, actor="steward", progress=Silent())
    (pack,) = (house.home / "store/packs").rglob("*.pack")
    pack.unlink()
    copies = (Copy("primary", house.store), second)
    done = write_bag(house.record, NAME, tmp_path / "bag", progress=Silent(), copies=copies)
    assert done.rescued["second"] > 0
    assert content(tmp_path / "bag/data") == content(source)
    done_too = write_ocfl(
        house.record, NAME, tmp_path / "root", actor="steward", progress=Silent(), copies=copies
    )
    assert done_too.rescued["second"] > 0


def test_a_model_in_place_leaves_as_a_bag(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    source = tmp_path / "source"
    tiny_model(source)
    deposit(house, source, in_place="lab")
    house.stores.remember_found(NAME, source)
    bag_of(house, tmp_path / "bag")
    assert bagit.Bag(str(tmp_path / "bag")).is_valid()
    assert content(tmp_path / "bag/data") == content(source)


KILLED = """
import os, signal, sys
from pathlib import Path
from emeritus.assembly import open_house
from emeritus.custody.interchange import write_bag, write_ocfl
from emeritus.foundation import Silent

class Killer(Silent):
    def __init__(self): self.calls = 0
    def advance(self, amount):
        self.calls += 1
        if self.calls == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

house = open_house(Path(sys.argv[1]))
target = Path(sys.argv[2])
if sys.argv[4] == "bag":
    write_bag(house.record, "tiny", target, progress=Killer())
else:
    write_ocfl(house.record, "tiny", target, actor="steward", progress=Killer())
"""


@pytest.mark.parametrize(("form", "calls"), [("bag", 9), ("ocfl", 2)])
def test_killed_in_the_middle_nothing_has_the_final_name(
    shared: House, tmp_path: Path, form: str, calls: int
) -> None:
    target = tmp_path / "out"
    arguments = (str(shared.home), str(target), str(calls), form)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], cwd=ROOT, check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    assert not target.exists() or not any(target.rglob("0=ocfl_object*"))
    assert any(tmp_path.glob(".*.partial"))


def test_what_is_kept_of_a_sender_has_one_spelling(tmp_path: Path) -> None:
    bag = hand_made_bag(tmp_path / "bag", {"model.bin": b"x"})
    (bag / "manifest-sha512.txt").rename(bag / "manifest-sha256.txt")
    digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    (bag / "manifest-sha256.txt").write_text(f"{digest}  data/model.bin\n")
    assert read_bag(bag, Silent()).provenance() == (
        b'{"described":"","files":[{"bytes":54,"path":"bagit.txt","sha256":'
        b'"1712ecfb074bf29c4188ad3421032509159a09739fd604f8fe57038b4ddefcc9","text":'
        b'"BagIt-Version: 1.0\\nTag-File-Character-Encoding: UTF-8\\n"},{"bytes":81,"path":'
        b'"manifest-sha256.txt","sha256":'
        b'"96183a6afbe25f3bf8b710a69f41c04fb86ddebfd8b20d65aa16b47cee711e74","text":'
        b'"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881  data/model.bin\\n"}]'
        b',"form":"bagit","format":"emeritus-received/1","version":"1.0"}'
    )


def test_bytes_that_are_no_text_are_kept_too(tmp_path: Path) -> None:
    bag = hand_made_bag(tmp_path / "bag", {"model.bin": b"x" * 99})
    (bag / "picture.png").write_bytes(b"\x89PNG")
    kept = json.loads(read_bag(bag, Silent()).provenance())
    (bag / "film.mkv").write_bytes(bytes(2**20 + 1))
    kept = json.loads(read_bag(bag, Silent()).provenance())
    film = next(one for one in kept["files"] if one["path"] == "film.mkv")
    assert set(film) == {"path", "bytes", "sha256"}
    picture = next(one for one in kept["files"] if one["path"] == "picture.png")
    assert base64.b64decode(picture["base64"]) == b"\x89PNG"
