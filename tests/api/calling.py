"""A served house with a scripted model, for the real clients."""

import contextlib
import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

from emeritus.access import ResidentModels
from emeritus.api import routes
from emeritus.assembly import House, HouseGateway, HouseSite
from emeritus.testing import ScriptedEngine
from emeritus.web.app import Parts
from emeritus.web.serve import Server, listen
from tests.conversation.rooms import house_with_model


@dataclasses.dataclass
class Calling:
    """An address, and what answers there."""

    url: str
    house: House
    engine: ScriptedEngine
    models: ResidentModels


@contextlib.contextmanager
def calling(tmp_path: Path, engine: ScriptedEngine) -> Iterator[Calling]:
    house = house_with_model(tmp_path)
    models = ResidentModels(
        house.record, engine, house.slots, house.home / "cache", house.clock, idle_seconds=60
    )
    ready, address = threading.Event(), []

    def say(url: str) -> None:
        address.append(url)
        ready.set()

    calls = routes(HouseGateway(house, models))
    server = Server(HouseSite(house), listen("127.0.0.1", 0), say, parts=Parts(routes=calls))
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        assert ready.wait(30)
        yield Calling(address[0], house, engine, models)
    finally:
        server.should_exit = True
        thread.join(30)
        models.close()
