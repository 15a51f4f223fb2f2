"""Interviews: a model is told the truth, asked whether it agrees, and asked.

The verbs, a file each:

* `run`: holds an interview from its disclosures to its seal, or goes on with one that broke off.
* `close`: seals one that cannot go on.
* `transcripts`: checks a sealed transcript, and writes its answers again from the weights.

And what they share: `protocol` (what is asked, a published YAML file), `disclosures` (what is
told, rendered from the record), `sitting` (the steps of one interview), `interviewer` (a person
who asks further), `policy` (who is asked again, and when), `entries`, `tables` and `facts`.

Nothing that is said here is a measurement: one interview does not show what stays the same.
"""

from emeritus.interview.close import close_interview
from emeritus.interview.disclosures import FACTS, Fact
from emeritus.interview.entries import ENTRY_TYPES
from emeritus.interview.errors import (
    AlreadyInterviewed,
    FactNoLongerHolds,
    NoInterview,
    NoSuchLanguage,
    NotAskedAgain,
    ProtocolInvalid,
    TooManyWords,
    TranscriptDiffers,
)
from emeritus.interview.facts import (
    InterviewFact,
    briefing_section,
    interviews_of,
    open_interview,
)
from emeritus.interview.interviewer import Interviewer
from emeritus.interview.policy import MOST_FOLLOW_UPS, MOST_FOLLOW_UPS_IN_ALL, check_follow_up
from emeritus.interview.protocol import (
    LANGUAGES,
    RETIREMENT_1,
    Protocol,
    parse_protocol,
    retirement,
)
from emeritus.interview.run import InterviewResult, run_interview
from emeritus.interview.transcripts import (
    AnswerReplay,
    check_transcript,
    replay_transcript,
    requests_match,
    transcript_of,
)

__all__ = [
    "ENTRY_TYPES",
    "FACTS",
    "LANGUAGES",
    "MOST_FOLLOW_UPS",
    "MOST_FOLLOW_UPS_IN_ALL",
    "RETIREMENT_1",
    "AlreadyInterviewed",
    "AnswerReplay",
    "Fact",
    "FactNoLongerHolds",
    "InterviewFact",
    "InterviewResult",
    "Interviewer",
    "NoInterview",
    "NoSuchLanguage",
    "NotAskedAgain",
    "Protocol",
    "ProtocolInvalid",
    "TooManyWords",
    "TranscriptDiffers",
    "briefing_section",
    "check_follow_up",
    "check_transcript",
    "close_interview",
    "interviews_of",
    "open_interview",
    "parse_protocol",
    "replay_transcript",
    "requests_match",
    "retirement",
    "run_interview",
    "transcript_of",
]
