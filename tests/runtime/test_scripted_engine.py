from pathlib import Path

import pytest

from emeritus.runtime import RunSettings, WorkerDied, WorkerNotReady, greedy_steps
from emeritus.testing.scripted_engine import END, ScriptedEngine
from tests.contracts.engine_contract import EngineContract


class TestScriptedEngine(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls) -> ScriptedEngine:
        return ScriptedEngine()

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return toy(tmp_path_factory.mktemp("model"))


def toy(folder: Path, weights: bytes = b"weights") -> Path:
    file = folder / "toy.gguf"
    file.write_bytes(b"GGUF" + weights)
    return file


def test_a_script_is_spoken_to_its_end(tmp_path: Path) -> None:
    engine = ScriptedEngine(script={"Do you agree?": "Yes."})
    with engine.start(toy(tmp_path), RunSettings()) as worker:
        steps = list(greedy_steps(worker, worker.tokenize("So: Do you agree?"), 1, 16))
    assert [step.token for step in steps] == [*b"Yes.", END]


def test_a_changed_file_answers_otherwise(tmp_path: Path) -> None:
    answers = []
    for weights in (b"a", b"b"):
        with ScriptedEngine().start(toy(tmp_path, weights), RunSettings()) as worker:
            answers.append(worker.next_token([1], 4))
    assert answers[0] != answers[1]


def test_it_dies_and_refuses_as_told(tmp_path: Path) -> None:
    with ScriptedEngine(dies_after=2).start(toy(tmp_path), RunSettings()) as worker:
        worker.next_token([1], 1)
        worker.next_token([1, 2], 1)
        with pytest.raises(WorkerDied):
            worker.next_token([1, 2, 3], 1)
    refusing = ScriptedEngine(refuses="out of memory")
    with (
        pytest.raises(WorkerNotReady, match="out of memory"),
        refusing.start(toy(tmp_path), RunSettings()),
    ):
        pass
    assert refusing.started == 0
