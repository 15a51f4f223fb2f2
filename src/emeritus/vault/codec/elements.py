"""What one element of a tensor is made of, byte by byte: the table behind the plane split.

Weights compress when bytes that mean the same lie together: sign and exponent apart from the
mantissa, block scales apart from quants.
An element's widths say how its bytes are cut; the codec knows nothing else of a type.
Widths are written into every piece, so a reader never needs this table.
"""

from dataclasses import dataclass

OPAQUE_NAME = "opaque"


@dataclass(frozen=True, slots=True)
class Element:
    """One kind of tensor element.

    Attributes:
        name: as the format checkers spell it: `bf16`, `q4_1`.
        widths: bytes of each plane, in the order of the bytes of an element.
        rotates: True when the highest bit is the sign of a floating-point number, so that
            rotating it to the lowest bit leaves the exponent whole in the highest byte.
    """

    name: str
    widths: tuple[int, ...]
    rotates: bool = False

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return sum(self.widths)

    @property
    def differs(self) -> bool:
        """Whether it may be stored as its difference from an element at the same place."""
        return self.name != OPAQUE_NAME


def _bytes_apart(count: int) -> tuple[int, ...]:
    return (1,) * count


_HALF = _bytes_apart(2)
_TWO_HALVES = _bytes_apart(4)

# Safetensors and torch element types: every byte is a plane.
_NUMBERS = (
    Element("bf16", _bytes_apart(2), rotates=True),
    Element("f16", _bytes_apart(2), rotates=True),
    Element("f32", _bytes_apart(4), rotates=True),
    Element("f64", _bytes_apart(8), rotates=True),
    Element("i16", _bytes_apart(2)),
    Element("u16", _bytes_apart(2)),
    Element("i32", _bytes_apart(4)),
    Element("u32", _bytes_apart(4)),
    Element("i64", _bytes_apart(8)),
    Element("u64", _bytes_apart(8)),
    Element("i8", (1,)),
    Element("u8", (1,)),
    Element("bool", (1,)),
    Element("f8_e4m3", (1,)),
    Element("f8_e5m2", (1,)),
    Element("f8_e4m3fnuz", (1,)),
    Element("f8_e5m2fnuz", (1,)),
    Element("f8_e8m0", (1,)),
    Element("f6_e2m3", (1,)),  # four numbers in three bytes
    Element("f6_e3m2", (1,)),
    Element("f4", (1,)),  # two numbers in a byte
    Element("c64", _bytes_apart(8)),  # two f32
)

# GGUF blocks: the `block_*` structs of ggml, `ggml/src/ggml-common.h` of llama.cpp (read 2026-11).
# The bytes of a half-precision scale are planes of their own, small scales are one plane and
# quants are one plane.
_BLOCKS = (
    Element("q4_0", (*_HALF, 16)),  # d, qs
    Element("q4_1", (*_TWO_HALVES, 16)),  # d, m, qs
    Element("q5_0", (*_HALF, 4, 16)),  # d, qh, qs
    Element("q5_1", (*_TWO_HALVES, 4, 16)),  # d, m, qh, qs
    Element("q8_0", (*_HALF, 32)),  # d, qs
    # d, s (f32), qs, as the gguf package sizes it; a type of activations that is in no file.
    Element("q8_1", (*_bytes_apart(8), 32)),
    Element("q2_k", (16, 64, *_TWO_HALVES)),  # scales, qs, d, dmin
    Element("q3_k", (32, 64, 12, *_HALF)),  # hmask, qs, scales, d
    Element("q4_k", (*_TWO_HALVES, 12, 128)),  # d, dmin, scales, qs
    Element("q5_k", (*_TWO_HALVES, 12, 32, 128)),  # d, dmin, scales, qh, qs
    Element("q6_k", (128, 64, 16, *_HALF)),  # ql, qh, scales, d
    Element("q8_k", (*_bytes_apart(4), 256, 32)),  # d, qs, bsums
    Element("iq1_s", (*_HALF, 32, 16)),  # d, qs, qh
    Element("iq1_m", (32, 16, 8)),  # qs, qh, scales
    Element("iq2_xxs", (*_HALF, 64)),  # d, qs
    Element("iq2_xs", (*_HALF, 64, 8)),  # d, qs, scales
    Element("iq2_s", (*_HALF, 64, 8, 8)),  # d, qs, qh, scales
    Element("iq3_xxs", (*_HALF, 96)),  # d, qs
    Element("iq3_s", (*_HALF, 64, 8, 32, 4)),  # d, qs, qh, signs, scales
    Element("iq4_nl", (*_HALF, 16)),  # d, qs
    Element("iq4_xs", (*_HALF, 2, 4, 128)),  # d, scales_h, scales_l, qs
    Element("tq1_0", (48, 4, *_HALF)),  # qs, qh, d
    Element("tq2_0", (64, *_HALF)),  # qs, d
    Element("mxfp4", (1, 16)),  # e, qs
    Element("nvfp4", (4, 32)),  # d, qs
    Element("q1_0", (*_HALF, 16)),  # d, qs
    Element("q2_0", (*_HALF, 16)),  # d, qs
)

OPAQUE = Element(OPAQUE_NAME, (1,))
"""Bytes of which nothing is known."""

ELEMENTS = {element.name: element for element in (OPAQUE, *_NUMBERS, *_BLOCKS)}
"""Every element type that has a layout of its own, by name."""


def element_named(name: str) -> Element:
    """Return the element of that name, or `OPAQUE` when the name has no layout here.

    A name nobody knows costs compression, never correctness.
    """
    return ELEMENTS.get(name, OPAQUE)
