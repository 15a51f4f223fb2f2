"""The encoded piece: at most 1 MiB of a file, made small, that opens without us.

    identity = piece_id(data)
    encoded = encode(data, element_named("bf16"))
    assert decode(encoded, expected=identity) == data

A piece may be stored as its difference from another one, its base:

    encoded = encode(data, element_named("bf16"), base=Base(piece_id(other), other))
    assert decode(encoded, bases={piece_id(other): other}.__getitem__) == data

The bytes are described in `docs/specs/encoded-piece.md`.
The encoder is never trusted: `encode` decodes what it made and compares before it answers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import blake3
import numpy as np

from emeritus.foundation import Digest, UserError
from emeritus.vault.codec import frames, planes
from emeritus.vault.codec.chosen import in_use
from emeritus.vault.codec.elements import OPAQUE, Element
from emeritus.vault.codec.ordered import Part, Stored, code_groups, put_groups
from emeritus.vault.codec.piece_header import (
    BYTES,
    HEAD_BYTES,
    RAW,
    RECORD_BYTES,
    RUN,
    ZSTD,
    Header,
    PlaneRecord,
    Spelling,
    read_header,
    write_header,
)
from emeritus.vault.codec.planes import ByteArray
from emeritus.vault.errors import Damaged

PIECE_BYTES = 1 << 20
"""The most decoded bytes of a piece that is written; the ratio moves less than 0.02 points from
256 KiB to 4 MiB (measured 2026-11), so the smaller random read wins."""

PieceId: TypeAlias = Digest
"""The blake3 digest of a piece's decoded bytes."""

_SAMPLE_BYTES = 16 * 1024
"""Of each of two slices of a piece."""

_ORDERED_SAMPLE_BYTES = 32 * 1024
"""The same where there is a base: groups of its exponents need more elements to show."""

_SAMPLED_FROM = 128 * 1024
_SAMPLE_SLACK = 1.002
_TELLING_BYTES = 8 * 1024
"""A shorter sample of a plane says little: the table of a Huffman code takes 100 bytes of it."""

_WORTH_COMPRESSING = 0.99


@dataclass(frozen=True, slots=True)
class _Transform:
    """One way to lay out the bytes of a piece before they are compressed."""

    spelling: Spelling
    raw: frozenset[int] = frozenset()
    """Planes that nobody need try to compress: a sample of each became no smaller."""


Bases: TypeAlias = Callable[[PieceId], bytes]
"""Gives the decoded bytes of a base, checked; raises `Damaged` or `NotInStore`."""


@dataclass(frozen=True, slots=True)
class Base:
    """A piece from which another one may differ: its name and its decoded bytes."""

    piece: PieceId
    data: bytes | memoryview


_WHOLE = Spelling(OPAQUE.widths)


def piece_id(data: bytes | memoryview) -> PieceId:
    """Return the name of a piece: the blake3 digest of its decoded bytes."""
    return Digest("blake3", blake3.blake3(data).hexdigest())


def encode(
    data: bytes | memoryview,
    element: Element,
    base: Base | None = None,
    *,
    identity: PieceId | None = None,
) -> bytes:
    """Return the smallest encoding of `data` among the transforms that apply to `element`.

    Above 128 KiB the transforms are tried on a sample of 32 KiB, 64 where there is a base, and only
    those within 0.2 % of the best are tried on the whole; planes whose sample became no smaller are
    stored raw.

    Args:
        data: 0 to `PIECE_BYTES` bytes; whole elements, but for a last part of one.
        element: what the bytes are thought to be; a wrong guess costs size, never correctness.
        base: a piece that may be like this one, and that is no difference itself; of another
            length or element it is not used, and a wrong one costs nothing.
        identity: `piece_id(data)`, where it is known already.

    Raises:
        UserError: `data` is longer than a piece.
        Damaged: what was encoded does not decode to `data` (memory or a library is broken).
    """
    view = memoryview(data).cast("B")
    if len(view) > PIECE_BYTES:
        raise UserError(f"expected a piece of at most {PIECE_BYTES} bytes, found {len(view)}")
    identity = identity or piece_id(view)
    known = _usable(base, view, identity, element)
    promising = _promising(view, element, known)
    built = [_build(view, identity, one, known) for one in promising]
    encoded = min(built, key=len, default=b"")
    if not 0 < len(encoded) <= HEAD_BYTES + RECORD_BYTES + len(view):
        encoded = _raw(view, identity)
    _must_decode(encoded, view, identity, known)
    return encoded


