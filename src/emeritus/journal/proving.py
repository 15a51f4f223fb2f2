"""Check a provenance record with nothing but the file: no home, no store, no network."""

from collections.abc import Iterator, Sequence
from typing import Any

from emeritus.foundation import IntegrityError, UserError, sha256
from emeritus.journal.draft import Draft, parse_draft, seed_from
from emeritus.journal.entries import (
    ENTRY_TYPES,
    Asked,
    Commissioned,
    Drafted,
    Published,
    Reviewed,
)
from emeritus.journal.policy import LONGEST_TITLE, first_line
from emeritus.journal.provenance import (
    DISCLOSURE,
    Predicate,
    Proven,
    Statement,
    parse_statement,
    subject_of,
)
from emeritus.journal.replaying import note_problems
from emeritus.ledger import (
    Checkpoint,
    NoteVerifier,
    inclusion_root,
    leaf_hash,
    verify_consistency,
)
from emeritus.record import EntryTypes, Placed

_LIFE = (Commissioned, Drafted, Asked, Reviewed, Published)
_MOST_HASHES = 128
_HASH_BYTES = 32


def verify_provenance(data: bytes, vkey: str | None = None) -> tuple[str, ...]:
    """Return what is wrong with a provenance record, a sentence each; nothing when it holds.

    It shows that these bytes were logged so, in this order, under this key, and that the seed
    follows from a checkpoint that contains the commission. Whether the weights choose these
    tokens is shown by a replay, which needs the model.

    Args:
        data: the file.
        vkey: the ledger's key, from a source other than the file; without it the file vouches
            for itself, and a forger can make all of it anew.
    """
    try:
        statement = parse_statement(data)
        predicate = statement.predicate
        verifier = NoteVerifier.parse(predicate.vkey)
        checkpoint = Checkpoint.parse(verifier.verify(predicate.note.encode()))
        placed = [_placed(one) for one in predicate.entries]
        draft = parse_draft(predicate.draft.encode(), "the draft")
    except (IntegrityError, UserError) as problem:
        return (problem.message,)
    problems = list(_ledger_problems(predicate, checkpoint, verifier, draft))
    if vkey is not None and vkey != predicate.vkey:
        problems.append(f"it is signed by {predicate.vkey}, not by the key that was given")
    if tuple(type(one.body) for one in placed) != _LIFE:
        return (*problems, "its entries are not those of a post's life, in their order")
    problems += _life_problems(placed)
    problems += _draft_problems(predicate, placed, draft)
    problems += note_problems(draft, placed[0].position, verifier)
    problems += _statement_problems(statement, placed[-1].body)
    return tuple(problems)


def _placed(one: Proven) -> Placed[Any]:
    return EntryTypes(ENTRY_TYPES).place(one.position, one.raw.encode())[1]


def _ledger_problems(
    predicate: Predicate, checkpoint: Checkpoint, verifier: NoteVerifier, draft: Draft
) -> Iterator[str]:
    if checkpoint.origin != verifier.name:
        yield "its checkpoint is of another ledger than its key"
    for one in predicate.entries:
        path = _hashes(one.proof)
        leaf = leaf_hash(one.raw.encode())
        found = None if path is None else inclusion_root(leaf, one.position, checkpoint.size, path)
        if found != checkpoint.root:
            yield f"entry {one.position} is not in the ledger that the checkpoint stands for"
    joined, root = _hashes(predicate.consistency), _hashes((draft.root,))
    if joined is None or root is None:
        yield "its hashes are not 64 lower-case hex digits each"
    elif not verify_consistency(draft.size, checkpoint.size, root[0], checkpoint.root, joined):
        yield "the checkpoint of its seed is not of the same ledger as its newest one"


def _hashes(texts: Sequence[str]) -> list[bytes] | None:
    """Read hashes in their one spelling; None when one is not a hash."""
    if len(texts) > _MOST_HASHES:
        return None
    try:
        found = [bytes.fromhex(text) for text in texts]
    except ValueError:
        return None
    is_spelt = [one.hex() for one in found] == list(texts)
    return found if is_spelt and all(len(one) == _HASH_BYTES for one in found) else None


def _life_problems(placed: Sequence[Placed[Any]]) -> Iterator[str]:
    """Say where the entries do not belong to one another."""
    commission, drafted, asked, reviewed, published = placed
    positions = [one.position for one in placed]
    if positions != sorted(set(positions)):
        yield "its entries are not in the order of a post's life"
    if len({one.body.model for one in placed}) != 1:
        yield "its entries are of several models"
    if drafted.body.commission != commission.position:
        yield "its draft is of another commission"
    if {one.body.draft for one in (asked, reviewed, published)} != {drafted.position}:
        yield "its entries are about several drafts"
    if asked.body.finding != "submit" and asked.body.rule != "specimen":
        yield "it was not submitted"
    if reviewed.body.decision != "release":
        yield "it was not released"
    if published.body.specimen != (asked.body.rule == "specimen"):
        yield "it is called a specimen where it is none, or is one and is not called so"
    if published.body.transcript != asked.body.conversation:
        yield "the conversation that was published is not the one in which it was submitted"
    if published.body.is_cut != (drafted.body.outcome == "cut"):
        yield "it does not say truly whether the limit cut it"


def _draft_problems(
    predicate: Predicate, placed: Sequence[Placed[Any]], draft: Draft
) -> Iterator[str]:
    """Compare the draft with what was logged of it before it was public."""
    commission, drafted, *_, published = (one.body for one in placed)
    digest = str(sha256(predicate.draft.encode()))
    if {digest} != {drafted.draft, published.draft_object}:
        yield "its draft is not the one that was logged when it was written"
    if published.text != str(sha256(predicate.text.encode())) or draft.text != predicate.text:
        yield "its text is not the one that was written"
    if commission.context != str(sha256(predicate.context.encode())):
        yield "its context is not what the model read"
    said = (drafted.size, drafted.root, drafted.note, drafted.finish, drafted.tokens)
    if said != (draft.size, draft.root, draft.note, draft.finish, len(draft.tokens)):
        yield "its draft and the entry about it differ"
    if draft.size > placed[1].position:
        yield "the checkpoint of its seed is newer than its draft"
    asked = (commission.model, commission.attempt, commission.sampler)
    if asked != (draft.model, draft.attempt, draft.sampler):
        yield "its draft is not what was commissioned"
    if (commission.temperature, commission.most_tokens) != (draft.temperature, draft.most_tokens):
        yield "its draft was written with other settings than commissioned"
    if draft.seed != seed_from(draft.root, placed[0].position, draft.attempt).hex():
        yield "its seed does not follow from its checkpoint and its commission"


def _statement_problems(statement: Statement, published: Published) -> Iterator[str]:
    predicate = statement.predicate
    if statement.subject != (subject_of(published.slug, predicate.text),):
        yield "it is a statement about something else than its text"
    if published.title != first_line(predicate.text, LONGEST_TITLE):
        yield "its title is not its first line"
    if predicate.digital_source_type != DISCLOSURE:
        yield "it does not say that a model made the text"
