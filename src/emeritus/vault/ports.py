"""The ports of the vault.

`Store` is a place that holds a copy, `Pieces` what a package is of, `Originals` the files of a
model that lie where this machine has no folder.

One layout for every kind of store; the names in it are the same on a disk and in a bucket.
Every adapter passes `tests/contracts/store_contract.py`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from emeritus.foundation import Digest


class Upload(Protocol):
    """A file that is being written and has no name yet; nobody can see it."""

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end.

        Raises:
            StoreUnavailable: the write failed; the upload is lost and must be made again
                from its source (a failed fsync is never retried: Rebello et al., ATC 2020).
        """
        ...

    def commit(self, name: str) -> bool:
        """Make the file durable under `name`, all of it or nothing.

        Returns:
            True when this call made the file, False when the name existed already
            (names of packs and objects are digests, so the bytes are the same) and is durable now.

        Raises:
            StoreUnavailable: it is unknown whether the file is durable; commit again is safe
                only with a new upload.
        """
        ...

    def supersede(self, name: str) -> None:
        """Make the file durable under `name` in place of whatever is there, atomically.

        For the repair of a damaged file alone; see `commit`.

        Raises:
            StoreUnavailable: either content may be there; read it and decide.
        """
        ...


class Readable(Protocol):
    """Named files that can be read; what it takes to check a ledger."""

    def read(self, name: str) -> bytes:
        """Return the whole file.

        Raises:
            NotInStore: no such file.
            StoreUnavailable: it could not be read.
        """
        ...

    def size(self, name: str) -> int | None:
        """Return the file's size in bytes, None when it does not exist."""
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with `prefix`, sorted; unfinished uploads are not among them.

        A prefix is a plain string: `log/` gives everything under the folder `log`.
        """
        ...


class Ranged(Readable, Protocol):
    """Named files of which parts can be read; what it takes to find and decode pieces."""

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before.

        Raises:
            UserError: the offset or the length is negative.
            NotInStore: no such file.
            StoreUnavailable: it could not be read.
        """
        ...


class Store(Ranged, Protocol):
    """Named files, each written once or replaced whole.

    Names are relative, `/`-separated, of `[A-Za-z0-9._-]` parts that do not begin with a dot,
    at most 255 characters a part and 1,024 in all; the first part is not `incoming`, where a
    store keeps unfinished files. Any other name raises `UserError`.
    A call that returned has reached stable storage.
    A call that raised has left either the old state or the new one, never a mixture,
    and a reader never sees a half-written file.
    All methods may be called from any thread.
    """

    def create(self, name: str, data: bytes) -> bool:
        """Write a new file; idempotent.

        Returns:
            True when this call made it, False when the name existed (its bytes are left alone);
            either way the file is durable when this returns, whoever made it.

        Raises:
            StoreUnavailable: the file may or may not exist; call again.
        """
        ...

    def upload(self) -> AbstractContextManager[Upload]:
        """Begin a large file; leaving the context without `commit` forgets it."""
        ...

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        """Put `data` in place of `expected`, atomically (compare-and-swap).

        Args:
            name: which file.
            data: its new content.
            expected: its present content; None when it must not exist yet.

        Raises:
            StoreChanged: the present content is another; nothing was written.
            StoreUnavailable: either content may be there; read it and decide.
        """
        ...

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open for reading from start to end.

        Raises:
            NotInStore: no such file.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove a file that nothing needs; durable when it returns, no error when it is not there.

        Called for nothing but ledger files: partial tiles that a wider one supersedes, and files
        beyond the checkpoint, which no checkpoint covers.

        Raises:
            StoreUnavailable: the file may or may not be there; call again.
        """
        ...


class Pieces(Protocol):
    """Gives the decoded bytes of pieces, wherever they lie. May be used from any thread."""

    def decoded(self, piece: Digest) -> bytes:
        """Return a piece's bytes, checked against its name.

        Raises:
            NotInStore: it is not there.
            Damaged: what is there is not the piece.
            StoreUnavailable: it could not be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a listing shows it.

    Attributes:
        path: relative to the place, as it is called there; nobody has checked it.
        size: in bytes.
        mark: differs when the file was written again; a hint, its bytes decide.
    """

    path: str
    size: int
    mark: str


class Originals(Protocol):
    """Files below one place that is no folder of this machine, such as a prefix in a bucket.

    They belong to somebody else and are only read. May be used from any thread.
    """

    def listed(self) -> list[Listed]:
        """Return every file.

        Raises:
            PathUnsafe: one has a name that cannot even be read.
            StoreUnavailable: the place does not answer.
        """
        ...

    def mark(self, path: str) -> str:
        """Return the mark that a listing would show now; empty when the file is not there.

        Raises:
            StoreUnavailable: the place does not answer.
        """
        ...

    def where(self, path: str) -> str:
        """Return where a file lies, for people."""
        ...

    def open(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Open for reading from start to end; memory is bounded. Reading raises as `part` does.

        Raises:
            NotInStore: no such file.
            StoreUnavailable: the place does not answer.
        """
        ...

    def part(self, path: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before.

        Raises:
            NotInStore: no such file.
            StoreUnavailable: the place does not answer.
        """
        ...
