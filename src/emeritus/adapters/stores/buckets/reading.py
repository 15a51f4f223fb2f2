"""Reading files of a bucket by their names: the same for a store and for somebody's originals."""

import contextlib
import io
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

from emeritus.adapters.stores.buckets.engine import engine, missing, told
from emeritus.adapters.stores.buckets.location import Bucket

PART = 16 << 20
"""Bytes of one part of a large upload, and read ahead of a reader; S3 wants 5 MiB at least."""

_BUFFER = 64 << 10

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
    """Return a file that is read from start to end, while its next `PART` bytes are fetched.

    Args:
        part: reads from an offset at most so many bytes; what it raises goes through.
        size: in bytes.
    """
    return io.BufferedReader(_Forward(part, size), _BUFFER)


class _Forward(io.RawIOBase):
    """A file that is read forward in parts, one of them ahead: memory is bounded by two."""

    def __init__(self, part: Callable[[int, int], bytes], size: int) -> None:
        self._part = part
        self._size = size
        self._at = 0
        self._held = memoryview(b"")
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: Future[bytes] | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._held:
            self._held = memoryview(self._next())
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _next(self) -> bytes:
        left = min(PART, self._size - self._at)
        if left <= 0:
            return b""
        ahead, self._ahead = self._ahead, None
        data = ahead.result() if ahead is not None else self._part(self._at, left)
        self._at += len(data)
        left = min(PART, self._size - self._at)
        if data and left > 0:
            self._pool = self._pool or ThreadPoolExecutor(1, "read-ahead")
            self._ahead = self._pool.submit(self._part, self._at, left)
        return data
