"""Reading and listing a folder that a stranger may have filled: plain files and folders only."""

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from emeritus.adapters.stores.faults import store_fault, told
from emeritus.adapters.stores.names import is_name
from emeritus.foundation import UserError
from emeritus.vault.errors import Damaged, NotInStore


def refuse_links(root: Path, folder: str) -> None:
    """Refuse a way that leaves the store by a symbolic link.

    Args:
        root: the store's folder.
        folder: a name's folders, `/`-separated; empty for the root.

    Raises:
        Damaged: one of the folders is a symbolic link.
    """
    path = root
    for part in folder.split("/") if folder else ():
        path = path / part
        if path.is_symlink():
            raise _not_plain(path)


def is_there(path: Path) -> bool:
    """Say whether a plain file has that path.

    Raises:
        UserError: a folder has it.
        Damaged: something else has it: a symbolic link, a pipe, a device.
        OSError: nobody can say.
    """
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISDIR(mode):
        raise UserError(f"expected a file or nothing at {path}, found a folder; choose other names")
    if not stat.S_ISREG(mode):
        raise _not_plain(path)
    return True


def size_of(path: Path) -> int | None:
    """Return the size of the plain file at `path` in bytes, None when there is none.

    Raises:
        Damaged: something that is neither a file nor a folder has that path.
        OSError: nobody can say.
    """
    try:
        return path.lstat().st_size if is_there(path) else None
    except (UserError, FileNotFoundError):
        return None


def check_range(offset: int, length: int) -> None:
    """Refuse what is no range of a file.

    Raises:
        UserError: one of the two is negative.
    """
    if offset < 0 or length < 0:
        raise UserError(f"expected a range of 0 or more bytes, found {length} from {offset}")


class PlainFile(io.FileIO):
    """An open file of a store whose failures are `StoreUnavailable`."""

    def __init__(self, root: Path, name: str) -> None:
        """Open it.

        Raises:
            NotInStore: no such file.
            StoreUnavailable: it could not be opened.
            Damaged: something that is neither a file nor a folder has that name.
        """
        self._root = root
        self._act = f"reading {name}"
        with told(root, self._act):
            if size_of(root / name) is None:
                raise NotInStore(f"the store at {root} has no file {name}", about=name)
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            try:
                handle = os.open(root / name, flags)
            except FileNotFoundError as problem:
                raise NotInStore(f"{name} has just left the store {root}", about=name) from problem
        super().__init__(handle, "rb")

    def readall(self) -> bytes:
        """Return everything from here to the end."""
        try:
            return super().readall()
        except OSError as problem:
            raise store_fault(problem, self._root, self._act) from problem

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None:  # type: ignore[override]
        """Fill a buffer as far as one system call does; return how many bytes, 0 at the end."""
        try:
            return super().readinto(buffer)
        except OSError as problem:
            raise store_fault(problem, self._root, self._act) from problem


def listing(root: Path, prefix: str) -> Iterator[str]:
    """Yield the names under `root` that begin with `prefix`, sorted by character.

    What no store could have written (`lost+found`, `.DS_Store`) is passed over; a symbolic link
    is listed, so that an audit trips over it, and never followed.

    Raises:
        StoreUnavailable: a folder could not be read.
        Damaged: the prefix leads through a symbolic link.
    """
    folder = prefix.rpartition("/")[0]
    if folder and not is_name(folder):
        return
    with told(root, f"listing {prefix}"):
        refuse_links(root, folder)
    yield from _below(root, folder, prefix)


def _below(root: Path, folder: str, prefix: str) -> Iterator[str]:
    for part, is_folder in _entries(root, folder):
        name = f"{folder}/{part}" if folder else part
        if not name.startswith(prefix) or not is_name(name):
            continue
        if is_folder:
            yield from _below(root, name, prefix)
        else:
            yield name


def _entries(root: Path, folder: str) -> list[tuple[str, bool]]:
    """Return (name, is a folder) in the order that sorts the whole names below."""
    with told(root, f"listing {folder or 'the store'}"):
        try:
            with os.scandir(root / folder) as entries:
                found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except (FileNotFoundError, NotADirectoryError):
            return []
    return sorted(found, key=lambda entry: entry[0] + "/" * entry[1])


def _not_plain(path: Path) -> Damaged:
    return Damaged(
        f"expected a plain file or folder at {path}, found a symbolic link or a device; "
        "a store holds none: put the file itself there",
        about=str(path),
    )
