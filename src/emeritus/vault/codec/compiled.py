"""The compiled engine: `kernels.c` behind the same calls as the reference, byte for byte.

It is built when Emeritus is installed and a C compiler is there (`hatch_build.py`), and lies beside
this file. Where it is missing, or the machine is not little-endian, numpy does the work.
Calls release the interpreter lock.
"""

import ctypes
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emeritus.vault.codec.engine import KEYS, Counts, NumpyPlanes
from emeritus.vault.codec.planes import ByteArray

KERNELS_FILE = Path(__file__).with_name("kernels.native.so")
_VERSION = 1
_COMPILED_SIZES = (2, 4)
_AS_THEY_ARE, _ROTATED, _DIFFERENCES = 0, 1, 2


def load_kernels(file: Path = KERNELS_FILE) -> ctypes.CDLL | None:
    """Return the compiled kernels; None where there are none that this version can use."""
    if sys.byteorder != "little" or not file.is_file():
        return None
    try:
        kernels = ctypes.CDLL(str(file))
        version = kernels.emeritus_kernels_version()
    except (OSError, AttributeError):
        return None
    return kernels if version == _VERSION else None


class CompiledPlanes(NumpyPlanes):
    """`NumpyPlanes`, with what `kernels.c` knows done there: elements of 2 and 4 bytes, blocks."""

    name = "compiled"

    def __init__(self, kernels: ctypes.CDLL) -> None:
        self._kernels = kernels

    def same(self, one: ByteArray, two: ByteArray) -> bool:
        """Compare all bytes."""
        one, two = _aligned(one, 1), _aligned(two, 1)
        if len(one) != len(two):
            return False
        return bool(self._kernels.emeritus_same(_at(one), _at(two), _size(len(one))))

    def split(self, data: ByteArray, widths: Sequence[int], *, rotated: bool) -> list[ByteArray]:
        """Return the planes of elements; see `NumpyPlanes`."""
        size = sum(widths)
        if size in _COMPILED_SIZES and len(widths) == size:
            turned = _ROTATED if rotated else _AS_THEY_ARE
            return self._split(data, None, size, turned)
        if rotated:
            return super().split(data, widths, rotated=rotated)
        count = len(data) // size
        data = _aligned(data, 1)
        parts = [np.empty(count * width, np.uint8) for width in widths]
        offset = 0
        for width, part in zip(widths, parts, strict=True):
            self._kernels.emeritus_take(
                _at(data, offset), _size(size), _size(count), _size(width), _at(part)
            )
            offset += width
        return parts

    def join(
        self, parts: Sequence[ByteArray], widths: Sequence[int], out: ByteArray, *, rotated: bool
    ) -> None:
        """Fill `out` with the elements of these planes; see `NumpyPlanes`."""
        size = sum(widths)
        if size in _COMPILED_SIZES and len(widths) == size:
            self._join(parts, None, out, _ROTATED if rotated else _AS_THEY_ARE)
            return
        if rotated:
            super().join(parts, widths, out, rotated=rotated)
            return
        count = len(out) // size
        offset = 0
        for width, part in zip(widths, parts, strict=True):
            plane = _aligned(part, 1)
            self._kernels.emeritus_give(
                _at(plane), _size(size), _size(count), _size(width), _at(out, offset)
            )
            offset += width

    def split_difference(self, data: ByteArray, base: ByteArray, size: int) -> list[ByteArray]:
        """Return the planes of differences; see `NumpyPlanes`."""
        if size not in _COMPILED_SIZES:
            return super().split_difference(data, base, size)
        return self._split(data, base, size, _DIFFERENCES)

    def join_difference(self, parts: Sequence[ByteArray], base: ByteArray, out: ByteArray) -> None:
        """Fill `out` with the elements of these differences; see `NumpyPlanes`."""
        if len(parts) not in _COMPILED_SIZES:
            super().join_difference(parts, base, out)
            return
        self._join(parts, base, out, _DIFFERENCES)

    def count_keys(self, base: ByteArray, size: int) -> Counts:
        """Return how many elements of the base have each key."""
        if size not in _COMPILED_SIZES:
            return super().count_keys(base, size)
        counts = np.empty(KEYS, np.uint32)
        base = _aligned(base, size)
        self._kernels.emeritus_count_keys(
            _at(base), _size(len(base) // size), size, _at(counts.view(np.uint8))
        )
        return counts

    def order_difference(
        self, data: ByteArray, base: ByteArray, counts: Counts, size: int
    ) -> list[ByteArray]:
        """Return the planes of differences in the order of the base's keys; see `NumpyPlanes`."""
        if size not in _COMPILED_SIZES:
            return super().order_difference(data, base, counts, size)
        count = len(data) // size
        parts = [np.empty(count, np.uint8) for _ in range(size)]
        data, base, first = _aligned(data, size), _aligned(base, size), _first(counts)
        order = getattr(self._kernels, f"emeritus_order{size}")
        order(_at(data), _at(base), _size(count), _at(first), *map(_at, parts))
        return parts

    def place_difference(
        self, parts: Sequence[ByteArray], base: ByteArray, counts: Counts, out: ByteArray
    ) -> None:
        """Fill `out` with the elements of these differences; see `NumpyPlanes`."""
        size = len(parts)
        if size not in _COMPILED_SIZES or _address(out) % size:
            super().place_difference(parts, base, counts, out)
            return
        kept = [_aligned(part, 1) for part in parts]
        base, first = _aligned(base, size), _first(counts)
        place = getattr(self._kernels, f"emeritus_place{size}")
        place(*map(_at, kept), _at(base), _size(len(out) // size), _at(first), _at(out))

    def _split(
        self, data: ByteArray, base: ByteArray | None, size: int, turned: int
    ) -> list[ByteArray]:
        count = len(data) // size
        parts = [np.empty(count, np.uint8) for _ in range(size)]
        data = _aligned(data, size)
        beside = None if base is None else _aligned(base, size)
        split = getattr(self._kernels, f"emeritus_split{size}")
        split(_at(data), _at(beside), _size(count), turned, *map(_at, parts))
        return parts

    def _join(
        self, parts: Sequence[ByteArray], base: ByteArray | None, out: ByteArray, turned: int
    ) -> None:
        size = len(parts)
        target = out if _address(out) % size == 0 else np.empty_like(out)
        kept = [_aligned(part, 1) for part in parts]
        beside = None if base is None else _aligned(base, size)
        join = getattr(self._kernels, f"emeritus_join{size}")
        join(*map(_at, kept), _at(beside), _size(len(out) // size), turned, _at(target))
        if target is not out:
            out[:] = target


def _first(counts: Counts) -> ByteArray:
    """Return where the first element of each key goes, as the bytes of 256 u32."""
    first = np.zeros(KEYS, np.uint32)
    np.cumsum(counts[:-1], out=first[1:])
    return first.view(np.uint8)


def _aligned(data: ByteArray, size: int) -> ByteArray:
    """Return the same bytes in one stretch that begins at a multiple of `size`."""
    if data.flags.c_contiguous and _address(data) % size == 0:
        return data
    return data.copy()


def _address(data: ByteArray) -> int:
    return data.ctypes.data


def _at(data: ByteArray | None, offset: int = 0) -> ctypes.c_void_p:
    return ctypes.c_void_p(None if data is None else _address(data) + offset)


def _size(number: int) -> ctypes.c_size_t:
    return ctypes.c_size_t(number)
