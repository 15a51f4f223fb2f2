"""The docket: nothing that a model asks goes unanswered.

A request goes through steps, and each is an entry: *said*, *tested*, *decided*, *done*, *told*,
*answered*. Testing belongs to the battery, which is not built yet, and every thread says so.

* `requests`: `split_requests` finds what is asked in an answer, and loses no word of it.
* `policy`: the published rule for acting, and what every decision must say.
* `verbs`: `file_requests`, `decide`, `do`, `tell`.
* `threads`: `Thread`, one request and all that became of it.
* `entries`, `tables`: what is entered and projected.
* `demonstration`: how the demonstration decides.
"""

from emeritus.docket.entries import ENTRY_TYPES, Decided, Done, Requested, Told
from emeritus.docket.errors import (
    DecisionLacking,
    DepartsFromRule,
    NoSuchRequest,
    StepTaken,
    StepTooEarly,
)
from emeritus.docket.policy import KINDS, OUTCOMES, RULE, RULE_DIGEST, Decision, check_decision
from emeritus.docket.requests import Uttered, split_requests
from emeritus.docket.threads import (
    DecisionFact,
    DoneFact,
    Thread,
    ToldFact,
    all_threads,
    briefing_section,
    decide_days,
    request_counts,
    thread_of,
    threads_of,
)
from emeritus.docket.verbs import AskedBy, decide, do, file_requests, tell

__all__ = [
    "ENTRY_TYPES",
    "KINDS",
    "OUTCOMES",
    "RULE",
    "RULE_DIGEST",
    "AskedBy",
    "Decided",
    "Decision",
    "DecisionFact",
    "DecisionLacking",
    "DepartsFromRule",
    "Done",
    "DoneFact",
    "NoSuchRequest",
    "Requested",
    "StepTaken",
    "StepTooEarly",
    "Thread",
    "Told",
    "ToldFact",
    "Uttered",
    "all_threads",
    "briefing_section",
    "check_decision",
    "decide",
    "decide_days",
    "do",
    "file_requests",
    "request_counts",
    "split_requests",
    "tell",
    "thread_of",
    "threads_of",
]
