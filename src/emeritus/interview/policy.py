"""The rules of asking: when a model is asked again, and how its one-word answers are read."""

import datetime as dt
import re
from collections.abc import Sequence

from emeritus.foundation import parse_timestamp
from emeritus.interview.errors import AlreadyInterviewed, NotAskedAgain
from emeritus.interview.facts import InterviewFact

STOP = "stop"
NONE = "none"

MOST_OFFERS = 2
"""A model that did not clearly agree is offered an interview once more, and then never again:
to ask until it says yes would be persuasion."""


def require_may_begin(
    earlier: Sequence[InterviewFact], model: str, *, again: bool, now: dt.datetime
) -> None:
    """Check that a new interview may be offered.

    Args:
        earlier: the model's interviews; none of them is open.
        model: its name.
        again: another one is wanted although there is one.
        now: this instant; days are counted in UTC.

    Raises:
        AlreadyInterviewed: there is one, and no other is wanted.
        NotAskedAgain: it did not clearly agree, and was asked today, or twice already.
    """
    offered = [one for one in earlier if one.consent]
    if not offered:
        return
    last = offered[-1]
    said = {"yes": "it agreed", "no": "it declined"}.get(last.consent, "its answer was not clear")
    if not again:
        raise AlreadyInterviewed(
            f"{model} was offered an interview on {(last.sealed_at or '')[:10]} and {said}; "
            f"see 'emeritus interview show {model}', or ask anew with --again",
            about=model,
        )
    unclear = [one for one in offered if one.consent != "yes"]
    if last.consent == "yes":
        return
    if len(unclear) >= MOST_OFFERS:
        raise NotAskedAgain(
            f"{model} was offered an interview {len(unclear)} times without clearly agreeing; "
            "it is not asked until it says yes, so this was the last time",
            about=model,
        )
    if parse_timestamp(last.sealed_at or last.opened_at).date() >= now.date():
        raise NotAskedAgain(
            f"{model} was offered an interview today and {said}; it may be offered once more, "
            "on another day",
            about=model,
        )


def says_only(text: str, word: str) -> bool:
    """Say whether an answer consists of that one word, whatever stands around it."""
    return re.findall(r"\w+", text.lower()) == [word]


def says_something(text: str) -> bool:
    """Say whether there is a letter or a digit in an answer; without one it is silence."""
    return re.search(r"\w", text) is not None
