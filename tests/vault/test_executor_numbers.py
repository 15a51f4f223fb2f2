"""Every format of numbers is decoded element for element as the `gguf` package decodes it."""

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType

from tests.vault.tiny_models import run

KINDS = sorted(run.FORMATS)


@pytest.mark.parametrize("kind", KINDS)
def test_random_blocks_become_the_same_numbers(kind: str) -> None:
    elements, size, decode = run.FORMATS[kind]
    known = GGMLQuantizationType[kind]
    assert (elements, size) == gguf.GGML_QUANT_SIZES[known]
    noise = np.random.default_rng(len(kind))
    blocks = noise.integers(0, 256, (4096, size), np.uint8)
    with np.errstate(all="ignore"):
        expected = gguf.dequantize(blocks, known)
        found = decode(blocks)
    assert found.dtype == np.float32
    assert found.shape == (4096, elements)
    assert np.array_equal(found, expected.astype(np.float32), equal_nan=True)


@pytest.mark.parametrize("kind", ["F32", "BF16", "Q4_1", "Q6_K"])
@pytest.mark.parametrize("keep", [False, True])
def test_a_matrix_multiplies_in_parts(
    kind: str, keep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    elements, size, decode = run.FORMATS[kind]
    rows, columns = 37, 512
    monkeypatch.setattr(run, "PART_ELEMENTS", 5 * columns)
    data = np.random.default_rng(1).integers(0, 60, rows * columns // elements * size, np.uint8)
    matrix = run.Matrix(data, kind, rows, columns)
    matrix.keep = keep
    whole = decode(data.reshape(-1, size)).reshape(rows, columns)
    x = np.random.default_rng(2).standard_normal((3, columns)).astype(np.float32)
    for _ in range(2):
        assert np.allclose(matrix.times(x), x @ whole.T, rtol=1e-4, atol=1e-4)
    assert np.array_equal(matrix.rows([3, 0, 36]), whole[[3, 0, 36]])
    assert len(matrix.kept) == (8 if keep else 0)
