"""What can go wrong with a log and with the notes that speak for it.

UserError
├── EntryTooLarge     an entry does not fit the 16-bit length of an entry bundle
├── NothingToAppend   no entry, or an entry without a byte
├── KeyUnusable       a text is not an Ed25519 note key, or a name cannot be a key name
└── TextUnsignable    a text cannot be the text of a note
NotFound
└── NotInLog          the log has no such entry or has never been so large
IntegrityError
├── NoteInvalid       bytes are not a note that this key signed
├── LogDamaged        a file of the log is missing or is not what the checkpoint says
└── LogForked         the log does not contain a tree that it once signed
Refused
└── LogReadOnly       whoever appends does not hold the key of this log
"""

from emeritus.foundation import IntegrityError, NotFound, Refused, UserError


class EntryTooLarge(UserError):
    """An entry does not fit the 16-bit length of an entry bundle: log a digest instead."""

    code = "ledger.entry_too_large"


class NothingToAppend(UserError):
    """No entry was given, or one without a byte."""

    code = "ledger.nothing_to_append"


class KeyUnusable(UserError):
    """A text is not an Ed25519 note key, or a name cannot be a key name."""

    code = "ledger.key_unusable"


class TextUnsignable(UserError):
    """A text cannot be the text of a note."""

    code = "ledger.text_unsignable"


class NotInLog(NotFound):
    """The log has no such entry, or has never been so large."""

    code = "ledger.not_in_log"


class NoteInvalid(IntegrityError):
    """Bytes are not a note that this key signed."""

    code = "ledger.note_invalid"


class LogDamaged(IntegrityError):
    """A file of the log is missing, or is not what the signed checkpoint says; `about` names it."""

    code = "ledger.damaged"


class LogForked(IntegrityError):
    """The log does not contain a tree that it once signed: it was shortened or rewritten."""

    code = "ledger.forked"


class LogReadOnly(Refused):
    """Whoever appends does not hold the key of this log."""

    code = "ledger.read_only"
