"""Running models are lent: woken on demand, one holder at a time, asleep when idle."""

import threading
import time
from pathlib import Path

import pytest

from emeritus.access import ResidentModels, access_of, review_safety, safety_review_of, set_access
from emeritus.assembly import House
from emeritus.catalogue import NoSuchModel
from emeritus.runtime import Sampling, WorkerDied
from emeritus.testing import ScriptedEngine
from tests.conversation.rooms import house_with_model
from tests.journeys.houses import NAME


def _models(house: House, engine: ScriptedEngine, idle: float = 60.0) -> ResidentModels:
    return ResidentModels(
        house.record, engine, house.slots, house.home / "cache", house.clock, idle_seconds=idle
    )


def test_a_lease_keeps_its_worker_awake_and_fresh_starts_another(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    models = _models(house_with_model(tmp_path), engine)
    for _ in range(3):
        with models.lease(NAME) as worker:
            worker.tokenize("a")
    assert engine.started == 1
    for _ in range(2):
        with models.fresh(NAME) as worker:
            worker.tokenize("a")
    assert engine.started == 3
    models.close()
    assert not models.is_awake(NAME)


def test_an_idle_worker_sleeps_and_wakes(tmp_path: Path) -> None:
    engine = ScriptedEngine()
    models = _models(house_with_model(tmp_path), engine, idle=0.1)
    with models.lease(NAME):
        assert models.is_awake(NAME)
    until = time.monotonic() + 30
    while models.is_awake(NAME) and time.monotonic() < until:
        time.sleep(0.02)
    assert not models.is_awake(NAME)
    with models.lease(NAME) as worker:
        worker.tokenize("a")
    assert engine.started == 2
    models.close()


def test_a_worker_that_died_is_replaced(tmp_path: Path) -> None:
    engine = ScriptedEngine(dies_after=1)
    models = _models(house_with_model(tmp_path), engine)
    with pytest.raises(WorkerDied), models.lease(NAME) as worker:
        list(worker.complete([1], Sampling(most_tokens=5)))
    with models.lease(NAME) as worker:
        worker.next_token([1], 1)
    assert engine.started == 2
    models.close()


def test_one_holds_it_at_a_time(tmp_path: Path) -> None:
    models = _models(house_with_model(tmp_path), ScriptedEngine())
    inside, most = [0], [0]

    def use() -> None:
        with models.lease(NAME):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.01)
            inside[0] -= 1

    threads = [threading.Thread(target=use) for _ in range(5)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most[0] == 1
    models.close()


def test_a_restored_file_that_was_touched_is_restored_again(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    models = _models(house, ScriptedEngine())
    with models.fresh(NAME) as worker:
        before = worker.next_token([1, 2], 3)
    file = next((house.home / "cache").rglob("*.gguf"))
    file.chmod(0o600)
    file.write_bytes(b"GGUF something else")
    with models.fresh(NAME) as worker:
        assert worker.next_token([1, 2], 3) == before


def test_nobody_is_lent_a_model_that_is_not_here(tmp_path: Path) -> None:
    models = _models(house_with_model(tmp_path), ScriptedEngine())
    with pytest.raises(NoSuchModel), models.lease("nobody"):
        pass


def test_rights_and_reviews_are_entered(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    set_access(house.record, NAME, call="nobody", actor="steward")
    set_access(house.record, NAME, call="everyone", actor="steward")
    review_safety(
        house.record, NAME, role="safety", finding="passed", words="Small.", actor="steward"
    )
    with house.record.read() as index:
        rights, review = access_of(index, NAME), safety_review_of(index, NAME)
    assert rights is not None
    assert (rights.call, rights.weights) == ("everyone", "nobody")
    assert review is not None
    assert (review.role, review.finding) == ("safety", "passed")
    assert not house.record.rebuild().differing
