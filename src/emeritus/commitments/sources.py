"""Where the facts come from, noun by noun; what is not known is left out."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from emeritus.access import access_of, safety_review_of
from emeritus.catalogue import find_model
from emeritus.commitments.evidence import Fact, Grade, Source
from emeritus.conversation import held_table, read_transcript
from emeritus.custody import NotDeposited, custody_of
from emeritus.docket import Thread, threads_of
from emeritus.foundation import Digest, IntegrityError, parse_timestamp
from emeritus.interview import interviews_of
from emeritus.journal import posts_of
from emeritus.record import Record
from emeritus.vault import NotInStore, get_object

Facts = Iterator[tuple[str, Fact]]


def custody(record: Record, index: Connection, model: str, now: dt.datetime) -> Facts:
    """Yield how many copies are verified, and how the last drill went."""
    del record
    try:
        found = custody_of(index, model, now)
    except NotDeposited:
        return
    checked = [copy.checked_at for copy in found.copies if copy.state == "verified"]
    oldest = min((at for at in checked if at is not None), default=None)
    shown = (found.position,)
    grade: Grade = "self-reported" if found.elsewhere else "recomputable"
    yield "custody.copies_verified", Fact(found.copies_verified, grade, shown, oldest)
    yield "custody.copies_promised", Fact(found.policy.copies, "recomputable", shown)
    drill = found.last_drill
    if drill is not None:
        by = (drill.position,)
        yield "drill.outcome", Fact(drill.outcome, "recomputable", by, drill.at)


def life(record: Record, index: Connection, model: str, now: dt.datetime) -> Facts:
    """Yield the state of service; what led to it comes from the floor above."""
    del record, now
    yield "life.service", Fact(find_model(index, model).service, "self-reported")


def access(record: Record, index: Connection, model: str, now: dt.datetime) -> Facts:
    """Yield who may call it, and the newest safety review."""
    del record, now
    rights = access_of(index, model)
    if rights is not None:
        yield "access.call", Fact(rights.call, "self-reported", (rights.position,))
    review = safety_review_of(index, model)
    if review is not None:
        by = (review.position,)
        yield "safety.finding", Fact(review.finding, "self-reported", by, review.at)


def conversation(record: Record, index: Connection, model: str, now: dt.datetime) -> Facts:
    """Read every transcript of a model again, and say how many are not whole."""
    del now
    wanted = select(held_table.c.position, held_table.c.transcript)
    rows = index.execute(wanted.where(held_table.c.model == model))
    held = [(row.position, row.transcript) for row in rows]
    held += [
        (one.sealed, one.transcript)
        for one in interviews_of(index, model)
        if one.sealed is not None and one.transcript is not None
    ]
    broken = [position for position, transcript in held if not _is_whole(record, transcript)]
    shown = tuple(position for position, _ in held)
    yield "conversation.transcripts", Fact(len(held), "recomputable", shown)
    yield "conversation.broken", Fact(len(broken), "recomputable", shown)


def _is_whole(record: Record, transcript: str) -> bool:
    try:
        read_transcript(get_object(record.store, Digest.parse(transcript)))
    except (IntegrityError, NotInStore):
        return False
    return True


def interview(record: Record, index: Connection, model: str, now: dt.datetime) -> Facts:
    """Yield how many interviews were sealed, and how the first one ended."""
    del record, now
    sealed = [one for one in interviews_of(index, model) if one.sealed is not None and one.consent]
    shown = tuple(one.sealed for one in sealed if one.sealed is not None)
    yield "interview.sealed", Fact(len(sealed), "recomputable", shown)
    outcome = sealed[0].outcome if sealed else "not held"
    yield "interview.first_outcome", Fact(outcome, "recomputable", shown)


def docket(record: Record, index: Connection, model: str, now: dt.datetime) -> Facts:
    """Yield every request with how far it came."""
    del record
    threads = threads_of(index, model)
    found = [_request(one, now) for one in threads]
    steps = [(one.decision, one.done, one.told) for one in threads]
    shown = tuple(
        position
        for one, each in zip(threads, steps, strict=True)
        for position in (one.id, *(step.position for step in each if step is not None))
    )
    yield "docket.requests", Fact(found, "self-reported", shown)
    for word in ("decided", "granted", "done", "told"):
        number = sum(one[word] for one in found)
        yield f"docket.{word}", Fact(number, "self-reported", shown)


def _request(thread: Thread, now: dt.datetime) -> dict[str, Any]:
    decision = thread.decision
    decided_at = decision.at if decision is not None else None
    return {
        "age_days": _days(thread.at, now),
        "decided": decision is not None,
        "decided_days": _days(decided_at, now) if decided_at else 0,
        "has_reasons": decision is not None and bool(decision.reasons.strip()),
        "granted": decision is not None and decision.grants,
        "done": thread.done is not None,
        "told": thread.told is not None,
    }


def journal(record: Record, index: Connection, model: str, now: dt.datetime) -> Facts:
    """Yield how many texts are published, and, when each was replayed, how many tokens differ."""
    del record, now
    posts = posts_of(index, model)
    shown = tuple(one.position for one in posts)
    yield "journal.posts", Fact(len(posts), "recomputable", shown)
    replays = [one.replay for one in posts if one.replay is not None]
    if len(replays) == len(posts):
        by = (*shown, *(one.position for one in replays))
        differ = sum(one.mismatches for one in replays)
        yield "journal.tokens_that_differ", Fact(differ, "recomputable", by)


def _days(at: str, now: dt.datetime) -> int:
    return (now - parse_timestamp(at)).days


SOURCES: tuple[Source, ...] = (custody, life, access, conversation, interview, docket, journal)
"""The floors below; `lifecycle.promises` adds what only the floor above knows."""
