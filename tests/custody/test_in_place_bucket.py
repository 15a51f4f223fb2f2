"""A model that is kept below a prefix of a real bucket: all that can be done with it, and lost."""

import http.server
import itertools
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

from emeritus.adapters.stores.buckets import Bucket, BucketKey, BucketOriginals
from emeritus.assembly import House
from emeritus.custody import IN_PLACE, audit, custody_of, drill, pack, restore_model
from emeritus.custody.errors import CopyDamaged
from emeritus.foundation import Silent
from emeritus.testing.bucket_server import BucketServer, bucket_server
from emeritus.testing.weights import tiny_safetensors
from emeritus.vault import Damaged, NotInStore, gathering
from emeritus.vault.errors import PathUnsafe, StoreUnavailable
from tests.custody.test_in_place import content
from tests.journeys.houses import NAME, deposit, emeritus, found, random_gguf, verify

_numbers = itertools.count()
FILES = {
    "model.gguf": random_gguf(5, 20_000_000),
    "parts/small.safetensors": tiny_safetensors(),
    "a folder/ü.txt": b"how it was made\n" * 99,
    "empty": b"",
}


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        running.make_bucket("emeritus-test")
        yield running


class Prefix:
    """A place in the bucket that somebody else writes to."""

    def __init__(self, server: BucketServer) -> None:
        self.name = f"models/{next(_numbers)}"
        self.location = f"s3://emeritus-test/{self.name}?endpoint={server.address}"
        self.key = BucketKey(server.key_id, server.secret)
        self.bucket = Bucket("emeritus-test", self.name, server.address)
        self.engine = S3Store(
            "emeritus-test",
            prefix=self.name,
            endpoint=server.address,
            region="us-east-1",
            access_key_id=server.key_id,
            secret_access_key=server.secret,
            client_options={"allow_http": True},
        )
        for path, data in FILES.items():
            self.put(path, data)

    def put(self, path: str, data: bytes) -> None:
        obstore.put(self.engine, path, data)

    def remove(self, path: str) -> None:
        obstore.delete(self.engine, path)

    @property
    def originals(self) -> BucketOriginals:
        return BucketOriginals(self.bucket, self.key, retry_seconds=2)


@pytest.fixture
def prefix(server: BucketServer) -> Prefix:
    return Prefix(server)


@pytest.fixture
def house(tmp_path: Path, prefix: Prefix, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("EMERITUS_STORE_IN_PLACE_TINY_KEY_ID", prefix.key.key_id)
    monkeypatch.setenv("EMERITUS_STORE_IN_PLACE_TINY_SECRET", prefix.key.secret)
    house = found(tmp_path / "home")
    deposit(house, prefix.originals, in_place="lab")
    house.stores.remember_found(NAME, prefix.location)
    return house


def look(house: House, sample: int = 0) -> str:
    place = house.stores.found(NAME)
    done = audit(house.record, NAME, actor="steward", progress=Silent(), found=place, sample=sample)
    assert (done.store, done.sampled) == (IN_PLACE, sample)
    return done.outcome


def state(house: House) -> dict[str, str]:
    with house.record.read() as index:
        held = custody_of(index, NAME, house.clock.now())
    return {one.store: one.state for one in held.copies}


def back(house: House, target: Path) -> dict[str, bytes]:
    restore_model(house.record, NAME, target, paths=None, progress=Silent(), located=house.stores)
    return content(target)


def test_nothing_is_copied_and_everything_can_be_done(house: House, tmp_path: Path) -> None:
    assert list(house.store.names("packs/")) == []
    assert look(house, sample=5) == "good"
    assert state(house) == {IN_PLACE: "unverified"}
    assert look(house) == "good"
    assert state(house) == {IN_PLACE: "verified"}
    done = drill(
        house.record,
        NAME,
        engine=house.engine,
        slots=house.slots,
        work=house.work,
        actor="steward",
        progress=Silent(),
        located=house.stores,
    )
    assert (done.outcome, done.store) == ("good", IN_PLACE)
    assert list(house.work.glob("drill-*")) == []
    assert back(house, tmp_path / "out") == FILES
    assert verify(tmp_path / "home/store").is_whole
    assert house.record.rebuild().differing == ()


def test_it_is_the_package_of_the_same_folder(house: House, tmp_path: Path) -> None:
    for path, data in FILES.items():
        (tmp_path / "folder" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / path).write_bytes(data)
    other = found(tmp_path / "other")
    with house.record.read() as index:
        kept = custody_of(index, NAME, house.clock.now()).kept()
    assert deposit(other, tmp_path / "folder").manifest == kept.manifest


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("a folder/ü.txt", b"how it was made\n" * 98 + b"?" * 16, "other bytes"),
        ("a folder/ü.txt", b"how it was made\n" * 100, "bytes were added"),
        ("a folder/ü.txt", None, "not where it was found"),
        ("empty", b"x", "bytes were added"),
        ("model.gguf", FILES["model.gguf"][:-1] + b"?", "other bytes"),
    ],
)
def test_whatever_changes_there_is_found(
    house: House, prefix: Prefix, path: str, data: bytes | None, said: str
) -> None:
    prefix.remove(path) if data is None else prefix.put(path, data)
    result = audit(
        house.record,
        NAME,
        actor="steward",
        progress=Silent(),
        found=house.stores.found(NAME),
    )
    ((finding),) = result.findings
    assert finding.file == path
    assert said in finding.problem
    assert state(house)[IN_PLACE] == "damaged"
    with pytest.raises(CopyDamaged, match="not what was deposited"):
        pack(house.record, NAME, house.stores, actor="steward", progress=Silent())


