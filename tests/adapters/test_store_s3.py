"""A store in a bucket of a real server."""

import itertools
import subprocess
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emeritus.adapters.stores.buckets import Bucket, BucketKey, BucketStore, bucket_at
from emeritus.foundation import Silent, UserError
from emeritus.testing.bucket_server import BucketServer, bucket_server
from emeritus.vault import PackIndex, check_pack, gather, keep, restore
from emeritus.vault.errors import NotInStore, StoreUnavailable
from tests.contracts.store_contract import StoreContract, counted_by_clients
from tests.journeys.houses import deposit, emeritus, found, random_gguf, tiny_model, verify

_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[BucketServer]:
    with bucket_server() as running:
        running.make_bucket("emeritus-test")
        yield running


def store_on(
    server: BucketServer, prefix: str, *, secret: str = "", seconds: float = 60
) -> BucketStore:
    bucket = Bucket("emeritus-test", prefix, server.address)
    key = BucketKey(server.key_id, secret or server.secret)
    return BucketStore(bucket, key, retry_seconds=seconds)


@pytest.fixture
def store(server: BucketServer) -> BucketStore:
    return store_on(server, f"prefix/{next(_numbers)}")


class TestS3Store(StoreContract):
    @pytest.fixture
    def store(self, server: BucketServer) -> BucketStore:
        return store_on(server, f"contract/{next(_numbers)}")


def test_a_package_comes_back_from_a_bucket(store: BucketStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "model.gguf").write_bytes(random_gguf(3, 3_000_000))
    (source / "notes.txt").write_bytes(b"as it was\n")
    kept = keep(
        store, gather(source).sources, known_packs=frozenset(), opaque=False, progress=Silent()
    )
    (pack,) = store.names("packs/")
    assert check_pack(store, pack, Silent()) == []
    restore(PackIndex.load(store), kept.package, tmp_path / "out", progress=Silent())
    for name in ("model.gguf", "notes.txt"):
        assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()


def test_a_counter_loses_no_update(server: BucketServer, store: BucketStore) -> None:
    prefix = store.bucket.prefix
    assert counted_by_clients(store, lambda: store_on(server, prefix)) == 40


def test_more_names_than_one_answer_holds(store: BucketStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store._made(f"many/{number:05d}", b""), range(1_050)))
    assert list(store.names("many/")) == [f"many/{number:05d}" for number in range(1_050)]
    assert list(store.names("many/0104")) == [f"many/{number:05d}" for number in range(1040, 1050)]


def test_a_large_upload_takes_little_memory(store: BucketStore) -> None:
    block = bytes(range(256)) * 4096
    tracemalloc.start()
    try:
        with store.upload() as upload:
            for _ in range(100):
                upload.write(block)
            assert upload.commit("packs/large")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert store.size("packs/large") == 100 * len(block)
    assert most < 40 << 20
    assert store.read_range("packs/large", 50 * len(block) + 7, 3) == bytes((7, 8, 9))
    with store.open("packs/large") as file:
        assert sum(len(part) for part in iter(lambda: file.read(1 << 20), b"")) == 100 * len(block)
    with store.upload() as again:
        again.write(b"x" * (20 << 20))
        assert again.commit("packs/large") is False
    with store.upload() as mended:
        mended.write(b"y" * (20 << 20))
        mended.supersede("packs/large")
    assert store.size("packs/large") == 20 << 20


def test_a_wrong_key_and_a_missing_bucket_are_sentences(server: BucketServer) -> None:
    with pytest.raises(StoreUnavailable, match="refuses the key"):
        store_on(server, "x", secret="wrong", seconds=1).create("a", b"")
    nowhere = BucketStore(
        Bucket("emeritus-nowhere", "", server.address),
        BucketKey(server.key_id, server.secret),
        retry_seconds=1,
    )
    with pytest.raises(StoreUnavailable, match="no such bucket"):
        list(nowhere.names())


