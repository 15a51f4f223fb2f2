"""Differences in the order of their base, and the compiled engine beside the reference."""

import random
import shutil
import struct
from collections.abc import Sequence

import blake3
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.foundation import Digest
from emeritus.vault.codec import compiled, ordered
from emeritus.vault.codec.chosen import in_use
from emeritus.vault.codec.elements import ELEMENTS, OPAQUE
from emeritus.vault.codec.engine import NumpyPlanes
from emeritus.vault.codec.frames import compress_plane
from emeritus.vault.codec.pieces import PIECE_BYTES, Base, decode, describe, encode, piece_id
from emeritus.vault.codec.planes import ROTATED_SIZES, ByteArray
from emeritus.vault.errors import Damaged
from emeritus.vault.reader import read_emeritus

RAW, ZSTD, RUN = 0, 1, 2
KINDS = {"bf16": 2, "f16": 2, "f32": 4, "f64": 8}
DONE = {2: 4, 4: 5, 8: 6}


def numbers(seed: int, kind: str, length: int, by: float = 0.0) -> bytes:
    """Weights of a layer, changed by steps of `by` when it is given."""
    values = np.random.default_rng(seed).standard_normal(length // 2 + 8) * 0.02
    if by:
        values += np.random.default_rng(seed + 1).standard_normal(len(values)) * by
    if kind == "bf16":
        data = (values.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    else:
        data = values.astype({"f16": "<f2", "f32": "<f4", "f64": "<f8"}[kind]).tobytes()
    return data[:length]


def both_read(encoded: bytes, data: bytes, base: bytes) -> None:
    assert decode(encoded, expected=piece_id(data), bases=lambda _: base) == data
    fetch = {piece_id(base).hex: encode(base, OPAQUE)}.__getitem__
    wanted = (encoded, piece_id(data).hex, len(data))
    assert read_emeritus.decode_pieces([wanted], fetch) == [data]  # type: ignore[no-untyped-call] # it stands alone


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [8, 9, 4096, 70_003, PIECE_BYTES])
def test_what_training_moved_comes_back_and_is_small(kind: str, length: int) -> None:
    base = numbers(1, kind, length)
    data = numbers(1, kind, length, by=1e-5)
    encoded = encode(data, ELEMENTS[kind], Base(piece_id(base), base))
    both_read(encoded, data, base)
    if kind == "bf16" and length > 70_000:
        assert describe(encoded) == "ordered difference"
        assert len(encoded) < 0.10 * length


def ordered_groups(data: bytes, base: bytes, size: int) -> list[list[int]]:
    """Return the zigzag differences of each group, from the page alone."""
    bits, every = 8 * size, (1 << 8 * size) - 1

    def order(number: int) -> int:
        return number ^ every if number >> (bits - 1) else number | 1 << (bits - 1)

    starts = range(0, len(data) // size * size, size)
    pairs = [
        [int.from_bytes(one[at : at + size], "little") for one in (data, base)] for at in starts
    ]
    groups: list[list[int]] = [[]]
    for key in range(256):
        for new, old in pairs:
            if old >> bits - 9 & 255 == key:
                moved = (order(new) - order(old)) & every
                groups[-1].append((moved << 1 & every) ^ (every if moved >> (bits - 1) else 0))
        if len(groups[-1]) >= 4096:
            groups.append([])
    return [one for one in groups if one]


def handmade(data: bytes, base: bytes, size: int) -> bytes:
    """Encode from the page of the format alone: no plane compressed, halves wherever they fit."""
    records: list[tuple[int, int, int, int]] = []
    body = b""
    for group in ordered_groups(data, base, size):
        for byte in range(size):
            plane = bytes(z >> 8 * byte & 255 for z in group)
            if max(plane) < 16 and min(plane) == 0 and len(group) > 1:
                padded = plane + bytes(len(plane) % 2)
                low = bytes(a | b << 4 for a, b in zip(padded[::2], padded[1::2], strict=True))
                records += [(1, RAW, 1, len(low)), (1, RUN, 2, 1)]
                body += low + b"\0"
            else:
                alike = set(plane) == {plane[0]}
                records.append((1, RUN, 0, 1) if alike else (1, RAW, 0, len(plane)))
                body += plane[:1] if alike else plane
    if tail := data[len(data) // size * size :]:
        records.append((0, RAW, 0, len(tail)))
        body += tail
    digests = blake3.blake3(data).digest(), blake3.blake3(base).digest()
    head = struct.pack("<4sBBHQ32s32s", b"EMPC", 4, DONE[size], len(records), len(data), *digests)
    return head + b"".join(struct.pack("<HBBI", *one) for one in records) + body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [17, 2047, 50_001])
def test_a_piece_made_from_the_page_alone_is_read(kind: str, length: int) -> None:
    base, data = numbers(3, kind, length), numbers(3, kind, length, by=1e-4)
    both_read(handmade(data, base, KINDS[kind]), data, base)


@given(st.sampled_from(sorted(KINDS)), st.data())
@settings(max_examples=150)
def test_any_bytes_beside_any_base_come_back(kind: str, data: st.DataObject) -> None:
    size = KINDS[kind]
    count = data.draw(st.integers(size, 40 * size))
    new, base = (data.draw(st.binary(min_size=count, max_size=count)) for _ in range(2))
    if new != base:
        both_read(handmade(new, base, size), new, base)
        both_read(encode(new, ELEMENTS[kind], Base(piece_id(base), base)), new, base)


def test_groups_close_when_they_have_enough() -> None:
    counts = np.zeros(256, np.uint32)
    assert ordered.group_sizes(counts) == []
    counts[[3, 4, 5, 9, 200]] = 4095, 1, 4096, 5000, 7
    assert ordered.group_sizes(counts) == [4096, 4096, 5000, 7]


BASE = numbers(5, "bf16", 9000)
DATA = numbers(5, "bf16", 9000, by=1e-6)
# Two groups would be 4096 and 404 elements: a low and a high plane each, some in half bytes.
GOOD = handmade(DATA, BASE, 2)


def test_the_piece_that_is_broken_below_is_good() -> None:
    both_read(GOOD, DATA, BASE)
    forms = [GOOD[80 + 8 * n + 3] for n in range(int.from_bytes(GOOD[6:8], "little"))]
    assert 1 in forms
    assert 2 in forms


def only_base(piece: Digest) -> bytes:
    if piece != piece_id(BASE):
        raise Damaged("there is no such base")
    return BASE


def test_no_flipped_bit_gives_other_bytes() -> None:
    for bit in [*range(8 * 140), *range(8 * 140, 8 * len(GOOD), 11)]:
        flipped = bytearray(GOOD)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Damaged):
            decode(bytes(flipped), expected=piece_id(DATA), bases=only_base)


def test_the_stand_alone_reader_takes_no_other_bytes_for_these() -> None:
    """It knows no blake3: what it cannot find, the SHA-256 of pack and file find after it."""

    def fetch(name: str) -> bytes:
        if name != piece_id(BASE).hex:
            raise read_emeritus.Bad("no such base")
        return encode(BASE, OPAQUE)

    refused = 0
    for bit in range(0, 8 * len(GOOD), 37):
        flipped = bytearray(GOOD)
        flipped[bit // 8] ^= 1 << bit % 8
        wanted = (bytes(flipped), piece_id(DATA).hex, len(DATA))
        try:
            read = read_emeritus.decode_pieces([wanted], fetch)  # type: ignore[no-untyped-call] # as above
        except read_emeritus.Bad:
            refused += 1
            continue
        assert read != [DATA]
    assert refused > 20


def test_the_stand_alone_reader_decompresses_no_more_than_a_piece_can_hold() -> None:
    many, frame = 200, compress_plane(memoryview(bytes(len(DATA))))
    head = struct.pack("<4sBBHQ", b"EMPC", 4, GOOD[5], many, len(DATA)) + GOOD[16:80]
    bomb = head + struct.pack("<HBBI", 1, ZSTD, 0, len(frame)) * many + frame * many
    with pytest.raises(read_emeritus.Bad, match="hold more than it does"):
        read_emeritus.parse_piece(bomb, piece_id(DATA).hex, len(DATA))  # type: ignore[no-untyped-call] # as above
    with pytest.raises(Damaged):
        decode(bomb, bases=only_base)


@pytest.mark.parametrize("end", range(80, 200, 7))
def test_a_cut_piece_is_refused(end: int) -> None:
    with pytest.raises(Damaged):
        decode(GOOD[:end], bases=lambda _: BASE)


def with_records(change: Sequence[tuple[int, bytes]]) -> bytes:
    wrong = bytearray(GOOD)
    for offset, value in change:
        wrong[offset : offset + len(value)] = value
    return bytes(wrong)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ([(4, b"\2")], "its version lacks"),
        ([(5, b"\2")], "its version lacks"),
        ([(80, b"\2")], "not of width 1"),
        ([(83, b"\3")], "form 3"),
        ([(83, b"\2")], "the low ones first"),
        ([(48, bytes(32))], "only a difference has a base"),
    ],
)
def test_every_rule_has_its_sentence(change: Sequence[tuple[int, bytes]], sentence: str) -> None:
    with pytest.raises(Damaged, match=sentence):
        decode(with_records(change), bases=lambda _: BASE)


