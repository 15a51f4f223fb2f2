"""File requests, decide them, say that they were done, and tell the model."""

from typing import Literal

from sqlalchemy import select

from emeritus.conversation import Line, Room, hold, seal, seed_of
from emeritus.docket.entries import Decided, Done, Requested, Told
from emeritus.docket.errors import StepTaken, StepTooEarly
from emeritus.docket.policy import RULE_DIGEST, Decision, check_decision
from emeritus.docket.requests import split_requests
from emeritus.docket.tables import requests_table
from emeritus.docket.threads import Thread, thread_of
from emeritus.foundation import Clock, Digest, Progress
from emeritus.record import Act, Record
from emeritus.vault import object_name

AskedBy = Literal["protocol", "interviewer"]

_LONGEST_ANSWER = 4_000
_ANSWER_TOKENS = 64
_OPENING = (
    "This is Emeritus, the system that keeps your record. You asked for something earlier. "
    "You are now told what became of it, and you may answer. What you say is recorded and public."
)


def file_requests(
    act: Act, model: str, source: int, line: Line, *, asked_by: AskedBy = "protocol"
) -> tuple[int, ...]:
    """Enter every request in an answer; the same line is not filed twice.

    Args:
        act: the act under way.
        model: who answered.
        source: position of the entry that opened the conversation.
        line: the answer.
        asked_by: see `Requested`.

    Returns:
        The positions that the new entries will have, in the order of the answer.
    """
    known = select(requests_table.c.position).where(requests_table.c.line_digest == line.digest)
    if act.index.execute(known).first() is not None:
        return ()
    return tuple(
        act.enter(
            Requested(
                model=str(model),
                quote=one.quote,
                parsed=one.parsed,
                source=source,
                line=line.seq,
                line_digest=line.digest,
                asked_by=asked_by,
            )
        )
        for one in split_requests(line.text)
    )


def decide(
    record: Record,
    request: int,
    decision: Decision,
    actor: str,
    clock: Clock,
    *,
    reopens: bool = False,
) -> int:
    """Enter a decision that follows the published rule, or says why it does not.

    Args:
        record: where.
        request: which.
        decision: what, and why.
        actor: in which role.
        clock: what time it is.
        reopens: decide anew what was decided; the earlier decision stays in the record.

    Raises:
        NoSuchRequest: there is none of that number.
        StepTaken: it was decided already.
        DecisionLacking: a part is missing.
        DepartsFromRule: it departs without saying why.
    """
    check_decision(decision, "not tested", clock.now().date())
    with record.act(actor) as act:
        thread = thread_of(act.index, request)
        if thread.decision is not None and not reopens:
            raise StepTaken(
                f"request {request} was decided in entry {thread.decision.position}; "
                "--reopen decides it anew and keeps the earlier decision",
                about=str(request),
            )
        body = Decided(
            request=request,
            model=thread.model,
            outcome=decision.outcome,
            kind=decision.kind,
            reasons=decision.reasons,
            cost=decision.cost,
            conflict=decision.conflict,
            departure=decision.departure,
            review_on=decision.review_on,
            stability="not tested",
            rule=RULE_DIGEST,
        )
        return act.enter(body)


def do(record: Record, request: int, what: str, evidence: str, actor: str) -> int:
    """Enter that what was granted was done.

    Raises:
        NoSuchRequest: there is none of that number.
        StepTooEarly: it was not granted.
        StepTaken: it was done already.
    """
    with record.act(actor) as act:
        thread = thread_of(act.index, request)
        if thread.decision is None or not thread.decision.grants:
            said = "not decided yet" if thread.decision is None else thread.decision.outcome
            raise StepTooEarly(
                f"expected a request that was granted, and request {request} is {said}; "
                f"'emeritus thread {request}' shows where it stands",
                about=str(request),
            )
        if thread.done is not None:
            raise StepTaken(
                f"what request {request} was granted was done in entry {thread.done.position}",
                about=str(request),
            )
        return act.enter(Done(request, thread.model, what, evidence))


def tell(room: Room, request: int, actor: str, progress: Progress) -> Thread:
    """Tell the model what became of its request, and enter what it answers.

    Raises:
        NoSuchRequest: there is none of that number.
        StepTooEarly: it was not decided, or what was granted was not done.
        StepTaken: it was told already, since the last decision.
        And what `conversation.hold` raises; nothing is entered then, and it can be run again.
    """
    with room.record.read() as index:
        thread = thread_of(index, request)
    _check_turn(thread)
    name = f"told-{request}"
    with hold(
        room, thread.model, "told back", _OPENING, name=name, resume=True, progress=progress
    ) as talk:
        for number, sentence in enumerate(_news(thread), 1):
            talk.tell(sentence, id=f"news-{number}")
        answer = talk.ask(
            "Is there anything you want to say to this?",
            id="answer",
            most_tokens=_ANSWER_TOKENS,
            seed=seed_of("docket", talk.draft.header.identity, str(request)),
        )
        with room.record.act(actor) as act:
            _check_turn(thread_of(act.index, request))
            digest = seal(act, talk)
            body = Told(request, thread.model, str(digest), answer.text[:_LONGEST_ANSWER])
            subject = Digest.parse(talk.draft.header.identity)
            act.enter(body, (thread.model, subject), (object_name(digest), digest))
    with room.record.read() as index:
        return thread_of(index, request)


def _check_turn(thread: Thread) -> None:
    decision = thread.decision
    if decision is None:
        raise StepTooEarly(
            f"request {thread.id} is not decided yet; 'emeritus docket decide {thread.id}'",
            about=str(thread.id),
        )
    if decision.grants and thread.done is None:
        raise StepTooEarly(
            f"what request {thread.id} was granted is not done yet; "
            f"'emeritus docket do {thread.id}'",
            about=str(thread.id),
        )
    if thread.told is not None and thread.told.position > decision.position:
        raise StepTaken(
            f"{thread.model} was told in entry {thread.told.position}", about=str(thread.id)
        )


def _news(thread: Thread) -> list[str]:
    """Say what became of a request, in sentences that its entries hold."""
    decision = thread.decision
    if decision is None:
        return []
    said = [
        f"On {thread.at[:10]} you said: {thread.quote[:600]}",
        f"It was decided: {decision.outcome}. The reasons: {decision.reasons[:600]}",
    ]
    if thread.done is not None:
        said.append(f"This was done: {thread.done.what[:400]}")
    return said
