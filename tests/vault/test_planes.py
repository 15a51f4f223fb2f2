import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.vault.codec.elements import ELEMENTS, OPAQUE, element_named
from emeritus.vault.codec.planes import ROTATED_SIZES, join, split

# Bytes of a block, from ggml's own static_asserts and `GGML_QUANT_SIZES` of gguf-py (read 2026-11).
BLOCK_BYTES = {
    "q4_0": 18, "q4_1": 20, "q5_0": 22, "q5_1": 24, "q8_0": 34, "q8_1": 36, "q2_k": 84,
    "q3_k": 110, "q4_k": 144, "q5_k": 176, "q6_k": 210, "q8_k": 292, "iq1_s": 50, "iq1_m": 56,
    "iq2_xxs": 66, "iq2_xs": 74, "iq2_s": 82, "iq3_xxs": 98, "iq3_s": 110, "iq4_nl": 18,
    "iq4_xs": 136, "tq1_0": 54, "tq2_0": 66, "mxfp4": 17, "nvfp4": 36,
}  # fmt: skip


@pytest.mark.parametrize(("name", "size"), BLOCK_BYTES.items())
def test_blocks_have_the_size_that_ggml_gives_them(name: str, size: int) -> None:
    assert ELEMENTS[name].size == size


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
