"""Every entry type that this version knows, and what a check of a store looks for."""

from emeritus import (
    access,
    catalogue,
    commitments,
    conversation,
    custody,
    docket,
    interview,
    journal,
    lifecycle,
)
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
        *commitments.ENTRY_TYPES,
        *lifecycle.ENTRY_TYPES,
    ]
)

PROMISE_SOURCES = (*commitments.SOURCES, lifecycle.promise_facts)
"""Where the evidence for promises comes from."""

CHECKS = (
    conversation.check_transcripts,
    journal.check_posts,
    custody.check_destructions,
)
"""What `verify` looks for in the objects of the nouns, once every digest is right."""
