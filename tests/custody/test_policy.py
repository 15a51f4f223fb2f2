"""The one word that says where a model stands, as a table."""

import pytest

from emeritus.custody.policy import Policy, custody_word

TABLE = [
    # verified, damaged, wanted, last drill, word
    (0, 0, 1, None, "deposited"),
    (0, 0, 1, "good", "deposited"),
    (0, 0, 1, "overdue", "deposited"),
    (0, 0, 1, "failed", "degraded"),
    (0, 1, 1, None, "degraded"),
    (0, 1, 1, "good", "degraded"),
    (1, 0, 1, None, "verified"),
    (1, 0, 1, "good", "proven"),
    (1, 0, 1, "overdue", "verified"),
    (1, 0, 1, "failed", "degraded"),
    (1, 0, 3, "good", "verified"),
    (2, 0, 3, "good", "verified"),
    (3, 0, 3, "good", "proven"),
    (4, 0, 3, "good", "proven"),
    (3, 1, 3, "good", "degraded"),
    (3, 0, 3, None, "verified"),
]


@pytest.mark.parametrize(("verified", "damaged", "wanted", "drill", "word"), TABLE)
def test_custody_in_a_word(
    verified: int, damaged: int, wanted: int, drill: str | None, word: str
) -> None:
    found = custody_word(
        Policy("any", wanted, 365),
        copies_verified=verified,
        copies_damaged=damaged,
        places=1,
        drill=drill,
    )
    assert found == word


@pytest.mark.parametrize(("places", "word"), [(1, "verified"), (2, "proven"), (3, "proven")])
def test_copies_in_one_place_prove_nothing_when_two_are_promised(places: int, word: str) -> None:
    policy = Policy("any", copies=3, drill_days=365, places=2)
    found = custody_word(policy, copies_verified=3, copies_damaged=0, places=places, drill="good")
    assert found == word
