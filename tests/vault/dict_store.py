"""The smallest thing that satisfies the `Store` port, so that packs are tested alone."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from emeritus.vault.errors import NotInStore, StoreChanged


class DictUpload:
    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files
        self._data = bytearray()

    def write(self, data: bytes | memoryview) -> None:
        self._data += data

    def commit(self, name: str) -> bool:
        made = name not in self._files
        self._files.setdefault(name, bytes(self._data))
        return made

    def supersede(self, name: str) -> None:
        self._files[name] = bytes(self._data)


class DictStore:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges: list[tuple[int, int]] = []

    def create(self, name: str, data: bytes) -> bool:
        made = name not in self.files
        self.files.setdefault(name, data)
        return made

    @contextmanager
    def upload(self) -> Iterator[DictUpload]:
        yield DictUpload(self.files)

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:
        if self.files.get(name) != expected:
            raise StoreChanged(name)
        self.files[name] = data

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise NotInStore(name)
        return self.files[name]

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        self.ranges.append((offset, length))
        return self.read(name)[offset : offset + length]

    @contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.read(name))

    def size(self, name: str) -> int | None:
        return len(self.files[name]) if name in self.files else None

    def names(self, prefix: str = "") -> Iterator[str]:
        yield from sorted(name for name in self.files if name.startswith(prefix))

    def remove(self, name: str) -> None:
        self.files.pop(name, None)
