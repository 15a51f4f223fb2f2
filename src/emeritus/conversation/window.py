"""What lies before the model when it answers: the opening, the newest exchanges, the question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emeritus.conversation.errors import WordsTooMany
from emeritus.conversation.lines import Header, Line
from emeritus.conversation.transcript import Transcript
from emeritus.foundation import canonical_json, sha256_hex
from emeritus.runtime import Worker, chat_prompt

SPOKEN = frozenset({"statement", "question", "answer"})
"""Kinds of lines that stay before the model; choices do not, lest one order colour the other."""


@dataclass(frozen=True, slots=True)
class Before:
    """A prompt: token ids, and how many of the oldest exchanges were left out of it."""

    tokens: tuple[int, ...]
    omitted: int

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the ids as canonical JSON."""
        return sha256_hex(canonical_json(list(self.tokens)))


def before(
    worker: Worker, header: Header, lines: Sequence[Line], question: str, most_tokens: int
) -> Before:
    """Return the prompt for a question after these lines, with as much of them as fits.

    Raises:
        WordsTooMany: opening, briefing and question alone do not fit.
    """
    exchanges, pending = _exchanges(lines)
    most = min(header.window_tokens, header.context_tokens) - most_tokens
    for omitted in range(len(exchanges) + 1):
        tokens = _prompt(worker, header, exchanges[omitted:], [*pending, question])
        if len(tokens) <= most:
            return Before(tuple(tokens), omitted)
    raise WordsTooMany(
        f"what must be said to {header.model} takes {len(tokens)} tokens, and its context has room "
        f"for {most} beside the answer; ask with fewer words, or with a larger context",
        about=header.model,
    )


def turns_of(
    header: Header, lines: Sequence[Line], question: str, *, omitted: int = 0
) -> list[tuple[str, str]]:
    """Return what a model reads before it answers a question after these lines, turn by turn.

    Args:
        header: its first line has opening and briefing.
        lines: what was said.
        question: put last.
        omitted: so many of the oldest exchanges are left out.
    """
    exchanges, pending = _exchanges(lines)
    return _turns(header, exchanges[omitted:], [*pending, question])


def asked_before(transcript: Transcript, seq: int) -> tuple[Sequence[Line], str]:
    """Return the lines before the question that answer `seq` answers, and the question."""
    answer = transcript.lines[seq - 1]
    earlier = [line for line in transcript.lines[: seq - 1] if line.speaker != "model"]
    question = next(line for line in reversed(earlier) if line.id == answer.id)
    return transcript.lines[: question.seq - 1], question.text


def prompt_of(worker: Worker, transcript: Transcript, seq: int) -> Before:
    """Make the prompt of answer `seq` again, with what was left out then left out now."""
    answer = transcript.lines[seq - 1]
    omitted = answer.written.omitted if answer.written else 0
    lines, question = asked_before(transcript, seq)
    exchanges, pending = _exchanges(lines)
    tokens = _prompt(worker, transcript.header, exchanges[omitted:], [*pending, question])
    return Before(tuple(tokens), omitted)


def _exchanges(lines: Iterable[Line]) -> tuple[list[tuple[str, str]], list[str]]:
    """Group what was said into (what we said, what it answered), and what waits for an answer."""
    done: list[tuple[str, str]] = []
    pending: list[str] = []
    for line in lines:
        if line.kind not in SPOKEN:
            continue
        if line.speaker == "model":
            done.append(("\n\n".join(pending), line.text))
            pending = []
        else:
            pending.append(line.text)
    return done, pending


def _turns(
    header: Header, exchanges: Sequence[tuple[str, str]], said: Sequence[str]
) -> list[tuple[str, str]]:
    opening = "\n\n".join(part for part in (header.opening, header.briefing) if part)
    turns = [("system", opening)]
    for asked, answered in exchanges:
        turns += [("user", asked), ("assistant", answered)]
    return [*turns, ("user", "\n\n".join(said))]


def _prompt(
    worker: Worker, header: Header, exchanges: Sequence[tuple[str, str]], said: Sequence[str]
) -> list[int]:
    return chat_prompt(worker, _turns(header, exchanges, said))
