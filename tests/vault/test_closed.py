"""Closed files: the format is age's own, any part can be read, and any changed bit is found."""

import base64
import json
import random
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.foundation import Digest, Silent, sha256, sha256_hex
from emeritus.testing import MemoryStore
from emeritus.vault import (
    Damaged,
    Package,
    PackIndex,
    Place,
    Seal,
    check_closed,
    gather,
    get_object,
    keep,
    object_name,
    put_object,
    restore,
)
from emeritus.vault.closed import Identity, NoKeys, decrypt, encrypt, key_id_of
from emeritus.vault.closed.age import CHUNK, AgeWriter
from emeritus.vault.closed.seal import SALT_BYTES
from emeritus.vault.codec.pieces import piece_id
from emeritus.vault.errors import KeyMissing, KeyUnusable, NotForThisKey, NotInStore
from emeritus.vault.layout import ObjectClass, closed_sha256
from emeritus.vault.pack_check import check_sealed_pack
from emeritus.vault.packs import pack_name

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/vault/age.json").read_text())
KEY = Identity(bytes(range(32)))
EDGES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1]


def a_seal(identity: Identity = KEY, kind: ObjectClass = ObjectClass.SEALED) -> Seal:
    return Seal(Place(kind, identity.key_id), identity)


def kept(
    store: MemoryStore, folder: Path, seal: Seal, known: frozenset[str] = frozenset()
) -> Package:
    sources = gather(folder).sources
    return keep(
        store, sources, known_packs=known, opaque=True, progress=Silent(), seal=seal
    ).package


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(random.Random(1).randbytes(3 << 20))
    (folder / "secret-name.txt").write_bytes(b"words in a file " * 90)
    return folder


@pytest.mark.parametrize("one", GOLDEN["files"], ids=lambda one: str(one["name"]))
def test_what_the_age_program_wrote_is_read(one: dict[str, str]) -> None:
    stored = base64.b64decode(one["stored"])
    data = decrypt(stored, Identity.from_text(GOLDEN["identity"]))
    assert sha256_hex(data) == one["sha256"]
    other = Identity.from_text(GOLDEN["other"])
    if one["name"] == "for two":
        assert decrypt(stored, other) == data
    else:
        with pytest.raises(NotForThisKey):
            decrypt(stored, other)


def test_what_was_sealed_in_2026_opens() -> None:
    golden = json.loads((Path(__file__).parents[1] / "golden/vault/closed.json").read_text())
    identity = Identity.from_text(golden["identity"])
    store, seal = MemoryStore(), Seal(Place.parse(golden["place"]), identity)
    for name, data in golden["files"].items():
        store.create(name, base64.b64decode(data))
    assert list(check_closed(store, Silent())) == []
    (kept_object,) = (name for name in golden["files"] if "/objects/" in name)
    digest = Digest("sha256", kept_object.rpartition("/")[2])
    assert get_object(store, digest, seal) == golden["object"].encode()
    index = PackIndex.load(seal.files(store), seal.place.prefix)
    for piece in (one.encode() for one in golden["pieces"]):
        assert index.decoded(piece_id(piece)) == piece


def test_keys_are_spelled_as_age_spells_them() -> None:
    known = Identity.from_text(f" {GOLDEN['identity']}\n")
    assert known.to_text() == GOLDEN["identity"]
    assert known.recipient == GOLDEN["recipient"]
    assert (
        known.key_id
        == key_id_of(GOLDEN["recipient"])
        == sha256_hex(GOLDEN["recipient"].encode())[:32]
    )
    assert GOLDEN["identity"] not in repr(known)
    assert repr(known.secret) not in repr(a_seal(known))


@given(secret=st.binary(min_size=32, max_size=32), place=st.integers(0, 73))
def test_a_wrong_letter_of_a_key_is_found(secret: bytes, place: int) -> None:
    text = Identity(secret).to_text()
    assert Identity.from_text(text).secret == secret
    assert Identity.from_text(text.lower()).secret == secret
    place %= len(text)
    wrong = text[:place] + ("Q" if text[place] != "Q" else "P") + text[place + 1 :]
    with pytest.raises(KeyUnusable):
        Identity.from_text(wrong)


