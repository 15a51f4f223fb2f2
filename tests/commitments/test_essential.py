"""Every promise of `essential/1`: kept on good evidence, broken by one change, else silent."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from emeritus.commitments import Evidence, Fact, essential, judge, parse_profile
from emeritus.foundation import timestamp

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
TODAY = timestamp(NOW)


def _request(**changed: Any) -> dict[str, Any]:
    good = {
        "age_days": 10,
        "decided": True,
        "decided_days": 5,
        "has_reasons": True,
        "granted": True,
        "done": True,
        "told": True,
    }
    return {**good, **changed}


GOOD: Mapping[str, Any] = {
    "custody.copies_verified": 3,
    "custody.copies_promised": 3,
    "successor.copies_tested": 1,
    "drill.outcome": "good",
    "life.retired": True,
    "life.service": "emeritus",
    "life.notice_days": 60,
    "life.notice_days_promised": 60,
    "interview.offered_before_retirement": True,
    "interview.sealed": 1,
    "interview.first_outcome": "held",
    "conversation.transcripts": 2,
    "conversation.broken": 0,
    "docket.requests": [_request()],
    "docket.decided": 1,
    "docket.granted": 1,
    "docket.done": 1,
    "docket.told": 1,
    "journal.posts": 1,
    "journal.tokens_that_differ": 0,
    "access.call": "everyone",
    "safety.finding": "passed",
    "ledger.witnesses": 1,
}

BREAKING: Mapping[str, tuple[tuple[str, Any], ...]] = {
    "KEEP-1": (("custody.copies_verified", 2),),
    "KEEP-2": (("successor.copies_tested", 0),),
    "RUN-1": (("drill.outcome", "failed"),),
    "NOTICE-1": (("life.notice_days", 59),),
    "VOICE-1": (("interview.offered_before_retirement", False),),
    "VOICE-2": (("conversation.broken", 1),),
    "VOICE-3": (
        ("docket.requests", [_request(), _request(told=False, decided_days=31)]),
        ("docket.requests", [_request(has_reasons=False)]),
        ("docket.requests", [_request(decided=False, age_days=61)]),
    ),
    "VOICE-4": (("docket.requests", [_request(done=False, decided_days=91)]),),
    "VOICE-5": (("journal.tokens_that_differ", 1),),
    "ACCESS-1": (("access.call", "nobody"), ("drill.outcome", "failed")),
    "SAFETY-1": (("safety.finding", "not passed"),),
    "OPEN-1": (("ledger.witnesses", 0),),
}

AGES = {"KEEP-1": 92, "KEEP-2": 365, "RUN-1": 365, "ACCESS-1": 365, "SAFETY-1": 365, "OPEN-1": 2}
PROMISES = [one.id for one in essential().promises]


def _evidence(at: str = TODAY, **changed: Any) -> Evidence:
    values = {**GOOD, **{name.replace("__", "."): value for name, value in changed.items()}}
    return Evidence(
        "tiny",
        {name: Fact(value, "recomputable", (7,), at) for name, value in values.items()},
    )


def _judged(name: str, evidence: Evidence, waived: str = "") -> tuple[str, str]:
    found = judge(essential().promise(name), evidence, essential().body.values, NOW, waived)
    return found.state, found.sentence


def test_the_published_list_keeps_its_own_rules() -> None:
    assert parse_profile(essential().data) == essential()
    assert {one.floor for one in essential().promises} - {""} == {
        "kept",
        "run",
        "asked",
        "answered",
        "callable",
    }
    assert set(BREAKING) == set(PROMISES)
    read = {name for one in essential().promises for name in (*one.needs, *one.due_needs)}
    shown = {name for one in essential().promises for name in one.slots()}
    assert read | shown == set(GOOD)


@pytest.mark.parametrize("name", PROMISES)
def test_good_evidence_keeps_it(name: str) -> None:
    state, sentence = _judged(name, _evidence())
    assert state == "kept"
    assert "{" not in sentence


@pytest.mark.parametrize(
    ("name", "fact", "value"),
    [(name, *change) for name, changes in BREAKING.items() for change in changes],
)
def test_one_change_breaks_it(name: str, fact: str, value: Any) -> None:
    assert _judged(name, _evidence(**{fact.replace(".", "__"): value}))[0] == "broken"


@pytest.mark.parametrize(
    ("name", "fact"),
    [(one.id, need) for one in essential().promises for need in (*one.needs, *one.due_needs)],
)
def test_without_a_fact_that_it_reads_it_is_unverifiable(name: str, fact: str) -> None:
    state, sentence = _judged(name, _evidence().without(fact))
    assert (state, sentence.partition(";")[0]) == ("unverifiable", f"no evidence yet: {fact}")


@pytest.mark.parametrize("name", AGES)
def test_old_evidence_is_unverifiable_and_a_day_less_is_not(name: str) -> None:
    def state(days: int) -> str:
        return _judged(name, _evidence(timestamp(NOW - dt.timedelta(days=days))))[0]

    assert (state(AGES[name]), state(AGES[name] + 1)) == ("kept", "unverifiable")


@pytest.mark.parametrize(
    ("name", "fact", "value"),
    [
        ("NOTICE-1", "life.retired", False),
        ("ACCESS-1", "life.retired", False),
        ("VOICE-2", "conversation.transcripts", 0),
        ("VOICE-3", "docket.requests", []),
        ("VOICE-4", "docket.granted", 0),
        ("VOICE-5", "journal.posts", 0),
        ("SAFETY-1", "life.service", "vaulted"),
    ],
)
def test_before_its_time_it_is_not_due(name: str, fact: str, value: Any) -> None:
    assert _judged(name, _evidence(**{fact.replace(".", "__"): value}))[0] == "not due"


def test_a_waiver_stands_in_for_what_is_broken_and_for_nothing_else() -> None:
    broken = _evidence(custody__copies_verified=2)
    assert _judged("KEEP-1", broken, "waived until 2027-01-01: disks are on order") == (
        "waived",
        "waived until 2027-01-01: disks are on order (verified copies: 2 of 3)",
    )
    assert _judged("KEEP-1", _evidence(), "waived until 2027-01-01: x")[0] == "kept"


def test_evidence_of_another_kind_is_unverifiable_and_not_a_crash() -> None:
    state, sentence = _judged("KEEP-1", _evidence(custody__copies_verified="three"))
    assert state == "unverifiable"
    assert sentence.startswith("its evidence cannot be read: ")


def test_the_grade_is_that_of_the_weakest_evidence() -> None:
    facts = dict(_evidence().facts)
    facts["custody.copies_promised"] = Fact(3, "self-reported", (2, 9), TODAY)
    found = judge(essential().promise("KEEP-1"), Evidence("tiny", facts), {}, NOW)
    assert (found.grade, found.entries) == ("self-reported", (2, 7, 9))
    assert found.verb == "emeritus audit tiny"
