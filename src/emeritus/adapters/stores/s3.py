"""A store in a bucket of an S3-compatible server, through `obstore`.

What a call acknowledged is as durable as the server makes it: some answer before anything is on a
disk. So one bucket is never the only copy.
"""

import contextlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from emeritus.adapters.stores.names import INCOMING, check_name, is_name
from emeritus.adapters.stores.plain import check_range
from emeritus.foundation import Misconfigured, UserError
from emeritus.vault.errors import NotInStore, StoreChanged, StoreUnavailable
from emeritus.vault.ports import Upload

_PART = 16 << 20
"""Bytes of one part of a large upload, and read ahead of a reader; S3 wants 5 MiB at least."""

_AT_ONCE = 4
"""Parts under way at once: 64 MiB of memory."""

_LARGEST = 5 << 40
"""Bytes of the largest object (Amazon S3 User Guide, quotas)."""

RETRY_SECONDS = 60
"""A server was not reachable for 25 s after its restart (SeaweedFS 4.48, measured 2026-11)."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a store is, without the key to it.

    Attributes:
        name: of the bucket; it must exist.
        prefix: before every name; empty for none.
        endpoint: URL of the server; empty for Amazon's own.
        region: of the bucket.
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class BucketKey:
    """An access key; empty ones let the environment's usual places be looked at."""

    key_id: str = ""
    secret: str = ""


def bucket_at(location: str) -> Bucket:
    """Read a location: `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`.

    Raises:
        UserError: it is no such location, or it holds a key, which must not be written down there.
    """
    parts = urlsplit(location)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.username or parts.password or "@" in parts.netloc:
        raise UserError("a key was in the location of a bucket; give it by the environment instead")
    endpoint = asked.pop("endpoint", "")
    region = asked.pop("region", "us-east-1")
    if parts.scheme != "s3" or not parts.hostname or asked or parts.fragment:
        raise UserError(
            "expected a bucket as s3://BUCKET/PREFIX?endpoint=URL&region=NAME, found "
            f"{location[:120]!r}"
        )
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise UserError(f"expected an endpoint with http:// or https://, found {endpoint[:90]!r}")
    prefix = parts.path.strip("/")
    if prefix and not is_name(prefix):
        raise UserError(f"expected a prefix of plain names, found {prefix[:90]!r}")
    return Bucket(parts.netloc, prefix, endpoint, region)


