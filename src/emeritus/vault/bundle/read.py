"""Reading a bundle: as the store that it holds, and byte by byte against its list."""

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, NoReturn

from emeritus.foundation import Progress, UserError
from emeritus.vault.bundle.listing import LARGEST_LIST, Listing, Member
from emeritus.vault.bundle.tar import (
    BLOCK,
    CLOSING_FILE,
    END,
    LIST_FILE,
    claims,
    header,
    is_consistent,
    padding,
    size_in,
    span,
)
from emeritus.vault.errors import BundleBroken, NotInStore, StoreUnavailable
from emeritus.vault.findings import Finding
from emeritus.vault.ports import Upload

_CHUNK = 1 << 20


def looks_like_a_bundle(path: Path) -> bool:
    """Say whether a file begins as a bundle does, or did before a bit of it flipped."""
    with path.open("rb") as file:
        block = file.read(BLOCK)
    named, is_tar = claims(block)
    # A tar whose sum is right was written with another first name: it is somebody else's.
    return len(block) == BLOCK and (named or (is_tar and not is_consistent(block)))


@contextmanager
def open_bundle(path: Path) -> "Iterator[Bundle]":
    """Open a bundle; its list is read and checked, and no other byte.

    Raises:
        UserError: there is no file, or one of another kind.
        BundleBroken: it is damaged in front, or its list names what no bundle may hold.
        StoreUnavailable: it could not be read.
    """
    try:
        file = path.open("rb", buffering=0)
    except (FileNotFoundError, IsADirectoryError) as problem:
        raise UserError(f"expected a bundle at {path}, found none", about=str(path)) from problem
    except OSError as problem:
        raise _unread(path, problem) from problem
    with file:
        yield Bundle(path, file.fileno())


