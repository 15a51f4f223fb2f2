"""Lineage: which kept tensor a new one was probably made from.

Nobody has to say it. A tensor that is kept under the same name, with the same element and length,
is a candidate; some bytes of each are compared; and the package whose tensors are nearest is the
base of the new one, as long as it is near at all.
A wrong guess costs time and never a byte: each piece is stored in whichever way is smallest.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from emeritus.foundation import IntegrityError, NotFound, UserError
from emeritus.vault.codec.elements import Element, element_named
from emeritus.vault.codec.piece_header import base_in
from emeritus.vault.codec.pieces import PIECE_BYTES, Base, decode
from emeritus.vault.codec.planes import ByteArray, byte_difference, difference
from emeritus.vault.formats import Layout, Segment
from emeritus.vault.pack_index import PackIndex
from emeritus.vault.package import Package, PackagedFile, PieceRef
from emeritus.vault.tensors import kept_layout

_TENSORS = 8
"""So many tensors of a package are compared at most, spread evenly over its bytes."""

_SAMPLE_BYTES = 8 * 1024

_MOST_LOOKED_AT = 4
"""Packages of about the new one's size; each takes 0.1 s, the start of a limited process."""

_ABOUT = 0.1
"""Packages within this share of the new one's size are looked at before others."""

_GOOD_ENOUGH = 0.9
"""Nobody looks for a base that saves more than this share of the bytes."""

NEAR = 0.68
"""A base is near when its differences take less than this share of an element's bits.

Measured on made numbers (2026-11): changed by 0.2 % they take .02 in bf16 and .46 in f32, by 30 %
.37 and .68; unrelated numbers take .75 and .87. Bytes of quants whose numbers were changed by 2 %
of their spread take .15 to .25, unrelated ones .66 (i8) to .81 (q5_0)."""

ReadPart = Callable[[Segment, int, int], bytes]
"""Reads bytes of a segment of the new file: the segment, the first byte, how many."""


@dataclass(frozen=True, slots=True)
class KeptTensors:
    """The tensors of a kept file, by name, element and length, with their pieces."""

    pieces: dict[tuple[str, str, int], tuple[PieceRef, ...]]


def piece_step(element: Element) -> int:
    """Return how many bytes of a segment are a piece: whole elements, at most `PIECE_BYTES`."""
    return max(PIECE_BYTES - PIECE_BYTES % element.size, element.size)


