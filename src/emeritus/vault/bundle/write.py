"""Writing a bundle: as a stream of bounded memory, and as a file that appears whole or not at all.

What is being written lies beside its name as `.NAME.partial`, under a lock. Who comes after a crash
takes it over; who comes meanwhile is told.
"""

import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from emeritus.foundation import Conflict, Progress
from emeritus.vault.bundle.listing import Listing, Member
from emeritus.vault.bundle.tar import END, header, padding
from emeritus.vault.errors import Damaged, DestinationUnusable

Contents = Callable[[str], Iterable[bytes]]
"""Gives the bytes of a member by its name, in parts."""

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)
"""What link(2) answers on file systems without hard links, such as exFAT."""


def bundle_bytes(listing: Listing, contents: Contents, progress: Progress) -> Iterator[bytes]:
    """Yield a bundle from its first byte to its last.

    The same list and the same contents give the same bytes, on every machine and on every day.

    Args:
        listing: what to write.
        contents: where the bytes come from; each member is asked for once, in order.
        progress: told of the bytes of members.

    Raises:
        Damaged: a member's bytes are not those that the list gives; nothing further is yielded.
    """
    yield listing.front()
    progress.begin("writing", sum(member.bytes for member in listing.members), "bytes")
    for member in listing.members:
        yield header(member.name, member.bytes)
        for chunk in _checked(member, contents):
            yield chunk
            progress.advance(len(chunk))
        yield padding(member.bytes)
    progress.end()
    yield listing.back()
    yield END


def write_bundle(
    listing: Listing, contents: Contents, target: Path, *, over: bool, progress: Progress
) -> int:
    """Write a bundle to a file, durably; return its bytes.

    Args:
        listing: what to write.
        contents: where the bytes come from.
        target: the file.
        over: put it in place of a file that is there.
        progress: told of the bytes of members.

    Raises:
        Conflict: there is something of that name, or somebody else is writing it.
        DestinationUnusable: the disk is full, or may not be written; nothing appears.
        Damaged: a member's bytes are not those that the list gives; nothing appears.
    """
    return write_file(target, bundle_bytes(listing, contents, progress), over=over)


def write_file(target: Path, chunks: Iterable[bytes], *, over: bool) -> int:
    """Write a file, which appears whole and durable under its name or not at all.

    Returns:
        Its bytes.

    Raises:
        Conflict: there is something of that name, or somebody else is writing it.
        DestinationUnusable: the disk is full, or may not be written; nothing appears.
    """
    target = target.absolute()
    partial = target.with_name(f".{target.name[:200]}.partial")
    try:
        _forget_finished(partial, target)
        _require_free(target, over=over)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(partial) as file:
            size = 0
            for chunk in chunks:
                file.write(chunk)
                size += len(chunk)
            file.flush()
            os.fsync(file.fileno())
            _name(partial, target, over=over)
        _fsync_folder(target.parent)
    except OSError as problem:
        raise DestinationUnusable(
            f"{target} cannot be written ({problem.strerror or problem}), and nothing appears "
            "there; free some space or name another file",
            about=str(target),
        ) from problem
    return size


def _checked(member: Member, contents: Contents) -> Iterator[bytes]:
    """Yield a member's bytes; the last part only once the whole is sure to be right."""
    digest = hashlib.sha256()
    left, held = member.bytes, b""
    for chunk in contents(member.name):
        digest.update(chunk)
        left -= len(chunk)
        if held and left >= 0:
            yield held
        held = chunk
    if left != 0 or digest.hexdigest() != member.sha256:
        raise Damaged(
            f"{member.name} does not have the SHA-256 that the record gives, so nothing was "
            "written; make it anew with 'emeritus repair', then export again",
            about=member.name,
        )
    yield held


def _forget_finished(partial: Path, target: Path) -> None:
    """Take the unfinished name away from a file that got its own before its writer died."""
    try:
        if os.path.samestat(partial.lstat(), target.lstat()):
            partial.unlink()
    except FileNotFoundError:
        pass


def _require_free(target: Path, *, over: bool) -> None:
    if target.is_dir():
        raise Conflict(f"{target} is a folder; name a file", about=str(target))
    if not over and (target.is_symlink() or target.exists()):
        raise _taken(target)


@contextmanager
def _alone(partial: Path) -> Iterator[BinaryIO]:
    """Open the unfinished file for this process alone; it is gone when the context ends."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(partial, flags, 0o644)
        with os.fdopen(handle, "wb") as file:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise Conflict(
                    f"somebody is writing {partial} at this moment; wait, or name another file",
                    about=str(partial),
                ) from problem
            if not _is_at(handle, partial):
                continue  # Who held it has just given it its name.
            if os.fstat(handle).st_nlink > 1:
                partial.unlink()
                continue  # It is another file, too, whose bytes must stay.
            os.ftruncate(handle, 0)
            try:
                yield file
            finally:
                if _is_at(handle, partial):
                    partial.unlink()
            return


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False


def _name(partial: Path, target: Path, *, over: bool) -> None:
    if over:
        partial.replace(target)
        return
    try:
        target.hardlink_to(partial)
    except FileExistsError as problem:
        raise _taken(target) from problem
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        _require_free(target, over=False)
        partial.rename(target)


def _taken(target: Path) -> Conflict:
    return Conflict(
        f"{target} is there already; name a new file, or say --force", about=str(target)
    )


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