def test_planes_must_be_those_of_the_groups() -> None:
    data, base = b"\1\2\3\4", b"\1\2\3\5"
    good = handmade(data, base, 2)
    records = int.from_bytes(good[6:8], "little")
    both_read(good, data, base)
    start, end = 80, 80 + 8 * records
    more = good[:6] + struct.pack("<H", records + 1) + good[8:end]
    more += struct.pack("<HBBI", 1, RUN, 0, 1) + good[end:] + b"\0"
    with pytest.raises(Damaged, match="more planes"):
        decode(more, bases=lambda _: base)
    fewer = good[:6] + struct.pack("<H", 1) + good[8 : start + 8] + good[end:][:1]
    fewer = fewer[:84] + struct.pack("<I", 1) + fewer[88:]
    with pytest.raises(Damaged):
        decode(fewer, bases=lambda _: base)


def test_an_element_alone_has_no_second_half() -> None:
    data, base = b"\1\2", b"\2\2"
    halves = [(1, RAW, 1, 1), (1, RAW, 2, 1), (1, RUN, 0, 1)]
    digests = blake3.blake3(data).digest(), blake3.blake3(base).digest()
    head = struct.pack("<4sBBHQ32s32s", b"EMPC", 4, 4, 3, 2, *digests)
    head += b"".join(struct.pack("<HBBI", *one) for one in halves)
    assert decode(head + b"\1\0\0", bases=lambda _: base) == data
    with pytest.raises(Damaged, match="half byte after the last"):
        decode(head + b"\x11\0\0", bases=lambda _: base)


