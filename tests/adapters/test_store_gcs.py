"""A store in a bucket of a model of Google's XML API; nothing here was run on the real thing."""

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.adapters.stores.buckets import Bucket, BucketKey, BucketOriginals, BucketStore
from emeritus.testing.gcs_server import ACCOUNT, GcsModel, gcs_model
from emeritus.vault.errors import StoreChanged, StoreUnavailable
from tests.contracts.store_contract import StoreContract
from tests.journeys.houses import emeritus, found, tiny_model

_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[GcsModel]:
    with gcs_model() as running:
        yield running


def place(server: GcsModel, prefix: str) -> tuple[Bucket, BucketKey]:
    return Bucket("bucket", prefix, server.address, "", "gs"), BucketKey("", ACCOUNT)


@pytest.fixture
def store(server: GcsModel) -> BucketStore:
    return BucketStore(*place(server, f"prefix/{next(_numbers)}"), retry_seconds=2)


class TestGcsStore(StoreContract):
    @pytest.fixture
    def store(self, server: GcsModel) -> BucketStore:
        return BucketStore(*place(server, f"contract/{next(_numbers)}"), retry_seconds=2)


def test_equal_bytes_of_another_generation_are_not_replaced(
    server: GcsModel, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.create("log/checkpoint", b"one")
    put, prefix = server.put, store.bucket.prefix

    def meanwhile(name: str, data: bytes, expected: str | None) -> object:
        put(f"{prefix}/log/checkpoint", b"one", None)
        return put(name, data, expected)

    monkeypatch.setattr(server, "put", meanwhile)
    with pytest.raises(StoreChanged):
        store.replace("log/checkpoint", b"two", expected=b"one")
    assert store.read("log/checkpoint") == b"one"


def test_a_large_upload_comes_back_and_long_listings_are_whole(store: BucketStore) -> None:
    block = bytes(range(256)) * 4096
    with store.upload() as upload:
        for _ in range(20):
            upload.write(block)
        assert upload.commit("packs/large")
    assert store.read("packs/large") == block * 20
    names = [f"objects/{number:03d}" for number in range(250)]
    for name in names:
        store._made(name, b"")
    assert list(store.names("objects/")) == names


def test_a_server_that_is_away_is_a_sentence() -> None:
    away = Bucket("bucket", "", "http://127.0.0.1:9", "", "gs")
    with pytest.raises(StoreUnavailable, match="does not answer"):
        BucketStore(away, BucketKey("", ACCOUNT), retry_seconds=1).read("a")


def test_weights_are_adopted_and_a_record_is_followed(server: GcsModel, tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    keys = {
        "EMERITUS_STORE_GOOGLE_SECRET": ACCOUNT,
        "EMERITUS_STORE_IN_PLACE_TINY_SECRET": ACCOUNT,
    }

    def run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        done = emeritus(*words, home=home, env=keys)
        assert done.returncode == 0, done.stderr
        return done

    query = f"?endpoint={server.address}"
    server.put("theirs/tiny.gguf", tiny_model(tmp_path / "source").read_bytes(), None)
    originals = BucketOriginals(*place(server, "theirs"))
    assert [one.path for one in originals.listed()] == ["tiny.gguf"]
    assert originals.listed()[0].mark == originals.mark("tiny.gguf")
    run("deposit", f"gs://bucket/theirs{query}", "tiny", "--in-place", "lab")
    run("pack", "tiny")
    run("stores", "add", "google", f"gs://bucket/followed{query}", "--place", "elsewhere")
    assert "read back  tiny" in run("replicate").stdout
    assert '"kind": "gs"' in run("stores", "list", "--json").stdout
    assert "private_key" not in (home / "stores.json").read_text()
