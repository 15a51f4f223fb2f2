"""The lifecycle: announce, deprecate, retire, and the life after.

It conducts the floors below and holds nothing of theirs.

* `policy`: which state leads where, and every guard of a retirement; pure.
* `verbs`: `announce`, `rescind`, `deprecate`, `retire`, and `guards_of`, what is missing.
* `report`: the post-deployment report, made from the record.
* `due`: what waits for somebody, and by which command it is done.
* `promises`: what this floor knows of promises.
* `facts`, `entries`: what is read, entered and projected.

A demonstration policy shortens days; no policy waives a guard.
"""

from emeritus.lifecycle.due import Due, due
from emeritus.lifecycle.entries import ENTRY_TYPES
from emeritus.lifecycle.errors import GuardsUnmet, NotFromHere, PlanLacking
from emeritus.lifecycle.facts import (
    Announcement,
    Life,
    briefing_section,
    life_of,
    retirement_fact,
)
from emeritus.lifecycle.policy import (
    DESTINATIONS,
    NOTICE_DAYS,
    REASONS,
    Destination,
    Guard,
    Plan,
    Reason,
)
from emeritus.lifecycle.promises import promise_facts
from emeritus.lifecycle.report import publish_report, report_of
from emeritus.lifecycle.verbs import announce, deprecate, guards_of, rescind, retire

__all__ = [
    "DESTINATIONS",
    "ENTRY_TYPES",
    "NOTICE_DAYS",
    "REASONS",
    "Announcement",
    "Destination",
    "Due",
    "Guard",
    "GuardsUnmet",
    "Life",
    "NotFromHere",
    "Plan",
    "PlanLacking",
    "Reason",
    "announce",
    "briefing_section",
    "deprecate",
    "due",
    "guards_of",
    "life_of",
    "promise_facts",
    "publish_report",
    "report_of",
    "rescind",
    "retire",
    "retirement_fact",
]
