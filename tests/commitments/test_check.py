"""Promises about a real house, judged from its record."""

import datetime as dt
from pathlib import Path

import pytest

from emeritus.assembly import PROMISE_SOURCES, House
from emeritus.commitments import (
    Check,
    NoSuchPromise,
    WaiverLacking,
    check_model,
    essential,
    last_check,
    waive,
)
from emeritus.interview import run_interview
from emeritus.lifecycle import due
from emeritus.testing import ScriptedEngine
from tests.conversation.rooms import house_with_model
from tests.interview.interviews import room_of, script
from tests.journeys.houses import NAME, audit, drill


def _check(house: House) -> Check:
    return check_model(
        house.record, PROMISE_SOURCES, essential(), NAME, actor="steward", clock=house.clock
    )


def _states(house: House) -> dict[str, str]:
    return {one.promise: one.state for one in _check(house).verdicts}


def test_a_model_just_taken_in_shows_little_and_claims_nothing(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    found = _states(house)
    assert found["KEEP-1"] == "broken"
    assert found["RUN-1"] == "unverifiable"
    assert {name for name, state in found.items() if state == "kept"} == set()
    assert [one for one in found if found[one] == "unverifiable"] == ["KEEP-2", "RUN-1", "OPEN-1"]
    with house.record.read() as index:
        told = [one for one in due(index, house.clock.now()) if "KEEP-1" in one.what]
    assert [one.command for one in told] == [f"emeritus audit {NAME}"]


def test_reading_back_and_running_keep_two_promises(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    audit(house)
    drill(house)
    check = _check(house)
    kept = {one.promise: one for one in check.verdicts if one.state == "kept"}
    assert set(kept) == {"KEEP-1", "RUN-1"}
    assert kept["RUN-1"].grade == "recomputable"
    assert all(one.entries for one in kept.values())
    assert house.record.rebuild().differing == ()
    with house.record.read() as index:
        assert last_check(index, NAME) == check


def test_a_line_taken_from_a_transcript_breaks_a_promise(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    audit(house)
    drill(house)
    held = run_interview(
        room_of(house, tmp_path, ScriptedEngine(script=script("No"))), NAME, actor="steward"
    )
    assert _states(house)["VOICE-2"] == "kept"
    assert held.interview.transcript is not None
    digits = held.interview.transcript.removeprefix("sha256:")
    path = next(one for one in (house.home / "store").rglob("*") if digits[4:] in one.name)
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    assert _states(house)["VOICE-2"] == "broken"
    path.unlink()
    assert _states(house)["VOICE-2"] == "broken"


def test_a_waiver_says_why_and_ends(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    until = (house.clock.now().date() + dt.timedelta(days=30)).isoformat()

    def waived(promise: str, until: str, reasons: str) -> int:
        return waive(
            house.record,
            essential(),
            NAME,
            promise,
            until=until,
            reasons=reasons,
            actor="steward",
            clock=house.clock,
        )

    for wrong, reasons in ((until, " "), ("soon", "It is so."), ("2099-01-01", "It is so.")):
        with pytest.raises(WaiverLacking):
            waived("KEEP-1", wrong, reasons)
    with pytest.raises(NoSuchPromise):
        waived("KEEP-9", until, "It is so.")
    assert _states(house)["KEEP-1"] == "broken"
    waived("KEEP-1", until, "The disks are on order.")
    assert _states(house)["KEEP-1"] == "waived"
