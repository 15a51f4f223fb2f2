"""Turns become token ids, so that no turn can speak in another's name."""

import secrets
from collections.abc import Sequence
from weakref import WeakKeyDictionary

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
    *parts, end = _parts(worker, tuple(role for role, _ in turns))
    tokens: list[int] = []
    for before, (_, text) in zip(parts, turns, strict=True):
        tokens += before
        tokens += worker.tokenize(text.strip(), special=False) if text.strip() else []
    return tokens + end


_known: WeakKeyDictionary[Worker, dict[tuple[str, ...], list[list[int]]]] = WeakKeyDictionary()
"""The template's own parts, by worker and by the roles of the turns."""

_MOST_KNOWN = 64


def _parts(worker: Worker, roles: tuple[str, ...]) -> list[list[int]]:
    """Return the tokens of what the template puts before each turn, and after the last.

    They depend on the roles alone, since a template sees none of the words; so they are kept.
    """
    kept = _known.setdefault(worker, {})
    if roles not in kept:
        if len(kept) >= _MOST_KNOWN:
            kept.clear()
        kept[roles] = _asked(worker, roles)
    return kept[roles]


def _asked(worker: Worker, roles: tuple[str, ...]) -> list[list[int]]:
    marks = [f"turn-{secrets.token_hex(8)}" for _ in roles]
    left = worker.apply_template(list(zip(roles, marks, strict=True)))
    parts: list[list[int]] = []
    for mark in marks:
        before, found, left = left.partition(mark)
        if not found:
            raise EngineCannotRun(
                "the model's chat template leaves a turn out, so what it was told would not be "
                "what is recorded; it cannot be asked through this template"
            )
        parts.append(worker.tokenize(before, begin=not parts))
    return [*parts, worker.tokenize(left, begin=False)]
