"""Arithmetic of GF(2^8) on arrays of bytes, and the Cauchy code over it.

The field is that of 0x11d (x^8 + x^4 + x^3 + x^2 + 1), as in most Reed-Solomon codes on bytes.
Parity row i has the coefficient 1 / ((255 - i) XOR j) for data shard j: a Cauchy matrix, of which
every square part can be inverted, so any `m` lost shards of `k + m` come back (Bloemer et al., "An
XOR-Based Erasure-Resilient Coding Scheme", ICSI TR-95-048, 1995).
"""

import numpy as np
import numpy.typing as npt

from emeritus.foundation import UserError

Bytes = npt.NDArray[np.uint8]

FIELD = 0x11D
MOST_SHARDS = 256
"""Of data and parity together: elements of the field."""


def _tables() -> tuple[list[int], list[int]]:
    powers, logs = [0] * 512, [0] * 256
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value = value << 1 ^ (FIELD if value & 0x80 else 0)
    return powers, logs


_POWERS, _LOGS = _tables()


def product(one: int, other: int) -> int:
    """Return the product of two elements."""
    return _POWERS[_LOGS[one] + _LOGS[other]] if one and other else 0


def inverse(one: int) -> int:
    """Return the inverse of an element that is not 0."""
    return _POWERS[255 - _LOGS[one]]


_PRODUCTS = [bytes(product(a, b) for b in range(256)) for a in range(256)]
"""`bytes.translate` with such a table multiplies many times as fast as indexing an array."""


def coefficient(row: int, column: int) -> int:
    """Return by what parity row `row` multiplies data shard `column`."""
    return inverse((MOST_SHARDS - 1 - row) ^ column)


def add_product(total: Bytes, factor: int, shard: bytes) -> None:
    """Add `factor` times a shard to `total`, in place."""
    part = np.frombuffer(shard.translate(_PRODUCTS[factor]), np.uint8)
    np.bitwise_xor(total, part, out=total)


def solve(rows: list[list[int]], sides: list[Bytes]) -> list[Bytes]:
    """Solve a square system whose right sides are shards; both arguments are used up.

    Raises:
        UserError: it has no one solution; never for a part of the Cauchy matrix.
    """
    size = len(rows)
    for column in range(size):
        pivot = next((row for row in range(column, size) if rows[row][column]), None)
        if pivot is None:
            raise UserError("expected rows that can be inverted")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        sides[column], sides[pivot] = sides[pivot], sides[column]
        scale = inverse(rows[column][column])
        rows[column] = [product(scale, one) for one in rows[column]]
        scaled = np.zeros_like(sides[column])
        add_product(scaled, scale, sides[column].tobytes())
        sides[column] = scaled
        for row in range(size):
            factor = rows[row][column]
            if row != column and factor:
                rows[row] = [
                    one ^ product(factor, other)
                    for one, other in zip(rows[row], rows[column], strict=True)
                ]
                add_product(sides[row], factor, sides[column].tobytes())
    return sides
