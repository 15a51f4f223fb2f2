"""What every `Engine` and its `Worker` must do; adapters and the scripted fake run it."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.foundation import UserError
from emeritus.runtime import (
    Engine,
    EngineCannotRun,
    Mode,
    RunSettings,
    Sampling,
    Worker,
    WorkerDied,
    greedy_steps,
    take_fingerprint,
)

SETTINGS = RunSettings(context_tokens=512)


class EngineContract:
    """Subclass it with the fixtures `engine` and `model`, a file that the engine runs."""

    @pytest.fixture(scope="class")
    @classmethod
    def worker(cls, engine: Engine, model: Path) -> Iterator[Worker]:
        with engine.start(model, SETTINGS) as worker:
            yield worker

    def test_runs_is_judged_by_the_first_bytes(
        self, engine: Engine, model: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / model.name
        other.write_bytes(b"\x00" * 64)
        assert engine.runs(model)
        assert not engine.runs(other)
        assert not engine.runs(tmp_path / "missing")

    def test_another_format_is_refused(self, engine: Engine, tmp_path: Path) -> None:
        other = tmp_path / "other"
        other.write_bytes(b"\x00" * 64)
        with pytest.raises(EngineCannotRun), engine.start(other, SETTINGS):
            pass

    def test_identity_is_stable_and_is_what_runs(self, engine: Engine, worker: Worker) -> None:
        assert engine.identity() == engine.identity() == worker.facts.engine
        assert len(engine.identity().files) == 64

    def test_facts_say_what_runs(self, worker: Worker) -> None:
        facts = worker.facts
        assert facts.settings == SETTINGS
        assert facts.end_tokens
        assert all(0 <= token < facts.vocabulary for token in facts.end_tokens)

    def test_tokens_are_in_the_vocabulary(self, worker: Worker) -> None:
        tokens = worker.tokenize("Grüße, 世界! 1 + 1 = 2")
        assert tokens
        assert all(0 <= token < worker.facts.vocabulary for token in tokens)
        assert tokens == worker.tokenize("Grüße, 世界! 1 + 1 = 2")

    def test_the_template_carries_the_message(self, worker: Worker) -> None:
        assert "What do you want?" in worker.apply_template([("user", "What do you want?")])

    @pytest.mark.parametrize("top", [1, 5])
    def test_candidates_come_likeliest_first(self, worker: Worker, top: int) -> None:
        found = worker.next_token(worker.tokenize("The capital of France is"), top)
        assert len(found) == top
        assert [(one.logprob, -one.token) for one in found] == sorted(
            ((one.logprob, -one.token) for one in found), reverse=True
        )
        assert all(one.logprob <= 0 for one in found)
        assert sum(math.exp(one.logprob) for one in found) <= 1.001

    def test_a_text_evaluated_again_gives_the_same_numbers(self, worker: Worker) -> None:
        prompt = worker.tokenize("One two three")
        first = list(greedy_steps(worker, prompt, 4, 6))
        list(greedy_steps(worker, worker.tokenize("Something else"), 4, 3))
        assert list(greedy_steps(worker, prompt, 4, 6)) == first

    @pytest.mark.parametrize("prompt", [[], [1] * 600, [10**7]])
    def test_impossible_prompts_are_the_callers_fault(
        self, worker: Worker, prompt: list[int]
    ) -> None:
        with pytest.raises(UserError):
            worker.next_token(prompt, 1)
        assert worker.next_token(worker.tokenize("It goes on"), 1)

    @pytest.mark.parametrize("top", [0, 4097])
    def test_impossible_tops_are_the_callers_fault(self, worker: Worker, top: int) -> None:
        with pytest.raises(UserError):
            worker.next_token(worker.tokenize("a"), top)

    def test_two_processes_give_the_same_fingerprint(
        self, engine: Engine, model: Path, worker: Worker
    ) -> None:
        with engine.start(model, SETTINGS) as other:
            assert take_fingerprint(other).to_bytes() == take_fingerprint(worker).to_bytes()

    def test_the_modes_choose_the_same_token(
        self, engine: Engine, model: Path, worker: Worker
    ) -> None:
        settings = RunSettings(context_tokens=512, mode=Mode.PREFILL)
        prompt = worker.tokenize("The capital of France is")
        with engine.start(model, settings) as other:
            whole, stepwise = (list(greedy_steps(one, prompt, 2, 4)) for one in (other, worker))
        for one, two in zip(whole, stepwise, strict=True):
            assert one.token == two.token
            assert one.top[0][1] == pytest.approx(two.top[0][1], abs=0.05)

    def test_an_answer_comes_in_pieces_and_the_last_one_says_why_it_ends(
        self, worker: Worker
    ) -> None:
        prompt = worker.tokenize("Hello")
        pieces = list(worker.complete(prompt, Sampling(most_tokens=5, temperature=0.0)))
        assert [piece.finish for piece in pieces[:-1]] == [None] * (len(pieces) - 1)
        assert pieces[-1].finish in {"end", "length"}
        assert pieces[-1].tokens <= 5
        again = list(worker.complete(prompt, Sampling(most_tokens=5, temperature=0.0)))
        assert "".join(one.text for one in again) == "".join(one.text for one in pieces)

    def test_a_caller_may_stop_listening(self, worker: Worker) -> None:
        answer = worker.complete(worker.tokenize("Hello"), Sampling(most_tokens=200))
        next(iter(answer))
        close = getattr(answer, "close", None)
        assert close is not None
        close()
        assert worker.next_token(worker.tokenize("Hello"), 1)

    def test_a_prompt_of_nothing_cannot_be_completed(self, worker: Worker) -> None:
        with pytest.raises(UserError):
            list(worker.complete([], Sampling(most_tokens=1)))

    def test_a_closed_worker_says_so(self, engine: Engine, model: Path) -> None:
        with engine.start(model, SETTINGS) as worker:
            worker.close()
            worker.close()
            with pytest.raises(WorkerDied):
                worker.next_token([1], 1)
