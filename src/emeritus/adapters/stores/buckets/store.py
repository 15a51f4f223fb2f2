"""A store in a bucket: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage.

What a call acknowledged is as durable as the server makes it: some answer before anything is on a
disk. So one bucket is never the only copy.
"""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO, Any, BinaryIO

from emeritus.adapters.stores.buckets.engine import (
    RETRY_SECONDS,
    engine,
    missing,
    open_bucket,
    told,
)
from emeritus.adapters.stores.buckets.location import Bucket, BucketKey
from emeritus.adapters.stores.buckets.reading import PART, BucketReader, forward
from emeritus.adapters.stores.names import INCOMING, check_name, is_name
from emeritus.adapters.stores.plain import check_range
from emeritus.foundation import UserError
from emeritus.vault.errors import StoreChanged, StoreUnavailable
from emeritus.vault.ports import Upload

_AT_ONCE = 4
"""Parts under way at once: 64 MiB of memory."""


class BucketStore:
    """Keeps the promises of `emeritus.vault.ports.Store` with objects under a prefix.

    Two large uploads of one name at the same moment both count as made; names of packs and objects
    are digests, so their bytes are the same. Small files, `create` and `replace` have exactly one
    winner. Memory is bounded: an upload is written to a temporary file first, since S3 wants the
    name before the bytes.

    Args:
        bucket: where.
        key: how it is opened.
        retry_seconds: how long a server that does not answer is asked again.

    Raises:
        Misconfigured: `obstore` is not installed, or the bucket's description is no such thing.
    """

    def __init__(
        self, bucket: Bucket, key: BucketKey, *, retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self.bucket = bucket
        self._engine = engine()
        self._folders: set[str] = set()
        self._store = open_bucket(bucket, key, retry_seconds)
        self._reader = BucketReader(bucket, self._store)

    def create(self, name: str, data: bytes) -> bool:
        """Write a new file; idempotent. True when this call made it."""
        check_name(name)
        self._check_place(name)
        return self._made(name, bytes(data))

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Begin a large file; leaving the context without `commit` forgets it."""
        with tempfile.TemporaryFile(prefix="emeritus-upload-") as spool:
            upload = _BucketUpload(self, spool)
            try:
                yield upload
            finally:
                upload.over = True

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        """Put `data` in place of `expected`, atomically (compare-and-swap by the server's tag)."""
        check_name(name)
        if expected is None:
            if not self.create(name, data):
                raise _changed(name)
            return
        with self._told(f"writing {name}"):
            try:
                found = self._engine.get(self._store, name)
                present, known = bytes(found.bytes()), found.meta
            except FileNotFoundError:
                raise _changed(name) from None
            if present != expected:
                raise _changed(name)
            try:
                self._engine.put(self._store, name, bytes(data), mode=_unchanged(known))
            except self._engine.exceptions.PreconditionError:
                raise _changed(name) from None

    def read(self, name: str) -> bytes:
        """Return the whole file."""
        check_name(name)
        with self._told(f"reading {name}", name):
            return bytes(self._engine.get(self._store, name).bytes())

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before."""
        check_name(name)
        check_range(offset, length)
        return self._reader.part(name, offset, length)

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open for reading from start to end."""
        size = self.size(name)
        if size is None:
            raise missing(name)
        return forward(lambda at, most: self._reader.part(name, at, most), size)

    def size(self, name: str) -> int | None:
        """Return the file's size in bytes, None when it does not exist."""
        check_name(name)
        return self._reader.size(name)

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with `prefix`, sorted."""
        folder = prefix.rpartition("/")[0]
        if folder and not is_name(folder):
            return iter(())  # No file can have such a name.
        found: list[str] = []
        with self._told("listing"):
            for chunk in self._engine.list(self._store, prefix=folder or None):
                found += (one["path"] for one in chunk)
        return iter(
            sorted(
                name
                for name in found
                if name.startswith(prefix) and not name.startswith(f"{INCOMING}/")
            )
        )

    def remove(self, name: str) -> None:
        """Remove a file that nothing needs; no error when it is not there."""
        check_name(name)
        with self._told(f"removing {name}"), contextlib.suppress(FileNotFoundError):
            self._engine.delete(self._store, name)

    def put(self, name: str, spool: IO[bytes], *, over: bool) -> bool:
        """Write a file from a stream; False when one of that name is there and may stay."""
        check_name(name)
        length = spool.seek(0, io.SEEK_END)
        spool.seek(0)
        self._check_place(name)
        if length <= PART and not over:
            return self._made(name, spool.read())
        with self._told(f"writing {name}"):
            if not over and self.size(name) is not None:
                return False
            self._engine.put(
                self._store,
                name,
                spool,
                use_multipart=length > PART,
                chunk_size=PART,
                max_concurrency=_AT_ONCE,
            )
        return True

    def _made(self, name: str, data: bytes) -> bool:
        with self._told(f"writing {name}"):
            try:
                self._engine.put(self._store, name, data, mode="create", use_multipart=False)
            except self._engine.exceptions.AlreadyExistsError:
                return False
        return True

    def _check_place(self, name: str) -> None:
        """Refuse what a disk could not hold, so that every store can be copied to a folder."""
        parts = name.split("/")
        for folder in ("/".join(parts[:end]) for end in range(1, len(parts))):
            if folder not in self._folders and self.size(folder) is not None:
                raise UserError(f"{name} stands below a file; choose other names", about=name)
            self._folders.add(folder)
        if next(self.names(f"{name}/"), None) is not None:
            raise UserError(f"{name} is a folder; choose other names", about=name)

    def _told(self, doing: str, name: str = "") -> AbstractContextManager[None]:
        return told(self.bucket, doing, name)


class _BucketUpload:
    """See `emeritus.vault.ports.Upload`."""

    def __init__(self, store: BucketStore, spool: IO[bytes]) -> None:
        self._store = store
        self._spool = spool
        self.over = False

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end."""
        self._check_alive()
        try:
            self._spool.write(data)
        except OSError as problem:
            self.over = True
            raise StoreUnavailable(
                f"the temporary file of an upload cannot be written ({problem.strerror}); "
                "make room where temporary files lie, or set TMPDIR"
            ) from problem

    def commit(self, name: str) -> bool:
        """Make the file durable under `name`, all of it or nothing."""
        self._check_alive()
        check_name(name)
        self.over = True
        return self._store.put(name, self._spool, over=False)

    def supersede(self, name: str) -> None:
        """Make the file durable under `name` in place of whatever is there, atomically."""
        self._check_alive()
        check_name(name)
        self.over = True
        self._store.put(name, self._spool, over=True)

    def _check_alive(self) -> None:
        if self.over:
            raise StoreUnavailable("this upload is over; begin a new one")


def _unchanged(known: Any) -> dict[str, str]:
    """Return the condition that a file is the one that was read; Google compares its version."""
    return {part: str(known[part]) for part in ("e_tag", "version") if known[part] is not None}


def _changed(name: str) -> StoreChanged:
    return StoreChanged(
        f"expected {name} to hold what was read before, found something else; "
        "read it again and decide anew",
        about=name,
    )
