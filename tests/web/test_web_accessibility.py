"""Every page in a real browser: axe finds nothing, nothing overflows, targets are large."""

from collections.abc import Iterator
from importlib.resources import files

import pytest

from emeritus.assembly import HousePromises, HouseSite, HouseStories
from emeritus.testing.chromium import Browser, Screen, browser
from emeritus.testing.serving import running
from emeritus.web.app import Parts
from tests.web.hostile_story import hostile_story
from tests.web.test_web_browser import OVERFLOW, SMALL

# Without Chromium these fail, and `ChromiumMissing` says what to install.
pytestmark = pytest.mark.long

FIXED = ("/models", "/ledger", "/ledger/0", "/check", "/find?q=nothing", "/nowhere")
AXE = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
FOUND = """axe.run(document, {resultTypes: ['violations']}).then(found =>
  found.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 200))))"""


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    house, addresses = hostile_story(tmp_path_factory.mktemp("story"))
    parts = Parts(stories=HouseStories(house), promises=HousePromises(house))
    with running(HouseSite(house), parts) as served:
        yield served, [*addresses, *FIXED]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing(
    window: Browser, told: tuple[str, list[str]], width: int, *, dark: bool
) -> None:
    served, addresses = told
    for address in addresses:
        window.open(served + address[1:], Screen(width, dark=dark))
        window.evaluate(AXE + "; true")
        assert window.evaluate(FOUND) == [], address


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_page_is_wider_than_its_screen(
    window: Browser, told: tuple[str, list[str]], width: int
) -> None:
    served, addresses = told
    for address in addresses:
        window.open(served + address[1:], Screen(width))
        assert window.evaluate(OVERFLOW) == 0, address


@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough(window: Browser, told: tuple[str, list[str]], width: int) -> None:
    served, addresses = told
    for address in addresses:
        window.open(served + address[1:], Screen(width))
        assert window.evaluate(SMALL) == [], address


def test_axe_finds_what_is_wrong(window: Browser, told: tuple[str, list[str]]) -> None:
    window.open(told[0], Screen(1280))
    window.evaluate("document.querySelector('label').remove(); document.title = ''")
    window.evaluate(AXE + "; true")
    assert {one.partition(":")[0] for one in window.evaluate(FOUND)} >= {"document-title"}
