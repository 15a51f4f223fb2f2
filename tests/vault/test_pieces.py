import json
import random
import struct
import subprocess
from pathlib import Path

import blake3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.foundation import Digest, UserError
from emeritus.vault.codec import frames
from emeritus.vault.codec.elements import ELEMENTS, OPAQUE
from emeritus.vault.codec.piece_header import ZSTD, read_header
from emeritus.vault.codec.pieces import PIECE_BYTES, decode, describe, encode, piece_id
from emeritus.vault.errors import Damaged
from emeritus.vault.reader import read_emeritus
from tests.vault.handmade_store import RAW, RUN, piece

GOLDEN = Path(__file__).parents[1] / "golden/vault/pieces.json"
HEAD = 80


def gaussian(count: int, kind: str) -> bytes:
    rng = random.Random(count)
    data = b"".join(struct.pack("<f", rng.gauss(0, 0.02)) for _ in range(count))
    return (
        data if kind == "f32" else b"".join(data[at + 2 : at + 4] for at in range(0, len(data), 4))
    )


@given(st.sampled_from(sorted(ELEMENTS)), st.binary(max_size=1200))
@settings(max_examples=300)
def test_every_element_comes_back(name: str, data: bytes) -> None:
    assert decode(encode(data, ELEMENTS[name]), expected=piece_id(data)) == data


@given(st.sampled_from(sorted(ELEMENTS)), st.integers(0, 4000), st.sampled_from([0, 1, 2, 255]))
def test_repetitive_bytes_come_back(name: str, length: int, seed: int) -> None:
    data = (bytes([seed, 0, seed ^ 255]) * length)[:length]
    assert decode(encode(data, ELEMENTS[name])) == data


