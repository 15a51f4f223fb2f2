"""The port of the steward's screen: `Reviews`."""

from typing import Protocol

from emeritus.assembly.reviewing import ReviewList, ReviewPage
from emeritus.journal import DraftFact, Post


class Reviews(Protocol):
    """Shows what waits for a review, and enters what a person decided.

    Every method may be called from any thread. Of two decisions about one draft the first
    counts, whoever made it; the other raises `AlreadyDone`.
    """

    def every(self) -> ReviewList:
        """Return the drafts of all models that wait, and those that were decided last."""
        ...

    def one(self, position: int) -> ReviewPage:
        """Return a draft that waits for a review.

        Raises:
            NoSuchDraft: there is none of that number.
            NotItsTurn: its model did not submit it, so it is shown to nobody.
            AlreadyDone: it was decided.
            DraftBroken: a part of it is gone, or another.
        """
        ...

    def release(self, position: int, *, reasons: str, conflict: str, reviewer: str) -> Post:
        """Publish a draft, every byte as it was generated; it cannot be undone.

        Args:
            position: the draft's entry.
            reasons: at least a sentence.
            conflict: the reviewer's conflict of interest; `none` is an answer.
            reviewer: in which role; never a person's name.

        Raises:
            ReviewLacking: words are missing.
            And what `one` raises; nothing was entered then.
        """
        ...

    def hold_back(
        self, position: int, *, clause: str, reasons: str, conflict: str, reviewer: str
    ) -> DraftFact:
        """Keep a draft private; that it was held back, and why, is public; it cannot be undone.

        Args:
            position: the draft's entry.
            clause: one of the public list.
            reasons: at least a sentence.
            conflict: the reviewer's conflict of interest; `none` is an answer.
            reviewer: in which role; never a person's name.

        Raises:
            ReviewLacking: the clause is not on the list, or words are missing.
            And what `one` raises; nothing was entered then.
        """
        ...