class S3Store:
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
        self._engine = _obstore()
        self._folders: set[str] = set()
        self._store = _open(self._engine, bucket, key, retry_seconds)

    def create(self, name: str, data: bytes) -> bool:
        """Write a new file; idempotent. True when this call made it."""
        check_name(name)
        self._check_place(name)
        return self._made(name, bytes(data))

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Begin a large file; leaving the context without `commit` forgets it."""
        with tempfile.TemporaryFile(prefix="emeritus-upload-") as spool:
            upload = _S3Upload(self, spool)
            try:
                yield upload
            finally:
                upload.over = True

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        """Put `data` in place of `expected`, atomically (compare-and-swap by ETag)."""
        check_name(name)
        if expected is None:
            if not self.create(name, data):
                raise _changed(name)
            return
        with self._told(f"writing {name}"):
            try:
                found = self._engine.get(self._store, name)
                present, tag = bytes(found.bytes()), found.meta["e_tag"]
            except FileNotFoundError:
                raise _changed(name) from None
            if present != expected:
                raise _changed(name)
            try:
                self._engine.put(self._store, name, bytes(data), mode={"e_tag": tag})
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
        if length and offset + length <= _LARGEST:
            with contextlib.suppress(self._engine.exceptions.BaseError, FileNotFoundError):
                part = self._engine.get_range(self._store, name, start=offset, length=length)
                return bytes(part)
        # Nothing was asked for, or the part begins after the end, which a server refuses.
        size = self.size(name)
        if size is None:
            raise _missing(name)
        left = min(length, size - offset)
        if left <= 0:
            return b""
        with self._told(f"reading {name}", name):
            return bytes(self._engine.get_range(self._store, name, start=offset, length=left))

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open for reading from start to end."""
        size = self.size(name)
        if size is None:
            raise _missing(name)
        return io.BufferedReader(_Remote(self, name, size), _PART)

    def size(self, name: str) -> int | None:
        """Return the file's size in bytes, None when it does not exist."""
        check_name(name)
        with self._told(f"looking at {name}"):
            try:
                return int(self._engine.head(self._store, name)["size"])
            except FileNotFoundError:
                return None

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
        if length <= _PART and not over:
            return self._made(name, spool.read())
        with self._told(f"writing {name}"):
            if not over and self.size(name) is not None:
                return False
            self._engine.put(
                self._store,
                name,
                spool,
                use_multipart=length > _PART,
                chunk_size=_PART,
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

    @contextmanager
    def _told(self, doing: str, name: str = "") -> Iterator[None]:
        """Say failures of the network and the server in one sentence."""
        try:
            yield
        except FileNotFoundError as problem:
            if not name:
                raise
            raise _missing(name) from problem
        except self._engine.exceptions.BaseError as problem:
            raise StoreUnavailable(
                f"{doing} in the bucket {self.bucket.name} failed: {_reason(problem)}",
                about=self.bucket.name,
            ) from problem


class _S3Upload:
    """See `emeritus.vault.ports.Upload`."""

    def __init__(self, store: S3Store, spool: IO[bytes]) -> None:
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


class _Remote(io.RawIOBase):
    """A file in a bucket, read forward in parts."""

    def __init__(self, store: S3Store, name: str, size: int) -> None:
        self._store = store
        self._name = name
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = min(len(buffer), self._size - self._at)
        if left <= 0:
            return 0
        data = self._store.read_range(self._name, self._at, left)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _obstore() -> Any:
    try:
        import obstore  # noqa: PLC0415 - an extra that only buckets need
    except ImportError as problem:
        raise Misconfigured(
            "stores in buckets need the package obstore; install it with pip install 'emeritus[s3]'"
        ) from problem
    return obstore


def _open(engine: Any, bucket: Bucket, key: BucketKey, retry_seconds: float) -> Any:
    from obstore.store import S3Store as Engine  # noqa: PLC0415 - the same

    named: dict[str, Any] = {"region": bucket.region, "checksum_algorithm": "SHA256"}
    if bucket.endpoint:
        named["endpoint"] = bucket.endpoint
    if key.key_id:
        named |= {"access_key_id": key.key_id, "secret_access_key": key.secret}
    try:
        return Engine(
            bucket.name,
            prefix=bucket.prefix or None,
            client_options={"allow_http": bucket.endpoint.startswith("http://")},
            retry_config={
                "max_retries": 1000,
                "retry_timeout": timedelta(seconds=retry_seconds),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=3),
                    "base": 2,
                },
            },
            **named,
        )
    except (engine.exceptions.BaseError, TypeError, ValueError) as problem:
        raise Misconfigured(
            f"the bucket {bucket.name} cannot be used: {_reason(problem)}"
        ) from problem


def _reason(problem: BaseException) -> str:
    """Return what matters of a message that has the whole answer in it."""
    text = str(problem)
    told = {
        "NoSuchBucket": "there is no such bucket",
        "SignatureDoesNotMatch": "its server refuses the key",
        "InvalidAccessKeyId": "its server does not know the key",
        "403 Forbidden": "its server refuses the key, or the key may not do that",
        "AccessDenied": "its server refuses the key, or the key may not do that",
        "InvalidBucketName": "no bucket can have that name",
        "error sending request": "its server does not answer",
    }
    return next((said for mark, said in told.items() if mark in text), text.split("\n", 1)[0][:300])


def _missing(name: str) -> NotInStore:
    return NotInStore(f"the store has no file {name}", about=name)


def _changed(name: str) -> StoreChanged:
    return StoreChanged(
        f"expected {name} to hold what was read before, found something else; "
        "read it again and decide anew",
        about=name,
    )
