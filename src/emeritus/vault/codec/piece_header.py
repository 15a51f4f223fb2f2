"""The header of an encoded piece: what is written, and everything that is refused.

`docs/specs/encoded-piece.md` is the specification; this file follows it field by field.
"""

import struct
from dataclasses import dataclass

from emeritus.foundation import Digest
from emeritus.vault.errors import Damaged

RAW, ZSTD, RUN = 0, 1, 2
"""How a plane is stored: as it is, as one zstd frame, as one byte that is repeated."""

BYTES, LOW_HALVES, HIGH_HALVES = 0, 1, 2
"""What a plane has of every element: a byte; the low or the high half of one, two in a byte."""

DECODED_LIMIT = 16 << 20
"""The most decoded bytes a reader accepts, so that a broken header cannot ask for all memory."""

_MAGIC = b"EMPC"
_PLAIN, _ROTATED, _DIFFERENCE, _BYTE_DIFFERENCE = 0, 1, 2, 3
_ORDERED = {4: 2, 5: 4, 6: 8}
"""Differences in the order of their base; of elements of so many bytes."""
_DONE_IN = {
    1: (_PLAIN, _ROTATED),
    2: (_DIFFERENCE,),
    3: (_BYTE_DIFFERENCE,),
    4: tuple(_ORDERED),
}
"""What may have been done to the elements in each version."""
_HEAD = struct.Struct("<4sBBHQ32s32s")
_RECORD = struct.Struct("<HBBI")
HEAD_BYTES = _HEAD.size
RECORD_BYTES = _RECORD.size
_NO_BASE = bytes(32)
_ROTATED_SIZES = (2, 4, 8)


@dataclass(frozen=True, slots=True)
class Spelling:
    """How elements are cut: bytes of each plane in one element, and what was done to them before.

    `rotated`: their sign went to the lowest bit. `differs`: they are differences from a base, of
    every byte by itself when `bytewise`, else of floating-point numbers in their order. `ordered`:
    they lie in the order of their base, in groups that follow from it; see `ordered`.
    """

    widths: tuple[int, ...]
    rotated: bool = False
    differs: bool = False
    bytewise: bool = False
    ordered: bool = False

    @property
    def element_size(self) -> int:
        """Bytes of one element."""
        return sum(self.widths)

    @property
    def done(self) -> int:
        """What was done to the elements, as the header writes it."""
        if self.ordered:
            return next(done for done, size in _ORDERED.items() if size == self.element_size)
        if self.differs:
            return _BYTE_DIFFERENCE if self.bytewise else _DIFFERENCE
        return _ROTATED if self.rotated else _PLAIN


@dataclass(frozen=True, slots=True)
class PlaneRecord:
    """One plane: its bytes in an element (0 for the tail), its coding, its stored bytes, its form.

    `form` is `BYTES` unless the piece is ordered.
    """

    width: int
    coding: int
    stored: int
    form: int = BYTES


@dataclass(frozen=True, slots=True)
class Header:
    """Everything before the plane bytes; `records` includes the tail's when there is a tail.

    `base` is the piece from which elements differ, None unless `spelling.differs`.
    """

    spelling: Spelling
    decoded_bytes: int
    identity: Digest
    records: tuple[PlaneRecord, ...]
    base: Digest | None = None

    @property
    def bytes(self) -> int:
        """Bytes of the header, which is where the first plane begins."""
        return _HEAD.size + len(self.records) * _RECORD.size

    def plane_lengths(self) -> list[int]:
        """Return the decoded bytes of every plane, the tail included; not of ordered pieces."""
        count, tail = divmod(self.decoded_bytes, self.spelling.element_size)
        return [count * width for width in self.spelling.widths] + ([tail] if tail else [])


def write_header(header: Header) -> bytes:
    """Return the header's bytes."""
    done = header.spelling.done
    head = _HEAD.pack(
        _MAGIC,
        next(version for version, known in _DONE_IN.items() if done in known),
        done,
        len(header.records),
        header.decoded_bytes,
        header.identity.raw,
        header.base.raw if header.base else _NO_BASE,
    )
    return head + b"".join(
        _RECORD.pack(one.width, one.coding, one.form, one.stored) for one in header.records
    )


