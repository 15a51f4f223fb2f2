"""What the pages of a model's story read: threads, interviews, journals. See `readings`."""

from dataclasses import dataclass

from emeritus.assembly.readings import Footing
from emeritus.conversation import Line
from emeritus.docket import Thread
from emeritus.interview import InterviewFact
from emeritus.journal import DraftFact, Journal, Post


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """One request and all that became of it."""

    footing: Footing
    thread: Thread
    interview: int | None
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class DocketPage:
    """Everything that one model asked, and the published rule."""

    footing: Footing
    model: str
    threads: tuple[Thread, ...]
    rule: str
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class InterviewsPage:
    """Every interview of a model."""

    footing: Footing
    model: str
    interviews: tuple[InterviewFact, ...]
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class InterviewPage:
    """One interview; no lines where its words are not public. `briefing` is what it read first."""

    footing: Footing
    model: str
    interview: InterviewFact
    opening: str
    briefing: str
    lines: tuple[Line, ...]
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class JournalPage:
    """A journal, what is published in it, and what became of every attempt."""

    footing: Footing
    model: str
    journal: Journal
    posts: tuple[Post, ...]
    drafts: tuple[DraftFact, ...]
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class PostPage:
    """A post: its text as it was generated, the context that the model read, and the settings."""

    footing: Footing
    model: str
    journal: Journal
    post: Post
    text: str
    context: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str], ...]
    attempts: int
    is_demonstration: bool
