"""A store in memory."""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock

from emeritus.adapters.stores.names import check_name
from emeritus.adapters.stores.plain import check_range
from emeritus.foundation import UserError
from emeritus.vault.errors import NotInStore, StoreChanged, StoreUnavailable
from emeritus.vault.ports import Upload


class MemoryStore:
    """Keeps the promises of `emeritus.vault.ports.Store` while the process lives.

    Attributes:
        files: content by name; a test may spoil it to see damage found.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._folders: set[str] = set()
        self._lock = Lock()

    def create(self, name: str, data: bytes) -> bool:
        """Write a new file; idempotent. True when this call made it."""
        check_name(name)
        with self._lock:
            if name in self.files:
                return False
            self._check_place(name)
            self.files[name] = bytes(data)
            return True

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """Begin a large file; leaving the context without `commit` forgets it."""
        upload = _MemoryUpload(self)
        try:
            yield upload
        finally:
            upload.over = True

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        """Put `data` in place of `expected`, atomically (compare-and-swap)."""
        check_name(name)
        with self._lock:
            if self.files.get(name) != expected:
                raise StoreChanged(f"expected {name} to hold what was read before", about=name)
            self._check_place(name)
            self.files[name] = bytes(data)

    def put(self, name: str, data: bytes) -> None:
        """Put a file in place of whatever is there."""
        with self._lock:
            self._check_place(name)
            self.files[name] = data

    def read(self, name: str) -> bytes:
        """Return the whole file."""
        check_name(name)
        with self._lock:
            if name not in self.files:
                raise NotInStore(f"the store has no file {name}", about=name)
            return self.files[name]

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before."""
        check_range(offset, length)
        return self.read(name)[offset : offset + length]

    def open(self, name: str) -> AbstractContextManager[io.BytesIO]:
        """Open for reading from start to end."""
        return io.BytesIO(self.read(name))

    def size(self, name: str) -> int | None:
        """Return the file's size in bytes, None when it does not exist."""
        check_name(name)
        with self._lock:
            content = self.files.get(name)
        return None if content is None else len(content)

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with `prefix`, sorted."""
        with self._lock:
            found = sorted(name for name in self.files if name.startswith(prefix))
        return iter(found)

    def remove(self, name: str) -> None:
        """Remove a file that a newer one supersedes; no error when it is not there."""
        check_name(name)
        with self._lock:
            self.files.pop(name, None)

    def _check_place(self, name: str) -> None:
        """Refuse what a disk could not hold: a name that is both a folder and a file."""
        folders = [name[:end] for end, letter in enumerate(name) if letter == "/"]
        if name in self._folders or any(folder in self.files for folder in folders):
            raise UserError(f"{name} is a folder, or stands below a file; choose other names")
        self._folders.update(folders)


class _MemoryUpload:
    """See `emeritus.vault.ports.Upload`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._data = bytearray()
        self.over = False

    def write(self, data: bytes | memoryview) -> None:
        """Add bytes at the end."""
        self._check_alive()
        self._data += data

    def commit(self, name: str) -> bool:
        """Make the file stay under `name`, all of it or nothing."""
        self._check_alive()
        check_name(name)
        self.over = True
        return self._store.create(name, bytes(self._data))

    def supersede(self, name: str) -> None:
        """Make the file stay under `name` in place of whatever is there."""
        self._check_alive()
        check_name(name)
        self.over = True
        self._store.put(name, bytes(self._data))

    def _check_alive(self) -> None:
        if self.over:
            raise StoreUnavailable("this upload is over; begin a new one")
