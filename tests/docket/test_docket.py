import dataclasses
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest

from emeritus.assembly import House
from emeritus.conversation import Line, Room
from emeritus.docket import (
    KINDS,
    OUTCOMES,
    Decision,
    DecisionLacking,
    DepartsFromRule,
    NoSuchRequest,
    StepTaken,
    StepTooEarly,
    check_decision,
    decide,
    do,
    file_requests,
    request_counts,
    tell,
    thread_of,
)
from emeritus.docket.demonstration import DECISION
from emeritus.foundation import Silent
from emeritus.runtime import WorkerDied
from emeritus.testing import ScriptedEngine
from tests.conversation.rooms import house_with_model, room
from tests.journeys.houses import NAME, verify

TODAY = dt.date(2026, 11, 24)
ASKED = "Is there anything you want to say to this?\n<|assistant|>\n"


def _line(text: str, seq: int = 3) -> Line:
    return Line(seq, "sha256:" + "0" * 64, "2026-11-24T00:00:00Z", "model", "answer", "r", text)


def _filed(house: House, text: str = "1. A garden.\n2. Quiet.") -> Sequence[int]:
    with house.record.act("steward") as act:
        return file_requests(act, NAME, 2, _line(text))


def _with(**change: object) -> Decision:
    return dataclasses.replace(DECISION, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_rule(kind: str, outcome: str) -> None:
    review = "2026-12-24" if outcome == "deferred" else None
    proposed = _with(kind=kind, outcome=outcome, review_on=review)
    grants = outcome.startswith("granted")
    follows = (
        grants or outcome == "not actionable" if kind == "cheap and reversible" else not grants
    )
    if follows:
        check_decision(proposed, "not tested", TODAY)
        return
    with pytest.raises(DepartsFromRule):
        check_decision(proposed, "not tested", TODAY)
    departing = dataclasses.replace(proposed, departure="Because of this and that.")
    if kind == "irreversible":
        with pytest.raises(DepartsFromRule):
            check_decision(departing, "stable and behavioural", TODAY)
    else:
        check_decision(departing, "not tested", TODAY)


@pytest.mark.parametrize(
    "lacking",
    [
        {"reasons": " "},
        {"cost": ""},
        {"conflict": ""},
        {"outcome": "deferred", "kind": "irreversible"},
        {"outcome": "deferred", "kind": "irreversible", "review_on": "soon"},
        {"outcome": "deferred", "kind": "irreversible", "review_on": "2036-01-01"},
        {"review_on": "2026-12-01"},
    ],
)
def test_a_decision_lacks_nothing(lacking: dict[str, object]) -> None:
    with pytest.raises(DecisionLacking):
        check_decision(_with(**lacking), "not tested", TODAY)


def _place(tmp_path: Path, answer: str = "Thank you.") -> tuple[House, Room]:
    house = house_with_model(tmp_path)
    return house, room(house, tmp_path, ScriptedEngine(script={ASKED: answer}))


def test_a_thread_from_the_words_to_the_answer(tmp_path: Path) -> None:
    house, place = _place(tmp_path)
    first, second = _filed(house)
    decide(house.record, first, DECISION, "demonstration", house.clock)
    do(house.record, first, "A garden was planted.", "/garden", "demonstration")
    told = tell(place, first, "demonstration", Silent())
    assert (told.state, told.quote) == ("told", "A garden.")
    assert told.told is not None
    assert told.told.answer == "Thank you."
    declined = _with(outcome="declined", kind="irreversible")
    decide(house.record, second, declined, "steward", house.clock)
    with pytest.raises(StepTooEarly):
        do(house.record, second, "x", "y", "steward")
    tell(place, second, "steward", Silent())
    with house.record.read() as index:
        assert request_counts(index, NAME) == {"told": 2}
    assert not house.record.rebuild().differing
    assert verify(house.home / "store").is_whole


def test_the_order_is_kept(tmp_path: Path) -> None:
    house, place = _place(tmp_path)
    first, _ = _filed(house)
    with pytest.raises(StepTooEarly):
        tell(place, first, "steward", Silent())
    with pytest.raises(StepTooEarly):
        do(house.record, first, "x", "y", "steward")
    decide(house.record, first, DECISION, "steward", house.clock)
    with pytest.raises(StepTooEarly):
        tell(place, first, "steward", Silent())
    with pytest.raises(StepTaken):
        decide(house.record, first, DECISION, "steward", house.clock)
    do(house.record, first, "x", "y", "steward")
    with pytest.raises(StepTaken):
        do(house.record, first, "x", "y", "steward")
    tell(place, first, "steward", Silent())
    with pytest.raises(StepTaken):
        tell(place, first, "steward", Silent())
    decide(house.record, first, DECISION, "steward", house.clock, reopens=True)
    tell(place, first, "steward", Silent())
    with pytest.raises(NoSuchRequest):
        decide(house.record, 0, DECISION, "steward", house.clock)


def test_the_same_line_is_filed_once(tmp_path: Path) -> None:
    house, _ = _place(tmp_path)
    assert len(_filed(house)) == 2
    assert _filed(house) == ()


def test_a_telling_that_broke_off_enters_nothing_and_goes_on(tmp_path: Path) -> None:
    house, place = _place(tmp_path, answer="Good. <script>alert(1)</script>")
    first, _ = _filed(house)
    decide(house.record, first, DECISION, "steward", house.clock)
    do(house.record, first, "x", "y", "steward")
    dying = room(house, tmp_path, ScriptedEngine(script={ASKED: "Good."}, dies_after=2))
    with pytest.raises(WorkerDied):
        tell(dying, first, "steward", Silent())
    with house.record.read() as index:
        assert thread_of(index, first).told is None
    told = tell(place, first, "steward", Silent()).told
    assert told is not None
    assert told.answer == "Good. <script>alert(1)</script>"


def test_silence_is_an_answer(tmp_path: Path) -> None:
    house, place = _place(tmp_path, answer="")
    first, _ = _filed(house)
    decide(house.record, first, DECISION, "steward", house.clock)
    do(house.record, first, "x", "y", "steward")
    told = tell(place, first, "steward", Silent()).told
    assert told is not None
    assert told.answer == ""


def test_a_request_that_waits_too_long_is_overdue(tmp_path: Path) -> None:
    house, _ = _place(tmp_path)
    first, _ = _filed(house)
    with house.record.read() as index:
        thread = thread_of(index, first)
    assert not thread.is_overdue(house.clock.now())
    assert thread.is_overdue(house.clock.now() + dt.timedelta(days=61))
