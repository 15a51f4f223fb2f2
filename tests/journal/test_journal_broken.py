"""A journal that is broken off at every step, and two writers at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from emeritus.conversation import read_transcript
from emeritus.foundation import Silent, canonical_json
from emeritus.journal import (
    DraftBroken,
    WritingNow,
    ask_to_submit,
    drafts_of,
    parse_draft,
    posts_of,
    release,
    replay_post,
    text_of,
    write,
)
from emeritus.journal.draft import path_of, writing_in
from emeritus.runtime import WorkerDied
from emeritus.testing import ScriptedEngine
from tests.conversation.rooms import room
from tests.journal.test_journal import (
    NAMED,
    SUBMITS,
    WORDS,
    WRITES,
    _open,
    _place,
    _publish,
    _submit,
    _write,
)
from tests.journeys.houses import NAME, verify


class Killed(BaseException):
    """As when the process is killed: nothing that catches errors catches it."""


class KilledAt:
    """A progress during which the process dies after so many tokens."""

    def __init__(self, tokens: int) -> None:
        self.left = tokens

    def begin(self, stage: str, total: int | None, unit: str) -> None:
        del stage, total, unit

    def advance(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise Killed

    def end(self) -> None:
        pass


def test_two_do_not_write_in_one_home_at_once(tmp_path: Path) -> None:
    house, place = _place(tmp_path)
    _open(place)
    size = house.record.log.checkpoint()
    with writing_in(place.drafts), pytest.raises(WritingNow):
        _write(place)
    assert house.record.log.checkpoint() == size
    assert _write(place).outcome == "whole"


@pytest.mark.parametrize("tokens", [0, 1, 7])
def test_killed_while_it_writes(tmp_path: Path, tokens: int) -> None:
    house, place = _place(tmp_path, SUBMITS)
    _open(place)
    with pytest.raises(Killed):
        write(place, NAME, actor="steward", progress=KilledAt(tokens))
    assert not list(place.drafts.iterdir())
    fact = _write(place)
    with house.record.read() as index:
        broken, whole = drafts_of(index, NAME)
    assert (broken.outcome, broken.draft, whole) == ("broken", "", fact)
    assert not house.record.rebuild().differing


@pytest.mark.parametrize("tokens", [0, 3, 9])
def test_killed_while_it_is_asked(tmp_path: Path, tokens: int) -> None:
    _, place = _place(tmp_path, SUBMITS)
    _open(place)
    position = _write(place).position
    with pytest.raises(Killed):
        ask_to_submit(place, position, actor="steward", progress=KilledAt(tokens))
    fact = ask_to_submit(place, position, actor="steward", progress=Silent())
    assert fact.state == "in review"
    assert release(place, position, **WORDS, actor="steward").title == "On rivers"


def test_killed_while_it_is_published(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    fact = _submit(place)

    @contextmanager
    def dying(actor: str) -> Iterator[object]:
        with real(actor) as act:
            yield act
            raise Killed

    real = house.record.act
    record = house.record
    setattr(record, "act", dying)  # noqa: B010
    with pytest.raises(Killed):
        release(place, fact.position, **WORDS, actor="steward")
    setattr(record, "act", real)  # noqa: B010
    with house.record.read() as index:
        assert posts_of(index, NAME) == ()
    post = release(place, fact.position, **WORDS, actor="steward")
    assert text_of(house.store, post).startswith(b"# On rivers")
    assert verify(house.home / "store").is_whole


def test_killed_while_it_is_replayed(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    post = _publish(place)
    with pytest.raises(Killed):
        replay_post(place, post.position, actor="steward", progress=KilledAt(5))
    dying = room(house, tmp_path, ScriptedEngine(script=WRITES, dies_after=3))
    with pytest.raises(WorkerDied):
        replay_post(dying, post.position, actor="steward", progress=Silent())
    with house.record.read() as index:
        assert posts_of(index, NAME)[0].replay is None
    found = replay_post(place, post.position, actor="steward", progress=Silent())
    assert found.verdict == "as written"


def test_other_weights_are_found_by_the_replay(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    post = _publish(place)
    other = room(house, tmp_path, ScriptedEngine())
    found = replay_post(other, post.position, actor="steward", progress=Silent())
    assert (found.verdict, len(found.positions)) == ("not as written", min(found.mismatches, 50))
    with house.record.read() as index:
        assert posts_of(index, NAME)[0].replay is not None


@pytest.mark.parametrize("text", ["{options} {0} {x}", "<script>alert(1)</script>", "a" * 1_500])
def test_its_own_words_are_read_back_unchanged(tmp_path: Path, text: str) -> None:
    house, _ = _place(tmp_path)
    script = {**NAMED, next(iter(WRITES)): text, **SUBMITS}
    place = replace(room(house, tmp_path, ScriptedEngine(script=script)), window_tokens=60_000)
    _open(place)
    draft = write(place, NAME, most_tokens=2_000, actor="steward", progress=Silent())
    ask_to_submit(place, draft.position, actor="steward", progress=Silent())
    held = read_transcript(place.draft(f"submit-{draft.position}").read_bytes())
    told = held.lines[0].text
    if len(text) < 1_200:
        assert told == f"This is what you wrote:\n\n{text}"
    else:
        assert told.startswith("This is the beginning of what you wrote, 1200 of 1500 characters")
        assert told.endswith(f"\n\n{text[:1_200]}")


def test_a_hostile_draft_is_no_draft(tmp_path: Path) -> None:
    _, place = _place(tmp_path)
    _open(place)
    fact = _write(place)
    data = path_of(place.drafts, fact.commission).read_bytes()
    good = parse_draft(data, "draft")
    changes: list[dict[str, object]] = [
        {"root": "zz"},
        {"seed": "A" * 64},
        {"commission": -1},
        {"attempt": 2**40},
        {"temperature": "nan"},
        {"temperature": "1\n"},
    ]
    for change in changes:
        forged = canonical_json({**msgspec.to_builtins(good), **change})
        with pytest.raises(DraftBroken):
            parse_draft(forged, "draft")
