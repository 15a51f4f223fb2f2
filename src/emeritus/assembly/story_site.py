"""Compose the pages of a model's story from what the nouns know."""

from dataclasses import dataclass

from sqlalchemy import Connection

from emeritus.assembly.house import House
from emeritus.assembly.readings import EntryLine, Footing
from emeritus.assembly.site import HouseSite
from emeritus.assembly.stories import (
    DocketPage,
    InterviewPage,
    InterviewsPage,
    JournalPage,
    PostPage,
    ThreadPage,
)
from emeritus.catalogue import find_model
from emeritus.conversation import Line, read_transcript
from emeritus.custody import elsewhere_of, policy_of
from emeritus.docket import RULE, thread_of, threads_of
from emeritus.foundation import Digest, NotFound
from emeritus.interview import InterviewFact, interviews_of
from emeritus.journal import (
    Draft,
    Post,
    context_of,
    draft_of,
    drafts_of,
    journal_of,
    parse_draft,
    posts_of,
    provenance_of,
    text_of,
)
from emeritus.record.reading import lines
from emeritus.vault import get_object, object_name


@dataclass(frozen=True, slots=True)
class HouseStories:
    """Reads a house for the pages of stories; every method is one consistent reading."""

    house: House

    def thread(self, request: int) -> ThreadPage:
        """Return one thread.

        Raises:
            NoSuchRequest: there is none of that number.
        """
        footing = self._footing()
        with self.house.record.read() as index:
            found = thread_of(index, request)
            known = {one.opened for one in interviews_of(index, found.model)}
            source = found.source if found.source in known else None
            return ThreadPage(footing, found, source, _is_demonstration(index))

    def docket(self, name: str) -> DocketPage:
        """Return everything that a model asked.

        Raises:
            NoSuchModel: there is none of that name.
        """
        footing = self._footing()
        with self.house.record.read() as index:
            model = str(find_model(index, name).name)
            found = threads_of(index, model)
            return DocketPage(footing, model, found, RULE, _is_demonstration(index))

    def interviews(self, name: str) -> InterviewsPage:
        """Return every interview of a model.

        Raises:
            NoSuchModel: there is none of that name.
        """
        footing = self._footing()
        with self.house.record.read() as index:
            model = str(find_model(index, name).name)
            found = interviews_of(index, model)
            return InterviewsPage(footing, model, found, _is_demonstration(index))

    def interview(self, name: str, opened: int) -> InterviewPage:
        """Return one interview.

        Raises:
            NotFound: there is none.
        """
        page = self.interviews(name)
        found = next((one for one in page.interviews if one.opened == opened), None)
        if found is None:
            raise NotFound(f"{page.model} has no interview that was opened in entry {opened}")
        opening, briefing, lines = self._words(found)
        with self.house.record.read() as index:
            there = elsewhere_of(index, page.model)
        return InterviewPage(
            page.footing,
            page.model,
            found,
            opening,
            briefing,
            lines,
            page.is_demonstration,
            there.holder if there else "",
        )

    def journal(self, name: str) -> JournalPage:
        """Return a journal.

        Raises:
            NotFound: the model has none.
        """
        footing = self._footing()
        with self.house.record.read() as index:
            model = str(find_model(index, name).name)
            journal = journal_of(index, model)
            if journal is None:
                raise NotFound(f"{model} has no journal yet")
            posts, drafts = posts_of(index, model), drafts_of(index, model)
            return JournalPage(footing, model, journal, posts, drafts, _is_demonstration(index))

    def post(self, name: str, slug: str) -> PostPage:
        """Return a post.

        Raises:
            NotFound: there is none at that address.
        """
        page = self.journal(name)
        post = next((one for one in page.posts if one.slug == slug), None)
        if post is None:
            raise NotFound(f"the journal of {page.model} has no text at {slug[:80]!r}")
        store = self.house.store
        kept = Digest.parse(post.draft_object)
        draft = parse_draft(get_object(store, kept), object_name(kept))
        with self.house.record.read() as index:
            context = draft_of(index, post.draft).context
        return PostPage(
            page.footing,
            page.model,
            page.journal,
            post,
            text_of(store, post).decode(),
            tuple(context_of(get_object(store, Digest.parse(context)))),
            settings_of(draft),
            len(page.drafts),
            page.is_demonstration,
        )

    def news(self) -> tuple[Footing, tuple[EntryLine, ...]]:
        """Return what happened to models' service, the newest first."""
        footing = self._footing()
        with self.house.record.read() as index:
            found = [one for one in lines(index, limit=1_000) if one.type.startswith("lifecycle.")]
            return footing, tuple(
                EntryLine(one.position, one.type, one.at, one.actor, one.sentence, one.model)
                for one in found[:50]
            )

    def post_bytes(self, name: str, slug: str) -> bytes:
        """Return the bytes of a post exactly as they were generated.

        Raises:
            NotFound: there is none at that address.
        """
        return text_of(self.house.store, self._post(name, slug))

    def post_provenance(self, name: str, slug: str) -> bytes:
        """Return the file by which anybody can check offline how a post came to be.

        Raises:
            NotFound: there is none at that address.
        """
        return provenance_of(self.house.record, self._post(name, slug).position)

    def _post(self, name: str, slug: str) -> Post:
        return self.post(name, slug).post

    def _words(self, found: InterviewFact) -> tuple[str, str, tuple[Line, ...]]:
        if found.transcript is None or not found.is_public:
            return "", "", ()
        data = get_object(self.house.store, Digest.parse(found.transcript))
        read = read_transcript(data)
        return read.header.opening, read.header.briefing, read.lines

    def _footing(self) -> Footing:
        return HouseSite(self.house).footing()


def _is_demonstration(index: Connection) -> bool:
    return policy_of(index).is_demonstration


def settings_of(draft: Draft) -> tuple[tuple[str, str], ...]:
    """Return how a text was written, as names and values for people."""
    return (
        ("Sampler", f"{draft.sampler}: chosen among the 256 likeliest tokens"),
        ("Temperature", draft.temperature),
        ("Seed", draft.seed),
        ("Seed follows from", f"the checkpoint of {draft.size} entries, root {draft.root}"),
        ("Tokens", f"{len(draft.tokens)} of at most {draft.most_tokens}"),
        ("Ended by", "the model" if draft.finish == "end" else "the length limit"),
        ("Engine", draft.engine),
    )
