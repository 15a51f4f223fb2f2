"""The addresses of the Hub: parts of files, refusals, and damage."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from emeritus.access import Shelf, set_access
from emeritus.api import hub_routes
from emeritus.assembly import House, HouseSite
from emeritus.custody import hold_elsewhere
from emeritus.foundation import ModelName
from emeritus.runtime import Endpoint
from emeritus.vault.codec.pieces import PIECE_BYTES
from emeritus.web.app import Parts, build
from tests.journeys.houses import deposit, found, random_gguf

NAME = "large"
FILE = f"/hub/{NAME}/resolve/main/weights/large.gguf"
DATA = random_gguf(7, 3 * PIECE_BYTES + 12)


class Shelved:
    """A house with one model of two files, and what asks it."""

    def __init__(self, tmp_path: Path) -> None:
        folder = tmp_path / "in"
        (folder / "weights").mkdir(parents=True)
        (folder / "weights" / "large.gguf").write_bytes(DATA)
        (folder / "empty.txt").write_bytes(b"")
        self.house: House = found(tmp_path / "home")
        deposit(self.house, folder, NAME)
        routes = hub_routes(Shelf(self.house.record, self.house.clock))
        app = build(HouseSite(self.house), allowed_hosts=["testserver"], parts=Parts(routes=routes))
        self.client = TestClient(app)

    def grant(self, weights: str = "everyone") -> None:
        rights = {"call": "everyone", "weights": weights}
        set_access(self.house.record, NAME, **rights, actor="steward")  # type: ignore[arg-type] # words


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Shelved:
    made = Shelved(tmp_path_factory.mktemp("hub"))
    made.grant()
    return made


def test_a_file_comes_whole_with_its_digest(granted: Shelved) -> None:
    answer = granted.client.get(FILE)
    assert answer.content == DATA
    identity = HouseSite(granted.house).dossier(NAME).identity.removeprefix("sha256:")
    assert answer.headers["x-repo-commit"] == identity[:40]
    assert answer.headers["content-length"] == str(len(DATA))
    asked = granted.client.head(FILE)
    assert (asked.status_code, asked.content) == (200, b"")
    for name in ("etag", "x-linked-etag", "content-length", "x-repo-commit"):
        assert asked.headers[name] == answer.headers[name]
    again = granted.client.get(FILE, headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert granted.client.get(f"/hub/{NAME}/resolve/main/empty.txt").content == b""


@given(st.integers(0, len(DATA) + 5), st.integers(0, len(DATA) + 5))
@settings(max_examples=40)
def test_every_part_is_the_same_bytes(granted: Shelved, first: int, last: int) -> None:
    answer = granted.client.get(FILE, headers={"range": f"bytes={first}-{last}"})
    if last < first:
        assert (answer.status_code, len(answer.content)) == (200, len(DATA))
    elif first >= len(DATA):
        assert answer.status_code == 416
        assert answer.headers["content-range"] == f"bytes */{len(DATA)}"
    else:
        wanted = DATA[first : last + 1]
        assert (answer.status_code, answer.content) == (206, wanted)
        end = first + len(wanted) - 1
        assert answer.headers["content-range"] == f"bytes {first}-{end}/{len(DATA)}"


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (f"bytes={PIECE_BYTES}-", DATA[PIECE_BYTES:]),
        ("bytes=-5", DATA[-5:]),
        (f"bytes=-{len(DATA) + 9}", DATA),
        ("bytes=0-0", DATA[:1]),
    ],
)
def test_open_ranges(granted: Shelved, asked: str, wanted: bytes) -> None:
    answer = granted.client.get(FILE, headers={"range": asked})
    assert (answer.status_code, answer.content) == (206, wanted)


@pytest.mark.parametrize("asked", ["bytes=-", "lines=0-4", "bytes=0-1,5-6", "bytes=x-y", "bytes"])
def test_what_is_no_single_range_means_the_whole(granted: Shelved, asked: str) -> None:
    assert granted.client.get(FILE, headers={"range": asked}).status_code == 200


def test_a_part_of_another_file_is_not_mixed_in(granted: Shelved) -> None:
    headers = {"range": "bytes=5-", "if-range": '"another"'}
    assert granted.client.get(FILE, headers=headers).status_code == 200
    assert granted.client.get(FILE, headers={"range": "bytes=-0"}).status_code == 416


def test_what_there_is_is_listed(granted: Shelved) -> None:
    about = granted.client.get(f"/hub/api/models/{NAME}").json()
    names = ["empty.txt", "weights/large.gguf"]
    assert [one["rfilename"] for one in about["siblings"]] == names
    tree = granted.client.get(f"/hub/api/models/{NAME}/tree/{about['sha']}?recursive=true").json()
    assert [(one["path"], one["size"]) for one in tree] == [(names[0], 0), (names[1], len(DATA))]
    below = granted.client.get(f"/hub/api/models/{NAME}/tree/main/weights").json()
    assert [one["path"] for one in below] == names[1:]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/hub/api/models/nobody", 404, "RepoNotFound"),
        (f"/hub/api/models/{NAME}/revision/v2", 404, "RevisionNotFound"),
        (f"/hub/{NAME}/resolve/main/other.gguf", 404, "EntryNotFound"),
        (f"/hub/{NAME}/resolve/main/%2e%2e/%2e%2e/etc/passwd", 404, "EntryNotFound"),
        ("/hub/api/datasets/x", 404, "RepoNotFound"),
    ],
)
def test_what_is_not_there_is_said_as_its_clients_understand(
    granted: Shelved, path: str, status: int, code: str
) -> None:
    answer = granted.client.get(path)
    assert answer.status_code == status
    assert answer.headers.get("x-error-code", "") == code


def test_weights_are_denied_unless_granted_and_when_taken_back(tmp_path: Path) -> None:
    made = Shelved(tmp_path)
    paths = [FILE, f"/hub/api/models/{NAME}", f"/hub/api/models/{NAME}/tree/main"]
    for grants in (None, "on request", "nobody"):
        if grants:
            made.grant(grants)
        for path in paths:
            answer = made.client.get(path)
            assert (answer.status_code, answer.headers["x-error-code"]) == (403, "GatedRepo")
            assert DATA[:64] not in answer.content
    made.grant()
    assert [made.client.get(path).status_code for path in paths] == [200, 200, 200]
    made.grant("nobody")
    assert made.client.get(FILE).status_code == 403


def test_one_that_is_held_elsewhere_has_no_files(tmp_path: Path) -> None:
    made = Shelved(tmp_path)
    there = Endpoint("openai", "https://far.example/v1", "m")
    hold_elsewhere(made.house.record, ModelName("far"), "A Lab", there, actor="steward")
    answer = made.client.get("/hub/api/models/far")
    assert answer.status_code == 403
    assert "A Lab" in answer.headers["x-error-message"]


def test_nothing_is_taken(granted: Shelved) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert granted.client.request(method, FILE).status_code == 405


def test_a_pack_that_came_later_is_found(tmp_path: Path) -> None:
    made = Shelved(tmp_path)
    made.grant()
    assert made.client.get(FILE).status_code == 200
    (tmp_path / "more.gguf").write_bytes(random_gguf(8, 4096))
    deposit(made.house, tmp_path / "more.gguf", "later")
    set_access(made.house.record, "later", call="everyone", weights="everyone", actor="steward")
    assert made.client.get("/hub/later/resolve/main/more.gguf").content == random_gguf(8, 4096)


@pytest.mark.parametrize("at", [0.01, 0.5, 0.9])
def test_damaged_bytes_are_never_given(tmp_path: Path, at: float) -> None:
    made = Shelved(tmp_path)
    made.grant()
    (pack,) = (made.house.home / "store" / "packs").iterdir()
    data = bytearray(pack.read_bytes())
    data[int(len(data) * at)] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(bytes(data))
    answer = made.client.get(FILE)
    if answer.status_code == 500:
        assert "damaged" in answer.json()["error"]
    else:
        assert len(answer.content) < len(DATA)
        assert DATA.startswith(answer.content)
