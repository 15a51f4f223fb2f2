"""A still copy in a real browser, opened from a folder: as good to read as what is served."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.testing.chromium import Browser, Screen, browser
from tests.journeys.houses import NAME
from tests.web.hostile_story import hostile_story
from tests.web.test_web_accessibility import AXE, FOUND
from tests.web.test_web_browser import FONTS, OVERFLOW, SMALL
from tests.web.test_web_still import written

# Without Chromium these fail, and `ChromiumMissing` says what to install.
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Write a copy of the whole record, and one of a model; return a page of each kind."""
    folder = tmp_path_factory.mktemp("still copies & more")
    house, _ = hostile_story(folder / "story")
    written(house, folder / "whole")
    written(house, folder / "one", NAME)
    pages = [path for path in folder.rglob("index.html") if "ledger" not in path.parts]
    return [*pages, folder / "whole" / "ledger" / "index.html", folder / "one" / "index.html"]


def test_pages_open_from_a_folder(window: Browser, copies: list[Path]) -> None:
    assert len(copies) > 20
    for width, dark in ((390, True), (1280, False)):
        for page in copies:
            window.open(page.as_uri(), Screen(width, dark=dark))
            assert window.evaluate(FONTS), page
            family = window.evaluate("getComputedStyle(document.body).fontFamily")
            assert family.startswith("Inter"), page
            assert window.evaluate(OVERFLOW) == 0, page
            assert window.evaluate(SMALL) == [], page
            assert window.evaluate("document.querySelectorAll('script, form, img').length") == 0


def test_axe_finds_nothing_in_a_copy(window: Browser, copies: list[Path]) -> None:
    for page in copies:
        window.open(page.as_uri(), Screen(1280))
        window.evaluate(AXE + "; true")
        assert window.evaluate(FOUND) == [], page


def test_a_reader_follows_links_from_page_to_page(window: Browser, copies: list[Path]) -> None:
    front = next(page for page in copies if page.parent.name == "whole")
    window.open(front.as_uri(), Screen(1280))
    for text, heading in (("Record", "The record"), ("Check", "Check it yourself")):
        link = f"[...document.querySelectorAll('a')].find(a => a.textContent === {text!r})"
        window.follow(f"{link}.click()")
        assert window.evaluate("document.querySelector('h1').textContent") == heading
    assert window.evaluate("location.protocol") == "file:"


def test_a_script_that_got_into_a_page_would_not_run(
    window: Browser, copies: list[Path], tmp_path: Path
) -> None:
    page = copies[0].read_text(encoding="utf-8")
    harmed = page.replace("</main>", "<script>window.ran = 1</script></main>")
    for name, text in (("kept", harmed), ("bare", harmed.replace("Content-Security-Policy", "x"))):
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    window.open((tmp_path / "bare.html").as_uri(), Screen(1280))
    assert window.evaluate("window.ran") == 1
    window.open((tmp_path / "kept.html").as_uri(), Screen(1280))
    assert window.evaluate("window.ran") is None
