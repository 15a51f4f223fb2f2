"""Protect: give every pack of a store a parity file of its own."""

from dataclasses import dataclass, field

from emeritus.custody.copies.holdings import entries_of, holdings_of
from emeritus.custody.ports import Copy
from emeritus.foundation import Progress
from emeritus.record import Record
from emeritus.vault import Finding
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.parity import check_parity, make_parity


@dataclass(slots=True)
class Protected:
    """How many packs of a store have parity, and what was made now, in bytes."""

    store: str
    packs: int = 0
    new_bytes: int = 0
    findings: list[Finding] = field(default_factory=list)


def protect(record: Record, copy: Copy, *, progress: Progress) -> Protected:
    """Make the parity that is missing in a store, and check what is there.

    It is no part of the record: it can be made anew at any time from packs that are whole.

    Args:
        record: which says which packs there are.
        copy: the store.
        progress: told of the bytes read.

    Raises:
        IntegrityError: the ledger is damaged.
        StoreUnavailable: the store failed.
    """
    result = Protected(copy.name)
    for pack in holdings_of(entries_of(record.log, record.types)).packs:
        found = check_parity(copy.store, pack)
        try:
            result.new_bytes += 0 if found else make_parity(copy.store, pack, progress)
        except (Damaged, NotInStore) as problem:
            found = [Finding(pack, problem.message)]
        result.findings += found
        result.packs += not found
    return result
