"""Collect: what no entry speaks of is cleared away.

An interrupted deposit leaves packs, and a crash in the middle of an act objects. The next deposit
of the same files uses them; when there will be none they only take room.
What a manifest needs is never touched, since its packs were entered before it, the packs of the
bases of differences among them; nor what a deposit is making at this moment.
"""

from dataclasses import dataclass

from emeritus.custody.copies.holdings import entries_of, holdings_of
from emeritus.custody.ports import Copy
from emeritus.record import Record
from emeritus.vault.layout import CLOSED

_KINDS = ("objects/", "packs/", "parity/", CLOSED)


@dataclass(frozen=True, slots=True)
class Collected:
    """What no entry speaks of in a store: names, and bytes together; `removed` or only listed."""

    store: str
    files: tuple[str, ...]
    bytes: int
    removed: bool


def collect(record: Record, copy: Copy, *, remove: bool) -> Collected:
    """Find what no entry of the record speaks of, and remove it if asked to.

    Nothing is entered: nothing in the record changes.

    Args:
        record: which says what is needed.
        copy: the store to look at.
        remove: take it away, for good.

    Raises:
        SequencerBusy: a deposit is under way.
        IntegrityError: the ledger is damaged, so that what is needed cannot be told.
        StoreUnavailable: the store failed; what was removed is removed.
    """
    with record.clearing(), record.sequence():
        needed = holdings_of(entries_of(record.log, record.types)).files
        left = [
            name
            for name in copy.store.names()
            if name.startswith(_KINDS) and _pack_of(name) not in needed
        ]
        size = sum(copy.store.size(name) or 0 for name in left)
        for name in left if remove else ():
            copy.store.remove(name)
    return Collected(copy.name, tuple(left), size, remove)


def _pack_of(name: str) -> str:
    """Return the pack of which a parity file is; any other name as it is."""
    before, parity, rest = name.rpartition("parity/")
    return f"{before}packs/{rest.removesuffix('.par')}.pack" if parity else name
