import json
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.foundation import Digest, Silent, sha256_hex
from emeritus.vault import pack_check, packs
from emeritus.vault.codec.elements import ELEMENTS, OPAQUE
from emeritus.vault.codec.pieces import decode, encode, piece_id
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.pack_check import check_pack, check_stored
from emeritus.vault.pack_index import PackIndex, read_pack_index
from emeritus.vault.packs import Pack, PackWriter
from tests.vault.dict_store import DictStore

GOLDEN = Path(__file__).parents[1] / "golden/vault"
DATA = [b"one piece", bytes(500), random.Random(3).randbytes(300), b"words and " * 50]


def written(store: DictStore, data: list[bytes], prefix: str = "") -> Pack:
    with PackWriter(store, prefix) as writer:
        for one in data:
            writer.add(piece_id(one), encode(one, OPAQUE))
        pack = writer.close()
    assert pack is not None
    return pack


def test_a_pack_is_named_by_its_bytes_and_gives_its_pieces_back() -> None:
    store = DictStore()
    pack = written(store, DATA)
    stored = store.files[pack.name]
    assert pack.name == f"packs/{sha256_hex(stored)}.pack"
    assert pack.bytes == len(stored)
    assert read_pack_index(store, pack.name) == pack.pieces
    index = PackIndex.load(store)
    assert (len(index), index.findings) == (len(DATA), [])
    for one in DATA:
        assert piece_id(one) in index
        assert decode(index.read(piece_id(one)), expected=piece_id(one)) == one
    assert check_pack(store, pack.name, Silent()) == []


def test_a_piece_is_packed_once() -> None:
    with PackWriter(DictStore()) as writer:
        assert writer.add(piece_id(b"x"), encode(b"x", OPAQUE))
        assert not writer.add(piece_id(b"x"), encode(b"x", OPAQUE))
        assert piece_id(b"x") in writer
        pack = writer.close()
    assert pack is not None
    assert len(pack.pieces) == 1


def test_no_pieces_no_pack_and_no_close_no_pack() -> None:
    store = DictStore()
    with PackWriter(store) as writer:
        assert writer.close() is None
    with PackWriter(store) as writer:
        writer.add(piece_id(b"x"), encode(b"x", OPAQUE))
    assert store.files == {}


def test_a_pack_gets_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_BYTES", 300)
    with PackWriter(DictStore()) as writer:
        assert not writer.is_full
        writer.add(piece_id(DATA[2]), encode(DATA[2], OPAQUE))
        assert writer.is_full


def test_a_prefix_keeps_classes_apart() -> None:
    store = DictStore()
    written(store, DATA[:1], "closed/sealed/key1/")
    written(store, DATA[1:2])
    assert len(PackIndex.load(store)) == 1
    assert piece_id(DATA[0]) in PackIndex.load(store, "closed/sealed/key1/")


def test_a_short_index_is_one_read_and_a_long_one_two() -> None:
    store = DictStore()
    with PackWriter(store) as writer:
        for number in range(1200):
            writer.add(Digest("blake3", f"{number:064x}"), b"not decoded here")
        pack = writer.close()
    assert pack is not None
    assert read_pack_index(store, pack.name) == pack.pieces
    assert len(store.ranges) == 2
    short = written(store, DATA)
    store.ranges.clear()
    read_pack_index(store, short.name)
    assert len(store.ranges) == 1


def test_what_is_not_there_is_said() -> None:
    store = DictStore()
    index = PackIndex.load(store)
    assert index.get(piece_id(b"x")) is None
    with pytest.raises(NotInStore):
        index.read(piece_id(b"x"))
    with pytest.raises(NotInStore):
        read_pack_index(store, "packs/none.pack")
    assert [one.problem for one in check_pack(store, "packs/no.pack", Silent())] == [
        "it is missing"
    ]


def test_every_flipped_bit_of_a_pack_is_found() -> None:
    store = DictStore()
    pack = written(store, [b"ab", bytes(40)])
    whole = store.files[pack.name]
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        store.files[pack.name] = bytes(flipped)
        findings = check_pack(store, pack.name, Silent())
        assert findings
        assert all(one.file == pack.name and one.harmful for one in findings)


def test_a_recorded_blake3_finds_every_flipped_bit_too() -> None:
    store = DictStore()
    pack = written(store, [b"ab", bytes(40)])
    whole = store.files[pack.name]
    assert pack.fast_digest == piece_id(whole)
    assert check_stored(store, pack.name, pack.fast_digest, Silent()) == []
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        store.files[pack.name] = bytes(flipped)
        (finding,) = check_stored(store, pack.name, pack.fast_digest, Silent())
        assert finding.harmful
        assert finding.file == pack.name
    del store.files[pack.name]
    (missing,) = check_stored(store, pack.name, pack.fast_digest, Silent())
    assert missing.problem == "it is missing"


