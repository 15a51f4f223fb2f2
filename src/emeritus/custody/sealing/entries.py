"""Entries about keys of closed places."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection, insert

from emeritus.custody.sealing.tables import keys_table
from emeritus.record import EntryType, Placed

KeyId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]

Kind = Literal["sealed", "erasable"]


class KeyMade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key came into use; it opens what lies under `closed/<object_class>/<key>/`.

    Attributes:
        key: its id, see `vault.closed.key_id_of`.
        object_class: of what it opens.
        lineage: the model that it was made for, or a word for what it opens.
    """

    key: KeyId
    object_class: Kind
    lineage: Annotated[str, msgspec.Meta(min_length=1, max_length=96)]


def _project_made(connection: Connection, placed: Placed[KeyMade]) -> None:
    body = placed.body
    connection.execute(
        insert(keys_table).values(
            key=body.key,
            object_class=body.object_class,
            lineage=body.lineage,
            position=placed.position,
            at=placed.at,
        )
    )


KEY_MADE = EntryType(
    name="custody.key_made",
    body=KeyMade,
    sentence=lambda body: f"a key for what is {body.object_class} of {body.lineage} came into use",
    project=_project_made,
    model=lambda _: None,
)

ENTRY_TYPES = (KEY_MADE,)
"""What is entered of keys."""
