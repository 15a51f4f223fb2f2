"""Read a part of a kept file, without writing the file anywhere."""

from collections.abc import Iterator

from emeritus.foundation import UserError
from emeritus.vault.errors import Damaged
from emeritus.vault.pack_index import PackIndex
from emeritus.vault.package import PackagedFile
from emeritus.vault.pieces import decode


def read_part(index: PackIndex, file: PackagedFile, start: int, end: int) -> Iterator[bytes]:
    """Yield bytes `start` to `end` of a file, at most a piece at a time.

    Every piece is checked by its blake3 before any of its bytes is given; pieces outside the part
    are not read. Memory is bounded by a piece, whatever the file's size.

    Args:
        index: where the pieces lie.
        file: which.
        start: the first byte, from 0.
        end: one after the last, at most the file's size.

    Raises:
        UserError: the part is not one of the file.
        NotInStore: a piece is in no pack.
        Damaged: a piece is not what was deposited.
        StoreUnavailable: the store could not be read.
    """
    if not 0 <= start <= end <= file.bytes:
        raise UserError(
            f"expected a part of {file.path} within 0 to {file.bytes}, found {start} to {end}"
        )
    offset = 0
    for piece in file.pieces:
        first, offset = offset, offset + piece.bytes
        if offset <= start:
            continue
        if first >= end:
            return
        data = decode(index.read(piece.id), expected=piece.id)
        if len(data) != piece.bytes:
            raise Damaged(f"piece {piece.id} has another length than its manifest says")
        yield data[max(start - first, 0) : end - first]
