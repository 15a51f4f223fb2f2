"""Which files a deposit takes, and which paths a restore may write.

>>> safe_path("weights/model.safetensors")
'weights/model.safetensors'
>>> safe_path("../model.safetensors")
Traceback (most recent call last):
...
emeritus.vault.errors.PathUnsafe: expected no '..' in the path '../model.safetensors'; rename it
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from emeritus.vault.errors import PathUnsafe, SourceUnusable
from emeritus.vault.ports import Originals

SKIPPED_FOLDERS: Final = (".git", ".cache/huggingface")
"""Never deposited, at any depth: the history and the bookkeeping of the tools that download models;
the files themselves lie beside them."""

LONGEST_PART: Final = 255
"""Bytes of one name: `NAME_MAX` of Linux, macOS and Windows file systems."""

LONGEST_PATH: Final = 1_024
"""Bytes of a path; leaves room within `PATH_MAX` (4,096) for where it is restored."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line separators and marks that reverse the order of what is read."""

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
"""Names that are devices on Windows (Microsoft, "Naming Files, Paths, and Namespaces")."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to deposit.

    Attributes:
        path: `/`-separated, in the package.
        file: where it lies on this machine. Of a file that lies elsewhere it has the size and the
            head, and a hole after that: good for looking at, and never for its bytes.
        originals: where it lies elsewhere; None for a file of this machine.
        mark: of the original when it was listed.
    """

    path: str
    file: Path
    originals: Originals | None = None
    mark: str = ""

    @property
    def where(self) -> str:
        """Where it lies, for people."""
        return str(self.file) if self.originals is None else self.originals.where(self.path)

    def size(self) -> int:
        """Return its size in bytes."""
        return self.file.stat().st_size

    def state(self) -> str:
        """Return what differs after somebody wrote to it; a hint, its bytes decide."""
        if self.originals is not None:
            return self.originals.mark(self.path)
        found = self.file.stat()
        return f"{found.st_size}:{found.st_mtime_ns}"

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open its bytes for reading from start to end."""
        return self.file.open("rb") if self.originals is None else self.originals.open(self.path)

    def part(self, offset: int, length: int) -> bytes:
        """Return `length` of its bytes from `offset`; fewer when it ends before."""
        if self.originals is not None:
            return self.originals.part(self.path, offset, length)
        with self.file.open("rb") as stream:
            stream.seek(offset)
            return stream.read(length)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a deposit takes.

    Attributes:
        sources: sorted by the UTF-8 bytes of their paths, at least one.
        skipped: folders that were left out because of `SKIPPED_FOLDERS`, sorted.
        outside: paths of sources that are links to files outside the folder, sorted; worth
            showing to who deposits, since a downloaded folder can link to anything.
    """

    sources: tuple[Source, ...]
    skipped: tuple[str, ...]
    outside: tuple[str, ...] = ()


def gather(path: Path) -> Gathered:
    """Find the files of a deposit.

    A file gives itself under its own name, a folder every regular file in it.
    Links to files are followed (the cache of Hugging Face is made of them), links to folders are
    not. Nothing is left out but `SKIPPED_FOLDERS`, and those are named.

    Args:
        path: a file or a folder.

    Raises:
        SourceUnusable: there is nothing to deposit, or something that cannot be: a link that leads
            nowhere or to a folder, a device, pipe or socket, a file that may not be read.
        PathUnsafe: a name that `safe_path` refuses, or that is not UTF-8.
    """
    if path.is_dir():
        return _gather_folder(path)
    name = safe_path(path.name or str(path))
    _check_file(path)
    return Gathered((Source(name, path),), ())


def safe_path(path: str) -> str:
    """Return a path as it is, if it may be written below any folder.

    It is relative, `/`-separated, of parts that are not empty, `.` or `..`, have at most 255 bytes
    each and 1,024 together, no control characters or backslashes, and are no device of Windows.
    Paths that differ in case alone are two paths.

    Args:
        path: from a manifest that nobody need have checked.

    Raises:
        PathUnsafe: it breaks the rule.
    """
    if not path or path.startswith("/"):
        _unsafe(path, "a relative path")
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        _unsafe(path, "a path in UTF-8")
    if len(encoded) > LONGEST_PATH:
        _unsafe(path, f"at most {LONGEST_PATH} bytes in the path")
    if _CONTROL.search(path):
        _unsafe(path, "no control characters in the path")
    if "\\" in path:
        _unsafe(path, "no backslash in the path")
    for part in path.split("/"):
        _check_part(path, part)
    return path


def _check_part(path: str, part: str) -> None:
    if not part:
        _unsafe(path, "no empty part in the path")
    if part in (".", ".."):
        _unsafe(path, f"no {part!r} in the path")
    if len(part.encode()) > LONGEST_PART:
        _unsafe(path, f"at most {LONGEST_PART} bytes in each part of the path")
    if _RESERVED.fullmatch(part.partition(".")[0].rstrip(" ")):
        _unsafe(path, "no name that is a device on Windows in the path")


def _unsafe(path: str, expected: str) -> NoReturn:
    shown = ascii(path) if len(path) <= LONGEST_PART else ascii(path[:LONGEST_PART]) + "..."
    raise PathUnsafe(f"expected {expected} {shown}; rename it", about=shown)


def _gather_folder(folder: Path) -> Gathered:
    sources: list[Source] = []
    skipped: list[str] = []
    for path, entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            skipped.append(path)
        else:
            _check_file(Path(entry.path))
            sources.append(Source(path, Path(entry.path)))
    if not sources:
        _unusable(folder, "at least one file", "an empty folder")
    sources.sort(key=lambda source: source.path.encode())
    outside = [source.path for source in sources if not _lies_in(source.file, folder)]
    return Gathered(tuple(sources), tuple(sorted(skipped)), tuple(outside))


def _entries(folder: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield every entry that is no folder, and the folders that are skipped, with their paths."""
    waiting = [("", os.fspath(folder))]
    while waiting:
        prefix, place = waiting.pop()
        try:
            with os.scandir(place) as scanned:
                entries = list(scanned)
        except OSError as problem:
            _unusable(Path(place), "a folder that can be read", str(problem.strerror))
        for entry in entries:
            path = prefix + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield safe_path(path), entry
            elif is_skipped(path):
                yield path, entry
            else:
                waiting.append((path + "/", entry.path))


def is_skipped(path: str) -> bool:
    """Say whether a folder is one that is never deposited."""
    return any(path == name or path.endswith("/" + name) for name in SKIPPED_FOLDERS)


def _check_file(file: Path) -> None:
    """Open a file and close it again, so that what cannot be read is known before work begins."""
    try:
        opened = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        found = str(problem.strerror)
        if file.is_symlink() and not file.exists():
            found = f"a link that leads nowhere ({found})"
        _unusable(file, "a file that can be read", found)
    try:
        mode = os.fstat(opened).st_mode
    finally:
        os.close(opened)
    if stat.S_ISDIR(mode):
        _unusable(file, "a file", "a link to a folder; put that folder's files in its place")
    if not stat.S_ISREG(mode):
        _unusable(file, "a regular file", "a device, a pipe or a socket")


def _lies_in(file: Path, folder: Path) -> bool:
    return not file.is_symlink() or file.resolve().is_relative_to(folder.resolve())


def _unusable(place: Path, expected: str, found: str) -> NoReturn:
    shown = ascii(str(place))[1:-1]
    raise SourceUnusable(f"expected {expected} at {shown}, found: {found}", about=shown)
