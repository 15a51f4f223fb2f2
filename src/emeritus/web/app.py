"""Puts the pages together: addresses, the door, and what happens when something goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from emeritus.foundation import EmeritusError
from emeritus.web.assets import Assets
from emeritus.web.guard import Guard, protection_of
from emeritus.web.pages import Pages
from emeritus.web.ports import Site
from emeritus.web.promises import PromisePages, Promises
from emeritus.web.reading import Reading
from emeritus.web.record import Record
from emeritus.web.steward import Desk, StewardPages
from emeritus.web.story import Stories, StoryPages
from emeritus.web.talking import Catalogue, TalkingPages
from emeritus.web.words import sentence

Handler = Callable[[Request, Exception], Response]

_SERVER_SIDE = 500
_OURS = "The fault is on our side, nothing in the record was changed, and the steward can see why."
_NOT_HERE = "Perhaps the address was mistyped; the list of models and the record are above."


@dataclass(frozen=True, slots=True)
class Parts:
    """Who answers for what.

    Attributes:
        stories: threads, interviews, journals.
        promises: what is promised, and the Floor.
        catalogue: who may be called, for the chat page.
        desk: lets a steward review.
        routes: further addresses, such as those of the API under /v1.
        still: the pages become files: what needs a server is left out of them.
        about: the one model that a still copy tells of; empty for all.
    """

    stories: Stories | None = None
    promises: Promises | None = None
    catalogue: Catalogue | None = None
    desk: Desk | None = None
    routes: Sequence[BaseRoute] = ()
    still: bool = False
    about: str = ""

    def navigation(self) -> list[tuple[str, str]]:
        """Return address and name of what stands at the top of every page."""
        if self.about:
            return [
                (f"/models/{self.about}", self.about),
                ("/ledger", "Record"),
                ("/check", "Check"),
            ]
        floor = [] if self.promises is None else [("/floor", "Floor")]
        return [("/models", "Models"), *floor, ("/ledger", "Record"), ("/check", "Check")]

    def addresses(self, pages: Pages) -> list[BaseRoute]:
        """Return the routes of every part that is there."""
        found: list[BaseRoute] = [*self.routes]
        if self.stories is not None:
            found += StoryPages(self.stories, pages).routes()
        if self.promises is not None:
            found += PromisePages(self.promises, pages).routes()
        if self.catalogue is not None:
            found += TalkingPages(self.catalogue, pages).routes()
        if self.desk is not None:
            found += StewardPages(self.desk, pages).routes()
        return found


ALONE = Parts()
"""Models and ledger, and nothing else."""


def build(site: Site, *, allowed_hosts: Sequence[str], parts: Parts = ALONE) -> Starlette:
    """Return the pages as an ASGI application.

    It holds no state of its own but who is signed in: two of them over one site show the same.

    Args:
        site: knows what the pages show.
        allowed_hosts: exact `host[:port]` spellings in lower case that readers may use;
            a request for any other is answered with 400.
        parts: what else is shown.
    """
    assets = Assets()
    pages = Pages(assets, parts.navigation(), still=parts.still)
    reading = Reading(site, pages, parts.catalogue)
    return Starlette(
        routes=[*parts.addresses(pages), *_routes(reading, Record(site, pages), assets)],
        middleware=[Middleware(Guard, allowed_hosts=allowed_hosts, refuse=pages.problem)],
        exception_handlers={
            EmeritusError: _known_failure(pages),
            HTTPException: _no_route(pages),
            Exception: _defect(pages),
        },
    )


def _routes(reading: Reading, record: Record, assets: Assets) -> list[Route]:
    return [
        Route("/", reading.home),
        Route("/models", reading.models),
        Route("/models/{name}", reading.dossier),
        Route("/find", reading.find),
        Route("/ledger", record.ledger),
        Route("/ledger/{position}", record.entry),
        Route("/log/{name:path}", record.file),
        Route("/keys/ledger.vkey", record.file, name="vkey"),
        Route("/check", record.check),
        Route("/static/{name}", assets.serve),
        Route("/robots.txt", _robots),
    ]


def _robots(_: Request) -> Response:
    return PlainTextResponse("User-agent: *\nAllow: /\n")


def _known_failure(pages: Pages) -> Handler:
    def handle(_: Request, failure: Exception) -> Response:
        known = failure if isinstance(failure, EmeritusError) else EmeritusError(str(failure))
        if known.http_status < _SERVER_SIDE:
            return pages.problem(known.http_status, sentence(known.message))
        return pages.problem(known.http_status, f"{_OURS} Its name is {known.code}.")

    return handle


def _no_route(pages: Pages) -> Handler:
    def handle(_: Request, failure: Exception) -> Response:
        status = failure.status_code if isinstance(failure, HTTPException) else 404
        return pages.problem(status, _NOT_HERE)

    return handle


def _defect(pages: Pages) -> Handler:
    def handle(request: Request, _: Exception) -> Response:
        # This answer is made outside the door, so it brings its own protection.
        response = pages.problem(500, _OURS)
        response.headers.update(protection_of(request.url.path))
        return response

    return handle
