"""A folder that nobody prepared comes back byte-identical in all four ways."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import snapshot_download

from emeritus.access import Shelf, set_access
from emeritus.api import hub_routes
from emeritus.assembly import ENTRY_TYPES, House, HouseSite, open_house
from emeritus.custody import restore_model
from emeritus.custody.bundles.checking import verify_bundle
from emeritus.custody.bundles.export import export, load_bundle
from emeritus.foundation import Silent
from emeritus.record.index import dump
from emeritus.testing.serving import running
from emeritus.vault.bundle import open_bundle
from emeritus.vault.codec.pieces import PIECE_BYTES
from emeritus.web.app import Parts
from tests.journeys.houses import deposit, emeritus, found, random_gguf

NAME = "a-folder"


def weird_safetensors() -> bytes:
    """Return safetensors whose header has odd spaces, an order of its own, and a model's words."""
    data = os.urandom(4096) + bytes(1024)
    header = (
        b'{ "z":{"data_offsets":[4096,5120],"shape":[512],"dtype":"BF16"} ,\n'
        b'  "__metadata__": {"said": "</script> \\u00e4 \\ud83d\\ude42", "format":"pt"},\t'
        b'"a.b": {"dtype":"F32", "shape":[32,32],"data_offsets":[0,4096]}}      '
    )
    return struct.pack("<Q", len(header)) + header + data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("in") / "Folder (1) of nobody"
    deep = made / "sub folder" / "déjà vu" / "深い" / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (made / "model-00001.gguf").write_bytes(random_gguf(3, 2 * PIECE_BYTES + 4))
    (made / "twin.gguf").write_bytes((made / "model-00001.gguf").read_bytes())
    (made / "odd.safetensors").write_bytes(weird_safetensors())
    (made / "empty").touch()
    (deep / "also empty.bin").touch()
    (deep / "n\u00f6tes #1 & more; 100%.md").write_text("# Hi\r\n\ttabs \u2028", encoding="utf-8")
    (made / "--all").write_text("a name like an option\n", encoding="utf-8")
    (made / "config.json").write_bytes(b'\xef\xbb\xbf{"a": 1,}\n')
    (made / "noise").write_bytes(os.urandom(PIECE_BYTES + 17))
    return made


@pytest.fixture(scope="module")
def house(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = found(tmp_path_factory.mktemp("house") / "home")
    deposit(house, folder, NAME)
    deposit(house, folder / "noise", "another", opaque=True)
    set_access(house.record, NAME, call="everyone", weights="everyone", actor="steward")
    return house


def content(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".cache" not in path.relative_to(folder).parts
    }


def test_one_restored(house: House, folder: Path, tmp_path: Path) -> None:
    restore_model(house.record, NAME, tmp_path / "out", paths=None, progress=Silent())
    assert content(tmp_path / "out") == content(folder)


def test_two_by_the_reader_in_an_unpacked_bundle(
    house: House, folder: Path, tmp_path: Path
) -> None:
    bundle, store = tmp_path / "b.tar", tmp_path / "store"
    export(load_bundle(house.record, NAME), bundle, over=False, progress=Silent())
    store.mkdir()
    subprocess.run(["tar", "xf", bundle, "-C", store], check=True)

    def read(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-I", store / "read_emeritus.py", store, *words],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )

    done = read("restore", NAME, tmp_path / "o")
    assert done.returncode == 0, done.stderr
    assert content(tmp_path / "o") == content(folder)
    done = read("verify")
    assert done.returncode == 0, done.stderr
    assert "left out on purpose" in done.stdout
    (store / "packs").rename(tmp_path / "elsewhere")
    assert read("verify").returncode == 1


def test_three_exported_imported_and_restored(house: House, folder: Path, tmp_path: Path) -> None:
    bundle, home = tmp_path / "b.tar", tmp_path / "home"
    with bundle.open("wb") as out:
        done = subprocess.run(
            [sys.executable, "-m", "emeritus", "export", NAME, "-", "--home", house.home],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    with open_bundle(bundle) as opened:
        checked = verify_bundle(opened, ENTRY_TYPES, vkey=house.vkey, progress=Silent())
    assert (checked.is_whole, checked.without, checked.findings) == (True, ["another"], [])
    done = emeritus("import", bundle, "--key", house.vkey, "--json", home=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["founded"]
    here = open_house(home)
    restore_model(here.record, NAME, tmp_path / "out", paths=None, progress=Silent())
    assert content(tmp_path / "out") == content(folder)
    with here.record.read() as one, house.record.read() as two:
        assert dump(one) == dump(two)
    assert here.record.rebuild().differing == ()


def test_four_by_the_client_of_the_hub(house: House, folder: Path, tmp_path: Path) -> None:
    routes = hub_routes(Shelf(house.record, house.clock))
    with running(HouseSite(house), Parts(routes=routes)) as address:
        got = snapshot_download(
            NAME,
            endpoint=address + "hub",
            local_dir=tmp_path / "plain",
            cache_dir=tmp_path / "cache",
            token=False,
        )
    assert content(Path(got)) == content(folder)
    assert house.record.rebuild().differing == ()
