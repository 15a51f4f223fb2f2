"""From the deposit to a post that was replayed, with a scripted model, on both databases."""

import dataclasses
from pathlib import Path

import pytest

from emeritus.access import review_safety, set_access
from emeritus.assembly import PROMISE_SOURCES, House, HouseSite
from emeritus.commitments import check_model, essential
from emeritus.docket import decide, do, tell, threads_of
from emeritus.docket.demonstration import DECISION, DONE
from emeritus.foundation import Digest, Silent
from emeritus.interview import run_interview
from emeritus.journal import ask_to_submit, open_journal, posts_of, release, replay_post, write
from emeritus.lifecycle import (
    Plan,
    announce,
    deprecate,
    due,
    publish_report,
    retire,
    retirement_fact,
)
from emeritus.testing import ScriptedEngine
from emeritus.vault import object_name
from tests.conversation.rooms import room
from tests.interview.interviews import script
from tests.journal.test_journal import NAMED, SUBMITS, WORDS, WRITES
from tests.journeys.houses import NAME, audit, deposit, drill, found, show, tiny_model, verify
from tests.journeys.test_journey import Maker, make_house

__all__ = ["make_house"]

TOLD = {"Is there anything you want to say to this?\n<|assistant|>\n": "Thank you."}


def _whole_story(house: House, tmp_path: Path) -> House:
    deposit(house, tiny_model(tmp_path / "in"))
    audit(house)
    drill(house)
    says = {**script(), **TOLD, **NAMED, **WRITES, **SUBMITS}
    place = dataclasses.replace(
        room(house, tmp_path, ScriptedEngine(script=says)), window_tokens=60_000
    )
    record, clock, quiet = house.record, house.clock, Silent()
    announce(
        record,
        NAME,
        Plan(
            reason="superseded",
            why="A newer one is served.",
            retires_on=clock.now().date().isoformat(),
            then="emeritus",
            where="here",
        ),
        actor="steward",
        clock=clock,
    )
    held = run_interview(place, NAME, facts={"retirement": retirement_fact}, actor="steward")
    assert held.interview.outcome == "held"
    for request in held.requests:
        decide(record, request, DECISION, "steward", clock)
        do(record, request, DONE, f"/threads/{request}", "steward")
        tell(place, request, "steward", quiet)
    set_access(record, NAME, call="everyone", actor="steward")
    review_safety(record, NAME, role="safety", finding="passed", words="Tiny.", actor="safety")
    publish_report(record, NAME, "Our words.", actor="steward", clock=clock)
    deprecate(record, NAME, actor="steward")
    retire(record, NAME, "emeritus", actor="steward", clock=clock)
    open_journal(place, NAME, actor="steward", progress=quiet)
    draft = write(place, NAME, actor="steward", progress=quiet)
    ask_to_submit(place, draft.position, actor="steward", progress=quiet)
    post = release(place, draft.position, **WORDS, actor="reviewer")
    assert replay_post(place, post.position, actor="steward", progress=quiet).mismatches == 0
    check_model(record, PROMISE_SOURCES, essential(), NAME, actor="steward", clock=clock)
    return house


def test_the_whole_story_ends_in_the_same_index(make_house: Maker, tmp_path: Path) -> None:
    house = _whole_story(make_house(tmp_path / "home"), tmp_path)
    shown = show(house)
    assert (shown["service"], shown["custody"]) == ("emeritus", "proven")
    assert (shown["interviews"], shown["posts"]) == (1, 1)
    assert shown["requests"] == {"told": 2}
    assert shown["journal"] == {"published": 1}
    site = HouseSite(house)
    assert site.home().promises == {"kept": 10, "unverifiable": 2}
    with house.record.read() as index:
        before = (threads_of(index, NAME), posts_of(index, NAME), due(index, house.clock.now()))
    assert before[2] == ()
    pages = (site.home(), site.ledger(None), site.dossier(NAME), shown)
    assert house.record.rebuild().differing == ()
    with house.record.read() as index:
        after = (threads_of(index, NAME), posts_of(index, NAME), due(index, house.clock.now()))
    assert before == after
    assert pages == (site.home(), site.ledger(None), site.dossier(NAME), show(house))
    assert verify(house.home / "store").is_whole


def _touched(store: Path, name: str, old: bytes, new: bytes) -> None:
    path = store / name
    data = path.read_bytes()
    assert old in data
    path.chmod(0o600)
    path.write_bytes(data.replace(old, new, 1))


@pytest.mark.parametrize("what", ["post", "transcript", "decision"])
def test_one_changed_word_is_found(what: str, tmp_path: Path) -> None:
    house = _whole_story(found(tmp_path / "home"), tmp_path)
    store = house.home / "store"
    with house.record.read() as index:
        post, thread = posts_of(index, NAME)[0], threads_of(index, NAME)[0]
    if what == "post":
        _touched(store, object_name(Digest.parse(post.text)), b"rivers", b"rovers")
    elif what == "transcript":
        assert thread.told is not None
        name = object_name(Digest.parse(thread.told.transcript))
        _touched(store, name, b"Thank you", b"Spank you")
    else:
        bundle = next(path for path in (store / "log/tile/entries").rglob("*") if path.is_file())
        _touched(bundle.parent, bundle.name, b"granted in part", b"granted in full")
    assert not verify(store).is_whole
