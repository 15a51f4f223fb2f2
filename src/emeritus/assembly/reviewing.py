"""What the steward's review screen reads and does, over a house."""

from dataclasses import dataclass

from emeritus.assembly.house import House
from emeritus.assembly.readings import Footing
from emeritus.assembly.site import HouseSite
from emeritus.assembly.story_site import settings_of
from emeritus.catalogue import all_models
from emeritus.conversation import Reply
from emeritus.custody import policy_of
from emeritus.journal import (
    CLAUSES,
    LONGEST_TITLE,
    NOT_VETOABLE,
    DraftFact,
    Journal,
    Post,
    context_object,
    drafts_of,
    first_line,
    posts_of,
    release,
    replies_in,
    submitted,
    veto,
)
from emeritus.journal.facts import require_journal

ROLE = "steward"
"""In which role the screen acts; the role in which a person reviewed stands in the entry."""

_LATELY = 20


@dataclass(frozen=True, slots=True)
class Decided:
    """A draft that was reviewed; `post` is what it became when it was released."""

    draft: DraftFact
    post: Post | None


@dataclass(frozen=True, slots=True)
class ReviewList:
    """Drafts that wait for a review, the oldest first, and the newest that were decided."""

    footing: Footing
    waiting: tuple[DraftFact, ...]
    decided: tuple[Decided, ...]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A draft that waits for a review.

    Attributes:
        footing: the checkpoint under it.
        draft: the fact.
        journal: where it would be published.
        title: its first line, as a post would carry it.
        text: as it was generated.
        context: role and words of everything that the model read before it wrote.
        settings: how it was written, names and values.
        replies: what it answered when it was asked whether the text is for others.
        attempts: how many attempts to write this journal has.
        clauses: the only reasons to hold it back.
        no_reasons: what the public list says of others.
        is_demonstration: whether the record is one.
    """

    footing: Footing
    draft: DraftFact
    journal: Journal
    title: str
    text: str
    context: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    replies: tuple[Reply, ...]
    attempts: int
    clauses: tuple[str, ...]
    no_reasons: str
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class HouseReviews:
    """Reads and decides in a house; implements `web.steward.Reviews`."""

    house: House

    def every(self) -> ReviewList:
        """Return the drafts of all models that wait, and those that were decided last."""
        footing = HouseSite(self.house).footing()
        with self.house.record.read() as index:
            drafts = [
                draft
                for model in all_models(index)
                for draft in drafts_of(index, str(model.name))
                if draft.state == "in review" or draft.review
            ]
            posts = {post.draft: post for post in posts_of(index)}
        drafts.sort(key=lambda draft: draft.position)
        decided = [draft for draft in reversed(drafts) if draft.review]
        return ReviewList(
            footing,
            tuple(draft for draft in drafts if not draft.review),
            tuple(Decided(draft, posts.get(draft.position)) for draft in decided[:_LATELY]),
        )

    def one(self, position: int) -> ReviewPage:
        """Return a draft that waits for a review; see the port."""
        footing, room = HouseSite(self.house).footing(), self.house.room()
        found = submitted(room, position)
        model, text = found.fact.model, found.draft.text or ""
        with self.house.record.read() as index:
            journal = require_journal(index, model)
            attempts = len(drafts_of(index, model))
            is_demonstration = policy_of(index).is_demonstration
        return ReviewPage(
            footing,
            found.fact,
            journal,
            first_line(text, LONGEST_TITLE),
            text,
            tuple(context_object(room, found.fact)),
            settings_of(found.draft),
            replies_in(found.conversation),
            attempts,
            CLAUSES,
            NOT_VETOABLE,
            is_demonstration,
        )

    def release(self, position: int, *, reasons: str, conflict: str, reviewer: str) -> Post:
        """Publish a draft as it is; see the port."""
        return release(
            self.house.room(),
            position,
            reasons=reasons,
            conflict=conflict,
            reviewer=reviewer,
            actor=ROLE,
        )

    def hold_back(
        self, position: int, *, clause: str, reasons: str, conflict: str, reviewer: str
    ) -> DraftFact:
        """Veto a draft; see the port."""
        return veto(
            self.house.room(),
            position,
            clause=clause,
            reasons=reasons,
            conflict=conflict,
            reviewer=reviewer,
            actor=ROLE,
        )
