"""Judge every promise about a model from the record, and enter the verdicts."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection

from emeritus.catalogue import find_model
from emeritus.commitments.entries import Checked, Judged, Waived
from emeritus.commitments.errors import WaiverLacking
from emeritus.commitments.evidence import Evidence, Source
from emeritus.commitments.facts import Check, last_check, waivers_of
from emeritus.commitments.policy import Verdict, judge
from emeritus.commitments.profile import Profile
from emeritus.foundation import Clock
from emeritus.record import Record

LONGEST_WAIVER_DAYS = 366
"""A waiver ends within a year: what is waived for longer is no promise."""

_SHORTEST_REASON = 5


def judge_model(
    record: Record,
    index: Connection,
    sources: Sequence[Source],
    profile: Profile,
    model: str,
    now: dt.datetime,
) -> tuple[Verdict, ...]:
    """Judge every promise about a model, and enter nothing.

    Raises:
        NoSuchModel: there is none of that name.
    """
    name = str(find_model(index, model).name)
    facts = {key: fact for source in sources for key, fact in source(record, index, name, now)}
    waived = {
        one.promise: f"waived until {one.until}: {one.reasons}"
        for one in waivers_of(index, name)
        if one.is_in_force(now.date())
    }
    evidence = Evidence(name, facts)
    return tuple(
        judge(one, evidence, profile.body.values, now, waived.get(one.id, ""))
        for one in profile.promises
    )


def check_model(
    record: Record,
    sources: Sequence[Source],
    profile: Profile,
    model: str,
    *,
    actor: str,
    clock: Clock,
) -> Check:
    """Judge every promise about a model, and enter the verdicts with the list itself.

    Raises:
        NoSuchModel: there is none of that name.
    """
    with record.act(actor) as act:
        known = find_model(act.index, model)
        now = clock.now()
        found = judge_model(record, act.index, sources, profile, known.name, now)
        kept = act.keep(profile.data)
        judged = tuple(
            Judged(one.promise, one.state, one.sentence[:2_000], one.grade, one.entries, one.verb)
            for one in found
        )
        body = Checked(str(known.name), str(kept), profile.body.id, judged)
        act.enter(body, (known.name, known.identity), ("profile", kept))
    with record.read() as index:
        check = last_check(index, known.name)
    if check is None:
        raise AssertionError("a check that was entered is in the index")
    return check


def waive(
    record: Record,
    profile: Profile,
    model: str,
    promise: str,
    *,
    until: str,
    reasons: str,
    actor: str,
    clock: Clock,
) -> int:
    """Enter that a promise does not bind for a model, until a day and for reasons.

    Raises:
        NoSuchPromise: the list has none of that name.
        WaiverLacking: reasons or the day are missing or cannot be.
    """
    known = profile.promise(promise)
    today = clock.now().date()
    _check_waiver(until, reasons, today)
    with record.act(actor) as act:
        about = find_model(act.index, model)
        body = Waived(str(about.name), known.id, until, reasons.strip())
        return act.enter(body, (about.name, about.identity))


def _check_waiver(until: str, reasons: str, today: dt.date) -> None:
    if len(reasons.strip()) < _SHORTEST_REASON:
        raise WaiverLacking(f"expected reasons for the waiver, found {reasons.strip()!r}")
    try:
        day = dt.date.fromisoformat(until)
    except ValueError:
        raise WaiverLacking(
            f"expected the last day of the waiver as YYYY-MM-DD, found {until[:20]!r}"
        ) from None
    if not today <= day <= today + dt.timedelta(days=LONGEST_WAIVER_DAYS):
        raise WaiverLacking(
            f"expected a last day within {LONGEST_WAIVER_DAYS} days from {today}, found {day}"
        )
