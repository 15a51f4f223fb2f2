import io
import struct

import pytest

from emeritus.testing.weights import GGUF_TENSORS, TinyTensor, Value, tiny_gguf
from emeritus.vault.formats.ggml import TYPES
from emeritus.vault.formats.gguf import MOST_ENTRIES, MOST_TENSORS, read_gguf
from emeritus.vault.formats.report import Refusal, Report

F32 = TinyTensor("a", 0, (8,), bytes(32))
HEADER = struct.Struct("<4sIQQ")


def read(data: bytes) -> Report:
    return read_gguf(io.BytesIO(data), len(data))


def with_offset(place: int, data: bytes | None = None) -> bytes:
    """Two tensors of 32 bytes; the second one says that it is at `place`."""
    data = data or tiny_gguf((F32, TinyTensor("b", 0, (8,), bytes(32))), {})
    described = data.index(b"b" + struct.pack("<IQ", 1, 8)) + 1 + 4 + 8 + 4
    return data[:described] + struct.pack("<Q", place) + data[described + 8 :]


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("alignment", [1, 8, 32, 4096])
def test_a_sound_file_is_read(version: int, alignment: int) -> None:
    data = tiny_gguf(version=version, alignment=alignment)
    report = read(data)
    found = [(data[at : at + size], element, name) for at, size, element, name in report.tensors]
    elements = ["f32", "bf16", "q4_0"]
    assert found == [
        (tensor.data, element, tensor.name)
        for tensor, element in zip(GGUF_TENSORS, elements, strict=True)
    ]
    assert report.facts["version"] == version


def test_what_a_file_says_of_itself() -> None:
    assert read(tiny_gguf()).facts == {
        "architecture": "llama",
        "name": "tiny",
        "context_length": 64,
        "block_count": 1,
        "head_count_kv": 1,
        "has_chat_template": 1,
        "version": 3,
        "tensors": 3,
    }


def test_words_from_a_file_are_short_and_printable() -> None:
    facts = read(tiny_gguf((), {"general.name": "a\x1b[31m\nb" + "c" * 500})).facts
    assert facts["name"] == "a [31m b" + "c" * 192
    assert facts["has_chat_template"] == 0


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_the_length_of_its_blocks(kind: int) -> None:
    block = TYPES[kind]
    tensor = TinyTensor("a", kind, (block.elements * 2, 3), bytes(block.bytes * 6))
    ((_, length, element, _),) = read(
        tiny_gguf((tensor, TinyTensor("z", 0, (8,), bytes(32))), {})
    ).tensors[:1]
    assert (length, element) == (block.bytes * 6, block.element)


def test_a_file_may_end_without_its_last_padding() -> None:
    data = tiny_gguf()
    assert len(read(data[: -(-36 % 32)]).tensors) == 3
    assert read(tiny_gguf((), {})).tensors == []


