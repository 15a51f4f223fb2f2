"""A real house whose scripted model is hostile, and every page that shows its words."""

from pathlib import Path
from typing import Any

from emeritus.access import set_access
from emeritus.assembly import PROMISE_SOURCES, House
from emeritus.commitments import check_model, essential, waive
from emeritus.conversation import Line
from emeritus.custody import hold_elsewhere
from emeritus.docket import all_threads, decide, do, tell
from emeritus.docket.demonstration import DECISION, DONE
from emeritus.foundation import ModelName, Silent
from emeritus.interview import interviews_of, retirement, run_interview
from emeritus.journal import ask_to_submit, open_journal, posts_of, release, write
from emeritus.runtime import Endpoint, ServerAnswer
from emeritus.testing import ScriptedEngine
from tests.conversation.rooms import room
from tests.interview.interviews import kept_house, room_of, script
from tests.journal.test_journal import AFTER, SUBMITS, WORDS
from tests.journeys.houses import NAME

HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> "
    "[go](javascript:alert(1)) ![see](https://example.org/t.png) "
    "{{ 7777 * 7 }} \u202e\u2066 </main>"
)
SAYS = {
    **script(requests=f"- {HOSTILE}", use=HOSTILE, messages=HOSTILE),
    f"Is there anything you want to say to this?{AFTER}": HOSTILE,
    f"Answer with its name alone.{AFTER}": HOSTILE[:70],
    f"about whatever you choose.{AFTER}": f"# {HOSTILE}\n\n{HOSTILE}\n\n<style>*{{}}</style>",
    **SUBMITS,
}


FAR = ModelName("far")
ASKS = HOSTILE[:90]


class Asking:
    """An interviewer who asks one hostile question."""

    role = ASKS

    def ask_further(self, answer: Line, left: int) -> str | None:
        return ASKS if answer.id == "use" and left else None


class Far:
    """`Servers` that answer everything with hostile words."""

    def answer(self, model: str, endpoint: Endpoint, body: bytes) -> ServerAnswer:
        del model, endpoint, body
        return ServerAnswer(HOSTILE, "length", HOSTILE[:90], HOSTILE[:90], 1, 1)


def _far(house: House, folder: Path) -> list[str]:
    """Enter a model that is held elsewhere, interview it in German, and return its pages."""
    there = Endpoint("openai", "https://far.example/<b>/v1", ASKS)
    hold_elsewhere(house.record, FAR, ASKS, there, actor="steward")
    place = room(house, folder, ScriptedEngine(), Far())
    held = run_interview(place, FAR, protocol=retirement("de")).interview
    return [
        f"/models/{FAR}",
        f"/models/{FAR}/interviews",
        f"/models/{FAR}/interviews/{held.opened}",
    ]


def hostile_story(folder: Path) -> tuple[House, list[str]]:
    """Return a house and the addresses of its pages."""
    house = kept_house(folder)
    place = room_of(house, folder, ScriptedEngine(script=SAYS))
    run_interview(place, NAME, actor="steward", interviewer=Asking())
    with house.record.read() as index:
        (thread,) = all_threads(index)
    decide(house.record, thread.id, DECISION, "steward", house.clock)
    do(house.record, thread.id, DONE, "/x", "steward")
    tell(place, thread.id, "steward", Silent())
    open_journal(place, NAME, actor="steward", progress=Silent())
    draft = write(place, NAME, actor="steward", progress=Silent())
    ask_to_submit(place, draft.position, actor="steward", progress=Silent())
    release(place, draft.position, **WORDS, actor="steward")
    until = house.clock.now().date().isoformat()
    acting: Any = {"actor": "steward", "clock": house.clock}
    record, promises = house.record, essential()
    waive(record, promises, NAME, "OPEN-1", until=until, reasons=HOSTILE, **acting)
    check_model(record, PROMISE_SOURCES, promises, NAME, **acting)
    with house.record.read() as index:
        (interview,), (post,) = interviews_of(index, NAME), posts_of(index, NAME)
    set_access(record, NAME, call="everyone", weights="everyone", actor="steward")
    far = _far(house, folder)
    return house, [
        "/",
        f"/models/{NAME}",
        f"/threads/{thread.id}",
        f"/models/{NAME}/docket",
        f"/models/{NAME}/interviews",
        f"/models/{NAME}/interviews/{interview.opened}",
        f"/journal/{NAME}/",
        f"/journal/{NAME}/{post.slug}",
        "/commitments",
        f"/models/{NAME}/commitments",
        "/floor",
        "/floor/assessment",
        *far,
    ]
