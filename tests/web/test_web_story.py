"""The pages of a model's story, over a real record whose model is hostile."""

from pathlib import Path
from typing import Any

import feedparser
import pytest
from starlette.applications import Starlette

from emeritus.assembly import PROMISE_SOURCES, HousePromises, HouseSite, HouseStories
from emeritus.commitments import check_model, essential, waive
from emeritus.docket import all_threads, decide, do, tell
from emeritus.docket.demonstration import DECISION, DONE
from emeritus.foundation import Silent
from emeritus.interview import interviews_of, run_interview
from emeritus.journal import (
    ask_to_submit,
    open_journal,
    posts_of,
    release,
    verify_provenance,
    write,
)
from emeritus.testing import ScriptedEngine
from emeritus.testing.asgi import ask
from emeritus.web import build
from emeritus.web.manuscript import manuscript
from tests.interview.interviews import kept_house, room_of, script
from tests.journal.test_journal import AFTER, SUBMITS, WORDS
from tests.journeys.houses import NAME

HOST = "localhost:8400"
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> "
    "[go](javascript:alert(1)) ![see](https://example.org/t.png) "
    "{{ 7777 * 7 }} \u202e\u2066 </main>"
)
SAYS = {
    **script(requests=f"- {HOSTILE}", use=HOSTILE, messages=HOSTILE),
    f"Is there anything you want to say to this?{AFTER}": HOSTILE,
    f"Answer with its name alone.{AFTER}": HOSTILE[:70],
    f"about whatever you choose.{AFTER}": f"# {HOSTILE}\n\n{HOSTILE}\n\n<style>*{{}}</style>",
    **SUBMITS,
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Starlette, list[str]]:
    folder: Path = tmp_path_factory.mktemp("story")
    house = kept_house(folder)
    place = room_of(house, folder, ScriptedEngine(script=SAYS))
    run_interview(place, NAME, actor="steward")
    with house.record.read() as index:
        (thread,) = all_threads(index)
    decide(house.record, thread.id, DECISION, "steward", house.clock)
    do(house.record, thread.id, DONE, "/x", "steward")
    tell(place, thread.id, "steward", Silent())
    open_journal(place, NAME, actor="steward", progress=Silent())
    draft = write(place, NAME, actor="steward", progress=Silent())
    ask_to_submit(place, draft.position, actor="steward", progress=Silent())
    release(place, draft.position, **WORDS, actor="steward")
    until = house.clock.now().date().isoformat()
    acting: Any = {"actor": "steward", "clock": house.clock}
    record, promises = house.record, essential()
    waive(record, promises, NAME, "OPEN-1", until=until, reasons=HOSTILE, **acting)
    check_model(record, PROMISE_SOURCES, promises, NAME, **acting)
    with house.record.read() as index:
        (interview,), (post,) = interviews_of(index, NAME), posts_of(index, NAME)
    app = build(
        HouseSite(house),
        allowed_hosts=[HOST],
        stories=HouseStories(house),
        promises=HousePromises(house),
    )
    return app, [
        "/",
        f"/models/{NAME}",
        f"/threads/{thread.id}",
        f"/models/{NAME}/docket",
        f"/models/{NAME}/interviews",
        f"/models/{NAME}/interviews/{interview.opened}",
        f"/journal/{NAME}/",
        f"/journal/{NAME}/{post.slug}",
        "/commitments",
        f"/models/{NAME}/commitments",
        "/floor",
    ]


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
    news = feedparser.parse(ask(app, "/feeds/lifecycle.atom").body)
    assert not news.bozo
    assert news.entries == []


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
