"""A store in a dict, as small as the port allows, and one that fails on purpose."""

import io
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

from emeritus.vault.errors import NotInStore, StoreChanged, StoreUnavailable
from emeritus.vault.ports import Upload


class PlainStore:
    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = dict(files or {})
        self.reads = 0

    def create(self, name: str, data: bytes) -> bool:
        if name in self.files:
            return False
        self.files[name] = data
        return True

    def upload(self) -> AbstractContextManager[Upload]:
        raise NotImplementedError

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        if self.files.get(name) != expected:
            raise StoreChanged(name)
        self.files[name] = data

    def read(self, name: str) -> bytes:
        self.reads += 1
        if name not in self.files:
            raise NotInStore(name)
        return self.files[name]

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        return self.read(name)[offset : offset + length]

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        return nullcontext(io.BytesIO(self.read(name)))

    def size(self, name: str) -> int | None:
        return len(self.files[name]) if name in self.files else None

    def names(self, prefix: str = "") -> Iterator[str]:
        return iter(sorted(name for name in self.files if name.startswith(prefix)))

    def remove(self, name: str) -> None:
        self.files.pop(name, None)


class FailingStore(PlainStore):
    """Shares another store's files; its k-th change fails, before or after it is made."""

    def __init__(self, store: PlainStore, fail_at: int, *, after: bool) -> None:
        super().__init__()
        self.files = store.files
        self.changes = 0
        self.fail_at = fail_at
        self.after = after

    def _count(self) -> bool:
        self.changes += 1
        if self.changes > self.fail_at or (self.changes == self.fail_at and not self.after):
            raise StoreUnavailable("the power is off")
        return self.changes == self.fail_at

    def create(self, name: str, data: bytes) -> bool:
        last = self._count()
        made = super().create(name, data)
        if last:
            raise StoreUnavailable("the power went off")
        return made

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        last = self._count()
        super().replace(name, data, expected=expected)
        if last:
            raise StoreUnavailable("the power went off")

    def remove(self, name: str) -> None:
        last = self._count()
        super().remove(name)
        if last:
            raise StoreUnavailable("the power went off")
