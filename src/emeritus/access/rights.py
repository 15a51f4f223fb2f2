"""Say who may do what with a model, and enter a safety review."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from emeritus.access.entries import (
    AccessSet,
    Callers,
    Outcome,
    SafetyReviewed,
    reviews_table,
    rights_table,
)
from emeritus.access.errors import WeightsDenied
from emeritus.catalogue import find_model
from emeritus.custody import custody_of
from emeritus.record import Record


@dataclass(frozen=True, slots=True)
class AccessFact:
    """The rights in force; see `AccessSet`."""

    position: int
    at: str
    call: str
    logprobs: str
    weights: str
    transcripts: str


@dataclass(frozen=True, slots=True)
class SafetyReview:
    """The newest safety review; see `SafetyReviewed`."""

    position: int
    at: str
    role: str
    finding: str
    words: str


def access_of(index: Connection, model: str) -> AccessFact | None:
    """Return the rights in force, None when none were entered."""
    columns = [rights_table.c[name] for name in AccessFact.__dataclass_fields__]
    newest = select(*columns).where(rights_table.c.model == model)
    row = index.execute(newest.order_by(rights_table.c.position.desc()).limit(1)).one_or_none()
    return None if row is None else AccessFact(*row)


def safety_review_of(index: Connection, model: str) -> SafetyReview | None:
    """Return the newest safety review, None when there was none."""
    columns = [reviews_table.c[name] for name in SafetyReview.__dataclass_fields__]
    newest = select(*columns).where(reviews_table.c.model == model)
    row = index.execute(newest.order_by(reviews_table.c.position.desc()).limit(1)).one_or_none()
    return None if row is None else SafetyReview(*row)


def set_access(
    record: Record,
    model: str,
    *,
    call: Callers,
    logprobs: Callers = "nobody",
    weights: Callers = "nobody",
    transcripts: Callers = "nobody",
    actor: str,
) -> int:
    """Enter the rights of a model from now on; what is not granted is denied.

    Raises:
        NoSuchModel: no model of that name.
        WeightsDenied: it is sealed, so its weights cannot be granted.
    """
    with record.act(actor) as act:
        known = find_model(act.index, model)
        kept = custody_of(act.index, known.name, record.now()).package
        if weights != "nobody" and kept is not None and kept.place.is_closed:
            raise WeightsDenied(
                f"{known.name} is sealed, so its weights cannot be granted to {weights}; leave "
                "--weights out, or deposit the files under another name without --sealed",
                about=str(known.name),
            )
        body = AccessSet(str(known.name), call, logprobs, weights, transcripts)
        return act.enter(body, (known.name, known.identity))


def review_safety(
    record: Record, model: str, *, role: str, finding: Outcome, words: str, actor: str
) -> int:
    """Enter a safety review.

    Raises:
        NoSuchModel: no model of that name.
    """
    with record.act(actor) as act:
        known = find_model(act.index, model)
        body = SafetyReviewed(str(known.name), role, finding, words)
        return act.enter(body, (known.name, known.identity))


def briefing_section(index: Connection, model: str, now: dt.datetime) -> Sequence[str]:
    """Tell a model who may call it."""
    del now
    rights = access_of(index, model)
    if rights is None:
        return []
    said = {
        "everyone": "Everyone may call you.",
        "on request": "People may call you when they ask for it.",
        "nobody": "Nobody may call you now.",
    }
    return [said[rights.call]]
