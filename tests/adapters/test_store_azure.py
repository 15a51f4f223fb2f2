"""A store in a container of Azurite, Microsoft's emulator; `make test-long` installs it."""

import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.adapters.stores.buckets import Bucket, BucketKey, BucketStore
from emeritus.testing.azure_server import ACCOUNT, KEY, AzureServer, azure_server
from emeritus.vault.errors import StoreUnavailable
from tests.contracts.store_contract import StoreContract, counted_by_clients
from tests.journeys.houses import emeritus, found, tiny_model, verify

pytestmark = pytest.mark.long

_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[AzureServer]:
    with azure_server() as running:
        running.make_container("emeritus-test")
        yield running


def store_on(server: AzureServer, prefix: str, *, secret: str = KEY) -> BucketStore:
    there = Bucket("emeritus-test", prefix, server.address, "", "az")
    return BucketStore(there, BucketKey(ACCOUNT, secret), retry_seconds=5)


@pytest.fixture
def store(server: AzureServer) -> BucketStore:
    return store_on(server, f"prefix/{next(_numbers)}")


class TestAzureStore(StoreContract):
    @pytest.fixture
    def store(self, server: AzureServer) -> BucketStore:
        return store_on(server, f"contract/{next(_numbers)}")


def test_a_counter_loses_no_update(server: AzureServer, store: BucketStore) -> None:
    prefix = store.bucket.prefix
    assert counted_by_clients(store, lambda: store_on(server, prefix)) == 40


def test_a_large_upload_comes_back(store: BucketStore) -> None:
    block = bytes(range(256)) * 4096
    with store.upload() as upload:
        for _ in range(40):
            upload.write(block)
        assert upload.commit("packs/large")
    assert store.size("packs/large") == 40 * len(block)
    assert store.read_range("packs/large", 20 * len(block) + 7, 3) == bytes((7, 8, 9))
    with store.open("packs/large") as file:
        assert sum(len(part) for part in iter(lambda: file.read(1 << 20), b"")) == 40 * len(block)


def test_a_wrong_key_and_a_missing_container_are_sentences(server: AzureServer) -> None:
    with pytest.raises(StoreUnavailable, match="refuses the key"):
        store_on(server, "x", secret="d3Jvbmc=").create("a", b"")
    nowhere = Bucket("nowhere", "", server.address, "", "az")
    with pytest.raises(StoreUnavailable, match="no such container"):
        list(BucketStore(nowhere, BucketKey(ACCOUNT, KEY), retry_seconds=1).names())


def test_a_record_is_followed_and_weights_are_adopted(server: AzureServer, tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    query = f"?endpoint={server.address}"
    keys = {
        f"EMERITUS_STORE_{name}_{part}": value
        for name in ("AZURE", "IN_PLACE_TINY")
        for part, value in (("KEY_ID", ACCOUNT), ("SECRET", KEY))
    }

    def run(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        done = emeritus(*words, home=home, env=keys)
        assert done.returncode == 0, done.stderr
        return done

    model = tiny_model(tmp_path / "source").read_bytes()
    store_on(server, "theirs").create("tiny.gguf", model)
    run("deposit", f"az://emeritus-test/theirs{query}", "tiny", "--in-place", "lab")
    run("audit", "tiny")
    run("pack", "tiny")
    run("stores", "add", "azure", f"az://emeritus-test/followed{query}", "--place", "elsewhere")
    assert "read back  tiny" in run("replicate").stdout
    run("audit", "tiny", "--store", "azure")
    (pack,) = (home / "store/packs").iterdir()
    pack.write_bytes(b"spoilt")
    assert f"packs/{pack.name} from azure" in run("repair").stdout
    assert verify(home / "store").is_whole
    run("restore", "tiny", tmp_path / "out")
    assert (tmp_path / "out/tiny.gguf").read_bytes() == model
    assert KEY not in (home / "stores.json").read_text()
