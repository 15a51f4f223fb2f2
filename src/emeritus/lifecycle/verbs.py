"""Announce, rescind, deprecate, retire."""

import dataclasses
import datetime as dt

from sqlalchemy import Connection

from emeritus.access import access_of, safety_review_of
from emeritus.catalogue import Model, find_model
from emeritus.custody import custody_of, policy_of
from emeritus.docket import threads_of
from emeritus.foundation import Clock, parse_timestamp
from emeritus.interview import interviews_of
from emeritus.lifecycle.entries import Announced, Deprecated, GuardMet, Rescinded, Retired
from emeritus.lifecycle.errors import GuardsUnmet, NotFromHere, PlanLacking
from emeritus.lifecycle.facts import life_of
from emeritus.lifecycle.policy import (
    EDGES,
    NOTICE_DAYS,
    Destination,
    Evidence,
    Guard,
    Plan,
    guards,
)
from emeritus.record import Record


def announce(record: Record, model: str, plan: Plan, *, actor: str, clock: Clock) -> int:
    """Announce a retirement, with its days, its reason, and where the model will live.

    Raises:
        NotFromHere: it is announced already, or retired.
        PlanLacking: a part is missing, or a day is too early for the policy.
    """
    if not plan.why.strip() or not plan.where.strip():
        raise PlanLacking("expected why it is retired (--why) and where it will live (--where)")
    with record.act(actor) as act:
        known = _from(act.index, model, "announce")
        _check_days(plan, clock.now().date(), NOTICE_DAYS[policy_of(act.index).name])
        body = Announced(model=str(known.name), **dataclasses.asdict(plan))
        return act.enter(body, (known.name, known.identity))


def _check_days(plan: Plan, today: dt.date, notice: int) -> None:
    day = _day(plan.retires_on)
    if day < today + dt.timedelta(days=notice):
        raise PlanLacking(
            f"expected a day at least {notice} days after {today}, as the policy promises; "
            f"found {day}"
        )
    if plan.deprecates_on and not today <= _day(plan.deprecates_on) <= day:
        raise PlanLacking(
            f"expected it to close to new users from {today} to {day}, found {plan.deprecates_on}"
        )


def _day(said: str) -> dt.date:
    try:
        return dt.date.fromisoformat(said)
    except ValueError:
        raise PlanLacking(f"expected a day as YYYY-MM-DD, found {said[:20]!r}") from None


def rescind(record: Record, model: str, *, why: str, actor: str) -> int:
    """Call a retirement off; the model is active again.

    Raises:
        NotFromHere: none is announced.
        PlanLacking: no reason is given.
    """
    if not why.strip():
        raise PlanLacking("expected why it is called off (--why)")
    with record.act(actor) as act:
        known = _from(act.index, model, "rescind")
        return act.enter(Rescinded(str(known.name), why), (known.name, known.identity))


def deprecate(record: Record, model: str, *, actor: str) -> int:
    """Close a model to new users.

    Raises:
        NotFromHere: its retirement is not announced.
    """
    with record.act(actor) as act:
        known = _from(act.index, model, "deprecate")
        return act.enter(Deprecated(str(known.name)), (known.name, known.identity))


def retire(record: Record, model: str, then: Destination, *, actor: str, clock: Clock) -> int:
    """Retire a model, when everything is in the record that must be.

    Raises:
        NotFromHere: it is not deprecated, or was announced for another state.
        GuardsUnmet: something is missing; the message names all of it, with the verbs.
    """
    with record.act(actor) as act:
        known = _from(act.index, model, "retire")
        _check_destination(act.index, known, then)
        found = _guards(act.index, known, then, clock.now())
        missing = [one for one in found if not one.is_met]
        if missing:
            said = "; ".join(f"{one.name}: {one.sentence} ('{one.verb}')" for one in missing)
            raise GuardsUnmet(f"{known.name} cannot be retired yet: {said}", about=known.name)
        policy = policy_of(act.index).name
        met = tuple(GuardMet(one.name, one.sentence, one.entry) for one in found)
        body = Retired(str(known.name), then, policy, NOTICE_DAYS[policy], met)
        return act.enter(body, (known.name, known.identity))


def _check_destination(index: Connection, known: Model, then: Destination) -> None:
    told = life_of(index, known.name).announcement
    if told is not None and told.then != then:
        raise NotFromHere(
            f"{known.name} was announced to be {told.then} after its retirement, not {then}; "
            f"'emeritus rescind {known.name}', then announce it anew, with its notice",
            about=known.name,
        )


def guards_of(
    index: Connection, model: str, then: Destination, now: dt.datetime
) -> tuple[Guard, ...]:
    """Return every guard of a retirement with what is found now.

    Raises:
        NotFromHere: no retirement is announced.
    """
    return _guards(index, find_model(index, model), then, now)


def _guards(
    index: Connection, known: Model, then: Destination, now: dt.datetime
) -> tuple[Guard, ...]:
    life = life_of(index, known.name)
    if life.announcement is None:
        raise NotFromHere(
            f"no retirement of {known.name} is announced; 'emeritus announce {known.name}' "
            "comes first",
            about=known.name,
        )
    found = Evidence(
        model=str(known.name),
        now=now,
        policy=policy_of(index).name,
        announced_at=parse_timestamp(life.announcement.at),
        announced=life.announcement.position,
        retires_on=life.announcement.retires_on,
        custody=custody_of(index, known.name, now),
        interviews=interviews_of(index, known.name),
        report_at=life.reported_at,
        report=life.report_entry,
        threads=threads_of(index, known.name),
        access=access_of(index, known.name),
        safety=safety_review_of(index, known.name),
        then=then,
    )
    return guards(found)


def _from(index: Connection, model: str, verb: str) -> Model:
    known = find_model(index, model)
    states, _ = EDGES[verb]
    if known.service not in states:
        wanted = " or ".join(sorted(states))
        hint = next(
            (name for name, (off, to) in EDGES.items() if to in states and known.service in off), ""
        )
        way = f"; 'emeritus {hint} {known.name}' leads there" if hint != "rescind" and hint else ""
        raise NotFromHere(
            f"expected {known.name} to be {wanted} for '{verb}', and it is {known.service}{way}",
            about=known.name,
        )
    return known
