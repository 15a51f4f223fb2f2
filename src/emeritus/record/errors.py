"""What can go wrong with the record.

UserError
└── EntryInvalid     what is to be entered breaks the rules of its type; nothing was entered
IntegrityError
└── EntryUnknown     an entry that this version does not know, or that breaks its type
Refused
└── HomeReadOnly     there is no signing key here, so nothing can be entered
Conflict
├── SequencerBusy    somebody else is acting, and did not finish in time
└── RecordExists     there is a record here already
Unavailable
└── DatabaseUnavailable   the database does not answer
"""

from emeritus.foundation import Conflict, IntegrityError, Refused, Unavailable, UserError


class EntryInvalid(UserError):
    """What is to be entered breaks the rules of its type; nothing was entered."""

    code = "record.entry_invalid"


class EntryUnknown(IntegrityError):
    """An entry that this version does not know, or that breaks the rules of its type."""

    code = "record.entry_unknown"


class HomeReadOnly(Refused):
    """There is no signing key here, so nothing can be entered in the record."""

    code = "record.read_only"


class SequencerBusy(Conflict):
    """Somebody else is acting, and did not finish in the time that we wait."""

    code = "record.sequencer_busy"


class RecordExists(Conflict):
    """There is a record here already."""

    code = "record.exists"


class DatabaseUnavailable(Unavailable):
    """The database under the index does not answer."""

    code = "record.database_unavailable"
