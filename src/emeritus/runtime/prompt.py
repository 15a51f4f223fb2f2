"""Turns become token ids, so that no turn can speak in another's name."""

import secrets
from collections.abc import Sequence

from emeritus.runtime.errors import EngineCannotRun
from emeritus.runtime.ports import Worker


def chat_prompt(worker: Worker, turns: Sequence[tuple[str, str]]) -> list[int]:
    """Return the prompt for turns by the model's own template, or plainly when it has none.

    The template is filled with words that mean nothing, and cut at them. Only its own parts are
    read for control tokens; what people and models said is read as letters. So a text that
    contains `<|im_start|>` stays a text.

    Args:
        worker: the model that shall answer.
        turns: `(role, text)`, role `system`, `user` or `assistant`.

    Raises:
        WorkerDied: the process ended.
    """
    if worker.facts.chat_template is None:
        plain = "".join(f"{role}: {text}\n\n" for role, text in turns) + "assistant:"
        return worker.tokenize(plain, special=False)
    marks = [f"turn-{secrets.token_hex(8)}" for _ in turns]
    told = [(role, mark) for (role, _), mark in zip(turns, marks, strict=True)]
    left = worker.apply_template(told)
    tokens: list[int] = []
    for mark, (_, text) in zip(marks, turns, strict=True):
        before, found, left = left.partition(mark)
        if not found:
            raise EngineCannotRun(
                "the model's chat template leaves a turn out, so what it was told would not be "
                "what is recorded; it cannot be asked through this template"
            )
        tokens += worker.tokenize(before, begin=not tokens)
        tokens += worker.tokenize(text.strip(), special=False) if text.strip() else []
    return tokens + worker.tokenize(left, begin=False)
