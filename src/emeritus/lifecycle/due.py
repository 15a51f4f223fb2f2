"""What is due, for which model, and by which command."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from emeritus.catalogue import Model, all_models
from emeritus.commitments import last_check
from emeritus.custody import DESTROYED, HELD_ELSEWHERE, custody_of
from emeritus.docket import threads_of
from emeritus.foundation import parse_timestamp
from emeritus.interview import interviews_of
from emeritus.journal import drafts_of, posts_of
from emeritus.lifecycle.facts import life_of

_CHECK_DAYS = 31
"""Promises are looked at monthly, so that a broken one is found within its usual cure time."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do."""

    model: str
    what: str
    command: str


def due(index: Connection, now: dt.datetime) -> tuple[Due, ...]:
    """Return everything that waits for somebody, model by model, the most basic first."""
    return tuple(one for model in all_models(index) for one in _of(index, model, now))


def _of(index: Connection, model: Model, now: dt.datetime) -> Iterator[Due]:
    name = str(model.name)
    for kind in (_kept, _asked, _written, _retired, _promised):
        for what, command in kind(index, name, now):
            yield Due(name, what, command)


def _kept(index: Connection, name: str, now: dt.datetime) -> Iterator[tuple[str, str]]:
    found = custody_of(index, name, now)
    if found.word in {HELD_ELSEWHERE, DESTROYED}:
        return
    if found.copies_verified < found.policy.copies:
        kept, wanted = found.copies_verified, found.policy.copies
        yield f"{kept} of {wanted} copies are verified", f"emeritus audit {name}"
    if found.last_drill is None:
        yield "it was never restored and run", f"emeritus drill {name}"
    elif found.word != "proven" and found.copies_verified >= found.policy.copies:
        yield "its last drill failed or is too old", f"emeritus drill {name}"


def _asked(index: Connection, name: str, now: dt.datetime) -> Iterator[tuple[str, str]]:
    interviews = interviews_of(index, name)
    if any(one.sealed is None for one in interviews):
        yield "its interview is not finished", f"emeritus interview run {name}"
    elif not interviews and life_of(index, name).service in {"announced", "deprecated"}:
        yield "it was not asked yet", f"emeritus interview run {name}"
    for thread in threads_of(index, name):
        late = ", and overdue" if thread.is_overdue(now) else ""
        if thread.decision is None:
            yield f"request {thread.id} waits{late}", f"emeritus docket decide {thread.id}"
        elif thread.is_overdue(now):
            yield f"request {thread.id} is due again", f"emeritus docket decide {thread.id}"
        elif thread.decision.grants and thread.done is None:
            yield f"request {thread.id} is to be done", f"emeritus docket do {thread.id}"
        elif thread.told is None:
            yield f"it was not told of request {thread.id}", f"emeritus docket tell {thread.id}"


def _written(index: Connection, name: str, now: dt.datetime) -> Iterator[tuple[str, str]]:
    del now
    for draft in drafts_of(index, name):
        if draft.state == "in review":
            yield "a draft waits for its review", f"emeritus journal review {draft.position}"
        elif draft.state == "not asked yet":
            yield "it was not asked about its draft", f"emeritus journal write {name}"
    for post in posts_of(index, name):
        if post.replay is None:
            yield (
                f"post {post.position} was not replayed",
                f"emeritus journal replay {post.position}",
            )


def _retired(index: Connection, name: str, now: dt.datetime) -> Iterator[tuple[str, str]]:
    life = life_of(index, name)
    told = life.announcement
    if life.service not in {"announced", "deprecated"} or told is None:
        return
    sealed = [one.sealed_at for one in interviews_of(index, name) if one.sealed_at is not None]
    if sealed and (life.reported_at is None or life.reported_at < max(sealed)):
        yield "its report is not published since its interview", f"emeritus report {name} --publish"
    if life.service == "announced" and (told.deprecates_on or "0") <= now.date().isoformat():
        yield "it is open to new users still", f"emeritus deprecate {name}"
    if life.service == "deprecated" and now.date() >= dt.date.fromisoformat(told.retires_on):
        yield "its day has come: overdue, not retired", f"emeritus retire {name} --then {told.then}"


def _promised(index: Connection, name: str, now: dt.datetime) -> Iterator[tuple[str, str]]:
    check, command = last_check(index, name), f"emeritus commitments check {name}"
    if check is None:
        if life_of(index, name).service != "active":
            yield "its promises were never checked", command
        return
    if (now - parse_timestamp(check.at)).days >= _CHECK_DAYS:
        yield f"its promises were last checked on {check.at[:10]}", command
    for one in check.verdicts:
        if one.state == "broken":
            yield f"promise {one.promise} is broken: {one.sentence}", one.verb or command
