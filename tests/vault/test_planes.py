import random

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.vault.codec.elements import ELEMENTS, OPAQUE, element_named
from emeritus.vault.codec.planes import ROTATED_SIZES, join, split
from emeritus.vault.formats.ggml import TYPES, BlockType
from emeritus.vault.formats.safetensors import _BITS

# The one type that the gguf package does not size yet: QK2_0 is 64 in ggml, 2 bits a number.
NOT_IN_THE_PACKAGE = {42: (64, 2 + 64 // 4)}


def test_ggml_types_are_those_of_the_gguf_package() -> None:
    sizes = {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()}
    assert {kind: (one.elements, one.bytes) for kind, one in TYPES.items()} == (
        sizes | NOT_IN_THE_PACKAGE
    )
    names = {int(kind): kind.name.lower() for kind in gguf.GGML_QUANT_SIZES}
    assert {kind: TYPES[kind].element for kind in names} == names


@pytest.mark.parametrize("block", TYPES.values(), ids=lambda one: one.element)
def test_every_ggml_type_has_a_layout_of_its_size(block: BlockType) -> None:
    assert ELEMENTS[block.element].size == block.bytes


@pytest.mark.parametrize("dtype", _BITS)
def test_every_dtype_of_safetensors_has_a_layout(dtype: str) -> None:
    bits = 8 * ELEMENTS[dtype.lower()].size
    assert bits == max(8, _BITS[dtype])


def test_a_name_that_nobody_knows_is_opaque() -> None:
    assert element_named("q99_z") is OPAQUE
    assert element_named("opaque") is OPAQUE


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.binary(max_size=3000))
def test_planes_are_slices_of_every_element(widths: list[int], data: bytes) -> None:
    size = sum(widths)
    whole = data[: len(data) // size * size]
    planes = split(np.frombuffer(whole, np.uint8), widths, rotated=False)
    elements = [whole[at : at + size] for at in range(0, len(whole), size)]
    offset = 0
    for plane, width in zip(planes, widths, strict=True):
        assert plane.tobytes() == b"".join(one[offset : offset + width] for one in elements)
        offset += width
    out = np.empty(len(whole), np.uint8)
    join(planes, widths, out, rotated=False)
    assert out.tobytes() == whole


@given(st.sampled_from(ROTATED_SIZES), st.binary(min_size=8, max_size=800))
def test_rotation_moves_the_sign_to_the_lowest_bit(size: int, data: bytes) -> None:
    whole = data[: len(data) // size * size]
    planes = split(np.frombuffer(whole, np.uint8), (1,) * size, rotated=True)
    for index in range(len(whole) // size):
        number = int.from_bytes(whole[index * size : index * size + size], "little")
        turned = (number << 1 | number >> (8 * size - 1)) & ((1 << 8 * size) - 1)
        assert bytes(plane[index] for plane in planes) == turned.to_bytes(size, "little")


@pytest.mark.parametrize("name", ["bf16", "f32", "f64", "q4_1", "q6_k"])
def test_several_blocks_join_to_what_was_split(name: str) -> None:
    element = ELEMENTS[name]
    data = np.frombuffer(random.Random(1).randbytes(1_000_003 // element.size * element.size), "u1")
    for rotated in {False, element.rotates}:
        planes = split(data, element.widths, rotated=rotated)
        out = np.empty(len(data), np.uint8)
        join(planes, element.widths, out, rotated=rotated)
        assert (out == data).all()


@pytest.mark.parametrize("size", [2, 4, 8])
@pytest.mark.parametrize("count", [1, 3, 131_071, 131_073, 300_001])
@pytest.mark.parametrize("rotated", [False, True])
def test_numbers_are_cut_as_their_arithmetic_says(size: int, count: int, *, rotated: bool) -> None:
    kind = np.dtype(f"<u{size}")
    values = np.random.default_rng(count).integers(0, 256, count * size, "u1").view(kind)
    values[: min(4, count)] = [0, 1 << (8 * size - 1), (1 << 8 * size) - 1, 1][: min(4, count)]
    one, top = kind.type(1), kind.type(8 * size - 1)
    turned = (values << one) | (values >> top) if rotated else values
    planes = split(values.view(np.uint8), (1,) * size, rotated=rotated)
    for place, plane in enumerate(planes):
        assert (plane == turned.view(np.uint8)[place::size]).all()
    out = np.empty(count * size, np.uint8)
    join(planes, (1,) * size, out, rotated=rotated)
    assert (out.view(kind) == values).all()
