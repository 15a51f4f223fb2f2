"""Every system call of a `LocalStore` at work fails once, or is its process's last.

strace injects the fault into the k-th call, for every k until a run meets none.
"""

import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emeritus.adapters.stores import LocalStore
from emeritus.vault.ports import Store

CALLS = [
    "write",
    "fsync,fdatasync",
    "link,linkat",
    "rename,renameat,renameat2",
    "mkdir,mkdirat",
]
FAULTS = ["error=EIO", "error=ENOSPC", "signal=SIGKILL"]
FIRST, SECOND = b"checkpoint 1", b"checkpoint 2"
WHOLE = {
    "objects/aa/one": b"1" * 5000,
    "objects/bb/two": b"2" * 3000,
    "objects/aa/three": b"",
    "log/checkpoint": SECOND,
    "packs/large": b"ABC" * 30_000,
}

WORK = """
import os, sys
from pathlib import Path
from emeritus.adapters.stores import LocalStore
store = LocalStore(Path(sys.argv[1]))
def acknowledge(name):
    os.write(1, name.encode() + b"\\n")
for name, data in [("objects/aa/one", b"1" * 5000), ("objects/bb/two", b"2" * 3000),
                   ("objects/aa/three", b"")]:
    store.create(name, data)
    acknowledge(name)
store.replace("log/checkpoint", b"checkpoint 1", expected=None)
acknowledge("first")
store.replace("log/checkpoint", b"checkpoint 2", expected=b"checkpoint 1")
acknowledge("log/checkpoint")
with store.upload() as upload:
    for _ in range(3):
        upload.write(b"ABC" * 10_000)
    upload.commit("packs/large")
acknowledge("packs/large")
"""


def run_with_fault(root: Path, calls: str, fault: str, turn: int) -> tuple[bool, list[str]]:
    """Run the work and return whether the fault came, and what was acknowledged."""
    trace = root.with_suffix(".trace")
    injection = f"inject={calls}:{fault}:when={turn}"
    program = [sys.executable, "-B", "-c", WORK, str(root)]
    done = subprocess.run(
        ["strace", "-f", "-o", str(trace), "-e", f"trace={calls}", "-e", injection, *program],
        capture_output=True,
        timeout=60,
        text=True,
        check=False,
    )
    told = trace.read_text()
    came = "(INJECTED)" in told or "killed by SIGKILL" in told
    assert came == (done.returncode != 0), done.stderr
    # A failure is told in the family's words, unless the fault hit the printing of an answer.
    if came and "SIGKILL" not in fault and "os.write(1" not in done.stderr:
        assert "StoreUnavailable" in done.stderr or "acknowledge" in done.stderr, done.stderr
    return came, done.stdout.split()


def finish(store: Store) -> None:
    """Do the same work again, as a program does that starts anew."""
    for name in list(WHOLE)[:3]:
        store.create(name, WHOLE[name])
    present = store.read("log/checkpoint") if store.size("log/checkpoint") is not None else None
    store.replace("log/checkpoint", SECOND, expected=present)
    with store.upload() as upload:
        upload.write(WHOLE["packs/large"])
        upload.commit("packs/large")


def check(root: Path, acknowledged: list[str]) -> None:
    """All that was acknowledged is whole, nothing is torn, and the work goes on by itself."""
    store = LocalStore(root)
    found = {name: store.read(name) for name in store.names()}
    for name, data in found.items():
        assert data == WHOLE[name] or (name, data) == ("log/checkpoint", FIRST), name
    for name in acknowledged:
        if name == "first":
            assert "log/checkpoint" in found
        else:
            assert found[name] == WHOLE[name]
    store.sweep()
    finish(store)
    assert {name: store.read(name) for name in store.names()} == WHOLE
    assert {path.name for path in (root / "incoming").iterdir()} <= {".swap"}


@pytest.mark.long
@pytest.mark.parametrize("calls", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_call_may_fail_or_be_the_last(tmp_path: Path, calls: str, fault: str) -> None:
    assert shutil.which("strace"), "this test needs strace: apt-get install strace"
    met = 0
    for turn in itertools.count(1):
        root = tmp_path / f"store{turn}"
        came, acknowledged = run_with_fault(root, calls, fault, turn)
        check(root, acknowledged)
        if not came:
            break
        met += 1
    assert met, "no call met the fault, so the test shows nothing"