def decode(
    encoded: bytes | memoryview, *, expected: PieceId | None = None, bases: Bases | None = None
) -> bytes:
    """Return the decoded bytes, verified against their blake3.

    Args:
        encoded: one encoded piece, nothing before or after it.
        expected: the piece that was asked for; None takes the name that the piece gives itself.
        bases: gives the base of a difference; without it a difference is refused, so that no
            difference has another for its base.

    Raises:
        Damaged: the encoding breaks a rule of its format, or holds other bytes; the message names
            the piece.
    """
    view = memoryview(encoded).cast("B")
    name = str(expected) if expected else "of unknown name"
    try:
        header = read_header(view)
        name = str(expected or header.identity)
        return _verified(_decode_body(view, header, bases), (header.identity, expected))
    except Damaged as problem:
        raise Damaged(
            f"piece {name} is damaged: {problem.message}; repair it from another copy", about=name
        ) from problem


def describe(encoded: bytes | memoryview) -> str:
    """Return the transform in a word or two.

    `ordered difference`, `difference`, `byte difference`, `rotated planes`, `planes`, `zstd`, `raw`
    or `run`.

    Raises:
        Damaged: the header breaks a rule of its format.
    """
    header = read_header(memoryview(encoded).cast("B"))
    if header.spelling.ordered:
        return "ordered difference"
    if header.spelling.differs:
        return "byte difference" if header.spelling.bytewise else "difference"
    if header.spelling.rotated:
        return "rotated planes"
    if header.spelling != _WHOLE:
        return "planes"
    return {RAW: "raw", ZSTD: "zstd", RUN: "run"}[header.records[0].coding]


def _usable(
    base: Base | None, view: memoryview, identity: PieceId, element: Element
) -> Base | None:
    fits = base is not None and len(base.data) == len(view) >= element.size
    if not fits or not element.differs:
        return None
    return base if base is not None and base.piece != identity else None


def _must_decode(encoded: bytes, view: memoryview, identity: PieceId, base: Base | None) -> None:
    """Decode what was encoded by the reader's own rules, and compare every byte."""
    stored = memoryview(encoded)
    try:
        header = read_header(stored)
        found = _decode_body(stored, header, None if base is None else lambda _: bytes(base.data))
        if header.identity == identity and in_use().same(found, np.frombuffer(view, np.uint8)):
            return
    except Damaged:
        pass
    raise Damaged(
        f"piece {identity} does not decode to what was encoded; check this machine's memory",
        about=str(identity),
    )


def _promising(view: memoryview, element: Element, base: Base | None) -> Sequence[_Transform]:
    transforms = list(_transforms(element, len(view), base))
    if len(view) <= _SAMPLED_FROM or (base is None and element.size == OPAQUE.size):
        return transforms
    of = _SAMPLE_BYTES if base is None else _ORDERED_SAMPLE_BYTES
    sample = _sample(view, element.size, of)
    beside = base and Base(base.piece, _sample(memoryview(base.data).cast("B"), element.size, of))
    tried = [_coded(sample, one, beside) for one in transforms]
    sizes = [sum(RECORD_BYTES + len(stored) for _, _, stored in one) for one in tried]
    limit = (HEAD_BYTES + min(sizes)) * _SAMPLE_SLACK
    return [
        _Transform(one.spelling, _incompressible(coded))
        for one, size, coded in zip(transforms, sizes, tried, strict=True)
        if HEAD_BYTES + size <= limit
    ]


def _incompressible(coded: Sequence[Part]) -> frozenset[int]:
    return frozenset(
        place
        for place, (_, coding, stored) in enumerate(coded)
        if coding == RAW and len(stored) >= _TELLING_BYTES
    )


