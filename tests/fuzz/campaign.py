"""Readers and very many spoilt inputs, in a process of its own with little memory and time.

    python -m tests.fuzz.campaign CASES SEED NAME...

prints what happened as JSON, or ends with a status and the case that showed a fault.
"""

import json
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.fuzz.mutation import HARSH
from tests.fuzz.readers import Reader, controls, readers

MOST_SECONDS = 2.0
"""Computing time of one case, from the issue: a hang."""

MOST_BYTES = 512 << 20
"""What the process may grow by, from the issue."""

ROOT = Path(__file__).parents[2]


class Hung(BaseException):
    """A case took longer than `MOST_SECONDS`; no reader can catch it by accident."""


def campaign(*names: str, cases: int, seed: int, timeout: float) -> dict[str, dict[str, Any]]:
    """Run a campaign in a child, and return what it counted of each reader.

    Args:
        names: of the readers, one after the other.
        cases: of each.
        seed: makes the same cases again.
        timeout: seconds in which all must be done.

    Raises:
        AssertionError: a case hung, took too much memory, or brought another error than ours.
    """
    command = [sys.executable, "-m", "tests.fuzz.campaign", str(cases), str(seed), *names]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert ended.returncode == 0, f"{ended.stdout[-9000:]}{ended.stderr[-3000:]}"
    counted: dict[str, dict[str, Any]] = json.loads(ended.stdout)
    return counted


def main(cases: int, seed: int, names: list[str]) -> None:
    """Read the cases of each reader; the first fault ends it."""
    makers = readers() | controls()
    made = {name: makers[name]() for name in names}
    for reader in made.values():
        for data in reader.whole:
            reader.read(data)
    before = _limit_growth()
    signal.signal(signal.SIGPROF, _hung)
    counted: dict[str, dict[str, Any]] = {}
    for name, reader in made.items():
        passed, seconds = _read_all(name, reader, cases, random.Random(seed))
        counted[name] = {"passed": passed, "refused": cases - passed, "seconds": round(seconds, 2)}
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10) - before
        counted[name]["grown_bytes"] = grown
        assert grown <= MOST_BYTES, f"{name} took {grown} bytes"
    sys.stdout.write(json.dumps(counted) + "\n")


def _read_all(name: str, reader: Reader, cases: int, rng: random.Random) -> tuple[int, float]:
    """Return how many cases were read, and the computing time of all."""
    beginnings = [whole[:count] for whole in reader.whole[:1] for count in (0, 8, len(whole))]
    harsh = [begin + data for begin in beginnings for data in HARSH]
    passed, began = 0, time.process_time()
    for number in range(cases):
        data = harsh[number] if number < len(harsh) else reader.spoilt(rng)
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        try:
            reader.read(data)
        except reader.refusals:
            pass
        except BaseException as problem:
            signal.setitimer(signal.ITIMER_PROF, 0)
            sys.stdout.write(f"{name}, case {number}: {problem!r}\n{data[:4000].hex()}\n")
            raise
        else:
            passed += 1
    signal.setitimer(signal.ITIMER_PROF, 0)
    return passed, time.process_time() - began


def _limit_growth() -> int:
    """Allow so much more address space than there is now; return the most memory used so far."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _hung(*_: object) -> None:
    raise Hung(f"a case took more than {MOST_SECONDS} s")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