def test_a_pack_is_read_once_and_every_wrong_piece_is_named() -> None:
    store = DictStore()
    many = [random.Random(number).randbytes(2_000) for number in range(60)]
    pack = written(store, many)
    broken = bytearray(store.files[pack.name])
    for one in (pack.pieces[3], pack.pieces[50]):
        broken[one.offset + one.length - 1] ^= 1
    store.files[pack.name] = bytes(broken)
    store.ranges.clear()
    findings = check_pack(store, pack.name, Silent())
    assert len(store.ranges) == 1
    assert "SHA-256" in findings[0].problem
    assert [
        str(pack.pieces[place].piece) in one.problem
        for place, one in zip((3, 50), findings[1:], strict=True)
    ] == [True, True]


def test_a_piece_longer_than_any_is_a_finding_and_takes_no_memory() -> None:
    store = DictStore()
    body = bytes(pack_check._LONGEST + 1)
    store.files["packs/x.pack"] = pack_of({"pieces": [["00" * 32, 8, len(body)]]}, body)
    assert any("over" in one.problem for one in check_pack(store, "packs/x.pack", Silent()))


def test_a_damaged_tail_is_a_finding_and_the_rest_is_read() -> None:
    store = DictStore()
    written(store, DATA[:2])
    store.files["packs/0.pack"] = b"short"
    store.files["packs/readme"] = b"?"
    index = PackIndex.load(store)
    assert len(index) == 2
    assert [one.file for one in index.findings] == ["packs/0.pack", "packs/readme"]


def test_a_pack_that_ends_early_is_damaged() -> None:
    store = DictStore()
    pack = written(store, DATA)
    index = PackIndex.load(store)
    store.files[pack.name] = store.files[pack.name][:50]
    with pytest.raises(Damaged, match=pack.digest.hex):
        index.read(piece_id(DATA[1]))


def pack_of(index: object, body: bytes = b"abc") -> bytes:
    text = json.dumps(index, separators=(",", ":")).encode()
    return packs.PACK_MAGIC + body + text + struct.pack("<Q8s", len(text), b"EMPACKIX")


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        pack_of({"pieces": []}, b""),
        pack_of([]),
        pack_of({"pieces": [["00" * 32, 8, 3]], "more": 1}),
        pack_of({"pieces": [["00" * 32, 9, 3]]}),
        pack_of({"pieces": [["00" * 32, 8, 2]]}),
        pack_of({"pieces": [["00" * 32, 8, 3, 4]]}),
        pack_of({"pieces": [["00" * 32, 8.0, 3]]}),
        pack_of({"pieces": [["zz" * 32, 8, 3]]}),
        pack_of({"pieces": [["00" * 32, 8, 1], ["00" * 32, 9, 2]]}),
        pack_of({"pieces": [["00" * 32, 8, -1], ["11" * 32, 7, 4]]}),
        pack_of({"pieces": [["00" * 32, 8, True], ["11" * 32, 9, 2]]}),
        pack_of({"pieces": [["00" * 32, 8, 3]]})[:-1] + b"?",
        packs.PACK_MAGIC + struct.pack("<Q8s", 1 << 60, b"EMPACKIX"),
    ],
)
def test_an_index_that_breaks_a_rule_is_damaged(stored: bytes) -> None:
    store = DictStore()
    store.files["packs/x.pack"] = stored
    with pytest.raises(Damaged, match=r"packs/x\.pack"):
        read_pack_index(store, "packs/x.pack")


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_a_sentence(noise: bytes) -> None:
    store = DictStore()
    store.files["packs/x.pack"] = noise + struct.pack("<Q8s", len(noise) // 2, b"EMPACKIX")
    with pytest.raises(Damaged):
        read_pack_index(store, "packs/x.pack")


def test_the_golden_pack_is_read_for_ever() -> None:
    facts = json.loads((GOLDEN / "pack.json").read_text())
    stored = bytes.fromhex(facts["stored"])
    store = DictStore()
    store.files[f"packs/{facts['sha256']}.pack"] = stored
    assert check_pack(store, f"packs/{facts['sha256']}.pack", Silent()) == []
    index = PackIndex.load(store)
    found = {str(one): decode(index.read(one)).hex() for one in map(Digest.parse, facts["pieces"])}
    assert found == facts["pieces"]


def test_two_packs_may_hold_one_piece() -> None:
    store = DictStore()
    written(store, [DATA[0], DATA[1]])
    written(store, [DATA[0]])
    assert len(PackIndex.load(store)) == 2
    assert ELEMENTS["opaque"] is OPAQUE