class Bundle:
    """An open bundle; also a `Store` that can only be read. May be used from any thread.

    Args:
        path: of the file, for messages.
        handle: its descriptor, open for reading.

    Attributes:
        listing: what it says of itself.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self._bytes = os.fstat(handle).st_size
        self.listing, at = self._read_listing()
        self._members: dict[str, tuple[int, Member]] = {}
        for member in self.listing.members:
            self._members[member.name] = at + BLOCK, member
            at += span(member.bytes)
        self._closing_at = at

    def check(self, progress: Progress) -> Iterator[Finding]:
        """Compare every byte of the file with the list; every bad place is named.

        Args:
            progress: told of the bytes read.

        Raises:
            StoreUnavailable: the file could not be read.
        """
        yield from self.check_frame()
        progress.begin("reading the bundle", self._closing_at, "bytes")
        for name, (offset, member) in self._members.items():
            if offset + member.bytes > self._bytes:
                continue  # Its frame was found short.
            if self._sha256(offset, member.bytes, progress) != member.sha256:
                yield Finding(name, "its bytes do not have the SHA-256 that the list gives")
        progress.end()

    def check_frame(self) -> Iterator[Finding]:
        """Compare what stands around the members: headers, padding, the end, the list's digest."""
        listing = self.listing.front()
        if self._pread(0, len(listing)) != listing:
            yield Finding(LIST_FILE, "it does not stand in the file as a member must")
        for name, (offset, member) in self._members.items():
            yield from self._check_around(name, offset, member.bytes)
        back = self.listing.back() + END
        rest = self._bytes - self._closing_at
        if rest < len(back):
            yield Finding(CLOSING_FILE, f"the file ends {len(back) - rest} bytes too early")
        elif self._pread(self._closing_at, len(back)) != back:
            yield Finding(CLOSING_FILE, "it is not what must close this list")
        if rest > len(back):
            yield Finding(CLOSING_FILE, f"{rest - len(back)} bytes stand behind the end")

    def read(self, name: str) -> bytes:
        """Return a whole file."""
        offset, member = self._find(name)
        return self._pread(offset, member.bytes)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer when the file ends before.

        Raises:
            UserError: the offset or the length is negative.
            NotInStore: no such file.
            StoreUnavailable: it could not be read.
        """
        if offset < 0 or length < 0:
            raise UserError(f"expected a range of 0 or more bytes, found {length} from {offset}")
        start, member = self._find(name)
        return self._pread(start + offset, max(0, min(length, member.bytes - offset)))

    def open(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open for reading from start to end."""
        offset, member = self._find(name)
        return io.BufferedReader(_Part(self, offset, member.bytes), 1 << 17)

    def size(self, name: str) -> int | None:
        """Return the file's size in bytes, None when it does not exist."""
        found = self._members.get(name)
        return None if found is None else found[1].bytes

    def names(self, prefix: str = "") -> Iterator[str]:
        """Yield the names that begin with `prefix`, sorted."""
        return (name for name in self._members if name.startswith(prefix))

    def create(self, name: str, data: bytes) -> bool:  # noqa: ARG002 - as a store has it
        """Refuse."""
        self._refuse()

    def upload(self) -> AbstractContextManager[Upload]:
        """Refuse."""
        self._refuse()

    def replace(self, name: str, data: bytes, *, expected: bytes | None) -> None:  # noqa: ARG002 - as a store has it
        """Refuse."""
        self._refuse()

    def remove(self, name: str) -> None:  # noqa: ARG002 - as a store has it
        """Refuse."""
        self._refuse()

    def part(self, offset: int, length: int) -> bytes:
        """Return bytes of the file itself; fewer at its end."""
        return self._pread(offset, length)

    def _read_listing(self) -> tuple[Listing, int]:
        block = self._pread(0, BLOCK)
        named, is_tar = claims(block)
        if len(block) < BLOCK or not (named or is_tar) or (is_consistent(block) and not named):
            raise UserError(
                f"expected a bundle at {self.path}, found another file: a bundle is a tar file "
                f"that begins with {LIST_FILE}",
                about=str(self.path),
            )
        size = size_in(block)
        if size is None or block != header(LIST_FILE, size):
            raise BundleBroken(f"{LIST_FILE}: its header is damaged", about=LIST_FILE)
        if size > LARGEST_LIST:
            raise BundleBroken(
                f"{LIST_FILE}: it claims {size} bytes, and no list has more than {LARGEST_LIST}",
                about=LIST_FILE,
            )
        data = self._pread(BLOCK, size)
        if len(data) < size:
            raise BundleBroken(f"{LIST_FILE}: the file ends in the middle of it", about=LIST_FILE)
        return Listing.from_bytes(data), span(size)

    def _check_around(self, name: str, offset: int, size: int) -> Iterator[Finding]:
        fill = padding(size)
        if offset + size + len(fill) > self._bytes:
            yield Finding(name, "the file ends before its end")
            return
        if self._pread(offset - BLOCK, BLOCK) != header(name, size):
            yield Finding(name, "its header is not the one that must stand there")
        if fill and self._pread(offset + size, len(fill)) != fill:
            yield Finding(name, "something stands behind it where zeros must be")

    def _sha256(self, offset: int, size: int, progress: Progress) -> str:
        digest = hashlib.sha256()
        for start in range(offset, offset + size, _CHUNK):
            chunk = self._pread(start, min(_CHUNK, offset + size - start))
            digest.update(chunk)
            progress.advance(len(chunk))
        return digest.hexdigest()

    def _find(self, name: str) -> tuple[int, Member]:
        found = self._members.get(name)
        if found is None:
            raise NotInStore(f"the bundle {self.path} has no file {name}", about=name)
        return found

    def _pread(self, offset: int, length: int) -> bytes:
        parts = []
        try:
            while length and (data := os.pread(self._handle, length, offset)):
                parts.append(data)
                offset, length = offset + len(data), length - len(data)
        except OSError as problem:
            raise _unread(self.path, problem) from problem
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _refuse(self) -> NoReturn:
        raise StoreUnavailable(f"{self.path} is a bundle, which is only read")


class _Part(io.RawIOBase):
    """A member as an open file."""

    def __init__(self, bundle: Bundle, offset: int, size: int) -> None:
        self._bundle = bundle
        self._start = offset
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._at)
        data = self._bundle.part(self._start + self._at, wanted)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def _unread(path: Path, problem: OSError) -> StoreUnavailable:
    return StoreUnavailable(
        f"{path} cannot be read ({problem.strerror or problem}); look at its disk", about=str(path)
    )
