"""A still copy of the pages: every link leads somewhere, and hostile words stay words."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import feedparser
import pytest

from emeritus.adapters.stores import LocalStore
from emeritus.assembly import (
    CHECKS,
    ENTRY_TYPES,
    House,
    HouseGateway,
    HousePromises,
    HouseSite,
    HouseStories,
    open_house,
)
from emeritus.catalogue import NoSuchModel
from emeritus.custody.bundles.bringing import unpack
from emeritus.custody.bundles.checking import verify_bundle
from emeritus.custody.bundles.export import export, load_bundle
from emeritus.foundation import Conflict, Silent
from emeritus.ledger import Log, NoteVerifier
from emeritus.testing.asgi import ask
from emeritus.testing.site import SampleSite
from emeritus.testing.stores import MemoryStore
from emeritus.vault.bundle import open_bundle
from emeritus.web.app import Parts, build
from emeritus.web.still.links import links_of, rewrite
from emeritus.web.still.places import Places, relative
from emeritus.web.still.writing import Written, write_site
from tests.journeys.houses import NAME
from tests.web.hostile_story import hostile_story
from tests.web.html_reading import Page, read_page
from tests.web.test_web_hostile import HOSTILE, HostileSite


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[House, list[str]]:
    return hostile_story(tmp_path_factory.mktemp("story"))


def parts_of(house: House) -> Parts:
    return Parts(
        stories=HouseStories(house),
        promises=HousePromises(house),
        catalogue=HouseGateway(house, house.models()),
    )


def written(house: House, folder: Path, model: str = "", address: str = "") -> Written:
    return write_site(
        HouseSite(house),
        parts_of(house),
        folder,
        model=model,
        address=address,
        progress=Silent(),
    )


@pytest.fixture(scope="module")
def whole(told: tuple[House, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "site"
    written(told[0], folder)
    return folder


@pytest.fixture(scope="module")
def one(told: tuple[House, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one") / "site"
    written(told[0], folder, NAME, "https://example.org/record")
    return folder


def pages_of(folder: Path) -> dict[Path, Page]:
    return {path: read_page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}


def broken_links(folder: Path) -> list[str]:
    """Return every link of a copy that leads to no file of it, or to no place in that file."""
    pages = pages_of(folder)
    broken = []
    for path, page in pages.items():
        links = page.values("href") + page.values("src") + page.values("action")
        for link in links:
            address, _, fragment = link.partition("#")
            target = (path.parent / unquote(address)).resolve() if address else path
            if re.match(r"[a-z]+:|/", link) or not target.is_file():
                broken.append(f"{path}: {link}")
            elif fragment and fragment not in pages[target].values("id"):
                broken.append(f"{path}: {link} (fragment)")
    for style in folder.rglob("*.css"):
        names = re.findall(r'url\("([^"]+)"\)', style.read_text(encoding="utf-8"))
        assert names
        broken += [f"{style}: {name}" for name in names if not (style.parent / name).is_file()]
    return broken


def test_every_link_leads_to_a_file(whole: Path, one: Path) -> None:
    assert broken_links(whole) == []
    assert broken_links(one) == []


def test_a_broken_link_would_be_noticed(whole: Path, tmp_path: Path) -> None:
    page = (whole / "index.html").read_text(encoding="utf-8")
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert len(broken_links(tmp_path)) > 5


def test_every_page_of_the_story_is_there(whole: Path, told: tuple[House, list[str]]) -> None:
    house, addresses = told
    places = Places()
    for address in addresses:
        place = places.of(address)
        assert place is not None
        assert (whole / place).is_file(), address
    size = HouseSite(house).footing().size
    assert all((whole / f"ledger/{n}/index.html").is_file() for n in range(size))
    assert not list(whole.rglob("chat*"))
    assert not (whole / "steward").exists()


def test_the_words_are_those_of_the_served_pages(
    whole: Path, told: tuple[House, list[str]]
) -> None:
    house, addresses = told
    app = build(HouseSite(house), allowed_hosts=["localhost:8400"], parts=parts_of(house))
    assert addresses[0] == "/"  # Which has a form that the copy leaves out.
    for address in addresses[1:]:
        served = read_page(ask(app, address).text)
        still = read_page((whole / str(Places().of(address))).read_text(encoding="utf-8"))
        common = served.text.split("This page renders entry")[0]
        common = re.sub(r"Talk with it| Everyone may have them: [^\n]*", "", common)
        assert " ".join(common.split()) in " ".join(still.text.split()), address


def test_hostile_words_stay_words_in_files(whole: Path) -> None:
    seen = 0
    for path, page in pages_of(whole).items():
        body = path.read_text(encoding="utf-8")
        assert page.mistakes == []
        assert page.unclosed == []
        for harm in ("<script", "<img", "<style", "onerror=alert(1)>", "54439", "\u202e"):
            assert harm not in body, (path, harm)
        assert not any(link.startswith("javascript:") for link in page.values("href"))
        metas = [one.attributes.get("http-equiv") for one in page.all("meta")]
        assert metas.count("Content-Security-Policy") == 1
        assert not page.all("form")
        seen += "alert(1)" in page.text
    assert seen > 5


@pytest.mark.parametrize("text", [one for one in HOSTILE if "\ud800" not in one])
def test_a_record_of_hostile_texts_makes_no_other_file_or_element(
    text: str, tmp_path: Path
) -> None:
    folder = tmp_path / "in" / "site"
    write_site(HostileSite(text), Parts(), folder, progress=Silent())
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert [path.name for path in folder.parent.iterdir()] == ["site"]
    for path, page in pages_of(folder).items():
        assert not page.all("script"), path
        assert not page.all("img"), path
        for link in page.values("href"):
            target = (path.parent / unquote(link.partition("#")[0])).resolve()
            assert folder.resolve() in (target, *target.parents), link


def test_a_copy_of_one_model_tells_of_no_other(one: Path, told: tuple[House, list[str]]) -> None:
    house, _ = told
    others = [line.name for line in HouseSite(house).models() if line.name != NAME]
    assert others
    assert f'<h1 class="name">{NAME}</h1>' in (one / "index.html").read_text(encoding="utf-8")
    folders = {path.name for path in (one / "models").iterdir()}
    assert folders == {NAME}
    for path in one.rglob("*"):
        assert path.name not in others
    page = read_page((one / "floor" / "index.html").read_text(encoding="utf-8"))
    titles = [a.attributes.get("title", "") for a in page.all("a") if "href" not in a.attributes]
    assert any("not in the copy" in title for title in titles)


def test_the_copy_can_be_cited_and_its_ledger_checked(
    whole: Path, told: tuple[House, list[str]]
) -> None:
    house, _ = told
    footing = HouseSite(house).footing()
    check = (whole / "check" / "index.html").read_text(encoding="utf-8")
    assert f"checkpoint root sha256:{footing.root}" in check
    assert "still copy" in check
    store = MemoryStore()
    for path in (whole / "log").rglob("*"):
        if path.is_file():
            store.create(str(path.relative_to(whole)), path.read_bytes())
    vkey = (whole / "keys" / "ledger.vkey").read_text(encoding="utf-8").strip()
    log = Log(store, NoteVerifier.parse(vkey))
    assert len(list(log.entries())) == footing.size


def test_feeds_lead_to_files_or_to_where_it_is_published(whole: Path, one: Path) -> None:
    journal = whole / "feeds" / "journal" / f"{NAME}.atom"
    entry = feedparser.parse(journal.read_bytes()).entries[0]
    assert (journal.parent / entry.links[0].href).resolve().is_file()
    ends = json.loads((whole / ".well-known" / "model-eol.json").read_bytes())
    for model in ends["models"]:
        assert (whole / ".well-known" / model["page"]).resolve().is_file()
        assert (model["chat"], model["api"]) == (None, None)
    feed = json.loads((one / "feeds" / "journal" / f"{NAME}.json").read_bytes())
    assert feed["feed_url"] == f"https://example.org/record/feeds/journal/{NAME}.json"
    assert feed["items"]
    for item in feed["items"]:
        place = item["url"].removeprefix("https://example.org/record/")
        assert (one / place / "index.html").is_file()
    for path in (*whole.rglob("*"), *one.rglob("*")):
        assert not path.is_file() or b"still.invalid" not in path.read_bytes()


def test_a_long_ledger_is_paged_through(tmp_path: Path) -> None:
    write_site(SampleSite(audits=40), Parts(), tmp_path / "site", progress=Silent())
    assert broken_links(tmp_path / "site") == []
    assert len(list((tmp_path / "site" / "ledger").glob("before-*"))) > 2


def test_the_folder_must_be_new_and_nothing_is_left_of_a_failure(
    told: tuple[House, list[str]], tmp_path: Path
) -> None:
    house, _ = told
    with pytest.raises(NoSuchModel):
        written(house, tmp_path / "site", "nobody")

    class Growing(SampleSite):
        def entry(self, position: int):  # type: ignore[no-untyped-def] # noqa: ANN202
            self._entries = self._entries[:-1] if position == 0 else self._entries
            return super().entry(position)

    with pytest.raises(Conflict, match="grew"):
        write_site(Growing(), Parts(), tmp_path / "site", progress=Silent())
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine").touch()
    with pytest.raises(Conflict, match="new or empty"):
        write_site(SampleSite(), Parts(), tmp_path / "site", progress=Silent())


def test_a_page_without_links_of_ours_is_written_as_it_stands() -> None:
    page = (
        '<!doctype html>\n<html lang="en"><!-- a --><body class=x data-a=\'"\'>'
        "a &amp; b &#39; &lt; <br><svg viewBox=\"0 0 1 1\"><rect width='1'/></svg>"
        '<a href="https://example.org/?a=1&amp;b=2">x</a><a href="#y">y</a></body></html>\n'
    )
    assert rewrite(page, lambda _: None) == page
    assert links_of(page) == []
    changed = rewrite('<a href="/x?y=1&amp;z=2#&quot;f">x</a>', lambda one: f'{one}"&')
    assert changed == '<a href="/x?y=1&amp;z=2&quot;&amp;#&quot;f">x</a>'


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/", "index.html"),
        ("/models/a.b-c", "models/a.b-c/index.html"),
        ("/journal/a/", "journal/a/index.html"),
        ("/journal/a/b.md", "journal/a/b.md"),
        ("/ledger?before=7", "ledger/before-7/index.html"),
        ("/static/a.css", "static/a.css"),
        ("/models/a/chat", None),
        ("/steward/", None),
        ("/find", None),
        ("/find?q=a", None),
        ("/hub/a/resolve/main/x", None),
        ("/models/..", None),
        ("/models/%2e%2e/docket", None),
        ("/models/%2fetc", None),
        ("/log/../../x", None),
        ("/log/%00", None),
    ],
)
def test_addresses_become_files_inside_the_copy(address: str, place: str | None) -> None:
    assert Places().of(address) == place


def test_links_are_relative() -> None:
    assert relative("index.html", "check/index.html") == "check/index.html"
    assert relative("a/b/index.html", "index.html") == "../../index.html"
    assert relative("a/index.html", "a/index.html") == "index.html"


@pytest.mark.parametrize("model", ["", NAME])
def test_a_record_that_came_in_shows_the_same_pages(
    told: tuple[House, list[str]], whole: Path, model: str, tmp_path: Path
) -> None:
    house, _ = told
    bundle, home = tmp_path / "b.tar", tmp_path / "home"
    export(load_bundle(house.record, model), bundle, over=False, progress=Silent())
    with open_bundle(bundle) as opened:
        checked = verify_bundle(
            opened, ENTRY_TYPES, vkey=house.vkey, progress=Silent(), checks=CHECKS
        )
        assert checked.is_whole
        assert checked.findings == []
        unpack(opened, LocalStore(home / "store"), ENTRY_TYPES, vkey=None, progress=Silent())
    here = open_house(home)
    assert here.record.rebuild().differing == ()
    if not model:
        written(here, tmp_path / "site")
        assert content(tmp_path / "site") == content(whole)


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
