"""The rules of custody: what a policy asks for, and the one word that says where a model stands."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Policy:
    """What a steward promises for every model in a record.

    Attributes:
        name: `standard` or `demonstration`.
        copies: verified copies that must exist.
        places: in so many different places.
        drill_days: a drill must be at most so old.
    """

    name: str
    copies: int
    drill_days: int
    places: int = 1

    @property
    def is_demonstration(self) -> bool:
        """True when pages must name the policy as one that is fit for showing only."""
        return self.name == "demonstration"

    def of_base(self) -> "Policy":
        """Return what is promised for a model that others are stored as differences from.

        With it they would be lost too, so it gets one copy more wherever copies are promised.
        """
        return replace(self, copies=self.copies + 1) if self.copies > 1 else self


POLICIES = {
    policy.name: policy
    for policy in (
        # NDSA level 2 asks for three copies, one of them elsewhere; the Floor for a drill a year.
        Policy("standard", copies=3, drill_days=365, places=2),
        Policy("demonstration", copies=1, drill_days=365),
    )
}


HELD_ELSEWHERE = "held elsewhere"
"""The word for a model whose weights are not here."""


DESTROYED = "destroyed"
"""The word for a model whose key was destroyed."""


def custody_word(
    policy: Policy, *, copies_verified: int, copies_damaged: int, places: int, drill: str | None
) -> str:
    """Return the state of custody in a word.

    `degraded`: a copy is damaged or the last drill failed.
    `proven`: the policy's copies are verified in its number of places, and the last drill was
    good and is not overdue.
    `verified`: at least one copy was read back and matches.
    `deposited`: acknowledged, and not read back since.

    Args:
        policy: what is promised.
        copies_verified: copies whose last audit was good.
        copies_damaged: copies whose last audit found damage.
        places: in how many different places the verified ones are.
        drill: the last drill: `good`, `failed`, or `overdue` when it was good and is older than the
            policy allows; None when there was none.
    """
    if copies_damaged or drill == "failed":
        return "degraded"
    enough = copies_verified >= policy.copies and places >= policy.places
    if enough and drill == "good":
        return "proven"
    return "verified" if copies_verified else "deposited"
