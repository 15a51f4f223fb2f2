"""An append-only signed log on a store, which anybody can check; it knows no database, no clock.

A log is a list of entries (bytes) and a Merkle tree over them; its key signs the tree after
every append.
It follows C2SP (signed-note, tlog-checkpoint, tlog-tiles) and RFC 6962, so that any static
web server can serve it and other people's tools can read it.
`docs/specs/ledger.md` describes its bytes.

    signer = NoteSigner.generate("example.org/record")
    log = Log(store, signer.verifier)
    checkpoint = log.append([b"first", b"second"], signer)
    list(log.entries())

* `note`: Ed25519 keys and the notes that they sign.
* `checkpoint`: the three lines that say which tree a log stands for.
* `merkle`: hashes, roots and proofs; pure.
* `tiles`: names and bytes of the files.
* `tree`: reading the tree of one checkpoint, each byte checked against it.
* `growth`: what an append adds.
* `log`: `Log`, append and read; why nothing acknowledged is lost.
* `mending`: what a damaged file of a log must be, from another copy of it.
* `copying`: `copy_log`, the same log in another store; `log_files`, every file of one.
* `evidence`, `check`: `check_log`, every file of a log, the damaged ones named.
* `fork`: `check_extends`, whether a log still begins with what somebody saw of it.
* `errors`: what can go wrong.
"""

from emeritus.ledger.check import LogCheck, check_log
from emeritus.ledger.checkpoint import Checkpoint
from emeritus.ledger.copying import copy_log, log_files
from emeritus.ledger.errors import (
    EntryTooLarge,
    KeyUnusable,
    LogDamaged,
    LogForked,
    LogReadOnly,
    NoteInvalid,
    NothingToAppend,
    NotInLog,
    TextUnsignable,
)
from emeritus.ledger.fork import check_extends
from emeritus.ledger.log import Log
from emeritus.ledger.mending import Mended, damaged_files, mended
from emeritus.ledger.merkle import inclusion_root, leaf_hash, verify_consistency
from emeritus.ledger.note import NoteSigner, NoteVerifier
from emeritus.ledger.tiles import MOST_ENTRY_BYTES

__all__ = [
    "MOST_ENTRY_BYTES",
    "Checkpoint",
    "EntryTooLarge",
    "KeyUnusable",
    "Log",
    "LogCheck",
    "LogDamaged",
    "LogForked",
    "LogReadOnly",
    "Mended",
    "NotInLog",
    "NoteInvalid",
    "NoteSigner",
    "NoteVerifier",
    "NothingToAppend",
    "TextUnsignable",
    "check_extends",
    "check_log",
    "copy_log",
    "damaged_files",
    "inclusion_root",
    "leaf_hash",
    "log_files",
    "mended",
    "verify_consistency",
]
