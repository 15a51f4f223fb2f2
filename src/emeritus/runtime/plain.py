"""The plain run: a model answers its first probe without the engine (`docs/specs/plain-run.md`)."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from emeritus.runtime.fingerprint import Fingerprint


class PlainWord(StrEnum):
    """How a plain run ended; the words are those of the record.

    AGREES, DIFFERS: from what the engine answered, by the bounds of the specification.
    ENGINE_ONLY: the program does not know this architecture, tokenizer or format.
    NOT_RUN: it was too large, took too long, or failed.
    """

    AGREES = "agrees"
    DIFFERS = "differs"
    ENGINE_ONLY = "engine only"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class PlainFigures:
    """How far the answers lie from those of the engine; differences of log-probabilities in nats.

    Attributes:
        tokens: how many tokens were recorded.
        same: how many of them are the likeliest in the plain run too.
        mean: difference over all recorded candidates, on average.
    """

    tokens: int
    same: int
    mean: float


@dataclass(frozen=True, slots=True)
class PlainRun:
    """What a plain run showed.

    Attributes:
        word: how it ended.
        said: why, or how far the answers lie apart; a part of a sentence, at most 300 characters.
        program: the bytes of the program that ran.
        figures: None unless it agrees or differs.
    """

    word: PlainWord
    said: str
    program: bytes
    figures: PlainFigures | None = None


class PlainExecutor(Protocol):
    """A program that is no engine: one file that shows how a model computes."""

    def run(self, file: Path, fingerprint: Fingerprint) -> PlainRun:
        """Put the first probe of a fingerprint to a model, and compare.

        It runs apart, with bounded memory and time and no network. Whatever goes wrong becomes a
        `PlainRun`, since a drill does not fail by it; nothing is raised.

        Args:
            file: the model file, which need not be sound.
            fingerprint: what the engine answered from that file.
        """
        ...
