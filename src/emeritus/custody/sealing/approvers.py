"""Whose signatures count: keys that were named in the record before a proposal was made."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from emeritus.custody.errors import ApprovalInvalid
from emeritus.custody.sealing.entries import ApproverNamed, ApproverRemoved
from emeritus.custody.tables import approvers_table
from emeritus.foundation import Conflict, UserError
from emeritus.ledger import NoteVerifier
from emeritus.record import Record


@dataclass(frozen=True, slots=True)
class Approver:
    """Who may approve.

    Attributes:
        vkey: the public key.
        role: in which role.
        position: of the entry that named them.
        removed_at: when they stopped, empty while they may.
    """

    vkey: str
    role: str
    position: int
    removed_at: str

    @property
    def name(self) -> str:
        """The name in the key."""
        return self.vkey.partition("+")[0]


def approvers_of(index: Connection) -> tuple[Approver, ...]:
    """Return everybody who was ever named, in order."""
    table = approvers_table
    columns = (table.c[name] for name in Approver.__dataclass_fields__)
    rows = index.execute(select(*columns).order_by(table.c.position))
    return tuple(Approver(*row) for row in rows)


def name_approver(record: Record, vkey: str, role: str, *, actor: str) -> Approver:
    """Enter that who holds this key may approve what is proposed later.

    Raises:
        UserError: it is no vkey, or the key of the ledger, which proposes.
        Conflict: this key was named before, under whatever name.
    """
    verifier = NoteVerifier.parse(vkey.strip())
    if verifier.public == record.log.verifier.public:
        raise UserError(
            "this is the key of the ledger, which proposes; an approver needs a key of their own, "
            "which lies nowhere here"
        )
    with record.act(actor) as act:
        for known in approvers_of(act.index):
            if NoteVerifier.parse(known.vkey).public == verifier.public:
                raise Conflict(f"this key was named before, for {known.role}", about=known.name)
        position = act.enter(ApproverNamed(verifier.vkey, role))
    return Approver(verifier.vkey, role, position, "")


def remove_approver(record: Record, vkey: str, *, reason: str, actor: str) -> None:
    """Enter that an approver approves no longer.

    Raises:
        ApprovalInvalid: nobody of that key may approve.
    """
    with record.act(actor) as act:
        known = {one.vkey for one in approvers_of(act.index) if not one.removed_at}
        if vkey.strip() not in known:
            raise ApprovalInvalid(
                "expected the vkey of an approver, found none that may approve; "
                "'emeritus sealing approvers' lists them"
            )
        act.enter(ApproverRemoved(vkey.strip(), reason))
