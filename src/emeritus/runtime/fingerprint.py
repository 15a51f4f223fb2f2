"""The fingerprint: a model's recorded answers and log-probabilities to fixed probes.

It says whether what runs today is what ran when it was recorded. The format is described in
`docs/specs/fingerprint.md`. No time, machine or path is in it, so that the same model under the
same engine and settings has the same digest anywhere where it computes the same.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Self

import msgspec

from emeritus.foundation import (
    Digest,
    Progress,
    Silent,
    canonical_json,
    parse_canonical_json,
    sha256,
)
from emeritus.runtime.errors import FingerprintBroken
from emeritus.runtime.ports import EngineIdentity, RunSettings, Worker
from emeritus.runtime.probes import PROBES_V1, Probe, ProbeSet

FORMAT = "emeritus-fingerprint/1"


@dataclass(frozen=True, slots=True)
class Step:
    """One token of an answer.

    Attributes:
        token: the id that was chosen, the likeliest.
        top: the likeliest tokens as `(id, logprob)`, the likeliest first, ties by lower id.
    """

    token: int
    top: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model answered to one probe.

    Attributes:
        probe: the probe's name.
        prompt: the token ids that the model was given; empty when the probe was skipped.
        steps: the answer, a token each.
        skipped: why the probe was not asked; None when it was.
    """

    probe: str
    prompt: tuple[int, ...]
    steps: tuple[Step, ...]
    skipped: str | None


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A model's answers to a set of probes, with the engine and the settings that gave them."""

    engine: EngineIdentity
    settings: RunSettings
    probe_set: str
    answers: tuple[Answer, ...]

    def to_bytes(self) -> bytes:
        """Return the canonical bytes that are stored."""
        settings = asdict(self.settings) | {"mode": self.settings.mode.value}
        return canonical_json(
            self._answers()
            | {"engine": asdict(self.engine), "format": FORMAT}
            | {"settings": settings}
        )

    @property
    def digest(self) -> Digest:
        """SHA-256 of the bytes: engine, settings and answers."""
        return sha256(self.to_bytes())

    @property
    def answers_digest(self) -> Digest:
        """SHA-256 of the answers alone: equal when two engines computed the same."""
        return sha256(canonical_json(self._answers()))

    @property
    def tokens(self) -> int:
        """How many tokens were recorded."""
        return sum(len(answer.steps) for answer in self.answers)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote; nothing else passes.

        Raises:
            IntegrityError: the bytes are not canonical JSON.
            FingerprintBroken: they are not a fingerprint of this format.
        """
        value = parse_canonical_json(data, about="the fingerprint")
        form = value.get("format") if isinstance(value, dict) else None
        if form != FORMAT:
            raise FingerprintBroken(f"expected the format {FORMAT!r}, found {form!r:.60}")
        try:
            found = msgspec.convert(value, cls)
        except msgspec.ValidationError as problem:
            raise FingerprintBroken(
                f"a fingerprint does not have this shape: {problem}"
            ) from problem
        if found.to_bytes() != data:
            raise FingerprintBroken("a fingerprint has members that its format does not know")
        return found

    def _answers(self) -> dict[str, Any]:
        return {
            "answers": [asdict(answer) for answer in self.answers],
            "probe_set": self.probe_set,
        }


def take_fingerprint(
    worker: Worker, progress: Progress | None = None, probes: ProbeSet = PROBES_V1
) -> Fingerprint:
    """Ask a worker every probe and record what it answers, always with the likeliest token.

    Args:
        worker: a running model.
        progress: told in tokens.
        probes: which questions.

    Raises:
        WorkerDied: the worker ended.
    """
    progress = progress or Silent()
    progress.begin("fingerprinting", probes.tokens * len(probes.probes), "tokens")
    answers = tuple(_ask(worker, probe, probes, progress) for probe in probes.probes)
    progress.end()
    return Fingerprint(worker.facts.engine, worker.facts.settings, probes.name, answers)


def _ask(worker: Worker, probe: Probe, probes: ProbeSet, progress: Progress) -> Answer:
    text = probe.text
    if probe.through_template:
        if worker.facts.chat_template is None:
            progress.advance(probes.tokens)
            return Answer(probe.name, (), (), "the model has no chat template")
        text = worker.apply_template([("user", text)])
    prompt = worker.tokenize(text)
    steps = []
    for step in greedy_steps(worker, prompt, probes.top, probes.tokens):
        steps.append(step)
        progress.advance(1)
    progress.advance(probes.tokens - len(steps))
    return Answer(probe.name, tuple(prompt), tuple(steps), None)


def greedy_steps(worker: Worker, prompt: list[int], top: int, tokens: int) -> Iterator[Step]:
    """Yield up to `tokens` steps, each with the likeliest token; an end token is the last."""
    text = list(prompt)
    for _ in range(tokens):
        found = worker.next_token(text, top)
        yield Step(found[0].token, tuple((one.token, one.logprob) for one in found))
        if found[0].token in worker.facts.end_tokens:
            return
        text.append(found[0].token)