@pytest.mark.parametrize(
    "text", ["", "AGE-SECRET-KEY-1", "age1qqqq", "AGE-secret-KEY-1QQQQQQQ", "é"]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(KeyUnusable):
        Identity.from_text(text)


@settings(max_examples=60, deadline=None)
@given(
    size=st.one_of(st.sampled_from(EDGES), st.integers(0, 3 * CHUNK)),
    cuts=st.lists(st.one_of(st.sampled_from(EDGES), st.integers(0, 3 * CHUNK)), max_size=6),
)
def test_whatever_is_written_in_whatever_parts_comes_back(size: int, cuts: list[int]) -> None:
    content = random.Random(size).randbytes(size)
    writer = AgeWriter([KEY.recipient])
    ends = sorted({min(cut, size) for cut in cuts} | {0, size})
    parts = [writer.update(content[start:end]) for start, end in pairwise(ends)]
    assert decrypt(b"".join(parts) + writer.finish(), KEY) == content


@settings(max_examples=80, deadline=None)
@given(
    size=st.one_of(st.sampled_from(EDGES), st.integers(0, 3 * CHUNK)),
    offset=st.integers(0, 4 * CHUNK),
    length=st.integers(0, 3 * CHUNK),
)
def test_any_part_of_a_closed_file_can_be_read(size: int, offset: int, length: int) -> None:
    store, seal = MemoryStore(), a_seal()
    content = random.Random(size).randbytes(size)
    name = object_name(put_object(store, content, seal), seal.place)
    files = seal.files(store)
    assert files.size(name) == size
    assert files.read_range(name, offset, length) == content[offset : offset + length]
    assert files.read(name) == content


@pytest.mark.parametrize("others", range(7, 13))
def test_a_file_that_more_people_can_open_is_read_from_the_middle(others: int) -> None:
    store, seal = MemoryStore(), a_seal()
    recipients = [Identity(bytes([number]) * 32).recipient for number in range(others)]
    content = random.Random(others).randbytes(CHUNK)
    name = f"{seal.place.prefix}objects/00/0"
    store.create(name, encrypt(bytes(SALT_BYTES) + content, [*recipients, KEY.recipient]))
    assert seal.files(store).read_range(name, 9, 99) == content[9 : 9 + 99]


@pytest.mark.parametrize("left", [0, 9, CHUNK + 16, CHUNK + 17])
def test_a_file_that_becomes_shorter_while_it_is_open_is_damaged(left: int) -> None:
    store, seal = MemoryStore(), a_seal()
    name = object_name(put_object(store, bytes(3 * CHUNK), seal), seal.place)
    files = seal.files(store)
    assert files.read_range(name, 0, 9) == bytes(9)
    chunks = len(store.files[name]) - 3 * (CHUNK + 16) - SALT_BYTES - 16
    store.files[name] = store.files[name][: chunks + left]
    with pytest.raises(Damaged):
        files.read_range(name, CHUNK // 2, 2 * CHUNK)
    with pytest.raises(Damaged):
        files.read_range(name, 2 * CHUNK, 9)


@settings(max_examples=150, deadline=None)
@given(
    size=st.sampled_from([0, 1, 90, CHUNK, CHUNK + 9]), where=st.floats(0, 1), bit=st.integers(0, 7)
)
def test_a_flipped_bit_anywhere_is_found_with_and_without_the_key(
    size: int, where: float, bit: int
) -> None:
    store, seal = MemoryStore(), a_seal()
    digest = put_object(store, bytes(size), seal)
    name = object_name(digest, seal.place)
    stored = bytearray(store.files[name])
    stored[min(int(where * len(stored)), len(stored) - 1)] ^= 1 << bit
    store.files[name] = bytes(stored)
    assert [found.file for found in check_closed(store, Silent())] == [name]
    with pytest.raises(Damaged):
        get_object(store, digest, seal)
    with pytest.raises(Damaged):
        decrypt(bytes(stored), KEY)


@pytest.mark.parametrize("size", [0, 5, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_file_cut_anywhere_near_a_chunk_is_found(size: int) -> None:
    stored = encrypt(bytes(size), [KEY.recipient])
    for left in {
        0,
        10,
        150,
        190,
        *range(max(1, len(stored) - 40), len(stored)),
        len(stored) - CHUNK,
    }:
        with pytest.raises(Damaged):
            decrypt(stored[: max(0, left)], KEY)
    with pytest.raises(Damaged):
        decrypt(stored + b"\0", KEY)


def test_the_same_content_has_another_name_each_time() -> None:
    store, seal = MemoryStore(), a_seal()
    first, second = (put_object(store, b"the same", seal) for _ in range(2))
    assert first != second
    assert sha256(b"the same") not in (first, second)
    for digest in (first, second):
        name = object_name(digest, seal.place)
        assert sha256(store.files[name]) == digest
        assert closed_sha256(name) == digest.hex
        assert len(decrypt(store.files[name], KEY)) == SALT_BYTES + len(b"the same")
        assert get_object(store, digest, seal) == b"the same"
    with pytest.raises(NotInStore):
        get_object(store, first)


def test_erasable_objects_are_closed_in_the_same_way_under_their_own_key() -> None:
    store, other = MemoryStore(), Identity(bytes(32))
    seal = a_seal(other, ObjectClass.ERASABLE)
    digest = put_object(store, b"a comment", seal)
    assert list(store.files) == [
        f"closed/erasable/{other.key_id}/objects/{digest.hex[:2]}/{digest.hex}"
    ]
    assert get_object(store, digest, seal) == b"a comment"
    assert list(check_closed(store, Silent())) == []
    with pytest.raises(NotForThisKey):
        a_seal().open(next(iter(store.files.values())))


def test_a_seal_is_of_its_own_key_and_of_no_public_place() -> None:
    for place in (Place(), Place(ObjectClass.SEALED, "0" * 32)):
        with pytest.raises(KeyUnusable):
            Seal(place, KEY)
    with pytest.raises(KeyMissing, match="emeritus sealing recover"):
        NoKeys().seal(a_seal().place)


@pytest.mark.parametrize("text", ["sealed", "sealed/0", "public/" + "0" * 32, "sealed/" + "G" * 32])
def test_what_is_no_place_is_refused(text: str) -> None:
    assert Place.parse(str(a_seal().place)) == a_seal().place
    assert Place.parse("") == Place()
    with pytest.raises(Damaged):
        Place.parse(text)


def test_a_sealed_model_comes_back_and_the_store_shows_nothing_of_it(
    folder: Path, tmp_path: Path
) -> None:
    store, seal = MemoryStore(), a_seal()
    package = kept(store, folder, seal)
    index = PackIndex.load(seal.files(store), seal.place.prefix)
    out = restore(index, package, tmp_path / "out", progress=Silent())
    for path in out:
        assert path.read_bytes() == (folder / path.name).read_bytes()
    assert store.files
    weights = (folder / "weights.bin").read_bytes()
    for name, stored in store.files.items():
        assert name.startswith(seal.place.prefix)
        assert sha256_hex(stored) in name
        for known in (weights[:24], weights[-24:], b"words in a file", b"EMPACK", b"pieces"):
            assert known not in stored


def test_pieces_are_shared_under_one_key_and_never_under_another(folder: Path) -> None:
    store, seal, other = MemoryStore(), a_seal(), a_seal(Identity(bytes(32)))
    kept(store, folder, seal)
    before = set(store.files)
    kept(store, folder, seal)  # Not vouched for: it is read back and used again.
    assert set(store.files) == before
    kept(store, folder, other)
    assert len(store.files) == 2 * len(before)


def test_a_closed_pack_that_is_not_whole_is_not_used_again(folder: Path) -> None:
    store, seal = MemoryStore(), a_seal()
    kept(store, folder, seal)
    (name,) = store.files
    assert check_sealed_pack(store, name, seal, Silent()) == []
    stored = bytearray(store.files[name])
    stored[len(stored) // 2] ^= 4
    store.files[name] = bytes(stored)
    assert [one.file for one in check_sealed_pack(store, name, seal, Silent())] == [name]
    kept(store, folder, seal)
    assert len(store.files) == 2
    moved = pack_name(Digest("sha256", "0" * 64), seal.place.prefix)
    store.files[moved] = store.files[max(store.files)]
    assert "SHA-256" in check_sealed_pack(store, moved, seal, Silent())[0].problem


@pytest.mark.long
@pytest.mark.parametrize("size", EDGES)
def test_the_age_program_reads_what_is_written_here_and_the_other_way(
    size: int, tmp_path: Path
) -> None:
    key = tmp_path / "key.txt"
    key.write_text(f"{KEY.to_text()}\n")
    content = random.Random(size).randbytes(size)
    ours = encrypt(content, [Identity.generate().recipient, KEY.recipient])
    run = ["age", "--decrypt", "-i", str(key)]
    assert subprocess.run(run, input=ours, capture_output=True, check=True).stdout == content
    run = ["age", "-r", KEY.recipient]
    theirs = subprocess.run(run, input=content, capture_output=True, check=True).stdout
    assert decrypt(theirs, KEY) == content
