"""What can go wrong in a conversation.

IntegrityError
└── TranscriptBroken   the lines of a transcript do not follow from one another
Conflict
└── DraftHeld          another process is in this conversation
Refused
├── WordsTooMany       what must be said does not fit into the model's context
└── OtherSettings      a draft was begun on another engine, or with other settings
"""

from emeritus.foundation import Conflict, IntegrityError, Refused


class TranscriptBroken(IntegrityError):
    """The lines of a transcript do not follow from one another, or are not lines."""

    code = "conversation.transcript_broken"


class DraftHeld(Conflict):
    """Another process is in this conversation."""

    code = "conversation.draft_held"


class WordsTooMany(Refused):
    """What must be said does not fit into the model's context."""

    code = "conversation.words_too_many"


class OtherSettings(Refused):
    """A draft was begun on another engine or with other settings, so it cannot go on here."""

    code = "conversation.other_settings"
