"""The child that runs one model; started by file path, it imports nothing of Emeritus.

It reads one JSON line of settings from its standard input, loads the model, writes one JSON line
to its standard output when it can answer, and ends when its standard input ends, so that it
never outlives the process that started it. Everything else it says goes to standard error.

The program that it loads is not memory-safe and the file that it reads is not trusted. So it
first enters an empty network namespace where the system allows that, gives up new privileges and
core dumps, and bounds the memory it may map and the files it may write.
"""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import threading
from pathlib import Path
from typing import Any

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
_PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
_M_ARENA_MAX = -8  # malloc.h of glibc
_LARGEST_FILE = 1 << 20


def leave_network() -> bool:
    """Enter a network namespace with nothing in it; False when the system refuses.

    Root may do so at once, others through a user namespace of their own. It must happen before
    the first thread, since a namespace belongs to a thread.
    """
    try:
        unshare = ctypes.CDLL(None, use_errno=True).unshare
    except (OSError, AttributeError):
        return False
    if unshare(_CLONE_NEWNET) != 0 and unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return [line.split(":")[0].strip() for line in lines] == ["lo"]


def give_up_privileges() -> None:
    """Refuse new privileges, core dumps and large files, and keep one heap.

    The bound on files also bounds what the engine can write to standard error. One heap, because
    glibc reserves 64 MiB of address space for every further one, which the memory bound counts.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def bound_memory(further: int) -> None:
    """Allow `further` bytes of address space beyond what is mapped now (Linux only)."""
    with contextlib.suppress(FileNotFoundError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        bound = pages * resource.getpagesize() + further
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def load(settings: dict[str, Any]) -> object:
    """Load the model and answer on the socket; the result must be kept alive.

    One slot and no cache between requests but the slot's own, so that what was evaluated, and
    how, is known. The alias keeps the file's path out of what the engine says of itself.
    """
    import xllamacpp  # noqa: PLC0415 - after the process has been confined

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.model_alias = {"model"}
    params.hostnames = [settings["socket"]]
    params.n_ctx = settings["context_tokens"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    params.n_parallel = 1
    params.n_threads_http = 2
    params.n_gpu_layers = 0
    params.n_ctx_checkpoints = 0
    params.cache_ram_mib = 0
    params.fit_params = False
    params.warmup = False
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 1
    bound_memory(settings["memory"])
    return xllamacpp.Server(params)


def end_with(folder: str) -> None:
    """Wait for standard input to end, then end the process and leave nothing behind."""
    while os.read(0, 4096):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main() -> None:
    """Run the model until standard input ends."""
    answers = os.dup(1)
    os.dup2(2, 1)
    isolated = leave_network()
    give_up_privileges()
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            return
        line += byte
    settings = json.loads(line)
    watcher = threading.Thread(target=end_with, args=(settings["folder"],))
    watcher.start()
    try:
        server = load(settings)
    except (RuntimeError, MemoryError, ImportError) as problem:
        os.write(2, f"worker: {problem}\n".encode())
        os._exit(1)
    os.write(answers, json.dumps({"isolated": isolated}).encode() + b"\n")
    watcher.join()
    del server


if __name__ == "__main__":
    main()
