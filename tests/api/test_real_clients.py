"""The real clients of two vendors call a scripted model over a real socket."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from emeritus.access import set_access
from emeritus.testing import ScriptedEngine
from tests.api.calling import Calling, calling
from tests.journeys.houses import NAME

AFTER = "\n<|assistant|>\n"
SCRIPT = {
    f"Hello{AFTER}": "Good day. STOP here",
    "Once upon": " a time.",
    f"long{AFTER}": "x" * 1500,
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calling]:
    with calling(tmp_path_factory.mktemp("api"), ScriptedEngine(script=SCRIPT)) as made:
        yield made


@pytest.fixture
def gpt(served: Calling) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=served.url + "v1", api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(served: Calling) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=served.url, api_key="none", max_retries=0) as client:
        yield client


def test_openai_chat(gpt: openai.OpenAI) -> None:
    answer = gpt.chat.completions.create(
        model=NAME, messages=[{"role": "user", "content": "Hello"}]
    )
    assert answer.choices[0].message.content == "Good day. STOP here"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 20


def test_openai_chat_in_events(gpt: openai.OpenAI) -> None:
    parts = list(
        gpt.chat.completions.create(
            model=NAME,
            messages=[{"role": "user", "content": "Hello"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    said = "".join(one.choices[0].delta.content or "" for one in parts if one.choices)
    assert said == "Good day. STOP here"
    assert parts[-2].choices[0].finish_reason == "stop"
    assert parts[-1].usage is not None


def test_openai_text_and_models(gpt: openai.OpenAI) -> None:
    answer = gpt.completions.create(model=NAME, prompt="Once upon", max_tokens=3)
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == (" a ", "length")
    parts = gpt.completions.create(model=NAME, prompt="Once upon", max_tokens=40, stream=True)
    assert "".join(one.choices[0].text for one in parts) == " a time."
    assert [one.id for one in gpt.models.list()] == [NAME]
    assert gpt.models.retrieve(NAME).id == NAME


def test_anthropic_message(claude: anthropic.Anthropic) -> None:
    answer = claude.messages.create(
        model=NAME, max_tokens=64, messages=[{"role": "user", "content": "Hello"}]
    )
    block = answer.content[0]
    assert block.type == "text"
    assert block.text == "Good day. STOP here"
    assert answer.stop_reason == "end_turn"
    with claude.messages.stream(
        model=NAME,
        max_tokens=5,
        system="Be kind.",
        messages=[{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    ) as stream:
        assert "".join(stream.text_stream) == "Good "
        assert stream.get_final_message().stop_reason == "max_tokens"
    assert [one.id for one in claude.models.list()] == [NAME]


def test_what_cannot_be_is_said_in_the_clients_own_errors(
    gpt: openai.OpenAI, claude: anthropic.Anthropic
) -> None:
    hello: Any = [{"role": "user", "content": "Hello"}]
    with pytest.raises(openai.NotFoundError, match="no model named"):
        gpt.chat.completions.create(model="nobody", messages=hello)
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.create(model="nobody", max_tokens=1, messages=hello)
    with pytest.raises(openai.BadRequestError, match="n must be 1"):
        gpt.chat.completions.create(model=NAME, n=2, messages=hello)
    with pytest.raises(openai.BadRequestError, match="tools"):
        gpt.chat.completions.create(
            model=NAME, messages=hello, tools=[{"type": "function", "function": {"name": "f"}}]
        )
    with pytest.raises(openai.BadRequestError, match="tokens"):
        gpt.chat.completions.create(model=NAME, messages=[{"role": "user", "content": "y" * 5000}])
    with pytest.raises(openai.BadRequestError, match="bytes"):
        gpt.chat.completions.create(
            model=NAME, messages=[{"role": "user", "content": "y" * 2_000_000}]
        )


def test_what_has_no_address_is_answered_in_json(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="nothing answers /v1/embeddings"):
        gpt.embeddings.create(model=NAME, input="x")


def test_who_may_not_call_is_told(served: Calling, gpt: openai.OpenAI) -> None:
    set_access(served.house.record, NAME, call="nobody", actor="steward")
    try:
        with pytest.raises(openai.PermissionDeniedError, match="ask its steward"):
            gpt.completions.create(model=NAME, prompt="Once upon")
    finally:
        set_access(served.house.record, NAME, call="everyone", actor="steward")


def test_a_client_that_goes_away_frees_the_model(gpt: openai.OpenAI) -> None:
    stream = gpt.chat.completions.create(
        model=NAME, messages=[{"role": "user", "content": "long"}], stream=True, max_tokens=1900
    )
    next(iter(stream))
    stream.close()
    until = time.monotonic() + 30
    answer = gpt.completions.create(model=NAME, prompt="Once upon")
    assert answer.choices[0].text == " a time."
    assert time.monotonic() < until


def test_a_model_that_sleeps_long_is_waited_for(tmp_path: Path) -> None:
    engine = ScriptedEngine(script=SCRIPT, start_seconds=1.5)
    with (
        calling(tmp_path, engine) as made,
        openai.OpenAI(base_url=made.url + "v1", api_key="none", max_retries=0) as client,
    ):
        with client.chat.completions.with_streaming_response.create(
            model=NAME, messages=[{"role": "user", "content": "Hello"}], stream=True
        ) as raw:
            lines = list(raw.iter_lines())
        assert lines[0] == ": the model is waking"
        assert lines[-2 if not lines[-1] else -1] == "data: [DONE]"


def test_a_model_that_dies_in_its_answer_says_so(tmp_path: Path) -> None:
    engine = ScriptedEngine(script=SCRIPT, dies_after=4)
    with (
        calling(tmp_path, engine) as made,
        openai.OpenAI(base_url=made.url + "v1", api_key="none", max_retries=0) as client,
    ):
        with pytest.raises(openai.APIError):
            list(
                client.chat.completions.create(
                    model=NAME, messages=[{"role": "user", "content": "Hello"}], stream=True
                )
            )
        with pytest.raises(openai.InternalServerError):
            client.chat.completions.create(
                model=NAME, messages=[{"role": "user", "content": "Hello"}]
            )
