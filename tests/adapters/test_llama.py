import json
import math
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.adapters.runtimes import LlamaEngine
from emeritus.adapters.runtimes.llama import LlamaWorker
from emeritus.adapters.runtimes.llama_process import WorkerProcess, private_folder
from emeritus.runtime import (
    EngineCannotRun,
    Mode,
    NotNumbers,
    RunSettings,
    WorkerDied,
    WorkerNotReady,
    greedy_steps,
    take_fingerprint,
)
from tests.contracts.engine_contract import EngineContract

SETTINGS = RunSettings(context_tokens=512)


class TestLlamaEngine(EngineContract):
    @pytest.fixture(scope="class")
    @classmethod
    def engine(cls, tmp_path_factory: pytest.TempPathFactory) -> LlamaEngine:
        return LlamaEngine(tmp_path_factory.mktemp("work"))

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, real_gguf: Path) -> Path:
        return real_gguf


@pytest.fixture(scope="module")
def worker(real_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaWorker]:
    os.environ["EMERITUS_TEST_SECRET"] = "hunter2"
    try:
        with LlamaEngine(tmp_path_factory.mktemp("w")).start(real_gguf, SETTINGS) as worker:
            yield worker
    finally:
        del os.environ["EMERITUS_TEST_SECRET"]


def test_it_knows_the_model(worker: LlamaWorker) -> None:
    assert worker.facts.vocabulary == 49152
    assert worker.facts.end_tokens == (0, 2)
    assert "<|im_start|>" in str(worker.facts.chat_template)
    assert worker.tokenize("<|im_end|>") == [2]
    assert len(worker.tokenize("<|im_end|>", special=False)) > 1
    assert worker.apply_template([("user", "hi")]).endswith("<|im_start|>assistant\n")


def test_probabilities_are_the_plain_softmax(worker: LlamaWorker) -> None:
    found = worker.next_token(worker.tokenize("The capital of France is"), 4096)
    assert found[0].text == b" Paris"
    assert 0.99 < sum(math.exp(one.logprob) for one in found) < 1.001


def test_a_part_of_a_character_has_probabilities_too(worker: LlamaWorker) -> None:
    text = "🦜" * 12
    tokens = worker.tokenize(text)
    parts = 0
    for end in range(1, len(tokens)):
        likeliest = worker.next_token(tokens[:end], 1)[0]
        parts += likeliest.text.decode("utf-8", "ignore").encode() != likeliest.text
    assert parts > 0


def test_the_modes_agree_to_rounding(worker: LlamaWorker, real_gguf: Path, tmp_path: Path) -> None:
    prompt = worker.tokenize("Water boils when")
    settings = RunSettings(context_tokens=512, mode=Mode.PREFILL)
    with LlamaEngine(tmp_path).start(real_gguf, settings) as other:
        whole = list(greedy_steps(other, prompt, 8, 8))
    stepwise = list(greedy_steps(worker, prompt, 8, 8))
    for one, two in zip(whole, stepwise, strict=True):
        assert one.token == two.token
        assert dict(one.top)[one.token] == pytest.approx(dict(two.top)[two.token], abs=0.01)


def test_the_child_has_no_network(worker: LlamaWorker) -> None:
    ours, theirs = (Path(f"/proc/{pid}/ns/net").readlink() for pid in ("self", worker.pid))
    assert worker.facts.isolated == (ours != theirs)
    if worker.facts.isolated:
        devices = Path(f"/proc/{worker.pid}/net/dev").read_text().splitlines()[2:]
        assert [line.split(":")[0].strip() for line in devices] == ["lo"]


def test_the_child_is_confined(worker: LlamaWorker) -> None:
    environment = Path(f"/proc/{worker.pid}/environ").read_bytes()
    assert {pair.split(b"=")[0] for pair in environment.split(b"\0") if pair} == {
        b"GGML_NO_BACKTRACE",
        b"LANG",
    }
    limits = Path(f"/proc/{worker.pid}/limits").read_text()
    row = {line[:25].strip(): line[25:].split()[0] for line in limits.splitlines()[1:]}
    assert row["Max core file size"] == "0"
    assert row["Max file size"] == str(1 << 20)
    assert int(row["Max address space"]) < 2 << 30
    assert "NoNewPrivs:\t1" in Path(f"/proc/{worker.pid}/status").read_text()


def test_the_alias_hides_the_path(worker: LlamaWorker, real_gguf: Path) -> None:
    assert real_gguf.stem not in json.dumps(worker._call("/v1/models"))


def test_the_socket_is_ours_alone(worker: LlamaWorker) -> None:
    folder = worker._call.process.socket.parent
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_truncated_file_is_refused_in_the_engines_words(real_gguf: Path, tmp_path: Path) -> None:
    file = tmp_path / "short.gguf"
    file.write_bytes(real_gguf.read_bytes()[:50_000_000])
    with (
        pytest.raises(WorkerNotReady, match="data is not within the file bounds"),
        LlamaEngine(tmp_path / "work").start(file, SETTINGS),
    ):
        pass
    assert list((tmp_path / "work").iterdir()) == []


def test_a_broken_head_is_refused_in_the_engines_words(tmp_path: Path) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(b"GGUF" + b"\xff" * 100)
    with (
        pytest.raises(WorkerNotReady, match=r"did not load broken\.gguf: gguf_init"),
        LlamaEngine(tmp_path / "work").start(file, SETTINGS),
    ):
        pass


def test_a_start_that_takes_too_long_is_ended(real_gguf: Path, tmp_path: Path) -> None:
    engine = LlamaEngine(tmp_path, start_seconds=0.001)
    with (
        pytest.raises(WorkerNotReady, match=r"within 0\.001 seconds"),
        engine.start(real_gguf, SETTINGS),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_bound_on_memory_holds(real_gguf: Path, tmp_path: Path) -> None:
    # Which sentence the engine has for it depends on the allocation that fails first.
    settings = {"model": str(real_gguf), "context_tokens": 512, "threads": 1}
    for memory in (90 << 20, 1 << 30):
        process = WorkerProcess(tmp_path, real_gguf)
        try:
            if memory == 90 << 20:
                with pytest.raises(WorkerNotReady, match=r"(?i)alloc|memory|init"):
                    process.load({**settings, "memory": memory}, 30)
            else:
                assert "isolated" in process.load({**settings, "memory": memory}, 30)
        finally:
            process.close()


def test_a_file_truncated_while_it_runs_is_named(real_gguf: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    shutil.copyfile(real_gguf, file)
    with LlamaEngine(tmp_path / "work").start(file, SETTINGS) as worker:
        os.truncate(file, 1 << 20)
        with pytest.raises(WorkerDied, match=r"SIGBUS.*changed or was truncated"):
            worker.next_token([504, 3575], 1)


def test_damaged_weights_that_give_no_numbers_are_told(real_gguf: Path, tmp_path: Path) -> None:
    data = bytearray(real_gguf.read_bytes())
    data[20_000_000:30_000_000] = b"\xff" * 10_000_000
    file = tmp_path / "model.gguf"
    file.write_bytes(data)
    with LlamaEngine(tmp_path / "work").start(file, SETTINGS) as worker, pytest.raises(NotNumbers):
        worker.next_token([504, 3575], 1)


def test_a_killed_worker_says_so_and_goes_on_saying_so(real_gguf: Path, tmp_path: Path) -> None:
    with LlamaEngine(tmp_path).start(real_gguf, SETTINGS) as worker:
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(WorkerDied, match="SIGKILL"):
            worker.next_token([504, 3575], 1)
        with pytest.raises(WorkerDied):
            worker.tokenize("a")
    assert list(tmp_path.iterdir()) == []


def test_a_silent_worker_is_ended(real_gguf: Path, tmp_path: Path) -> None:
    with LlamaEngine(tmp_path, call_seconds=0.5).start(real_gguf, SETTINGS) as worker:
        os.kill(worker.pid, signal.SIGSTOP)
        stat = Path(f"/proc/{worker.pid}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.01)  # It may still answer until every thread has stopped.
        with pytest.raises(WorkerDied, match=r"silent for 0\.5 seconds"):
            worker.tokenize("a")
        assert not Path(f"/proc/{worker.pid}").exists()


def test_no_worker_outlives_its_parent(real_gguf: Path, tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import pathlib, sys, time
        from emeritus.adapters.runtimes import LlamaEngine
        from emeritus.runtime import RunSettings
        work, model = map(pathlib.Path, sys.argv[1:])
        with LlamaEngine(work).start(model, RunSettings()) as worker:
            print(worker.pid, flush=True)
            time.sleep(60)
    """)
    command = [sys.executable, "-c", program, str(tmp_path), str(real_gguf)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = Path("/proc", parent.stdout.readline().strip())
        assert child.exists()
        parent.kill()
    until = time.monotonic() + 5
    while child.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not child.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_template_takes_no_messages(real_gguf: Path, tmp_path: Path) -> None:
    data = real_gguf.read_bytes()
    file = tmp_path / "plain.gguf"
    file.write_bytes(data.replace(b"tokenizer.chat_template", b"tokenizer.xxxx_template", 1))
    with LlamaEngine(tmp_path / "work").start(file, SETTINGS) as worker:
        assert worker.facts.chat_template is None
        with pytest.raises(EngineCannotRun):
            worker.apply_template([("user", "hi")])


def test_a_long_work_folder_still_gets_a_short_socket(tmp_path: Path) -> None:
    work = tmp_path / ("x" * 120)
    folder = private_folder(work)
    assert len(str(folder)) < 60
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    assert list(work.iterdir()) == []


@pytest.mark.long
def test_twenty_processes_give_one_fingerprint(real_gguf: Path, tmp_path: Path) -> None:
    digests = set()
    for _ in range(20):
        with LlamaEngine(tmp_path).start(real_gguf, RunSettings()) as worker:
            digests.add(take_fingerprint(worker).digest)
    assert len(digests) == 1
