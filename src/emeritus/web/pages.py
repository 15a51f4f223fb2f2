"""Templates become pages: every value is escaped, and a missing one is an error."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response

from emeritus.web import citation, figures, sentences, words
from emeritus.web.answers import ASK_AGAIN, answer
from emeritus.web.assets import Assets
from emeritus.web.manuscript import manuscript

HTML = "text/html; charset=utf-8"

_TITLES = {
    400: "That cannot be read",
    403: "Not from there",
    404: "Nothing of that name is here",
    405: "These pages are for reading",
    409: "That was done already",
    413: "That is too much",
    414: "That address is too long",
    415: "That is no form",
    500: "Something here did not work",
    503: "That does not answer now",
}


class Pages:
    """Renders the templates of `templates/`.

    Args:
        assets: knows the addresses of what pages refer to.
        navigation: pairs of address and name, for the top of every page.
        still: they become files, so what needs a server is left out.
    """

    def __init__(
        self, assets: Assets, navigation: Sequence[tuple[str, str]] = (), *, still: bool = False
    ) -> None:
        self._templates = _environment(assets)
        self._templates.globals["navigation"] = navigation
        self._templates.globals["still"] = still

    def page(self, request: Request, template: str, **values: Any) -> Response:
        """Answer with a page, or with 304 when the reader holds the same already."""
        return answer(request, self._render(template, values), media_type=HTML)

    def fresh(self, template: str, status: int = 200, **values: Any) -> Response:
        """Answer with a page that is made anew for every request."""
        return Response(self._render(template, values), status, media_type=HTML)

    def problem(
        self, status: int, message: str, *, template: str = "problem.html", **values: Any
    ) -> Response:
        """Answer with a page that says calmly what went wrong.

        Args:
            status: the HTTP status.
            message: one or two sentences for the reader; escaped like everything else.
            template: what renders it.
            values: what that template needs besides `title`, `message` and `status`.
        """
        title = _TITLES.get(status, "That did not work")
        known = {"title": title, "message": message, "status": status}
        body = self._render(template, known | values)
        return Response(body, status, {"Cache-Control": ASK_AGAIN}, media_type=HTML)

    def _render(self, template: str, values: dict[str, Any]) -> bytes:
        return self._templates.get_template(template).render(values).encode()


def _environment(assets: Assets) -> Environment:
    environment = Environment(
        loader=PackageLoader("emeritus.web"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=figures.shown,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = assets.address
    environment.filters.update(
        {
            function.__name__: function
            for module in (figures, sentences, words, citation)
            for function in vars(module).values()
            if getattr(function, "__module__", "") == module.__name__ and callable(function)
        }
    )
    environment.filters["segment"] = _segment
    environment.filters["address"] = _address
    environment.filters["manuscript"] = manuscript
    return environment


def _address(path: str) -> str:
    return quote(path, safe="/", errors="replace")


def _segment(name: str) -> str:
    return quote(name, safe="", errors="replace")
