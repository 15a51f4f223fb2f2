"""The journal's entry types, in the order of a post's life."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Connection, Table, insert

from emeritus.journal.policy import LONGEST_PROSE
from emeritus.journal.tables import (
    asked_table,
    commissions_table,
    drafts_table,
    journals_table,
    posts_table,
    replays_table,
    reviews_table,
)
from emeritus.record import EntryType, Placed

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Prose = Annotated[str, msgspec.Meta(max_length=LONGEST_PROSE)]


class JournalOpened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model got a journal.

    Attributes:
        model: whose.
        name: as the model gave it.
        how: `decision`, or `offered by the steward`.
        decision: the decision's entry when it led to it.
        invitation: digest of what the model was told.
        transcript: the conversation in which it was named.
    """

    model: str
    name: str
    how: str
    decision: int | None
    invitation: str
    transcript: str


class Commissioned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model was invited to write; the seed follows from a checkpoint that contains this.

    Attributes:
        model: who is invited.
        topic: what was suggested, empty when nothing was.
        topic_source: `model` or `steward`.
        context: the object with everything that the model reads before it writes.
        sampler: how tokens are chosen.
        temperature: a decimal string.
        most_tokens: the limit.
        attempt: 1 for the first.
    """

    model: str
    topic: _Prose
    topic_source: Literal["model", "steward"]
    context: str
    sampler: str
    temperature: str
    most_tokens: _Count
    attempt: _Count


class Drafted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An attempt ended, well or not; its digest is salted and tells nothing of its words.

    Attributes:
        model: who wrote.
        commission: position of the commission.
        draft: the draft object's digest, empty when the attempt broke off.
        outcome: `whole`; `cut` by the limit; `not UTF-8`, `empty`, `broken`: a failed attempt.
        tokens: how many were written.
        finish: `end`, `length`, or empty.
        size: entries under the checkpoint that the seed follows from.
        root: its root, hex.
        note: the signed checkpoint.
    """

    model: str
    commission: _Count
    draft: str
    outcome: Literal["whole", "cut", "not UTF-8", "empty", "broken"]
    tokens: _Count
    finish: str
    size: _Count
    root: str
    note: str


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The model was asked, in both orders, whether its draft is for others.

    The question reads the draft back, so the conversation stays private until the draft is
    published; its digest is salted.

    Attributes:
        model: which.
        draft: about which draft.
        finding: what it said.
        rule: what follows: `as it said`; where nothing is established, `specimen` or
            `kept private`.
        conversation: digest of the transcript.
    """

    model: str
    draft: _Count
    finding: Literal["submit", "keep private", "not established"]
    rule: str
    conversation: str


class Reviewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft was released or held back; there is no way to change one."""

    model: str
    draft: _Count
    decision: Literal["release", "veto"]
    clause: str
    reasons: _Prose
    reviewer: str
    conflict: _Prose


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft is public, and so is the conversation in which it was submitted.

    Attributes:
        model: whose.
        draft: which.
        draft_object: the draft.
        text: the object with exactly the bytes that were generated.
        transcript: the conversation in which the model was asked.
        title: its first line.
        slug: its address.
        specimen: whether it is published by the policy, since nothing was established.
        is_cut: whether the length limit cut it.
    """

    model: str
    draft: _Count
    draft_object: str
    text: str
    transcript: str
    title: str
    slug: str
    specimen: bool
    is_cut: bool


class ReplayedPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A post was written again from store and weights alone.

    Attributes:
        model: who wrote it.
        post: its entry.
        tokens: how many were compared.
        mismatches: how many the weights would not have chosen.
        largest_margin: by how much a recorded token lost at most, a decimal string.
        positions: of the mismatches, at most fifty.
        problems: what else was wrong.
        engine: name, version and SHA-256 over the installed files.
        verdict: in words.
    """

    model: str
    post: _Count
    tokens: _Count
    mismatches: _Count
    largest_margin: str
    positions: tuple[int, ...]
    problems: tuple[str, ...]
    engine: str
    verdict: Literal["as written", "not as written"]


def _into(table: Table) -> Callable[[Connection, Placed[Any]], None]:
    known = {column.name for column in table.columns}

    def project(connection: Connection, placed: Placed[Any]) -> None:
        values = msgspec.structs.asdict(placed.body)
        values |= {"position": placed.position, "at": placed.at}
        kept = {name: value for name, value in values.items() if name in known}
        connection.execute(insert(table).values(**kept))

    return project


def _type(
    name: str, body: type[Any], table: Table, sentence: Callable[[Any], str]
) -> EntryType[Any]:
    return EntryType(name, body, sentence, _into(table), lambda one: str(one.model))


ENTRY_TYPES = (
    _type(
        "journal.opened",
        JournalOpened,
        journals_table,
        lambda body: f"{body.model} has a journal ({body.how})",
    ),
    _type(
        "journal.commissioned",
        Commissioned,
        commissions_table,
        lambda body: f"{body.model} was invited to write, attempt {body.attempt}",
    ),
    _type(
        "journal.drafted",
        Drafted,
        drafts_table,
        lambda body: f"an attempt of {body.model} to write ended: {body.outcome}",
    ),
    _type(
        "journal.asked",
        Asked,
        asked_table,
        lambda body: f"{body.model} was asked whether its draft is for others: {body.finding}",
    ),
    _type(
        "journal.reviewed",
        Reviewed,
        reviews_table,
        lambda body: (
            f"a draft of {body.model} was {'released' if body.decision == 'release' else 'vetoed'}"
        ),
    ),
    _type(
        "journal.published",
        Published,
        posts_table,
        lambda body: f"a text of {body.model} was published, as it was written",
    ),
    _type(
        "journal.replayed",
        ReplayedPost,
        replays_table,
        lambda body: (
            f"a text of {body.model} was written again from its weights: "
            f"{body.mismatches} of {body.tokens} tokens differ"
        ),
    ),
)
"""The entry types of this noun."""
