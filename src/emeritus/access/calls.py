"""What callers see of a model, and an answer under way."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from emeritus.foundation import parse_timestamp
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

    @property
    def is_leaving(self) -> bool:
        """True from the announcement of its retirement until the retirement."""
        return self.retires_on is not None and self.service in {"announced", "deprecated"}

    def headers(self) -> dict[str, str]:
        """Return what every answer about it says in its headers.

        `Deprecation` is RFC 9745, `Sunset` RFC 8594.
        """
        said = {
            "Emeritus-Model": f"{self.name};state={self.service}",
            "Emeritus-Weights": self.identity.replace(":", "="),
        }
        if self.announced_at and self.retires_on and self.is_leaving:
            announced = int(parse_timestamp(self.announced_at).timestamp())
            day = dt.date.fromisoformat(self.retires_on)
            said["Deprecation"] = f"@{announced}"
            said["Sunset"] = day.strftime("%a, %d %b %Y 00:00:00 GMT")
            said["Link"] = f'</models/{self.name}>; rel="deprecation"'
        return said


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer under way: how many tokens the prompt has, and the pieces as they come.

    `engine` is the name and version of what runs the model.
    """

    prompt_tokens: int
    pieces: Iterator[Piece]
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer that was given to its end.

    Attributes:
        request: the body as it came.
        answer: the text.
        prompt_tokens: of the prompt.
        answer_tokens: of the answer.
        finish: `end`, `stop` or `length`.
        engine: what ran the model.
    """

    request: bytes
    answer: str
    prompt_tokens: int
    answer_tokens: int
    finish: str
    engine: str
