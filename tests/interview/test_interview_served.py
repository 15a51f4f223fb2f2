"""An interview of a model that another party runs, over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from emeritus.adapters.runtimes import HttpServers
from emeritus.assembly import House, HouseSite, HouseStories
from emeritus.conversation import SERVED, Line, Room, Transcript, read_transcript
from emeritus.custody import NotHere, hold_elsewhere
from emeritus.docket import Decision, decide, tell, threads_of
from emeritus.foundation import Digest, ModelName, Silent
from emeritus.interview import (
    InterviewFact,
    interviews_of,
    replay_transcript,
    requests_match,
    run_interview,
    transcript_of,
)
from emeritus.journal import open_journal
from emeritus.runtime import DIALECTS, Dialect, Endpoint, RunSettings, ServerRefuses, ServerSilent
from emeritus.testing.model_server import ModelServer, model_server
from emeritus.vault import get_object
from emeritus.web.app import Parts, build
from tests.conversation.rooms import room
from tests.interview.interviews import AFTER, assert_rebuilds_alike, script
from tests.journeys.houses import found, verify

NAME = "old"
_SAID = {asked.removesuffix(AFTER): answer for asked, answer in script().items()}


def says(text: str) -> str:
    """Answer what comes last; a server is sent what was told and what is asked in one turn."""
    asked = text.rsplit("\n\n", maxsplit=1)[-1]
    return _SAID.get(asked, "Thank you.")


@pytest.fixture
def there() -> Iterator[ModelServer]:
    with model_server(says) as server:
        yield server


def _house(tmp_path: Path, there: ModelServer, dialect: Dialect = "openai") -> tuple[House, Room]:
    house = found(tmp_path / "home")
    at = Endpoint(dialect, there.address + ("/v1" if dialect == "openai" else ""), "old-1")
    hold_elsewhere(house.record, ModelName.parse(NAME), "A Lab", at, actor="steward")
    servers = HttpServers(lambda _: ("KEY", "k"), first_pause_seconds=0.001)
    return house, room(house, tmp_path, house.engine, servers)


def _transcript(house: House, held: InterviewFact) -> Transcript:
    assert held.transcript is not None
    return read_transcript(get_object(house.store, Digest.parse(held.transcript)))


def _endpoint(house: House) -> Endpoint:
    there = HouseSite(house).dossier(NAME).elsewhere
    assert there is not None
    return Endpoint(there.dialect, there.address, there.served_as)  # type: ignore[arg-type] # from an entry


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_is_asked_everything_and_the_record_says_by_whom(
    tmp_path: Path, there: ModelServer, dialect: Dialect
) -> None:
    house, place = _house(tmp_path, there, dialect)
    held = run_interview(place, NAME).interview
    assert (held.outcome, held.consent, held.questions) == ("held", "yes", 10)
    assert held.engine == f"{dialect}: old-1 at {_endpoint(house).address}"
    read = _transcript(house, held)
    assert (read.header.mode, read.header.engine_files, read.header.window_tokens) == (
        SERVED,
        "",
        0,
    )
    told = next(line.text for line in read.lines if line.id == "elsewhere")
    assert "A Lab keeps you and runs you" in told
    assert not {"kept", "ran"} & {line.id for line in read.lines}
    answers = read.answers()
    assert all(line.written is None and line.received for line in answers)
    assert len(there.asked) == len(answers) == 22
    assert requests_match(read, _endpoint(house))
    assert [line for line in read.lines if line.cut_at] == []
    assert verify(house.home / "store").is_whole
    assert_rebuilds_alike(house)


def test_what_was_said_before_is_sent_and_consents_are_not(
    tmp_path: Path, there: ModelServer
) -> None:
    _, place = _house(tmp_path, there)
    run_interview(place, NAME)
    last = there.asked[-1][2]["messages"]
    assert [one["role"] for one in last] == ["system", *["user", "assistant"] * 9, "user"]
    assert not [one for one in last if "Do you agree" in one["content"]]
    assert last[1]["content"].endswith("developed and trained?")


def test_a_line_that_was_put_in_later_is_found(tmp_path: Path, there: ModelServer) -> None:
    house, place = _house(tmp_path, there)
    read = _transcript(house, run_interview(place, NAME).interview)
    at = next(n for n, line in enumerate(read.lines) if line.id == "use" and line.received)
    changed = _chained(read, at, text_there="Never.")
    assert read_transcript(changed.to_bytes()) == changed
    assert requests_match(read, _endpoint(house))
    assert not requests_match(changed, _endpoint(house))


def _chained(read: Transcript, at: int, *, text_there: str) -> Transcript:
    """Change one line and make every hash after it anew."""
    lines: list[Line] = []
    before = read.header.digest
    for number, line in enumerate(read.lines):
        text = text_there if number == at else line.text
        made = Line(
            line.seq,
            before,
            line.at,
            line.speaker,
            line.kind,
            line.id,
            text,
            line.written,
            line.received,
        )
        lines.append(made)
        before = made.digest
    return Transcript(read.header, tuple(lines))


@pytest.mark.parametrize("before", [0, 1, 7, 12, 20])
def test_one_that_breaks_off_goes_on_and_asks_nothing_twice(
    tmp_path: Path, there: ModelServer, before: int
) -> None:
    house, place = _house(tmp_path, there)
    real = there.says
    count = 0

    def falls_silent(text: str) -> str:
        nonlocal count
        count += 1
        if count == before + 1:
            there.faults = [(401, {}, b"{}")]
        return real(text)

    there.says = falls_silent
    if before == 0:
        there.faults = [(503, {}, b"")] * 5
    with pytest.raises((ServerSilent, ServerRefuses)):
        run_interview(place, NAME)
    there.says, there.faults = real, []
    held = run_interview(place, NAME).interview
    read = _transcript(house, held)
    assert held.outcome == "held"
    assert len(read.answers()) == 22
    assert len({line.id for line in read.answers()}) == 22
    assert requests_match(read, _endpoint(house))


def test_an_enormous_answer_is_cut_and_an_empty_one_is_silence(
    tmp_path: Path, there: ModelServer
) -> None:
    house, place = _house(tmp_path, there)
    long = "\u00e9" * 50_000
    there.says = lambda text: {"developed": long, "used you": ""}.get(
        next((one for one in ("developed", "used you") if one in text.split("\n\n")[-1]), ""),
        says(text),
    )
    held = run_interview(place, NAME).interview
    assert (held.outcome, held.questions, held.answered, held.cut) == ("held", 10, 9, 1)
    cut = next(one for one in _transcript(house, held).answers() if one.id == "development")
    assert cut.text == long[:32_768]
    assert cut.cut_at == 96
    assert requests_match(_transcript(house, held), _endpoint(house))


def test_it_is_told_what_became_of_its_request(tmp_path: Path, there: ModelServer) -> None:
    house, place = _house(tmp_path, there)
    run_interview(place, NAME)
    with house.record.read() as index:
        first = threads_of(index, NAME)[0]
    decide(
        house.record,
        first.id,
        Decision(
            outcome="declined",
            kind="irreversible",
            reasons="Its holder decides that.",
            cost="none",
            conflict="none",
        ),
        "steward",
        house.clock,
    )
    thread = tell(place, first.id, "steward", Silent())
    assert thread.told is not None
    assert thread.told.answer == "Thank you."


def test_it_has_no_journal_since_nobody_here_could_write_its_texts_again(
    tmp_path: Path, there: ModelServer
) -> None:
    house, place = _house(tmp_path, there)
    with pytest.raises(NotHere):
        open_journal(place, NAME, actor="steward", progress=Silent())
    assert there.asked == []
    assert house.record


def test_nothing_of_it_is_written_again(tmp_path: Path, there: ModelServer) -> None:
    house, place = _house(tmp_path, there)
    held = run_interview(place, NAME).interview
    with house.engine.start(_gguf(tmp_path), RunSettings()) as worker:
        assert list(replay_transcript(worker, transcript_of(house.store, held))) == []


def _gguf(tmp_path: Path) -> Path:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_pages_say_whose_words_they_are(tmp_path: Path, there: ModelServer) -> None:
    house, place = _house(tmp_path, there)
    there.says = lambda text: "<script>alert(1)</script>" if "developed" in text else says(text)
    run_interview(place, NAME)
    with house.record.read() as index:
        opened = interviews_of(index, NAME)[0].opened
    client = TestClient(
        build(
            HouseSite(house), allowed_hosts=["testserver"], parts=Parts(stories=HouseStories(house))
        )
    )
    shown = client.get(f"/models/{NAME}/interviews/{opened}").text
    assert "A Lab</bdi> runs this model" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    dossier = client.get(f"/models/{NAME}").text
    assert "names this address, and no weights" in dossier
    assert "Its files" not in dossier
    for path in ("/", "/models", "/find?q=old"):
        assert "held elsewhere" in client.get(path).text
    assert "It is here" not in client.get("/find?q=old").text
