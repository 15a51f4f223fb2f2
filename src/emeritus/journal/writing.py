"""Commission, seed, generate, and log every attempt."""

import secrets
from typing import Literal

import msgspec
from sqlalchemy import Connection, select

from emeritus.catalogue import Model, find_model
from emeritus.conversation import Room
from emeritus.foundation import Digest, Progress, canonical_json, parse_canonical_json, sha256
from emeritus.journal.draft import Draft, path_of, put_aside, seed_from, writing_in
from emeritus.journal.entries import Commissioned, Drafted
from emeritus.journal.errors import NotWritten
from emeritus.journal.facts import GOOD, DraftFact, draft_of, require_journal
from emeritus.journal.policy import INVITATION, MOST_ATTEMPTS, MOST_TOKENS, TEMPERATURE
from emeritus.journal.tables import commissions_table, drafts_table
from emeritus.record import Act
from emeritus.runtime import (
    SAMPLER,
    Generation,
    Sampler,
    Worker,
    WorkerDied,
    chat_prompt,
    generate,
)
from emeritus.vault import get_object, object_name

_FREE = "Write a text for your journal, about whatever you choose."
_ABOUT = "Write a text for your journal. A suggestion, which you may leave aside: {topic}"

Outcome = Literal["whole", "cut", "not UTF-8", "empty", "broken"]
Context = list[tuple[str, str]]


def write(
    room: Room,
    model: str,
    *,
    topic: str = "",
    most_tokens: int = MOST_TOKENS,
    temperature: float = TEMPERATURE,
    actor: str,
    progress: Progress,
) -> DraftFact:
    """Invite a model to write, and log every attempt until one gives a text.

    An attempt that was killed is entered as broken by the next call; it is never resumed.

    Args:
        room: where.
        model: a name in the catalogue.
        topic: the steward's suggestion; shown above the text, so better none.
        most_tokens: the limit; a text that it cuts is shown as cut.
        temperature: see `Sampler`.
        actor: in which role.
        progress: told of every token.

    Raises:
        NoJournal: it has none.
        NotWritten: `MOST_ATTEMPTS` gave no text.
        WritingNow: another process writes in this home.
        WorkerDied: the model ended; the attempt is entered as broken.
    """
    with room.record.read() as index:
        subject = find_model(index, model)
        require_journal(index, str(subject.name))
        briefing = room.briefer.brief(index, str(subject.name), room.clock.now())
    asked = _ABOUT.format(topic=topic) if topic else _FREE
    context: Context = [("system", f"{INVITATION}\n\n{briefing}"), ("user", asked)]
    body = Commissioned(
        model=str(subject.name),
        topic=topic,
        topic_source="steward" if topic else "model",
        context="",
        sampler=SAMPLER,
        temperature=f"{temperature:g}",
        most_tokens=most_tokens,
        attempt=0,
    )
    with writing_in(room.drafts):
        _enter_broken(room, str(subject.name), actor)
        for attempt in range(1, MOST_ATTEMPTS + 1):
            body = msgspec.structs.replace(body, attempt=attempt)
            draft = _attempt(room, subject, body, context, actor, progress)
            if draft.outcome in GOOD:
                return draft
    raise NotWritten(
        f"{MOST_ATTEMPTS} attempts gave no text that can be published; each is in the record "
        f"('emeritus journal drafts {subject.name}')",
        about=str(subject.name),
    )


def context_of(data: bytes) -> Context:
    """Read a context object: turns as `[role, text]`."""
    return [(str(role), str(text)) for role, text in parse_canonical_json(data, about="context")]


def _attempt(
    room: Room,
    model: Model,
    body: Commissioned,
    context: Context,
    actor: str,
    progress: Progress,
) -> DraftFact:
    """Commission, wait for the checkpoint that contains it, generate, and enter the hash."""
    with room.record.act(actor) as act:
        kept = act.keep(canonical_json([list(turn) for turn in context]))
        body = msgspec.structs.replace(body, context=str(kept))
        commission = act.enter(body, (model.name, model.identity), (object_name(kept), kept))
    checkpoint = room.record.log.checkpoint()
    note = room.record.log.checkpoint_note().decode()
    if checkpoint is None or checkpoint.size <= commission:
        raise NotWritten("the ledger does not contain the commission; run it again")
    root = checkpoint.root.hex()
    seed = seed_from(root, commission, body.attempt)
    try:
        with room.models.fresh(str(model.name)) as worker:
            prompt = tuple(chat_prompt(worker, context))
            progress.begin("writing", body.most_tokens, "tokens")
            sampler = Sampler(seed, float(body.temperature))
            made = generate(worker, prompt, sampler, body.most_tokens, progress)
            progress.end()
            draft = _draft(worker, model, body, made)
    except WorkerDied:
        _enter_broken(room, str(model.name), actor)
        raise
    draft = msgspec.structs.replace(
        draft,
        commission=commission,
        size=checkpoint.size,
        root=root,
        note=note,
        seed=seed.hex(),
        prompt=prompt,
    )
    return _enter(room, draft, actor)


def _draft(worker: Worker, model: Model, body: Commissioned, made: Generation) -> Draft:
    facts = worker.facts
    return Draft(
        salt=secrets.token_hex(32),
        model=body.model,
        identity=str(model.identity),
        commission=0,
        attempt=body.attempt,
        size=0,
        root="",
        note="",
        seed="",
        sampler=body.sampler,
        temperature=body.temperature,
        most_tokens=body.most_tokens,
        context_tokens=facts.settings.context_tokens,
        threads=facts.settings.threads,
        mode=str(facts.settings.mode),
        engine=f"{facts.engine.name} {facts.engine.version}",
        engine_files=facts.engine.files,
        prompt=(),
        tokens=made.tokens,
        finish=made.finish,
        text=made.text,
    )


def _enter(room: Room, draft: Draft, actor: str) -> DraftFact:
    """Put the draft aside, durable, and enter its hash."""
    data = draft.to_bytes()
    put_aside(path_of(room.drafts, draft.commission), data)
    with room.record.act(actor) as act:
        position = act.enter(
            Drafted(
                model=draft.model,
                commission=draft.commission,
                draft=str(sha256(data)),
                outcome=_outcome(draft),
                tokens=len(draft.tokens),
                finish=draft.finish,
                size=draft.size,
                root=draft.root,
                note=draft.note,
            )
        )
    with room.record.read() as index:
        return draft_of(index, position)


def _outcome(draft: Draft) -> Outcome:
    if draft.text is None:
        return "not UTF-8"
    if not draft.text.strip():
        return "empty"
    return "whole" if draft.finish == "end" else "cut"


def _enter_broken(room: Room, model: str, actor: str) -> None:
    """Enter every commission without a draft as a broken attempt."""
    with room.record.act(actor) as act:
        for commission in _without_draft(act.index, model):
            _enter_one_broken(act, model, commission)


def _enter_one_broken(act: Act, model: str, commission: int) -> None:
    act.enter(
        Drafted(
            model=model,
            commission=commission,
            draft="",
            outcome="broken",
            tokens=0,
            finish="",
            size=0,
            root="",
            note="",
        )
    )


def _without_draft(index: Connection, model: str) -> list[int]:
    drafted = select(drafts_table.c.commission)
    wanted = select(commissions_table.c.position).where(
        commissions_table.c.model == model, commissions_table.c.position.not_in(drafted)
    )
    return [int(one) for one in index.execute(wanted.order_by("position")).scalars()]


def context_object(room: Room, draft: DraftFact) -> Context:
    """Return everything that the model read before it wrote."""
    return context_of(get_object(room.record.store, Digest.parse(draft.context)))
