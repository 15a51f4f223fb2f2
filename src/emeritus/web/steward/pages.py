"""The addresses under /steward: signing in, what waits, one draft, and the decision."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from emeritus.foundation import EmeritusError
from emeritus.journal import ReviewLacking
from emeritus.web.errors import ForeignForm, NoSuchPage, NotSignedIn, SignInClosed, WrongKey
from emeritus.web.pages import Pages
from emeritus.web.steward.forms import Form, with_form
from emeritus.web.steward.ports import Reviews
from emeritus.web.steward.review import LONGEST, RELEASE, Review
from emeritus.web.steward.sessions import Sessions

FRONT = "/steward/"
COOKIE = "emeritus_steward"
_LONGEST_NUMBER = 12
_UNUSABLE = 400


@dataclass(frozen=True, slots=True)
class Desk:
    """What the screen needs: what is reviewed, and who may."""

    reviews: Reviews
    sessions: Sessions


class StewardPages:
    """Answers for the steward; one method a page, run in the thread pool.

    Args:
        desk: what is reviewed, and who may.
        pages: renders.
    """

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._reviews = desk.reviews
        self._sessions = desk.sessions
        self._pages = pages

    def routes(self) -> list[Route]:
        """Return the addresses."""
        sign_in, sign_out = with_form(self.sign_in), with_form(self.sign_out)
        return [
            Route(FRONT, self.front),
            Route("/steward/sign-in", sign_in, methods=["POST"]),
            Route("/steward/sign-in", _to_front),
            Route("/steward/sign-out", sign_out, methods=["POST"]),
            Route("/steward/sign-out", _to_front),
            Route("/steward/drafts/{position}", with_form(self.decide), methods=["POST"]),
            Route("/steward/drafts/{position}", self.draft),
        ]

    def front(self, request: Request) -> Response:
        """Answer `GET /steward/`: the form to sign in, or the drafts that wait."""
        session = self._session(request)
        if session is None:
            return self._ask_for_key(self._objection())
        page = self._reviews.every()
        done = request.query_params.get("held", "")
        held = [one for one in page.decided if str(one.draft.position) == done and not one.post]
        return self._show(
            "steward_drafts.html",
            page=page,
            held=held[0] if held else None,
            token=self._sessions.token(session),
            footing=page.footing,
        )

    def sign_in(self, request: Request, form: Form) -> Response:
        """Answer `POST /steward/sign-in`; nothing is known of who asks, so it has no token."""
        try:
            session = self._sessions.sign_in(form.get("key", "").strip())
        except (WrongKey, SignInClosed) as problem:
            return self._ask_for_key(problem)
        self._sessions.sign_out(request.cookies.get(COOKIE, ""))
        response = RedirectResponse(FRONT, 303)
        response.set_cookie(COOKIE, session, path="/steward", httponly=True, samesite="strict")
        return response

    def sign_out(self, request: Request, form: Form) -> Response:
        """Answer `POST /steward/sign-out`.

        Raises:
            ForeignForm: another page sent it.
        """
        session = self._session(request)
        if session is not None:
            self._check_token(session, form)
            self._sessions.sign_out(session)
        response = RedirectResponse(FRONT, 303)
        response.delete_cookie(COOKIE, path="/steward", httponly=True, samesite="strict")
        return response

    def draft(self, request: Request) -> Response:
        """Answer `GET /steward/drafts/{position}`."""
        session = self._session(request)
        if session is None:
            return RedirectResponse(FRONT, 303)
        try:
            return self._form(session, _number(request), Review(), {})
        except EmeritusError as problem:
            return self._problem(problem, Review())

    def decide(self, request: Request, form: Form) -> Response:
        """Answer `POST /steward/drafts/{position}`; what was typed is in every answer."""
        typed = Review.read(form)
        try:
            return self._decide(request, form, typed)
        except EmeritusError as problem:
            return self._problem(problem, typed)

    def _decide(self, request: Request, form: Form, typed: Review) -> Response:
        session = self._session(request)
        if session is None:
            raise NotSignedIn(
                "Your sign-in has ended, so nothing was entered. Sign in, and send it again."
            )
        self._check_token(session, form)
        position = _number(request)
        problems = typed.problems(self._reviews.one(position).clauses)
        if problems:
            return self._form(session, position, typed, problems)
        try:
            return RedirectResponse(self._enter(position, typed), 303)
        except ReviewLacking as problem:
            return self._form(session, position, typed, {"reasons": problem.message})

    def _enter(self, position: int, typed: Review) -> str:
        """Enter a decision and return where to read what became of it."""
        words = {
            "reasons": typed.reasons,
            "conflict": typed.conflict,
            "reviewer": typed.reviewer,
        }
        if typed.decision == RELEASE:
            post = self._reviews.release(position, **words)
            return f"/journal/{quote(post.model, safe='')}/{quote(post.slug, safe='')}"
        self._reviews.hold_back(position, clause=typed.clause, **words)
        return f"{FRONT}?held={position}"

    def _form(
        self, session: str, position: int, typed: Review, problems: dict[str, str]
    ) -> Response:
        page = self._reviews.one(position)
        return self._show(
            "steward_draft.html",
            _UNUSABLE if problems else 200,
            page=page,
            typed=typed,
            problems=problems,
            longest=LONGEST,
            token=self._sessions.token(session),
            footing=page.footing,
        )

    def _ask_for_key(self, problem: EmeritusError | None = None) -> Response:
        status = problem.http_status if problem else 200
        message = problem.message if problem else ""
        is_closed = isinstance(problem, SignInClosed)
        return self._show("steward_signin.html", status, message=message, is_closed=is_closed)

    def _objection(self) -> EmeritusError | None:
        try:
            self._sessions.check_open()
        except SignInClosed as problem:
            return problem
        return None

    def _problem(self, problem: EmeritusError, typed: Review) -> Response:
        return self._pages.problem(
            problem.http_status,
            problem.message,
            template="steward_problem.html",
            words=typed.words(),
        )

    def _show(self, template: str, status: int = 200, **values: Any) -> Response:
        return self._pages.fresh(template, status, **values)

    def _session(self, request: Request) -> str | None:
        name = request.cookies.get(COOKIE, "")
        return name if self._sessions.holds(name) else None

    def _check_token(self, session: str, form: Form) -> None:
        if not self._sessions.is_token(session, form.get("token", "")):
            raise ForeignForm(
                "This did not come from a form of your present sign-in, so nothing was entered. "
                "Open the page again, and send it from there."
            )


def _to_front(_: Request) -> Response:
    return RedirectResponse(FRONT, 303)


def _number(request: Request) -> int:
    said = str(request.path_params["position"])
    if not (said.isascii() and said.isdigit() and len(said) <= _LONGEST_NUMBER):
        raise NoSuchPage("Expected the number of a draft in this address, found none.")
    return int(said)
