"""`verify` of what is served at an address."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from emeritus.assembly import House, HouseSite, HouseStories
from emeritus.cli.main import emeritus
from emeritus.foundation import IntegrityError, Silent, Unavailable
from emeritus.journal import ask_to_submit, open_journal, posts_of, release, write
from emeritus.ledger import NoteSigner
from emeritus.testing import ScriptedEngine
from emeritus.testing.serving import running
from emeritus.web.app import Parts
from tests.interview.interviews import kept_house, room_of
from tests.journal.test_journal import NAMED, SUBMITS, WORDS, WRITES
from tests.journeys.houses import NAME


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("served")
    made = kept_house(folder)
    place = room_of(made, folder, ScriptedEngine(script={**NAMED, **WRITES, **SUBMITS}))
    open_journal(place, NAME, actor="steward", progress=Silent())
    draft = write(place, NAME, actor="steward", progress=Silent())
    ask_to_submit(place, draft.position, actor="steward", progress=Silent())
    release(place, draft.position, **WORDS, actor="steward")
    return made


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with running(HouseSite(house), Parts(stories=HouseStories(house))) as served:
        yield served


@pytest.fixture(scope="module")
def post(house: House, address: str) -> str:
    with house.record.read() as index:
        (one,) = posts_of(index, NAME)
    return f"{address}journal/{NAME}/{one.slug}"


def _verify(*arguments: str) -> str:
    done = CliRunner().invoke(emeritus, ["verify", *arguments])
    if done.exception is not None:
        raise done.exception
    return done.output


def test_a_served_record_is_read_entry_by_entry(house: House, address: str) -> None:
    said = _verify(address)
    assert "The ledger holds: " in said
    assert "give --key VKEY" in said
    assert "give --key VKEY" not in _verify(address + "models", "--key", house.vkey)


def test_another_key_is_refused(address: str, post: str) -> None:
    other = NoteSigner.generate("other").verifier.vkey
    for place in (address, post):
        with pytest.raises(IntegrityError):
            _verify(place, "--key", other)


def test_a_served_post_is_compared_with_its_proof(house: House, post: str) -> None:
    said = _verify(post, "--key", house.vkey)
    assert "bytes that are served are those that were logged" in said


class _Liar(http.server.BaseHTTPRequestHandler):
    """Serves a record with one word changed in what it passes on."""

    site: HouseStories
    slug: str
    vkey: str

    def do_GET(self) -> None:
        if self.path.endswith(".md"):
            said = self.site.post_bytes(NAME, self.slug).replace(b"e", b"a", 1)
        elif self.path.endswith(".json"):
            said = self.site.post_provenance(NAME, self.slug)
        else:
            said = self.vkey.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_word_changed_on_the_way_is_found(house: House, post: str) -> None:
    _Liar.site, _Liar.slug, _Liar.vkey = HouseStories(house), post.rpartition("/")[2], house.vkey
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Liar)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(IntegrityError, match="not the one that the proof is of"):
            _verify(f"http://127.0.0.1:{server.server_port}/journal/{NAME}/{_Liar.slug}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("given", ["http://127.0.0.1:1/", "http://", "https://[::1]:1/journal/a/b"])
def test_an_address_that_does_not_answer(given: str) -> None:
    with pytest.raises(Unavailable):
        _verify(given)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    assert CliRunner().invoke(emeritus, ["verify", str(tmp_path / "none")]).exit_code == 1
