"""Models that another party runs: what is asked of their servers, and what comes back.

Two dialects are spoken, as their own clients speak them:

* `openai`: `POST ADDRESS/chat/completions` with `Authorization: Bearer KEY`; addresses end in
  `/v1` by custom (https://platform.openai.com/docs/api-reference/chat).
* `anthropic`: `POST ADDRESS/v1/messages` with `x-api-key` and `anthropic-version: 2023-06-01`
  (https://docs.anthropic.com/en/api/messages).

What such a server answers cannot be written again from weights, because nobody here has them.
What can be checked is that a transcript leaves out nothing that was sent: `request_body` makes
the same bytes of the same words.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

Dialect = Literal["openai", "anthropic"]

DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

SILENCE = "(silence)"
"""What stands for an empty turn where a dialect does not allow one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is served.

    Attributes:
        dialect: how its server is spoken to.
        address: base URL as that dialect's clients take it.
        served_as: the model's id there.
    """

    dialect: Dialect
    address: str
    served_as: str

    @property
    def url(self) -> str:
        """Where a question is sent."""
        path = "/chat/completions" if self.dialect == "openai" else "/v1/messages"
        return self.address.rstrip("/") + path


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a server answered.

    Attributes:
        text: the words.
        finish: `end`, `length` when the limit cut it, else the server's own word.
        model: the id that the server gave the model in its answer.
        id: the server's name for this answer.
        prompt_tokens: as the server counted them; 0 when it did not say.
        answer_tokens: the same.
    """

    text: str
    finish: str
    model: str
    id: str
    prompt_tokens: int
    answer_tokens: int


class Servers(Protocol):
    """Speaks with servers that others run; one question, one whole answer."""

    def answer(self, model: str, endpoint: Endpoint, body: bytes) -> ServerAnswer:
        """Send a request and return what is answered.

        A server that is busy is asked again, a few times, no sooner than it says.

        Args:
            model: its name in the record; its key is found by it.
            endpoint: where it is served.
            body: what `request_body` made.

        Raises:
            ServerRefuses: the server does not accept the request or the key.
            ServerSilent: it cannot be reached, is busy for too long, or answers what is no answer.
        """
        ...


def request_body(
    endpoint: Endpoint,
    turns: Sequence[tuple[str, str]],
    *,
    most_tokens: int,
    temperature: float,
    seed: bytes,
) -> bytes:
    """Return the request for these turns, the same bytes for the same turns.

    Args:
        endpoint: where it is to go.
        turns: `(role, text)`, the first one `system`, then `user` and `assistant` in turn.
        most_tokens: limit of the answer.
        temperature: as the server's sampler takes it.
        seed: 32 bytes; its first four are sent where the dialect knows a seed.
    """
    body: dict[str, Any] = {
        "model": endpoint.served_as,
        "max_tokens": most_tokens,
        "temperature": temperature,
    }
    if endpoint.dialect == "openai":
        # A signed 32-bit number is what every server of this dialect takes.
        body["seed"] = int.from_bytes(seed[:4], "big") >> 1
        body["messages"] = [{"role": role, "content": text} for role, text in turns]
    else:
        body["system"] = "\n\n".join(text for role, text in turns if role == "system")
        body["messages"] = [
            {"role": role, "content": text if text.strip() else SILENCE}
            for role, text in turns
            if role != "system"
        ]
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_answer(dialect: Dialect, data: bytes) -> ServerAnswer | None:
    """Read a server's reply; None when it is no answer in that dialect."""
    try:
        said = json.loads(data)
        read = _read_openai if dialect == "openai" else _read_anthropic
        return read(said)
    except (ValueError, RecursionError, KeyError, IndexError, TypeError, AttributeError):
        return None


def _read_openai(said: Any) -> ServerAnswer:
    choice = said["choices"][0]
    usage = said.get("usage") or {}
    finish = {"stop": "end"}.get(choice.get("finish_reason"), choice.get("finish_reason"))
    return ServerAnswer(
        _text(choice["message"].get("content") or ""),
        _word(finish),
        _word(said.get("model")),
        _word(said.get("id")),
        _count(usage.get("prompt_tokens")),
        _count(usage.get("completion_tokens")),
    )


def _read_anthropic(said: Any) -> ServerAnswer:
    if said["type"] != "message":
        raise TypeError(said["type"])
    usage = said.get("usage") or {}
    stopped = said.get("stop_reason")
    finish = {"end_turn": "end", "max_tokens": "length"}.get(stopped, stopped)
    return ServerAnswer(
        "".join(_text(part["text"]) for part in said["content"] if part.get("type") == "text"),
        _word(finish),
        _word(said.get("model")),
        _word(said.get("id")),
        _count(usage.get("input_tokens")),
        _count(usage.get("output_tokens")),
    )


def _text(text: Any) -> str:
    """Return a text as it can be written down: no half of a character that JSON lets through."""
    if not isinstance(text, str):
        raise TypeError(type(text).__name__)
    return text.encode(errors="replace").decode()


def _word(word: Any) -> str:
    return _text(word)[:96] if isinstance(word, str) and word else "not said"


def _count(number: Any) -> int:
    is_count = isinstance(number, int) and not isinstance(number, bool)
    return number if is_count and 0 <= number < 1 << 31 else 0
