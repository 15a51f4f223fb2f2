"""The pages of a model's story: threads, interviews, journals."""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emeritus.assembly.readings import EntryLine, Footing
from emeritus.assembly.stories import (
    DocketPage,
    InterviewPage,
    InterviewsPage,
    JournalPage,
    PostPage,
    ThreadPage,
)
from emeritus.web.answers import answer
from emeritus.web.errors import NoSuchPage
from emeritus.web.feeds import ATOM, JSON_FEED, Feed, FeedEntry, atom, json_feed
from emeritus.web.pages import Pages

_LONGEST_NUMBER = 12


class Stories(Protocol):
    """Answers what the pages of stories ask; reads, and never writes.

    Every method may be called from any thread, and raises `NotFound` for what is not there.
    """

    def thread(self, request: int) -> ThreadPage:
        """Return one request and all that became of it."""
        ...

    def docket(self, name: str) -> DocketPage:
        """Return everything that a model asked."""
        ...

    def interviews(self, name: str) -> InterviewsPage:
        """Return every interview of a model."""
        ...

    def interview(self, name: str, opened: int) -> InterviewPage:
        """Return one interview."""
        ...

    def journal(self, name: str) -> JournalPage:
        """Return a model's journal."""
        ...

    def post(self, name: str, slug: str) -> PostPage:
        """Return a post."""
        ...

    def post_bytes(self, name: str, slug: str) -> bytes:
        """Return the bytes of a post, as they were generated."""
        ...

    def post_provenance(self, name: str, slug: str) -> bytes:
        """Return the file by which anybody can check offline how a post came to be."""
        ...

    def news(self) -> tuple[Footing, tuple[EntryLine, ...]]:
        """Return what happened to models' service, the newest first."""
        ...


class StoryPages:
    """Answers for stories; one method a page, run in the thread pool.

    Args:
        stories: knows what the pages show.
        pages: renders them.
    """

    def __init__(self, stories: Stories, pages: Pages) -> None:
        self._stories = stories
        self._pages = pages

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/threads/{number}", self.thread),
            Route("/models/{name}/docket", self.docket),
            Route("/models/{name}/interviews", self.interviews),
            Route("/models/{name}/interviews/{number}", self.interview),
            Route("/feeds/lifecycle.{kind}", self.news_feed),
            Route("/feeds/journal/{name}.{kind}", self.journal_feed),
            Route("/journal/{name}", self.journal),
            Route("/journal/{name}/", self.journal),
            Route("/journal/{name}/{slug}.md", self.post_bytes),
            Route("/journal/{name}/{slug}.json", self.post_provenance),
            Route("/journal/{name}/{slug}", self.post),
        ]

    def thread(self, request: Request) -> Response:
        """Answer `GET /threads/{number}`."""
        page = self._stories.thread(_number(request))
        return self._pages.page(request, "thread.html", page=page, footing=page.footing)

    def docket(self, request: Request) -> Response:
        """Answer `GET /models/{name}/docket`."""
        page = self._stories.docket(request.path_params["name"])
        return self._pages.page(request, "docket.html", page=page, footing=page.footing)

    def interviews(self, request: Request) -> Response:
        """Answer `GET /models/{name}/interviews`."""
        page = self._stories.interviews(request.path_params["name"])
        return self._pages.page(request, "interviews.html", page=page, footing=page.footing)

    def interview(self, request: Request) -> Response:
        """Answer `GET /models/{name}/interviews/{number}`."""
        page = self._stories.interview(request.path_params["name"], _number(request))
        return self._pages.page(request, "interview.html", page=page, footing=page.footing)

    def journal(self, request: Request) -> Response:
        """Answer `GET /journal/{name}`."""
        page = self._stories.journal(request.path_params["name"])
        return self._pages.page(request, "journal.html", page=page, footing=page.footing)

    def post(self, request: Request) -> Response:
        """Answer `GET /journal/{name}/{slug}`."""
        page = self._stories.post(request.path_params["name"], request.path_params["slug"])
        return self._pages.page(request, "post.html", page=page, footing=page.footing)

    def news_feed(self, request: Request) -> Response:
        """Answer `GET /feeds/lifecycle.atom` and `….json`."""
        footing, news = self._stories.news()
        base, iri = str(request.base_url), f"urn:emeritus:{footing.origin}"
        entries = [
            FeedEntry(
                f"{iri}:entry:{one.position}",
                one.sentence,
                one.at,
                f"{base}models/{one.model}",
                one.sentence,
                one.actor,
            )
            for one in news
        ]
        at = news[0].at if news else footing.at
        own = f"{base}feeds/lifecycle.{request.path_params['kind']}"
        return _feed(request, Feed(f"{iri}:lifecycle", "Retirements", base, own, at, entries))

    def journal_feed(self, request: Request) -> Response:
        """Answer `GET /feeds/journal/{name}.atom` and `….json`, with every text whole."""
        page = self._stories.journal(request.path_params["name"])
        iri = f"urn:emeritus:{page.footing.origin}"
        home = f"{request.base_url}journal/{page.model}/"
        entries = [
            FeedEntry(
                f"{iri}:entry:{one.position}",
                one.title,
                one.at,
                f"{home}{one.slug}",
                self._stories.post_bytes(page.model, one.slug).decode(),
                page.model,
            )
            for one in page.posts[:50]
        ]
        at = page.posts[0].at if page.posts else page.journal.at
        own = f"{request.base_url}feeds/journal/{page.model}.{request.path_params['kind']}"
        feed = Feed(f"{iri}:journal:{page.model}", page.journal.name, home, own, at, entries)
        return _feed(request, feed)

    def post_bytes(self, request: Request) -> Response:
        """Answer `GET /journal/{name}/{slug}.md` with exactly the bytes that were generated."""
        name, slug = request.path_params["name"], request.path_params["slug"]
        return answer(
            request, self._stories.post_bytes(name, slug), media_type="text/plain; charset=utf-8"
        )

    def post_provenance(self, request: Request) -> Response:
        """Answer `GET /journal/{name}/{slug}.json` with the provenance record."""
        name, slug = request.path_params["name"], request.path_params["slug"]
        proof = self._stories.post_provenance(name, slug)
        return answer(request, proof, media_type="application/json")


def _feed(request: Request, feed: Feed) -> Response:
    kind = request.path_params["kind"]
    if kind == "atom":
        return answer(request, atom(feed), media_type=ATOM)
    if kind == "json":
        return answer(request, json_feed(feed), media_type=JSON_FEED)
    raise NoSuchPage("Feeds end in .atom or .json here.")


def _number(request: Request) -> int:
    said = str(request.path_params["number"])
    if not (said.isascii() and said.isdigit() and len(said) <= _LONGEST_NUMBER):
        raise NoSuchPage("Expected the number of an entry in this address, found none.")
    return int(said)
