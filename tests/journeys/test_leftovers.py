"""What a drill leaves that was killed does not pile up, and a drill that lives is left alone."""

import fcntl
import os
from pathlib import Path

from tests.journeys.houses import deposit, drill, found, tiny_model


def test_the_next_drill_clears_away_after_one_that_was_killed(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path))
    dead, living, young = (house.work / f"drill-{name}" for name in ("dead", "living", "young"))
    for folder in (dead, living, young):
        (folder / "model").mkdir(parents=True)
    for folder in (dead, living):
        os.utime(folder, (1, 1))
    handle = os.open(living, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert drill(house).outcome == "good"
    finally:
        os.close(handle)
    assert {path.name for path in house.work.iterdir()} == {"drill-living", "drill-young"}
