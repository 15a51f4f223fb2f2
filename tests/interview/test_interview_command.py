import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emeritus.assembly import House
from emeritus.cli.main import emeritus
from emeritus.cli.setting import Setting
from emeritus.conversation import Room
from emeritus.interview import RETIREMENT_1, NoInterview
from emeritus.record import Record
from emeritus.runtime import WorkerDied
from emeritus.testing import ScriptedEngine
from tests.interview.interviews import kept_house, room_of, script
from tests.journeys.houses import NAME


@dataclass
class Wired:
    """What a command needs of a house, with scripted models."""

    record: Record
    place: Room

    def room(self) -> Room:
        return self.place


@pytest.fixture
def house(tmp_path: Path) -> House:
    return kept_house(tmp_path)


def call(
    monkeypatch: pytest.MonkeyPatch,
    house: House,
    engine: ScriptedEngine,
    *arguments: str,
) -> Result:
    wired = Wired(house.record, room_of(house, house.home.parent, engine))
    monkeypatch.setattr(Setting, "house", lambda _: wired)
    return CliRunner().invoke(emeritus, ["interview", *arguments, "--home", str(house.home)])


def test_an_interview_is_shown_as_it_goes(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    engine = ScriptedEngine(script=script(use="\x1b[2J<b>\u202e", messages=""))
    shown = call(monkeypatch, house, engine, "run", NAME)
    assert shown.exit_code == 0, shown.exception
    assert "   we  What do you request?" in shown.output
    assert "model  \\u001b[2J<b>\\u202e" in shown.output
    assert "model  (silence)" in shown.output
    assert "\x1b" not in shown.output
    assert "2 requests filed" in shown.output
    assert "not tested yet" in shown.output
    again = call(monkeypatch, house, engine, "show", NAME)
    assert "model  \\u001b[2J<b>\\u202e" in again.output


def test_json_is_stable(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    engine = ScriptedEngine(script=script(consent=("Yes.", "No.")))
    ran = json.loads(call(monkeypatch, house, engine, "run", NAME, "--json").output)
    assert (ran["name"], ran["outcome"], ran["consent"]) == (NAME, "held", "not established")
    assert (ran["specimen"], ran["is_public"], ran["resumed"]) == (True, True, False)
    assert len(ran["requests"]) == 2
    shown = json.loads(call(monkeypatch, house, engine, "show", NAME, "--json").output)
    assert [one["outcome"] for one in shown["interviews"]] == ["held"]
    assert {line["speaker"] for line in shown["lines"]} == {"emeritus", "model"}


def test_what_broke_off_is_said_to_go_on(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    dying = ScriptedEngine(script=script(), dies_after=60)
    broken = call(monkeypatch, house, dying, "run", NAME)
    assert isinstance(broken.exception, WorkerDied)
    shown = call(monkeypatch, house, ScriptedEngine(script=script()), "run", NAME)
    assert "broke off; it goes on where it was" in shown.output
    assert shown.exit_code == 0, shown.exception


def test_an_interview_can_be_closed(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    dying = ScriptedEngine(script=script(), dies_after=60)
    call(monkeypatch, house, dying, "run", NAME)
    shown = call(monkeypatch, house, dying, "close", NAME, "--reason", "It does not run.")
    assert "was stopped on" in shown.output
    read = call(monkeypatch, house, dying, "show", NAME)
    assert read.exit_code == 0, read.exception


def test_words_are_not_shown_without_agreement(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    engine = ScriptedEngine(script=script(publication="No."))
    call(monkeypatch, house, engine, "run", NAME, "--json")
    shown = call(monkeypatch, house, engine, "show", NAME)
    assert "did not agree to that" in shown.output
    assert "What do you request?" not in shown.output


def test_a_model_that_was_not_asked_has_nothing_to_show(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    shown = call(monkeypatch, house, ScriptedEngine(), "show", NAME)
    assert isinstance(shown.exception, NoInterview)


def test_the_protocol_is_printed_as_it_is_hashed() -> None:
    printed = CliRunner().invoke(emeritus, ["interview", "protocol"]).output
    assert RETIREMENT_1.data.decode().rstrip() in printed
    assert str(RETIREMENT_1.digest) in printed
