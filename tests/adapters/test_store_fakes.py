"""The fakes keep the contract of the port that they stand for, and fail where they are told to."""

import datetime as dt
from typing import Literal

import pytest

from emeritus.foundation import Clock, UserError
from emeritus.testing import FaultyStore, FrozenClock, MemoryStore
from emeritus.vault.errors import StoreUnavailable
from emeritus.vault.ports import Store
from tests.contracts.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore()


class TestFaultlessFaultyStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return FaultyStore(MemoryStore())


def work(store: Store) -> None:
    store.create("a", b"1")
    store.replace("a", b"2", expected=b"1")
    with store.upload() as upload:
        upload.write(b"3")
        upload.commit("b")
    store.remove("a")


@pytest.mark.parametrize("fail_at", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_chosen_call_fails(fail_at: int, when: Literal["before", "after"]) -> None:
    memory = MemoryStore()
    store = FaultyStore(memory, fail_at=fail_at, when=when)
    with pytest.raises(StoreUnavailable):
        work(store)
    assert (store.calls, store.tripped) == (fail_at, True)
    states: list[dict[str, bytes]] = [
        {},
        {"a": b"1"},
        {"a": b"2"},
        {"a": b"2"},
        {"a": b"2", "b": b"3"},
        {"b": b"3"},
    ]
    assert memory.files == states[fail_at - (when == "before")]


def test_no_fault_beyond_the_last_call() -> None:
    store = FaultyStore(MemoryStore(), fail_at=6)
    work(store)
    assert (store.calls, store.tripped) == (5, False)


def test_a_single_fault_passes_and_a_lasting_one_stays() -> None:
    passing = FaultyStore(MemoryStore(), fail_at=1)
    lasting = FaultyStore(MemoryStore(), fail_at=1, lasting=True)
    for store in (passing, lasting):
        with pytest.raises(StoreUnavailable):
            store.create("a", b"x")
    assert passing.create("a", b"x") is True
    with pytest.raises(StoreUnavailable):
        lasting.create("a", b"x")


def test_a_faulted_upload_is_lost() -> None:
    memory = MemoryStore()
    store = FaultyStore(memory, fail_at=1)
    with store.upload() as upload:
        with pytest.raises(StoreUnavailable):
            upload.write(b"x")
        with pytest.raises(StoreUnavailable):
            upload.commit("a")
    assert memory.files == {}


def test_a_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock()
    as_port: Clock = clock
    start = as_port.now()
    assert as_port.now() == start
    clock.advance(seconds=1.5, hours=1, days=2)
    assert as_port.now() - start == dt.timedelta(days=2, seconds=3601.5)
    assert as_port.now().tzinfo is dt.UTC


def test_a_frozen_clock_wants_a_time_zone() -> None:
    with pytest.raises(UserError):
        FrozenClock(dt.datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
