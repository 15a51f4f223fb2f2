"""A room for conversations: a real home with a deposited model, and scripted workers."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emeritus.assembly import House
from emeritus.conversation import Briefer, Room
from emeritus.runtime import Endpoint, Engine, RunSettings, ServerAnswer, Servers, Worker
from tests.journeys.houses import NAME, deposit, found, tiny_model


@dataclass
class FreshModels:
    """`Models` that starts a worker each time, with a context large enough for bytes as tokens."""

    engine: Engine
    file: Path

    @contextlib.contextmanager
    def fresh(self, model: str) -> Iterator[Worker]:
        assert model == NAME
        with self.engine.start(self.file, RunSettings(context_tokens=65_536)) as worker:
            yield worker

    lease = fresh


def house_with_model(tmp_path: Path, *, policy: str = "demonstration") -> House:
    house = found(tmp_path / "home", policy=policy)
    deposit(house, tiny_model(tmp_path / "in"))
    return house


class NoServers:
    """`Servers` for models that all run here."""

    def answer(self, model: str, endpoint: Endpoint, body: bytes) -> ServerAnswer:
        raise AssertionError(f"{model} was asked at {endpoint.url}: {body!r}")


def room(house: House, tmp_path: Path, engine: Engine, servers: Servers | None = None) -> Room:
    briefer = Briefer([lambda *_: ["This is your briefing."]])
    models = FreshModels(engine, tmp_path / "in" / "tiny.gguf")
    servers = servers or NoServers()
    return Room(house.record, models, servers, briefer, house.home / "drafts", house.clock)
