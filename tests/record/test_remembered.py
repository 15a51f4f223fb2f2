"""What was read is kept until the ledger grows, and not a moment longer."""

from pathlib import Path

import pytest

from emeritus.access import set_access
from emeritus.assembly import HouseGateway
from emeritus.catalogue import NoSuchModel
from emeritus.record import Remembered
from tests.conversation.rooms import house_with_model
from tests.journeys.houses import NAME, random_gguf
from tests.journeys.houses import deposit as take_in


def test_it_is_read_once_until_something_is_entered(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    known, reads = Remembered[int](house.record), []

    def read() -> int:
        reads.append(1)
        return len(reads)

    assert [known.get("a", read) for _ in range(3)] == [1, 1, 1]
    assert known.get("b", read) == 2
    set_access(house.record, NAME, call="nobody", actor="steward")
    assert [known.get("a", read) for _ in range(3)] == [3, 3, 3]
    assert known.get("b", read) == 4


def test_what_failed_is_not_kept(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    known = Remembered[int](house.record)
    with pytest.raises(ZeroDivisionError):
        known.get("a", lambda: 1 // 0)
    assert known.get("a", lambda: 5) == 5


def test_what_was_entered_while_it_was_read_is_read_again(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    known = Remembered[str](house.record)

    def read() -> str:
        set_access(house.record, NAME, call="nobody", actor="steward")
        return "old"

    assert known.get("a", read) == "old"
    assert known.get("a", lambda: "new") == "new"


def test_a_caller_is_refused_from_the_entry_on(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    models = house.models()
    gateway = HouseGateway(house, models)
    assert gateway.model(NAME).refusal == ""
    set_access(house.record, NAME, call="nobody", actor="steward")
    assert "nobody" in gateway.model(NAME).refusal
    with pytest.raises(NoSuchModel):
        gateway.model("later")
    (tmp_path / "later.gguf").write_bytes(random_gguf(5, 4096))
    take_in(house, tmp_path / "later.gguf", "later")
    assert gateway.model("later").name == "later"
    models.close()
