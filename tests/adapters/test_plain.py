"""The plain executor in its process, on the real model and on files that need an engine."""

import os
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.adapters.runtimes import LlamaEngine, NumpyExecutor, plain
from emeritus.runtime import Fingerprint, PlainWord, RunSettings, take_fingerprint
from emeritus.vault.reader import executor_source
from tests.contracts.executor_contract import ExecutorContract
from tests.vault.tiny_models import Shape, few_words, write_tiny

SETTINGS = RunSettings(context_tokens=256)


class TestNumpyExecutor(ExecutorContract):
    @pytest.fixture(scope="class")
    @classmethod
    def executor(cls, tmp_path_factory: pytest.TempPathFactory) -> NumpyExecutor:
        return NumpyExecutor(tmp_path_factory.mktemp("work") / "new")

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, real_gguf: Path) -> Path:
        return real_gguf

    @pytest.fixture(scope="class")
    @classmethod
    def taken(cls, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
        with LlamaEngine(tmp_path_factory.mktemp("w")).start(model, SETTINGS) as worker:
            return take_fingerprint(worker)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("m") / "m.gguf", few_words())


@pytest.fixture(scope="module")
def taken(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    with LlamaEngine(tmp_path_factory.mktemp("w")).start(model, SETTINGS) as worker:
        return take_fingerprint(worker)


def test_the_program_is_the_one_in_every_store(
    model: Path, taken: Fingerprint, tmp_path: Path
) -> None:
    shown = NumpyExecutor(tmp_path).run(model, taken)
    assert (shown.word, shown.program) == (PlainWord.AGREES, executor_source())
    assert list(tmp_path.iterdir()) == []


def test_other_weights_differ(taken: Fingerprint, tmp_path: Path) -> None:
    other = write_tiny(tmp_path / "m.gguf", few_words(), Shape(base=500.0))
    shown = NumpyExecutor(tmp_path).run(other, taken)
    assert shown.word is PlainWord.DIFFERS
    assert shown.figures is not None
    assert shown.figures.mean > 0.05


def test_another_way_of_reading_differs(taken: Fingerprint, tmp_path: Path) -> None:
    words = few_words(merges=["Ġ t", "h e", "l i", "g h", "h o"] + ["Ġ a"] * 7)
    shown = NumpyExecutor(tmp_path).run(write_tiny(tmp_path / "m.gguf", words), taken)
    assert shown.word is PlainWord.DIFFERS
    assert shown.said.startswith("its text becomes other tokens; ")


def test_another_architecture_needs_its_engine(taken: Fingerprint, tmp_path: Path) -> None:
    file = write_tiny(tmp_path / "m.gguf", few_words(), Shape("gemma3"))
    shown = NumpyExecutor(tmp_path).run(file, taken)
    assert shown.word is PlainWord.ENGINE_ONLY
    known = "this executor knows the architectures llama, qwen2, qwen3, and this file is gemma3"
    assert shown.said == known


def test_what_is_too_large_is_not_tried(model: Path, taken: Fingerprint, tmp_path: Path) -> None:
    shown = NumpyExecutor(tmp_path, most_work=1e6).run(model, taken)
    assert shown.word is PlainWord.NOT_RUN
    assert "and 1.0e+06 are allowed" in shown.said


def test_what_takes_too_long_is_ended(model: Path, taken: Fingerprint, tmp_path: Path) -> None:
    shown = NumpyExecutor(tmp_path, seconds=0.05).run(model, taken)
    assert (shown.word, shown.said) == (PlainWord.NOT_RUN, "it took more than 0.05 seconds")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Another program in the executor's place."""
    file = tmp_path / "stand_in.py"
    monkeypatch.setattr(plain, "EXECUTOR", file)
    os.environ["EMERITUS_TEST_SECRET"] = "hunter2"
    yield file
    del os.environ["EMERITUS_TEST_SECRET"]


def test_it_is_confined(model: Path, taken: Fingerprint, stand_in: Path, tmp_path: Path) -> None:
    stand_in.write_text(
        textwrap.dedent("""
        import os, resource, sys
        status = open("/proc/self/status").read()
        memory = resource.getrlimit(resource.RLIMIT_AS)[0]
        network = open("/proc/self/net/dev").read().splitlines()[2:]
        said = [sorted(os.environ), "NoNewPrivs:\\t1" in status, memory < 3 << 30,
                resource.getrlimit(resource.RLIMIT_FSIZE)[0], len(network), os.getcwd()]
        sys.exit("x: %s" % said)
        """)
    )
    shown = NumpyExecutor(tmp_path / "work").run(model, taken)
    assert shown.word is PlainWord.NOT_RUN
    environment = "['LANG', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS']"
    assert shown.said.startswith(f"[{environment}, True, True, {1 << 20}, "), shown.said
    assert shown.said.endswith(", '/']")


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print('[]')", "what it printed cannot be read"),
        ("print('{}')", "what it printed cannot be read"),
        ('print(\'{"outcome": "agrees", "probes": []}\')', "what it printed cannot be read"),
        ("import os; os.abort()", "it ended with status -6 and said nothing"),
        ("x = bytearray(9 << 30)", ""),
        ("import sys; sys.exit('m.gguf: ' + 'a' * 999 + '.')", "a" * 300),
    ],
)
def test_whatever_it_does_is_said(
    program: str, said: str, model: Path, taken: Fingerprint, stand_in: Path, tmp_path: Path
) -> None:
    stand_in.write_text(program)
    shown = NumpyExecutor(tmp_path / "work").run(model, taken)
    assert (shown.word, shown.figures) == (PlainWord.NOT_RUN, None)
    assert shown.said == (said or "it ended with status 1 and said nothing")
