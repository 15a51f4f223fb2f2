"""A steward at the review screen: a real home with drafts in review, and what a browser sends."""

from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from starlette.applications import Starlette

from emeritus.assembly import House, HouseReviews, HouseSite, HouseStories
from emeritus.conversation import Room
from emeritus.foundation import Silent
from emeritus.journal import ask_to_submit, open_journal, write
from emeritus.testing import ScriptedEngine
from emeritus.testing.asgi import Answer, ask
from emeritus.testing.clocks import FrozenClock
from emeritus.web import build
from emeritus.web.app import Parts
from emeritus.web.steward import Desk, Sessions
from tests.conversation.rooms import house_with_model, room
from tests.journal.test_journal import AFTER, NAMED, SUBMITS
from tests.journeys.houses import NAME
from tests.web.html_reading import Page, read_page

HOST = "localhost:8400"
KEY = "a-key-that-nobody-can-guess-it-is-long"
FORM = "application/x-www-form-urlencoded"
REASONS = "None of the four clauses applies."


def text_of_model(text: str) -> dict[str, str]:
    """Return a script in which the model names a journal, writes this, and submits it."""
    return {**NAMED, f"about whatever you choose.{AFTER}": text, **SUBMITS}


def place_of(tmp_path: Path, script: dict[str, str]) -> tuple[House, Room]:
    """Return a home whose model has a journal."""
    house = house_with_model(tmp_path)
    place = room(house, tmp_path, ScriptedEngine(script=script))
    open_journal(place, NAME, actor="steward", progress=Silent())
    return house, place


def put_in_review(place: Room) -> int:
    """Let the model write and submit a draft, and return its number."""
    draft = write(place, NAME, actor="steward", progress=Silent())
    return ask_to_submit(place, draft.position, actor="steward", progress=Silent()).position


@dataclass
class Steward:
    """A person with a browser: it keeps a cookie, and sends what a form of ours would send."""

    house: House
    app: Starlette
    clock: FrozenClock
    cookie: str = ""

    def get(self, address: str) -> Answer:
        return ask(self.app, address, headers=self._headers())

    def page(self, address: str) -> Page:
        return read_page(self.get(address).text)

    def post(self, address: str, *, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        sent = {**self._headers(), "Content-Type": FORM, **(headers or {})}
        body = urlencode(fields).encode()
        return ask(self.app, address, method="POST", headers=sent, body=body)

    def sign_in(self, key: str = KEY) -> Answer:
        answer = self.post("/steward/sign-in", key=key)
        self.keep(answer)
        return answer

    def keep(self, answer: Answer) -> None:
        for line in answer.headers.getlist("set-cookie"):
            for name, one in SimpleCookie(line).items():
                self.cookie = f"{name}={one.value}" if one.value else ""

    def token(self) -> str:
        fields = self.page("/steward/").all("input")
        return next(e.attributes["value"] for e in fields if e.attributes["name"] == "token")

    def decide(self, position: int, decision: str = "release", **fields: str) -> Answer:
        given = {"reasons": REASONS, "conflict": "none", "reviewer": "editor", "clause": ""}
        said = {"decision": decision, **given, **fields}
        if "token" not in said:
            said["token"] = self.token()
        return self.post(f"/steward/drafts/{position}", headers=None, **said)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}


def steward_of(house: House, *, is_in: bool = True) -> Steward:
    """Return a steward of a home, signed in or not."""
    clock = FrozenClock()
    desk = Desk(HouseReviews(house), Sessions(KEY, clock))
    app = build(
        HouseSite(house), allowed_hosts=[HOST], parts=Parts(stories=HouseStories(house), desk=desk)
    )
    steward = Steward(house, app, clock)
    if is_in:
        assert steward.sign_in().status == 303
    return steward
