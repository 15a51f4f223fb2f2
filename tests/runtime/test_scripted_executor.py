from pathlib import Path

import pytest

from emeritus.runtime import Fingerprint, PlainWord, RunSettings, take_fingerprint
from emeritus.testing import ScriptedEngine, ScriptedExecutor
from tests.contracts.executor_contract import ExecutorContract
from tests.runtime.test_scripted_engine import toy


class TestScriptedExecutor(ExecutorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls) -> ScriptedExecutor:
        return ScriptedExecutor()

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        return toy(tmp_path_factory.mktemp("model"))

    @pytest.fixture(scope="class")
    @classmethod
    def taken(cls, model: Path) -> Fingerprint:
        with ScriptedEngine().start(model, RunSettings()) as worker:
            return take_fingerprint(worker)


def test_it_says_what_it_was_told(tmp_path: Path) -> None:
    file = toy(tmp_path)
    with ScriptedEngine().start(file, RunSettings()) as worker:
        taken = take_fingerprint(worker)
    for word in PlainWord:
        assert ScriptedExecutor(word).run(file, taken).word is word
