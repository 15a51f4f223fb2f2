"""Requests of both dialects, read strictly where it matters and leniently where it does not."""

from typing import Any

import msgspec

from emeritus.api.errors import RequestUnusable
from emeritus.runtime import Sampling

MOST_BODY_BYTES = 1 << 20
DEFAULT_TOKENS = 512
MOST_TOKENS = 32_768

_REFUSED = {
    "tools": "tools",
    "tool_choice": "tools",
    "functions": "functions",
    "response_format": "structured answers",
    "logprobs": "log-probabilities",
    "top_logprobs": "log-probabilities",
    "logit_bias": "a bias on tokens",
    "thinking": "thinking",
    "audio": "audio",
    "echo": "an echo",
    "suffix": "a suffix",
}


class Call(msgspec.Struct, frozen=True):
    """What both dialects ask for.

    Attributes:
        model: its name.
        turns: `(role, text)`.
        prompt: a text to go on with, when there are no turns.
        sampling: how to choose.
        stream: whether the answer comes in events.
        wants_usage: whether the last event counts tokens (OpenAI's `stream_options`).
    """

    model: str
    turns: tuple[tuple[str, str], ...]
    prompt: str
    sampling: Sampling
    stream: bool
    wants_usage: bool = False


def read_body(data: bytes) -> dict[str, Any]:
    """Read a request's body.

    Raises:
        RequestUnusable: it is too large, not JSON, or asks for what is not offered here.
    """
    if len(data) > MOST_BODY_BYTES:
        raise RequestUnusable(f"expected a body of at most {MOST_BODY_BYTES} bytes, found more")
    try:
        body = msgspec.json.decode(data)
    except msgspec.DecodeError as problem:
        raise RequestUnusable(f"expected a JSON object as body: {problem}") from problem
    if not isinstance(body, dict):
        raise RequestUnusable("expected a JSON object as body, found another value")
    for name, what in _REFUSED.items():
        if body.get(name) not in (None, False, [], {}, 0, "none", {"type": "text"}):
            raise RequestUnusable(f"{name} is not offered here: no {what}; leave it out")
    if body.get("n") not in (None, 1) or body.get("best_of") not in (None, 1):
        raise RequestUnusable("n must be 1: one answer a call")
    return body


def chat_call(body: dict[str, Any]) -> Call:
    """Read an OpenAI chat completion.

    Raises:
        RequestUnusable: a part is missing or of the wrong kind.
    """
    return _call(
        body,
        turns=_turns(body.get("messages")),
        most=_first(body, "max_completion_tokens", "max_tokens"),
    )


def text_call(body: dict[str, Any]) -> Call:
    """Read an OpenAI text completion.

    Raises:
        RequestUnusable: a part is missing or of the wrong kind.
    """
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt:
        raise RequestUnusable("expected prompt to be a text that is not empty")
    return _call(body, prompt=prompt, most=body.get("max_tokens") or 16)


def message_call(body: dict[str, Any]) -> Call:
    """Read an Anthropic message.

    Raises:
        RequestUnusable: a part is missing or of the wrong kind.
    """
    turns = _turns(body.get("messages"))
    system = body.get("system")
    if system:
        turns = (("system", _text(system)), *turns)
    stop = body.get("stop_sequences")
    most = body.get("max_tokens")
    if most is None:
        raise RequestUnusable("max_tokens is missing; say how long the answer may be")
    return _call({**body, "stop": stop}, turns=turns, most=most)


def _call(
    body: dict[str, Any],
    *,
    turns: tuple[tuple[str, str], ...] = (),
    prompt: str = "",
    most: Any = None,
) -> Call:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise RequestUnusable("expected model to be a name; GET /v1/models lists them")
    stop = body.get("stop") or []
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or not all(isinstance(one, str) and one for one in stops):
        raise RequestUnusable("expected stop to be a text or a list of texts")
    seed = body.get("seed")
    sampling = Sampling(
        most_tokens=int(_number("max_tokens", most, DEFAULT_TOKENS, 1, MOST_TOKENS)),
        temperature=_number("temperature", body.get("temperature"), 0.7, 0, 2),
        top_p=_number("top_p", body.get("top_p"), 1.0, 1e-6, 1),
        seed=seed if isinstance(seed, int) else None,
        stop=tuple(stops[:16]),
    )
    options = body.get("stream_options") or {}
    usage = isinstance(options, dict) and bool(options.get("include_usage"))
    return Call(model, turns, prompt, sampling, bool(body.get("stream")), usage)


def _first(body: dict[str, Any], *names: str) -> Any:
    return next((body[name] for name in names if body.get(name) is not None), None)


def _number(name: str, given: Any, default: float, least: float, most: float) -> float:
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or not least <= given <= most:
        raise RequestUnusable(f"expected {name} between {least:g} and {most:g}, found {given!r}")
    return given


def _turns(messages: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(messages, list) or not messages:
        raise RequestUnusable("expected messages to be a list with at least one message")
    turns = []
    for one in messages:
        role = one.get("role") if isinstance(one, dict) else None
        if role not in {"system", "developer", "user", "assistant"}:
            raise RequestUnusable(
                "expected every message to have the role system, developer, user or assistant"
            )
        turns.append(("system" if role == "developer" else role, _text(one.get("content"))))
    return tuple(turns)


def _text(content: Any) -> str:
    """Return the text of a message: a string, or parts that are all text."""
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(
        isinstance(one, dict) and one.get("type") == "text" and isinstance(one.get("text"), str)
        for one in content
    ):
        return "\n".join(one["text"] for one in content)
    raise RequestUnusable("expected the content of a message to be text; nothing else is offered")
