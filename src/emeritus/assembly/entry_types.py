"""Every entry type that this version knows."""

from emeritus import access, catalogue, conversation, custody, docket, interview, journal
from emeritus.record import EntryTypes
from emeritus.record import entries as record_entries

ENTRY_TYPES = EntryTypes(
    [
        *record_entries.ENTRY_TYPES,
        *catalogue.ENTRY_TYPES,
        *custody.ENTRY_TYPES,
        *conversation.ENTRY_TYPES,
        *docket.ENTRY_TYPES,
        *access.ENTRY_TYPES,
        *interview.ENTRY_TYPES,
        *journal.ENTRY_TYPES,
    ]
)
