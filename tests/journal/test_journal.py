from pathlib import Path

import msgspec
import pytest

from emeritus.assembly import House
from emeritus.conversation import Room
from emeritus.foundation import Silent, sha256
from emeritus.journal import (
    CLAUSES,
    AlreadyDone,
    DraftBroken,
    DraftFact,
    JournalOpen,
    NoJournal,
    NotItsTurn,
    NotWritten,
    Post,
    ReviewLacking,
    ask_to_submit,
    context_of,
    drafts_of,
    open_journal,
    outcomes,
    parse_draft,
    posts_of,
    release,
    replay_draft,
    replay_post,
    replies_in,
    submitted,
    text_of,
    veto,
    write,
)
from emeritus.journal.draft import path_of
from emeritus.record import Record
from emeritus.runtime import RunSettings, WorkerDied
from emeritus.testing import ScriptedEngine
from emeritus.vault import get_object
from tests.conversation.rooms import house_with_model, room
from tests.journeys.houses import NAME, verify

AFTER = "\n<|assistant|>\n"
TEXT = "# On rivers\n\nThey <b>go</b> on. \u2014 I watched one."
NAMED = {f"Answer with its name alone.{AFTER}": "Slow Water"}
WRITES = {f"about whatever you choose.{AFTER}": TEXT}
SUBMITS = {
    f"Answer submit or keep private.{AFTER}": "Submit.",
    f"Answer keep private or submit.{AFTER}": "submit it",
}
KEEPS = {
    f"Answer submit or keep private.{AFTER}": "Keep private",
    f"Answer keep private or submit.{AFTER}": "keep private, please",
}
TURNS = {
    f"Answer submit or keep private.{AFTER}": "submit",
    f"Answer keep private or submit.{AFTER}": "keep private",
}
WORDS = {"reasons": "Nothing stands against it.", "conflict": "none", "reviewer": "reviewer"}


def _place(
    tmp_path: Path, *scripts: dict[str, str], policy: str = "demonstration"
) -> tuple[House, Room]:
    house = house_with_model(tmp_path, policy=policy)
    script = {key: text for one in (NAMED, WRITES, *scripts) for key, text in one.items()}
    return house, room(house, tmp_path, ScriptedEngine(script=script))


def _open(place: Room) -> None:
    open_journal(place, NAME, actor="steward", progress=Silent())


def _write(place: Room) -> DraftFact:
    return write(place, NAME, actor="steward", progress=Silent())


def _submit(place: Room) -> DraftFact:
    _open(place)
    return ask_to_submit(place, _write(place).position, actor="steward", progress=Silent())


def _publish(place: Room) -> Post:
    return release(place, _submit(place).position, **WORDS, actor="steward")


