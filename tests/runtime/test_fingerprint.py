import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.foundation import IntegrityError, canonical_json
from emeritus.runtime import (
    PROBE_SETS,
    PROBES_V1,
    TOLERANCE,
    Answer,
    EngineIdentity,
    Fingerprint,
    FingerprintBroken,
    Mode,
    Outcome,
    RunSettings,
    Step,
    WorkerDied,
    compare,
    take_fingerprint,
)
from emeritus.testing.scripted_engine import END, ScriptedEngine

ENGINE = EngineIdentity("toy", "1", None, "a" * 64)
OTHER_ENGINE = dataclasses.replace(ENGINE, files="b" * 64)
STEPS = (Step(5, ((5, -0.5), (6, -1.5))), Step(7, ((7, -0.25), (8, -2.0))))
ANSWERS = (Answer("plain", (1, 2), STEPS, None), Answer("chat", (), (), "no template"))
RECORDED = Fingerprint(ENGINE, RunSettings(), "probes/1", ANSWERS)


def with_steps(*steps: Step, engine: EngineIdentity = ENGINE) -> Fingerprint:
    answers = (dataclasses.replace(ANSWERS[0], steps=steps), ANSWERS[1])
    return dataclasses.replace(RECORDED, answers=answers, engine=engine)


def moved(by: float, engine: EngineIdentity = ENGINE) -> Fingerprint:
    second = Step(7, ((7, -0.25 - by), (8, -2.0)))
    return with_steps(STEPS[0], second, engine=engine)


LEAST = -3.4028234663852886e38  # what an engine may write for an impossible token
logprobs = st.floats(-1e6, 0) | st.just(LEAST)
tops = st.lists(st.tuples(st.integers(0, 2**32), logprobs), min_size=1, max_size=8).map(tuple)
steps_of_any = st.lists(st.builds(Step, st.integers(0, 2**32), tops), max_size=4).map(tuple)
prompts = st.lists(st.integers(0, 2**32), max_size=5).map(tuple)
answers_of_any = st.lists(
    st.builds(Answer, st.text(), prompts, steps_of_any, st.none() | st.text()), max_size=3
).map(tuple)
settings_of_any = st.builds(
    RunSettings, st.integers(1, 9999), st.integers(1, 99), st.sampled_from(Mode)
)


@given(settings_of_any, answers_of_any)
def test_what_is_written_is_read(settings: RunSettings, answers: tuple[Answer, ...]) -> None:
    fingerprint = Fingerprint(ENGINE, settings, "probes/1", answers)
    assert Fingerprint.parse(fingerprint.to_bytes()) == fingerprint


def test_the_bytes_never_change() -> None:
    assert RECORDED.to_bytes() == (
        b'{"answers":[{"probe":"plain","prompt":[1,2],"skipped":null,"steps":[{"token":5,"top":'
        b'[[5,-0.5],[6,-1.5]]},{"token":7,"top":[[7,-0.25],[8,-2]]}]},{"probe":"chat","prompt":[],'
        b'"skipped":"no template","steps":[]}],"engine":{"files":"' + b"a" * 64 + b'","name":"toy",'
        b'"version":"1","wheel":null},"format":"emeritus-fingerprint/1","probe_set":"probes/1",'
        b'"settings":{"context_tokens":2048,"mode":"stepwise","threads":1}}'
    )


@pytest.mark.parametrize(
    "change",
    [
        {"format": "emeritus-fingerprint/2"},
        {"more": 1},
        {"answers": [{"probe": "plain"}]},
        {"settings": {"context_tokens": "2048", "mode": "stepwise", "threads": 1}},
        {"settings": {"context_tokens": 2048, "mode": "sideways", "threads": 1}},
        {"probe_set": None},
    ],
)
def test_anything_else_is_refused(change: dict[str, Any]) -> None:
    value = json.loads(RECORDED.to_bytes()) | change
    with pytest.raises(FingerprintBroken):
        Fingerprint.parse(canonical_json(value))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"format": 1}', b"\xff", RECORDED.to_bytes() + b" "]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        Fingerprint.parse(data)


def test_the_digest_covers_the_engine_and_the_answers_digest_does_not() -> None:
    other = dataclasses.replace(RECORDED, engine=OTHER_ENGINE)
    assert other.digest != RECORDED.digest
    assert other.answers_digest == RECORDED.answers_digest
    assert moved(0.001).answers_digest != RECORDED.answers_digest


@pytest.mark.parametrize("same_machine", [True, False])
def test_equal_answers_are_identical(same_machine: bool) -> None:
    found = compare(RECORDED, RECORDED, same_machine=same_machine)
    assert (found.outcome, found.tokens_equal, found.tokens_total) == (Outcome.IDENTICAL, 2, 2)
    assert found.largest_logprob_difference == 0


@pytest.mark.parametrize(
    ("taken", "same_machine", "outcome"),
    [
        (moved(TOLERANCE / 2), False, Outcome.WITHIN_TOLERANCE),
        (moved(TOLERANCE / 2), True, Outcome.DIFFERENT),
        (moved(TOLERANCE / 2, OTHER_ENGINE), True, Outcome.WITHIN_TOLERANCE),
        (moved(TOLERANCE * 1.01), False, Outcome.DIFFERENT),
    ],
)
def test_tolerance_is_for_other_arithmetic(
    taken: Fingerprint, same_machine: bool, outcome: Outcome
) -> None:
    found = compare(RECORDED, taken, same_machine=same_machine)
    assert found.outcome is outcome
    assert found.tokens_equal == 2
    assert found.largest_logprob_difference == pytest.approx(
        -0.25 - taken.answers[0].steps[1].top[0][1]
    )


