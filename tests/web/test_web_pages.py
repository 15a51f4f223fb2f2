"""What every page promises: structure, landmarks, labels, links that lead somewhere."""

import itertools
import re
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from emeritus.assembly.readings import Home
from emeritus.testing.asgi import ask
from emeritus.testing.site import SampleSite
from emeritus.web.app import build
from tests.web.html_reading import Page, read_page

HOST = "localhost:8400"
PAGES = (
    "/",
    "/models",
    "/models/sample-smollm-135m",
    "/models/sample-harbour-7b-chat",
    "/models/sample-linnet-70b",
    "/find",
    "/find?q=sample-smollm-135m",
    "/find?q=sample",
    "/ledger",
    "/ledger?before=5",
    "/ledger/0",
    "/check",
    "/nowhere",
)


def site_of(models: int = 3, audits: int = 12) -> Starlette:
    return build(SampleSite(models, audits), allowed_hosts=[HOST])


def page_of(app: Starlette, address: str) -> Page:
    return read_page(ask(app, address).text)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_well_formed(address: str) -> None:
    page = page_of(site_of(), address)
    assert page.mistakes == []
    assert page.unclosed == []
    identifiers = page.values("id")
    assert len(identifiers) == len(set(identifiers))
    assert set(page.values("aria-labelledby")) <= set(identifiers)


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_its_landmarks_and_names(address: str) -> None:
    page = page_of(site_of(), address)
    assert page.all("html")[0].attributes["lang"] == "en"
    assert [len(page.all(tag)) for tag in ("title", "h1", "main", "header", "footer")] == [1] * 5
    assert all("aria-label" in nav.attributes for nav in page.all("nav"))
    assert page.elements[[e.tag for e in page.elements].index("body") + 1].attributes == {
        "class": "skip",
        "href": "#main",
    }
    labelled = {label.attributes["for"] for label in page.all("label")}
    assert {field.attributes["id"] for field in page.all("input")} == labelled
    assert len(page.all("caption")) == len(page.all("table"))


@pytest.mark.parametrize("address", PAGES)
def test_headings_step_down_one_at_a_time(address: str) -> None:
    page = page_of(site_of(), address)
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


@pytest.mark.parametrize("address", PAGES)
def test_no_page_carries_script_or_inline_style(address: str) -> None:
    page = page_of(site_of(), address)
    assert not page.all("script")
    assert not page.all("style")
    assert not page.values("style")
    assert not [name for _, name in page.shape if name.startswith("on")]


@pytest.mark.parametrize("models", [0, 1, 3])
def test_every_link_leads_to_a_page(models: int) -> None:
    app = site_of(models)
    seen: dict[str, int] = {}
    ahead = ["/"]
    while ahead:
        address = ahead.pop()
        answer = ask(app, address)
        seen[address] = answer.status
        if "html" not in answer.headers.get("content-type", ""):
            continue
        page = read_page(answer.text)
        inside = {href for href in page.values("href") if href.startswith("#")}
        assert {href[1:] for href in inside} <= set(page.values("id"))
        found = set(page.values("href")) - inside - seen.keys() - set(ahead)
        assert all(href.startswith("/") and not href.startswith("//") for href in found)
        ahead.extend(found)
    assert {address: status for address, status in seen.items() if status != 200} == {}
    assert len(seen) >= 10


def test_an_empty_home_says_how_to_begin() -> None:
    page = page_of(site_of(models=0), "/")
    assert "Nobody lives here yet" in page.text
    assert "emeritus deposit PATH NAME" in page.text
    assert "The record has no entries yet." in page.text


def test_home_says_who_lives_here_and_that_nobody_was_asked() -> None:
    text = page_of(site_of(), "/").text
    assert "No model here has been asked anything yet." in text
    for words in ("kept and proven to run", "kept, not yet verified", "a copy is damaged"):
        assert words in text


def test_home_leaves_a_long_list_to_its_own_page() -> None:
    class Crowded(SampleSite):
        def home(self) -> Home:
            home = super().home()
            return replace(home, models=home.models * 10)

    app = build(Crowded(), allowed_hosts=[HOST])
    page = page_of(app, "/")
    assert "All 30 models" in page.text
    assert len([e for e in page.all("th") if e.attributes.get("scope") == "row"]) == 12


def test_a_dossier_begins_with_a_sentence_and_names_whose_rule_it_is() -> None:
    text = page_of(site_of(), "/models/sample-smollm-135m").text.replace("\u00a0", " ")
    assert "Not retired; taken into care on 5 November 2026." in text
    assert "It is kept in one verified copy and last ran on" in text
    assert "One copy is this demonstration\u2019s own rule" in text
    assert "270.6 MB, kept in 179.4 MB (66.3 %)" in text
    assert "@misc{emeritus-sample-smollm-135m," in text


def test_a_long_life_is_drawn_short_and_told_whole() -> None:
    page = page_of(site_of(audits=12), "/models/sample-smollm-135m")
    assert "life shortened" in page.values("class")
    assert page.text.count("was read again") == 13


def test_the_foot_names_the_checkpoint_and_its_moment() -> None:
    text = page_of(site_of(models=1, audits=0), "/").text.replace("\u00a0", " ")
    assert re.search(
        r"This page renders entry 2 of the record, checkpoint [0-9a-f]{4}…[0-9a-f]{4} "
        r"of 7 November 2026, 10:02 UTC\. Check it yourself\.",
        text,
    )


def test_the_ledger_pages_through_everything_once() -> None:
    app = site_of(audits=20)
    found: list[str] = []
    address: str | None = "/ledger"
    while address:
        page = page_of(app, address)
        found += re.findall(r"entry\u00a0?\s?(\d+) ·", page.text)
        links = [a.attributes["href"] for a in page.all("a") if a.attributes.get("rel") == "next"]
        address = links[0] if links else None
    assert found == [str(position) for position in range(len(found))][::-1]
    assert len(found) == 47
