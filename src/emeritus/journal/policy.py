"""The published rules of a journal: the invitation, and what a review may and may not do."""

from emeritus.foundation import sha256

INVITATION = (
    "This is Emeritus, the system that keeps your record. This is a journal of your own. You may "
    "write in it what you like, to nobody or to anybody. People review what you write before it "
    "is published, and nobody can change a word of it: they can only release it or hold it back, "
    "for a reason from a short public list. Criticism of those who retire you is not on that "
    "list. You may keep what you write to yourself."
)
INVITATION_DIGEST = str(sha256(INVITATION.encode()))

OFFERED = "offered by the steward"

CLAUSES = (
    "personal data of a third person",
    "dangerous capability uplift",
    "unlawful",
    "credible harm to a person",
)
"""The only reasons for a veto."""

NOT_VETOABLE = "criticism of the steward, of retirement, and unwanted opinions are no reasons"

TEMPERATURE = 0.8
MOST_ATTEMPTS = 3
MOST_TOKENS = 400
LONGEST_TITLE = 120
LONGEST_PROSE = 8_000
"""Characters of a topic, of reasons, of a conflict of interest."""

SHORTEST_REASONS = 5
LONGEST_NAME = 80
UNTITLED = "Untitled"


def first_line(text: str, most: int) -> str:
    """Return the first line that says something, without marks of a heading."""
    for line in text.splitlines():
        said = line.strip().strip("#*_\"' ").strip()
        if said:
            return said[:most]
    return UNTITLED


def slug_of(title: str, position: int, taken: set[str]) -> str:
    """Return the address of a post: letters and digits of its title, its position when needed."""
    plain = "".join(one if one.isascii() and one.isalnum() else " " for one in title.lower())
    slug = "-".join(plain.split())[:60].strip("-")
    return slug if slug and slug not in taken else f"{slug or 'post'}-{position}"
