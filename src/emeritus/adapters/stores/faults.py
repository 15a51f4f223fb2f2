"""One sentence for every failure of a disk: what failed, why, and what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emeritus.vault.errors import StoreUnavailable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def store_fault(
    problem: OSError, root: Path, act: str, needed: int | None = None
) -> StoreUnavailable:
    """Return what to raise for a failed system call.

    Args:
        problem: what the system said.
        root: the store's folder.
        act: what was being done, a present participle: `writing packs/ab`.
        needed: how many bytes the act had to write; None when it wrote none.
    """
    reason = problem.strerror or str(problem)
    if problem.errno in _FULL:
        size = f" needed {needed} bytes" if needed is not None else " needed more room"
        message = f"the disk under {root} is full: {act}{size}; free some space, then try again"
    elif problem.errno in _FORBIDDEN:
        message = (
            f"{act} is not permitted under {root} ({reason}); let the user that runs Emeritus "
            "read and write there, or choose another folder"
        )
    else:
        message = (
            f"{act} failed under {root} ({reason}); nothing was acknowledged: "
            "look at the disk, then try again"
        )
    return StoreUnavailable(message, about=str(root))


@contextmanager
def told(root: Path, act: str, needed: int | None = None) -> Iterator[None]:
    """Turn an `OSError` of the block into `StoreUnavailable`; arguments as in `store_fault`."""
    try:
        yield
    except OSError as problem:
        raise store_fault(problem, root, act, needed) from problem
