"""Access's entry types: who may do what with a model, and whether its safety was reviewed."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, insert

from emeritus.record import EntryType, Placed, metadata

Callers = Literal["everyone", "on request", "nobody"]
Outcome = Literal["passed", "not passed"]

rights_table = Table(
    "access_rights",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("call", String(16), nullable=False),
    Column("logprobs", String(16), nullable=False),
    Column("weights", String(16), nullable=False),
    Column("transcripts", String(16), nullable=False),
)

reviews_table = Table(
    "access_safety_reviews",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), nullable=False, index=True),
    Column("at", String(20), nullable=False),
    Column("role", String(96), nullable=False),
    Column("finding", String(16), nullable=False),
    Column("words", String, nullable=False),
)


class AccessSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may do what from now on.

    Attributes:
        model: with which.
        call: call it.
        logprobs: see its log-probabilities.
        weights: have its weights.
        transcripts: read transcripts that are not public.
    """

    model: str
    call: Callers
    logprobs: Callers
    weights: Callers
    transcripts: Callers


class SafetyReviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody in a named role judged whether a model may be called by all after its retirement.

    Attributes:
        model: which.
        role: who judged, a role and never a person's name.
        finding: the judgement.
        words: its reasons.
    """

    model: str
    role: Annotated[str, msgspec.Meta(min_length=1, max_length=96)]
    finding: Outcome
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=8_000)]


def _project_rights(connection: Connection, placed: Placed[AccessSet]) -> None:
    values = {name: getattr(placed.body, name) for name in AccessSet.__struct_fields__}
    connection.execute(
        insert(rights_table).values(position=placed.position, at=placed.at, **values)
    )


def _project_review(connection: Connection, placed: Placed[SafetyReviewed]) -> None:
    values = {name: getattr(placed.body, name) for name in SafetyReviewed.__struct_fields__}
    connection.execute(
        insert(reviews_table).values(position=placed.position, at=placed.at, **values)
    )


def _rights_sentence(body: AccessSet) -> str:
    said = {"everyone": "everyone may call {}", "nobody": "nobody may call {}"}
    return said.get(body.call, "{} may be called on request").format(body.model)


ACCESS_SET = EntryType(
    name="access.set",
    body=AccessSet,
    sentence=_rights_sentence,
    project=_project_rights,
    model=lambda body: body.model,
)
SAFETY_REVIEWED = EntryType(
    name="access.safety_reviewed",
    body=SafetyReviewed,
    sentence=lambda body: f"the safety review of {body.model}, by its {body.role}: {body.finding}",
    project=_project_review,
    model=lambda body: body.model,
)

ENTRY_TYPES = (ACCESS_SET, SAFETY_REVIEWED)
"""The entry types of this noun."""
