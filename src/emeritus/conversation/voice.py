"""`Voice`: how a model answers: from its weights in a process here, or from another's server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from emeritus.conversation.lines import SERVED, Header, Line, Received, Written
from emeritus.conversation.window import before, turns_of
from emeritus.foundation import Progress, sha256_hex
from emeritus.runtime import (
    MOST_BYTES,
    SAMPLER,
    Endpoint,
    Generation,
    Sampler,
    Servers,
    Worker,
    generate,
    request_body,
)


@dataclass(frozen=True, slots=True)
class Manner:
    """With what a model answers; see the fields of `Header`."""

    engine: str
    engine_files: str
    context_tokens: int
    window_tokens: int
    threads: int
    mode: str
    sampler: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an answer: at most so many tokens, and how it is chosen."""

    most_tokens: int
    temperature: float
    seed: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with how it came to be: `written` from weights, or `received` from a server."""

    text: str
    written: Written | None = None
    received: Received | None = None


Pending = Callable[[Progress], Answered]
"""A question that fits; called, it is put and answered."""


class Voice(Protocol):
    """Answers questions in one conversation."""

    def manner(self, window_tokens: int) -> Manner:
        """Say with what it answers, and with how much of the conversation before it."""
        ...

    def prepare(
        self, header: Header, lines: Sequence[Line], question: str, wanted: Wanted
    ) -> Pending:
        """Return what will put the question; nothing is computed or sent before that is called.

        Raises:
            WordsTooMany: it does not fit.
        """
        ...


class OwnVoice:
    """A model that runs here: every answer can be written again from its weights.

    Args:
        worker: the running model.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def manner(self, window_tokens: int) -> Manner:
        """Name the engine and its settings."""
        facts = self._worker.facts
        context = facts.settings.context_tokens
        return Manner(
            engine=f"{facts.engine.name} {facts.engine.version}",
            engine_files=facts.engine.files,
            context_tokens=context,
            window_tokens=min(window_tokens, context),
            threads=facts.settings.threads,
            mode=str(facts.settings.mode),
            sampler=SAMPLER,
        )

    def prepare(
        self, header: Header, lines: Sequence[Line], question: str, wanted: Wanted
    ) -> Pending:
        """Make the prompt, with as much of what was said as fits."""
        prompt = before(self._worker, header, lines, question, wanted.most_tokens)

        def put(progress: Progress) -> Answered:
            sampler = Sampler(wanted.seed, wanted.temperature)
            made = generate(self._worker, prompt.tokens, sampler, wanted.most_tokens, progress)
            written = Written(
                prompt=prompt.digest,
                prompt_tokens=len(prompt.tokens),
                omitted=prompt.omitted,
                seed=wanted.seed.hex(),
                temperature=f"{wanted.temperature:g}",
                most_tokens=wanted.most_tokens,
                tokens=made.tokens,
                finish=made.finish,
                utf8=made.text is not None,
            )
            return Answered(_words(made), written)

        return put


class ServedVoice:
    """A model that another party runs: what it answers is what its server says that it answers.

    Args:
        servers: speaks with its server.
        model: its name in the record.
        endpoint: where it is served.
    """

    def __init__(self, servers: Servers, model: str, endpoint: Endpoint) -> None:
        self._servers = servers
        self._model = model
        self._endpoint = endpoint

    def manner(self, window_tokens: int) -> Manner:
        """Name the server; nothing is left out of what it is sent."""
        del window_tokens
        there = self._endpoint
        return Manner(
            engine=engine_of(there),
            engine_files="",
            context_tokens=0,
            window_tokens=0,
            threads=0,
            mode=SERVED,
            sampler=there.dialect,
        )

    def prepare(
        self, header: Header, lines: Sequence[Line], question: str, wanted: Wanted
    ) -> Pending:
        """Make the request."""
        body = request_body(
            self._endpoint,
            turns_of(header, lines, question),
            most_tokens=wanted.most_tokens,
            temperature=wanted.temperature,
            seed=wanted.seed,
        )

        def put(progress: Progress) -> Answered:
            said = self._servers.answer(self._model, self._endpoint, body)
            progress.advance(said.answer_tokens)
            text = said.text.encode()[:MOST_BYTES].decode(errors="ignore")
            received = Received(
                request=sha256_hex(body),
                seed=wanted.seed.hex(),
                temperature=f"{wanted.temperature:g}",
                most_tokens=wanted.most_tokens,
                finish=said.finish if text == said.text else "length",
                model=said.model,
                id=said.id,
                prompt_tokens=said.prompt_tokens,
                answer_tokens=said.answer_tokens,
            )
            return Answered(text, received=received)

        return put


def engine_of(endpoint: Endpoint) -> str:
    """Name a server as a transcript's header does."""
    return f"{endpoint.dialect}: {endpoint.served_as} at {endpoint.address}"


def _words(made: Generation) -> str:
    return made.data.decode(errors="replace")