# -------------------------------------------------------------------- the compiled engine


def test_a_machine_with_a_compiler_has_the_compiled_engine() -> None:
    assert shutil.which("cc") is None or in_use().name == "compiled"


@pytest.fixture(scope="module")
def fast() -> compiled.CompiledPlanes:
    kernels = compiled.load_kernels()
    if kernels is None:
        pytest.skip("no C compiler was there when Emeritus was installed: numpy does the work")
    return compiled.CompiledPlanes(kernels)


def slices(size: int, seed: int, count: int, shift: int) -> ByteArray:
    """Return whole elements that begin `shift` bytes into their memory."""
    data = random.Random(seed).randbytes(count * size + shift)
    return np.frombuffer(data, np.uint8)[shift:]


@given(
    st.sampled_from(ROTATED_SIZES),
    st.integers(0, 9000),
    st.integers(0, 7),
    st.integers(0, 7),
    st.booleans(),
)
@settings(max_examples=150)
def test_it_gives_the_bytes_of_the_reference(
    fast: compiled.CompiledPlanes, size: int, count: int, shift: int, other: int, rotated: bool
) -> None:
    plain, widths = NumpyPlanes(), (1,) * size
    for engine in (fast, plain):
        assert engine.same(*(slices(1, count, 50, shift) for _ in range(2)))
        assert not engine.same(slices(1, 1, 50, shift), slices(1, 2, 50, shift))
        assert not engine.same(slices(1, 1, 50, shift), slices(1, 1, 51, shift))
    data, base = slices(size, count, count, shift), slices(size, count + 1, count, other)
    same(fast.split(data, widths, rotated=rotated), plain.split(data, widths, rotated=rotated))
    parts = plain.split(data, widths, rotated=rotated)
    room = np.empty(len(data) + shift, np.uint8)[shift:]
    fast.join(parts, widths, room, rotated=rotated)
    assert room.tobytes() == data.tobytes()
    parts = plain.split_difference(data, base, size)
    same(fast.split_difference(data, base, size), parts)
    fast.join_difference(parts, base, room)
    assert room.tobytes() == data.tobytes()
    counts = plain.count_keys(base, size)
    assert (fast.count_keys(base, size) == counts).all()
    parts = plain.order_difference(data, base, counts, size)
    same(fast.order_difference(data, base, counts, size), parts)
    for engine in (fast, plain):
        room[:] = 0
        engine.place_difference(parts, base, counts, room)
        assert room.tobytes() == data.tobytes()


@given(st.lists(st.integers(1, 130), min_size=1, max_size=6), st.integers(0, 60), st.integers(0, 3))
def test_blocks_are_cut_like_the_reference_cuts_them(
    fast: compiled.CompiledPlanes, widths: list[int], count: int, shift: int
) -> None:
    data = slices(sum(widths), 7, count, shift)
    parts = NumpyPlanes().split(data, widths, rotated=False)
    same(fast.split(data, widths, rotated=False), parts)
    room = np.empty(len(data) + 1, np.uint8)[1:]
    fast.join(parts, widths, room, rotated=False)
    assert room.tobytes() == data.tobytes()


def same(one: Sequence[ByteArray], two: Sequence[ByteArray]) -> None:
    assert [part.tobytes() for part in one] == [part.tobytes() for part in two]


def test_pieces_are_the_same_with_either_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = in_use()
    made = [[], []]  # type: list[list[bytes]]
    for place, engine in enumerate((fast, NumpyPlanes())):
        for module in ("pieces", "ordered"):
            monkeypatch.setattr(f"emeritus.vault.codec.{module}.in_use", lambda one=engine: one)
        for kind in KINDS:
            base, data = numbers(9, kind, 300_000), numbers(9, kind, 300_000, by=1e-5)
            made[place] += [
                encode(data, ELEMENTS[kind]),
                encode(data, ELEMENTS[kind], Base(piece_id(base), base)),
            ]
    assert made[0] == made[1]


def test_kernels_of_another_version_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_VERSION", 0)
    assert compiled.load_kernels() is None
    assert compiled.load_kernels(compiled.KERNELS_FILE.with_name("none.so")) is None
