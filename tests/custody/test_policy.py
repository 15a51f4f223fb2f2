"""The one word that says where a model stands, as a table."""

import pytest

from emeritus.custody.policy import custody_word

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
        copies_verified=verified, copies_damaged=damaged, copies_wanted=wanted, drill=drill
    )
    assert found == word
