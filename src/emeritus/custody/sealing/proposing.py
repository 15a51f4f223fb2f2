"""It is proposed to destroy a key; others approve with keys of their own, or it is withdrawn."""

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select

from emeritus.catalogue import find_model
from emeritus.custody.errors import ApprovalInvalid, KeyGone, NoSuchKey, NotApproved, NotSealed
from emeritus.custody.facts import kept_of
from emeritus.custody.sealing.approvers import Approver, approvers_of
from emeritus.custody.sealing.entries import (
    MOST_NAMED,
    DestructionApproved,
    DestructionProposed,
    DestructionWithdrawn,
    Kind,
)
from emeritus.custody.sealing.facts import KeyFact, keys_of
from emeritus.custody.sealing.rules import rules_of
from emeritus.custody.tables import approvals_table, proposals_table
from emeritus.foundation import Conflict, NotFound, timestamp
from emeritus.ledger import NoteVerifier
from emeritus.ledger.errors import NoteInvalid
from emeritus.record import Act, Record
from emeritus.vault.layout import ObjectClass

APPROVAL_FORMAT = "emeritus-destruction-approval/1"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval as it was entered."""

    position: int
    at: str
    vkey: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it was entered.

    Attributes:
        position: of its entry.
        at: when.
        entry: SHA-256 of the entry's bytes.
        state: `open`, `withdrawn`, `begun` or `done`.
        body: what was proposed.
        approvals: that count: by different keys, of approvers who may approve today; once it is
            begun, of those who might then.
    """

    position: int
    at: str
    entry: str
    state: str
    body: DestructionProposed
    approvals: tuple[Approval, ...]


def find_key(index: Connection, text: str) -> KeyFact:
    """Return a key by its id, or by a model that it opens.

    Raises:
        NotSealed: that model is public.
        NoSuchKey: there is no such key, and no such model.
    """
    known = {one.key: one for one in keys_of(index)}
    if text in known:
        return known[text]
    with suppress(NotFound):
        name = str(find_model(index, text).name)
        place = kept_of(index, name).place
        if not place.is_closed:
            raise NotSealed(
                f"{name} is public: it has no key, and whoever has a copy can read it; nothing "
                "that opens it can be destroyed",
                about=name,
            )
        return known[place.key_id]
    raise NoSuchKey(
        f"expected the id of a key or the name of a sealed model, found {text[:96]!r}; "
        "'emeritus sealing list' names the keys",
        about=text[:96],
    )


