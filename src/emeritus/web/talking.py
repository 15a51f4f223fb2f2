"""Talking with a model: the chat page, and which models are here, for programs."""

from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emeritus.access import Served
from emeritus.web.answers import answer
from emeritus.web.guard import TALKING
from emeritus.web.pages import Pages

EOL_FORMAT = "emeritus-model-eol/1"
MOST_TOKENS = 512
"""Of an answer on the chat page; a reader who wants more asks the model to go on."""


class Catalogue(Protocol):
    """Says which models may be called; any thread, any time."""

    def models(self) -> tuple[Served, ...]:
        """Return every model, by name."""
        ...

    def model(self, name: str) -> Served:
        """Return one model.

        Raises:
            NotFound: there is none of that name.
        """
        ...


class TalkingPages:
    """Answers for talking with models; one method a page, run in the thread pool.

    Args:
        catalogue: says who may be called.
        pages: renders.
    """

    def __init__(self, catalogue: Catalogue, pages: Pages) -> None:
        self._catalogue = catalogue
        self._pages = pages

    def routes(self) -> list[Route]:
        """Return the addresses."""
        return [
            Route("/models/{name}/chat", self.chat),
            Route("/.well-known/model-eol.json", self.ends),
        ]

    def chat(self, request: Request) -> Response:
        """Answer `GET /models/{name}/chat`, the one page that carries a script of ours."""
        model = self._catalogue.model(request.path_params["name"])
        response = self._pages.page(
            request, "chat.html", model=model, most_tokens=MOST_TOKENS, base=str(request.base_url)
        )
        if not model.refusal:
            response.headers["Content-Security-Policy"] = TALKING
        return response

    def ends(self, request: Request) -> Response:
        """Answer `GET /.well-known/model-eol.json`."""
        base = str(request.base_url)
        found = [_end(one, base) for one in self._catalogue.models()]
        body = msgspec.json.encode({"format": EOL_FORMAT, "models": found})
        return answer(request, body, media_type="application/json")


def _end(model: Served, base: str) -> dict[str, Any]:
    page = f"{base}models/{model.name}"
    return {
        "id": model.name,
        "identity": model.identity,
        "state": model.service,
        "callable": not model.refusal,
        "announced": model.announced_at,
        "shutdown": model.retires_on,
        "date_precision": "day",
        "page": page,
        "chat": None if model.refusal else f"{page}/chat",
        "api": None if model.refusal else f"{base}v1",
        "feed": f"{base}feeds/lifecycle.atom",
    }