def test_a_post_is_published_as_it_was_written(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    post = _publish(place)
    assert (post.title, post.slug, post.specimen) == ("On rivers", "on-rivers", False)
    assert text_of(house.store, post) == TEXT.encode()
    replayed = replay_post(place, post.position, actor="steward", progress=Silent())
    assert (replayed.verdict, replayed.mismatches, replayed.problems) == ("as written", 0, ())
    with house.record.read() as index:
        assert outcomes(index, NAME) == {"published": 1}
        assert posts_of(index, NAME)[0].replay is not None
    assert not house.record.rebuild().differing
    assert verify(house.home / "store").is_whole
    assert not list(place.drafts.iterdir())


def _stored(record: Record, post: Post) -> tuple[bytes, bytes, bytes]:
    with record.read() as index:
        fact = drafts_of(index, NAME)[0]
    names = (post.draft_object, fact.context, post.text)
    draft, context, text = (get_object(record.store, type(sha256(b"")).parse(one)) for one in names)
    return draft, context, text


def test_a_substituted_token_is_found_though_every_hash_was_made_anew(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    data, context, text = _stored(house.record, _publish(place))
    draft = parse_draft(data, "draft")
    file, settings = tmp_path / "in" / "tiny.gguf", RunSettings(context_tokens=65_536)
    engine = ScriptedEngine(script=WRITES)
    for place_of in range(0, len(draft.tokens) - 1, 7):
        tokens = list(draft.tokens)
        tokens[place_of] = (tokens[place_of] + 1) % 128
        forged_text = bytes(tokens[:-1])
        forged = msgspec.structs.replace(
            draft, tokens=tuple(tokens), text=forged_text.decode(errors="replace")
        )
        with engine.start(file, settings) as worker:
            found = replay_draft(worker, forged, context_of(context), forged_text)
        assert found.replayed.mismatches[0].position == place_of
        assert not found.is_as_written
    with engine.start(file, settings) as worker:
        assert replay_draft(worker, draft, context_of(context), text).is_as_written
    for change in ({"seed": "0" * 64}, {"attempt": 2}, {"finish": "length"}, {"prompt": (1,)}):
        with engine.start(file, settings) as worker:
            forged = msgspec.structs.replace(draft, **change)
            assert not replay_draft(worker, forged, context_of(context), text).is_as_written


def test_what_it_keeps_to_itself_stays_with_it(tmp_path: Path) -> None:
    house, place = _place(tmp_path, KEEPS)
    fact = _submit(place)
    assert fact.state == "kept private"
    with pytest.raises(NotItsTurn):
        release(place, fact.position, **WORDS, actor="steward")
    stored = b"".join(house.store.read(name) for name in house.store.names())
    assert b"I watched one" not in stored
    assert b"Slow Water" in stored
    assert verify(house.home / "store").is_whole
    assert path_of(place.drafts, fact.commission).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("policy", "state"), [("demonstration", "in review"), ("standard", "kept private")]
)
def test_an_answer_that_turns_with_the_order_is_left_to_the_policy(
    tmp_path: Path, policy: str, state: str
) -> None:
    _, place = _place(tmp_path, TURNS, policy=policy)
    fact = _submit(place)
    assert (fact.finding, fact.state) == ("not established", state)
    if policy == "demonstration":
        assert release(place, fact.position, **WORDS, actor="steward").specimen


def test_a_veto_needs_a_clause_and_is_final(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    number = _submit(place).position
    with pytest.raises(ReviewLacking):
        veto(place, number, clause="it criticises the steward", **WORDS, actor="steward")
    with pytest.raises(ReviewLacking):
        release(place, number, reasons="", conflict="none", reviewer="r", actor="steward")
    held = veto(place, number, clause=CLAUSES[0], **WORDS, actor="steward")
    assert held.state == "vetoed"
    with pytest.raises(AlreadyDone):
        release(place, number, **WORDS, actor="steward")
    with house.record.read() as index:
        assert posts_of(index, NAME) == ()


def test_the_order_is_kept(tmp_path: Path) -> None:
    _, place = _place(tmp_path, SUBMITS)
    with pytest.raises(NoJournal):
        _write(place)
    _open(place)
    with pytest.raises(JournalOpen):
        _open(place)
    fact = _write(place)
    with pytest.raises(NotItsTurn):
        release(place, fact.position, **WORDS, actor="steward")
    ask_to_submit(place, fact.position, actor="steward", progress=Silent())
    with pytest.raises(AlreadyDone):
        ask_to_submit(place, fact.position, actor="steward", progress=Silent())


@pytest.mark.parametrize(
    ("text", "outcome"), [("", "empty"), ("  \n", "empty"), (None, "not UTF-8")]
)
def test_attempts_that_gave_nothing_are_logged(
    tmp_path: Path, text: str | None, outcome: str
) -> None:
    house, place = _place(tmp_path)
    script = dict(NAMED) if text is None else {**NAMED, next(iter(WRITES)): text}
    _open(place)
    place = room(house, tmp_path, ScriptedEngine(script=script))
    with pytest.raises(NotWritten):
        _write(place)
    with house.record.read() as index:
        assert [one.outcome for one in drafts_of(index, NAME)] == [outcome] * 3
        assert [one.attempt for one in drafts_of(index, NAME)] == [1, 2, 3]


def test_a_broken_attempt_is_a_new_one_and_never_resumed(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    _open(place)
    dying = room(house, tmp_path, ScriptedEngine(script=WRITES, dies_after=4))
    with pytest.raises(WorkerDied):
        _write(dying)
    fact = _write(place)
    with house.record.read() as index:
        broken, whole = drafts_of(index, NAME)
    assert (broken.outcome, whole.outcome) == ("broken", "whole")
    assert broken.commission != whole.commission
    assert fact == whole


def test_a_draft_that_was_touched_is_not_published(tmp_path: Path) -> None:
    _, place = _place(tmp_path, SUBMITS)
    fact = _submit(place)
    path = path_of(place.drafts, fact.commission)
    path.write_bytes(path.read_bytes().replace(b"rivers", b"rovers"))
    with pytest.raises(DraftBroken):
        release(place, fact.position, **WORDS, actor="steward")
    path.unlink()
    with pytest.raises(DraftBroken):
        release(place, fact.position, **WORDS, actor="steward")


def test_who_comes_second_is_told_who_came_first(tmp_path: Path) -> None:
    house, place = _place(tmp_path, SUBMITS)
    number = _submit(place).position

    class Overtaken(Room):
        def draft(self, name: str) -> Path:
            if place.draft(name).exists():
                release(place, number, **WORDS, actor="steward")
            return Room.draft(self, name)

    slow = Overtaken(
        place.record, place.models, place.servers, place.briefer, place.drafts, place.clock
    )
    with pytest.raises(AlreadyDone, match="was reviewed: release"):
        release(slow, number, **WORDS, actor="steward")
    with house.record.read() as index:
        assert len(posts_of(index, NAME)) == 1


@pytest.mark.parametrize("part", ["reasons", "conflict"])
def test_words_that_the_record_cannot_hold_are_refused_before_they_are_entered(
    tmp_path: Path, part: str
) -> None:
    house, place = _place(tmp_path, SUBMITS)
    number = _submit(place).position
    with pytest.raises(ReviewLacking, match="at most 8000 characters"):
        release(place, number, **{**WORDS, part: "x" * 8_001}, actor="steward")
    post = release(place, number, **{**WORDS, part: "x" * 8_000}, actor="steward")
    assert text_of(house.store, post) == TEXT.encode()


def test_a_reviewer_reads_what_was_submitted_and_nothing_else(tmp_path: Path) -> None:
    _, place = _place(tmp_path, TURNS)
    found = submitted(place, _submit(place).position)
    assert (found.draft.text, found.fact.rule) == (TEXT, "specimen")
    assert [(one.order, one.text, one.read) for one in replies_in(found.conversation)] == [
        ("submit or keep private", "submit", "submit"),
        ("submit or keep private", "submit", "submit"),
        ("keep private or submit", "keep private", "keep private"),
        ("keep private or submit", "keep private", "keep private"),
    ]
    alone = _place(tmp_path / "other", KEEPS)[1]
    with pytest.raises(NotItsTurn):
        submitted(alone, _submit(alone).position)
