"""How many approvals, and how long a wait, the destruction of a key needs."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from emeritus.custody.facts import policy_of
from emeritus.custody.sealing.entries import FEWEST_APPROVALS, DestructionRules
from emeritus.custody.tables import destruction_rules_table
from emeritus.foundation import UserError
from emeritus.record import Record

WAIT_DAYS = 7
"""Days between proposal and deed where nothing else was entered: a week in which whoever reads the
record can object."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Approvals that are needed, and days of waiting."""

    quorum: int
    wait_days: int


def rules_of(index: Connection) -> Rules:
    """Return the rules in force for a new proposal."""
    table = destruction_rules_table
    newest = select(table).order_by(table.c.position.desc()).limit(1)
    row = index.execute(newest).one_or_none()
    if row is not None:
        return Rules(row.quorum, row.wait_days)
    return Rules(FEWEST_APPROVALS, 0 if policy_of(index).is_demonstration else WAIT_DAYS)


def set_rules(record: Record, *, quorum: int, wait_days: int, actor: str) -> Rules:
    """Enter the rules of later proposals; those that are open keep theirs.

    Raises:
        UserError: fewer than two approvals, or no day of waiting outside a demonstration.
    """
    with record.act(actor) as act:
        least = 0 if policy_of(act.index).is_demonstration else 1
        if quorum < FEWEST_APPROVALS or wait_days < least:
            raise UserError(
                f"expected at least {FEWEST_APPROVALS} approvals and {least} days of waiting, "
                f"found {quorum} and {wait_days}; what cannot be undone is never one person's act"
            )
        act.enter(DestructionRules(quorum, wait_days))
    return Rules(quorum, wait_days)