def _sample(view: memoryview, size: int, of: int) -> memoryview:
    """Take two slices, a third and two thirds into the piece, that begin with an element."""
    third = len(view) // 3 // size * size
    length = max(1, of // size) * size
    return memoryview(b"".join(view[start : start + length] for start in (third, 2 * third)))


def _transforms(element: Element, length: int, base: Base | None) -> Iterator[_Transform]:
    if base is not None:
        if element.rotates:
            yield _Transform(Spelling(element.widths, differs=True, ordered=True))
        yield _Transform(Spelling(element.widths, differs=True, bytewise=not element.rotates))
    if len(element.widths) > 1 and length >= element.size:
        if element.rotates and element.size in planes.ROTATED_SIZES:
            yield _Transform(Spelling(element.widths, rotated=True))
        yield _Transform(Spelling(element.widths))
    if length:
        yield _Transform(_WHOLE)


def _raw(view: memoryview, identity: PieceId) -> bytes:
    records = (PlaneRecord(1, RAW, len(view)),)
    return write_header(Header(_WHOLE, len(view), identity, records)) + view


def _build(view: memoryview, identity: PieceId, transform: _Transform, base: Base | None) -> bytes:
    spelling = transform.spelling
    coded = _coded(view, transform, base)
    widths = (1,) * len(coded) if spelling.ordered else spelling.widths
    if body := len(view) % spelling.element_size:
        widths = (*widths, 0)
        coded.append((BYTES, RAW, view[len(view) - body :]))
    records = tuple(
        PlaneRecord(width, coding, len(stored), form)
        for width, (form, coding, stored) in zip(widths, coded, strict=True)
    )
    from_base = base.piece if base is not None and spelling.differs else None
    header = write_header(Header(spelling, len(view), identity, records, from_base))
    return b"".join([header, *(stored for _, _, stored in coded)])


def _coded(view: memoryview, transform: _Transform, base: Base | None) -> list[Part]:
    """Return the form, the coding and the stored bytes of every plane but the tail."""
    spelling = transform.spelling
    if spelling == _WHOLE:
        return [(BYTES, *_code(view, frames.compress_whole))]
    body = len(view) - len(view) % spelling.element_size
    array = np.frombuffer(view[:body], np.uint8)
    beside = None if base is None else np.frombuffer(base.data, np.uint8)[:body]
    if spelling.ordered and beside is not None:
        return code_groups(array, beside, spelling.element_size, _code_plane)
    return [
        (BYTES, RAW, part) if place in transform.raw else (BYTES, *_code_plane(part))
        for place, part in enumerate(_split(array, spelling, beside))
    ]


def _split(array: ByteArray, spelling: Spelling, beside: ByteArray | None) -> list[memoryview]:
    engine = in_use()
    if not spelling.differs or beside is None:
        split = engine.split(array, spelling.widths, rotated=spelling.rotated)
    elif spelling.bytewise:
        moved = planes.byte_difference(array, beside)
        split = engine.split(moved, spelling.widths, rotated=False)
    else:
        split = engine.split_difference(array, beside, spelling.element_size)
    return [plane.data for plane in split]


def _code_plane(part: memoryview) -> tuple[int, Stored]:
    return _code(part, frames.compress_plane)


def _code(part: memoryview, compress: Callable[[memoryview], bytes]) -> tuple[int, Stored]:
    array = np.frombuffer(part, np.uint8)
    first = array[0]
    if first == array[-1] == array[len(array) // 2] and bool((array == first).all()):
        return RUN, part[:1]
    frame = compress(part)
    return (ZSTD, frame) if len(frame) <= _WORTH_COMPRESSING * len(part) else (RAW, part)


def _verified(data: ByteArray, names: Iterable[PieceId | None]) -> bytes:
    found = piece_id(data.data)
    if any(name not in (None, found) for name in names):
        raise Damaged(f"it holds the bytes of {found}")
    return data.tobytes()


def _base_bytes(header: Header, bases: Bases | None) -> bytes | None:
    if header.base is None:
        return None
    if bases is None:
        raise Damaged("it is a difference, and stands where only a whole piece may")
    data = bases(header.base)
    if len(data) != header.decoded_bytes:
        raise Damaged("it differs from a base of another length")
    return data


def _decode_body(view: memoryview, header: Header, bases: Bases | None) -> ByteArray:
    base = _base_bytes(header, bases)
    spelling = header.spelling
    stored = _stored_planes(view, header)
    if spelling == _WHOLE:
        only = _plane(stored[0], header.records[0].coding, header.decoded_bytes)
        return np.frombuffer(only, np.uint8)
    out = np.empty(header.decoded_bytes, np.uint8)
    body = header.decoded_bytes - header.decoded_bytes % spelling.element_size
    if body < header.decoded_bytes:
        last = header.records[-1]
        tail = _plane(stored.pop(), last.coding, header.decoded_bytes - body)
        out[body:] = np.frombuffer(tail, np.uint8)
    beside = None if base is None else np.frombuffer(base, np.uint8)[:body]
    if spelling.ordered and beside is not None:
        records = header.records[: len(stored)]
        put_groups(records, stored, beside, out[:body], spelling.element_size, _plane)
    else:
        _join(stored, header, beside, out[:body])
    return out


def _stored_planes(view: memoryview, header: Header) -> list[memoryview]:
    offset, found = header.bytes, []
    for record in header.records:
        found.append(view[offset : offset + record.stored])
        offset += record.stored
    return found


def _join(
    stored: Sequence[memoryview], header: Header, beside: ByteArray | None, out: ByteArray
) -> None:
    """Fill `out` with the elements whose planes are stored."""
    spelling, engine = header.spelling, in_use()
    parts = [
        np.frombuffer(_plane(one, record.coding, length), np.uint8)
        for one, record, length in zip(stored, header.records, header.plane_lengths(), strict=False)
    ]
    if beside is None:
        engine.join(parts, spelling.widths, out, rotated=spelling.rotated)
    elif spelling.bytewise:
        engine.join(parts, spelling.widths, out, rotated=False)
        out[:] = planes.byte_restored(out, beside)
    else:
        engine.join_difference(parts, beside, out)


def _plane(stored: memoryview, coding: int, length: int) -> Stored:
    if coding == ZSTD:
        return frames.decompress(stored, length)
    return bytes(stored) * length if coding == RUN else stored