def proposal_of(index: Connection, key: str, *states: str) -> Proposal | None:
    """Return the newest proposal about a key in one of these states, None when there is none."""
    table = proposals_table
    wanted = select(table).where(table.c.key == key, table.c.state.in_(states))
    row = index.execute(wanted.order_by(table.c.position.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    body = msgspec.json.decode(row.body, type=DestructionProposed)
    approvals = tuple(_counting(index, row.position, is_open=row.state == "open"))
    return Proposal(row.position, row.at, row.entry, row.state, body, approvals)


def _counting(index: Connection, proposal: int, *, is_open: bool) -> Iterator[Approval]:
    may = {one.vkey for one in approvers_of(index) if not one.removed_at}
    table = approvals_table
    rows = index.execute(
        select(table.c.position, table.c.at, table.c.vkey)
        .where(table.c.proposal == proposal)
        .order_by(table.c.position)
    )
    return (Approval(*row) for row in rows if not is_open or row.vkey in may)


def propose(record: Record, key: str, *, reason: str, actor: str) -> Proposal:
    """Enter that a key should be destroyed; nothing is destroyed by that.

    Args:
        record: where.
        key: its id, or a model that it opens.
        reason: why, in a sentence.
        actor: in which role.

    Raises:
        NoSuchKey: there is none.
        NotSealed: the model is public.
        KeyGone: it was destroyed already.
        Conflict: it is proposed already.
    """
    with record.act(actor) as act:
        known = find_key(act.index, key)
        if known.gone_at:
            raise KeyGone(
                f"the key {known.key} is {known.state} since {known.gone_at[:10]}", about=known.key
            )
        if (there := proposal_of(act.index, known.key, "open")) is not None:
            raise Conflict(
                f"entry {there.position} proposes that already; withdraw it first with "
                f"'emeritus sealing withdraw {known.key}'",
                about=known.key,
            )
        act.enter(_body(act, record, known, reason))
    with record.read() as index:
        made = proposal_of(index, known.key, "open")
    if made is None:
        raise AssertionError(known.key)
    return made


def _body(act: Act, record: Record, known: KeyFact, reason: str) -> DestructionProposed:
    rules = rules_of(act.index)
    not_before = record.now() + dt.timedelta(days=rules.wait_days)
    depend = [one for one in known.models if kept_of(act.index, one).base]
    kind: Kind = "sealed" if known.place.object_class is ObjectClass.SEALED else "erasable"
    return DestructionProposed(
        key=known.key,
        object_class=kind,
        lineage=known.lineage,
        reason=reason,
        models=known.models[:MOST_NAMED],
        models_total=len(known.models),
        depend=tuple(depend[:MOST_NAMED]),
        files=sum(1 for _ in record.store.names(known.place.prefix)),
        quorum=rules.quorum,
        not_before=timestamp(not_before),
    )


def approval_text(origin: str, proposal: Proposal) -> str:
    """Return the text that an approver signs: it names the very entry, and so all that is in it."""
    body = proposal.body
    names = ", ".join(body.models[:_SHOWN])
    more = f" and {body.models_total - _SHOWN} more" if body.models_total > _SHOWN else ""
    lines = [
        APPROVAL_FORMAT,
        f"record {origin}",
        f"entry {proposal.position} {proposal.entry}",
        f"key {body.key}",
        f"opens {names or 'no model'}{more}",
        "I approve that this key is destroyed. What it opens cannot be opened again.",
    ]
    return "\n".join(lines) + "\n"


def approve(record: Record, note: bytes, *, actor: str) -> tuple[Proposal, Approver]:
    """Enter an approval that was signed elsewhere.

    Args:
        record: where.
        note: the text of `approval_text` as a C2SP signed note.
        actor: in which role it is entered, which is not the approver's.

    Returns:
        The proposal as it stands now, and who approved.

    Raises:
        ApprovalInvalid: no approver signed it who was named before the proposal, or it is of no
            open proposal of this record.
        Conflict: they approved it already.
    """
    with record.act(actor) as act:
        proposal = _approved_by(act.index, record.log.verifier.name, note)
        signed = [one for one in _may_approve(act.index, proposal) if _signed(one, note)]
        if len(signed) != 1:
            raise ApprovalInvalid(
                f"expected the signature of one approver who was named before entry "
                f"{proposal.position}, found {len(signed)}; 'emeritus sealing approvers' lists "
                "them"
            )
        (approver,) = signed
        if any(one.vkey == approver.vkey for one in proposal.approvals):
            raise Conflict(f"{approver.name} approved that already", about=approver.name)
        key = proposal.body.key
        text = note.decode("utf-8", "strict")
        act.enter(DestructionApproved(key, proposal.position, approver.vkey, text))
    with record.read() as index:
        return proposal_of(index, key, "open") or proposal, approver


def _approved_by(index: Connection, origin: str, note: bytes) -> Proposal:
    """Return the open proposal whose text a note carries, to the byte."""
    for known in keys_of(index):
        proposal = proposal_of(index, known.key, "open")
        if proposal is not None and note.startswith(
            approval_text(origin, proposal).encode() + b"\n"
        ):
            return proposal
    raise ApprovalInvalid(
        "expected the signed text of an open proposal, found another one; 'emeritus sealing text' "
        "writes the text to sign, which must not be changed"
    )


def _may_approve(index: Connection, proposal: Proposal) -> list[Approver]:
    return [
        one
        for one in approvers_of(index)
        if not one.removed_at and one.position < proposal.position
    ]


def _signed(approver: Approver, note: bytes) -> bool:
    try:
        NoteVerifier.parse(approver.vkey).verify(note)
    except NoteInvalid:
        return False
    return True


def withdraw(record: Record, key: str, *, reason: str, actor: str) -> None:
    """Enter that a proposal holds no longer.

    Raises:
        NoSuchKey: there is no such key.
        NotApproved: nothing is proposed that could be withdrawn.
    """
    with record.act(actor) as act:
        known = find_key(act.index, key)
        proposal = proposal_of(act.index, known.key, "open")
        if proposal is None:
            raise NotApproved(f"no open proposal is about the key {known.key}", about=known.key)
        act.enter(DestructionWithdrawn(known.key, proposal.position, reason))
