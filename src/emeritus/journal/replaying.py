"""Write a post again from store and weights alone, in a process of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from emeritus.conversation import Room
from emeritus.foundation import Digest, IntegrityError, Progress
from emeritus.journal.draft import Draft, parse_draft, seed_from
from emeritus.journal.entries import ReplayedPost
from emeritus.journal.facts import Post, draft_of, post_of
from emeritus.journal.tables import commissions_table
from emeritus.journal.writing import Context, context_of
from emeritus.ledger import Checkpoint, NoteVerifier
from emeritus.record import Record
from emeritus.runtime import SAMPLER, Replayed, Sampler, Worker, chat_prompt, replay
from emeritus.vault import get_object, object_name

_MOST_POSITIONS = 50


@dataclass(frozen=True, slots=True)
class DraftReplay:
    """What a replay of one draft showed: the tokens, and what else is wrong, in sentences."""

    replayed: Replayed
    problems: tuple[str, ...]

    @property
    def is_as_written(self) -> bool:
        """True when the weights choose every token, and nothing else is wrong."""
        return not self.replayed.mismatches and not self.problems


def replay_draft(
    worker: Worker, draft: Draft, context: Context, text: bytes, progress: Progress | None = None
) -> DraftReplay:
    """Compare a draft with what the weights write after its context, with the seed of its rule.

    It trusts no hash: a draft whose every digest was recomputed is found by its tokens.

    Args:
        worker: a fresh one.
        draft: as stored.
        context: as stored.
        text: as published.
        progress: told of every token.
    """
    problems: list[str] = []
    seed = seed_from(draft.root, draft.commission, draft.attempt)
    if draft.seed != seed.hex():
        problems.append("its seed does not follow from its checkpoint and its commission")
    if draft.sampler != SAMPLER:
        problems.append(f"it names the sampler {draft.sampler[:60]!r}, this one is {SAMPLER}")
    prompt = chat_prompt(worker, context)
    if list(draft.prompt) != prompt:
        problems.append("its prompt is not what its context gives")
    found = replay(worker, prompt, draft.tokens, Sampler(seed, float(draft.temperature)), progress)
    if found.data != text:
        problems.append("the published bytes are not the bytes of its tokens")
    ends = bool(draft.tokens) and draft.tokens[-1] in worker.facts.end_tokens
    if ends != (draft.finish == "end"):
        problems.append("it does not end where its tokens say")
    return DraftReplay(found, tuple(problems))


def replay_post(room: Room, position: int, *, actor: str, progress: Progress) -> ReplayedPost:
    """Replay a post from the store and the model's weights, and enter the result.

    Raises:
        NoSuchDraft: there is no post of that number.
        IntegrityError: an object of the post is damaged.
    """
    with room.record.read() as index:
        post = post_of(index, position)
        commission = draft_of(index, post.draft).commission
        table = commissions_table
        context = index.execute(
            select(table.c.context).where(table.c.position == commission)
        ).scalar_one()
    store = room.record.store
    draft_object = Digest.parse(post.draft_object)
    draft = parse_draft(get_object(store, draft_object), object_name(draft_object))
    turns = context_of(get_object(store, Digest.parse(context)))
    text = get_object(store, Digest.parse(post.text))
    problems = checkpoint_problems(room.record, draft, commission)
    with room.models.fresh(post.model) as worker:
        progress.begin("writing again", len(draft.tokens), "tokens")
        found = replay_draft(worker, draft, turns, text, progress)
        progress.end()
        engine = worker.facts.engine
    body = _body(post, found, problems, f"{engine.name} {engine.version} {engine.files}")
    with room.record.act(actor) as act:
        act.enter(body)
    return body


def checkpoint_problems(record: Record, draft: Draft, commission: int) -> tuple[str, ...]:
    """Say what is wrong with the checkpoint that a draft's seed follows from."""
    return note_problems(draft, commission, record.log.verifier)


def note_problems(draft: Draft, commission: int, verifier: NoteVerifier) -> tuple[str, ...]:
    """Compare a draft with its signed checkpoint, with no store at hand."""
    problems = []
    try:
        checkpoint = Checkpoint.parse(verifier.verify(draft.note.encode()))
    except IntegrityError as problem:
        return (f"its checkpoint is not signed by this ledger: {problem.message}",)
    if (checkpoint.size, checkpoint.root.hex()) != (draft.size, draft.root):
        problems.append("it names another checkpoint than the signed one")
    if draft.commission != commission or checkpoint.size <= commission:
        problems.append("its checkpoint does not contain its commission")
    return tuple(problems)


def _body(post: Post, found: DraftReplay, problems: Sequence[str], engine: str) -> ReplayedPost:
    every = (*problems, *found.problems)
    replayed = found.replayed
    is_good = not every and not replayed.mismatches
    return ReplayedPost(
        model=post.model,
        post=post.position,
        tokens=replayed.tokens,
        mismatches=len(replayed.mismatches),
        largest_margin=f"{replayed.largest_margin:.6f}",
        positions=tuple(one.position for one in replayed.mismatches[:_MOST_POSITIONS]),
        problems=every,
        engine=engine,
        verdict="as written" if is_good else "not as written",
    )
