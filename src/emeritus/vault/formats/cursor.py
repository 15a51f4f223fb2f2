"""Reading forward in a file whose declared sizes nobody believes. Standard library only."""

import struct
from typing import BinaryIO

from emeritus.vault.formats.report import Refusal

_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


class Cursor:
    """A place in a file; every step forward is compared with the file's size first.

    Args:
        file: open for reading, at its start.
        size: its size in bytes.
    """

    __slots__ = ("_file", "_size", "at")

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self.at = 0

    @property
    def left(self) -> int:
        """Bytes between here and the end."""
        return self._size - self.at

    def take(self, count: int, what: str) -> bytes:
        """Return the next `count` bytes; the caller has bounded `count` by more than the file.

        Raises:
            Refusal: the file ends before.
        """
        self._need(count, what)
        data = self._file.read(count)
        if len(data) != count:
            raise Refusal(f"the file became shorter than {self._size} bytes while it was read")
        self.at += count
        return data

    def skip(self, count: int, what: str) -> None:
        """Step over `count` bytes without reading them.

        Raises:
            Refusal: the file ends before.
        """
        self._need(count, what)
        self.at += count
        self._file.seek(self.at)

    def u32(self, what: str) -> int:
        """Return the next four bytes as an unsigned little-endian number."""
        number: int = _U32.unpack(self.take(4, what))[0]
        return number

    def u64(self, what: str) -> int:
        """Return the next eight bytes as an unsigned little-endian number."""
        number: int = _U64.unpack(self.take(8, what))[0]
        return number

    def _need(self, count: int, what: str) -> None:
        if count > self._size - self.at:
            raise Refusal(
                f"expected {count} bytes of {what} at byte {self.at}, "
                f"found the end of the file at byte {self._size}"
            )