def kept_tensors(index: PackIndex, file: PackagedFile) -> KeptTensors:
    """Return the tensors of a kept file of weights, read from its first pieces alone.

    A file that was kept as opaque bytes, or is read in another way today, has none.
    """
    try:
        layout = kept_layout(index, file)
    except (IntegrityError, NotFound, UserError):
        return KeptTensors({})
    found: dict[tuple[str, str, int], tuple[PieceRef, ...]] = {}
    waiting = list(file.pieces)
    for segment in layout.segments:
        count = -(-segment.length // piece_step(element_named(segment.element)))
        own, waiting = tuple(waiting[:count]), waiting[count:]
        if sum(one.bytes for one in own) != segment.length:
            return KeptTensors({})
        found[segment.name, segment.element, segment.length] = own
    return KeptTensors(found)


class Lineage:
    """Finds the base of every piece of new files among packages that are kept.

    Args:
        index: where pieces lie.
        packages: candidates, the likeliest first.
    """

    def __init__(self, index: PackIndex, packages: Sequence[Package]) -> None:
        self._index = index
        self._packages = packages
        self._chosen: KeptTensors | None = None
        self.package: Package | None = None

    def look(self, layouts: Iterable[tuple[Layout, ReadPart]]) -> None:
        """Choose the package that is nearest to the weights in these layouts, if one is near.

        Packages under half or over twice their size are not looked at.
        """
        best = 0.0
        weights = [(layout, read) for layout, read in layouts if _has_tensors(layout)]
        size = sum(segment.length for layout, _ in weights for segment in layout.segments)
        alike = [one for one in self._packages if size <= 2 * one.raw_bytes <= 4 * size]
        # What was made from a model in the same format has about its size.
        alike.sort(key=lambda one: abs(one.raw_bytes - size) > _ABOUT * size)
        for package in alike[:_MOST_LOOKED_AT]:
            if best >= _GOOD_ENOUGH:
                break
            files = [one for one in package.files if one.format in {"gguf", "safetensors"}]
            known = _merged(kept_tensors(self._index, one) for one in files)
            share, covered = self._likeness(known, weights)
            # One tensor that is the same says little of a model: what counts is what is saved.
            saved = covered * (1 - share) if share < NEAR else 0.0
            if saved > best:
                best, self._chosen, self.package = saved, known, package

    def base(self, segment: Segment, start: int, length: int) -> Base | None:
        """Return the base for a piece of a segment, None when there is none.

        Args:
            segment: of the new file.
            start: the piece's first byte in it.
            length: its bytes.
        """
        if self._chosen is None:
            return None
        pieces = self._chosen.pieces.get((segment.name, segment.element, segment.length))
        if pieces is None:
            return None
        number = start // piece_step(element_named(segment.element))
        ref = pieces[number]
        if ref.bytes != length:
            return None
        try:
            return self._whole(ref)
        except (IntegrityError, NotFound):
            return None  # A base that is damaged is nobody's; an audit will name it.

    def _whole(self, ref: PieceRef) -> Base:
        """Return a piece that stands for itself: the kept one, or what it differs from."""
        encoded = self._index.read(ref.id)
        root = base_in(encoded)
        if root is None:
            return Base(ref.id, decode(encoded, expected=ref.id))
        return Base(root, self._index.whole(root))

    def _likeness(
        self, known: KeptTensors, weights: Sequence[tuple[Layout, ReadPart]]
    ) -> tuple[float, float]:
        """Compare a package with the new weights.

        Returns:
            The mean share of bits that differences take, 1 where nothing can be compared; and the
            share of the new weights' bytes that have a tensor to differ from.
        """
        every = [(one, read) for layout, read in weights for one in layout.segments]
        numbers = [(one, read) for one, read in every if _is_number(one)]
        alike = [
            (one, read)
            for one, read in numbers
            if (one.name, one.element, one.length) in known.pieces
        ]
        try:
            shares = [self._share(known, one, read) for one, read in _spread(alike)]
        except (IntegrityError, NotFound):
            return 1.0, 0.0
        if not shares:
            return 1.0, 0.0
        covered = sum(one.length for one, _ in alike) / sum(one.length for one, _ in numbers)
        return sum(shares) / len(shares), covered

    def _share(self, known: KeptTensors, segment: Segment, read: ReadPart) -> float:
        element = element_named(segment.element)
        pieces = known.pieces[segment.name, segment.element, segment.length]
        middle = len(pieces) // 2
        base = self._whole(pieces[middle])
        length = len(base.data) - len(base.data) % element.size
        first = (length // 2) - (length // 2) % element.size
        size = min(_SAMPLE_BYTES, length - first)
        new = read(segment, middle * piece_step(element) + first, size)
        if len(new) != size or not size:
            return 1.0
        return _bits(
            np.frombuffer(new, np.uint8),
            np.frombuffer(bytes(base.data[first : first + size]), np.uint8),
            element,
        )


def _bits(new: ByteArray, base: ByteArray, element: Element) -> float:
    """Return the mean length of the differences in bits, as a share of what is compared."""
    size = element.size if element.rotates else 1
    turned = difference(new, base, size) if element.rotates else byte_difference(new, base)
    return float(np.log2(turned.view(f"<u{size}").astype(np.float64) + 1).mean()) / (8 * size)


def _spread(alike: list[tuple[Segment, ReadPart]]) -> list[tuple[Segment, ReadPart]]:
    """Choose some tensors, evenly over their bytes."""
    total = sum(one.length for one, _ in alike)
    marks = [total * (2 * place + 1) // (2 * _TENSORS) for place in range(_TENSORS)]
    chosen, end = [], 0
    for one, read in alike:
        end += one.length
        if marks and marks[0] < end:
            chosen.append((one, read))
            marks = [mark for mark in marks if mark >= end]
    return chosen


def _merged(files: Iterable[KeptTensors]) -> KeptTensors:
    together: dict[tuple[str, str, int], tuple[PieceRef, ...]] = {}
    for one in files:
        together.update(one.pieces)
    return KeptTensors(together)


def _has_tensors(layout: Layout) -> bool:
    return any(_is_number(segment) for segment in layout.segments)


def _is_number(segment: Segment) -> bool:
    element = element_named(segment.element)
    return element.differs
