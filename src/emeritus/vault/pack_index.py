"""Which pack holds which piece: read from the tails of the packs of a store."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from emeritus.foundation import Digest, IntegrityError, UserError, parse_canonical_json
from emeritus.vault.codec.piece_header import HEAD_BYTES, base_in
from emeritus.vault.codec.pieces import PieceId, decode
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.findings import Finding
from emeritus.vault.packs import PACK_MAGIC, TRAILER, TRAILER_MAGIC, PackedPiece
from emeritus.vault.ports import Ranged

_TAIL_BYTES = 64 * 1024
_SUFFIX = ".pack"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one encoded piece lies in a store: the pack's name, byte offset and length."""

    name: str
    offset: int
    length: int


class PackIndex:
    """The pieces of a store and where they lie, in memory (about 200 bytes a piece).

    Attributes:
        findings: packs whose tail could not be read, and files that are no packs.
    """

    def __init__(self, store: Ranged) -> None:
        self.findings: list[Finding] = []
        self._store = store
        self._places: dict[bytes, Place] = {}

    @classmethod
    def load(cls, store: Ranged, prefix: str = "") -> Self:
        """Read the index of every pack under `prefix`; a damaged one becomes a finding.

        Raises:
            StoreUnavailable: the store could not be read.
        """
        index = cls(store)
        for name in store.names(f"{prefix}packs/"):
            if not name.endswith(_SUFFIX):
                index.findings.append(Finding(name, "it is not a pack"))
                continue
            try:
                index.add(name, read_pack_index(store, name))
            except Damaged as problem:
                index.findings.append(Finding(name, problem.message.removeprefix(f"{name}: ")))
        return index

    def add(self, name: str, pieces: Iterable[PackedPiece]) -> None:
        """Learn of a pack that was just written; a piece that is known keeps its first place."""
        for one in pieces:
            self._places.setdefault(one.piece.raw, Place(name, one.offset, one.length))

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, piece: PieceId) -> bool:
        return piece.raw in self._places

    def get(self, piece: PieceId) -> Place | None:
        """Return where the piece lies, None when no pack holds it."""
        return self._places.get(piece.raw)

    def decoded(self, piece: PieceId) -> bytes:
        """Return a piece's bytes, checked; a difference is put onto its base.

        Raises:
            NotInStore: no pack holds the piece, or its base.
            Damaged: what is stored is not the piece, or its base is a difference itself.
            StoreUnavailable: a pack could not be read.
        """
        return decode(self.read(piece), expected=piece, bases=self.whole)

    def base(self, piece: PieceId) -> PieceId | None:
        """Return the base of a piece, None when it stands for itself; reads its header's head.

        Raises:
            NotInStore: no pack holds the piece.
            Damaged: what is stored does not begin as a piece does.
            StoreUnavailable: the pack could not be read.
        """
        place = self.place(piece)
        return base_in(self._store.read_range(place.name, place.offset, HEAD_BYTES))

    def place(self, piece: PieceId) -> Place:
        """Return where the piece lies.

        Raises:
            NotInStore: no pack holds it.
        """
        place = self.get(piece)
        if place is None:
            raise NotInStore(f"no pack of this store holds piece {piece}", about=str(piece))
        return place

    def whole(self, piece: PieceId) -> bytes:
        """Return the bytes of a piece that is no difference, checked; see `decoded`."""
        return decode(self.read(piece), expected=piece)

    def read(self, piece: PieceId) -> bytes:
        """Return the encoded piece as it is stored; `pieces.decode` verifies it.

        Raises:
            NotInStore: no pack holds the piece.
            Damaged: the pack ends inside the piece.
            StoreUnavailable: the pack could not be read.
        """
        place = self.place(piece)
        encoded = self._store.read_range(place.name, place.offset, place.length)
        if len(encoded) != place.length:
            raise Damaged(
                f"{place.name}: expected {place.length} bytes at {place.offset}, "
                f"found {len(encoded)}; repair it from another copy",
                about=place.name,
            )
        return encoded


def read_pack_index(store: Ranged, name: str) -> tuple[PackedPiece, ...]:
    """Return what a pack says it holds, from its tail alone: one read, or two for a long index.

    Raises:
        NotInStore: no such pack.
        StoreUnavailable: it could not be read.
        Damaged: the tail breaks a rule of the format; the message names the pack.
    """
    size = store.size(name)
    if size is None:
        raise NotInStore(f"there is no {name} in this store", about=name)
    try:
        return _parse(_read_tail(store, name, size), size)
    except (IntegrityError, UserError) as problem:
        raise Damaged(f"{name}: {problem.message}", about=name) from problem


def _read_tail(store: Ranged, name: str, size: int) -> bytes:
    """Return the index and the trailer."""
    first = min(size, _TAIL_BYTES)
    tail = store.read_range(name, size - first, first)
    if len(tail) != first or first < len(PACK_MAGIC) + TRAILER.size:
        raise Damaged(f"it is too short for a pack: {size} bytes")
    length, magic = TRAILER.unpack(tail[-TRAILER.size :])
    wanted = length + TRAILER.size
    if magic != TRAILER_MAGIC or wanted > size - len(PACK_MAGIC):
        raise Damaged("its trailer is broken")
    if wanted > first:
        tail = store.read_range(name, size - wanted, wanted)
    return tail[-wanted:]


def _parse(tail: bytes, size: int) -> tuple[PackedPiece, ...]:
    index = parse_canonical_json(tail[: -TRAILER.size], about="its index")
    if not isinstance(index, dict) or index.keys() != {"pieces"}:
        raise Damaged('its index should be an object with "pieces" and nothing else')
    rows = index["pieces"]
    if not isinstance(rows, list) or not rows:
        raise Damaged("its index lists no pieces")
    pieces = tuple(_row(row) for row in rows)
    offset = len(PACK_MAGIC)
    for one in pieces:
        if one.offset != offset:
            raise Damaged(f"piece {one.piece} should begin at {offset}, not at {one.offset}")
        offset += one.length
    if offset != size - len(tail):
        raise Damaged(f"its pieces end at {offset} and its index begins at {size - len(tail)}")
    if len({one.piece for one in pieces}) != len(pieces):
        raise Damaged("its index lists a piece twice")
    return pieces


def _row(row: Any) -> PackedPiece:
    match row:
        case [str(digits), int(offset), int(length)] if type(length) is int and length > 0:
            return PackedPiece(Digest("blake3", digits), offset, length)
    raise Damaged(f"its index has a broken row: {str(row)[:80]}")
