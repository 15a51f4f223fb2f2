"""Files of somebody's bucket, read where they lie."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, BinaryIO

from emeritus.adapters.stores.buckets.engine import RETRY_SECONDS, engine, open_bucket, told
from emeritus.adapters.stores.buckets.location import Bucket, BucketKey
from emeritus.adapters.stores.buckets.reading import BucketReader, forward
from emeritus.vault.errors import NotInStore, PathUnsafe
from emeritus.vault.ports import Listed


class BucketOriginals:
    """Keeps the promises of `emeritus.vault.ports.Originals` with what lies below a prefix.

    Args:
        bucket: where.
        key: how it is opened; one that may only read is enough.
        retry_seconds: how long a server that does not answer is asked again.

    Raises:
        Misconfigured: `obstore` is not installed, or the bucket's description is no such thing.
    """

    def __init__(
        self, bucket: Bucket, key: BucketKey, *, retry_seconds: float = RETRY_SECONDS
    ) -> None:
        self._bucket = bucket
        self._engine = engine()
        self._opened = open_bucket(bucket, key, retry_seconds)
        self._reader = BucketReader(bucket, self._opened)

    def listed(self) -> list[Listed]:
        """Return every file below the prefix; the empty objects that stand for folders are none."""
        found: list[Listed] = []
        with told(self._bucket, "listing"):
            try:
                for chunk in self._engine.list(self._opened):
                    found += (Listed(one["path"], int(one["size"]), _mark(one)) for one in chunk)
            except self._engine.exceptions.InvalidPathError as problem:
                raise PathUnsafe(
                    f"expected names in {self.where('')} that a folder could hold, found one that "
                    f"it could not ({_first_line(problem)}); rename it",
                    about=self.where(""),
                ) from problem
        return [one for one in found if one.size or (one.path and self.mark(one.path))]

    def mark(self, path: str) -> str:
        """Return the mark that a listing would show now; empty when the file is not there."""
        said = self._reader.about(path)
        return "" if said is None else _mark(said)

    def where(self, path: str) -> str:
        """Return where a file lies, for people."""
        return "/".join(
            filter(
                None, (f"{self._bucket.scheme}://{self._bucket.name}", self._bucket.prefix, path)
            )
        )

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open for reading from start to end."""
        size = self._reader.size(path)
        if size is None:
            raise self._gone(path)
        return forward(lambda at, most: self.part(path, at, most), size)

    def part(self, path: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before."""
        try:
            return self._reader.part(path, offset, length)
        except NotInStore as problem:
            raise self._gone(path) from problem

    def _gone(self, path: str) -> NotInStore:
        where = self.where(path)
        return NotInStore(f"{where} is not where it was found", about=where)


def _mark(said: Mapping[str, Any]) -> str:
    """Return size, tag and second of what a listing or a look at one file says, spelt alike."""
    tag = str(said["e_tag"] or "").strip('"')
    return f"{said['size']}:{tag}:{int(said['last_modified'].timestamp())}"


def _first_line(problem: BaseException) -> str:
    return ascii(str(problem).split("\n", 1)[0])[1:241]
