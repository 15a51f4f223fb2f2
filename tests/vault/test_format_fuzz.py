"""Mutated files: only `Refusal` comes out, quickly, and what passes fits its file."""

import io
import random
import time

import pytest
import safetensors

from emeritus.testing.weights import tiny_gguf, tiny_safetensors
from emeritus.vault.formats.bounded import READERS
from emeritus.vault.formats.layout import Segment, covering
from emeritus.vault.formats.report import Refusal

SEEDS = {
    "gguf": [tiny_gguf(), tiny_gguf(metadata={"a": [["b"], []], "general.alignment": 8})],
    "safetensors": [tiny_safetensors(), tiny_safetensors(metadata={"format": "pt"})],
}
NASTY = [
    0,
    1,
    2,
    7,
    31,
    127,
    128,
    255,
    2**15,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
]
TOKENS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"\\",
    b"\\ud800",
    b"null",
    b"-1",
    b"1e9",
    b"9" * 30,
]
SLOWEST = 2.0
"""Seconds; far more than any of these files needs, on a busy machine."""


def mutate(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(7):
            case 0:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                width = rng.choice((1, 2, 4, 8))
                number = rng.choice(NASTY) % 2 ** (8 * width)
                changed[at : at + width] = number.to_bytes(width, "little")
            case 2:
                del changed[at : at + rng.randrange(1, 40)]
            case 3:
                other = rng.randrange(len(changed) + 1)
                changed[at:at] = changed[other : other + rng.randrange(1, 40)]
            case 4:
                changed[at:at] = rng.choice(TOKENS)
            case 5:
                changed[at : at + 1] = bytes([rng.choice(b"0123456789")])
            case _:
                del changed[at:]
    return bytes(changed)


def fuzz(name: str, rounds: int) -> tuple[int, int]:
    rng = random.Random(20261123)
    passed = refused = 0
    for _ in range(rounds):
        data = mutate(rng, rng.choice(SEEDS[name]))
        began = time.process_time()
        try:
            report = READERS[name](io.BytesIO(data), len(data))
        except Refusal:
            refused += 1
        else:
            passed += 1
            if name == "safetensors":
                safetensors.deserialize(data)  # type: ignore[no-untyped-call] # It raises where the real library refuses.
            tensors = [Segment(*tensor) for tensor in report.tensors]
            covering(tensors, len(data))
        assert time.process_time() - began < SLOWEST
    return passed, refused


@pytest.mark.parametrize("name", SEEDS)
def test_mutated_files_are_refused_or_fit(name: str) -> None:
    passed, refused = fuzz(name, 4_000)
    assert passed > 40
    assert refused > 2_000


@pytest.mark.long
@pytest.mark.parametrize("name", SEEDS)
def test_very_many_mutated_files_are_refused_or_fit(name: str) -> None:
    passed, refused = fuzz(name, 100_000)
    assert passed > 1_000
    assert refused > 50_000
