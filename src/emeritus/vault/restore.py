"""Restore: give back the identical files, or a part of one, from the store alone."""

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import FileIO
from pathlib import Path

from emeritus.foundation import Conflict, NotFound, Progress, UserError
from emeritus.vault.codec.following import FollowingHash, keep_freed_memory
from emeritus.vault.codec.workers import Workers
from emeritus.vault.errors import Damaged, DestinationUnusable
from emeritus.vault.package import Package, PackagedFile, PieceRef
from emeritus.vault.ports import Pieces
from emeritus.vault.sources import safe_path


def restore(
    pieces: Pieces,
    package: Package,
    destination: Path,
    *,
    paths: Iterable[str] | None = None,
    progress: Progress,
) -> tuple[Path, ...]:
    """Write the package's files under `destination`; all of them or nothing appears there.

    Every piece is checked by its blake3, every file by its SHA-256.

    Args:
        pieces: where from.
        package: which.
        destination: a folder that does not exist or is empty.
        paths: only these files; all when None.
        progress: told of the bytes written.

    Returns:
        The files written, in path order.

    Raises:
        Conflict: the destination holds something.
        NotFound: a path is not in the package.
        DestinationUnusable: the disk under the destination is full, or may not be written.
        Damaged: bytes in the store are not what they must be; the message names the file.
    """
    keep_freed_memory()
    chosen = _choose(package, paths)
    progress.begin("restoring", sum(file.bytes for file in chosen), "bytes")
    with _appearing(destination) as work, Workers(beside=1) as workers:
        for file in chosen:
            _write(pieces, file, work / safe_path(file.path), workers, progress)
    progress.end()
    return tuple(destination / file.path for file in chosen)


def read_part(pieces: Pieces, file: PackagedFile, start: int, end: int) -> Iterator[bytes]:
    """Yield bytes `start` to `end` of a file, at most a piece at a time.

    Every piece is checked by its blake3 before any of its bytes is given; pieces outside the part
    are not read. Memory is bounded by a piece, whatever the file's size.

    Args:
        pieces: where from.
        file: which.
        start: the first byte, from 0.
        end: one after the last, at most the file's size.

    Raises:
        UserError: the part is not one of the file.
        NotInStore: a piece is not there.
        Damaged: a piece is not what was deposited.
        StoreUnavailable: the store could not be read.
    """
    if not 0 <= start <= end <= file.bytes:
        raise UserError(
            f"expected a part of {file.path} within 0 to {file.bytes}, found {start} to {end}"
        )
    offset = 0
    for piece in file.pieces:
        first, offset = offset, offset + piece.bytes
        if offset <= start:
            continue
        if first >= end:
            return
        data = pieces.decoded(piece.id)
        if len(data) != piece.bytes:
            raise Damaged(f"piece {piece.id} has another length than its manifest says")
        yield data[max(start - first, 0) : end - first]


def stream_file(pieces: Pieces, package: Package, path: str) -> Iterator[bytes]:
    """Yield a whole file in order; after its last byte its SHA-256 is compared.

    Every piece is checked by its blake3 before it is given. Who writes the bytes away as they come
    must not trust them before the iterator ended.

    Raises:
        NotFound: the path is not in the package.
        NotInStore: a piece is not there.
        Damaged: a piece, or the whole, is not what was deposited.
        StoreUnavailable: the store could not be read.
    """
    (file,) = _choose(package, (path,))
    digest = hashlib.sha256()
    with Workers(beside=1) as workers:
        for data in _decoded(pieces, file.pieces, workers):
            digest.update(data)
            yield data
    _check_sha256(file, digest.hexdigest())


def write_new(destination: Path, chunks: Iterable[bytes]) -> None:
    """Write bytes to a new file, which appears whole and durable or not at all.

    Raises:
        Conflict: there is something of that name.
        DestinationUnusable: the disk is full, or may not be written.
    """
    if destination.is_symlink() or destination.exists():
        raise Conflict(f"{destination} is there already; name a file that is new")
    part = destination.with_name(f".{destination.name[:60]}.{uuid.uuid4().hex[:8]}.partial")
    try:
        destination.absolute().parent.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as stream:
            stream.writelines(chunks)
            stream.flush()
            os.fsync(stream.fileno())
        destination.hardlink_to(part)
    except FileExistsError as problem:
        raise Conflict(f"{destination} is there already; name a file that is new") from problem
    except OSError as problem:
        raise _unwritten(destination, problem) from problem
    finally:
        part.unlink(missing_ok=True)


def _unwritten(destination: Path, problem: OSError) -> DestinationUnusable:
    return DestinationUnusable(
        f"{destination} cannot be written ({problem.strerror or problem}), and nothing appears "
        "there; free some space or name another folder, then restore again",
        about=str(destination),
    )


def _choose(package: Package, paths: Iterable[str] | None) -> tuple[PackagedFile, ...]:
    if paths is None:
        return package.files
    known = {file.path: file for file in package.files}
    wanted = list(dict.fromkeys(paths))
    missing = next((path for path in wanted if path not in known), None)
    if missing is not None:
        raise NotFound(f"no file {missing!r} in this package; it has {', '.join(list(known)[:8])}")
    return tuple(known[path] for path in wanted)


def unfinished(name: str) -> str:
    """Return what the name of a hidden folder begins with that is to become a folder `name`."""
    return f".{name[:60]}."


@contextmanager
def _appearing(destination: Path) -> Iterator[Path]:
    """Give a hidden folder that becomes `destination` when the context ends well."""
    if destination.is_symlink() or (destination.exists() and not _is_empty_folder(destination)):
        raise Conflict(f"{destination} holds something already; name a folder that is new or empty")
    parent = destination.absolute().parent
    work = parent / f"{unfinished(destination.name)}{uuid.uuid4().hex[:8]}.partial"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        work.mkdir()
        yield work
        work.rename(destination)
    except OSError as problem:
        shutil.rmtree(work, ignore_errors=True)
        raise _unwritten(destination, problem) from problem
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _write(
    pieces: Pieces, file: PackagedFile, target: Path, workers: Workers, progress: Progress
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("xb", buffering=0) as stream, FollowingHash(digest) as following:
        for data in _decoded(pieces, file.pieces, workers):
            following.update(data)
            _write_all(stream, data)
            progress.advance(len(data))
        following.catch_up()
        os.fsync(stream.fileno())
    _check_sha256(file, digest.hexdigest())


def _check_sha256(file: PackagedFile, found: str) -> None:
    if found != file.sha256:
        raise Damaged(
            f"{file.path} came back with another SHA-256 than was deposited; "
            "run 'emeritus audit' to find the damaged file, and restore from another copy",
            about=file.path,
        )


def _write_all(stream: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


def _decoded(pieces: Pieces, wanted: tuple[PieceRef, ...], workers: Workers) -> Iterator[bytes]:
    """Yield the decoded pieces in order, a bounded number of them under way."""
    return workers.each(partial(_one, pieces), wanted)


def _one(pieces: Pieces, piece: PieceRef) -> bytes:
    data = pieces.decoded(piece.id)
    if len(data) != piece.bytes:
        raise Damaged(f"piece {piece.id} has another length than its manifest says")
    return data
