import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from emeritus.adapters.runtimes import FileCoreSlots
from emeritus.adapters.runtimes.core_slots import usable_cores
from emeritus.foundation import Misconfigured
from emeritus.runtime import CoresBusy


def test_slots_come_back(tmp_path: Path) -> None:
    slots = FileCoreSlots(tmp_path / "locks", 2, wait_seconds=0)
    for _ in range(3):
        with slots.take(2):
            pass


def test_what_is_taken_is_busy(tmp_path: Path) -> None:
    mine, other = (FileCoreSlots(tmp_path, 2, wait_seconds=0.05) for _ in range(2))
    with mine.take(1):
        with other.take(1), pytest.raises(CoresBusy), mine.take(1):
            pass
        with pytest.raises(CoresBusy), other.take(2):
            pass
        with other.take(1):
            pass


@pytest.mark.parametrize("threads", [0, 3])
def test_impossible_wishes_are_refused_at_once(tmp_path: Path, threads: int) -> None:
    with pytest.raises(Misconfigured), FileCoreSlots(tmp_path, 2).take(threads):
        pass


def test_many_callers_never_hold_more_than_there_are(tmp_path: Path) -> None:
    held, most, served = [0], [0], [0]
    guard = threading.Lock()

    def call(threads: int) -> None:
        for _ in range(5):
            with FileCoreSlots(tmp_path, 3, wait_seconds=30).take(threads):
                with guard:
                    held[0] += threads
                    most[0] = max(most[0], held[0])
                time.sleep(0.001)
                with guard:
                    held[0] -= threads
                    served[0] += 1

    callers = [threading.Thread(target=call, args=(threads,)) for threads in (1, 1, 2, 2, 3, 3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert served == [30]
    assert 0 < most[0] <= 3


def test_a_killed_holder_gives_back(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import pathlib, sys, time
        from emeritus.adapters.runtimes import FileCoreSlots
        with FileCoreSlots(pathlib.Path(sys.argv[1]), 2).take(2):
            print("held", flush=True)
            time.sleep(60)
    """)
    slots = FileCoreSlots(tmp_path, 2, wait_seconds=5)
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CoresBusy), FileCoreSlots(tmp_path, 2, wait_seconds=0).take(1):
            pass
        holder.kill()
        with slots.take(2):
            pass


@pytest.mark.parametrize(("quota", "most"), [("100000 100000", 1), ("50000 100000", 1)])
def test_a_quota_lowers_the_number_of_cores(tmp_path: Path, quota: str, most: int) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(quota + "\n")
    assert usable_cores(file) == most


@pytest.mark.parametrize("quota", ["max 100000", "nonsense", "99900000 100000"])
def test_no_quota_leaves_the_cores(tmp_path: Path, quota: str) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(quota)
    assert usable_cores(file) == usable_cores(tmp_path / "missing") >= 1
