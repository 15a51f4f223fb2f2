"""The docket's entry types: requested, decided, done, told."""

from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Connection, Table, insert

from emeritus.docket.policy import Kind, Outcome, Stability
from emeritus.docket.tables import decisions_table, done_table, requests_table, told_table
from emeritus.record import EntryType, Placed

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Prose = Annotated[str, msgspec.Meta(max_length=8_000)]


class Requested(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model asked for something; entered before anything else happens to it.

    Attributes:
        model: which.
        quote: its words, unchanged; cut after 2,000 characters.
        parsed: `listed` when they were a line of a list, else `unparsed`.
        source: position of the entry that opened the conversation.
        line: number of the transcript's line that says it.
        line_digest: that line, `sha256:<hex>`.
        asked_by: whose question it answers: the `protocol`'s, or one that an `interviewer` added.
    """

    model: str
    quote: _Prose
    parsed: str
    source: _Count
    line: _Count
    line_digest: str
    asked_by: Literal["protocol", "interviewer"] = "protocol"


class Decided(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided of a request; see `docket.policy.Decision`.

    `rule` is the digest of the published rule, `stability` what a test had found by then.
    """

    request: _Count
    model: str
    outcome: Outcome
    kind: Kind
    reasons: _Prose
    cost: _Prose
    conflict: _Prose
    departure: _Prose
    review_on: str | None
    stability: Stability
    rule: str


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was granted was done; `evidence` is an address, a digest or an entry that shows it."""

    request: _Count
    model: str
    what: _Prose
    evidence: _Prose


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model was told what became of its request, and answered, or said nothing.

    `answer` is cut after 4,000 characters; the transcript has the whole.
    """

    request: _Count
    model: str
    transcript: str
    answer: _Prose


def _into(table: Table, connection: Connection, placed: Placed[Any]) -> None:
    known = {column.name for column in table.columns}
    values = msgspec.structs.asdict(placed.body)
    values |= {"position": placed.position, "at": placed.at, "actor": placed.entry.actor}
    kept = {name: value for name, value in values.items() if name in known}
    connection.execute(insert(table).values(**kept))


REQUESTED = EntryType(
    name="docket.requested",
    body=Requested,
    sentence=lambda body: f"{body.model} asked for something",
    project=lambda connection, placed: _into(requests_table, connection, placed),
    model=lambda body: body.model,
)
DECIDED = EntryType(
    name="docket.decided",
    body=Decided,
    sentence=lambda body: f"request {body.request} of {body.model} was decided: {body.outcome}",
    project=lambda connection, placed: _into(decisions_table, connection, placed),
    model=lambda body: body.model,
)
DONE = EntryType(
    name="docket.done",
    body=Done,
    sentence=lambda body: f"what request {body.request} of {body.model} was granted was done",
    project=lambda connection, placed: _into(done_table, connection, placed),
    model=lambda body: body.model,
)
TOLD = EntryType(
    name="docket.told",
    body=Told,
    sentence=lambda body: f"{body.model} was told what became of request {body.request}",
    project=lambda connection, placed: _into(told_table, connection, placed),
    model=lambda body: body.model,
)

ENTRY_TYPES = (REQUESTED, DECIDED, DONE, TOLD)
"""The entry types of this noun."""