def test_changed_weights_are_not_given_back(house: House, prefix: Prefix, tmp_path: Path) -> None:
    # The same size, and the same second: only its bytes tell.
    prefix.put("model.gguf", FILES["model.gguf"][:-1] + b"?")
    with pytest.raises(Damaged, match="other bytes"):
        back(house, tmp_path / "out")
    prefix.remove("model.gguf")
    with pytest.raises(NotInStore, match="is not where it was found"):
        back(house, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_packed_later_it_needs_the_bucket_no_more(
    house: House, prefix: Prefix, tmp_path: Path
) -> None:
    pack(house.record, NAME, house.stores, actor="steward", progress=Silent())
    for path in FILES:
        prefix.remove(path)
    assert back(house, tmp_path / "out") == FILES
    assert house.record.rebuild().differing == ()


def test_a_server_that_is_away_is_a_sentence() -> None:
    away = BucketOriginals(
        Bucket("emeritus-test", "", "http://127.0.0.1:9"), BucketKey("a", "b"), retry_seconds=1
    )
    for act in (away.listed, lambda: away.part("a", 0, 1), lambda: away.mark("a")):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            act()


@pytest.mark.parametrize("key", ["models/a//b", "models/../b", "models/a&#10;b", "models/a\\b"])
def test_a_name_that_no_folder_could_hold_is_refused(key: str) -> None:
    listing = (
        "<?xml version='1.0'?><ListBucketResult><Name>b</Name><KeyCount>1</KeyCount>"
        f"<IsTruncated>false</IsTruncated><Contents><Key>{key}</Key>"
        "<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>x</ETag><Size>3</Size>"
        "</Contents></ListBucketResult>"
    ).encode()

    class Listing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(listing)))
            self.end_headers()
            self.wfile.write(listing)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listing) as answering:
        threading.Thread(target=answering.serve_forever, daemon=True).start()
        there = Bucket("b", "models", f"http://127.0.0.1:{answering.server_port}")
        originals = BucketOriginals(there, BucketKey("a", "b"), retry_seconds=1)
        with pytest.raises(PathUnsafe, match="rename it"), gathering(originals, opaque=True):
            pass
        answering.shutdown()


def test_by_the_command(server: BucketServer, prefix: Prefix, tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    keys = {
        "EMERITUS_STORE_IN_PLACE_ADOPTED_KEY_ID": server.key_id,
        "EMERITUS_STORE_IN_PLACE_ADOPTED_SECRET": server.secret,
    }

    def run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        return emeritus(*words, home=home, env=keys)

    refused = emeritus("deposit", prefix.location, "adopted", "--in-place", "lab", home=home)
    assert refused.returncode == 7
    assert "refuses the key" in refused.stderr
    told = run("deposit", prefix.location, "adopted", "--in-place", "lab")
    assert told.returncode == 0, told.stderr
    assert "Nothing was copied" in told.stdout
    sampled = run("audit", "adopted", "--sample", "8")
    assert sampled.returncode == 0, sampled.stderr
    assert "all match" in sampled.stdout
    held = [path for path in home.rglob("*") if path.is_file()]
    assert not [path for path in held if b"test-secret" in path.read_bytes()]
    written = [path for path in held if server.address.encode() in path.read_bytes()]
    assert written == [home / "stores.json"]
    prefix.remove("empty")
    gone = run("audit", "adopted")
    assert gone.returncode == 6
    assert "not where it was found" in gone.stderr
    elsewhere = Prefix(server)
    assert run("stores", "locate", "adopted", elsewhere.location).returncode == 0
    assert run("audit", "adopted").returncode == 0


def test_it_may_be_packed_from_there_at_once(prefix: Prefix, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    receipt = deposit(house, prefix.originals)
    assert (receipt.in_place, receipt.files) == ("", len(FILES))
    assert back(house, tmp_path / "out") == FILES
