"""The plane split: bytes that mean the same, laid side by side. Reversible, and no compression.

And the difference of two pieces of floating-point numbers, small where one was made from the other.

A float's bits become an unsigned integer that is ordered as the numbers are (negative ones from
below); the difference of two such integers, modulo their range, is small when the numbers are
close, whatever their signs; zigzag puts small differences of both signs into the low bits.
Every step is a bijection on all bit patterns, NaN and both zeros among them.
On real fine-tunes it takes 19 to 21 % fewer bytes than XOR (measured 2026-11; the idea is
FM-Delta's, NeurIPS 2024).

Numpy does the work in blocks that stay in the second-level cache. The planes of numbers of two and
four bytes are shifted out and narrowed, which numpy does with vector instructions: 7 GB/s a core
for bf16, against 2.8 GB/s for strided copies of bytes (measured 2026-11).
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

ByteArray: TypeAlias = npt.NDArray[np.uint8]

ROTATED_SIZES = (2, 4, 8)
"""Element sizes in bytes whose sign bit can be rotated, and whose differences can be taken."""

_BLOCK_BYTES = 256 * 1024


def split(data: ByteArray, widths: Sequence[int], *, rotated: bool) -> list[ByteArray]:
    """Cut elements into planes.

    Args:
        data: whole elements, one after the other; its length is a multiple of `sum(widths)`.
        widths: bytes of each plane in one element, at least one plane, each at least 1.
        rotated: rotate every element left by one bit first, as an unsigned little-endian
            integer; all widths must be 1 and their number one of `ROTATED_SIZES`.

    Returns:
        One array for each width: the bytes of that plane of all elements.
    """
    size = sum(widths)
    count = len(data) // size
    planes = [np.empty(count * width, np.uint8) for width in widths]
    fields = _fields(widths)
    turn = _Rotation(size) if rotated else None
    narrow = _Narrowing(size) if _is_narrowed(widths) else None
    for first, last in _blocks(count, size):
        rows = data[first * size : last * size]
        turned = turn.left(rows) if turn else rows
        if narrow:
            narrow.split(turned, [plane[first:last] for plane in planes])
            continue
        elements = turned.view(fields)
        for name, width, plane in zip(fields.fields or (), widths, planes, strict=True):
            plane[first * width : last * width].view(f"V{width}")[:] = elements[name]
    return planes


def join(
    planes: Sequence[ByteArray], widths: Sequence[int], out: ByteArray, *, rotated: bool
) -> None:
    """Put elements together again: the inverse of `split`.

    Args:
        planes: what `split` returned.
        widths: as for `split`.
        out: filled with the elements; its length is the sum of the planes' lengths.
        rotated: as for `split`.
    """
    size = sum(widths)
    fields = _fields(widths)
    turn = _Rotation(size) if rotated else None
    narrow = _Narrowing(size) if _is_narrowed(widths) else None
    for first, last in _blocks(len(out) // size, size):
        rows = out[first * size : last * size]
        if narrow:
            narrow.join([plane[first:last] for plane in planes], rows)
        else:
            elements = rows.view(fields)
            for name, width, plane in zip(fields.fields or (), widths, planes, strict=True):
                elements[name] = plane[first * width : last * width].view(f"V{width}")
        if turn:
            turn.right(rows)


def _fields(widths: Sequence[int]) -> np.dtype[Any]:
    return np.dtype([(f"plane{index}", f"V{width}") for index, width in enumerate(widths)])


def _blocks(count: int, size: int) -> Iterator[tuple[int, int]]:
    step = max(1, _BLOCK_BYTES // size)
    for first in range(0, count, step):
        yield first, min(first + step, count)


def _is_narrowed(widths: Sequence[int]) -> bool:
    return tuple(widths) in {(1, 1), (1, 1, 1, 1)}


class _Narrowing:
    """Splits and joins elements whose bytes are all planes, with shifts and one scratch block."""

    def __init__(self, size: int) -> None:
        self._kind = np.dtype(f"<u{size}")
        self._scratch = np.empty(_BLOCK_BYTES // size, self._kind)

    def split(self, rows: ByteArray, planes: Sequence[ByteArray]) -> None:
        """Give each plane its byte of every element, the lowest first."""
        values = rows.view(self._kind)
        shifted = self._scratch[: len(values)]
        np.copyto(planes[0], values, casting="unsafe")
        for place, plane in enumerate(planes[1:], 1):
            np.right_shift(values, np.uint8(8 * place), out=shifted)
            np.copyto(plane, shifted, casting="unsafe")

    def join(self, planes: Sequence[ByteArray], rows: ByteArray) -> None:
        """Put the bytes of every element together in `rows`."""
        values = rows.view(self._kind)
        byte = self._scratch[: len(values)]
        np.copyto(values, planes[-1])
        for plane in planes[-2::-1]:
            np.copyto(byte, plane)
            np.left_shift(values, np.uint8(8), out=values)
            np.bitwise_or(values, byte, out=values)


class _Rotation:
    """Rotates elements by one bit in two scratch blocks that it keeps."""

    def __init__(self, size: int) -> None:
        self._kind = np.dtype(f"<u{size}")
        self._top = np.uint8(8 * size - 1)
        self._one = np.uint8(1)
        length = max(1, _BLOCK_BYTES // size)
        self._turned = np.empty(length, self._kind)
        self._carried = np.empty(length, self._kind)

    def left(self, rows: ByteArray) -> ByteArray:
        """Return the rows rotated left, in a scratch block that the next call overwrites."""
        values = rows.view(self._kind)
        turned, carried = self._turned[: len(values)], self._carried[: len(values)]
        np.left_shift(values, self._one, out=turned)
        np.right_shift(values, self._top, out=carried)
        np.bitwise_or(turned, carried, out=turned)
        return turned.view(np.uint8)

    def right(self, rows: ByteArray) -> None:
        """Rotate the rows right, in place."""
        values = rows.view(self._kind)
        carried = self._carried[: len(values)]
        np.left_shift(values, self._top, out=carried)
        np.right_shift(values, self._one, out=values)
        np.bitwise_or(values, carried, out=values)


def difference(data: ByteArray, base: ByteArray, size: int) -> ByteArray:
    """Return the zigzag difference of every element from the base's.

    Args:
        data: whole elements.
        base: as many.
        size: bytes of an element, one of `ROTATED_SIZES`.

    Returns:
        As many bytes; `restored` gives back `data`.
    """
    out = np.empty(len(data), np.uint8)
    order, beside = _Order(size), _Order(size)
    one = _unsigned(size)(1)
    for part in _slices(len(data), size):
        turned = order.of(data[part])
        turned -= beside.of(base[part])
        negative = order.signs(turned)
        np.left_shift(turned, one, out=turned)
        np.bitwise_xor(turned, negative, out=out[part].view(turned.dtype))
    return out


def restored(differences: ByteArray, base: ByteArray, size: int) -> ByteArray:
    """Return the elements whose differences from the base these are; see `difference`."""
    out = np.empty(len(differences), np.uint8)
    order, beside = _Order(size), _Order(size)
    kind = _unsigned(size)
    one, top = kind(1), kind(1 << (8 * size - 1))
    for part in _slices(len(differences), size):
        zigzag = differences[part].view(_little(size))
        turned = out[part].view(_little(size))
        odd = order.signs(np.left_shift(zigzag, kind(8 * size - 1), out=turned))
        np.right_shift(zigzag, one, out=turned)
        np.bitwise_xor(turned, odd, out=turned)
        turned += beside.of(base[part])
        # A positive number lost its top bit's complement, a negative one all its bits'.
        flipped = np.invert(order.signs(turned), out=odd)
        np.bitwise_xor(turned, np.bitwise_or(flipped, top, out=flipped), out=turned)
    return out


def byte_difference(data: ByteArray, base: ByteArray) -> ByteArray:
    """Return the zigzag difference of every byte from the base's, modulo 256.

    For whole numbers, 8-bit floats and blocks of quants, whose bytes stand for themselves; on
    quantised models it takes fewer bytes than XOR (measured 2026-11, `docs/decisions/0028`).

    Args:
        data: any bytes.
        base: as many.
    """
    turned = np.subtract(data, base)
    negative = (turned.view(np.int8) >> np.int8(7)).view(np.uint8)
    np.left_shift(turned, np.uint8(1), out=turned)
    np.bitwise_xor(turned, negative, out=turned)
    return turned


def byte_restored(differences: ByteArray, base: ByteArray) -> ByteArray:
    """Return the bytes whose differences from the base these are; see `byte_difference`."""
    turned = differences >> np.uint8(1)
    np.bitwise_xor(turned, np.negative(differences & np.uint8(1)), out=turned)
    np.add(turned, base, out=turned)
    return turned


class _Order:
    """Turns elements into integers in the order of the numbers, in two scratch blocks it keeps."""

    def __init__(self, size: int) -> None:
        self._kind, self._signed = _little(size), _signed(size)
        self._top = _unsigned(size)(1 << (8 * size - 1))
        self._shift = self._signed.type(8 * size - 1)
        self._ordered = np.empty(_BLOCK_BYTES // size, self._kind)
        self._signs = np.empty(_BLOCK_BYTES // size, self._kind)

    def of(self, data: ByteArray) -> npt.NDArray[np.unsignedinteger]:
        """Return the integers of elements; the next call overwrites them."""
        bits = data.view(self._kind)
        mask = self.signs(bits)
        np.bitwise_or(mask, self._top, out=mask)
        ordered: npt.NDArray[np.unsignedinteger] = self._ordered[: len(bits)]
        np.bitwise_xor(bits, mask, out=ordered)
        return ordered

    def signs(self, values: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.unsignedinteger]:
        """Return all ones where the highest bit is set, else 0; the next call overwrites them."""
        found = self._signs[: len(values)]
        np.right_shift(values.view(self._signed), self._shift, out=found.view(self._signed))
        return found


def _slices(length: int, size: int) -> list[slice]:
    step = _BLOCK_BYTES - _BLOCK_BYTES % size
    return [slice(first, min(first + step, length)) for first in range(0, length, step)]


def _little(size: int) -> np.dtype[np.unsignedinteger]:
    return np.dtype(f"<u{size}")


def _unsigned(size: int) -> type[np.uint16 | np.uint32 | np.uint64]:
    kinds: dict[int, type[np.uint16 | np.uint32 | np.uint64]] = {
        2: np.uint16,
        4: np.uint32,
        8: np.uint64,
    }
    return kinds[size]


def _signed(size: int) -> np.dtype[np.signedinteger]:
    return np.dtype(f"<i{size}")
