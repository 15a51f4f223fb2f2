"""The conversation's entry type: a short conversation was held, and its transcript kept."""

from typing import Annotated

import msgspec
from sqlalchemy import Column, Connection, ForeignKey, Integer, String, Table, insert

from emeritus.record import EntryType, Placed, metadata

held_table = Table(
    "conversation_held",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("model", String(96), ForeignKey("catalogue_models.name"), nullable=False),
    Column("at", String(20), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("transcript", String(71), nullable=False),
    Column("lines", Integer, nullable=False),
)


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Emeritus spoke with a model.

    Attributes:
        model: with which.
        purpose: why, in a few words.
        briefing: digest of what it read of its own record first.
        transcript: the object with every word.
        lines: how many lines it has.
    """

    model: str
    purpose: Annotated[str, msgspec.Meta(max_length=64)]
    briefing: str
    transcript: str
    lines: Annotated[int, msgspec.Meta(ge=0)]


def _project(connection: Connection, placed: Placed[Held]) -> None:
    body = placed.body
    connection.execute(
        insert(held_table).values(
            position=placed.position,
            model=body.model,
            at=placed.at,
            purpose=body.purpose,
            transcript=body.transcript,
            lines=body.lines,
        )
    )


HELD = EntryType(
    name="conversation.held",
    body=Held,
    sentence=lambda body: f"Emeritus spoke with {body.model}: {body.purpose}",
    project=_project,
    model=lambda body: body.model,
)

ENTRY_TYPES = (HELD,)
"""The entry types of this noun."""