def read_header(encoded: memoryview) -> Header:
    """Return the header of one encoded piece after checking every rule that needs no decoding.

    Raises:
        Damaged: a rule is broken; the message says which.
    """
    if len(encoded) < _HEAD.size:
        raise Damaged(f"expected a header of {_HEAD.size} bytes, found {len(encoded)} bytes")
    magic, version, done, count, decoded, identity, base = _HEAD.unpack_from(encoded)
    if magic != _MAGIC:
        raise Damaged("it does not begin with EMPC")
    if version not in _DONE_IN:
        raise Damaged(f"it says version {version}, and this reader knows 1 to 4")
    if done not in _DONE_IN[version]:
        raise Damaged(f"it says that {done} was done to its elements, which its version lacks")
    differs = version > 1
    if differs != (base != _NO_BASE) or base == identity:
        raise Damaged("only a difference has a base, and it has one that is another piece")
    if decoded > DECODED_LIMIT:
        raise Damaged(f"it says that it decodes to {decoded} bytes, over {DECODED_LIMIT}")
    records = _read_records(encoded, count, forms=done in _ORDERED)
    has_tail = records[-1].width == 0
    spelling = _spelling(done, records[:-1] if has_tail else records)
    _check_spelling(spelling)
    from_base = Digest("blake3", base.hex()) if differs else None
    header = Header(spelling, decoded, Digest("blake3", identity.hex()), records, from_base)
    _check_lengths(header, len(encoded), has_tail=has_tail)
    return header


def _spelling(done: int, body: tuple[PlaneRecord, ...]) -> Spelling:
    """Return how elements are cut, from the records of their planes."""
    widths = tuple(record.width for record in body)
    if done not in _ORDERED:
        differs = done in (_DIFFERENCE, _BYTE_DIFFERENCE)
        return Spelling(widths, done == _ROTATED, differs, done == _BYTE_DIFFERENCE)
    if set(widths) != {1}:
        raise Damaged("a plane of a group is not of width 1")
    return Spelling((1,) * _ORDERED[done], differs=True, ordered=True)


def base_in(head: bytes | memoryview) -> Digest | None:
    """Return the base that the first `HEAD_BYTES` of an encoded piece name, None for none.

    Nothing else of the piece is looked at.

    Raises:
        Damaged: they are not the beginning of a piece.
    """
    if len(head) < HEAD_BYTES or bytes(head[:4]) != _MAGIC:
        raise Damaged("it does not begin as an encoded piece does")
    base = _HEAD.unpack_from(head)[6]
    return None if base == _NO_BASE else Digest("blake3", base.hex())


def _read_records(encoded: memoryview, count: int, *, forms: bool) -> tuple[PlaneRecord, ...]:
    end = _HEAD.size + count * _RECORD.size
    if count == 0 or len(encoded) < end:
        raise Damaged(f"its {count} plane records are missing or cut off")
    records = []
    for width, coding, form, stored in _RECORD.iter_unpack(encoded[_HEAD.size : end]):
        known = (BYTES, LOW_HALVES, HIGH_HALVES) if forms and width else (BYTES,)
        if form not in known or coding not in (RAW, ZSTD, RUN):
            raise Damaged(f"a plane record has coding {coding} and form {form}")
        records.append(PlaneRecord(width, coding, stored, form))
    return tuple(records)


def _check_spelling(spelling: Spelling) -> None:
    if not spelling.widths or 0 in spelling.widths:
        raise Damaged("a plane other than the last has width 0")
    if len(spelling.widths) == 1 and spelling.widths != (1,):
        raise Damaged(f"its only plane has width {spelling.widths[0]}, and a plane alone has 1")
    turned = spelling.rotated or (spelling.differs and not spelling.bytewise)
    if turned and (set(spelling.widths) != {1} or spelling.element_size not in _ROTATED_SIZES):
        raise Damaged("elements are turned that are not 2, 4 or 8 planes of one byte")


def _check_lengths(header: Header, encoded_bytes: int, *, has_tail: bool) -> None:
    if header.spelling.element_size > max(1, header.decoded_bytes):
        raise Damaged("its elements are longer than the whole piece")
    lengths = header.plane_lengths()
    if has_tail != (len(lengths) > len(header.spelling.widths)):
        raise Damaged("it has a tail plane without a tail, or a tail without its plane")
    known = zip(header.records[-1:], lengths[-1:], strict=True) if has_tail else ()
    if not header.spelling.ordered:
        known = zip(header.records, lengths, strict=True)
    for record, length in known:
        _check_record(record, length)
    stored = header.bytes + sum(record.stored for record in header.records)
    if stored != encoded_bytes:
        raise Damaged(f"it should have {stored} bytes and has {encoded_bytes}")


def _check_record(record: PlaneRecord, length: int) -> None:
    if record.coding == RAW and record.stored != length:
        raise Damaged(f"a raw plane of {length} bytes is stored in {record.stored}")
    if record.coding == RUN and (record.stored != 1 or length == 0 or record.width == 0):
        raise Damaged(f"a run of {length} bytes is stored in {record.stored}")
