"""Reading files of a bucket by their names: the same for a store and for somebody's originals."""

import contextlib
import io
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from emeritus.adapters.stores.buckets.engine import engine, missing, told
from emeritus.adapters.stores.buckets.location import Bucket

PART = 16 << 20
"""Bytes of one part of a large upload, and read ahead of a reader; S3 wants 5 MiB at least."""

_LARGEST = 5 << 40
"""Bytes of the largest object (Amazon S3 User Guide, quotas)."""


class BucketReader:
    """Reads from an opened bucket; names are not checked here.

    Args:
        bucket: which, for what is told.
        opened: the engine's store for it.
    """

    def __init__(self, bucket: Bucket, opened: Any) -> None:
        self._bucket = bucket
        self._engine = engine()
        self._opened = opened

    def about(self, name: str) -> Mapping[str, Any] | None:
        """Return what the server says of a file, None when it is not there."""
        with told(self._bucket, f"looking at {name}"):
            try:
                said: Mapping[str, Any] = self._engine.head(self._opened, name)
            except FileNotFoundError:
                return None
        return said

    def size(self, name: str) -> int | None:
        """Return a file's size in bytes, None when it is not there."""
        said = self.about(name)
        return None if said is None else int(said["size"])

    def part(self, name: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before.

        Raises:
            NotInStore: no such file.
            StoreUnavailable: it could not be read.
        """
        if length and offset + length <= _LARGEST:
            with contextlib.suppress(self._engine.exceptions.BaseError, FileNotFoundError):
                return self._range(name, offset, length)
        # Nothing was asked for, or the part begins after the end, which a server refuses.
        size = self.size(name)
        if size is None:
            raise missing(name)
        left = min(length, size - offset)
        if left <= 0:
            return b""
        with told(self._bucket, f"reading {name}", name):
            return self._range(name, offset, left)

    def _range(self, name: str, offset: int, length: int) -> bytes:
        return bytes(self._engine.get_range(self._opened, name, start=offset, length=length))


def forward(part: Callable[[int, int], bytes], size: int) -> BinaryIO:
    """Return a file that is read from start to end, `PART` bytes at a time.

    Args:
        part: reads from an offset at most so many bytes; what it raises goes through.
        size: in bytes.
    """
    return io.BufferedReader(_Forward(part, size), PART)


class _Forward(io.RawIOBase):
    """A file that is read forward in parts."""

    def __init__(self, part: Callable[[int, int], bytes], size: int) -> None:
        self._part = part
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = min(len(buffer), self._size - self._at)
        if left <= 0:
            return 0
        data = self._part(self._at, left)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
