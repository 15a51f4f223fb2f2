"""The self-assessment follows the facts, and never says more than they do."""

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.cli.main import main
from emeritus.commitments.assessment import (
    AREAS,
    Facts,
    ModelFacts,
    Point,
    coretrustseal,
    gather,
    ndsa,
    reached,
)
from emeritus.commitments.assessment.point import Asked, State
from emeritus.custody import POLICIES, CopyFact, StoreFact, add_store, replicate
from emeritus.custody.ports import Copy
from emeritus.foundation import Silent, timestamp
from emeritus.record.reading import Tally
from emeritus.testing import MemoryStore
from tests.journeys.houses import NAME, audit, deposit, drill, found, tiny_model

NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
LATELY = timestamp(NOW - dt.timedelta(days=10))
LONG_AGO = timestamp(NOW - dt.timedelta(days=400))


def copy(
    place: str, *, state: str = "verified", at: str | None = LATELY, entry: int = 9
) -> CopyFact:
    return CopyFact(f"store-{place}", state, at, place, entry)


def model(*copies: CopyFact, name: str = "tiny", **changed: object) -> ModelFacts:
    known = ModelFacts(name, 4, copies, ("good", NOW - dt.timedelta(days=20), 12), audits=2)
    return dataclasses.replace(known, **changed)  # type: ignore[arg-type] # fields by name


def facts(*models: ModelFacts, types: Iterable[str] = (), **changed: object) -> Facts:
    stores = (
        StoreFact("primary", "folder", "oslo", "all", 0, None),
        StoreFact("second", "s3", "bergen", "all", 20, LATELY),
    )
    tallies = tuple(Tally(name, "tiny", 2, 20 + n, LATELY) for n, name in enumerate(types))
    policy = POLICIES["standard"]
    known = Facts(NOW, "example.org/record", "Steward", 30, policy, models, stores, tallies, 17)
    return dataclasses.replace(known, **changed)  # type: ignore[arg-type] # fields by name


def point(points: tuple[Point, ...], name: str) -> Point:
    return next(one for one in points if one.id == name)


def state(known: Facts, name: str) -> State:
    return point((*ndsa(known), *coretrustseal(known)), name).state


OSLO, BERGEN, LYON = copy("oslo"), copy("bergen"), copy("lyon")


@pytest.mark.parametrize(
    ("copies", "two", "three", "spread"),
    [
        ((), "not shown", "not shown", "not shown"),
        ((OSLO,), "not shown", "not shown", "not shown"),
        ((OSLO, copy("oslo")), "not shown", "not shown", "not shown"),
        ((OSLO, copy("bergen", state="damaged")), "not shown", "not shown", "not shown"),
        ((OSLO, BERGEN), "shown", "not shown", "not shown"),
        ((OSLO, BERGEN, copy("oslo")), "shown", "shown", "not shown"),
        ((OSLO, BERGEN, LYON), "shown", "shown", "for a person"),
    ],
)
def test_storage_counts_verified_copies_and_places(
    copies: tuple[CopyFact, ...], two: State, three: State, spread: State
) -> None:
    known = facts(model(*copies))
    assert [state(known, f"Storage {n}") for n in ("1a", "2a", "4a")] == [two, three, spread]


def test_one_model_that_falls_short_is_named_and_takes_the_level_away() -> None:
    known = facts(model(OSLO, BERGEN), model(OSLO, name="lonely"))
    short = point(ndsa(known), "Storage 1a")
    assert short.state == "not shown"
    assert short.found.endswith("1 of 2; not lonely")


def test_no_audit_takes_the_level_of_integrity_away() -> None:
    audited = facts(model(OSLO, BERGEN), types=["custody.audited"])
    assert state(audited, "Integrity 3a") == "shown"
    assert state(audited, "Integrity 3b") == "shown"
    never = facts(model(OSLO, BERGEN, audits=0))
    assert [state(never, f"Integrity {n}") for n in ("3a", "3b", "3c")] == ["not shown"] * 3
    once = facts(model(OSLO, BERGEN, audits=1), types=["custody.audited"])
    assert state(once, "Integrity 3a") == "not shown"
    old = facts(model(OSLO, copy("bergen", at=LONG_AGO)), types=["custody.audited"])
    assert state(old, "Integrity 3a") == "not shown"
    assert state(old, "Integrity 3b") == "shown"


