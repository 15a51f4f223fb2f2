"""Power cuts on a real ext4 file system: what was acknowledged is there after the cut.

The home lies on a file system in an image. At a random moment the process is stopped and the image
is copied as it is: what was written and not yet brought to the disk is not in the copy. The copy
is mounted, which replays its journal, and everything that was acknowledged must be there.
A writer that forgets its fsync must be caught by the same means, or they show nothing.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.houses import ROOT, verify

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

CUTS = 20

WORK = """
import os, sys
from pathlib import Path
from emeritus.adapters.stores import LocalStore
from emeritus.custody import Copy, PolicySet, add_store, replicate
from emeritus.foundation import Silent
from tests.journeys.houses import deposit, found, random_gguf
at, forgetful = Path(sys.argv[1]), sys.argv[2] == "forgetful"
if forgetful:
    os.fsync = os.fdatasync = lambda handle: None
house = found(at / "home")
follower = Copy("second", LocalStore(at / "second"))
(at / "second").mkdir()
add_store(house.record, follower, kind="folder", place="cellar", packs="all", actor="steward")
for number in range(1, 10_000):
    model = at / "model.gguf"
    model.write_bytes(random_gguf(number, 60_000))
    deposit(house, model, f"model-{number}")
    os.write(1, f"primary {number}\\n".encode())
    if number % 3 == 0:
        done = replicate(house.record, follower, actor="steward", progress=Silent())
        assert not done.findings
        os.write(1, f"second {number}\\n".encode())
"""


@pytest.fixture(autouse=True)
def loop_device(tmp_path: Path) -> None:
    """Skip, and say so, where a system does not let anybody mount an image."""
    image = tmp_path / "trial.img"
    with image.open("wb") as file:
        file.truncate(8 << 20)
    try:
        run("mkfs.ext4", "-q", "-F", image)
        with mounted(image, tmp_path / "trial"):
            pass
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"no image can be mounted here, so no power can be cut: {problem}")


def run(*words: str | Path) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=120)


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[Path]:
    at.mkdir(exist_ok=True)
    run("mount", "-o", "loop", image, at)
    try:
        yield at
    finally:
        run("umount", at)


@contextmanager
def working(folder: Path, manner: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the work on the file system; it ends with the context."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(folder), manner],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def cut(tmp_path: Path, seed: int, manner: str) -> tuple[dict[str, int], Path]:
    """Work for a while and cut the power; return what was acknowledged, and the image after it."""
    image, after = tmp_path / "disk.img", tmp_path / "after.img"
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(96 << 20)
    run("mkfs.ext4", "-q", "-F", image)
    with mounted(image, tmp_path / "disk") as disk, working(disk, manner) as process:
        assert process.stdout is not None
        told = [process.stdout.readline()]
        assert told[0], (process.stderr or sys.stdin).read()
        os.set_blocking(process.stdout.fileno(), False)
        time.sleep(random.Random(seed).uniform(0.05, 1.5))
        process.send_signal(signal.SIGSTOP)
        shutil.copyfile(image, after)
        told += (process.stdout.read() or b"").splitlines()
    acknowledged: dict[str, int] = {}
    for line in told:
        where, number = line.split()
        acknowledged[where.decode()] = int(number)
    return acknowledged, after


def lost(tmp_path: Path, acknowledged: dict[str, int], after: Path) -> list[str]:
    """Mount what is left, and say what is not as it was acknowledged."""
    found = []
    with mounted(after, tmp_path / "again") as disk:
        for where, store in (("primary", disk / "home/store"), ("second", disk / "second")):
            wanted = {f"model-{number}" for number in range(1, acknowledged.get(where, 0) + 1)}
            if not wanted:
                continue
            try:
                seen = verify(store)
            except Exception as problem:  # noqa: BLE001 - whatever it is, the copy is no good
                found.append(f"{where}: {problem}")
                continue
            found += [str(one) for one in seen.harmful]
            found += sorted(wanted - set(seen.models))
    run("e2fsck", "-f", "-n", after)
    return found


def test_nothing_acknowledged_is_lost_in_a_power_cut(tmp_path: Path) -> None:
    most = 0
    for seed in range(CUTS):
        acknowledged, after = cut(tmp_path, seed, "careful")
        assert lost(tmp_path, acknowledged, after) == [], seed
        most = max(most, acknowledged["primary"])
    assert most > 3


def test_a_writer_that_forgets_its_fsync_is_caught(tmp_path: Path) -> None:
    caught = 0
    for seed in range(3):
        acknowledged, after = cut(tmp_path, seed, "forgetful")
        try:
            caught += bool(lost(tmp_path, acknowledged, after))
        except subprocess.CalledProcessError:
            caught += 1
    assert caught == 3
