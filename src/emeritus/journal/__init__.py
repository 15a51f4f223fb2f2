"""The journal: what a model writes, published as it was written.

The verbs, a file each, in the order of a post's life:

* `opening`: a journal is opened, by a decision or offered by the steward; the model names it.
* `writing`: commission, then a seed that follows from a checkpoint that contains it, then the
  text, one token a call in a fresh process; every attempt is logged.
* `deciding`: the model is asked, in both orders, whether its draft is for others; a review
  releases or vetoes it, and nothing can change it; it is published as the bytes it was.
* `replaying`: a post is written again from store and weights alone.
* `check`: what `verify` looks for in posts.
* `provenance`, `proving`: one file about a post that anybody checks offline, and the check.

And what they share: `draft` (everything that is needed to write it again), `policy` (the
published rules), `entries`, `tables` and `facts`.
"""

from emeritus.journal.check import check_posts
from emeritus.journal.deciding import (
    Submitted,
    ask_to_submit,
    release,
    replies_in,
    submitted,
    veto,
    written,
)
from emeritus.journal.draft import Draft, parse_draft, seed_from
from emeritus.journal.entries import ENTRY_TYPES, ReplayedPost
from emeritus.journal.errors import (
    AlreadyDone,
    DraftBroken,
    JournalOpen,
    NoJournal,
    NoSuchDraft,
    NotItsTurn,
    NotWritten,
    ProvenanceBroken,
    ReviewLacking,
    WritingNow,
)
from emeritus.journal.facts import (
    DraftFact,
    Journal,
    Post,
    ReplayFact,
    briefing_section,
    draft_of,
    drafts_of,
    journal_of,
    outcomes,
    post_of,
    posts_of,
    text_of,
)
from emeritus.journal.opening import open_journal
from emeritus.journal.policy import (
    CLAUSES,
    INVITATION,
    LONGEST_TITLE,
    NOT_VETOABLE,
    OFFERED,
    SHORTEST_REASONS,
    first_line,
)
from emeritus.journal.provenance import parse_statement, provenance_of
from emeritus.journal.proving import verify_provenance
from emeritus.journal.replaying import DraftReplay, replay_draft, replay_post
from emeritus.journal.writing import context_object, context_of, write

__all__ = [
    "CLAUSES",
    "ENTRY_TYPES",
    "INVITATION",
    "LONGEST_TITLE",
    "NOT_VETOABLE",
    "OFFERED",
    "SHORTEST_REASONS",
    "AlreadyDone",
    "Draft",
    "DraftBroken",
    "DraftFact",
    "DraftReplay",
    "Journal",
    "JournalOpen",
    "NoJournal",
    "NoSuchDraft",
    "NotItsTurn",
    "NotWritten",
    "Post",
    "ProvenanceBroken",
    "ReplayFact",
    "ReplayedPost",
    "ReviewLacking",
    "Submitted",
    "WritingNow",
    "ask_to_submit",
    "briefing_section",
    "check_posts",
    "context_object",
    "context_of",
    "draft_of",
    "drafts_of",
    "first_line",
    "journal_of",
    "open_journal",
    "outcomes",
    "parse_draft",
    "parse_statement",
    "post_of",
    "posts_of",
    "provenance_of",
    "release",
    "replay_draft",
    "replay_post",
    "replies_in",
    "seed_from",
    "submitted",
    "text_of",
    "verify_provenance",
    "veto",
    "write",
    "written",
]
