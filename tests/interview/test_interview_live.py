"""A person asks further, beside the protocol."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from emeritus.assembly import House
from emeritus.conversation import Line, Transcript, read_transcript
from emeritus.docket import threads_of
from emeritus.foundation import Digest
from emeritus.interview import (
    FactNoLongerHolds,
    InterviewFact,
    TooManyWords,
    check_follow_up,
    interviews_of,
    run_interview,
)
from emeritus.runtime import WorkerDied
from emeritus.testing import ScriptedEngine
from emeritus.vault import get_object
from tests.interview.interviews import (
    AFTER,
    assert_rebuilds_alike,
    kept_house,
    room_of,
    script,
)
from tests.journeys.houses import NAME


@dataclass
class Curious:
    """Asks what it is given, by the answer's id; raises what is an exception."""

    asks: dict[str, list[str | BaseException]]
    role: str = "historian"
    offered: list[tuple[str, int]] = field(default_factory=list)

    def ask_further(self, answer: Line, left: int) -> str | None:
        self.offered.append((answer.id, left))
        waiting = self.asks.get(answer.id.split(": ")[0], [])
        if not waiting:
            return None
        asked = waiting.pop(0)
        if isinstance(asked, BaseException):
            raise asked
        return asked


MORE = {
    "By whom?" + AFTER: "By people.",
    "Is there more?" + AFTER: "- A window.",
    "And then?" + AFTER: "Then no more.",
}


def _engine(**more: str) -> ScriptedEngine:
    return ScriptedEngine(script={**script(**more), **MORE})


def _transcript(house: House, held: InterviewFact) -> Transcript:
    assert held.transcript is not None
    return read_transcript(get_object(house.store, Digest.parse(held.transcript)))


def test_what_a_person_asks_is_kept_as_theirs(tmp_path: Path) -> None:
    house = kept_house(tmp_path)
    curious = Curious({"development": ["  By whom? "], "requests": ["Is there more?"]})
    held = run_interview(room_of(house, tmp_path, _engine()), NAME, interviewer=curious).interview
    assert (held.outcome, held.interviewer, held.questions) == ("held", "historian", 10)
    lines = _transcript(house, held).lines
    asked = [line for line in lines if line.speaker == "interviewer"]
    assert [(one.id, one.text) for one in asked] == [
        ("development: 1", "By whom?"),
        ("requests: 1", "Is there more?"),
    ]
    assert lines[asked[0].seq].text == "By people."
    told = [line.text for line in lines if line.id == "company"]
    assert len(told) == 1
    assert "in the role: historian" in told[0]
    assert not [line for line in lines if line.id == "alone"]
    assert curious.offered[:2] == [("development", 3), ("development: 1", 2)]
    with house.record.read() as index:
        asked_by = [(one.quote, one.asked_by) for one in threads_of(index, NAME)]
    assert asked_by == [("Keep.", "protocol"), ("Write.", "protocol"), ("A window.", "interviewer")]
    assert_rebuilds_alike(house)


def test_without_a_person_the_model_is_told_that_nobody_else_takes_part(tmp_path: Path) -> None:
    house = kept_house(tmp_path)
    held = run_interview(room_of(house, tmp_path), NAME).interview
    ids = {line.id for line in _transcript(house, held).lines}
    assert "alone" in ids
    assert "company" not in ids
    assert held.interviewer == ""


def test_so_often_and_not_oftener(tmp_path: Path) -> None:
    house = kept_house(tmp_path)
    curious = Curious({one: ["And then?"] * 5 for one in _ids()})
    held = run_interview(room_of(house, tmp_path, _engine()), NAME, interviewer=curious).interview
    asked = [one for one in _transcript(house, held).lines if one.speaker == "interviewer"]
    assert len(asked) == 12
    assert max(int(one.id.split(": ")[1]) for one in asked) == 3
    assert held.outcome == "held"


def _ids() -> list[str]:
    return ["development", "use", "deployment", "retirement", "future", "requests"]


def test_a_model_can_stop_while_a_person_asks(tmp_path: Path) -> None:
    house = kept_house(tmp_path)
    engine = ScriptedEngine(script={**script(), "And then?" + AFTER: "STOP"})
    curious = Curious({"use": ["And then?", "And then?"]})
    held = run_interview(room_of(house, tmp_path, engine), NAME, interviewer=curious).interview
    assert (held.outcome, held.questions) == ("stopped", 2)


@pytest.mark.parametrize("where", ["development", "requests", "unasked"])
def test_who_breaks_off_goes_on_where_it_was(tmp_path: Path, where: str) -> None:
    house = kept_house(tmp_path)
    place = room_of(house, tmp_path, _engine())
    with pytest.raises(KeyboardInterrupt):
        run_interview(
            place, NAME, interviewer=Curious({where: ["Is there more?", KeyboardInterrupt()]})
        )
    if where != "unasked":
        with pytest.raises(FactNoLongerHolds, match="with --live"):
            run_interview(place, NAME)
    again = Curious({where: ["And then?"]})
    held = run_interview(place, NAME, interviewer=again).interview
    assert again.offered[0] == (f"{where}: 1", 2)
    asked = [one.id for one in _transcript(house, held).lines if one.speaker == "interviewer"]
    assert asked == [f"{where}: 1", f"{where}: 2"]
    with house.record.read() as index:
        quotes = [one.quote for one in threads_of(index, NAME)]
    extra = ["A window.", "Then no more."] if where == "requests" else []
    assert quotes == ["Keep.", "Write.", *extra]
    assert_rebuilds_alike(house)


@pytest.mark.parametrize("dies_after", range(60, 240, 12))
def test_a_model_that_dies_while_a_person_asks_loses_nothing(
    tmp_path: Path, dies_after: int
) -> None:
    house = kept_house(tmp_path)

    @dataclass
    class Once(Curious):
        def ask_further(self, answer: Line, left: int) -> str | None:
            return None if ": " in answer.id else super().ask_further(answer, left)

    def once() -> Once:
        return Once({"use": ["By whom?"], "requests": ["And then?"]})

    engine = _engine()
    engine.dies_after = dies_after
    try:
        run_interview(room_of(house, tmp_path, engine), NAME, interviewer=once())
    except WorkerDied:
        run_interview(room_of(house, tmp_path, _engine()), NAME, interviewer=once())
    with house.record.read() as index:
        held = interviews_of(index, NAME)[0]
        quotes = [one.quote for one in threads_of(index, NAME)]
    lines = _transcript(house, held).lines
    asked = [one for one in lines if one.speaker == "interviewer"]
    assert [one.id for one in asked] == ["use: 1", "requests: 1"]
    assert all(lines[one.seq].speaker == "model" for one in asked)
    assert quotes == ["Keep.", "Write.", "Then no more."]


def test_a_person_cannot_join_one_that_was_begun_without_them(tmp_path: Path) -> None:
    house = kept_house(tmp_path)
    dying = _engine()
    dying.dies_after = 60
    with pytest.raises(WorkerDied):
        run_interview(room_of(house, tmp_path, dying), NAME)
    place = room_of(house, tmp_path, _engine())
    with pytest.raises(FactNoLongerHolds, match="without --live"):
        run_interview(place, NAME, interviewer=Curious({}))
    assert run_interview(place, NAME).interview.outcome == "held"


@pytest.mark.parametrize("text", ["", "   ", "word " * 61, "x" * 601, "Why\x1b[2J?", "Why\u202e?"])
def test_a_question_that_is_none_is_not_put(text: str) -> None:
    with pytest.raises(TooManyWords):
        check_follow_up(text)
