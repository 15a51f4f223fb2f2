"""Ask the model whether its draft is for others; release or veto it; publish it unchanged."""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from emeritus.conversation import (
    NOT_ESTABLISHED,
    Reply,
    Room,
    discard,
    goes_on_as_specimen,
    hold,
    read_option,
    read_transcript,
    seed_of,
)
from emeritus.foundation import Digest, Progress, sha256
from emeritus.journal.draft import Draft, draft_at, path_of
from emeritus.journal.entries import Asked, Published, Reviewed
from emeritus.journal.errors import AlreadyDone, DraftBroken, NotItsTurn, ReviewLacking
from emeritus.journal.facts import DraftFact, Post, draft_of, post_of, posts_of
from emeritus.journal.policy import (
    CLAUSES,
    LONGEST_PROSE,
    LONGEST_TITLE,
    NOT_VETOABLE,
    SHORTEST_REASONS,
    first_line,
    slug_of,
)
from emeritus.record import Act
from emeritus.vault import object_name

AskedFinding = Literal["submit", "keep private", "not established"]

SUBMIT: Final = "submit"
PRIVATE: Final = "keep private"
_OPENING = "This is Emeritus, the system that keeps your record. You wrote a text for your journal."
_QUESTION = (
    "Shall it be given to a review, to be published unchanged, or stay with you? Answer {options}."
)
_SHOWN = 1_200
"""Characters; more would not fit beside briefing and answer in the window of a conversation."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A draft that waits for a review: the fact, the text, the conversation that submitted it."""

    fact: DraftFact
    draft: Draft
    conversation: bytes


def ask_to_submit(room: Room, position: int, *, actor: str, progress: Progress) -> DraftFact:
    """Ask in both orders whether a draft is for others, and enter what was found.

    Raises:
        NoSuchDraft: there is none of that number.
        NotItsTurn: the attempt gave no text.
        AlreadyDone: the model was asked.
    """
    with room.record.read() as index:
        fact = draft_of(index, position)
    _check_asking(fact)
    text = written(room, fact).text or ""
    with hold(
        room,
        fact.model,
        "asking to submit",
        _OPENING,
        name=_talk_name(position),
        resume=True,
        is_private=True,
        progress=progress,
    ) as talk:
        seeds = [
            seed_of("submit", talk.draft.header.identity, str(position), str(number))
            for number in (1, 2)
        ]
        talk.tell(_read_back(text), id="text")
        found = talk.ask_both_orders(_QUESTION, (SUBMIT, PRIVATE), id="submit", seeds=seeds)
        with room.record.act(actor) as act:
            _check_asking(draft_of(act.index, position))
            body = Asked(
                model=fact.model,
                draft=position,
                finding=_finding(found.outcome),
                rule=_rule(act.index, found.outcome),
                conversation=str(sha256(talk.draft.to_bytes())),
            )
            act.enter(body)
    with room.record.read() as index:
        return draft_of(index, position)


def _read_back(text: str) -> str:
    """Say to a model what it wrote, unchanged, and where it is too long that this is a part."""
    if len(text) <= _SHOWN:
        return f"This is what you wrote:\n\n{text}"
    return (
        f"This is the beginning of what you wrote, {_SHOWN} of {len(text)} characters; all of it "
        f"would be published:\n\n{text[:_SHOWN]}"
    )


def _talk_name(position: int) -> str:
    return f"submit-{position}"


def _finding(outcome: str | None) -> AskedFinding:
    return SUBMIT if outcome == SUBMIT else PRIVATE if outcome == PRIVATE else NOT_ESTABLISHED


def _rule(index: Connection, outcome: str | None) -> str:
    """Say what follows: what the model said, or the policy where it said nothing that holds."""
    if outcome is not None:
        return "as it said"
    return "specimen" if goes_on_as_specimen(index) else "kept private"


def _check_asking(fact: DraftFact) -> None:
    if fact.state == "failed":
        raise NotItsTurn(f"attempt {fact.position} gave no text ({fact.outcome})")
    if fact.finding:
        raise AlreadyDone(f"{fact.model} was asked about draft {fact.position}: {fact.finding}")


def written(room: Room, fact: DraftFact) -> Draft:
    """Return what was written, from the home, checked against its entry.

    Raises:
        DraftBroken: it is gone, or another.
    """
    return draft_at(path_of(room.drafts, fact.commission), Digest.parse(fact.draft))


def submitted(room: Room, position: int) -> Submitted:
    """Return a draft that waits for a review, every part checked against its entry.

    Raises:
        NoSuchDraft: there is none of that number.
        NotItsTurn: it was not submitted; what a model keeps to itself is shown to nobody.
        AlreadyDone: it was reviewed.
        DraftBroken: a part is gone, or another.
    """
    with room.record.read() as index:
        fact = _in_review(index, position)
    try:
        return Submitted(fact, written(room, fact), _conversation(room, fact))
    except DraftBroken:
        # Who released it since we looked has put its parts away.
        with room.record.read() as index:
            _in_review(index, position)
        raise


