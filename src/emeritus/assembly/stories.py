"""What the pages of a model's story read: threads, interviews, journals. See `readings`."""

from dataclasses import dataclass

from emeritus.assembly.readings import Footing
from emeritus.commitments import Check, Promise, Verdict, WaiverFact
from emeritus.commitments.assessment import Point, Reached
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
    """One interview; no lines where its words are not public. `briefing` is what it read first.

    `holder` is who runs the model where it is held elsewhere, else empty.
    """

    footing: Footing
    model: str
    interview: InterviewFact
    opening: str
    briefing: str
    lines: tuple[Line, ...]
    is_demonstration: bool
    holder: str = ""


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


@dataclass(frozen=True, slots=True)
class FloorLine:
    """One model on the page of the Floor: a verdict for each part, None where none was reached."""

    model: str
    checked_at: str | None
    parts: tuple[tuple[str, Verdict | None], ...]


@dataclass(frozen=True, slots=True)
class FloorPage:
    """What every model gets. `promises` are those that stand for the five parts."""

    footing: Footing
    promises: tuple[Promise, ...]
    lines: tuple[FloorLine, ...]
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class AssessmentPage:
    """A self-assessment as of now: the NDSA levels reached, and the points of both lists."""

    footing: Footing
    levels: tuple[Reached, ...]
    ndsa: tuple[Point, ...]
    coretrustseal: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One promise with how it stands for the models: `verdicts` pairs a model with its verdict."""

    promise: Promise
    verdicts: tuple[tuple[str, Verdict], ...]


@dataclass(frozen=True, slots=True)
class CommitmentsPage:
    """The published list, and how every promise stands.

    `tally` counts verdicts by state over every model's newest check, `unchecked` names models
    whose promises were never checked.
    """

    footing: Footing
    title: str
    rationale: str
    profile: str
    digest: str
    tally: dict[str, int]
    unchecked: tuple[str, ...]
    lines: tuple[PromiseLine, ...]
    is_demonstration: bool


@dataclass(frozen=True, slots=True)
class ModelPromisesPage:
    """The newest check of the promises about one model; `check` is None before the first."""

    footing: Footing
    model: str
    check: Check | None
    lines: tuple[tuple[Promise | None, Verdict], ...]
    waivers: tuple[WaiverFact, ...]
    is_demonstration: bool
