"""The pages in a real browser: nothing overflows, targets are large, nothing is refused."""

from collections.abc import Iterator

import pytest

from emeritus.testing.chromium import Browser, Screen, browser
from emeritus.testing.serving import running
from emeritus.testing.site import SampleSite
from tests.web.test_web_pages import PAGES

# Without Chromium these fail, and `ChromiumMissing` says what to install.
pytestmark = pytest.mark.long

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll('a, button, input, summary')]
  .filter(e => !e.classList.contains('skip') && getComputedStyle(e).display !== 'inline')
  .filter(e => { const b = e.getBoundingClientRect();
                 return b.width > 0 && (b.width < 24 || b.height < 24); })
  .map(e => e.outerHTML)"""
FONTS = "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family).sort()"


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(SampleSite(audits=12)) as served:
        yield served


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_page_is_wider_than_its_screen(window: Browser, address: str, width: int) -> None:
    for path in PAGES:
        window.open(address + path[1:], Screen(width))
        assert window.evaluate(OVERFLOW) == 0, path


@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough(window: Browser, address: str, width: int) -> None:
    for path in PAGES:
        window.open(address + path[1:], Screen(width))
        assert window.evaluate(SMALL) == [], path


def test_fonts_come_from_here(window: Browser, address: str) -> None:
    window.open(address, Screen(1000))
    assert {"Charis", "Inter"} <= {name.strip('"') for name in window.evaluate(FONTS)}


def test_the_scheme_follows_the_reader(window: Browser, address: str) -> None:
    papers = []
    for dark in (False, True):
        window.open(address, Screen(1000, dark=dark))
        papers.append(window.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert papers == ["rgb(250, 249, 245)", "rgb(24, 23, 19)"]
