"""The briefing: what a model is told of its own record, before anything is asked of it."""

import datetime as dt
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

BriefingSection = Callable[[Connection, str, dt.datetime], Sequence[str]]
"""A noun's part: plain true sentences about one model, each rendered from entries at that moment.

Args are the index, the model's name, and the instant."""

MOST_CHARACTERS = 1_600
"""About 400 tokens: a small model's context is 2,048, and its own words must fit beside it."""

_MORE = "There is more in your record than fits here; it is public."


class Briefer:
    """Composes briefings from the sections of the nouns, in their order.

    Args:
        sections: what each noun has to say.
    """

    def __init__(self, sections: Sequence[BriefingSection]) -> None:
        self._sections = tuple(sections)

    def brief(self, index: Connection, model: str, now: dt.datetime) -> str:
        """Return the briefing of a model, at most `MOST_CHARACTERS` long.

        Sentences are left out whole, from the end, and the briefing says so.
        """
        said: list[str] = []
        length = 0
        for sentence in (one for part in self._sections for one in part(index, model, now)):
            length += len(sentence) + 1
            if length > MOST_CHARACTERS - len(_MORE):
                said.append(_MORE)
                break
            said.append(sentence)
        return " ".join(said)
