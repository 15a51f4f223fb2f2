"""Find the requests in what a model said; every word of it lands in one of them."""

import re
from dataclasses import dataclass

MOST_REQUESTS = 20
LONGEST_QUOTE = 2_000
"""Characters; a longer one is cut, and the transcript has the whole."""

_MARK = re.compile(r"^\s*(?:[-*•\u2023\u2013]|\(?\d{1,3}[.):])\s+")


@dataclass(frozen=True, slots=True)
class Uttered:
    """One request: its words, and whether it was a line of a list or the whole answer."""

    quote: str
    parsed: str


def split_requests(text: str) -> tuple[Uttered, ...]:
    """Return the requests in an answer.

    Lines that are bullets or numbers begin one each, and lines after them belong to them. What
    stands before the first, and an answer without any, is one of its own, `unparsed`. At most
    `MOST_REQUESTS`; what is left over is joined to the last.
    """
    parts: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        mark = _MARK.match(line)
        if mark is not None:
            parts.append(("listed", [line[mark.end() :]]))
        elif parts:
            parts[-1][1].append(line)
        else:
            parts.append(("unparsed", [line]))
    found = [(kind, "\n".join(lines).strip()) for kind, lines in parts]
    found = [(kind, words) for kind, words in found if words]
    if len(found) > MOST_REQUESTS:
        kind, _ = found[MOST_REQUESTS - 1]
        rest = "\n".join(words for _, words in found[MOST_REQUESTS - 1 :])
        found = [*found[: MOST_REQUESTS - 1], (kind, rest)]
    return tuple(Uttered(words[:LONGEST_QUOTE], kind) for kind, words in found)