def test_a_copy_that_was_not_read_back_is_no_compared_copy() -> None:
    assert state(facts(model(OSLO)), "Integrity 2a") == "shown"
    unread = copy("bergen", state="unverified", at=None)
    assert state(facts(model(OSLO, unread)), "Integrity 2a") == "not shown"


def test_damage_now_refutes_repair_and_r14() -> None:
    types = ["custody.repaired", "custody.audited"]
    assert state(facts(model(OSLO), types=types), "Integrity 4b") == "shown"
    assert state(facts(model(OSLO)), "Integrity 4b") == "not shown"
    hurt = facts(model(OSLO, copy("bergen", state="damaged")), types=types)
    assert state(hurt, "Integrity 4b") == "not shown"
    assert state(hurt, "R14b") == "not shown"
    assert "bergen" in point(ndsa(hurt), "Integrity 4b").found


def test_digests_elsewhere_need_another_place_and_every_deposit() -> None:
    known = facts(model(OSLO))
    assert state(known, "Integrity 2c") == state(known, "Metadata 1b") == "shown"
    same = (known.stores[0], dataclasses.replace(known.stores[1], place="oslo"))
    assert state(dataclasses.replace(known, stores=same), "Integrity 2c") == "not shown"
    behind = (known.stores[0], dataclasses.replace(known.stores[1], size=4))
    assert state(dataclasses.replace(known, stores=behind), "Metadata 1b") == "not shown"


def test_formats_and_drills() -> None:
    good = facts(model(OSLO))
    assert [state(good, n) for n in ("Content 1a", "Content 3a", "R10", "R13a")] == ["shown"] * 4
    for blind in ("opaque", "pickle"):
        assert state(facts(model(OSLO, format=blind)), "Content 2a") == "not shown"
        assert state(facts(model(OSLO, format=blind)), "R10") == "not shown"
    late = ("good", NOW - dt.timedelta(days=366), 12)
    failed = ("failed", NOW, 12)
    for poor in (None, late, failed):
        assert state(facts(model(OSLO, drill=poor)), "Content 3a") == "not shown"
        assert state(facts(model(OSLO, drill=poor)), "R13a") == "not shown"


def test_the_policy_is_what_r14_is_measured_by() -> None:
    three = facts(model(OSLO, BERGEN, copy("oslo")), types=["custody.policy_set"])
    assert (state(three, "R14a"), state(three, "R09a")) == ("shown", "shown")
    assert state(facts(model(OSLO, BERGEN)), "R14a") == "not shown"
    showing = dataclasses.replace(three, policy=POLICIES["demonstration"])
    assert (state(showing, "R14a"), state(showing, "R09a")) == ("shown", "not shown")


def test_digests_that_came_along_are_shown_when_all_did() -> None:
    types = ["custody.received"]
    assert state(facts(model(OSLO, came_checked=True), types=types), "Integrity 1a") == "shown"
    some = facts(model(OSLO, came_checked=True), model(OSLO, name="other"), types=types)
    assert state(some, "Integrity 1a") == "for a person"


def test_an_empty_record_shows_nothing_of_models() -> None:
    points = (*ndsa(facts(size=0)), *coretrustseal(facts(size=0)))
    assert {one.id for one in points if one.state == "shown"} == set()


def test_every_requirement_is_there_once_and_says_what_a_person_must() -> None:
    known = facts(model(OSLO))
    levels, seal = ndsa(known), coretrustseal(known)
    ids = [one.id for one in (*levels, *seal)]
    assert len(set(ids)) == len(ids)
    assert {(one.area, one.level) for one in levels} == {
        (area, level) for area in AREAS for level in (1, 2, 3, 4)
    }
    assert {one.id[:3] for one in seal} == {f"R{number:02d}" for number in range(1, 17)}
    for one in (*levels, *seal):
        assert one.found
        assert one.person or one.state != "for a person", one.id


