"""Evidence: facts with names, each with its grade and the entries that show it."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from emeritus.record import Record

Grade = Literal[
    "self-reported", "recomputable", "challenged by an outsider", "reproduced by an outsider"
]

GRADES: tuple[Grade, ...] = (
    "self-reported",
    "recomputable",
    "challenged by an outsider",
    "reproduced by an outsider",
)
"""The weakest first. A ledger proves that a statement was not changed, not that it is true."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known.

    Attributes:
        value: a truth value, number, text, or a list of mappings of such.
        grade: who could find out that it is wrong.
        entries: positions of the entries that show it.
        at: the instant as of which it is so, for what grows old; None for what the record itself
            says as it stands.
    """

    value: Any
    grade: Grade
    entries: tuple[int, ...] = ()
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known of one model, by dotted names such as `custody.copies_verified`."""

    model: str
    facts: Mapping[str, Fact]

    def nested(self) -> dict[str, Any]:
        """Return the values as an expression reads them: `e.custody.copies_verified`."""
        found: dict[str, Any] = {}
        for name, fact in self.facts.items():
            noun, _, what = name.partition(".")
            found.setdefault(noun, {})[what] = fact.value
        return found

    def without(self, name: str) -> "Evidence":
        """Return the same without one fact."""
        return Evidence(
            self.model, {known: fact for known, fact in self.facts.items() if known != name}
        )


Source = Callable[[Record, Connection, str, dt.datetime], Iterator[tuple[str, Fact]]]
"""Yields the facts of one noun about one model, as of an instant.

What is not known is left out, never given as a default: a missing fact makes a promise
`unverifiable`, a default would make it look kept. Names are `noun.what`.
"""