@pytest.mark.parametrize("length", [0, 1, 2, 7, 127, 255, 256, 257, 65_791, 65_792, 131_071])
@pytest.mark.parametrize("name", ["opaque", "bf16", "f64", "q4_1"])
def test_odd_lengths_come_back(length: int, name: str) -> None:
    data = (b"\x12\x3c" * length)[: length // 2] + random.Random(1).randbytes(length - length // 2)
    assert decode(encode(data, ELEMENTS[name])) == data


@pytest.mark.parametrize("name", sorted(ELEMENTS))
def test_a_whole_piece_comes_back(name: str) -> None:
    data = (random.Random(2).randbytes(1 << 19) + bytes(1 << 19))[:PIECE_BYTES]
    encoded = encode(data, ELEMENTS[name])
    assert decode(encoded) == data
    assert len(encoded) < 0.51 * PIECE_BYTES


def test_a_longer_piece_is_refused() -> None:
    with pytest.raises(UserError, match="at most 1048576 bytes, found 1048577"):
        encode(bytes(PIECE_BYTES + 1), OPAQUE)


def test_weights_take_the_transform_that_suits_them() -> None:
    assert describe(encode(gaussian(20_000, "bf16"), ELEMENTS["bf16"])) == "rotated planes"
    assert describe(encode(bytes(9000), ELEMENTS["f32"])) == "run"
    assert describe(encode(b"again and " * 900, ELEMENTS["bf16"])) == "zstd"
    assert describe(encode(random.Random(1).randbytes(9000), ELEMENTS["q4_0"])) == "raw"
    blocks = b"".join(
        bytes([i % 7, 60, i % 5, 61]) + random.Random(i).randbytes(16) for i in range(999)
    )
    assert describe(encode(blocks, ELEMENTS["q4_1"])) == "planes"


@pytest.mark.parametrize(("kind", "most"), [("bf16", 0.67), ("f32", 0.84)])
def test_gaussian_weights_get_small(kind: str, most: float) -> None:
    data = gaussian(260_000, kind)[:PIECE_BYTES]
    assert len(encode(data, ELEMENTS[kind])) < most * len(data)


def test_upcast_planes_cost_nothing() -> None:
    data = b"".join(b"\0\0" + one for one in struct_pairs(gaussian(50_000, "bf16")))
    small = encode(gaussian(50_000, "bf16"), ELEMENTS["bf16"])
    assert len(encode(data, ELEMENTS["f32"])) < len(small) * 1.02


def struct_pairs(data: bytes) -> list[bytes]:
    return [data[at : at + 2] for at in range(0, len(data), 2)]


def small_pieces() -> list[tuple[bytes, bytes]]:
    weights, blocks = gaussian(120, "bf16") + b"x", bytes(range(40)) * 2
    words = b"the same words, " * 9
    return [
        (weights, encode(weights, ELEMENTS["bf16"])),
        (weights, piece(weights, (1, 1), rotated=True, codings=(RAW, ZSTD, RAW))),
        (blocks, piece(blocks, (1, 1, 1, 1, 16))),
        (words, encode(words, OPAQUE)),
        (bytes(99), piece(bytes(99), (1,), codings=(RUN,))),
        (b"", encode(b"", OPAQUE)),
    ]


@pytest.mark.parametrize(("data", "encoded"), small_pieces(), ids=range(6))
def test_no_flipped_bit_gives_other_bytes(data: bytes, encoded: bytes) -> None:
    # A flip that is not refused lies in a zstd block, in bits that mean nothing, and changes
    # nothing; the SHA-256 of the pack finds that one too (test_packs).
    identity, silent, refusals = piece_id(data), list[int](), set[str]()
    header = read_header(memoryview(encoded))
    for bit in range(8 * len(encoded)):
        flipped = bytearray(encoded)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert decode(bytes(flipped), expected=identity) == data
        except Damaged as problem:
            refusals.add(problem.about)
        else:
            silent.append(bit // 8)
    assert refusals == {str(identity)}
    assert all(position >= header.bytes + 6 for position in silent)
    assert len(silent) <= 4
    assert not silent or any(record.coding == ZSTD for record in header.records)


@pytest.mark.parametrize(("data", "encoded"), small_pieces(), ids=range(6))
def test_a_cut_or_longer_piece_is_refused(data: bytes, encoded: bytes) -> None:
    for end in range(len(encoded)):
        with pytest.raises(Damaged):
            decode(encoded[:end])
    with pytest.raises(Damaged):
        decode(encoded + b"\0")
    assert decode(memoryview(encoded)) == data


def test_another_piece_is_refused() -> None:
    wanted = piece_id(b"another")
    with pytest.raises(Damaged, match=wanted.hex) as caught:
        decode(encode(b"data", OPAQUE), expected=wanted)
    assert caught.value.about == str(wanted)


@pytest.mark.parametrize(
    ("offset", "value", "sentence"),
    [
        (0, b"X", "EMPC"),
        (4, b"\5", "version 5"),
        (5, b"\2", "its version lacks"),
        (5, b"\1", "not 2, 4 or 8 planes"),
        (6, b"\0\0", "plane records"),
        (8, struct.pack("<Q", 1 << 40), "decodes to 1099511627776"),
        (48, b"\1", "only a difference has a base"),
        (80, b"\0\0", "width 0"),
        (80, b"\2\0", "a plane alone has 1"),
        (82, b"\3", "coding 3"),
        (83, b"\1", "form 1"),
        (84, b"\1", "stored in 1"),
    ],
)
def test_every_rule_of_the_header_has_its_sentence(
    offset: int, value: bytes, sentence: str
) -> None:
    encoded = bytearray(piece(b"seventy", (1,)))
    encoded[offset : offset + len(value)] = value
    with pytest.raises(Damaged, match=sentence):
        decode(bytes(encoded))


@pytest.mark.parametrize(
    ("width", "sentence"), [(b"\xff\xff", "longer than the whole piece"), (b"\2\0", "tail")]
)
def test_planes_must_fit_the_piece(width: bytes, sentence: str) -> None:
    encoded = bytearray(piece(b"seventy!", (1, 1)))
    encoded[80:82] = width
    with pytest.raises(Damaged, match=sentence):
        decode(bytes(encoded))


def with_frame(frame: bytes, data: bytes) -> bytes:
    head = struct.pack(
        "<4sBBHQ32s32s", b"EMPC", 1, 0, 1, len(data), blake3.blake3(data).digest(), bytes(32)
    )
    return head + struct.pack("<HBBI", 1, ZSTD, 0, len(frame)) + frame


def zstd(data: bytes, *options: str) -> bytes:
    return subprocess.run(
        ["zstd", "-cq", *options], input=data, capture_output=True, check=True
    ).stdout


def test_a_frame_in_another_spelling_is_refused() -> None:
    data = b"words and words and words" * 20
    size = f"--stream-size={len(data)}"
    good = zstd(data, "--no-check", size)
    assert decode(with_frame(good, data)) == data
    for other in (
        zstd(data, "--no-check"),  # no content size
        zstd(data, size),  # a checksum
        good + zstd(b"", "--no-check", "--stream-size=0"),  # a second frame
        zstd(data[:-1], "--no-check", f"--stream-size={len(data) - 1}"),  # too short
        good[:4] + b"\xa0" + struct.pack("<I", len(data)) + good[7:],  # a longer size field
    ):
        with pytest.raises(Damaged):
            decode(with_frame(other, data))


def test_the_zstd_program_reads_our_frames() -> None:
    data = gaussian(5000, "bf16")
    encoded = encode(data, ELEMENTS["bf16"])
    header = read_header(memoryview(encoded))
    offset, planes = header.bytes, []
    for record in header.records:
        stored = encoded[offset : offset + record.stored]
        offset += record.stored
        planes.append(zstd(stored, "-d") if record.coding == ZSTD else stored)
    assert piece(data, (1, 1), rotated=True)[HEAD + 16 :] == b"".join(planes)


@pytest.mark.parametrize("vector", json.loads(GOLDEN.read_text()), ids=lambda one: one["what"])
def test_golden_pieces_are_read_for_ever(vector: dict[str, str]) -> None:
    encoded, data = bytes.fromhex(vector["encoded"]), bytes.fromhex(vector["decoded"])
    base = bytes.fromhex(vector.get("base", ""))
    known = {piece_id(base): base}.__getitem__
    assert decode(encoded, expected=Digest("blake3", vector["blake3"]), bases=known) == data
    assert describe(encoded) == vector["transform"]
    bases = {piece_id(base).hex: encode(base, OPAQUE)}.__getitem__
    wanted = (encoded, vector["blake3"], len(data))
    assert read_emeritus.decode_pieces([wanted], bases) == [data]  # type: ignore[no-untyped-call]


def test_a_sample_of_noise_does_not_hide_what_compresses() -> None:
    """Noise where the sample lies, zeros elsewhere: dearer than it could be, and never wrong."""
    for name in ("bf16", "f32", "q4_1", "q8_0"):
        data = bytearray(PIECE_BYTES)
        for start in (PIECE_BYTES // 3 - 100_000, 2 * PIECE_BYTES // 3 - 100_000):
            data[start : start + 200_000] = random.Random(start).randbytes(200_000)
        encoded = encode(bytes(data), ELEMENTS[name], identity=piece_id(bytes(data)))
        assert decode(encoded, expected=piece_id(bytes(data))) == bytes(data)


def test_an_encoder_that_lies_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    lie = frames.compress_plane(memoryview(bytes(1 << 19)))
    monkeypatch.setattr(frames, "compress_plane", lambda _: lie)
    with pytest.raises(Damaged, match="does not decode to what was encoded"):
        encode(gaussian(1 << 19, "bf16")[:PIECE_BYTES], ELEMENTS["bf16"])
