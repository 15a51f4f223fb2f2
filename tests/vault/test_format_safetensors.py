import io
import json
from typing import Any

import pytest

from emeritus.testing.weights import (
    SAFETENSORS_TENSORS,
    TinyTensor,
    framed_header,
    tiny_safetensors,
)
from emeritus.vault.formats.report import Refusal, Report
from emeritus.vault.formats.safetensors import LONGEST_HEADER, MOST_TENSORS, read_safetensors


def read(data: bytes) -> Report:
    return read_safetensors(io.BytesIO(data), len(data))


def entry(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def file(header: object, data: bytes = bytes(8)) -> bytes:
    return framed_header(json.dumps(header).encode()) + data


def test_a_sound_file_is_read() -> None:
    data = tiny_safetensors(metadata={"format": "pt", "é": "ü"})
    report = read(data)
    found = [(data[at : at + size], element, name) for at, size, element, name in report.tensors]
    assert found == [
        (tensor.data, str(tensor.kind).lower(), tensor.name) for tensor in SAFETENSORS_TENSORS
    ]
    length = int.from_bytes(data[:8], "little")
    assert report.facts == {
        "tensors": 2,
        "header_bytes": length,
        "metadata_entries": 2,
        "metadata_bytes": 12,
    }


def test_tensors_are_given_in_the_order_of_their_places_and_empty_ones_left_out() -> None:
    header = {"b": entry(offsets=(8, 16)), "e": entry(shape=(0, 9), offsets=(8, 8)), "a": entry()}
    report = read(file(header, bytes(16)))
    assert [(name, length) for _, length, _, name in report.tensors] == [("a", 8), ("b", 8)]
    assert report.facts["tensors"] == 3


@pytest.mark.parametrize(
    ("kind", "count", "length"),
    [("F4", 4, 2), ("F6_E2M3", 4, 3), ("F8_E4M3", 4, 4), ("F16", 4, 8), ("C64", 4, 32)],
)
def test_elements_have_their_sizes(kind: str, count: int, length: int) -> None:
    report = read(tiny_safetensors((TinyTensor("a", kind, (count,), bytes(length)),)))
    assert report.tensors[0][1:3] == (length, kind.lower())


def test_a_file_without_tensors_and_a_single_number_are_sound() -> None:
    assert read(tiny_safetensors(())).tensors == []
    assert read(file({"a": entry("F64", ())})).tensors[0][1] == 8
    assert read(file({"a": entry(), "__metadata__": None})).facts["metadata_entries"] == 0


def test_a_file_cut_anywhere_is_refused() -> None:
    data = tiny_safetensors()
    for count in range(len(data)):
        with pytest.raises(Refusal):
            read(data[:count])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ((LONGEST_HEADER + 1).to_bytes(8, "little"), f"at most {LONGEST_HEADER} bytes"),
        ((2**64 - 1).to_bytes(8, "little"), f"at most {LONGEST_HEADER} bytes"),
        ((2**20).to_bytes(8, "little") + b"{}", "the end of the file"),
        (framed_header(b" {}"), "begins with '{'"),
        (framed_header(b'["a"]'), "begins with '{'"),
        (framed_header(b"{}x"), "JSON in UTF-8"),
        (framed_header(b'{"\xff":1}'), "JSON in UTF-8"),
        (framed_header(b'{"a":' + b"[" * 100_000), "nested far deeper"),
        (framed_header(b'{"a":' * 100_000), "nested far deeper"),
        (framed_header(b'{"a":' + b"1" * 5_000 + b"}"), "whole numbers from 0"),
        (framed_header(b'{"a":NaN}'), "whole numbers from 0"),
        (framed_header(b'{"a":1e3}'), "whole numbers from 0"),
        (framed_header(b'{"a":-0}'), "whole numbers from 0"),
        (framed_header(b'{"a":{},"a":{}}'), "'a' twice"),
        (framed_header(b'{"a":{"dtype":"U8","shape":[1],"shape":[1]}}'), "'shape' twice"),
        (framed_header(b'{"__metadata__":{"b":"1","b":"2"}}'), "'b' twice"),
        (framed_header(b'{"__metadata__":{},"__metadata__":{}}'), "'__metadata__' twice"),
        (framed_header(b'{"__metadata__":{"a":1}}'), "text to text"),
        (framed_header(b'{"__metadata__":[]}'), "text to text"),
        (framed_header(b'{"__metadata__":{"a":"\\ud800"}}'), "__metadata__ in UTF-8"),
        (file({"a\n": entry()}), "without control characters"),
        (file({"\ud800": entry()}), "tensor names in UTF-8"),
        (file({"a" * 1_025: entry()}), "at most 1024 bytes"),
        (file({"a": 1}), "dtype, shape and data_offsets"),
        (file({"a": entry() | {"x": 1}}), "and no more"),
        (file({"a": entry("F33")}), "known dtype"),
        (file({"a": entry(["F32"])}), "known dtype"),
        (file({"a": entry(offsets=(0, 8, 8))}), "two data_offsets"),
        (file({"a": entry(offsets="08")}), "two data_offsets"),
        (file({"a": entry(offsets=(False, 8))}), "two data_offsets"),
        (file({"a": entry(shape=2)}), "a shape of at most 64"),
        (file({"a": entry(shape=(1,) * 65)}), "a shape of at most 64"),
        (file({"a": entry(shape=(2**62, 2**62, 0), offsets=(0, 0))}, b""), "fewer than 2"),
        (file({"a": entry(shape=(3,))}), "expected 12 bytes for the shape"),
        (file({"a": entry(offsets=(8, 0))}), "expected 8 bytes for the shape"),
        (file({"a": entry("F4", (3,), (0, 1))}, bytes(1)), "expected 1.5 bytes"),
        (file({"a": entry(), "b": entry()}), "found an overlap: it is at 0"),
        (file({"a": entry(), "b": entry(offsets=(4, 12))}, bytes(12)), "found an overlap"),
        (file({"a": entry(), "b": entry(shape=(0,), offsets=(4, 4))}), "found a"),
        (file({"a": entry(offsets=(1, 9))}, bytes(9)), "found a hole: it is at 1"),
        (file({"a": entry(), "b": entry(offsets=(9, 17))}, bytes(17)), "found a hole"),
        (file({"a": entry()}, bytes(7)), "the file ends after 7"),
        (file({"a": entry()}, bytes(9)), "found 1 bytes more"),
        (file({}, bytes(1)), "found 1 bytes more"),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence_of_its_own(data: bytes, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        read(data)


@pytest.mark.parametrize("described", [entry(shape=[0], offsets=[0, 0]), {}])
def test_more_tensors_than_any_model_has_are_refused(described: object) -> None:
    header = {str(number): described for number in range(MOST_TENSORS + 1)}
    with pytest.raises(Refusal, match=f"at most {MOST_TENSORS} tensors"):
        read(file(header, b""))
