"""The pages of promises: all of them, the Floor, the self-assessment, those about one model."""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emeritus.assembly.stories import (
    AssessmentPage,
    CommitmentsPage,
    FloorPage,
    ModelPromisesPage,
)
from emeritus.web.pages import Pages


class Promises(Protocol):
    """Answers what the pages of promises ask; reads, and never writes or judges."""

    def commitments(self) -> CommitmentsPage:
        """Return the published list, and how every promise stands."""
        ...

    def floor(self) -> FloorPage:
        """Return what every model gets, part by part."""
        ...

    def assessment(self) -> AssessmentPage:
        """Return a self-assessment, filled in as far as the record shows it."""
        ...

    def of_model(self, name: str) -> ModelPromisesPage:
        """Return the newest check of the promises about one model.

        Raises:
            NotFound: there is none of that name.
        """
        ...


class PromisePages:
    """Answers for promises; one method a page, run in the thread pool."""

    def __init__(self, promises: Promises, pages: Pages) -> None:
        self._promises = promises
        self._pages = pages

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/commitments", self.commitments),
            Route("/floor", self.floor),
            Route("/floor/assessment", self.assessment),
            Route("/models/{name}/commitments", self.of_model),
        ]

    def commitments(self, request: Request) -> Response:
        """Answer `GET /commitments`."""
        page = self._promises.commitments()
        return self._pages.page(request, "commitments.html", page=page, footing=page.footing)

    def floor(self, request: Request) -> Response:
        """Answer `GET /floor`."""
        page = self._promises.floor()
        return self._pages.page(request, "floor.html", page=page, footing=page.footing)

    def assessment(self, request: Request) -> Response:
        """Answer `GET /floor/assessment`."""
        page = self._promises.assessment()
        return self._pages.page(request, "assessment.html", page=page, footing=page.footing)

    def of_model(self, request: Request) -> Response:
        """Answer `GET /models/{name}/commitments`."""
        page = self._promises.of_model(request.path_params["name"])
        return self._pages.page(request, "model_commitments.html", page=page, footing=page.footing)