def test_a_server_that_is_away_is_a_sentence() -> None:
    away = BucketStore(
        Bucket("emeritus-test", "", "http://127.0.0.1:9"), BucketKey("a", "b"), retry_seconds=1
    )
    for act in (
        lambda: away.create("a", b""),
        lambda: away.read("a"),
        lambda: away.size("a"),
        lambda: away.read_range("a", 0, 1),
        lambda: list(away.names()),
        lambda: away.replace("a", b"", expected=b"x"),
        lambda: away.remove("a"),
    ):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            act()


@pytest.mark.long
@pytest.mark.timeout(300)
def test_what_was_acknowledged_survives_a_killed_server() -> None:
    with bucket_server() as running:
        running.make_bucket("emeritus-test")
        store = store_on(running, "killed", seconds=90)
        made = [f"objects/{number:03d}" for number in range(200)]
        for number, name in enumerate(made):
            store.create(name, name.encode() * 50)
            if number == 100:
                running.kill()
                running.start()
        assert list(store.names()) == made
        assert all(store.read(name) == name.encode() * 50 for name in made)
        with pytest.raises(NotInStore):
            store.read("objects/999")


@pytest.mark.parametrize(
    ("location", "bucket"),
    [
        ("s3://models", Bucket("models")),
        ("s3://models/a/b/", Bucket("models", "a/b")),
        (
            "s3://models/a?endpoint=https://s3.example.org&region=eu-1",
            Bucket("models", "a", "https://s3.example.org", "eu-1"),
        ),
        ("gs://models/a", Bucket("models", "a", "", "", "gs")),
        (
            "az://models?endpoint=https://x.example.org",
            Bucket("models", "", "https://x.example.org", "", "az"),
        ),
    ],
)
def test_a_location_is_read(location: str, bucket: Bucket) -> None:
    assert bucket_at(location) == bucket


@pytest.mark.parametrize(
    "location",
    [
        "s3://",
        "http://models/a",
        "s3://key:secret@models/a",
        "s3://models/a?secret=x",
        "s3://models/../a",
        "s3://models/a?endpoint=ftp://x",
        "gs://models/a?region=eu-1",
        "az://account:key@models/a",
    ],
)
def test_a_location_that_is_none_is_refused(location: str) -> None:
    with pytest.raises(UserError) as told:
        bucket_at(location)
    assert "secret@" not in told.value.message


def test_a_record_is_followed_by_a_bucket(server: BucketServer, tmp_path: Path) -> None:
    home = tmp_path / "home"
    house = found(home)
    deposit(house, tiny_model(tmp_path / "source"))
    where = f"s3://emeritus-test/followed?endpoint={server.address}"
    keys = {
        "EMERITUS_STORE_BUCKET_KEY_ID": "test-key",
        "EMERITUS_STORE_BUCKET_SECRET": "test-secret",
    }

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return emeritus(*words, home=home, env=keys)

    assert run("stores", "add", "bucket", where, "--place", "elsewhere").returncode == 0
    brought = run("replicate")
    assert brought.returncode == 0, brought.stderr
    assert "read back  tiny" in brought.stdout
    assert "1 verified" in run("stores", "list").stdout
    assert run("audit", "tiny", "--store", "bucket").returncode == 0
    (pack,) = (home / "store/packs").iterdir()
    pack.write_bytes(b"spoilt")
    assert run("restore", "tiny", str(tmp_path / "out")).returncode == 0
    expected = (tmp_path / "source/tiny.gguf").read_bytes()
    assert (tmp_path / "out/tiny.gguf").read_bytes() == expected
    mended = run("repair")
    assert mended.returncode == 0, mended.stderr
    assert f"packs/{pack.name} from bucket" in mended.stdout
    assert verify(home / "store").is_whole
    secret = "test-secret"
    assert all(secret not in path.read_text(errors="replace") for path in home.glob("*.json"))
    refused = emeritus("replicate", home=home, env={**keys, "EMERITUS_STORE_BUCKET_SECRET": "x"})
    assert refused.returncode == 7
    assert "refuses the key" in refused.stderr