def test_a_level_counts_only_with_those_below_it() -> None:
    def made(number: str, known: State) -> Point:
        return Point(f"A {number}", "A", int(number[0]), "", known, "")

    def of(*states: State) -> tuple[int, int]:
        (one,) = reached([made(f"{n}a", known) for n, known in enumerate(states, 1)])
        return one.shown, one.at_most

    assert of("shown", "shown", "not shown", "shown") == (2, 2)
    assert of("shown", "for a person", "shown", "not shown") == (1, 3)
    assert of("for a person", "shown", "shown", "shown") == (0, 4)
    assert of("not shown", "shown", "shown", "shown") == (0, 0)


COPY = st.builds(
    CopyFact,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["verified", "damaged", "unverified"]),
    st.sampled_from([LATELY, LONG_AGO]),
    st.sampled_from(["oslo", "bergen"]),
    st.integers(0, 29),
)


@given(st.lists(st.lists(COPY, max_size=4), min_size=1, max_size=3), st.integers(0, 3), COPY)
def test_losing_a_copy_never_shows_more(
    held: list[list[CopyFact]], audits: int, lost: CopyFact
) -> None:
    def shown(copies: list[list[CopyFact]]) -> dict[str, int]:
        models = [model(*one, name=f"m{n}", audits=audits) for n, one in enumerate(copies)]
        return {one.area: one.at_most for one in reached(ndsa(facts(*models)))}

    whole = dataclasses.replace(lost, state="verified", checked_at=LATELY)
    more, fewer = shown([[*held[0], whole], *held[1:]]), shown(held)
    assert fewer["Storage"] <= more["Storage"]


def test_entries_are_bounded_and_the_newest() -> None:
    made = Asked("A 1a", "A", "", 1).shown_if(True, "", range(100))
    assert made.entries == tuple(range(80, 100))


def test_a_real_record_climbs_as_it_is_cared_for(tmp_path: Path) -> None:
    house = found(tmp_path / "home", policy="standard")
    assert state(gather(house.record), "Metadata 1a") == "not shown"
    deposit(house, tiny_model(tmp_path / "source"))
    before = gather(house.record)
    assert state(before, "Integrity 2a") == "not shown"
    audit(house)
    drill(house)
    for place in ("cellar", "abroad"):
        follower = Copy(place, MemoryStore())
        add_store(house.record, follower, kind="folder", place=place, packs="all", actor="steward")
        replicate(house.record, follower, actor="steward", progress=Silent())
    after = gather(house.record)
    for name in ("Storage 1a", "Storage 2a", "Integrity 2a", "Integrity 2c", "Content 3a", "R14a"):
        assert state(after, name) == "shown", name
        evidence = point((*ndsa(after), *coretrustseal(after)), name).entries
        assert evidence, name
        for entry in evidence:
            assert house.record.log.entry(entry)
    said = json.loads(house.record.log.entry(point(ndsa(after), "Content 3a").entries[0]))
    assert (said["type"], said["body"]["model"]) == ("custody.drilled", NAME)


def test_the_command_writes_a_page_for_people_and_never_over_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    page = tmp_path / "page.md"
    arguments = ["assess", "--markdown", str(page), "--home", str(house.home)]
    main([*arguments, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert {one["area"] for one in told["ndsa"]["levels"]} == set(AREAS)
    text = page.read_text(encoding="utf-8")
    for one in (*told["ndsa"]["points"], *told["coretrustseal"]["points"]):
        row = f"| {one['id'].rpartition(' ')[2]} | {one['asks']} |"
        assert row in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(line.count(" | ") in {2, 5} for line in rows)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 4
    main(["assess", "--home", str(house.home)])
    assert "level 0 is shown" in capsys.readouterr().out
