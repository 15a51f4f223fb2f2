"""What callers see of a model, and an answer under way."""

from collections.abc import Iterator
from dataclasses import dataclass

from emeritus.runtime import Piece


@dataclass(frozen=True, slots=True)
class Served:
    """A model as callers see it.

    Attributes:
        name: its name.
        identity: OMS root digest of its files.
        service: its state of service.
        registered_at: when it entered the catalogue, RFC 3339.
        refusal: why it may not be called; empty when it may.
        announced_at: when its retirement was announced, None when it was not.
        retires_on: the announced day, `YYYY-MM-DD`.
    """

    name: str
    identity: str
    service: str
    registered_at: str
    refusal: str = ""
    announced_at: str | None = None
    retires_on: str | None = None


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer under way: how many tokens the prompt has, and the pieces as they come."""

    prompt_tokens: int
    pieces: Iterator[Piece]
