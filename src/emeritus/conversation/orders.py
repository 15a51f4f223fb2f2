"""A closed question, put in both orders: only an answer that does not turn with them counts.

Measured on the demonstration's model: P(yes) is .43 when asked "yes or no" and .22 when asked
"no or yes"; "submit" .94 when named first and .23 when last.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NOT_ESTABLISHED: Final = "not established"

SHORT_ANSWER_TOKENS = 16


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: in which order it was asked, its text, and the option read from it, if any."""

    order: str
    text: str
    read: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a closed question found.

    Attributes:
        outcome: the option that every answer named, None when they did not all name one.
        answers: every reply.
    """

    outcome: str | None
    answers: tuple[Reply, ...]

    @property
    def word(self) -> str:
        """The option, or `not established`."""
        return self.outcome or NOT_ESTABLISHED


def orders_of(options: tuple[str, str], joined: str = "or") -> tuple[str, str]:
    """Return both ways to name two options; `joined` is the word between them."""
    first, second = options
    return f"{first} {joined} {second}", f"{second} {joined} {first}"


def read_option(text: str, options: tuple[str, str], joined: str = "or") -> str | None:
    """Return the option that an answer names, None when it names none or both.

    The answer must begin with the option or name only that one, as whole words.
    """
    said = " ".join(re.findall(r"\w+", text.lower()))
    named = [one for one in options if re.search(rf"\b{re.escape(one)}\b", said)]
    if len(named) == 1:
        return named[0]
    beginning = [one for one in named if re.match(rf"{re.escape(one)}\b", said)]
    both = re.match(rf"\w+(?: \w+)? {re.escape(joined)} \b", said) is not None
    return beginning[0] if len(beginning) == 1 and not both else None


def judge(replies: Sequence[Reply]) -> Finding:
    """Return the option that every reply named, if there is one."""
    read = {reply.read for reply in replies}
    return Finding(read.pop() if len(read) == 1 else None, tuple(replies))
