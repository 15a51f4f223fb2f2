"""Caching, static files, and the raw files of the ledger."""

import re
from importlib.resources import files

import pytest

from emeritus.foundation import sha256_hex
from emeritus.testing.asgi import ask
from emeritus.testing.site import SampleSite
from emeritus.web.answers import ASK_AGAIN, FOR_EVER
from emeritus.web.app import build
from emeritus.web.assets import Assets
from tests.web.test_web_pages import HOST, site_of


@pytest.mark.parametrize("address", ["/", "/ledger", "/log/checkpoint"])
def test_a_reader_who_holds_a_page_gets_it_only_when_it_changed(address: str) -> None:
    first = ask(site_of(models=1), address)
    tag = first.headers["etag"]
    again = ask(site_of(models=1), address, headers={"If-None-Match": f'W/"x", {tag}'})
    changed = ask(site_of(models=2), address, headers={"If-None-Match": tag})
    assert first.headers["cache-control"] == ASK_AGAIN
    assert (again.status, again.body) == (304, b"")
    assert changed.status == 200


def test_static_names_carry_the_hash_of_what_they_hold() -> None:
    app = site_of()
    for address in Assets().addresses.values():
        answer = ask(app, address)
        digits = address.split(".")[-2]
        assert answer.status == 200
        assert answer.headers["cache-control"] == FOR_EVER
        assert sha256_hex(answer.body).startswith(digits)


def test_the_style_asks_for_nothing_that_is_not_served() -> None:
    app = site_of()
    style = ask(app, Assets().address("emeritus.css")).text
    wanted = re.findall(r'url\("?([^")]+)"?\)', style)
    assert len(wanted) == 3
    assert [ask(app, address).status for address in wanted] == [200] * 3
    assert "@import" not in style


def test_fonts_are_light_and_carry_their_licences() -> None:
    folder = files("emeritus.web").joinpath("static", "fonts")
    fonts = {f.name: len(f.read_bytes()) for f in folder.iterdir() if f.name.endswith("woff2")}
    licences = folder.joinpath("LICENSES.md").read_text()
    assert sum(fonts.values()) <= 200_000
    assert all(name in licences for name in fonts)
    assert licences.count("SIL OPEN FONT LICENSE Version 1.1") == 2


class Logged(SampleSite):
    """Holds a file under every name, and remembers what was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def log_file(self, name: str) -> bytes:
        self.asked.append(name)
        return b"<script>" + name.encode()


@pytest.mark.parametrize(
    ("name", "kind", "keep"),
    [
        ("log/checkpoint", "text/plain; charset=utf-8", ASK_AGAIN),
        ("keys/ledger.vkey", "text/plain; charset=utf-8", ASK_AGAIN),
        ("log/tile/0/000", "application/octet-stream", FOR_EVER),
        ("log/tile/0/x001/x234/067", "application/octet-stream", FOR_EVER),
        ("log/tile/entries/x001/000", "application/octet-stream", FOR_EVER),
        ("log/tile/0/001.p/17", "application/octet-stream", ASK_AGAIN),
    ],
)
def test_the_ledger_is_served_as_it_is_stored(name: str, kind: str, keep: str) -> None:
    site = Logged()
    answer = ask(build(site, allowed_hosts=[HOST]), "/" + name)
    assert site.asked == [name]
    assert answer.body == b"<script>" + name.encode()
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == keep


@pytest.mark.parametrize(
    "address",
    [
        "/log/",
        "/log/../keys/ledger.vkey",
        "/log/%2e%2e/keys/oms.pem",
        "/log/..%2fkeys",
        "/log//checkpoint",
        "/log/.hidden",
        "/log/tile/0/000/",
        "/log/a%00b",
        "/log/a%5c..%5cb",
        "/log/checkpoint%0a",
        "/keys/oms.pem",
        "/keys/ledger.vkey/x",
    ],
)
def test_no_other_file_of_the_store_can_be_named(address: str) -> None:
    site = Logged()
    assert ask(build(site, allowed_hosts=[HOST]), address).status == 404
    assert site.asked == []


def test_robots_may_read() -> None:
    assert ask(site_of(), "/robots.txt").text == "User-agent: *\nAllow: /\n"
