"""The seal: one closed place of a store together with the key that opens it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from emeritus.vault.closed.age import (
    AFTER_STANZAS,
    CHUNK,
    HEAD_LIMIT,
    AgeWriter,
    Payload,
    decrypt,
)
from emeritus.vault.closed.identity import Identity
from emeritus.vault.errors import Damaged, KeyMissing, KeyUnusable, NotInStore
from emeritus.vault.layout import ObjectClass, Place
from emeritus.vault.ports import Ranged

SALT_BYTES = 32
"""Random bytes before the content of every closed file (store layout, version 1)."""

_HEAD_READ = 1024


class Keys(Protocol):
    """Gives the keys of closed places; the keyring lies above."""

    def seal(self, place: Place) -> "Seal":
        """Return the seal of a closed place.

        Raises:
            KeyMissing: its key is not here.
        """
        ...


class NoKeys:
    """Keeps the promises of `Keys` where there is no keyring."""

    def seal(self, place: Place) -> "Seal":
        """Refuse; see the port."""
        raise missing(place)


def missing(place: Place) -> KeyMissing:
    """Return the error that says that a place's key is not here, and what to do."""
    return KeyMissing(
        f"this is {place.object_class}, and the key that opens it ({place.key_id}) is not in this "
        "home; bring the keyring back with 'emeritus sealing recover', or act in the home that "
        "holds it",
        about=place.key_id,
    )


@dataclass(frozen=True, slots=True)
class Seal:
    """A closed place and its key.

    Raises:
        KeyUnusable: the place is public, or of another key.
    """

    place: Place
    identity: Identity = field(repr=False)

    def __post_init__(self) -> None:
        if self.place.object_class is ObjectClass.PUBLIC or self.place.key_id != (
            self.identity.key_id
        ):
            raise KeyUnusable(f"this key is {self.identity.key_id}, not {self.place.key_id!r}")

    def close(self, data: bytes) -> bytes:
        """Return the bytes that are stored for a small object; other ones at each call."""
        writer = self.writer()
        return writer.update(data) + writer.finish()

    def open(self, stored: bytes) -> bytes:
        """Return the content of a small object.

        Raises:
            Damaged: it was changed, or is for another key.
        """
        data = decrypt(stored, self.identity)
        if len(data) < SALT_BYTES:
            raise Damaged("it is too short for a closed file")
        return data[SALT_BYTES:]

    def writer(self) -> AgeWriter:
        """Begin a closed file; the random bytes that it begins with are in it already."""
        return _Salted(self.identity)

    def files(self, store: Ranged) -> "OpenedFiles":
        """Return a store's files of this place, opened."""
        return OpenedFiles(store, self)


class _Salted(AgeWriter):
    def __init__(self, identity: Identity) -> None:
        super().__init__([identity.recipient])
        self._waiting += os.urandom(SALT_BYTES)


class OpenedFiles:
    """The closed files of one place, decrypted where they are read; keeps what `Ranged` promises.

    Nothing decrypted leaves memory: a part of a file takes the chunks around it, at most 64 KiB
    more at either side. May be used from any thread.
    """

    def __init__(self, store: Ranged, seal: Seal) -> None:
        self._store = store
        self._seal = seal
        self._known: dict[str, Payload] = {}

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names of this place's files that begin with `prefix`, as the store has them."""
        own = self._seal.place.prefix
        return (name for name in self._store.names(prefix or own) if name.startswith(own))

    def size(self, name: str) -> int | None:
        """Return how many bytes a file holds, None when it does not exist.

        Raises:
            Damaged: it cannot be opened.
        """
        stored = self._store.size(name)
        return None if stored is None else self._payload(name, stored).plain - SALT_BYTES

    def read(self, name: str) -> bytes:
        """Return a whole file.

        Raises:
            NotInStore: no such file.
            Damaged: it was changed, or is for another key.
        """
        size = self.size(name)
        if size is None:
            raise NotInStore(f"there is no {name} in this store", about=name)
        return self.read_range(name, 0, size)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return a part of a file's content; fewer bytes when it ends before.

        Raises:
            NotInStore: no such file.
            Damaged: a chunk of it was changed, or it is for another key.
        """
        payload = self._payload(name, self._store.size(name))
        offset += SALT_BYTES
        length = min(length, payload.plain - offset)
        if length <= 0:
            return b""
        first, start, stored = payload.span(offset, length)
        data = self._store.read_range(name, start, stored)
        if len(data) != stored:
            raise Damaged(f"{name}: it is shorter than it was", about=name)
        try:
            chunks = list(payload.opened(first, data))
        except Damaged as problem:
            raise Damaged(f"{name}: {problem.message}", about=name) from problem
        # Only the ends are cut: a part is often a megabyte, and copying it again is not free.
        skipped = offset - first * CHUNK
        chunks[0] = chunks[0][skipped:]
        beyond = sum(map(len, chunks)) - length
        chunks[-1] = chunks[-1][: len(chunks[-1]) - beyond]
        return b"".join(chunks)

    def _payload(self, name: str, stored: int | None) -> Payload:
        known = self._known.get(name)
        if known is not None:
            return known
        if stored is None:
            raise NotInStore(f"there is no {name} in this store", about=name)
        head = self._store.read_range(name, 0, _HEAD_READ)
        if b"\n--- " not in head[:-AFTER_STANZAS]:
            head = self._store.read_range(name, 0, HEAD_LIMIT)
        try:
            payload = Payload.of(head, stored, self._seal.identity)
        except Damaged as problem:
            raise type(problem)(f"{name}: {problem.message}", about=name) from problem
        if payload.plain < SALT_BYTES:
            raise Damaged(f"{name}: it is too short for a closed file", about=name)
        self._known[name] = payload
        return payload
