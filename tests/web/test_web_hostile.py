"""Whatever the record says, and whoever wrote it, is text to these pages."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import quote

import pytest
from starlette.applications import Starlette

from emeritus.testing.asgi import ask
from emeritus.testing.site import SampleSite
from emeritus.web.app import build
from tests.web.html_reading import read_page
from tests.web.test_web_pages import HOST, PAGES, page_of, site_of

NAME = "sample-smollm-135m"
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)> '",
    "javascript:alert(1)",
    "//evil.example/x",
    "../../check?x=1#y",
    "{{ 7 * 7 }}{% raw %}",
    "</code></pre></title><style>*{display:none}</style>",
    "&lt;b&gt;&amp;",
    "a\u202eb\u2066c\u0000d\u009be\ud800f",
    "x" * 3000,
    "",
)


def hostile(value: Any, text: str) -> Any:
    if isinstance(value, str):
        return text
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: hostile(getattr(value, f.name), text) for f in fields(value)}
        return type(value)(**changed)
    if isinstance(value, tuple):
        return tuple(hostile(part, text) for part in value)
    if isinstance(value, Mapping):
        return {text: 3}
    return value


class HostileSite(SampleSite):
    """Answers with the facts of the sample, every text in them replaced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name == "log_file":
            return found
        text = self._text
        plain = SampleSite()
        return lambda *arguments: hostile(getattr(plain, name)(*arguments), text)


def hostile_site(text: str) -> Starlette:
    return build(HostileSite(text), allowed_hosts=[HOST])


@pytest.fixture(scope="module")
def usual() -> set[tuple[str, str]]:
    app = site_of()
    return set().union(*(page_of(app, address).shape for address in PAGES))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_add_no_element_and_no_attribute(
    text: str, usual: set[tuple[str, str]]
) -> None:
    app = hostile_site(text)
    for address in PAGES:
        answer = ask(app, address)
        page = read_page(answer.text)
        assert answer.status == (404 if address == "/nowhere" else 200), address
        assert page.shape <= usual, address
        assert (page.mistakes, page.unclosed) == ([], []), address
        assert all(href.startswith(("/", "#")) for href in page.values("href")), address
        assert not [href for href in page.values("href") if href.startswith("//")], address


@pytest.mark.parametrize("text", HOSTILE[:5])
def test_hostile_texts_are_shown_as_they_are(text: str) -> None:
    page = page_of(hostile_site(text), f"/models/{NAME}")
    assert page.text.count(text) >= 8


@pytest.mark.parametrize("text", HOSTILE[:8])
def test_a_hostile_question_stays_in_its_field_and_its_sentence(text: str) -> None:
    page = page_of(site_of(), "/find?q=" + quote(text))
    assert page.all("input")[0].attributes["value"] == text
    assert text in page.text
    assert not page.all("img")


def test_texts_cannot_reorder_or_hide_what_stands_beside_them() -> None:
    html = ask(hostile_site("a\u202eb\u2066c\u0000d"), f"/models/{NAME}").text
    assert not set("\u202e\u2066\u0000") & set(html)
    assert "a\\u202eb\\u2066c\\u0000d" in html


@pytest.mark.parametrize("text", HOSTILE[:5])
def test_an_address_that_names_nothing_is_answered_in_text(text: str) -> None:
    answer = ask(site_of(), "/models/" + quote(text, safe=""))
    page = read_page(answer.text)
    assert answer.status == 404
    assert len(page.all("h1")) == 1
    assert not page.all("script")
    assert not page.all("img")