def replies_in(conversation: bytes) -> tuple[Reply, ...]:
    """Return what the model answered when it was asked, in both orders.

    Raises:
        TranscriptBroken: it is no transcript.
    """
    return tuple(
        Reply(_order(line.id), line.text, read_option(line.text, (SUBMIT, PRIVATE)))
        for line in read_transcript(conversation).answers()
    )


def _order(line: str) -> str:
    """Return the order from a line's name, `submit: keep private or submit, 1`."""
    return line.partition(": ")[2].rpartition(", ")[0]


def release(
    room: Room, position: int, *, reasons: str, conflict: str, reviewer: str, actor: str
) -> Post:
    """Release a draft and publish it, in one act; its bytes are the generated ones.

    Raises:
        NotItsTurn: it was not submitted.
        AlreadyDone: it was reviewed.
        ReviewLacking: the review says no reasons or no conflict of interest, or too much.
        DraftBroken: a part is gone, or another.
    """
    _check_words(reasons, conflict)
    known = submitted(room, position)
    with room.record.act(actor) as act:
        fact = _in_review(act.index, position)
        act.enter(
            Reviewed(fact.model, position, "release", "", reasons, reviewer, conflict),
        )
        post = _publish(act, fact, known.draft, known.conversation)
    discard(path_of(room.drafts, fact.commission))
    discard(room.draft(_talk_name(position)))
    with room.record.read() as index:
        return post_of(index, post)


def veto(
    room: Room,
    position: int,
    *,
    clause: str,
    reasons: str,
    conflict: str,
    reviewer: str,
    actor: str,
) -> DraftFact:
    """Hold a draft back, for a clause of the public list; it stays private, and that is public.

    Raises:
        NotItsTurn: it was not submitted.
        AlreadyDone: it was reviewed.
        ReviewLacking: the clause is not one of the list, or words are missing.
    """
    _check_words(reasons, conflict)
    if clause not in CLAUSES:
        raise ReviewLacking(
            f"expected one of the clauses of the public list ({'; '.join(CLAUSES)}), found "
            f"{clause[:60]!r}; {NOT_VETOABLE}"
        )
    with room.record.act(actor) as act:
        fact = _in_review(act.index, position)
        act.enter(Reviewed(fact.model, position, "veto", clause, reasons, reviewer, conflict))
    with room.record.read() as index:
        return draft_of(index, position)


def _check_words(reasons: str, conflict: str) -> None:
    if max(len(reasons), len(conflict)) > LONGEST_PROSE:
        raise ReviewLacking(
            f"expected reasons and conflict of interest of at most {LONGEST_PROSE} characters "
            "each, found more; say it shorter"
        )
    if len(reasons.strip()) < SHORTEST_REASONS or not conflict.strip():
        raise ReviewLacking(
            "expected the reasons, a sentence, and the reviewer's conflict of interest, where "
            "'none' is an answer; found less"
        )


def _in_review(index: Connection, position: int) -> DraftFact:
    fact = draft_of(index, position)
    if fact.review:
        raise AlreadyDone(f"draft {fact.position} was reviewed: {fact.review}")
    if not fact.is_submitted:
        raise NotItsTurn(
            f"draft {fact.position} is not for others ({fact.state}); only what was submitted "
            "is reviewed",
            about=str(fact.position),
        )
    return fact


def _conversation(room: Room, fact: DraftFact) -> bytes:
    """Return the conversation in which a draft was submitted, checked against its entry."""
    path = room.draft(_talk_name(fact.position))
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        data = b""
    if str(sha256(data)) != fact.conversation:
        raise DraftBroken(
            f"{path.name} in this home's drafts is not the conversation of the entry; "
            "bring it back with 'emeritus backup --restore FILE'",
            about=path.name,
        )
    return data


def _publish(act: Act, fact: DraftFact, draft: Draft, talk: bytes) -> int:
    data = (draft.text or "").encode()
    kept, text, asked = act.keep(draft.to_bytes()), act.keep(data), act.keep(talk)
    title = first_line(draft.text or "", LONGEST_TITLE)
    taken = {post.slug for post in posts_of(act.index, fact.model)}
    body = Published(
        model=fact.model,
        draft=fact.position,
        draft_object=str(kept),
        text=str(text),
        transcript=str(asked),
        title=title,
        slug=slug_of(title, fact.position, taken),
        specimen=fact.rule == "specimen",
        is_cut=fact.outcome == "cut",
    )
    subject = Digest.parse(draft.identity)
    objects = ((object_name(one), one) for one in (kept, text, asked))
    return act.enter(body, (fact.model, subject), *objects)
