"""Protect: give every pack of a store a parity file of its own."""

from dataclasses import dataclass, field

from emeritus.custody.copies.holdings import entries_of, holdings_of
from emeritus.custody.copies.repair import put_aside
from emeritus.custody.ports import Copy
from emeritus.foundation import Progress
from emeritus.record import Record
from emeritus.vault import Finding
from emeritus.vault.errors import Damaged, NotInStore
from emeritus.vault.parity import check_parity, make_parity, parity_name


@dataclass(slots=True)
class Protected:
    """How many packs of a store have parity, and what was made now, in bytes.

    `anew` counts the parity files that were damaged and are whole now.
    """

    store: str
    packs: int = 0
    new_bytes: int = 0
    anew: int = 0
    findings: list[Finding] = field(default_factory=list)


def protect(record: Record, copy: Copy, *, progress: Progress) -> Protected:
    """Make the parity that is missing or damaged in a store, and check what is there.

    It is no part of the record: it can be made anew at any time from packs that are whole. What
    was there is put aside, and stays where it is as long as its pack is damaged too.

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
        damaged = check_parity(copy.store, pack)
        if damaged:
            put_aside(copy.store, parity_name(pack))
        try:
            result.new_bytes += make_parity(copy.store, pack, progress, anew=bool(damaged))
        except (Damaged, NotInStore) as problem:
            result.findings += [*damaged, Finding(pack, problem.message)]
        else:
            result.packs += 1
            result.anew += bool(damaged)
    return result
