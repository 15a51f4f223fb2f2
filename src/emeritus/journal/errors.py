"""What can go wrong in a journal.

NotFound
├── NoJournal        the model has none
└── NoSuchDraft      no draft or post of that number
Conflict
├── JournalOpen      it has one already
├── WritingNow       another process writes in this home
└── AlreadyDone      that step was taken already
Refused
├── NotItsTurn       another step comes first
└── NotWritten       no attempt gave a text
UserError
└── ReviewLacking    a review lacks a part that every review has
IntegrityError
├── DraftBroken      a draft is not what its entry says
└── ProvenanceBroken bytes are not a provenance record
"""

from emeritus.foundation import Conflict, IntegrityError, NotFound, Refused, UserError


class NoJournal(NotFound):
    """The model has no journal."""

    code = "journal.none"


class NoSuchDraft(NotFound):
    """No draft or post of that number."""

    code = "journal.no_such_draft"


class JournalOpen(Conflict):
    """The model has a journal already."""

    code = "journal.open_already"


class WritingNow(Conflict):
    """Another process writes in this home."""

    code = "journal.writing_now"


class AlreadyDone(Conflict):
    """That step was taken already."""

    code = "journal.already_done"


class NotItsTurn(Refused):
    """Another step comes first."""

    code = "journal.not_its_turn"


class NotWritten(Refused):
    """No attempt gave a text that can be published."""

    code = "journal.not_written"


class ReviewLacking(UserError):
    """A review lacks a part that every review has."""

    code = "journal.review_lacking"


class DraftBroken(IntegrityError):
    """A draft is not what its entry says."""

    code = "journal.draft_broken"


class ProvenanceBroken(IntegrityError):
    """Bytes are not a provenance record, or not spelt as one is written."""

    code = "journal.provenance_broken"
