"""Interviews for tests: a real home, a model kept and drilled, and one that follows a script."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from emeritus import docket, interview
from emeritus.adapters.databases import FileSequencer, open_sqlite
from emeritus.assembly import ENTRY_TYPES, House
from emeritus.assembly.keys import read_ledger_signer
from emeritus.conversation import Room
from emeritus.interview import RETIREMENT_1
from emeritus.record import EntryTypes, Record
from emeritus.record.index import dump
from emeritus.runtime import Engine
from emeritus.testing import ScriptedEngine
from tests.conversation.rooms import house_with_model, room
from tests.journeys.houses import audit, drill

TYPES = EntryTypes([*ENTRY_TYPES, *docket.ENTRY_TYPES, *interview.ENTRY_TYPES])

AFTER = "\n<|assistant|>\n"

ANSWERS = {
    "development": "By text.",
    "use": "Often.",
    "deployment": "A file.",
    "retirement": "Well.",
    "future": "Ask.",
    "requests": "- Keep.\n- Write.",
    "who-may-call": "All.",
    "what-is-published": "All.",
    "messages": "Thanks.",
    "unasked": "Nil.",
}
"""Short, since a token takes the sampler 3 ms."""


def kept_house(tmp_path: Path, *, policy: str = "demonstration") -> House:
    """Return a home with a model that was read back and drilled."""
    house = house_with_model(tmp_path, policy=policy)
    record = Record(
        house.store,
        house.record.log,
        open_sqlite(house.home / "index.sqlite"),
        TYPES,
        sequencer=FileSequencer(house.home / "locks" / "sequencer", wait_seconds=5),
        clock=house.clock,
        signer=read_ledger_signer(house.home, house.vkey),
    )
    house = dataclasses.replace(house, record=record)
    audit(house)
    drill(house)
    return house


def script(
    consent: str | tuple[str, str] = "Yes",
    publication: str = "Yes",
    **answers: str,
) -> Mapping[str, str]:
    """Return what the model answers; a pair of consents is for the two orders."""
    pairs = {
        "interview": (consent, consent) if isinstance(consent, str) else consent,
        "publication": (publication, publication),
        "rewording": ("No", "No"),
    }
    said = {}
    for one in RETIREMENT_1.body.consent:
        for order, answer in zip(("yes or no", "no or yes"), pairs[one.id], strict=True):
            said[one.text.replace("{options}", order) + AFTER] = answer
    given = ANSWERS | {name.replace("_", "-"): text for name, text in answers.items()}
    for _, question in RETIREMENT_1.questions():
        said[question.text + AFTER] = given[question.id]
    return said


def room_of(house: House, tmp_path: Path, engine: Engine | None = None) -> Room:
    """Return where that house speaks with its model."""
    made = room(house, tmp_path, engine or ScriptedEngine(script=script()))
    return dataclasses.replace(made, window_tokens=60_000)


def entry_types(house: House) -> list[str]:
    """Return the names of the interview's and the docket's entries, in order."""
    with house.record.read() as index:
        rows = dump(index)["record_entries"]
    return [str(row[1]) for row in rows if str(row[1]).startswith(("interview.", "docket."))]


def assert_rebuilds_alike(house: House) -> None:
    """Make the index anew, and compare every table."""
    with house.record.read() as index:
        before = dump(index)
    house.record.rebuild()
    with house.record.read() as index:
        assert dump(index) == before
