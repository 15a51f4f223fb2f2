"""A point of a self-assessment: what is asked, what the record shows of it, and what it cannot."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["shown", "not shown", "for a person"]
STATES: tuple[State, ...] = ("shown", "not shown", "for a person")
"""`shown` by entries; `not shown`, though the record could; what only a person can say."""

MOST_ENTRIES = 20
"""So many entries are named for a point, the newest ones."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of one requirement.

    Attributes:
        id: such as `Storage 2a` or `R14b`.
        area: the area or requirement that it belongs to.
        level: from 1 to 4 in the NDSA levels; 0 where there are none.
        asks: what is asked, in our own words.
        state: how far the record answers it.
        found: what the record shows, in a sentence.
        entries: positions of the entries that show it, at most `MOST_ENTRIES`.
        person: what a person must add or confirm; empty for nothing.
    """

    id: str
    area: str
    level: int
    asks: str
    state: State
    found: str
    entries: tuple[int, ...] = ()
    person: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of an area; makes its point in one of the three states."""

    id: str
    area: str
    asks: str
    level: int = 0

    def shown_if(
        self, holds: object, found: str, entries: Iterable[int] = (), person: str = ""
    ) -> Point:
        """Return the point as shown when it holds, else as not shown; `found` is said of both."""
        state: State = "shown" if holds else "not shown"
        return self._point(state, found, entries, person)

    def for_a_person(self, person: str, found: str, entries: Iterable[int] = ()) -> Point:
        """Return the point as one that a person must say."""
        return self._point("for a person", found, entries, person)

    def _point(self, state: State, found: str, entries: Iterable[int], person: str) -> Point:
        newest = tuple(sorted(set(entries)))[-MOST_ENTRIES:]
        return Point(self.id, self.area, self.level, self.asks, state, found, newest, person)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far an area comes: by the record alone, and at most if a person confirms the rest."""

    area: str
    shown: int
    at_most: int


def amount(number: int, noun: str, many: str = "") -> str:
    """Write `1 copy`, `2 copies`."""
    return f"{number} {noun if number == 1 else many or noun + 's'}"


def reached(points: Iterable[Point]) -> tuple[Reached, ...]:
    """Return the level of each area; a level counts only with every one below it.

    `shown` is the highest level whose points are all shown. `at_most` is the highest one of whose
    points none is refuted: the record does not say that it is reached.
    """
    areas: dict[str, list[Point]] = {}
    for point in points:
        areas.setdefault(point.area, []).append(point)
    return tuple(
        Reached(
            area,
            _highest(held, {"shown"}),
            _highest(held, {"shown", "for a person"}),
        )
        for area, held in areas.items()
    )


def _highest(points: list[Point], enough: set[State]) -> int:
    level = 0
    for each in sorted({point.level for point in points}):
        if any(point.state not in enough for point in points if point.level == each):
            return level
        level = each
    return level