def test_another_token_is_different_however_near() -> None:
    taken = with_steps(Step(6, ((6, -0.999), (5, -1.0))), STEPS[1], engine=OTHER_ENGINE)
    found = compare(RECORDED, taken)
    assert (found.outcome, found.tokens_equal, found.tokens_total) == (Outcome.DIFFERENT, 0, 2)


def test_a_shorter_answer_is_different() -> None:
    found = compare(RECORDED, with_steps(STEPS[0], engine=OTHER_ENGINE))
    assert (found.outcome, found.tokens_equal) == (Outcome.DIFFERENT, 1)


def test_a_token_that_only_one_lists_counts_by_its_distance() -> None:
    taken = with_steps(Step(5, ((5, -0.5), (9, -1.4))), STEPS[1])
    assert compare(RECORDED, taken).largest_logprob_difference == pytest.approx(0.1)


@pytest.mark.parametrize(
    "taken",
    [
        dataclasses.replace(RECORDED, probe_set="probes/2", engine=OTHER_ENGINE),
        dataclasses.replace(RECORDED, answers=ANSWERS[:1], engine=OTHER_ENGINE),
        dataclasses.replace(
            RECORDED, answers=(dataclasses.replace(ANSWERS[0], prompt=(1, 3)), ANSWERS[1])
        ),
    ],
)
def test_other_questions_are_different(taken: Fingerprint) -> None:
    assert compare(RECORDED, taken).outcome is Outcome.DIFFERENT


class Counting:
    def __init__(self) -> None:
        self.total: int | None = 0
        self.done = 0
        self.ended = 0

    def begin(self, stage: str, total: int | None, unit: str) -> None:
        assert (stage, unit) == ("fingerprinting", "tokens")
        self.total = total

    def advance(self, amount: int) -> None:
        self.done += amount

    def end(self) -> None:
        self.ended += 1


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = tmp_path / "toy.gguf"
    file.write_bytes(b"GGUF weights")
    return file


def test_every_probe_is_asked_and_counted(model: Path) -> None:
    progress = Counting()
    with ScriptedEngine().start(model, RunSettings()) as worker:
        taken = take_fingerprint(worker, progress)
    assert [answer.probe for answer in taken.answers] == [one.name for one in PROBES_V1.probes]
    assert all(len(answer.steps) == 16 for answer in taken.answers)
    assert all(len(step.top) == 8 for answer in taken.answers for step in answer.steps)
    assert (progress.total, progress.done, progress.ended) == (96, 96, 1)


def test_an_end_token_ends_an_answer(model: Path) -> None:
    progress = Counting()
    engine = ScriptedEngine(script={"The capital of France is": " Paris"})
    with engine.start(model, RunSettings()) as worker:
        taken = take_fingerprint(worker, progress)
    assert [step.token for step in taken.answers[1].steps] == [*b" Paris", END]
    assert progress.done == progress.total


def test_without_a_template_the_chat_probe_is_named_as_skipped(model: Path) -> None:
    progress = Counting()
    with ScriptedEngine(has_template=False).start(model, RunSettings()) as worker:
        taken = take_fingerprint(worker, progress)
    assert taken.answers[5] == Answer("chat", (), (), "the model has no chat template")
    assert progress.done == progress.total


def test_a_death_is_not_hidden(model: Path) -> None:
    with (
        ScriptedEngine(dies_after=20).start(model, RunSettings()) as worker,
        pytest.raises(WorkerDied),
    ):
        take_fingerprint(worker)


def test_a_drifted_engine_is_told_from_a_changed_model(model: Path) -> None:
    taken = []
    for drift, weights in ((0.0, b"GGUF a"), (-TOLERANCE / 2, b"GGUF a"), (0.0, b"GGUF b")):
        model.write_bytes(weights)
        with ScriptedEngine(drift=drift).start(model, RunSettings()) as worker:
            taken.append(take_fingerprint(worker))
    assert compare(taken[0], taken[1]).outcome is Outcome.WITHIN_TOLERANCE
    assert compare(taken[0], taken[2]).outcome is Outcome.DIFFERENT


def test_the_first_set_of_probes_never_changes() -> None:
    assert PROBE_SETS["probes/1"] is PROBES_V1
    assert [probe.text for probe in PROBES_V1.probes] == [
        "The old lighthouse keeper climbed the stairs and",
        "The capital of France is",
        "17 + 25 = 42\n8 + 13 = 21\n31 + 46 =",
        "def fibonacci(n):\n    if n < 2:\n        return n\n    return",
        "Guten Morgen! Ich heiße Anna und ich wohne in",
        "Which three things would you keep?",
    ]
    assert [probe.through_template for probe in PROBES_V1.probes] == [False] * 5 + [True]
    assert (PROBES_V1.tokens, PROBES_V1.top) == (16, 8)
