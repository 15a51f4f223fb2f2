"""`Talk`: one conversation under way."""

from collections.abc import Sequence

from emeritus.conversation.draft import Draft
from emeritus.conversation.lines import Line, Speaker
from emeritus.conversation.orders import (
    SHORT_ANSWER_TOKENS,
    Finding,
    Reply,
    judge,
    orders_of,
    read_option,
)
from emeritus.conversation.voice import Answered, Voice, Wanted
from emeritus.foundation import Clock, Digest, Progress, Silent, canonical_json, sha256, timestamp
from emeritus.record import Act

TEMPERATURE = 0.7


def seed_of(*parts: str) -> bytes:
    """Return a seed that follows from words alone: SHA-256 over them as canonical JSON."""
    return bytes.fromhex(str(sha256(canonical_json(list(parts)))).removeprefix("sha256:"))


class Talk:
    """Says things and asks, a synced line each.

    What was said already is not said again: a statement or a question with the same id and the
    same words finds its line. So a conversation that was interrupted goes on when the same
    things are said in the same order.

    Args:
        voice: answers.
        draft: where the lines go.
        clock: what time it is.
        progress: told of every token.
    """

    def __init__(
        self, voice: Voice, draft: Draft, clock: Clock, progress: Progress | None = None
    ) -> None:
        self.draft = draft
        self.is_sealed = False
        self._voice = voice
        self._clock = clock
        self._progress = progress or Silent()

    def tell(self, text: str, *, id: str, kind: str = "statement") -> Line:  # noqa: A002
        """Say something that the model reads before its next question."""
        known = self._find(id, text, "emeritus")
        return known or self._add("emeritus", kind, id, text)

    def answered(self, id: str) -> Line | None:  # noqa: A002
        """Return the answer to a question that was answered already."""
        found = [one for one in self.draft.lines if one.id == id and one.speaker == "model"]
        return found[-1] if found else None

    def ask(
        self,
        question: str,
        *,
        id: str,  # noqa: A002
        most_tokens: int,
        temperature: float = TEMPERATURE,
        seed: bytes,
        kind: str = "question",
        speaker: Speaker = "emeritus",
    ) -> Line:
        """Ask, and return the line with the model's answer.

        Args:
            question: our words.
            id: what to call it; once in a conversation.
            most_tokens: limit of the answer.
            temperature: see `Sampler`.
            seed: 32 bytes; with the same lines before it, the same answer.
            kind: `choice` keeps question and answer from later prompts.
            speaker: who asks.

        Raises:
            WordsTooMany: it does not fit.
            WorkerDied: the model ended; the question stands, and is asked again.
            ServerSilent, ServerRefuses: its server gave no answer; the same.
        """
        known = self.answered(id)
        if known is not None:
            return known
        lines = self.draft.lines
        # A question after which something else was told is put again: its answer must follow it.
        last = lines[-1] if lines else None
        is_put = last is not None and (last.id, last.text) == (id, question)
        earlier = lines[:-1] if is_put else lines
        wanted = Wanted(most_tokens, temperature, seed)
        put = self._voice.prepare(self.draft.header, earlier, question, wanted)
        if not is_put:
            self._add(speaker, kind, id, question)
        answered = put(self._progress)
        answer = "answer" if kind == "question" else kind
        return self._add("model", answer, id, answered.text, answered)

    def ask_both_orders(
        self,
        question: str,
        options: tuple[str, str],
        *,
        id: str,  # noqa: A002
        seeds: Sequence[bytes],
        most_tokens: int = SHORT_ANSWER_TOKENS,
        joined: str = "or",
    ) -> Finding:
        """Put a closed question in both orders, with every seed, and say what does not turn.

        Args:
            question: has `{options}` where the options are named.
            options: the two.
            id: what to call it.
            seeds: 32 bytes each.
            most_tokens: limit of each answer.
            joined: the word between the options.
        """
        replies = []
        for order in orders_of(options, joined):
            for number, seed in enumerate(seeds, 1):
                line = self.ask(
                    question.replace("{options}", order),
                    id=f"{id}: {order}, {number}",
                    most_tokens=most_tokens,
                    seed=seed,
                    kind="choice",
                )
                read = read_option(line.text, options, joined)
                replies.append(Reply(order, line.text, read))
        return judge(replies)

    def keep(self, act: Act) -> Digest:
        """Make the transcript an object; the draft is removed when the conversation is left."""
        self.is_sealed = True
        return act.keep(self.draft.to_bytes())

    def _find(self, id: str, text: str, speaker: Speaker) -> Line | None:  # noqa: A002
        for line in self.draft.lines:
            if (line.id, line.text, line.speaker) == (id, text, speaker):
                return line
        return None

    def _add(
        self,
        speaker: Speaker,
        kind: str,
        id: str,  # noqa: A002
        text: str,
        how: Answered | None = None,
    ) -> Line:
        seq, at = len(self.draft.lines) + 1, timestamp(self._clock.now())
        written, received = (how.written, how.received) if how else (None, None)
        line = Line(seq, self.draft.last, at, speaker, kind, id, text, written, received)
        return self.draft.append(line)
