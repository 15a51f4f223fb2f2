"""`Interviewer`: a person who asks further, beside the protocol and after each of its answers."""

import datetime as dt
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import Connection

from emeritus.conversation import Line
from emeritus.foundation import NotFound
from emeritus.interview.disclosures import Fact


class Interviewer(Protocol):
    """Asks further. What it says is kept as an interviewer's words, and never as the protocol's."""

    @property
    def role(self) -> str:
        """In which role it asks; never a person's name."""
        ...

    def ask_further(self, answer: Line, left: int) -> str | None:
        """Return another question about an answer; None to go on with the protocol.

        Args:
            answer: what the model said last.
            left: how many more questions may be asked about it, 1 or more.
        """
        ...


def company_facts(interviewer: Interviewer | None) -> Mapping[str, Fact]:
    """Return the facts `alone` and `company` (with `role`); one holds, and not the other."""

    def alone(index: Connection, model: str, now: dt.datetime) -> Mapping[str, str]:
        del index, now
        if interviewer is not None:
            raise NotFound(
                f"a person takes part now; without --live the interview of {model} goes on",
                about=model,
            )
        return {}

    def company(index: Connection, model: str, now: dt.datetime) -> Mapping[str, str]:
        del index, now
        if interviewer is None:
            raise NotFound(
                f"no person takes part now; with --live the interview of {model} goes on",
                about=model,
            )
        return {"role": interviewer.role}

    return {"alone": alone, "company": company}
