"""Comparing a log with what somebody saw of it before."""

from emeritus.ledger.checkpoint import Checkpoint
from emeritus.ledger.errors import LogForked
from emeritus.ledger.log import Log
from emeritus.ledger.merkle import verify_consistency


def check_extends(log: Log, known: Checkpoint) -> None:
    """Make sure that the log still begins with the tree of a checkpoint that somebody knows.

    A store can be put back to an older state, or its key can sign another history; both have
    valid signatures, and only an independently kept checkpoint shows them.

    Args:
        log: the log as it is now.
        known: a checkpoint whose signature was verified when it was seen.

    Raises:
        LogForked: the log is another one, is smaller than `known`, or does not begin with it.
        LogDamaged: the log cannot be read as far as the comparison needs it.
    """
    present = log.checkpoint() or Checkpoint(known.origin, 0, b"")
    if present.origin != known.origin:
        raise LogForked(f"expected the log {known.origin}, found {present.origin}")
    if present.size < known.size:
        raise LogForked(
            f"expected at least the {known.size} entries of a checkpoint seen before, found "
            f"{present.size}; the log was shortened: restore it from another copy"
        )
    if known.size == present.size == 0:
        return
    path = log.consistency(known.size, present.size)
    if not verify_consistency(known.size, present.size, known.root, present.root, path):
        raise LogForked(
            f"the log of {present.size} entries does not begin with the {known.size} entries of "
            "a checkpoint seen before; keep both signed checkpoints: they prove that its key "
            "signed two histories"
        )
