"""The entry of what another archive sent."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection

from emeritus.record import EntryType, Placed


class Received(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model came from another archive; its files were compared with that archive's digests.

    Attributes:
        model: which.
        form: what was sent: a bag, or an OCFL object.
        version: of the form, and of the object where it has versions.
        described: how the sender calls it; empty when it does not say.
        provenance: the object that holds what came with the files.
    """

    model: str
    form: Literal["bagit", "ocfl"]
    version: Annotated[str, msgspec.Meta(max_length=100)]
    described: Annotated[str, msgspec.Meta(max_length=1_000)]
    provenance: str


def _nothing(_connection: Connection, _placed: Placed[Received]) -> None:
    """Leave the index alone: the entry and its object say it all."""


RECEIVED = EntryType(
    name="custody.received",
    body=Received,
    sentence=lambda body: (
        f"{body.model} came from another archive as "
        + ("a bag" if body.form == "bagit" else "an OCFL object")
        + ", and matched its digests"
    ),
    project=_nothing,
    model=lambda body: body.model,
)

ENTRY_TYPES = (RECEIVED,)
"""What is entered of other archives."""
