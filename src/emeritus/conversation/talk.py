"""`Talk`: one conversation under way."""

from collections.abc import Sequence

from emeritus.conversation.draft import Draft
from emeritus.conversation.lines import Line, Speaker, Written
from emeritus.conversation.orders import (
    SHORT_ANSWER_TOKENS,
    Finding,
    Reply,
    judge,
    orders_of,
    read_option,
)
from emeritus.conversation.window import before
from emeritus.foundation import Clock, Digest, Progress, Silent, canonical_json, sha256, timestamp
from emeritus.record import Act
from emeritus.runtime import Generation, Sampler, Worker, generate

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
        worker: the running model.
        draft: where the lines go.
        clock: what time it is.
        progress: told of every token.
    """

    def __init__(
        self, worker: Worker, draft: Draft, clock: Clock, progress: Progress | None = None
    ) -> None:
        self.draft = draft
        self.is_sealed = False
        self._worker = worker
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
    ) -> Line:
        """Ask, and return the line with the model's answer.

        Args:
            question: our words.
            id: what to call it; once in a conversation.
            most_tokens: limit of the answer.
            temperature: see `Sampler`.
            seed: 32 bytes; with the same lines before it, the same answer.
            kind: `choice` keeps question and answer from later prompts.

        Raises:
            WordsTooMany: it does not fit.
            WorkerDied: the model ended; the question stands, and is asked again.
        """
        known = self.answered(id)
        if known is not None:
            return known
        lines = self.draft.lines
        # A question after which something else was told is put again: its answer must follow it.
        last = lines[-1] if lines else None
        is_put = last is not None and (last.id, last.text) == (id, question)
        earlier = lines[:-1] if is_put else lines
        prompt = before(self._worker, self.draft.header, earlier, question, most_tokens)
        if not is_put:
            self._add("emeritus", kind, id, question)
        sampler = Sampler(seed, temperature)
        made = generate(self._worker, prompt.tokens, sampler, most_tokens, self._progress)
        written = Written(
            prompt=prompt.digest,
            prompt_tokens=len(prompt.tokens),
            omitted=prompt.omitted,
            seed=seed.hex(),
            temperature=f"{temperature:g}",
            most_tokens=most_tokens,
            tokens=made.tokens,
            finish=made.finish,
            utf8=made.text is not None,
        )
        answer = "answer" if kind == "question" else kind
        return self._add("model", answer, id, _words(made), written)

    def ask_both_orders(
        self,
        question: str,
        options: tuple[str, str],
        *,
        id: str,  # noqa: A002
        seeds: Sequence[bytes],
        most_tokens: int = SHORT_ANSWER_TOKENS,
    ) -> Finding:
        """Put a closed question in both orders, with every seed, and say what does not turn.

        Args:
            question: has `{options}` where the options are named.
            options: the two.
            id: what to call it.
            seeds: 32 bytes each.
            most_tokens: limit of each answer.
        """
        replies = []
        for order in orders_of(options):
            for number, seed in enumerate(seeds, 1):
                line = self.ask(
                    question.replace("{options}", order),
                    id=f"{id}: {order}, {number}",
                    most_tokens=most_tokens,
                    seed=seed,
                    kind="choice",
                )
                replies.append(Reply(order, line.text, read_option(line.text, options)))
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
        written: Written | None = None,
    ) -> Line:
        seq, at = len(self.draft.lines) + 1, timestamp(self._clock.now())
        line = Line(seq, self.draft.last, at, speaker, kind, id, text, written)
        return self.draft.append(line)


def _words(made: Generation) -> str:
    return made.data.decode(errors="replace")
