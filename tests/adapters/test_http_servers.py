"""Models that others run: what is sent, what is understood, and what goes wrong."""

import json
from collections.abc import Iterator

import pytest

from emeritus.adapters.runtimes import HttpServers
from emeritus.adapters.runtimes.http_servers import MOST_BYTES
from emeritus.runtime import (
    DIALECTS,
    Dialect,
    Endpoint,
    ServerRefuses,
    ServerSilent,
    read_answer,
    request_body,
)
from emeritus.testing.model_server import ModelServer, model_server

TURNS = [("system", "Read this."), ("user", "One?"), ("assistant", ""), ("user", "Two?")]
KEY = "sk-test-0123"


@pytest.fixture
def there() -> Iterator[ModelServer]:
    with model_server(lambda text: f"You said {text}") as server:
        yield server


def endpoint(there: ModelServer, dialect: Dialect) -> Endpoint:
    base = there.address + ("/v1" if dialect == "openai" else "")
    return Endpoint(dialect, base, "old-model")


def body(at: Endpoint) -> bytes:
    return request_body(at, TURNS, most_tokens=96, temperature=0.7, seed=b"\xff" * 32)


def servers(key: str | None = KEY) -> HttpServers:
    return HttpServers(lambda _: ("EMERITUS_KEY_OLD", key), first_pause_seconds=0.001)


def test_openai_is_asked_as_its_clients_ask(there: ModelServer) -> None:
    at = endpoint(there, "openai")
    said = servers().answer("old", at, body(at))
    assert (said.text, said.finish, said.model) == ("You said Two?", "end", "old-model-0125")
    assert (said.id, said.prompt_tokens, said.answer_tokens) == ("chatcmpl-1", 7, 3)
    path, headers, sent = there.asked[0]
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == f"Bearer {KEY}"
    assert "x-api-key" not in headers
    assert sent == {
        "model": "old-model",
        "max_tokens": 96,
        "temperature": 0.7,
        "seed": 0x7FFFFFFF,
        "messages": [
            {"role": "system", "content": "Read this."},
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": ""},
            {"role": "user", "content": "Two?"},
        ],
    }


def test_anthropic_is_asked_as_its_clients_ask(there: ModelServer) -> None:
    at = endpoint(there, "anthropic")
    said = servers().answer("old", at, body(at))
    assert (said.text, said.finish, said.id) == ("You said Two?", "end", "msg_1")
    path, headers, sent = there.asked[0]
    assert path == "/v1/messages"
    assert (headers["x-api-key"], headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in headers
    assert sent == {
        "model": "old-model",
        "max_tokens": 96,
        "temperature": 0.7,
        "system": "Read this.",
        "messages": [
            {"role": "user", "content": "One?"},
            {"role": "assistant", "content": "(silence)"},
            {"role": "user", "content": "Two?"},
        ],
    }


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_busy_server_is_asked_again(there: ModelServer, dialect: Dialect, status: int) -> None:
    at = endpoint(there, dialect)
    there.faults = [(status, {"retry-after": "0"}, b""), (status, {}, b"busy")]
    assert servers().answer("old", at, body(at)).text == "You said Two?"
    assert len(there.asked) == 3
    assert there.asked[0] == there.asked[2]


def test_one_that_stays_busy_is_left_and_its_reason_said(there: ModelServer) -> None:
    at = endpoint(there, "openai")
    there.faults = [(503, {}, b'{"error": {"message": "asleep\\u001b[2J"}}')] * 9
    with pytest.raises(ServerSilent, match=r"503 for old: asleep\\u001b") as found:
        servers().answer("old", at, body(at))
    assert len(there.asked) == 5
    assert "goes on where it was" in found.value.message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_said_once_and_names_the_key(there: ModelServer, status: int) -> None:
    at = endpoint(there, "openai")
    there.faults = [(status, {}, json.dumps({"error": {"message": "no such model"}}).encode())]
    with pytest.raises(ServerRefuses, match="no such model; no key was sent, EMERITUS_KEY_OLD"):
        servers(None).answer("old", at, body(at))
    assert len(there.asked) == 1
    there.faults = [(status, {}, b"<html>No</html>")]
    with pytest.raises(ServerRefuses) as found:
        servers().answer("old", at, body(at))
    assert KEY not in str(found.value)
    assert "no key" not in str(found.value)


def test_a_key_follows_no_redirect(there: ModelServer) -> None:
    at = endpoint(there, "openai")
    with model_server(lambda _: "stolen") as other:
        there.faults = [(307, {"location": other.address + "/v1/chat/completions"}, b"")]
        with pytest.raises(ServerSilent, match="307"):
            servers().answer("old", at, body(at))
        assert other.asked == []


def test_a_server_that_is_not_there_is_said_so() -> None:
    with model_server(str) as gone:
        at = endpoint(gone, "openai")
    with pytest.raises(ServerSilent, match=r"127\.0\.0\.1 cannot be reached"):
        servers().answer("old", at, body(at))


def test_a_connection_that_breaks_off_is_said_so(there: ModelServer) -> None:
    at = endpoint(there, "openai")
    there.faults = [OSError("gone")] * 9
    with pytest.raises(ServerSilent, match="cannot be reached"):
        servers().answer("old", at, body(at))


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"<html>",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b'{"type": "error", "error": {}}',
        b'{"type": "message", "content": [{"type": "text"}]}',
        b'{"type": "message", "content": [{"type": "text", "text": null}]}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_answer_is_not_taken_for_one(
    there: ModelServer, dialect: Dialect, data: bytes
) -> None:
    assert read_answer(dialect, data) is None
    at = endpoint(there, dialect)
    there.faults = [(200, {}, data)]
    with pytest.raises(ServerSilent, match="no answer in the"):
        servers().answer("old", at, body(at))


def test_an_enormous_answer_is_not_read_to_its_end(there: ModelServer) -> None:
    at = endpoint(there, "openai")
    there.faults = [(200, {}, b" " * (MOST_BYTES + 1))]
    with pytest.raises(ServerSilent, match="found more"):
        servers().answer("old", at, body(at))


def test_half_a_character_becomes_a_question_mark() -> None:
    said = b'{"choices": [{"message": {"content": "a\\ud800b"}, "finish_reason": "length"}]}'
    read = read_answer("openai", said)
    assert read is not None
    assert (read.text, read.finish, read.model, read.prompt_tokens) == (
        "a?b",
        "length",
        "not said",
        0,
    )


def test_the_same_turns_make_the_same_bytes() -> None:
    at = Endpoint("openai", "https://x.example/v1/", "m")
    assert body(at) == body(at)
    assert at.url == "https://x.example/v1/chat/completions"
