"""Files of other archives: listed without following a link, hashed in pieces, written durably."""

import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emeritus.custody.interchange.errors import NotReceivable
from emeritus.foundation import Conflict, Progress
from emeritus.vault.errors import DestinationUnusable

MOST_TAG_BYTES = 64 * 2**20
"""A tag file or an inventory is read into memory; one that lists 400,000 files has about 60 MB."""

_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class Hashed:
    """What was read of a file: its length in bytes, and its digests in hex by algorithm."""

    bytes: int
    digests: Mapping[str, str]


def listed(folder: Path) -> dict[str, int]:
    """Return every file below a folder, `/`-separated and sorted, with its length in bytes.

    Raises:
        NotReceivable: there is a link, a device, a pipe or a name that is not UTF-8 in it, or it
            cannot be read.
    """
    if not folder.is_dir():
        raise NotReceivable(f"expected a folder at {folder}, found something else or nothing")
    found: dict[str, int] = {}
    waiting = [("", folder)]
    while waiting:
        prefix, place = waiting.pop()
        for entry in _scanned(place):
            path = prefix + entry.name
            known = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(known.st_mode):
                waiting.append((f"{path}/", Path(entry.path)))
            elif stat.S_ISREG(known.st_mode):
                found[path] = known.st_size
            else:
                kind = "a link" if stat.S_ISLNK(known.st_mode) else "a device, a pipe or a socket"
                raise NotReceivable(
                    f"{path!a} is {kind}, and what it stands for is in no digest; "
                    "put the file itself in its place",
                    about=ascii(path),
                )
    return dict(sorted(found.items()))


def _scanned(place: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(place) as scanned:
            entries = list(scanned)
        for entry in entries:
            entry.name.encode()
    except UnicodeEncodeError as problem:
        raise NotReceivable(f"{str(place)!a} holds a name that is not UTF-8") from problem
    except OSError as problem:
        raise NotReceivable(f"{place} cannot be read: {problem.strerror}") from problem
    return entries


def hashed(file: Path, algorithms: Iterable[str], progress: Progress) -> Hashed:
    """Read a file once, at most 1 MiB at a time, and return its digests.

    Raises:
        NotReceivable: it is no regular file any more, or cannot be read.
    """
    running = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    size = 0
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb", buffering=0) as stream:
            while data := stream.read(_CHUNK):
                for one in running.values():
                    one.update(data)
                size += len(data)
                progress.advance(len(data))
    except OSError as problem:
        raise NotReceivable(f"{str(file)!a} cannot be read: {problem.strerror}") from problem
    return Hashed(size, {name: one.hexdigest() for name, one in running.items()})


def read_small(file: Path) -> bytes:
    """Read a tag file or an inventory whole.

    Raises:
        NotReceivable: it is larger than `MOST_TAG_BYTES`, a link, or cannot be read.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            data = stream.read(MOST_TAG_BYTES + 1)
    except OSError as problem:
        raise NotReceivable(f"{file.name} cannot be read: {problem.strerror}") from problem
    if len(data) > MOST_TAG_BYTES:
        raise NotReceivable(f"expected at most {MOST_TAG_BYTES} bytes in {file.name}, found more")
    return data


def write_file(file: Path, data: bytes) -> None:
    """Write a new file durably, its folders made; the folder's own entry is synced by who asked."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def replace_file(file: Path, data: bytes) -> None:
    """Put a file in the place of another: after a crash the old one is there, or the new one."""
    part = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        write_file(part, data)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def appearing(destination: Path, beside: Path | None = None) -> Iterator[Path]:
    """Give a hidden folder that becomes `destination`, durably, when the context ends well.

    Args:
        destination: a name that is free; its parent is made.
        beside: where the hidden folder lies meanwhile; the parent of `destination` when None.

    Raises:
        Conflict: there is something at `destination`.
        DestinationUnusable: the disk is full or may not be written; nothing appears.
    """
    _require_free(destination)
    parent = destination.absolute().parent
    work = (beside or parent) / f".{destination.name[:60]}.{uuid.uuid4().hex[:8]}.partial"
    try:
        work.parent.mkdir(parents=True, exist_ok=True)
        work.mkdir()
        yield work
        for folder, _, _ in os.walk(work):
            sync_folder(Path(folder))
        parent.mkdir(parents=True, exist_ok=True)
        _require_free(destination)
        work.rename(destination)
        sync_folder(parent)
    except OSError as problem:
        shutil.rmtree(work, ignore_errors=True)
        raise DestinationUnusable(
            f"{destination} cannot be written ({problem.strerror or problem}), and nothing new "
            "appears there; free some space or name another folder",
            about=str(destination),
        ) from problem
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _require_free(destination: Path) -> None:
    if destination.is_symlink() or destination.exists():
        raise Conflict(
            f"{destination} is there already; name a folder that is new", about=str(destination)
        )
