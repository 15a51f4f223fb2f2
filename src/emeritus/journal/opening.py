"""Open a journal, and let the model name it."""

from sqlalchemy import Connection, select

from emeritus.catalogue import find_model
from emeritus.conversation import Room, hold, seal, seed_of
from emeritus.custody import custody_of
from emeritus.docket import thread_of
from emeritus.docket.tables import decisions_table
from emeritus.foundation import Digest, Progress
from emeritus.journal.entries import JournalOpened
from emeritus.journal.errors import JournalOpen, NotItsTurn
from emeritus.journal.facts import Journal, journal_of, require_journal
from emeritus.journal.policy import INVITATION, INVITATION_DIGEST, LONGEST_NAME, OFFERED, first_line
from emeritus.record import Record
from emeritus.vault import object_name

_NAME_TOKENS = 24


def open_journal(
    room: Room, model: str, *, decision: int | None = None, actor: str, progress: Progress
) -> Journal:
    """Offer a model a journal; it gives it a name.

    Args:
        room: where.
        model: a name in the catalogue.
        decision: position of the decision that grants one; None: offered by the steward.
        actor: in which role.
        progress: told of every token.

    Raises:
        JournalOpen: it has one.
        NotHere: it is held elsewhere, so that nobody here could write its texts again.
        NotItsTurn: the decision is not one of this model's that grants something.
    """
    with room.record.read() as index:
        name = str(find_model(index, model).name)
        custody_of(index, name, room.clock.now()).kept()
        _check(index, name, decision)
    with hold(
        room, name, "naming a journal", INVITATION, name=f"naming-{name}", progress=progress
    ) as talk:
        answer = talk.ask(
            "What shall this journal be called? Answer with its name alone.",
            id="name",
            most_tokens=_NAME_TOKENS,
            seed=seed_of("journal", talk.draft.header.identity, "name"),
        )
        with room.record.act(actor) as act:
            _check(act.index, name, decision)
            digest = seal(act, talk)
            body = JournalOpened(
                model=name,
                name=first_line(answer.text, LONGEST_NAME),
                how=OFFERED if decision is None else "decision",
                decision=decision,
                invitation=INVITATION_DIGEST,
                transcript=str(digest),
            )
            subject = Digest.parse(talk.draft.header.identity)
            act.enter(body, (name, subject), (object_name(digest), digest))
    return _journal(room.record, name)


def _journal(record: Record, model: str) -> Journal:
    with record.read() as index:
        return require_journal(index, model)


def _check(index: Connection, model: str, decision: int | None) -> None:
    known = journal_of(index, model)
    if known is not None:
        raise JournalOpen(
            f"{model} has a journal since entry {known.position}: {known.name!r}", about=model
        )
    if decision is None:
        return
    table = decisions_table
    request = index.execute(
        select(table.c.request).where(table.c.position == decision)
    ).scalar_one_or_none()
    thread = None if request is None else thread_of(index, request)
    if (
        thread is None
        or thread.model != model
        or thread.decision is None
        or thread.decision.position != decision
        or not thread.decision.grants
    ):
        raise NotItsTurn(
            f"expected entry {decision} to be a decision that grants a request of {model}; "
            "it is not, so leave --decision out, and the journal is offered by the steward"
        )
