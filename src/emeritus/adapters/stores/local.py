"""A store in a folder of a disk."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Self

from emeritus.adapters.stores.disk import Disk, OsDisk
from emeritus.adapters.stores.durable import Draft, DurableWriter
from emeritus.adapters.stores.faults import told
from emeritus.adapters.stores.names import check_name
from emeritus.adapters.stores.plain import (
    PlainFile,
    check_range,
    is_there,
    listing,
    refuse_links,
    size_of,
)
from emeritus.vault.errors import NotInStore, StoreChanged, StoreUnavailable
from emeritus.vault.ports import Upload

_OS_DISK = OsDisk()


class LocalStore:
    """Keeps the promises of `emeritus.vault.ports.Store` with plain files below `root`.

    Nothing is made before the first write. Several processes may share the folder.
    Unfinished files lie in `incoming/`; a process that died leaves some, see `sweep`.
    No symbolic link below `root` is followed: `Damaged` says which one stands in the way.
    After a failed fsync this object refuses the file or folder concerned until it is made anew.
    A reader may see a replaced file shortly before it is durable; who must know that it is
    (after a crash, or after `replace` raised) replaces the content with itself.

    Args:
        root: the store's folder; it need not exist.
        disk: the system calls; the operating system's unless a test hands in others.
    """

    def __init__(self, root: Path, disk: Disk = _OS_DISK) -> None:
        self.root = root.resolve()
        self._writer = DurableWriter(self.root, disk)

    @classmethod
    def open_existing(cls, root: Path, disk: Disk = _OS_DISK) -> Self:
        """Open a store that must be there, such as one on a disk that may be unplugged.

        Raises:
            StoreUnavailable: there is no such folder.
        """
        with told(root, "opening the store"):
            if not root.is_dir():
                raise StoreUnavailable(
                    f"expected a store in the folder {root}, found no folder; "
                    "check the path, or whether its disk is mounted",
                    about=str(root),
                )
        return cls(root, disk)

    def create(self, name: str, data: bytes) -> bool:
        """Write a new file; idempotent. True when this call made it."""
        path = self._path(name)
        with told(self.root, f"writing {name}", len(data)):
            if is_there(path):
                self._writer.settle(path)
                return False
            with self._writer.draft() as draft:
                draft.write(data)
                return self._writer.publish(draft, path)

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Begin a large file; leaving the context without `commit` forgets it."""
        with ExitStack() as stack:
            with told(self.root, "beginning an upload"):
                draft = stack.enter_context(self._writer.draft())
            upload = _LocalUpload(self, self._writer, draft)
            # The system may give the closed descriptor's number to another file at once.
            stack.callback(upload.end)
            yield upload

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        """Put `data` in place of `expected`, atomically (compare-and-swap)."""
        if expected is None:
            if not self.create(name, data):
                raise _changed(name)
            return
        path = self._path(name)
        with told(self.root, f"writing {name}", len(data)):
            if size_of(path) is None:
                raise _changed(name)
            with self._writer.alone():
                if self._content(name) != expected:
                    raise _changed(name)
                with self._writer.draft() as draft:
                    draft.write(data)
                    self._writer.publish_over(draft, path)

    def read(self, name: str) -> bytes:
        """Return the whole file."""
        self._path(name)
        with PlainFile(self.root, name) as file:
            return file.readall()

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before.

        Raises:
            UserError: the offset or the length is negative.
            NotInStore: no such file.
            StoreUnavailable: it could not be read.
        """
        check_range(offset, length)
        with self.open(name) as file:
            size = file.seek(0, 2)
            start = min(offset, size)
            file.seek(start)
            return file.read(min(length, size - start))

    def open(self, name: str) -> AbstractContextManager[BufferedReader]:
        """Open for reading from start to end."""
        self._path(name)
        return BufferedReader(PlainFile(self.root, name), 1 << 17)

    def size(self, name: str) -> int | None:
        """Return the file's size in bytes, None when it does not exist."""
        path = self._path(name)
        with told(self.root, f"looking at {name}"):
            return size_of(path)

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with `prefix`, sorted."""
        return listing(self.root, prefix)

    def remove(self, name: str) -> None:
        """Remove a file that a newer one supersedes; no error when it is not there."""
        path = self._path(name)
        with told(self.root, f"removing {name}"):
            if size_of(path) is not None or not path.is_dir():
                self._writer.remove(path)

    def sweep(self) -> int:
        """Remove the unfinished files of processes that died; return how many.

        It is safe at any time: a file that is being written holds a lock.

        Raises:
            StoreUnavailable: the folder could not be read or a file could not be removed.
        """
        with told(self.root, "sweeping unfinished files"):
            return self._writer.sweep()

    def _content(self, name: str) -> bytes | None:
        try:
            return self.read(name)
        except NotInStore:
            return None

    def _path(self, name: str) -> Path:
        check_name(name)
        with told(self.root, f"looking for {name}"):
            refuse_links(self.root, name.rpartition("/")[0])
        return self.root / name


class _LocalUpload:
    """See `emeritus.vault.ports.Upload`."""

    def __init__(self, store: LocalStore, writer: DurableWriter, draft: Draft) -> None:
        self._store = store
        self._writer = writer
        self._draft = draft
        self._over = ""

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end."""
        self._check_alive()
        needed = self._draft.size + memoryview(data).nbytes
        with told(self._store.root, "writing an upload", needed):
            self._over = "its disk failed while it was written"
            self._draft.write(data)
            self._over = ""

    def commit(self, name: str) -> bool:
        """Make the file durable under `name`, all of it or nothing."""
        self._check_alive()
        path = self._store._path(name)  # noqa: SLF001 - one class in two parts
        self._over = "its commit was called already"
        with told(self._store.root, f"writing {name}", self._draft.size):
            return self._writer.publish(self._draft, path)

    def supersede(self, name: str) -> None:
        """Make the file durable under `name` in place of whatever is there, atomically."""
        self._check_alive()
        path = self._store._path(name)  # noqa: SLF001 - one class in two parts
        self._over = "its commit was called already"
        with told(self._store.root, f"writing {name}", self._draft.size), self._writer.alone():
            self._writer.publish_over(self._draft, path)

    def end(self) -> None:
        """Refuse every later call."""
        self._over = self._over or "its context was left"

    def _check_alive(self) -> None:
        if self._over:
            raise StoreUnavailable(f"this upload is over ({self._over}); begin a new one")


def _changed(name: str) -> StoreChanged:
    return StoreChanged(
        f"expected {name} to hold what was read before, found something else; "
        "read it again and decide anew",
        about=name,
    )
