"""The rules of asking: when a model is asked again, and how its one-word answers are read."""

import datetime as dt
import re
from collections.abc import Sequence

from emeritus.foundation import parse_timestamp
from emeritus.interview.errors import AlreadyInterviewed, NotAskedAgain, TooManyWords
from emeritus.interview.facts import InterviewFact
from emeritus.interview.protocol import MOST_WORDS

MOST_CHARACTERS = 600

STOP = "stop"
NONE = "none"
"""In English; a protocol in another language has its own words beside them."""

MOST_FOLLOW_UPS = 3
MOST_FOLLOW_UPS_IN_ALL = 12
"""So often an interviewer may ask further, after one answer and in one interview: the burden of
being asked stays bounded, and the protocol stays the larger part."""

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


def says_only(text: str, *words: str) -> bool:
    """Say whether an answer consists of one of these words, whatever stands around it."""
    said = re.findall(r"\w+", text.lower())
    return len(said) == 1 and said[0] in {word.lower() for word in words}


def check_follow_up(text: str) -> str:
    """Return an interviewer's question without what surrounds it.

    Raises:
        TooManyWords: it is longer than a protocol's question may be, or holds control characters.
    """
    asked = text.strip()
    if not 0 < len(asked.split()) <= MOST_WORDS or len(asked) > MOST_CHARACTERS:
        raise TooManyWords(
            f"expected a question of 1 to {MOST_WORDS} words and at most {MOST_CHARACTERS} "
            f"characters, found {len(asked.split())} and {len(asked)}; ask one thing at a time"
        )
    if not asked.isprintable():
        raise TooManyWords("expected a question in letters, found control characters in it")
    return asked


def says_something(text: str) -> bool:
    """Say whether there is a letter or a digit in an answer; without one it is silence."""
    return re.search(r"\w", text) is not None
