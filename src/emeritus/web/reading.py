"""The pages of the models: home, the list, a dossier, and the answer to a question."""

from starlette.requests import Request
from starlette.responses import Response

from emeritus.web.errors import AddressUnusable
from emeritus.web.pages import Pages
from emeritus.web.ports import Site
from emeritus.web.talking import Catalogue

LONGEST_QUESTION = 200
"""Characters of a question: twice the longest name of a model."""


class Reading:
    """Answers for the models; one method a page, run in the thread pool.

    Args:
        site: knows what the pages show.
        pages: renders them.
        catalogue: says who may be called, for the dossier; None where nobody is.
    """

    def __init__(self, site: Site, pages: Pages, catalogue: Catalogue | None = None) -> None:
        self._site = site
        self._pages = pages
        self._catalogue = catalogue

    def home(self, request: Request) -> Response:
        """Answer `GET /`."""
        home = self._site.home()
        return self._pages.page(request, "home.html", home=home, footing=home.footing)

    def models(self, request: Request) -> Response:
        """Answer `GET /models`."""
        footing, models = self._site.footing(), self._site.models()
        return self._pages.page(request, "models.html", models=models, footing=footing)

    def dossier(self, request: Request) -> Response:
        """Answer `GET /models/{name}`."""
        dossier = self._site.dossier(request.path_params["name"])
        served = self._catalogue.model(dossier.name) if self._catalogue else None
        response = self._pages.page(
            request, "dossier.html", model=dossier, served=served, footing=dossier.footing
        )
        response.headers.update(served.headers() if served else {})
        return response

    def find(self, request: Request) -> Response:
        """Answer `GET /find?q=`.

        Raises:
            AddressUnusable: the question is too long.
        """
        question = request.query_params.get("q", "").strip()
        if len(question) > LONGEST_QUESTION:
            raise AddressUnusable(f"Ask with at most {LONGEST_QUESTION} characters.")
        found = self._site.find(question) if question else None
        footing = found.footing if found else self._site.footing()
        return self._pages.page(request, "find.html", found=found, footing=footing)
