"""Close an interview that cannot go on."""

from emeritus.catalogue import find_model
from emeritus.conversation import Room, discard, has_draft, open_draft
from emeritus.foundation import UserError
from emeritus.interview.entries import Sealed
from emeritus.interview.errors import AlreadySealed, NoInterview
from emeritus.interview.facts import InterviewFact, interviews_of, open_interview
from emeritus.interview.policy import says_something
from emeritus.interview.run import draft_name
from emeritus.interview.sitting import LOST
from emeritus.record import Act
from emeritus.vault import object_name

MOST_REASON = 300


def close_interview(room: Room, model: str, *, reason: str, actor: str) -> InterviewFact:
    """Seal an interview as stopped, with every word said so far; no model is started for it.

    It is for the interview whose facts will not hold again, or whose model no longer runs.

    Args:
        room: where.
        model: a name in the catalogue.
        reason: why it does not go on, 1 to 300 characters; the record says it.
        actor: in which role this is done.

    Raises:
        NoSuchModel: no model of that name.
        NoInterview: none is open.
        UserError: there is no reason, or it is too long.
        DraftHeld: another process is holding this interview.
    """
    if not 0 < len(reason.strip()) <= MOST_REASON:
        raise UserError(
            f"expected a reason of 1 to {MOST_REASON} characters, found {len(reason.strip())}"
        )
    with room.record.read() as index:
        name = str(find_model(index, model).name)
        left = open_interview(index, name)
    if left is None:
        raise NoInterview(f"no interview of {name} is open, so there is none to close", about=name)
    path = room.draft(draft_name(name))
    if not has_draft(path):
        with room.record.act(actor) as act:
            _enter(act, name, left, b"", (0, 0, 0), f"{reason.strip()}; {LOST}")
    else:
        with open_draft(path, None) as draft:
            answers = [line for line in draft.lines if line.kind == "answer"]
            counts = (
                len(answers),
                sum(says_something(line.text) for line in answers),
                sum(line.cut_at is not None for line in answers),
            )
            with room.record.act(actor) as act:
                _enter(act, name, left, draft.to_bytes(), counts, reason.strip())
            discard(path)
    with room.record.read() as index:
        return next(one for one in interviews_of(index, name) if one.opened == left.opened)


def _enter(
    act: Act,
    model: str,
    left: InterviewFact,
    transcript: bytes,
    counts: tuple[int, int, int],
    reason: str,
) -> None:
    now = open_interview(act.index, model)
    if now is None or now.opened != left.opened:
        raise AlreadySealed(f"the interview of {model} was sealed by another process", about=model)
    digest = act.keep(transcript) if transcript else None
    body = Sealed(
        model=model,
        opened=left.opened,
        outcome="stopped",
        reason=reason,
        specimen=False,
        transcript=str(digest or ""),
        questions=counts[0],
        answered=counts[1],
        cut=counts[2],
    )
    kept = [] if digest is None else [(object_name(digest), digest)]
    act.enter(body, (model, find_model(act.index, model).identity), *kept)
