"""Entries about keys of closed places: in use, to be destroyed, destroyed."""

from typing import Annotated, Literal

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from emeritus.catalogue.entries import set_service
from emeritus.custody.tables import (
    approvals_table,
    approvers_table,
    deposits_table,
    destruction_rules_table,
    keys_table,
    proposals_table,
)
from emeritus.foundation import canonical_json, sha256
from emeritus.record import EntryType, Placed

KeyId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Kind = Literal["sealed", "erasable"]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Words = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
_Vkey = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

MOST_NAMED = 200
"""Names of models in an entry; with the longest names they take a third of what it holds."""

_Names = Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_NAMED)]

FEWEST_APPROVALS = 2
"""No rule may ask for fewer: what cannot be undone is never one person's act."""


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


class ApproverNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who holds this signing key may approve the destruction of keys that is proposed later.

    Attributes:
        approver: the public key, as a C2SP vkey.
        role: in which role its holder approves, such as `safety`; never a person's name.
    """

    approver: _Vkey
    role: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9][a-z0-9-]{0,63}\Z")]


class ApproverRemoved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approver approves nothing any more; what was approved and not yet done stops counting."""

    approver: _Vkey
    reason: _Words


class DestructionRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every later proposal needs: approvals by so many, and so many days of waiting."""

    quorum: Annotated[int, msgspec.Meta(ge=FEWEST_APPROVALS, le=20)]
    wait_days: Annotated[int, msgspec.Meta(ge=0, le=3650)]


class DestructionProposed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """It is proposed to destroy a key; approvals are of this very entry.

    Attributes:
        key: its id.
        object_class: of what it opens.
        lineage: of the key.
        reason: why.
        models: what cannot be opened afterwards, by name; at most 200 names.
        models_total: how many there are.
        depend: those of them that are kept as differences from others of them.
        files: that lie under it in the primary store.
        quorum: approvals that are needed.
        not_before: the instant before which it is not done.
    """

    key: KeyId
    object_class: Kind
    lineage: str
    reason: _Words
    models: _Names
    models_total: _Count
    depend: _Names
    files: _Count
    quorum: Annotated[int, msgspec.Meta(ge=FEWEST_APPROVALS, le=20)]
    not_before: str


class DestructionApproved(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An approver signed the proposal.

    Attributes:
        key: its id.
        proposal: position of the proposal's entry.
        approver: vkey of who signed.
        note: the signed note (C2SP), whole.
    """

    key: KeyId
    proposal: _Count
    approver: _Vkey
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=8000)]


class DestructionWithdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal holds no longer, and neither do its approvals."""

    key: KeyId
    proposal: _Count
    reason: _Words


class DestructionBegun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key was in the home, everything that was asked for is there, and it is being destroyed.

    From here on nothing is sealed under it, and it can only be finished.
    """

    key: KeyId
    proposal: _Count


class KeyDestroyed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tombstone: what the key opened cannot be opened here again.

    Attributes:
        key: its id.
        proposal: position of the proposal's entry.
        certificate: the public object that says what was done, and what cannot be shown.
        models_total: models that it opened.
    """

    key: KeyId
    proposal: _Count
    certificate: str
    models_total: _Count


class CiphertextDropped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No store need hold what lay under a destroyed key any longer."""

    key: KeyId
    reason: _Words


def _project_made(connection: Connection, placed: Placed[KeyMade]) -> None:
    body = placed.body
    connection.execute(
        insert(keys_table).values(
            key=body.key,
            object_class=body.object_class,
            lineage=body.lineage,
            position=placed.position,
            at=placed.at,
            state="in use",
            gone_at="",
            certificate="",
        )
    )


def _project_named(connection: Connection, placed: Placed[ApproverNamed]) -> None:
    body = placed.body
    connection.execute(
        insert(approvers_table).values(
            vkey=body.approver, role=body.role, position=placed.position, removed_at=""
        )
    )


def _project_removed(connection: Connection, placed: Placed[ApproverRemoved]) -> None:
    of_approver = approvers_table.c.vkey == placed.body.approver
    connection.execute(update(approvers_table).where(of_approver).values(removed_at=placed.at))


def _project_rules(connection: Connection, placed: Placed[DestructionRules]) -> None:
    body = placed.body
    connection.execute(
        insert(destruction_rules_table).values(
            position=placed.position, quorum=body.quorum, wait_days=body.wait_days
        )
    )


def _project_proposed(connection: Connection, placed: Placed[DestructionProposed]) -> None:
    connection.execute(
        insert(proposals_table).values(
            position=placed.position,
            key=placed.body.key,
            at=placed.at,
            entry=str(sha256(placed.entry.to_bytes())),
            state="open",
            body=canonical_json(msgspec.to_builtins(placed.body)).decode(),
        )
    )


def _project_approved(connection: Connection, placed: Placed[DestructionApproved]) -> None:
    body = placed.body
    connection.execute(
        insert(approvals_table).values(
            position=placed.position, proposal=body.proposal, vkey=body.approver, at=placed.at
        )
    )


