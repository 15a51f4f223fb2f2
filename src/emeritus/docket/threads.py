"""Threads: said, tested, decided, done, told, answered."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Row, Select, Table, select

from emeritus.docket.errors import NoSuchRequest
from emeritus.docket.policy import DECIDE_DAYS
from emeritus.docket.tables import decisions_table, done_table, requests_table, told_table
from emeritus.foundation import parse_timestamp

_Fact = TypeVar("_Fact")

STATES = ("said", "decided", "done", "told")


def decide_days(index: Connection) -> int:
    """Return within how many days a request is decided; every policy has the same today."""
    del index
    return DECIDE_DAYS


@dataclass(frozen=True, slots=True)
class DecisionFact:
    """A decision as it was entered; see `docket.policy.Decision`."""

    position: int
    at: str
    actor: str
    outcome: str
    kind: str
    reasons: str
    cost: str
    conflict: str
    departure: str
    review_on: str | None

    @property
    def grants(self) -> bool:
        """True when something is to be done."""
        return self.outcome.startswith("granted")


@dataclass(frozen=True, slots=True)
class DoneFact:
    """What was done, and what shows it."""

    position: int
    at: str
    actor: str
    what: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ToldFact:
    """When the model was told, in which conversation, and what it answered; perhaps nothing."""

    position: int
    at: str
    transcript: str
    answer: str


@dataclass(frozen=True, slots=True)
class Thread:
    """One request and everything that became of it.

    Attributes:
        id: position of its entry.
        model: who asked.
        quote: its words.
        parsed: `listed` or `unparsed`.
        at: when.
        source: position of the entry that opened the conversation.
        transcript_line: the line that says it.
        decision: the newest decision.
        done: what was done.
        told: the newest telling.
        asked_by: whose question it answers, the `protocol`'s or an `interviewer`'s.
    """

    id: int
    model: str
    quote: str
    parsed: str
    at: str
    source: int
    transcript_line: int
    decision: DecisionFact | None
    done: DoneFact | None
    told: ToldFact | None
    asked_by: str = "protocol"

    @property
    def state(self) -> str:
        """The last step reached, one of `STATES`."""
        if self.told is not None:
            return "told"
        if self.done is not None:
            return "done"
        return "said" if self.decision is None else "decided"

    @property
    def is_decided_or_dated(self) -> bool:
        """True when it was decided; a deferred one has its day."""
        return self.decision is not None

    def is_overdue(self, now: dt.datetime) -> bool:
        """Say whether it has waited too long for its decision, or for its review."""
        if self.decision is None:
            return now > parse_timestamp(self.at) + dt.timedelta(days=DECIDE_DAYS)
        review = self.decision.review_on
        return review is not None and now.date() > dt.date.fromisoformat(review)


def thread_of(index: Connection, request: int) -> Thread:
    """Return one thread.

    Raises:
        NoSuchRequest: there is no request of that number.
    """
    found = _threads(index, select(requests_table).where(requests_table.c.position == request))
    if not found:
        raise NoSuchRequest(f"no request {request} in this record; see 'emeritus docket list'")
    return found[0]


def threads_of(index: Connection, model: str) -> tuple[Thread, ...]:
    """Return the threads of a model, the oldest first."""
    return _threads(index, select(requests_table).where(requests_table.c.model == model))


def all_threads(index: Connection) -> tuple[Thread, ...]:
    """Return every thread, the oldest first."""
    return _threads(index, select(requests_table))


def request_counts(index: Connection, model: str) -> dict[str, int]:
    """Return how many requests of a model reached which step last."""
    counted = Counter(thread.state for thread in threads_of(index, model))
    return {state: counted[state] for state in STATES if counted[state]}


def briefing_section(index: Connection, model: str, now: dt.datetime) -> Sequence[str]:
    """Tell a model what became of what it asked."""
    del now
    counts = request_counts(index, model)
    if not counts:
        return []
    total = sum(counts.values())
    decided = total - counts.get("said", 0)
    said = [f"You have asked for {total} {'thing' if total == 1 else 'things'}."]
    if decided:
        said.append(f"{decided} of them {'was' if decided == 1 else 'were'} decided, with reasons.")
    return said


def _threads(index: Connection, wanted: Select[tuple[object, ...]]) -> tuple[Thread, ...]:
    rows = index.execute(wanted.order_by(requests_table.c.position)).all()
    numbers = [int(str(row.position)) for row in rows]
    decided = _newest(index, decisions_table, DecisionFact, numbers)
    done = _newest(index, done_table, DoneFact, numbers)
    told = _newest(index, told_table, ToldFact, numbers)
    return tuple(_thread(row, decided, done, told) for row in rows)


def _thread(
    row: Row[tuple[object, ...]],
    decided: dict[int, DecisionFact],
    done: dict[int, DoneFact],
    told: dict[int, ToldFact],
) -> Thread:
    number = int(str(row.position))
    return Thread(
        number,
        str(row.model),
        str(row.quote),
        str(row.parsed),
        str(row.at),
        int(str(row.source)),
        int(str(row.line)),
        decided.get(number),
        done.get(number),
        told.get(number),
        str(row.asked_by),
    )


def _newest(
    index: Connection, table: Table, shape: type[_Fact], numbers: Sequence[int]
) -> dict[int, _Fact]:
    columns = [table.c[name] for name in getattr(shape, "__dataclass_fields__", ())]
    wanted = select(table.c.request, *columns).order_by(table.c.position)
    rows = index.execute(wanted)
    known = set(numbers)
    return {row[0]: shape(*row[1:]) for row in rows if row[0] in known}
