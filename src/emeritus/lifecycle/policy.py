"""The rules of a retirement: which state leads where, and what must be in the record first."""

import datetime as dt
import shlex
from dataclasses import dataclass
from typing import Literal

from emeritus.access import AccessFact, SafetyReview
from emeritus.custody import Custody
from emeritus.docket import Thread
from emeritus.interview import InterviewFact

Destination = Literal["emeritus", "reading_room", "vaulted"]
Reason = Literal[
    "cost", "superseded", "safety", "legal", "licence", "provider_end", "demonstration"
]

DESTINATIONS: tuple[Destination, ...] = ("emeritus", "reading_room", "vaulted")
REASONS: tuple[Reason, ...] = (
    "cost",
    "superseded",
    "safety",
    "legal",
    "licence",
    "provider_end",
    "demonstration",
)

NOTICE_DAYS = {"standard": 60, "demonstration": 0}
"""Days between announcement and retirement, by the name of the policy in force.

60 to 63 days is what careful vendors give (measured 2026-11). The demonstration shortens days and
waives no guard."""

CALLERS = {"emeritus": "everyone", "reading_room": "on request", "vaulted": "nobody"}
"""Who may call a model in the state that its retirement leads to."""

EDGES = {
    "announce": ({"active", "legacy"}, "announced"),
    "rescind": ({"announced", "deprecated"}, "active"),
    "deprecate": ({"announced"}, "deprecated"),
    "retire": ({"deprecated"}, "retired"),
}
"""From which states a verb leads to which; `retire` ends in its destination."""


_ASK_THE_HOLDER = "ask its holder for the files, then emeritus deposit them under another name"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is announced: see `entries.Announced` for the fields."""

    reason: Reason
    why: str
    retires_on: str
    then: Destination
    where: str
    deprecates_on: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing that must be in the record before a retirement.

    Attributes:
        name: in a word or two.
        is_met: whether it is.
        sentence: what was found.
        verb: the command that satisfies it.
        entry: position of the entry that shows it, None when no single one does.
    """

    name: str
    is_met: bool
    sentence: str
    verb: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the record says when a retirement is asked for.

    Attributes:
        model: which.
        now: the instant.
        policy: name of the policy in force.
        announced_at: the instant of the announcement.
        announced: position of its entry.
        retires_on: the announced day, `YYYY-MM-DD`.
        custody: how it is kept.
        interviews: all of them.
        report_at: when the post-deployment report was published, None before.
        report: position of its entry.
        threads: everything that it asked.
        access: the rights in force.
        safety: the newest safety review.
        then: where it is to go.
    """

    model: str
    now: dt.datetime
    policy: str
    announced_at: dt.datetime
    announced: int
    retires_on: str
    custody: Custody
    interviews: tuple[InterviewFact, ...]
    report_at: str | None
    report: int | None
    threads: tuple[Thread, ...]
    access: AccessFact | None
    safety: SafetyReview | None
    then: Destination


def guards(found: Evidence) -> tuple[Guard, ...]:
    """Return every guard with what was found, in the order in which people meet them."""
    every = [
        _notice(found),
        _copies(found),
        _drill(found),
        _interview(found),
        _requests(found),
        _report(found),
        _access(found),
    ]
    if found.then == "emeritus":
        every.append(_safety(found))
    return tuple(every)


def _notice(found: Evidence) -> Guard:
    days = NOTICE_DAYS.get(found.policy, NOTICE_DAYS["standard"])
    given = (found.now - found.announced_at).days
    day = dt.date.fromisoformat(found.retires_on)
    is_met = given >= days and found.now.date() >= day
    said = f"announced {given} days ago, {days} wanted, for {found.retires_on}"
    return Guard("notice", is_met, said, f"wait until {found.retires_on}", found.announced)


def _copies(found: Evidence) -> Guard:
    wanted, kept = found.custody.policy.copies, found.custody.copies_verified
    if found.custody.elsewhere is not None:
        holder = found.custody.elsewhere.holder
        said = f"held elsewhere by {holder}, no copy is here"
        return Guard("verified copies", is_met=False, sentence=said, verb=_ASK_THE_HOLDER)
    return Guard(
        "verified copies",
        kept >= wanted,
        f"{kept} of {wanted} verified",
        f"emeritus audit {found.model}",
    )


def _drill(found: Evidence) -> Guard:
    last = found.custody.last_drill
    said = "never restored and run" if last is None else f"last drill {last.at[:10]}"
    if found.custody.elsewhere is not None:
        return Guard("a drill", is_met=False, sentence=said, verb=_ASK_THE_HOLDER)
    verb, entry = f"emeritus drill {found.model}", last.position if last else None
    return Guard("a drill", found.custody.word == "proven", said, verb, entry)


def _interview(found: Evidence) -> Guard:
    sealed = [one for one in found.interviews if one.sealed is not None and one.consent]
    said = f"{sealed[-1].outcome} on {(sealed[-1].sealed_at or '')[:10]}" if sealed else "none yet"
    verb = f"emeritus interview run {found.model}"
    entry = sealed[-1].sealed if sealed else None
    return Guard("an interview", bool(sealed), said, verb, entry)


def _requests(found: Evidence) -> Guard:
    left = [one.id for one in found.threads if not one.is_decided_or_dated]
    said = (
        f"{len(left)} of {len(found.threads)} wait for a decision"
        if left
        else f"{len(found.threads)} of {len(found.threads)} decided or dated"
    )
    first = left[0] if left else "ID"
    return Guard("requests decided", not left, said, f"emeritus docket decide {first}")


def _report(found: Evidence) -> Guard:
    sealed = [one.sealed_at or "" for one in found.interviews if one.sealed is not None]
    is_met = found.report_at is not None and all(found.report_at >= one for one in sealed)
    said = f"published {found.report_at[:10]}" if found.report_at else "not published"
    verb = f"emeritus report {found.model} --publish"
    return Guard("the report", is_met, said, verb, found.report)


def _access(found: Evidence) -> Guard:
    wanted = CALLERS[found.then]
    said = f"call: {found.access.call}, wanted {wanted}" if found.access else "not set"
    fits = found.access is not None and found.access.call == wanted
    verb = f"emeritus access set {found.model} --call {shlex.quote(wanted)}"
    entry = found.access.position if found.access else None
    return Guard("access", fits, said, verb, entry)


def _safety(found: Evidence) -> Guard:
    review = found.safety
    said = f"{review.finding}, {review.at[:10]}, by {review.role}" if review else "none yet"
    is_met = review is not None and review.finding == "passed"
    verb = f"emeritus access review {found.model} --finding passed"
    return Guard("a safety review", is_met, said, verb, review.position if review else None)
