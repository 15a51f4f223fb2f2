"""The one order of system calls after which a file is there for good.

Write a file without a name of its own (in `incoming/`), fsync it, give it its name, fsync the
folder; every folder on the way is fsynced into its parent first.
In any other order a power cut loses what was acknowledged: of the crash states of ten puts, 7,101
of 7,162 lost a file without the folder's fsync, and none of 71 with it (enumerated 2026-11; see
`tests/adapters/test_store_crash_states.py`).
An fsync that failed is never tried again, since the second would succeed over lost pages
(Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
"""

import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from emeritus.adapters.stores.disk import Disk
from emeritus.adapters.stores.names import INCOMING
from emeritus.adapters.stores.plain import is_there
from emeritus.foundation import UserError

_LOST = (errno.EIO, errno.ENOSPC, errno.EDQUOT)
"""What fsync(2) answers when written data did not reach the disk."""

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)
"""What link(2) answers on file systems without hard links, such as exFAT."""


class Draft:
    """A file that is being written in `incoming/`; its lock tells a sweeper that it lives."""

    def __init__(self, disk: Disk, path: Path, handle: int) -> None:
        self.path = path
        self.handle = handle
        self.size = 0
        self._disk = disk

    def write(self, data: bytes | memoryview) -> None:
        """Add all of `data` at the end; raises OSError, after which the draft is worthless."""
        rest = memoryview(data).cast("B")
        while rest:
            taken = self._disk.write(self.handle, rest)
            rest = rest[taken:]
            self.size += taken


class DurableWriter:
    """Makes, replaces and removes files below one folder; every method may raise OSError.

    Args:
        root: the store's folder, without symbolic links; made at the first write.
        disk: the system calls.
    """

    def __init__(self, root: Path, disk: Disk) -> None:
        self._root = root
        self._disk = disk
        self._incoming = root / INCOMING
        self._settled: set[Path] = set()
        self._doubted: set[Path] = set()

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """Begin a file; leaving the context forgets it unless it was published."""
        self._settle_folder(self._incoming)
        draft = self._begin()
        try:
            yield draft
        finally:
            # Its fate is decided by now: what cannot be cleared away is left to the sweeper.
            with suppress(OSError):
                self._disk.unlink(draft.path)
            with suppress(OSError):
                self._disk.close(draft.handle)

    def publish(self, draft: Draft, path: Path) -> bool:
        """Make the draft durable at `path`; False when a file was there, which is made durable.

        Raises:
            UserError: a folder has that path, or a file stands where a folder must be.
        """
        if is_there(path):
            self.settle(path)
            return False
        self._disk.fsync(draft.handle)
        self._settle_folder(path.parent)
        with self._remaking_folders():
            if not self._link(draft.path, path):
                self.settle(path)
                return False
        self._sync(path.parent, self._disk.fsync_folder)
        return True

    def publish_over(self, draft: Draft, path: Path) -> None:
        """Make the draft durable at `path` in place of the file that is there."""
        self._disk.fsync(draft.handle)
        self._settle_folder(path.parent)
        with self._remaking_folders():
            self._disk.rename(draft.path, path)
        self._sync(path.parent, self._disk.fsync_folder)

    def settle(self, path: Path) -> None:
        """Make an existing file durable: its maker may have died before its own fsync."""
        is_there(path)
        self._settle_folder(path.parent)
        self._sync(path, self._disk.fsync_file)
        self._sync(path.parent, self._disk.fsync_folder)

    def remove(self, path: Path) -> None:
        """Take a file away for good; nothing happens when its folder is not there."""
        if not path.parent.is_dir():
            return
        # Otherwise a replacement that has just compared would bring the file back.
        with self.alone():
            with suppress(FileNotFoundError):
                self._disk.unlink(path)
            self._sync(path.parent, self._disk.fsync_folder)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep out every other holder, of this process or another, while the context lasts."""
        self._settle_folder(self._incoming)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self._incoming / ".swap", flags, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def sweep(self) -> int:
        """Remove the drafts whose writers are no more; return how many."""
        swept = 0
        for path in sorted(self._incoming.glob("*")):
            if not path.name.startswith(".") and path.is_file() and not path.is_symlink():
                swept += self._remove_unheld(path)
        return swept

    def _remove_unheld(self, path: Path) -> bool:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_nlink:
                self._disk.unlink(path)
                return True
        except (BlockingIOError, FileNotFoundError):
            pass
        finally:
            os.close(handle)
        return False

    def _begin(self) -> Draft:
        while True:
            path = self._incoming / secrets.token_hex(16)
            handle = self._disk.open_new(path)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                # A sweeper may have come between the two calls; then the file has no name left.
                if os.fstat(handle).st_nlink:
                    return Draft(self._disk, path, handle)
            except OSError:
                self._disk.close(handle)
                raise
            self._disk.close(handle)

    def _link(self, source: Path, target: Path) -> bool:
        try:
            self._disk.link(source, target)
        except FileExistsError:
            return False
        except OSError as problem:
            if problem.errno not in _NO_LINKS:
                raise
            with self.alone():
                if is_there(target):
                    return False
                self._disk.rename(source, target)
        return True

    @contextmanager
    def _remaking_folders(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            # Somebody took a folder away: make and fsync them all again at the next call.
            self._settled.clear()
            raise

    def _settle_folder(self, folder: Path) -> None:
        """Make a folder and all above it, or make durable what another process made."""
        if folder in self._settled or folder == folder.parent:
            return
        self._settle_folder(folder.parent)
        if self._made(folder) or self._may_be_ours(folder):
            self._sync(folder.parent, self._disk.fsync_folder)
        self._settled.add(folder)

    def _made(self, folder: Path) -> bool:
        if folder.is_dir():
            return False
        try:
            self._disk.mkdir(folder)
        except FileExistsError as problem:
            if not folder.is_dir():
                raise UserError(
                    f"expected a folder at {folder}, found a file; choose other names"
                ) from problem
            return False
        return True

    def _may_be_ours(self, folder: Path) -> bool:
        """Say whether an earlier process may have made an existing folder and not synced it."""
        return self._root in folder.parents or os.access(folder.parent, os.R_OK | os.W_OK)

    def _sync(self, path: Path, fsync: Callable[[Path], None]) -> None:
        if path in self._doubted:
            raise OSError(errno.EIO, "an earlier fsync failed, so the disk's state is unknown")
        try:
            fsync(path)
        except OSError as problem:
            if problem.errno in _LOST:
                self._doubted.add(path)
            raise
