"""Spoilt files: only our own errors come out, in less than 2 s of computing and 512 MB each."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fuzz.campaign import MOST_BYTES, campaign
from tests.fuzz.readers import readers

NAMES = tuple(readers())
SEED = 20261125


def check(counted: dict[str, Any], cases: int) -> None:
    """See that a campaign reached beyond the first check of a reader."""
    assert counted["passed"] > cases // 500, counted
    assert counted["refused"] > cases // 3, counted
    assert counted["grown_bytes"] <= MOST_BYTES


@pytest.mark.timeout(300)
def test_spoilt_files_are_refused_or_read() -> None:
    counted = campaign(*NAMES, cases=2_000, seed=SEED, timeout=240)
    assert set(counted) == set(NAMES)
    for one in counted.values():
        check(one, 2_000)


@pytest.mark.parametrize(
    ("fault", "shown"), [("hangs", "Hung"), ("eats", "MemoryError"), ("stumbles", "ValueError")]
)
def test_a_fault_would_be_seen(fault: str, shown: str) -> None:
    with pytest.raises(AssertionError, match=f"{fault}, case 0: {shown}"):
        campaign(fault, cases=10, seed=SEED, timeout=60)


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_very_many_spoilt_files_are_refused_or_read() -> None:
    """10^5 of each, two readers at a time."""
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(campaign, name, cases=100_000, seed=SEED + 1, timeout=1_000)
            for name in NAMES
        ]
        for name, run in zip(NAMES, runs, strict=True):
            check(run.result()[name], 100_000)
