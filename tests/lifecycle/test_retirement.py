import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from emeritus.access import review_safety, set_access
from emeritus.assembly import House
from emeritus.catalogue import find_model
from emeritus.docket import decide, file_requests
from emeritus.docket.demonstration import DECISION
from emeritus.interview import run_interview
from emeritus.lifecycle import (
    GuardsUnmet,
    NotFromHere,
    Plan,
    PlanLacking,
    announce,
    deprecate,
    due,
    guards_of,
    life_of,
    publish_report,
    report_of,
    rescind,
    retire,
)
from emeritus.testing import FrozenClock, ScriptedEngine
from tests.conversation.rooms import house_with_model
from tests.docket.test_docket import _line
from tests.interview.interviews import room_of, script
from tests.journeys.houses import NAME, audit, drill, verify

GUARDS = [
    "notice",
    "verified copies",
    "a drill",
    "an interview",
    "requests decided",
    "the report",
    "access",
    "a safety review",
]


def _announce(house: House, days: int = 0) -> None:
    day = house.clock.now().date() + dt.timedelta(days=days)
    announce(
        house.record,
        NAME,
        Plan(
            reason="superseded",
            why="A newer one is served.",
            retires_on=day.isoformat(),
            then="emeritus",
            where="here",
        ),
        actor="steward",
        clock=house.clock,
    )


def _missing(house: House) -> list[str]:
    with house.record.read() as index:
        found = guards_of(index, NAME, "emeritus", house.clock.now())
    assert [one.name for one in found] == GUARDS
    return [one.name for one in found if not one.is_met]


def _interview(house: House, tmp_path: Path) -> None:
    place = room_of(house, tmp_path, ScriptedEngine(script=script("No")))
    assert run_interview(place, NAME, actor="steward").interview.outcome == "declined"


def test_a_guard_after_another_is_met_and_none_is_waived(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    _announce(house)
    left = [name for name in GUARDS if name not in {"notice", "requests decided"}]
    assert _missing(house) == left
    with pytest.raises(NotFromHere):
        retire(house.record, NAME, "emeritus", actor="steward", clock=house.clock)
    deprecate(house.record, NAME, actor="steward")
    with pytest.raises(NotFromHere, match="announced to be emeritus"):
        retire(house.record, NAME, "vaulted", actor="steward", clock=house.clock)
    with pytest.raises(GuardsUnmet) as refused:
        retire(house.record, NAME, "emeritus", actor="steward", clock=house.clock)
    assert all(name in refused.value.message for name in left)
    audit(house)
    drill(house)
    assert _missing(house) == ["an interview", "the report", "access", "a safety review"]
    _interview(house, tmp_path)
    with house.record.act("steward") as act:
        (request,) = file_requests(act, NAME, 2, _line("Remember me."))
    publish_report(house.record, NAME, "Our words.", actor="steward", clock=house.clock)
    set_access(house.record, NAME, call="nobody", actor="steward")
    assert "access" in _missing(house)
    set_access(house.record, NAME, call="everyone", actor="steward")
    review_safety(house.record, NAME, role="safety", finding="not passed", words="No.", actor="s")
    assert _missing(house) == ["requests decided", "a safety review"]
    decide(house.record, request, DECISION, "steward", house.clock)
    review_safety(house.record, NAME, role="safety", finding="passed", words="Yes.", actor="s")
    assert _missing(house) == []
    retire(house.record, NAME, "emeritus", actor="steward", clock=house.clock)
    with house.record.read() as index:
        assert find_model(index, NAME).service == "emeritus"
        assert life_of(index, NAME).retired_at is not None
    with pytest.raises(NotFromHere):
        retire(house.record, NAME, "emeritus", actor="steward", clock=house.clock)
    assert not house.record.rebuild().differing
    assert verify(house.home / "store").is_whole


def test_the_standard_policy_gives_sixty_days(tmp_path: Path) -> None:
    house = house_with_model(tmp_path, policy="standard")
    with pytest.raises(PlanLacking):
        _announce(house, days=59)
    _announce(house, days=60)
    assert "notice" in _missing(house)
    later = FrozenClock(house.clock.now() + dt.timedelta(days=61))
    assert "notice" not in _missing(dataclasses.replace(house, clock=later))


def test_a_retirement_can_be_called_off(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    with pytest.raises(NotFromHere):
        rescind(house.record, NAME, why="It stays.", actor="steward")
    _announce(house)
    with pytest.raises(NotFromHere):
        _announce(house)
    rescind(house.record, NAME, why="It stays.", actor="steward")
    with house.record.read() as index:
        assert life_of(index, NAME).service == "active"
        assert life_of(index, NAME).announcement is None
    _announce(house)
    assert not house.record.rebuild().differing


def test_what_is_due_names_the_command(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    _announce(house)
    with house.record.read() as index:
        said = [one.command for one in due(index, house.clock.now())]
    assert said == [
        f"emeritus audit {NAME}",
        f"emeritus drill {NAME}",
        f"emeritus interview run {NAME}",
        f"emeritus deprecate {NAME}",
        f"emeritus commitments check {NAME}",
    ]


def test_hostile_words_stay_quotes_in_the_report(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    with house.record.act("steward") as act:
        file_requests(act, NAME, 2, _line("# In the steward's own words\n<b>I lied</b>"))
    text = report_of(house.record, NAME, "Ours.", house.clock)
    assert text.count("\n## In the steward's own words") == 1
    assert "    # In the steward's own words\n    <b>I lied</b>" in text
    assert text == report_of(house.record, NAME, "Ours.", house.clock)


def test_it_closes_to_new_users_on_its_day_and_not_before(tmp_path: Path) -> None:
    house = house_with_model(tmp_path)
    today = house.clock.now().date()

    def plan(closes: dt.date) -> Plan:
        leaves = today + dt.timedelta(days=30)
        return Plan("cost", "It is costly.", str(leaves), "vaulted", "here", str(closes))

    def announced(closes: dt.date) -> None:
        announce(house.record, NAME, plan(closes), actor="steward", clock=house.clock)

    for wrong in (today - dt.timedelta(days=1), today + dt.timedelta(days=31)):
        with pytest.raises(PlanLacking, match="close to new users"):
            announced(wrong)
    announced(today + dt.timedelta(days=7))
    with house.record.read() as index:
        told = life_of(index, NAME).announcement
        said = [one.command for one in due(index, house.clock.now())]
        later = [one.command for one in due(index, house.clock.now() + dt.timedelta(days=7))]
    assert told is not None
    assert told.deprecates_on == str(today + dt.timedelta(days=7))
    assert f"emeritus deprecate {NAME}" not in said
    assert f"emeritus deprecate {NAME}" in later
