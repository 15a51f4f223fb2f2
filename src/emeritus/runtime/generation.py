"""Write an answer, one token a call, so that it can be repeated."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from emeritus.foundation import Progress, Silent
from emeritus.runtime.ports import Worker
from emeritus.runtime.sampler import TOP, Sampler

Finish = Literal["end", "length"]

MOST_BYTES = 1 << 16
"""A text is cut there, whatever its tokens say of themselves; sixteen times a long essay."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What a model wrote.

    Attributes:
        tokens: every token in order; the one that ends the text is among them.
        data: the bytes of the text; they need not be UTF-8.
        finish: `end` when the model ended the text, `length` when it was cut.
    """

    tokens: tuple[int, ...]
    data: bytes
    finish: Finish

    @property
    def text(self) -> str | None:
        """The text, None when its bytes are no UTF-8."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None


def generate(
    worker: Worker,
    prompt: Sequence[int],
    sampler: Sampler,
    most_tokens: int,
    progress: Progress | None = None,
) -> Generation:
    """Let a model write until it ends the text or the limit cuts it.

    Args:
        worker: a fresh one when the text is to be replayed.
        prompt: token ids.
        sampler: chooses.
        most_tokens: at most so many, and no more than the context has room for.
        progress: told of every token.

    Raises:
        UserError: the prompt is empty or longer than the context.
        WorkerDied: the process ended; what was written is lost.
    """
    shown = progress or Silent()
    tokens: list[int] = []
    data = bytearray()
    room = min(most_tokens, worker.facts.settings.context_tokens - len(prompt))
    while len(tokens) < room and len(data) < MOST_BYTES:
        candidates = worker.next_token([*prompt, *tokens], TOP)
        chosen = sampler.rank(len(tokens), candidates)[0].candidate
        tokens.append(chosen.token)
        shown.advance(1)
        if chosen.token in worker.facts.end_tokens:
            return Generation(tuple(tokens), bytes(data), "end")
        data += chosen.text
    return Generation(tuple(tokens), bytes(data), "length")
