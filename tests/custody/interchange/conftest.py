"""A home with one deposit."""

from pathlib import Path

import pytest

from emeritus.assembly import House
from tests.custody.interchange.parcels import unprepared
from tests.journeys.houses import deposit, found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return unprepared(tmp_path / "source")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Return a home that a whole file of tests shares; none of them takes anything in."""
    folder = tmp_path_factory.mktemp("shared")
    house = found(folder / "home")
    deposit(house, unprepared(folder / "source"))
    return house


@pytest.fixture
def house(tmp_path: Path, source: Path) -> House:
    house = found(tmp_path / "home")
    deposit(house, source)
    return house
