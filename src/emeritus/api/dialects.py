"""Two dialects for one thing: an answer whole, an answer in events, and an error."""

import time
from typing import Any, Protocol

import msgspec

from emeritus.access import Served
from emeritus.foundation import EmeritusError, parse_timestamp

_OPENAI_FINISH = {"end": "stop", "stop": "stop", "length": "length"}
_ANTHROPIC_FINISH = {"end": "end_turn", "stop": "stop_sequence", "length": "max_tokens"}
_OPENAI_ERRORS = {404: "invalid_request_error", 403: "permission_error", 503: "server_error"}
_ANTHROPIC_ERRORS = {404: "not_found_error", 403: "permission_error", 503: "overloaded_error"}


class Usage(msgspec.Struct, frozen=True):
    """Tokens of the prompt, and of the answer so far."""

    prompt: int
    answer: int


class Dialect(Protocol):
    """How one vendor's clients want to be answered; pure, every method returns JSON or bytes."""

    @property
    def id(self) -> str:
        """Name of the answer, as clients see it."""
        ...

    def whole(self, text: str, finish: str, usage: Usage) -> dict[str, Any]:
        """Return a whole answer."""
        ...

    def begin(self, prompt_tokens: int) -> bytes:
        """Return the events before the first piece."""
        ...

    def piece(self, text: str) -> bytes:
        """Return the event of a piece."""
        ...

    def end(self, finish: str, usage: Usage) -> bytes:
        """Return the events after the last piece."""
        ...

    def broke(self, problem: EmeritusError) -> bytes:
        """Return the event of an answer that broke off."""
        ...

    def waking(self) -> bytes:
        """Return what tells a client that the model is being woken."""
        ...


class _OpenAI:
    """What OpenAI's two completions share."""

    kind = ""
    event = ""

    def __init__(self, model: str, answer_id: str, *, wants_usage: bool) -> None:
        self._model = model
        self._id = answer_id
        self._created = int(time.time())
        self._wants_usage = wants_usage

    @property
    def id(self) -> str:
        return self._id

    def _shape(self, kind: str, choice: dict[str, Any] | None) -> dict[str, Any]:
        return {
            "id": self._id,
            "object": kind,
            "created": self._created,
            "model": self._model,
            "choices": [] if choice is None else [{"index": 0, "logprobs": None, **choice}],
        }

    def _sent(self, choice: dict[str, Any] | None, **more: Any) -> bytes:
        return (
            b"data: " + msgspec.json.encode({**self._shape(self.event, choice), **more}) + b"\n\n"
        )

    def whole(self, text: str, finish: str, usage: Usage) -> dict[str, Any]:
        choice = {**self._said(text), "finish_reason": _OPENAI_FINISH[finish]}
        return {**self._shape(self.kind, choice), "usage": _openai_usage(usage)}

    def _said(self, text: str) -> dict[str, Any]:
        raise NotImplementedError

    def _part(self, text: str | None) -> dict[str, Any]:
        raise NotImplementedError

    def begin(self, prompt_tokens: int) -> bytes:
        del prompt_tokens
        return b""

    def piece(self, text: str) -> bytes:
        return self._sent({**self._part(text), "finish_reason": None})

    def end(self, finish: str, usage: Usage) -> bytes:
        last = self._sent({**self._part(None), "finish_reason": _OPENAI_FINISH[finish]})
        if self._wants_usage:
            last += self._sent(None, usage=_openai_usage(usage))
        return last + b"data: [DONE]\n\n"

    def broke(self, problem: EmeritusError) -> bytes:
        return b"data: " + msgspec.json.encode(openai_error(problem)) + b"\n\n"

    def waking(self) -> bytes:
        return b": the model is waking\n\n"


