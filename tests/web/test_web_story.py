"""The pages of a model's story, over a real record whose model is hostile."""

import json

import feedparser
import pytest
from starlette.applications import Starlette

from emeritus.assembly import HousePromises, HouseSite, HouseStories
from emeritus.journal import verify_provenance
from emeritus.testing.asgi import ask
from emeritus.web import build
from emeritus.web.app import Parts
from emeritus.web.manuscript import manuscript
from tests.journal.test_journal import AFTER
from tests.journeys.houses import NAME
from tests.web.hostile_story import SAYS, hostile_story

HOST = "localhost:8400"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Starlette, list[str]]:
    house, addresses = hostile_story(tmp_path_factory.mktemp("story"))
    app = build(
        HouseSite(house),
        allowed_hosts=[HOST],
        parts=Parts(stories=HouseStories(house), promises=HousePromises(house)),
    )
    return app, addresses


def test_hostile_words_stay_words_on_every_page(shown: tuple[Starlette, list[str]]) -> None:
    app, addresses = shown
    for address in addresses:
        answer = ask(app, address)
        body = answer.body.decode()
        assert answer.status == 200, address
        for harm in (
            "<script",
            "<img",
            "<style",
            'javascript:alert(1)"',
            "onerror=alert(1)>",
            "54439",
            "\u202e",
            "\u2066",
        ):
            assert harm not in body, (address, harm)
        assert body.count("</main>") == 1
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy


def test_the_words_are_there(shown: tuple[Starlette, list[str]]) -> None:
    app, addresses = shown
    for address in addresses[2:4] + addresses[5:6] + addresses[7:10]:
        assert "alert(1)" in ask(app, address).body.decode(), address


def test_the_self_assessment_says_what_the_rules_say(
    shown: tuple[Starlette, list[str]],
) -> None:
    app, _ = shown
    body = ask(app, "/floor/assessment").body.decode()
    assert "/floor/assessment" in ask(app, "/floor").body.decode()
    for one in ("Storage 1a", "Content 4a", "R01", "R16"):
        assert f">{one}</span>" in body
    assert ">Not shown</span>: two whole copies" in body
    assert "For a person: name the disks, tapes or services behind each store." in body
    assert 'href="/ledger/0"' in body


def test_the_bytes_of_a_post_are_served_unchanged(shown: tuple[Starlette, list[str]]) -> None:
    app, addresses = shown
    answer = ask(app, addresses[7] + ".md")
    assert answer.body.decode() == SAYS[f"about whatever you choose.{AFTER}"]
    assert answer.headers["content-type"].startswith("text/plain")


def test_the_proof_of_a_post_is_served(shown: tuple[Starlette, list[str]]) -> None:
    app, addresses = shown
    answer = ask(app, addresses[7] + ".json")
    assert answer.headers["content-type"] == "application/json"
    assert verify_provenance(answer.body) == ()


def test_feeds_carry_every_word(shown: tuple[Starlette, list[str]]) -> None:
    app, _ = shown
    answer = ask(app, f"/feeds/journal/{NAME}.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    read = feedparser.parse(answer.body)
    assert not read.bozo
    (entry,) = read.entries
    assert "alert(1)" in entry.content[0].value
    assert entry.content[0].type == "text/plain"
    assert entry.author == NAME
    assert {link.rel for link in read.feed.links} == {"alternate", "self"}
    news = feedparser.parse(ask(app, "/feeds/lifecycle.atom").body)
    assert not news.bozo
    assert news.entries == []


def test_the_json_feed_says_the_same(shown: tuple[Starlette, list[str]]) -> None:
    app, addresses = shown
    answer = ask(app, f"/feeds/journal/{NAME}.json")
    assert answer.headers["content-type"].startswith("application/feed+json")
    feed = json.loads(answer.body)
    (item,) = feed["items"]
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"http://{HOST}/feeds/journal/{NAME}.json"
    assert item["content_text"].encode() == ask(app, addresses[7] + ".md").body
    assert json.loads(ask(app, "/feeds/lifecycle.json").body)["items"] == []
    assert ask(app, "/feeds/lifecycle.xml").status == 404


def test_what_is_not_there_is_said_calmly(shown: tuple[Starlette, list[str]]) -> None:
    app, _ = shown
    for address in (
        "/threads/999",
        "/threads/x",
        "/threads/" + "9" * 40,
        "/journal/nobody/",
        f"/journal/{NAME}/nothing",
        f"/models/{NAME}/interviews/0",
    ):
        assert ask(app, address).status == 404, address


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One", "<h2>One</h2>\n"),
        (
            "[a](https://example.org)",
            '<p><a href="https://example.org" rel="nofollow noopener ugc">a</a></p>\n',
        ),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>\n"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("~~x~~", "<p><s>x</s></p>\n"),
        ("[a](//evil.example/x)", '<p><a rel="nofollow noopener ugc">a</a></p>\n'),
        ("[a](/find?q=1)", '<p><a rel="nofollow noopener ugc">a</a></p>\n'),
        ("![a <b>](http://x/y.png)", "<p>a &lt;b&gt;</p>\n"),
    ],
)
def test_markdown_is_rendered_and_nothing_else(text: str, html: str) -> None:
    assert str(manuscript(text)) == html
