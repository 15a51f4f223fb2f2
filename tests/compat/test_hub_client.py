"""The real client of the Hugging Face Hub downloads from a record."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import HfApi, RepoFile, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from emeritus.access import Shelf, set_access
from emeritus.api import hub_routes
from emeritus.assembly import House, HouseSite
from emeritus.testing.serving import running
from emeritus.vault.codec.pieces import PIECE_BYTES
from emeritus.web.app import Parts
from tests.journeys.houses import deposit, found, random_gguf

NAME = "a-folder"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder that nobody prepared: weights, texts, an empty file, names with spaces."""
    made = tmp_path_factory.mktemp("in") / "folder"
    (made / "sub folder" / "deep").mkdir(parents=True)
    (made / "model.gguf").write_bytes(random_gguf(3, 2 * PIECE_BYTES + 4))
    (made / "config.json").write_text('{"a": 1}\n', encoding="utf-8")
    (made / "empty").write_bytes(b"")
    (made / "sub folder" / "deep" / "n\u00f6tes (1).md").write_text("# Hi\n", encoding="utf-8")
    (made / "twin.gguf").write_bytes((made / "model.gguf").read_bytes())
    return made


@pytest.fixture(scope="module")
def served(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, str]]:
    house = found(tmp_path_factory.mktemp("house") / "home")
    deposit(house, folder, NAME)
    deposit(house, folder / "model.gguf", "closed")
    set_access(house.record, NAME, call="everyone", weights="everyone", actor="steward")
    routes = hub_routes(Shelf(house.record, house.clock))
    with running(HouseSite(house), Parts(routes=routes)) as address:
        yield house, address + "hub"


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }


def test_a_snapshot_is_the_folder(served: tuple[House, str], folder: Path, tmp_path: Path) -> None:
    _, endpoint = served
    got = snapshot_download(NAME, endpoint=endpoint, cache_dir=tmp_path / "cache", token=False)
    assert _files(Path(got)) == _files(folder)
    plain = tmp_path / "plain"
    snapshot_download(
        NAME, endpoint=endpoint, local_dir=plain, cache_dir=tmp_path / "other", token=False
    )
    assert _files(plain) == _files(folder)


def test_the_revision_is_the_identity_and_can_be_pinned(
    served: tuple[House, str], folder: Path, tmp_path: Path
) -> None:
    house, endpoint = served
    about = HfApi(endpoint=endpoint, token=False).model_info(NAME)
    identity = HouseSite(house).dossier(NAME).identity.removeprefix("sha256:")
    assert about.sha == identity[:40]
    got = hf_hub_download(
        NAME,
        "config.json",
        revision=about.sha,
        endpoint=endpoint,
        cache_dir=tmp_path,
        token=False,
    )
    assert Path(got).read_bytes() == (folder / "config.json").read_bytes()


def test_a_download_that_broke_off_goes_on(
    served: tuple[House, str], folder: Path, tmp_path: Path
) -> None:
    _, endpoint = served
    wanted = (folder / "model.gguf").read_bytes()
    api = HfApi(endpoint=endpoint, token=False)
    files = [one for one in api.list_repo_tree(NAME, recursive=True) if isinstance(one, RepoFile)]
    entry = next(one for one in files if one.path == "model.gguf")
    assert entry.lfs is not None
    blobs = tmp_path / f"models--{NAME}" / "blobs"
    blobs.mkdir(parents=True)
    left = blobs / f"{entry.lfs.sha256}.incomplete"
    left.write_bytes(wanted[: PIECE_BYTES + 77])
    got = hf_hub_download(NAME, "model.gguf", endpoint=endpoint, cache_dir=tmp_path, token=False)
    assert Path(got).read_bytes() == wanted


def test_what_is_not_there_raises_what_users_catch(
    served: tuple[House, str], tmp_path: Path
) -> None:
    _, endpoint = served
    api = HfApi(endpoint=endpoint, token=False)
    with pytest.raises(RepositoryNotFoundError):
        api.model_info("nobody")
    with pytest.raises(RevisionNotFoundError):
        api.model_info(NAME, revision="v2")
    with pytest.raises(GatedRepoError, match="not for everyone"):
        api.model_info("closed")
    with pytest.raises(EntryNotFoundError):
        hf_hub_download(NAME, "no.txt", endpoint=endpoint, cache_dir=tmp_path, token=False)
    with pytest.raises(GatedRepoError):
        hf_hub_download("closed", "model.gguf", endpoint=endpoint, cache_dir=tmp_path, token=False)


def test_damage_is_no_file(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = found(tmp_path / "home")
    deposit(house, folder, NAME)
    set_access(house.record, NAME, call="everyone", weights="everyone", actor="steward")
    (pack,) = (house.home / "store" / "packs").iterdir()
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(bytes(data))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
    routes = hub_routes(Shelf(house.record, house.clock))
    with running(HouseSite(house), Parts(routes=routes)) as address:
        endpoint = address + "hub"
        with pytest.raises(Exception, match=r"(?i)500|incomplete|consistency|peer closed|closed"):
            hf_hub_download(
                NAME, "model.gguf", endpoint=endpoint, cache_dir=tmp_path / "c", token=False
            )
        assert not list((tmp_path / "c").rglob("model.gguf"))
        got = hf_hub_download(
            NAME, "config.json", endpoint=endpoint, cache_dir=tmp_path / "c", token=False
        )
    assert Path(got).read_bytes() == (folder / "config.json").read_bytes()


def test_hf_download_in_a_terminal(served: tuple[House, str], folder: Path, tmp_path: Path) -> None:
    _, endpoint = served
    done = subprocess.run(
        [Path(sys.executable).parent / "hf", "download", NAME, "--local-dir", tmp_path / "out"],
        env={**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert _files(tmp_path / "out") == _files(folder)
