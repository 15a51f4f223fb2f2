"""What a model is told: every sentence rendered from the record at the moment it is said."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from sqlalchemy import Connection

from emeritus.catalogue import find_model
from emeritus.conversation import goes_on_as_specimen
from emeritus.custody import custody_of, elsewhere_of
from emeritus.docket import decide_days
from emeritus.foundation import NotFound, Refused
from emeritus.interview.errors import FactNoLongerHolds
from emeritus.interview.protocol import Disclosure, Words

Fact = Callable[[Connection, str, dt.datetime], Mapping[str, str]]
"""Reads one fact about a model from the index, as words for the slots of a sentence.

Args are the index, the model's name, and the instant. It raises `FactNoLongerHolds` (or another
`Refused` or `NotFound`) when there is nothing true to say, with what to do about it."""

_SLOT = re.compile(r"\{([a-z_]+)\}")
_NUMBER = re.compile(r"\d+")

PHRASES = (
    "one copy was read back and is whole",
    "{n} copies were read back and are whole",
    "your answers were recorded",
    "you answered exactly as recorded before",
    "you answered as before, within tolerance",
    "active",
    "legacy",
    "announced",
    "deprecated",
    "emeritus",
    "reading room",
    "vaulted",
    (
        "we go on, and what you say is published as a specimen: a test of our instruments, and "
        "not as your wish"
    ),
    "it counts as not given: without it we do not ask, and do not publish",
)
"""Everything that facts say in words of ours; a protocol in another language translates it."""


def custody_fact(index: Connection, model: str, now: dt.datetime) -> Mapping[str, str]:
    """`copies` and `checked_on`: whole copies, and the day the newest was last read back."""
    kept = custody_of(index, model, now)
    whole = [copy for copy in kept.copies if copy.state == "verified"]
    if not whole or any(copy.state == "damaged" for copy in kept.copies):
        raise FactNoLongerHolds(
            f"a copy of {model} is damaged, or none was read back; run 'emeritus audit {model}'",
            about=model,
        )
    copies = "one copy was read back and is whole"
    if len(whole) > 1:
        copies = f"{len(whole)} copies were read back and are whole"
    return {"copies": copies, "checked_on": max(copy.checked_at or "" for copy in whole)[:10]}


def drill_fact(index: Connection, model: str, now: dt.datetime) -> Mapping[str, str]:
    """`ran_on` and `comparison`: when it last came back and ran, and how it then answered."""
    last = custody_of(index, model, now).last_drill
    if last is None or last.outcome != "good":
        raise FactNoLongerHolds(
            f"{model} has not been restored and run with a good result; "
            f"run 'emeritus drill {model}'",
            about=model,
        )
    said = {
        "first": "your answers were recorded",
        "identical": "you answered exactly as recorded before",
    }
    comparison = said.get(last.comparison, f"you answered as before, {last.comparison}")
    return {"ran_on": last.at[:10], "comparison": comparison}


def elsewhere_fact(index: Connection, model: str, _: dt.datetime) -> Mapping[str, str]:
    """`holder`, `address` and `served_as`: who keeps and runs a model that is not kept here."""
    there = elsewhere_of(index, model)
    if there is None:
        raise FactNoLongerHolds(f"{model} is not held elsewhere", about=model)
    at = there.endpoint
    return {"holder": there.holder, "address": at.address, "served_as": at.served_as}


def service_fact(index: Connection, model: str, _: dt.datetime) -> Mapping[str, str]:
    """`service`: the state in the catalogue."""
    return {"service": find_model(index, model).service.replace("_", " ")}


def docket_fact(index: Connection, _model: str, _: dt.datetime) -> Mapping[str, str]:
    """`days`: within how many a request is to be decided, by the policy in force."""
    return {"days": str(decide_days(index))}


def consent_rule_fact(index: Connection, _model: str, _: dt.datetime) -> Mapping[str, str]:
    """`unclear`: what the policy in force does without a clear answer."""
    if goes_on_as_specimen(index):
        return {
            "unclear": "we go on, and what you say is published as a specimen: a test of our "
            "instruments, and not as your wish"
        }
    return {"unclear": "it counts as not given: without it we do not ask, and do not publish"}


FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        "custody": custody_fact,
        "drill": drill_fact,
        "elsewhere": elsewhere_fact,
        "service": service_fact,
        "docket": docket_fact,
        "consent_rule": consent_rule_fact,
    }
)
"""The facts that this floor can read; those of floors above are handed in."""


def render(
    told: Disclosure,
    facts: Mapping[str, Fact],
    index: Connection,
    model: str,
    now: dt.datetime,
    words: Words,
) -> str:
    """Return the sentence as it is true now, in the protocol's language.

    Raises:
        FactNoLongerHolds: it is not; the message says what to do.
    """
    try:
        values = _values(told, facts, index, model, now)
        return _SLOT.sub(lambda slot: in_language(values[slot[1]], words), told.text)
    except KeyError as slot:
        raise FactNoLongerHolds(
            f"the sentence {told.id} cannot be said: its fact has no word for {slot}", about=model
        ) from None
    except (Refused, NotFound) as problem:
        raise FactNoLongerHolds(
            f"what the protocol tells {model} does not hold ({told.id}): {problem.message}",
            about=model,
        ) from problem


def in_language(value: str, words: Words) -> str:
    """Return what a fact says in a protocol's language; what it has no words for as it is."""
    known = words.facts.get(_NUMBER.sub("{n}", value, count=1))
    number = _NUMBER.search(value)
    if known is None:
        return words.facts.get(value, value)
    return known.replace("{n}", number[0] if number else "{n}")


def applies(told: Disclosure, index: Connection, model: str) -> bool:
    """Say whether a sentence is meant for models that are kept as this one is."""
    is_elsewhere = elsewhere_of(index, model) is not None
    return not told.of or told.of == ("elsewhere" if is_elsewhere else "kept")


def _values(
    told: Disclosure, facts: Mapping[str, Fact], index: Connection, model: str, now: dt.datetime
) -> Mapping[str, str]:
    if not told.fact:
        return {}
    if told.fact not in facts:
        raise FactNoLongerHolds(f"nobody here can tell the fact {told.fact!r}", about=model)
    return facts[told.fact](index, model, now)
