"""`Planes`: what cuts elements into planes and puts them together again.

`NumpyPlanes` is the reference, and always there.
`compiled.CompiledPlanes` gives identical bytes faster, where a compiler was at hand when Emeritus
was installed; `tests/vault/test_planes_compiled.py` compares the two.
`chosen.in_use` gives the better one of this process.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emeritus.vault.codec import planes
from emeritus.vault.codec.planes import ByteArray

KEYS = 256
"""How many keys there are: a key is the 8 bits below the sign of a floating-point number."""

Counts = npt.NDArray[np.uint32]
"""How many elements have each key, of shape (KEYS,)."""


class NumpyPlanes:
    """The reference, in blocked numpy.

    Elements are whole, one after the other, as arrays of bytes; sizes are bytes of an element.
    Differences are of floating-point numbers of 2, 4 or 8 bytes, as `planes.difference` takes them.
    """

    name = "numpy"

    def same(self, one: ByteArray, two: ByteArray) -> bool:
        """Compare all bytes."""
        return np.array_equal(one, two)

    def split(self, data: ByteArray, widths: Sequence[int], *, rotated: bool) -> list[ByteArray]:
        """Return the planes of elements; see `planes.split`."""
        return planes.split(data, widths, rotated=rotated)

    def join(
        self, parts: Sequence[ByteArray], widths: Sequence[int], out: ByteArray, *, rotated: bool
    ) -> None:
        """Fill `out` with the elements of these planes; the inverse of `split`."""
        planes.join(parts, widths, out, rotated=rotated)

    def split_difference(self, data: ByteArray, base: ByteArray, size: int) -> list[ByteArray]:
        """Return the planes, one for each byte, of the differences of elements from the base's."""
        return planes.split(planes.difference(data, base, size), (1,) * size, rotated=False)

    def join_difference(self, parts: Sequence[ByteArray], base: ByteArray, out: ByteArray) -> None:
        """Fill `out` with the elements of these differences; see `split_difference`."""
        size = len(parts)
        planes.join(parts, (1,) * size, out, rotated=False)
        out[:] = planes.restored(out, base, size)

    def count_keys(self, base: ByteArray, size: int) -> Counts:
        """Return how many elements of the base have each key."""
        return np.bincount(_keys(base, size), minlength=KEYS).astype(np.uint32)

    def order_difference(
        self,
        data: ByteArray,
        base: ByteArray,
        counts: Counts,  # noqa: ARG002 # the compiled engine places elements by it
        size: int,
    ) -> list[ByteArray]:
        """Return what `split_difference` does, in the order of the base's keys.

        Elements of one key stay in their order. `counts` is what `count_keys` gives.
        """
        order = np.argsort(_keys(base, size), kind="stable")
        return [plane[order] for plane in self.split_difference(data, base, size)]

    def place_difference(
        self,
        parts: Sequence[ByteArray],
        base: ByteArray,
        counts: Counts,  # noqa: ARG002 # as above
        out: ByteArray,
    ) -> None:
        """Fill `out` with the elements of these differences; see `order_difference`."""
        order = np.argsort(_keys(base, len(parts)), kind="stable")
        placed = [np.empty_like(plane) for plane in parts]
        for plane, ordered in zip(placed, parts, strict=True):
            plane[order] = ordered
        self.join_difference(placed, base, out)


def _keys(base: ByteArray, size: int) -> ByteArray:
    """Return the key of every element: the 8 bits below the highest."""
    bytes_of = base.reshape(-1, size)
    high, low = bytes_of[:, size - 1], bytes_of[:, size - 2]
    return (high << np.uint8(1)) | (low >> np.uint8(7))
