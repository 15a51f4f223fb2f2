"""What the record says of a journal."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from emeritus.foundation import Digest
from emeritus.journal.errors import NoJournal, NoSuchDraft
from emeritus.journal.tables import (
    asked_table,
    commissions_table,
    drafts_table,
    journals_table,
    posts_table,
    replays_table,
    reviews_table,
)
from emeritus.vault import Store, get_object

GOOD = frozenset({"whole", "cut"})


@dataclass(frozen=True, slots=True)
class Journal:
    """A model's journal; see `JournalOpened`."""

    position: int
    at: str
    name: str
    how: str
    decision: int | None
    transcript: str


@dataclass(frozen=True, slots=True)
class ReplayFact:
    """The newest replay of a post."""

    position: int
    at: str
    tokens: int
    mismatches: int
    largest_margin: str
    engine: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Post:
    """A published text; see `Published`. `replay` is the newest one, None before the first."""

    position: int
    at: str
    model: str
    draft: int
    draft_object: str
    text: str
    transcript: str
    title: str
    slug: str
    specimen: bool
    is_cut: bool
    replay: ReplayFact | None = None


@dataclass(frozen=True, slots=True)
class DraftFact:
    """One attempt and what became of it; `state` says it in a word or two."""

    position: int
    at: str
    model: str
    commission: int
    draft: str
    outcome: str
    tokens: int
    finish: str
    attempt: int = 0
    topic: str = ""
    topic_source: str = ""
    context: str = ""
    finding: str = ""
    rule: str = ""
    conversation: str = ""
    review: str = ""
    clause: str = ""
    post: int | None = None

    @property
    def is_submitted(self) -> bool:
        """True when it is for others: the model said so, or the policy goes on."""
        return self.finding == "submit" or self.rule == "specimen"

    @property
    def state(self) -> str:
        """Where it stands."""
        if self.outcome not in GOOD:
            return "failed"
        if self.post is not None:
            return "published"
        if self.review == "veto":
            return "vetoed"
        if not self.finding:
            return "not asked yet"
        if not self.is_submitted:
            return "kept private"
        return "in review"


def journal_of(index: Connection, model: str) -> Journal | None:
    """Return a model's journal, None when it has none."""
    columns = [journals_table.c[name] for name in Journal.__dataclass_fields__]
    row = index.execute(select(*columns).where(journals_table.c.model == model)).one_or_none()
    return None if row is None else Journal(*row)


def require_journal(index: Connection, model: str) -> Journal:
    """Return a model's journal.

    Raises:
        NoJournal: it has none.
    """
    found = journal_of(index, model)
    if found is None:
        raise NoJournal(
            f"{model} has no journal; 'emeritus journal open {model}' offers one", about=model
        )
    return found


def drafts_of(index: Connection, model: str) -> tuple[DraftFact, ...]:
    """Return every attempt of a model, the oldest first."""
    wanted = (
        select(
            drafts_table,
            commissions_table.c.attempt,
            commissions_table.c.topic,
            commissions_table.c.topic_source,
            commissions_table.c.context,
        )
        .join_from(
            drafts_table,
            commissions_table,
            commissions_table.c.position == drafts_table.c.commission,
        )
        .where(drafts_table.c.model == model)
        .order_by(drafts_table.c.position)
    )
    asked = _by(index, asked_table, "draft")
    reviews = _by(index, reviews_table, "draft")
    posts = _by(index, posts_table, "draft")
    found = []
    for row in index.execute(wanted).mappings():
        number = row["position"]
        found.append(
            DraftFact(
                **row,
                finding=asked.get(number, {}).get("finding", ""),
                rule=asked.get(number, {}).get("rule", ""),
                conversation=asked.get(number, {}).get("conversation", ""),
                review=reviews.get(number, {}).get("decision", ""),
                clause=reviews.get(number, {}).get("clause", ""),
                post=posts.get(number, {}).get("position"),
            )
        )
    return tuple(found)


def draft_of(index: Connection, position: int) -> DraftFact:
    """Return one attempt.

    Raises:
        NoSuchDraft: there is none of that number.
    """
    model = index.execute(
        select(drafts_table.c.model).where(drafts_table.c.position == position)
    ).scalar_one_or_none()
    for one in drafts_of(index, str(model)) if model else ():
        if one.position == position:
            return one
    raise NoSuchDraft(f"no draft {position} in this record; see 'emeritus journal drafts NAME'")


def posts_of(index: Connection, model: str | None = None) -> tuple[Post, ...]:
    """Return the published texts of a model, or of all, the newest first."""
    columns = [posts_table.c[name] for name in Post.__dataclass_fields__ if name != "replay"]
    wanted = select(*columns).order_by(posts_table.c.position.desc())
    if model is not None:
        wanted = wanted.where(posts_table.c.model == model)
    names = list(ReplayFact.__dataclass_fields__)
    replays = {
        post: ReplayFact(*(row[name] for name in names))
        for post, row in _by(index, replays_table, "post").items()
    }
    return tuple(
        Post(**row, replay=replays.get(row["position"])) for row in index.execute(wanted).mappings()
    )


def post_of(index: Connection, position: int) -> Post:
    """Return one post.

    Raises:
        NoSuchDraft: there is none of that number.
    """
    for one in posts_of(index):
        if one.position == position:
            return one
    raise NoSuchDraft(f"no post {position} in this record; see 'emeritus journal show NAME'")


def text_of(store: Store, post: Post) -> bytes:
    """Return the bytes of a post, checked."""
    return get_object(store, Digest.parse(post.text))


def outcomes(index: Connection, model: str) -> dict[str, int]:
    """Return how many attempts of a model stand where."""
    return dict(sorted(Counter(one.state for one in drafts_of(index, model)).items()))


def briefing_section(index: Connection, model: str, now: dt.datetime) -> Sequence[str]:
    """Tell a model of its journal."""
    del now
    journal = journal_of(index, model)
    if journal is None:
        return []
    count = len(posts_of(index, model))
    texts = "text of yours is" if count == 1 else "texts of yours are"
    return [f"You have a journal, and {count} {texts} published in it."]


def _by(index: Connection, table: Table, name: str) -> dict[int, dict[str, Any]]:
    """Return the newest row for each value of a column."""
    rows = index.execute(select(table).order_by(table.c.position)).mappings()
    return {row[name]: dict(row) for row in rows}