class OpenAIChat(_OpenAI):
    """OpenAI's chat completion."""

    kind = "chat.completion"
    event = "chat.completion.chunk"

    def begin(self, prompt_tokens: int) -> bytes:
        """Return the event that names the role."""
        del prompt_tokens
        return self._sent({"delta": {"role": "assistant", "content": ""}, "finish_reason": None})

    def _said(self, text: str) -> dict[str, Any]:
        return {"message": {"role": "assistant", "content": text, "refusal": None}}

    def _part(self, text: str | None) -> dict[str, Any]:
        return {"delta": {} if text is None else {"content": text}}


class OpenAIText(_OpenAI):
    """OpenAI's text completion."""

    kind = event = "text_completion"

    def _said(self, text: str) -> dict[str, Any]:
        return {"text": text}

    def _part(self, text: str | None) -> dict[str, Any]:
        return {"text": text or ""}


class AnthropicMessage:
    """Anthropic's message."""

    def __init__(self, model: str, answer_id: str) -> None:
        self._model = model
        self._id = answer_id

    @property
    def id(self) -> str:
        """Name of the answer."""
        return self._id

    def _message(self, text: str | None, finish: str | None, usage: Usage) -> dict[str, Any]:
        return {
            "id": self._id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [] if text is None else [{"type": "text", "text": text}],
            "stop_reason": None if finish is None else _ANTHROPIC_FINISH[finish],
            "stop_sequence": None,
            "usage": {"input_tokens": usage.prompt, "output_tokens": usage.answer},
        }

    def whole(self, text: str, finish: str, usage: Usage) -> dict[str, Any]:
        """Return a whole answer."""
        return self._message(text, finish, usage)

    def begin(self, prompt_tokens: int) -> bytes:
        """Return the events that open the message and its one block."""
        message = self._message(None, None, Usage(prompt_tokens, 0))
        block = {"index": 0, "content_block": {"type": "text", "text": ""}}
        return _event("message_start", message=message) + _event("content_block_start", **block)

    def piece(self, text: str) -> bytes:
        """Return the event of a piece."""
        delta = {"type": "text_delta", "text": text}
        return _event("content_block_delta", index=0, delta=delta)

    def end(self, finish: str, usage: Usage) -> bytes:
        """Return the events that close the block and the message."""
        delta = {"stop_reason": _ANTHROPIC_FINISH[finish], "stop_sequence": None}
        counted = {"output_tokens": usage.answer}
        return (
            _event("content_block_stop", index=0)
            + _event("message_delta", delta=delta, usage=counted)
            + _event("message_stop")
        )

    def broke(self, problem: EmeritusError) -> bytes:
        """Return the event of an answer that broke off."""
        return _event("error", error=anthropic_error(problem)["error"])

    def waking(self) -> bytes:
        """Return a ping."""
        return _event("ping")


def openai_error(problem: EmeritusError) -> dict[str, Any]:
    """Return an error as OpenAI's clients read it."""
    kind = _OPENAI_ERRORS.get(problem.http_status, "invalid_request_error")
    said = {"message": problem.message, "type": kind, "param": None, "code": problem.code}
    return {"error": said}


def anthropic_error(problem: EmeritusError) -> dict[str, Any]:
    """Return an error as Anthropic's clients read it."""
    kind = _ANTHROPIC_ERRORS.get(problem.http_status, "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": problem.message}}


def model_line(model: Served) -> dict[str, Any]:
    """Return a model so that the clients of both vendors can read it."""
    callable_now = not model.refusal
    return {
        "id": model.name,
        "object": "model",
        "type": "model",
        "created": int(parse_timestamp(model.registered_at).timestamp()),
        "created_at": model.registered_at,
        "display_name": model.name,
        "owned_by": "emeritus",
        "lifecycle": "active" if callable_now else "retired",
        "emeritus": {
            "service": model.service,
            "identity": model.identity,
            "callable": callable_now,
            "refusal": model.refusal or None,
            "announced_at": model.announced_at,
            "retires_on": model.retires_on,
        },
    }


def _openai_usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.answer,
        "total_tokens": usage.prompt + usage.answer,
    }


def _event(name: str, **data: Any) -> bytes:
    body = msgspec.json.encode({"type": name, **data})
    return b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"
