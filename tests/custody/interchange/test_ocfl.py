"""OCFL objects: written once, extended by what is new, mended, and read with suspicion."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from emeritus.assembly import House
from emeritus.custody.interchange import (
    NotReceivable,
    ReceivedDamaged,
    RootUnusable,
    read_ocfl,
)
from emeritus.custody.interchange.inventory import parse_inventory
from emeritus.custody.interchange.ocfl_object import read_inventory
from emeritus.custody.interchange.ocfl_root import object_path, writing
from emeritus.foundation import Conflict, NotFound, Silent
from emeritus.testing import FrozenClock
from emeritus.testing.weights import tiny_safetensors
from emeritus.vault.errors import PathUnsafe
from tests.custody.interchange.parcels import (
    Spoil,
    back,
    content,
    ocfl_of,
    size_of,
    take,
    unprepared,
)
from tests.journeys.houses import audit, deposit, found, verify

Value = dict[str, Any]


def test_an_object_comes_back_identical_and_its_versions_stay(
    house: House, source: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    first = ocfl_of(house, root)
    assert (first.version, first.is_new, first.files) == ("v1", True, 6)
    before = content(root)
    again = ocfl_of(house, root)
    assert (again.version, again.is_new) == ("v1", False)
    assert content(root) == before
    audit(house)
    second = ocfl_of(house, root)
    assert (second.version, second.is_new, second.files) == ("v2", True, 0)
    assert set(content(second.folder / "v2/content")) == {
        "record/entries.jsonl",
        "record/proofs.json",
    }
    for version, name in (("v1", "one"), ("v2", "two")):
        take(house, read_ocfl(root, Silent(), version=version), name)
        assert back(house, name, tmp_path / name) == content(source)
    assert verify(house.home / "store").is_whole


def test_what_happens_to_another_model_makes_no_version(house: House, tmp_path: Path) -> None:
    ocfl_of(house, tmp_path / "root")
    deposit(house, unprepared(tmp_path / "more"), "another")
    assert not ocfl_of(house, tmp_path / "root").is_new
    assert ocfl_of(house, tmp_path / "root", "another").is_new
    with pytest.raises(NotReceivable, match="2 objects"):
        read_ocfl(tmp_path / "root", Silent())
    ids = {read_inventory(one)[1].id for one in objects(tmp_path / "root")}
    for one in ids:
        assert read_ocfl(tmp_path / "root", Silent(), object_id=one).described == one
    with pytest.raises(NotFound, match="no object"):
        read_ocfl(tmp_path / "root", Silent(), object_id="emeritus:nobody")


def objects(root: Path) -> list[Path]:
    return [path.parent for path in root.rglob("0=ocfl_object_1.1")]


@pytest.mark.parametrize("left", ["nothing replaced", "inventory replaced", "neither there"])
def test_a_version_that_a_crash_left_half_moved_is_finished(
    house: House, tmp_path: Path, left: str
) -> None:
    root = tmp_path / "root"
    folder = ocfl_of(house, root).folder
    own = {name: (folder / name).read_bytes() for name in ("inventory.json", SIDECAR)}
    audit(house)
    ocfl_of(house, root)
    whole = content(root)
    for name, data in own.items():
        (folder / name).write_bytes(data)
    if left == "inventory replaced":
        (folder / "inventory.json").write_bytes((folder / "v2/inventory.json").read_bytes())
    if left == "neither there":
        (folder / "inventory.json").unlink()
        (folder / SIDECAR).unlink()
    assert not ocfl_of(house, root).is_new
    assert content(root) == whole


SIDECAR = "inventory.json.sha512"


def test_one_writer_at_a_time(house: House, tmp_path: Path) -> None:
    ocfl_of(house, tmp_path / "root")
    with (
        writing(tmp_path / "root"),
        pytest.raises(Conflict, match="somebody else"),
        writing(tmp_path / "root"),
    ):
        pass


def test_a_folder_that_is_no_root_is_left_alone(house: House, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter").write_text("dear")
    with pytest.raises(RootUnusable, match="no storage root"):
        ocfl_of(house, tmp_path / "mine")
    root = tmp_path / "root"
    ocfl_of(house, root)
    (root / "ocfl_layout.json").write_text('{"extension": "0002-flat-direct-storage-layout"}')
    with pytest.raises(RootUnusable, match="otherwise"):
        ocfl_of(house, root)
    assert content(tmp_path / "mine") == {"letter": b"dear"}


def test_objects_lie_where_the_extension_says() -> None:
    # The examples of extension 0003 as published with it.
    assert object_path("object-01") == "3c0/ff4/240/object-01"
    assert object_path("..hor/rib:le-$id") == "487/326/d8c/%2e%2ehor%2frib%3ale-%24id"
    long = "abcdefghij" * 26
    digest = hashlib.sha256(long.encode()).hexdigest()
    assert object_path(long).endswith(f"/{long[:100]}-{digest}")


def test_versions_are_counted_as_wide_as_they_began() -> None:
    held = inventory(versions={"v0001": {}})
    assert parse_inventory(held).next_version() == "v0002"
    assert parse_inventory(inventory()).next_version() == "v2"


DIGEST = "a" * 128


def inventory(**changed: Any) -> bytes:
    """Return an inventory of one file, with some members otherwise."""
    versions = changed.pop("versions", {"v1": {}})
    first, head = next(iter(versions)), list(versions)[-1]
    value = {
        "id": "urn:example:one",
        "type": "https://ocfl.io/1.1/spec/#inventory",
        "digestAlgorithm": "sha512",
        "head": head,
        "manifest": {DIGEST: [f"{first}/content/a"]},
        "versions": {
            name: {"created": "2026-11-23T09:00:00Z", "state": {DIGEST: ["a"]}, **said}
            for name, said in versions.items()
        },
        **changed,
    }
    return json.dumps(value).encode()


WRONG: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "not an OCFL inventory"),
    "nested without end": (b"[" * 100_000, "not an OCFL inventory"),
    "no object": (b"[]", "not an OCFL inventory"),
    "a member twice": (inventory()[:-1] + b',"id":"x"}', "twice"),
    "half a character": (inventory().replace(b"urn:example", rb"\ud800"), "not an OCFL inventory"),
    "a long count": (inventory(versions={f"v{'0' * 300}1": {}}), "E009"),
    "no id": (inventory(id=" "), "E037"),
    "another type": (inventory(type="https://ocfl.io/3.0/spec/#inventory"), "E038"),
    "a weak digest": (inventory(digestAlgorithm="md5"), "E025"),
    "a content directory above": (inventory(contentDirectory=".."), "E018"),
    "no versions": (inventory(head="v1")[:-1].replace(b'"v1": {"cr', b'"x1": {"cr') + b"}", "E009"),
    "a gap": (inventory(versions={"v1": {}, "v3": {}}), "E010"),
    "an old head": (inventory(versions={"v1": {}, "v2": {}}, head="v1"), "E040"),
    "a digest of another length": (inventory(manifest={"aa": ["v1/content/a"]}), "128 digits"),
    "a digest in two spellings": (
        inventory(manifest={DIGEST: ["v1/content/a"], DIGEST.upper(): ["v1/content/b"]}),
        "E096",
    ),
    "content outside": (inventory(manifest={DIGEST: ["v1/../../a"]}), "E099"),
    "content of no version": (inventory(manifest={DIGEST: ["v9/content/a"]}), "no version's"),
    "content elsewhere": (inventory(manifest={DIGEST: ["v1/else/a"]}), "no version's"),
    "content without a file": (inventory(manifest={DIGEST: []}), "no file"),
    "a way out": (inventory(versions={"v1": {"state": {DIGEST: ["../a"]}}}), "E052"),
    "an absolute path": (inventory(versions={"v1": {"state": {DIGEST: ["/a"]}}}), "E052"),
    "a path twice": (inventory(versions={"v1": {"state": {DIGEST: ["a", "a"]}}}), "E095"),
    "a path below a file": (inventory(versions={"v1": {"state": {DIGEST: ["a", "a/b"]}}}), "E095"),
    "a digest from nowhere": (inventory(versions={"v1": {"state": {"b" * 128: ["a"]}}}), "E050"),
    "content that no version has": (inventory(versions={"v1": {"state": {}}}), "E107"),
}


@pytest.mark.parametrize("what", WRONG)
def test_an_inventory_that_contradicts_itself_is_refused(what: str) -> None:
    data, said = WRONG[what]
    with pytest.raises(NotReceivable, match=said):
        parse_inventory(data)


def test_the_inventory_that_the_wrong_ones_are_made_from_is_right() -> None:
    assert parse_inventory(inventory()).content() == {"v1/content/a": DIGEST}


def resigned(change: Callable[[Value], object]) -> Spoil:
    """Change an inventory and make its sidecar anew, as a liar would."""

    def spoil(folder: Path) -> None:
        value = json.loads((folder / "inventory.json").read_bytes())
        change(value)
        data = json.dumps(value).encode()
        for place in (folder, folder / value["head"]):
            (place / "inventory.json").write_bytes(data)
            (place / SIDECAR).write_text(f"{hashlib.sha512(data).hexdigest()} inventory.json\n")

    return spoil


def renamed(value: Value) -> None:
    for paths in value["versions"][value["head"]]["state"].values():
        paths[:] = [path.replace("model/config.json", "model/nul.json") for path in paths]


def rewritten(value: Value) -> None:
    state = value["versions"]["v1"]["state"]
    empty = next(digest for digest, paths in state.items() if "model/empty" in paths)
    state[empty].append("model/added")


def linked(folder: Path) -> None:
    (folder / "v1/content/model/empty").unlink()
    (folder / "v1/content/model/empty").symlink_to("/etc/hostname")


@pytest.fixture(scope="module")
def an_object(shared: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("roots") / "root"
    ocfl_of(shared, root)
    audit(shared)
    return ocfl_of(shared, root).folder


BROKEN: dict[str, tuple[Spoil, type[Exception], str]] = {
    "no declaration": (
        lambda one: (one / "0=ocfl_object_1.1").unlink(),
        NotReceivable,
        "found neither",
    ),
    "another declaration": (
        lambda one: (one / "0=ocfl_object_1.1").write_text("ocfl_object_9"),
        NotReceivable,
        "declare",
    ),
    "no sidecar": (lambda one: (one / SIDECAR).unlink(), NotReceivable, "cannot be read"),
    "another sidecar": (
        lambda one: (one / SIDECAR).write_text("00 inventory.json\n"),
        ReceivedDamaged,
        "sidecar",
    ),
    "a sidecar that is none": (
        lambda one: (one / SIDECAR).write_text("hello"),
        NotReceivable,
        "a digest and",
    ),
    "a changed file": (
        lambda one: (one / "v1/content/model/config.json").write_bytes(b"[]"),
        ReceivedDamaged,
        "config.json",
    ),
    "a missing file": (
        lambda one: (one / "v1/content/model/config.json").unlink(),
        ReceivedDamaged,
        "config.json",
    ),
    "a file too many": (
        lambda one: (one / "v1/content/model/more").write_bytes(b""),
        NotReceivable,
        "not in its inventory",
    ),
    "a link": (linked, NotReceivable, "is a link"),
    "history rewritten": (resigned(rewritten), NotReceivable, "v1 holds other files in v1"),
    "a reserved name": (resigned(renamed), PathUnsafe, "Windows"),
    "another fixity": (
        resigned(lambda value: value["fixity"]["sha256"].update({"0" * 64: ["v1/content/x"]})),
        NotReceivable,
        "fixity speaks",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_bad_object_is_refused_in_a_sentence_and_nothing_is_entered(
    shared: House, an_object: Path, tmp_path: Path, what: str
) -> None:
    folder = Path(shutil.copytree(an_object, tmp_path / "object"))
    before = size_of(shared)
    spoil, kind, said = BROKEN[what]
    spoil(folder)
    with pytest.raises(kind, match=said):
        take(shared, read_ocfl(folder, Silent()))
    assert size_of(shared) == before


def test_an_object_that_others_made_is_taken_whole(tmp_path: Path) -> None:
    data = {"weights/model.safetensors": tiny_safetensors(), "record/notes": b"n", "empty": b""}
    data["copy"] = data["weights/model.safetensors"]
    folder = hand_made(tmp_path / "object", data)
    house = found(tmp_path / "home")
    parcel = read_ocfl(folder, Silent())
    assert (parcel.version, parcel.described) == ("1.0 v1", "urn:example:theirs")
    # The bytes lie under a name without an ending, and are known by the one that they are kept as.
    assert take(house, parcel).format == "safetensors"
    assert back(house, "taken", tmp_path / "back") == data
    with pytest.raises(NotFound, match="no version 'v2'"):
        read_ocfl(folder, Silent(), version="v2")


def hand_made(folder: Path, files: dict[str, bytes]) -> Path:
    """Write an object of OCFL 1.0 in SHA-256, as another archive might."""
    by_digest: dict[str, list[str]] = {}
    for path, data in files.items():
        by_digest.setdefault(hashlib.sha256(data).hexdigest(), []).append(path)
    manifest = {}
    for digest, paths in by_digest.items():
        manifest[digest.upper()] = [f"v1/bytes/{digest[:8]}"]
        (folder / "v1/bytes").mkdir(parents=True, exist_ok=True)
        (folder / "v1/bytes" / digest[:8]).write_bytes(files[paths[0]])
    value = {
        "id": "urn:example:theirs",
        "type": "https://ocfl.io/1.0/spec/#inventory",
        "digestAlgorithm": "sha256",
        "contentDirectory": "bytes",
        "head": "v1",
        "manifest": manifest,
        "versions": {"v1": {"created": "2020-01-01T00:00:00Z", "state": by_digest}},
    }
    data = json.dumps(value).encode()
    (folder / "inventory.json").write_bytes(data)
    sidecar = f"{hashlib.sha256(data).hexdigest()}   inventory.json"
    (folder / "inventory.json.sha256").write_text(sidecar)
    (folder / "0=ocfl_object_1.0").write_text("ocfl_object_1.0\n")
    return folder


def test_a_version_says_when_and_by_whom_it_was_made(house: House, tmp_path: Path) -> None:
    folder = ocfl_of(house, tmp_path / "root").folder
    _, held = read_inventory(folder)
    made = held.versions["v1"]
    assert isinstance(house.clock, FrozenClock)
    assert made.created == house.clock.now().isoformat().replace("+00:00", "Z")
    assert made.user is not None
    assert made.user.name == "steward"
