"""Faults in system calls: a verb runs in a forked child while strace spoils its k-th call."""

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from emeritus.foundation import EmeritusError

CALLS = (
    "write,pwrite64",
    "fsync,fdatasync",
    "link,linkat",
    "rename,renameat,renameat2",
    "mkdir,mkdirat",
    "unlink,unlinkat",
    "ftruncate",
)
"""Every kind of call by which a verb changes a disk."""

FAULTS = ("error=EIO", "error=ENOSPC", "signal=SIGKILL")

DONE, TOLD, BROKE = 0, 3, 99
"""How a child ends: its work was done, it said what failed, or a defect showed."""

_SECONDS = 60


def run_with_fault(work: Callable[[], None], trace: Path, calls: str, fault: str, turn: int) -> int:
    """Run the work in a child, spoil its `turn`-th call, and return how the child ended.

    Returns:
        The exit status; minus the signal that ended it; None is never returned: a child in which
        no call was spoilt ends with `DONE`.
    """
    child = os.fork()
    if child == 0:
        _be_the_child(work)
    os.waitpid(child, os.WUNTRACED)
    tracer = subprocess.Popen(
        [
            *("strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={calls}"),
            *("-e", f"inject={calls}:{fault}:when={turn}", "-p", str(child)),
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_tracer(child, tracer)
        os.kill(child, signal.SIGCONT)
        _, status = os.waitpid(child, 0)
    finally:
        tracer.wait(_SECONDS)
    return os.waitstatus_to_exitcode(status)


def came(trace: Path) -> bool:
    """Say whether a call was spoilt."""
    told = trace.read_text(errors="replace")
    return "(INJECTED)" in told or "killed by SIGKILL" in told


def _be_the_child(work: Callable[[], None]) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    status = BROKE
    try:
        work()
        status = DONE
    except (EmeritusError, OSError):
        status = TOLD  # The edge of the command line makes a sentence of either.
    except BaseException:  # noqa: BLE001 - a child must never go on as a second test run
        traceback.print_exc(file=sys.__stderr__)
    finally:
        os._exit(status)


def _await_tracer(child: int, tracer: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        state = Path(f"/proc/{child}/status").read_text()
        if "TracerPid:\t0\n" not in state:
            return
        assert tracer.poll() is None, "strace could not attach"
        time.sleep(0.001)
    raise TimeoutError("strace did not attach")
