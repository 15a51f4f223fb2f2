"""Any order of deposit, replicate, corrupt, audit, repair, collect and restore, against a model.

And ten thousand random damages, each found and repaired.
"""

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from emeritus.assembly import House
from emeritus.custody import (
    Copy,
    add_store,
    audit,
    collect,
    repair,
    replicate,
    restore_model,
)
from emeritus.custody.copies.holdings import entries_of, holdings_of
from emeritus.foundation import EmeritusError, Silent
from emeritus.testing import MemoryStore
from tests.custody.test_copies import damage
from tests.journeys.houses import deposit, found, random_gguf, tiny_model

STORES = ("second", "third")


def follow(house: House) -> dict[str, Copy]:
    """Let two stores in memory follow a house, beside its own."""
    copies = {name: Copy(name, MemoryStore()) for name in STORES}
    for copy in copies.values():
        add_store(house.record, copy, kind="folder", place=copy.name, packs="all", actor="steward")
    return copies


class Copies(RuleBasedStateMachine):
    """Keeps beside the house what was deposited, and which files of which store were spoilt."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="emeritus-machine-"))
        self.house = found(self.folder / "home")
        self.copies = follow(self.house)
        self.models: dict[str, bytes] = {}
        self.held: dict[str, set[str]] = {name: set() for name in STORES}
        self.spoilt: dict[str, set[str]] = {name: set() for name in STORES}

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def files(self, store: str) -> dict[str, bytes]:
        inner = self.copies[store].store
        assert isinstance(inner, MemoryStore)
        return inner.files

    @rule(size=st.integers(1, 3))
    def deposit(self, size: int) -> None:
        name = f"model-{len(self.models)}"
        data = random_gguf(len(self.models), 40_000 * size)
        path = self.folder / f"{name}.gguf"
        path.write_bytes(data)
        deposit(self.house, path, name)
        self.models[name] = data

    @rule(store=st.sampled_from(STORES))
    def replicate(self, store: str) -> None:
        done = replicate(self.house.record, self.copies[store], actor="steward", progress=Silent())
        bad = {one.file for one in done.findings}
        assert bad <= self.spoilt[store], "replication found what nobody spoilt"
        if not bad:
            self.held[store] = set(self.models)
        self.spoilt[store] -= self.now_whole(store)

    @precondition(lambda self: any(self.held.values()))
    @rule(store=st.sampled_from(STORES), seed=st.integers(0, 10_000))
    def corrupt(self, store: str, seed: int) -> None:
        files = self.files(store)
        chance = random.Random(seed)
        # Its log is repaired too; that is another test's business, since its size moves on.
        names = sorted(name for name in files if name.startswith(("packs/", "objects/", "specs/")))
        if names:
            name = chance.choice(names)
            damage(self.copies[store].store, name, chance)
            self.spoilt[store].add(name)
            self.spoilt[store] -= self.now_whole(store)

    @precondition(lambda self: bool(self.models))
    @rule(store=st.sampled_from(STORES), data=st.data())
    def audit(self, store: str, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.held[store] or self.models)))
        if name not in self.held[store]:
            return
        done = audit(
            self.house.record,
            name,
            actor="steward",
            progress=Silent(),
            copy=self.copies[store],
        )
        if not self.spoilt[store]:
            assert done.outcome == "good", done.findings
        if done.outcome == "damaged":
            assert self.spoilt[store]

    @rule(store=st.sampled_from(STORES))
    def repair(self, store: str) -> None:
        if not self.files(store).get("store.json"):
            return
        others = [Copy("primary", self.house.store)]
        done = repair(
            self.house.record,
            self.copies[store],
            others,
            actor="steward",
            progress=Silent(),
            many=True,
        )
        assert done.lost == []
        self.held[store] = set(self.models)
        self.spoilt[store].clear()

    @rule(store=st.sampled_from(STORES))
    def collect(self, store: str) -> None:
        before = set(self.files(store))
        collect(self.house.record, self.copies[store], remove=True)
        gone = before - set(self.files(store))
        assert not gone & set(self.expected()), "a file that the record needs was removed"

    @precondition(lambda self: bool(self.models))
    @rule(store=st.sampled_from(STORES), data=st.data())
    def restore(self, store: str, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.models)))
        target = Path(tempfile.mkdtemp(dir=self.folder)) / "out"
        try:
            restore_model(
                self.house.record,
                name,
                target,
                paths=None,
                progress=Silent(),
                copies=(self.copies[store],),
            )
        except EmeritusError:
            assert not target.exists()
            assert name not in self.held[store] or self.spoilt[store]
        else:
            assert (target / f"{name}.gguf").read_bytes() == self.models[name]

    def expected(self) -> dict[str, str]:
        return holdings_of(entries_of(self.house.record.log, self.house.record.types)).files

    def now_whole(self, store: str) -> set[str]:
        """Return the spoilt files that are as the primary has them after all."""
        files = self.files(store)
        inner = self.house.store
        return {
            name
            for name in self.spoilt[store]
            if inner.size(name) is not None and files.get(name) == inner.read(name)
        }


Copies.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestCopies = Copies.TestCase


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_ten_thousand_damages_are_found_and_repaired(tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    for number in range(10):
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(random_gguf(number, 5000))
        deposit(house, path, f"model-{number}")
    copies = follow(house)
    for copy in copies.values():
        replicate(house.record, copy, actor="steward", progress=Silent())
    chance = random.Random(2026)
    done = 0
    while done < 10_000:
        target = copies[chance.choice(STORES)]
        inner = target.store
        assert isinstance(inner, MemoryStore)
        good = {
            name: data
            for name, data in inner.files.items()
            if not name.startswith(("log/", "quarantine/")) and name != "store.json"
        }
        for name in chance.sample(sorted(good), 40):
            damage(inner, name, chance)
        spoilt = {name for name in good if inner.files.get(name) != good[name]}
        others = [copies[name] for name in STORES if name != target.name]
        mended = repair(house.record, target, others, actor="steward", progress=Silent(), many=True)
        assert {one.file for one in mended.repaired} == spoilt
        assert {name: inner.files[name] for name in good} == good
        for name in list(inner.files):
            if name.startswith("quarantine/"):
                del inner.files[name]
        done += len(spoilt)
