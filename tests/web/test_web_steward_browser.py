"""The steward's screen in a real browser, which says of each form where it comes from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.assembly import House, HouseGateway, HouseReviews, HouseSite, HouseStories
from emeritus.journal import posts_of, text_of
from emeritus.testing.chromium import Browser, Screen, browser
from emeritus.testing.serving import running
from emeritus.web.app import Parts
from emeritus.web.steward import Desk, Sessions
from tests.journal.test_journal import TEXT
from tests.journeys.houses import NAME
from tests.web.hostile_story import HOSTILE
from tests.web.stewards import KEY, place_of, put_in_review, text_of_model
from tests.web.test_web_accessibility import AXE, FOUND
from tests.web.test_web_browser import OVERFLOW, SMALL

pytestmark = pytest.mark.long

SEND = "document.querySelector('.sheet button').click()"
TARGETS = SMALL.replace(
    "input, summary",
    "input:not([type=hidden]):not([type=radio]), label.option, select, textarea, summary",
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[House, int, str]]:
    house, place = place_of(tmp_path, text_of_model(TEXT))
    number = put_in_review(place)
    desk = Desk(HouseReviews(house), Sessions(KEY, house.clock))
    models = house.models()
    parts = Parts(stories=HouseStories(house), catalogue=HouseGateway(house, models), desk=desk)
    with running(HouseSite(house), parts) as address:
        yield house, number, address
    models.close()


def fill(window: Browser, **fields: str) -> None:
    for name, value in fields.items():
        window.evaluate(f"document.getElementById({name!r}).value = {value!r}")


def sign_in(window: Browser, address: str) -> None:
    window.open(f"{address}steward/", Screen(390))
    fill(window, key=KEY)
    window.follow(SEND)
    assert window.evaluate("location.pathname") == "/steward/"


def test_a_person_signs_in_and_releases_a_text(served: tuple[House, int, str]) -> None:
    house, number, address = served
    with browser() as window:
        sign_in(window, address)
        assert window.evaluate("document.cookie") == ""
        window.follow("document.querySelector('.entries a').click()")
        assert window.evaluate("location.pathname") == f"/steward/drafts/{number}"
        window.evaluate("document.querySelector('[value=release]').click()")
        fill(window, reasons="No clause applies.", conflict="none")
        window.follow(SEND)
        assert window.evaluate("location.pathname") == f"/journal/{NAME}/on-rivers"
    with house.record.read() as index:
        (post,) = posts_of(index, NAME)
    assert text_of(house.store, post) == TEXT.encode()


def test_a_script_on_a_page_of_ours_reads_nothing_of_the_steward(
    served: tuple[House, int, str],
) -> None:
    _, number, address = served
    fetch = "fetch('{}').then(r => r.status, problem => 'not sent')"
    with browser() as window:
        sign_in(window, address)
        window.open(f"{address}models/{NAME}/chat", Screen(390))
        assert window.evaluate(fetch.format("/models")) == 200
        assert window.evaluate(fetch.format(f"/steward/drafts/{number}")) == 403


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_screen_fits_and_can_be_touched(served: tuple[House, int, str], width: int) -> None:
    _, number, address = served
    with browser() as window:
        sign_in(window, address)
        for path in ("", f"drafts/{number}"):
            window.open(f"{address}steward/{path}", Screen(width))
            window.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert window.evaluate(OVERFLOW) == 0, path
            assert window.evaluate(TARGETS) == [], path


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_and_a_hostile_draft_stays_text(tmp_path: Path, *, dark: bool) -> None:
    house, place = place_of(tmp_path, text_of_model(f"# {HOSTILE}\n\n{HOSTILE}"))
    number = put_in_review(place)
    desk = Desk(HouseReviews(house), Sessions(KEY, house.clock))
    parts = Parts(stories=HouseStories(house), desk=desk)
    with running(HouseSite(house), parts) as address, browser() as window:
        window.open(f"{address}steward/", Screen(390, dark=dark))
        window.evaluate(AXE + "; true")
        assert window.evaluate(FOUND) == []
        sign_in(window, address)
        for path in ("", f"drafts/{number}"):
            window.open(f"{address}steward/{path}", Screen(390, dark=dark))
            window.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            window.evaluate(AXE + "; true")
            assert window.evaluate(FOUND) == [], path
            assert window.evaluate("document.querySelectorAll('main script, main img').length") == 0
            assert window.evaluate(OVERFLOW) == 0
