"""The ports of the runtime: an engine, and a worker that it started.

Every adapter and the scripted fake pass `tests/contracts/engine_contract.py`.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Mode(StrEnum):
    """How the tokens before the next one were evaluated; results of two modes are not compared.

    STEPWISE: a fresh process, one slot, the prompt cache on, one token a call, so that every
    position was evaluated exactly as it was when the text grew.
    PREFILL: every call evaluates its whole prompt at once, with no cache.
    Measured on xllamacpp 2026.10: stepwise repeats bit for bit, the two modes differ in the
    fourth decimal of a log-probability.
    """

    STEPWISE = "stepwise"
    PREFILL = "prefill"


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which program computes: an engine's own version string is not enough.

    Attributes:
        name: the distribution, `xllamacpp`.
        version: its version.
        wheel: SHA-256 (64 hex digits) of the wheel it was installed from; None when unknown.
        files: SHA-256 (64 hex digits) over its installed files, checked against the disk.
    """

    name: str
    version: str
    wheel: str | None
    files: str

    def same_program(self, other: "EngineIdentity") -> bool:
        """Say whether both are the same installed bytes."""
        return self.files == other.files


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What a run needs to be repeated.

    Attributes:
        context_tokens: size of the context window in tokens.
        threads: computing threads; results depend on it.
        mode: see `Mode`.
    """

    context_tokens: int = 2048
    threads: int = 1
    mode: Mode = Mode.STEPWISE


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible next token.

    Attributes:
        token: its id in the model's vocabulary.
        logprob: natural logarithm of its probability, as the engine computed it.
        text: its bytes; several tokens may be needed to make a character.
    """

    token: int
    logprob: float
    text: bytes


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """What a running worker says of itself.

    Attributes:
        engine: which program runs.
        settings: with what.
        vocabulary: number of tokens.
        end_tokens: ids that end a text.
        isolated: True when the process has no network at all.
        chat_template: the template text in the model file, None when there is none.
    """

    engine: EngineIdentity
    settings: RunSettings
    vocabulary: int
    end_tokens: tuple[int, ...]
    isolated: bool
    chat_template: str | None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the engine's own sampler chooses.

    Attributes:
        most_tokens: at most so many.
        temperature: 0 for the likeliest token always.
        top_p: the share of probability from which it chooses, above 0, at most 1.
        seed: makes the choice repeatable on an idle worker; None for any.
        stop: texts before which the answer ends.
    """

    most_tokens: int = 512
    temperature: float = 0.7
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an answer.

    Attributes:
        text: what was written since the last piece; may be empty.
        tokens: how many tokens the answer has so far.
        finish: None while it goes on; `end`, `length`, or `stop` (one of `Sampling.stop`).
    """

    text: str
    tokens: int
    finish: str | None = None


class Worker(Protocol):
    """One running model in a process of its own. Not thread-safe: one caller at a time."""

    @property
    def facts(self) -> WorkerFacts:
        """What runs here, and how."""
        ...

    def tokenize(self, text: str, *, special: bool = True, begin: bool = True) -> list[int]:
        """Return the token ids of `text`.

        Args:
            text: any text.
            special: read control tokens such as `<|im_start|>` as what they stand for; without it
                they are letters like others, so that a text cannot speak in another's turn.
            begin: add the beginning token where the model wants one; only with `special`.

        Raises:
            WorkerDied: the process ended.
        """
        ...

    def apply_template(self, messages: Sequence[tuple[str, str]]) -> str:
        """Return the prompt text for `(role, content)` messages by the model's own template.

        Raises:
            EngineCannotRun: the model has no template.
            WorkerDied: the process ended.
        """
        ...

    def next_token(self, prompt: Sequence[int], top: int) -> list[Candidate]:
        """Return the `top` most likely next tokens, the likeliest first, ties by lower id.

        In `Mode.STEPWISE` a prompt that is the one before it and one token more is evaluated as
        that one token after what is there. Any other prompt begins a new text and is evaluated
        whole, as in a fresh process; so to repeat a result, let the text grow by one token a call.

        Args:
            prompt: token ids, at least one.
            top: how many candidates, 1 to 4096.

        Raises:
            UserError: the prompt is empty, longer than the context, or has unknown ids.
            NotNumbers: the model computed NaN.
            WorkerDied: the process ended.
        """
        ...

    def complete(self, prompt: Sequence[int], sampling: "Sampling") -> Iterator["Piece"]:
        """Yield an answer as it is written, by the engine's own sampler; quick, not for replay.

        The last piece has a `finish`. Closing the iterator stops the engine.

        Args:
            prompt: token ids, at least one.
            sampling: how to choose, and when to stop.

        Raises:
            UserError: the prompt is empty, or longer than the context.
            WorkerDied: the process ended.
        """
        ...

    def close(self) -> None:
        """End the process and wait for it; again is harmless."""
        ...


class Engine(Protocol):
    """A program that can run models of some formats."""

    def identity(self) -> EngineIdentity:
        """Say which program this is, from its installed bytes.

        Raises:
            IntegrityError: installed files differ from what the wheel recorded.
        """
        ...

    def runs(self, file: Path) -> bool:
        """Say whether this engine runs that file, judged by its first bytes only."""
        ...

    def start(self, file: Path, settings: RunSettings) -> AbstractContextManager[Worker]:
        """Start a fresh worker process; leaving the context ends it.

        Raises:
            WorkerNotReady: the engine refused the file; the cause is in the message.
            EngineCannotRun: the format is not this engine's.
        """
        ...


class CoreSlots(Protocol):
    """The machine's cores, so that workers that generate now never take more than there are.

    Two threads on a busy two-core machine ran twenty times slower than one (measured 2026-11).
    """

    def take(self, threads: int) -> AbstractContextManager[None]:
        """Hold `threads` slots while the context lasts; waits for them.

        Raises:
            CoresBusy: they did not come free in the time that the adapter was given.
            Misconfigured: more threads than the machine has cores.
        """
        ...


class Models(Protocol):
    """Lends running models; implemented above, by the floor that knows who may call."""

    def lease(self, model: str) -> AbstractContextManager[Worker]:
        """Lend the worker that is kept awake for a model, waking it when it sleeps.

        One holder at a time; others wait.

        Raises:
            NoSuchModel: no model of that name.
            NotRunnable: no engine here runs it.
            CoresBusy: no core came free.
            WorkerNotReady: it did not start.
        """
        ...

    def fresh(self, model: str) -> AbstractContextManager[Worker]:
        """Lend a worker that was started for this use alone, and ends with it.

        What is written in it can be repeated: no text was evaluated there before.

        Raises:
            NoSuchModel: no model of that name.
            NotRunnable: no engine here runs it.
            CoresBusy: no core came free.
            WorkerNotReady: it did not start.
        """
        ...