def test_a_file_cut_anywhere_is_refused() -> None:
    data = tiny_gguf()
    for count in range(len(data) - (-36 % 32)):
        with pytest.raises(Refusal):
            read(data[:count])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (HEADER.pack(b"GGML", 3, 0, 0), "begins with b'GGUF'"),
        (HEADER.pack(b"GGUF", 3, 2**64 - 1, 0), f"at most {MOST_TENSORS} tensors"),
        (HEADER.pack(b"GGUF", 3, 0, MOST_ENTRIES + 1), f"at most {MOST_ENTRIES} metadata entries"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + struct.pack("<Q", 2**63), "metadata key of at most"),
        (HEADER.pack(b"GGUF", 3, 0, 1) + struct.pack("<Q", 60_000), "the end of the file"),
        (tiny_gguf((), {"a": 1}) + bytes(33), "expected the file to end by byte"),
        (tiny_gguf((F32,), {}) + bytes(1), "expected the file to end by byte"),
        (tiny_gguf((F32, F32), {}), "every tensor once"),
        (tiny_gguf((TinyTensor("a" * 128, 0, (8,), bytes(32)),), {}), "tensor name of at most 127"),
        (tiny_gguf((TinyTensor("a\n", 0, (8,), bytes(32)),), {}), "without control characters"),
        (tiny_gguf((TinyTensor("a", 0, (1,) * 5, bytes(4)),), {}), "at most 4 dimensions"),
        (tiny_gguf((TinyTensor("a", 0, (0, 8), b""),), {}), "no dimension of tensor 'a' to be 0"),
        (tiny_gguf((TinyTensor("a", 0, (2**32, 2**32), b""),), {}), "fewer than 2\\*\\*63"),
        (tiny_gguf((TinyTensor("a", 0, (2**63,), b""),), {}), "fewer than 2\\*\\*63"),
        (tiny_gguf((TinyTensor("a", 27, (2**61,), b""),), {}), "fewer than 2\\*\\*63"),
        (tiny_gguf((TinyTensor("a", 2, (16, 2), bytes(18)),), {}), "in blocks of 32 for q4_0"),
        (tiny_gguf((TinyTensor("a", 0, (9,), bytes(32)),), {}), "to end at byte"),
        (with_offset(32 + 8), "at a multiple of 32"),
        (with_offset(0), "found an overlap: it is at 0"),
        (with_offset(64), "found a hole: it is at 64"),
        (with_offset(2**64 - 32), "found a hole"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence_of_its_own(value: bytes, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        read(value)
    assert refused.value.known


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (tiny_gguf(version=1), "expected GGUF version 2 or 3, found 1"),
        (tiny_gguf(version=4), "expected GGUF version 2 or 3, found 4"),
        (HEADER.pack(b"GGUF", 3 << 24, 0, 0), "found a big-endian one"),
        (tiny_gguf((TinyTensor("a", 999, (8,), bytes(32)),), {}), "found 999"),
    ],
)
def test_what_is_not_read_here_is_told_from_what_is_broken(value: bytes, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence) as refused:
        read(value)
    assert not refused.value.known


def test_keys_are_unique_and_text() -> None:
    data = tiny_gguf((), {"aa": 1, "ab": 2})
    with pytest.raises(Refusal, match="'aa' twice"):
        read(data.replace(b"ab", b"aa"))
    with pytest.raises(Refusal, match="metadata key in UTF-8"):
        read(data.replace(b"ab", b"\xff\xff"))
    with pytest.raises(Refusal, match="known type of metadata 'aa', found 13"):
        read(data.replace(b"aa\x04", b"aa\x0d"))


@pytest.mark.parametrize("value", [0, 3, 48, 2**21, "32", 32.0, [32]])
def test_alignment_is_a_power_of_two_in_32_bits(value: Value) -> None:
    with pytest.raises(Refusal, match=r"general\.alignment"):
        read(tiny_gguf((), {"general.alignment": value}))


def test_arrays_are_stepped_over_and_bounded() -> None:
    nested: Value = [[[["deep"]]]]
    assert read(tiny_gguf(metadata={"a": nested, "b": [1, 2, 3], "c": [], "d": [0.5]})).tensors
    with pytest.raises(Refusal, match="arrays at most 4 deep"):
        read(tiny_gguf(metadata={"a": [nested]}))
    for kind in (4, 8, 9, 12):
        for count in (2**64 - 1, 2**61, 10_000_000, 7_000_000):
            entry = struct.pack("<Q1sIIQ", 1, b"a", 9, kind, count)
            with pytest.raises(Refusal, match=r"at most|end of the file"):
                read(HEADER.pack(b"GGUF", 3, 0, 1) + entry + bytes(64))
    with pytest.raises(Refusal, match="known type of metadata 'a', found 77"):
        read(HEADER.pack(b"GGUF", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"a", 9, 77, 1) + bytes(64))


def test_a_file_that_shrinks_while_it_is_read_is_refused() -> None:
    with pytest.raises(Refusal, match="became shorter"):
        read_gguf(io.BytesIO(tiny_gguf()[:100]), len(tiny_gguf()))
