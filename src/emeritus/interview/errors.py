"""What can go wrong with an interview.

UserError
├── NoSuchLanguage      the protocol is not published in that language
├── TooManyWords        what an interviewer asks is longer than a protocol's question may be
└── ProtocolInvalid     a text is no protocol; the message says where
Refused
├── FactNoLongerHolds   what the protocol tells the model is not so; nothing that was said is lost
└── NotAskedAgain       it was asked, and the rule says that it is not asked again now
Conflict
├── AlreadyInterviewed  there is a sealed interview, and no other one was wanted
├── AlreadySealed       another process sealed this interview
└── DraftOfAnother      the draft in this home belongs to another interview than the open one
NotFound
└── NoInterview         there is none to show, or none that is open
IntegrityError
└── TranscriptDiffers   a transcript is not the one that was sealed
"""

from emeritus.foundation import Conflict, IntegrityError, NotFound, Refused, UserError


class ProtocolInvalid(UserError):
    """A text is no protocol; the message says where."""

    code = "interview.protocol_invalid"


class NoSuchLanguage(UserError):
    """The protocol is not published in that language."""

    code = "interview.no_such_language"


class TooManyWords(UserError):
    """What an interviewer asks is longer than a protocol's question may be, or is no text."""

    code = "interview.too_many_words"


class FactNoLongerHolds(Refused):
    """What the protocol tells the model is not so; nothing that was said is lost."""

    code = "interview.fact_no_longer_holds"


class NotAskedAgain(Refused):
    """The model was asked, and the rule says that it is not asked again now."""

    code = "interview.not_asked_again"


class AlreadyInterviewed(Conflict):
    """There is a sealed interview, and no other one was wanted."""

    code = "interview.already_interviewed"


class AlreadySealed(Conflict):
    """Another process sealed this interview."""

    code = "interview.already_sealed"


class DraftOfAnother(Conflict):
    """The draft in this home belongs to another interview than the open one."""

    code = "interview.draft_of_another"


class NoInterview(NotFound):
    """There is no interview to show, or none that is open."""

    code = "interview.no_interview"


class TranscriptDiffers(IntegrityError):
    """A transcript is not the one that was sealed."""

    code = "interview.transcript_differs"
