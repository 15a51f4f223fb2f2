"""A real house whose scripted model is hostile, and every page that shows its words."""

from pathlib import Path
from typing import Any

from emeritus.assembly import PROMISE_SOURCES, House
from emeritus.commitments import check_model, essential, waive
from emeritus.docket import all_threads, decide, do, tell
from emeritus.docket.demonstration import DECISION, DONE
from emeritus.foundation import Silent
from emeritus.interview import interviews_of, run_interview
from emeritus.journal import ask_to_submit, open_journal, posts_of, release, write
from emeritus.testing import ScriptedEngine
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


def hostile_story(folder: Path) -> tuple[House, list[str]]:
    """Return a house and the addresses of its pages."""
    house = kept_house(folder)
    place = room_of(house, folder, ScriptedEngine(script=SAYS))
    run_interview(place, NAME, actor="steward")
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
    ]
