"""A store that fails when it is told to."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import BinaryIO, Literal, TypeVar

from emeritus.vault.errors import StoreUnavailable
from emeritus.vault.ports import Store, Upload

T = TypeVar("T")


class FaultyStore:
    """Passes every call on to another store and raises `StoreUnavailable` at one of them.

    Counted are the calls that change something: `create`, `replace`, `remove`, and an upload's
    `write` and `commit`. Try every `fail_at` from 1 until `tripped` stays False.

    Args:
        store: who does the work.
        fail_at: which counted call fails, from 1; None for none.
        when: `before` the work is done, or `after` it: the two halves of "it is unknown".
        lasting: every counted call from there on fails too, as on a disk that went away.

    Attributes:
        calls: how many counted calls there were.
        tripped: whether one of them failed.
    """

    def __init__(
        self,
        store: Store,
        *,
        fail_at: int | None = None,
        when: Literal["before", "after"] = "before",
        lasting: bool = False,
    ) -> None:
        self.calls = 0
        self.tripped = False
        self._store = store
        self._fail_at = fail_at
        self._when = when
        self._lasting = lasting
        self._lock = Lock()

    def create(self, name: str, data: bytes) -> bool:
        """As the store does; counted."""
        return self.counted(lambda: self._store.create(name, data))

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """As the store does; the upload's calls are counted."""
        with self._store.upload() as upload:
            yield _FaultyUpload(self, upload)

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        """As the store does; counted."""
        self.counted(lambda: self._store.replace(name, data, expected=expected))

    def read(self, name: str) -> bytes:
        """As the store does."""
        return self._store.read(name)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """As the store does."""
        return self._store.read_range(name, offset, length)

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """As the store does."""
        return self._store.open(name)

    def size(self, name: str) -> int | None:
        """As the store does."""
        return self._store.size(name)

    def names(self, prefix: str = "") -> Iterator[str]:
        """As the store does."""
        return self._store.names(prefix)

    def remove(self, name: str) -> None:
        """As the store does; counted."""
        self.counted(lambda: self._store.remove(name))

    def counted(self, act: Callable[[], T]) -> T:
        """Do a counted call, or fail before or after it."""
        fails = self._falls_due()
        if fails and self._when == "before":
            raise _fault()
        result = act()
        if fails:
            raise _fault()
        return result

    def _falls_due(self) -> bool:
        with self._lock:
            self.calls += 1
            due = self.calls == self._fail_at or (self._lasting and self.tripped)
            self.tripped = self.tripped or due
            return due


class _FaultyUpload:
    """An upload whose calls are counted; one that failed stays failed, as the port says."""

    def __init__(self, store: FaultyStore, upload: Upload) -> None:
        self._store = store
        self._upload = upload
        self._lost = False

    def write(self, data: bytes | memoryview) -> None:
        """As the store's upload does; counted."""
        self._counted(lambda: self._upload.write(data))

    def commit(self, name: str) -> bool:
        """As the store's upload does; counted."""
        return self._counted(lambda: self._upload.commit(name))

    def supersede(self, name: str) -> None:
        """As the store's upload does; counted."""
        self._counted(lambda: self._upload.supersede(name))

    def _counted(self, act: Callable[[], T]) -> T:
        if self._lost:
            raise StoreUnavailable("this upload was lost in an earlier fault; begin a new one")
        self._lost = True
        result = self._store.counted(act)
        self._lost = False
        return result


def _fault() -> StoreUnavailable:
    return StoreUnavailable("a fault that the test asked for; call again")