def _set_proposal(connection: Connection, position: int, state: str) -> None:
    of_proposal = proposals_table.c.position == position
    connection.execute(update(proposals_table).where(of_proposal).values(state=state))


def _set_key(connection: Connection, key: str, **values: str) -> None:
    connection.execute(update(keys_table).where(keys_table.c.key == key).values(**values))


def _project_withdrawn(connection: Connection, placed: Placed[DestructionWithdrawn]) -> None:
    _set_proposal(connection, placed.body.proposal, "withdrawn")


def _project_begun(connection: Connection, placed: Placed[DestructionBegun]) -> None:
    _set_proposal(connection, placed.body.proposal, "begun")
    # Those that counted now are the ones by which it was begun, whoever is removed before its end.
    table, may = approvals_table, select(approvers_table.c.vkey)
    may = may.where(approvers_table.c.removed_at == "")
    of_proposal = table.c.proposal == placed.body.proposal
    connection.execute(delete(table).where(of_proposal, table.c.vkey.not_in(may)))
    _set_key(connection, placed.body.key, state="being destroyed", gone_at=placed.at)


def _project_destroyed(connection: Connection, placed: Placed[KeyDestroyed]) -> None:
    body = placed.body
    _set_proposal(connection, body.proposal, "done")
    _set_key(
        connection,
        body.key,
        state="destroyed",
        gone_at=placed.at,
        certificate=body.certificate,
    )
    table = deposits_table
    under = select(table.c.model).where(table.c.place.like(f"%/{body.key}"))
    for model in connection.execute(under.order_by(table.c.model)).scalars().all():
        set_service(connection, model, "destroyed", placed.position)


def _project_dropped(connection: Connection, placed: Placed[CiphertextDropped]) -> None:
    _set_key(connection, placed.body.key, state="dropped")


KEY_MADE = EntryType(
    name="custody.key_made",
    body=KeyMade,
    sentence=lambda body: f"a key for what is {body.object_class} of {body.lineage} came into use",
    project=_project_made,
    model=lambda _: None,
)
APPROVER_NAMED = EntryType(
    name="custody.approver_named",
    body=ApproverNamed,
    sentence=lambda body: f"{body.role} may approve the destruction of keys from now on",
    project=_project_named,
    model=lambda _: None,
)
APPROVER_REMOVED = EntryType(
    name="custody.approver_removed",
    body=ApproverRemoved,
    sentence=lambda body: f"the approver {body.approver.partition('+')[0]} approves no longer",
    project=_project_removed,
    model=lambda _: None,
)
DESTRUCTION_RULES = EntryType(
    name="custody.destruction_rules",
    body=DestructionRules,
    sentence=lambda body: (
        f"destroying a key needs {body.quorum} approvals and {body.wait_days} days of waiting"
    ),
    project=_project_rules,
    model=lambda _: None,
)
DESTRUCTION_PROPOSED = EntryType(
    name="custody.destruction_proposed",
    body=DestructionProposed,
    sentence=lambda body: (
        f"it is proposed to destroy the key of {body.lineage}, which opens "
        f"{body.models_total} {'model' if body.models_total == 1 else 'models'}: {body.reason}"
    ),
    project=_project_proposed,
    model=lambda _: None,
)
DESTRUCTION_APPROVED = EntryType(
    name="custody.destruction_approved",
    body=DestructionApproved,
    sentence=lambda body: (
        f"{body.approver.partition('+')[0]} approved the destruction that entry "
        f"{body.proposal} proposes"
    ),
    project=_project_approved,
    model=lambda _: None,
)
DESTRUCTION_WITHDRAWN = EntryType(
    name="custody.destruction_withdrawn",
    body=DestructionWithdrawn,
    sentence=lambda body: f"the proposal of entry {body.proposal} was withdrawn: {body.reason}",
    project=_project_withdrawn,
    model=lambda _: None,
)
DESTRUCTION_BEGUN = EntryType(
    name="custody.destruction_begun",
    body=DestructionBegun,
    sentence=lambda body: f"the key {body.key} is being destroyed",
    project=_project_begun,
    model=lambda _: None,
)
KEY_DESTROYED = EntryType(
    name="custody.key_destroyed",
    body=KeyDestroyed,
    sentence=lambda body: (
        f"the key {body.key} was destroyed; what it opened cannot be opened here again"
    ),
    project=_project_destroyed,
    model=lambda _: None,
)
CIPHERTEXT_DROPPED = EntryType(
    name="custody.ciphertext_dropped",
    body=CiphertextDropped,
    sentence=lambda body: f"no store need hold what lay under the destroyed key {body.key}",
    project=_project_dropped,
    model=lambda _: None,
)

ENTRY_TYPES = (
    KEY_MADE,
    APPROVER_NAMED,
    APPROVER_REMOVED,
    DESTRUCTION_RULES,
    DESTRUCTION_PROPOSED,
    DESTRUCTION_APPROVED,
    DESTRUCTION_WITHDRAWN,
    DESTRUCTION_BEGUN,
    KEY_DESTROYED,
    CIPHERTEXT_DROPPED,
)
"""What is entered of keys."""
