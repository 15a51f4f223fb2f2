"""The system calls that the durable writer uses, and nothing else.

They are a port for one reason: a recording twin shows every state that a power cut may leave,
and a forgetful twin shows that the proof notices a missing fsync.
"""

import fcntl
import os
import sys
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """Changes to files and folders; every method raises `OSError` as the system call does."""

    def open_new(self, path: Path) -> int:
        """Create an empty file for writing and return its descriptor; it must not exist yet."""
        ...

    def write(self, handle: int, data: memoryview) -> int:
        """Write some of `data` (bytes) at the end and return how many bytes were taken."""
        ...

    def fsync(self, handle: int) -> None:
        """Return when all that was written to the descriptor is on stable storage."""
        ...

    def close(self, handle: int) -> None:
        """Close the descriptor."""
        ...

    def fsync_file(self, path: Path) -> None:
        """Return when the content of the file under that name is on stable storage."""
        ...

    def fsync_folder(self, path: Path) -> None:
        """Return when the names in the folder are on stable storage."""
        ...

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name, which must not exist yet."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Move a file to a name, in place of what had it."""
        ...

    def unlink(self, path: Path) -> None:
        """Take a name away."""
        ...

    def mkdir(self, path: Path) -> None:
        """Make a folder, which must not exist yet."""
        ...


class OsDisk:
    """The operating system. Files get mode 0644 and folders 0755, less the umask."""

    def open_new(self, path: Path) -> int:
        """Create an empty file for writing and return its descriptor; it must not exist yet."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(path, flags, 0o644)

    def write(self, handle: int, data: memoryview) -> int:
        """Write some of `data` (bytes) at the end and return how many bytes were taken."""
        return os.write(handle, data)

    def fsync(self, handle: int) -> None:
        """Return when all that was written to the descriptor is on stable storage."""
        if sys.platform == "darwin":
            # fsync(2) of macOS leaves the bytes in the drive's cache; this does not.
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
        else:
            os.fsync(handle)

    def close(self, handle: int) -> None:
        """Close the descriptor."""
        os.close(handle)

    def fsync_file(self, path: Path) -> None:
        """Return when the content of the file under that name is on stable storage."""
        self._fsync_path(path, os.O_RDONLY)

    def fsync_folder(self, path: Path) -> None:
        """Return when the names in the folder are on stable storage."""
        self._fsync_path(path, os.O_RDONLY | os.O_DIRECTORY)

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name, which must not exist yet."""
        os.link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        """Move a file to a name, in place of what had it."""
        os.rename(source, target)  # noqa: PTH104 - the system call by its own name

    def unlink(self, path: Path) -> None:
        """Take a name away."""
        os.unlink(path)  # noqa: PTH108 - the system call by its own name

    def mkdir(self, path: Path) -> None:
        """Make a folder, which must not exist yet."""
        os.mkdir(path, 0o755)  # noqa: PTH102 - the system call by its own name

    def _fsync_path(self, path: Path, flags: int) -> None:
        handle = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            self.fsync(handle)
        finally:
            os.close(handle)
