"""The machine's cores as locks in a folder, shared by every process that uses the same home."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from emeritus.foundation import Misconfigured
from emeritus.runtime.errors import CoresBusy

_LOOK_AGAIN_SECONDS = 0.02
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = _QUOTA) -> int:
    """Return how many cores this process may use, at least one.

    The affinity mask, or the control group's quota when that is lower (`cpu.max`, cgroup v2:
    microseconds of computing a period, or `max`).
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        allowed, period = quota.read_text(encoding="ascii").split()
        if allowed != "max":
            cores = min(cores, int(allowed) // int(period))
    return max(1, cores)


class FileCoreSlots:
    """One lock file a core and one for the queue; a lock ends with the process that holds it.

    Whoever takes slots first holds the queue's lock, and keeps it until it has all it wants. So
    one who wants many is not overtaken for ever by those who want one, and two who want all never
    hold half each. A holder must not take again before it gives back: it could wait for itself.

    Args:
        folder: where the lock files lie, in the home; made when it is missing.
        cores: how many slots; None for as many as `usable_cores`.
        wait_seconds: how long `take` waits.
    """

    def __init__(
        self, folder: Path, cores: int | None = None, *, wait_seconds: float = 600.0
    ) -> None:
        self._folder = folder
        self.cores = usable_cores() if cores is None else cores
        self._wait_seconds = wait_seconds

    @contextlib.contextmanager
    def take(self, threads: int) -> Iterator[None]:
        """Hold `threads` slots while the context lasts; waits for them.

        Raises:
            CoresBusy: they did not come free in time.
            Misconfigured: more threads than there are slots, or none.
        """
        if not 1 <= threads <= self.cores:
            raise Misconfigured(
                f"expected 1 to {self.cores} threads, as many as this machine has cores to give; "
                f"found {threads}"
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + self._wait_seconds
        with contextlib.ExitStack() as held:
            with self._lock_one(["core-queue"], until):
                for _ in range(threads):
                    held.enter_context(self._lock_one(self._slots(), until))
            yield

    def _slots(self) -> list[str]:
        return [f"core-{number}" for number in range(self.cores)]

    @contextlib.contextmanager
    def _lock_one(self, names: list[str], until: float) -> Iterator[None]:
        """Hold the first of the named locks that is free."""
        while True:
            for name in names:
                descriptor = self._try_lock(name)
                if descriptor is not None:
                    try:
                        yield
                    finally:
                        os.close(descriptor)
                    return
            if time.monotonic() >= until:
                raise CoresBusy(
                    f"all {self.cores} cores were taken by models that are generating, "
                    f"for {self._wait_seconds:g} seconds; try again later"
                )
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _try_lock(self, name: str) -> int | None:
        """Return a descriptor that holds the lock, None when another does."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._folder / name, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor
