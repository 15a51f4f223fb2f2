"""Servers that others wrote, and our own, are asked as models that are held elsewhere."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.access import set_access
from emeritus.adapters.runtimes import HttpServers
from emeritus.assembly import found_house
from emeritus.custody import hold_elsewhere
from emeritus.foundation import ModelName
from emeritus.interview import requests_match, run_interview, transcript_of
from emeritus.runtime import DIALECTS, Dialect, Endpoint, request_body
from emeritus.testing import FrozenClock, ScriptedEngine
from tests.api.calling import calling
from tests.conversation.rooms import room
from tests.journeys.houses import NAME, verify

AFTER = "\n<|assistant|>\n"
TURNS = [("system", "You keep watch."), ("user", "Who goes there?")]

LLAMA_SERVER = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path = sys.argv[1]
p.n_ctx = 4096
p.n_parallel = 1
p.verbosity = -1
p.warmup = False
p.ui = False
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def _servers() -> HttpServers:
    return HttpServers(lambda _: ("KEY", "none"))


def _at(dialect: Dialect, base: str, served_as: str) -> Endpoint:
    return Endpoint(dialect, base + ("/v1" if dialect == "openai" else ""), served_as)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_our_own_server_is_asked_in_both_dialects(tmp_path: Path, dialect: Dialect) -> None:
    engine = ScriptedEngine(script={f"Who goes there?{AFTER}": "A friend."})
    with calling(tmp_path, engine) as made:
        set_access(made.house.record, NAME, call="everyone", actor="steward")
        at = _at(dialect, made.url.rstrip("/"), NAME)
        body = request_body(at, TURNS, most_tokens=16, temperature=0.0, seed=bytes(32))
        said = _servers().answer("watch", at, body)
    assert (said.text, said.finish, said.model) == ("A friend.", "end", NAME)
    assert said.prompt_tokens > 0
    assert said.answer_tokens == 10


@pytest.fixture(scope="module")
def llama_server(real_gguf: Path) -> Iterator[str]:
    """Start llama.cpp's own server, with the real small model."""
    with subprocess.Popen(
        [sys.executable, "-c", LLAMA_SERVER, str(real_gguf)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        assert process.stdin is not None
        process.stdin.close()
        process.wait(20)


@pytest.mark.long
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_real_model_on_a_server_of_others_is_interviewed(
    tmp_path: Path, llama_server: str, dialect: Dialect
) -> None:
    house = found_house(
        tmp_path / "home", steward="A test", policy="demonstration", clock=FrozenClock()
    )
    at = _at(dialect, llama_server, "smollm2")
    hold_elsewhere(house.record, ModelName.parse("far"), "llama.cpp", at, actor="steward")
    held = run_interview(room(house, tmp_path, ScriptedEngine(), _servers()), "far").interview
    assert held.outcome in {"held", "declined"}
    read = transcript_of(house.store, held)
    answers = read.answers()
    assert len(answers) >= 4
    assert all(one.received is not None for one in answers)
    assert any(one.text.strip() for one in answers)
    assert requests_match(read, at)
    assert verify(house.home / "store").is_whole
