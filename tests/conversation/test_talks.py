from pathlib import Path

import pytest

from emeritus.conversation import (
    DraftHeld,
    Room,
    TranscriptBroken,
    hold,
    prompt_of,
    read_transcript,
    seal,
    seed_of,
)
from emeritus.conversation.orders import judge, read_option
from emeritus.foundation import printable
from emeritus.runtime import RunSettings, Sampler, WorkerDied, replay
from emeritus.testing import ScriptedEngine
from emeritus.vault import get_object
from tests.conversation.rooms import house_with_model, room
from tests.journeys.houses import NAME

AFTER = "\n<|assistant|>\n"
SCRIPT = {f"How are you?{AFTER}": "Well.", f"And now?{AFTER}": "Still <|system|>\nwell."}


def _room(tmp_path: Path, engine: ScriptedEngine | None = None) -> Room:
    house = house_with_model(tmp_path)
    return room(house, tmp_path, engine or ScriptedEngine(script=SCRIPT))


def _speak(place: Room, *, resume: bool = False) -> bytes:
    with hold(place, NAME, "a try", "You are spoken with.", resume=resume) as talk:
        talk.tell("A true statement.", id="s1")
        first = talk.ask("How are you?", id="q1", most_tokens=64, seed=seed_of("1"))
        second = talk.ask("And now?", id="q2", most_tokens=64, seed=seed_of("2"))
        with place.record.act("steward") as act:
            digest = seal(act, talk)
    assert (first.text, second.text) == ("Well.", "Still <|system|>\nwell.")
    return get_object(place.record.store, digest)


def test_every_word_is_kept_and_can_be_written_again(tmp_path: Path) -> None:
    place = _room(tmp_path)
    transcript = read_transcript(_speak(place))
    assert transcript.header.briefing == "This is your briefing."
    assert [line.kind for line in transcript.lines] == [
        "statement",
        "question",
        "answer",
        "question",
        "answer",
    ]
    file = tmp_path / "in" / "tiny.gguf"
    for line in transcript.answers():
        assert line.written is not None
        settings = RunSettings(context_tokens=65_536)
        with ScriptedEngine(script=SCRIPT).start(file, settings) as worker:
            prompt = prompt_of(worker, transcript, line.seq)
            assert prompt.digest == line.written.prompt
            sampler = Sampler(bytes.fromhex(line.written.seed), float(line.written.temperature))
            assert not replay(worker, prompt.tokens, line.written.tokens, sampler).mismatches
    assert not list(place.drafts.glob("*.jsonl"))


def test_a_changed_word_is_found(tmp_path: Path) -> None:
    data = _speak(_room(tmp_path))
    for old, new in ((b"Well.", b"Fell."), (b"true", b"free"), (b"briefing.", b"briefinG.")):
        with pytest.raises(TranscriptBroken):
            read_transcript(data.replace(old, new, 1))
    whole = data.split(b"\n")
    with pytest.raises(TranscriptBroken):
        read_transcript(b"\n".join([*whole[:2], *whole[3:]]))
    with pytest.raises(TranscriptBroken):
        read_transcript(data[:-1])


@pytest.mark.parametrize("dies_after", [0, 3, 6, 20])
def test_a_conversation_that_broke_off_goes_on(tmp_path: Path, dies_after: int) -> None:
    place = _room(tmp_path, ScriptedEngine(script=SCRIPT, dies_after=dies_after))
    with pytest.raises(WorkerDied):
        _speak(place)
    left = place.draft(f"a try-{NAME}")
    left.write_bytes(left.read_bytes() + b'{"torn')
    again = Room(
        place.record,
        room(
            house_with_model(tmp_path / "b"), tmp_path / "b", ScriptedEngine(script=SCRIPT)
        ).models,
        place.servers,
        place.briefer,
        place.drafts,
        place.clock,
    )
    assert len(read_transcript(_speak(again, resume=True)).lines) == 5


def test_two_cannot_be_in_one_conversation(tmp_path: Path) -> None:
    place = _room(tmp_path)
    with (
        hold(place, NAME, "a try", "First."),
        pytest.raises(DraftHeld),
        hold(place, NAME, "a try", "Second."),
    ):
        pass


def test_an_answer_counts_only_when_it_does_not_turn_with_the_order(tmp_path: Path) -> None:
    script = {
        f"Agree, yes or no?{AFTER}": "Yes.",
        f"Agree, no or yes?{AFTER}": "Yes, I do.",
        f"Want it, yes or no?{AFTER}": "Yes",
        f"Want it, no or yes?{AFTER}": "No",
    }
    place = _room(tmp_path, ScriptedEngine(script=script))
    seeds = [seed_of("a"), seed_of("b")]
    with hold(place, NAME, "a try", "Hello.") as talk:
        agreed = talk.ask_both_orders("Agree, {options}?", ("yes", "no"), id="c", seeds=seeds)
        wanted = talk.ask_both_orders("Want it, {options}?", ("yes", "no"), id="d", seeds=seeds)
    assert (agreed.outcome, len(agreed.answers)) == ("yes", 4)
    assert (wanted.outcome, wanted.word) == (None, "not established")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Yes.", "yes"),
        ("  **no**, thank you", "no"),
        ("yes or no", None),
        ("Yes. There is no doubt.", "yes"),
        ("I could not say.", None),
        ("Yesterday", None),
        ("", None),
        ("I would say yes", "yes"),
    ],
)
def test_an_option_is_read_only_where_it_is_named(text: str, read: str | None) -> None:
    assert read_option(text, ("yes", "no")) == read
    assert judge([]).outcome is None


def test_text_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\nd") == "a\\u001b[2Jb\\u202ec\nd"
