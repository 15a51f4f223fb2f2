"""The real small model on the real engine, by the commands that a person types."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emeritus.assembly.demonstration import FILE_NAME, MODEL_NAME, MODEL_SHA256
from emeritus.foundation import sha256_hex
from tests.journeys.houses import emeritus

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def home(real_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Take the real model into care and drill it once; its source is removed before the drill."""
    folder = tmp_path_factory.mktemp("real")
    home = folder / "home"
    source = Path(shutil.copy(real_gguf, folder / FILE_NAME))
    for arguments in (
        ("init", "--policy", "demonstration", "--steward", "Test steward"),
        ("deposit", str(source), MODEL_NAME),
        ("audit", MODEL_NAME),
    ):
        done = emeritus(*arguments, home=home)
        assert done.returncode == 0, done.stderr
    source.unlink()
    done = emeritus("drill", MODEL_NAME, home=home)
    assert done.returncode == 0, done.stderr
    yield home
    shutil.rmtree(folder)


def show(home: Path) -> dict[str, object]:
    done = emeritus("show", MODEL_NAME, "--json", home=home)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_it_is_proven_and_smaller(home: Path) -> None:
    shown = show(home)
    assert shown["custody"] == "proven"
    assert isinstance(shown["stored_bytes"], int)
    assert isinstance(shown["raw_bytes"], int)
    assert shown["stored_bytes"] < shown["raw_bytes"]
    promised = "name identity service custody copies last_drill raw_bytes stored_bytes"
    for field in [*promised.split(), "interviews", "requests", "posts", "journal", "ledger_size"]:
        assert field in shown


def test_drilled_again_it_answers_the_same(home: Path) -> None:
    prints = []
    for _ in range(2):
        done = emeritus("drill", MODEL_NAME, "--json", home=home)
        assert done.returncode == 0, done.stderr
        prints.append(json.loads(done.stdout)["fingerprint"])
    assert prints[0] == prints[1]
    assert prints[0].startswith("sha256:")


def test_the_home_works_elsewhere(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home, tmp_path / "elsewhere")
    before = show(home)
    assert show(tmp_path / "elsewhere") == before
    done = emeritus("drill", MODEL_NAME, "--json", home=tmp_path / "elsewhere")
    assert json.loads(done.stdout)["comparison"] == "identical", done.stderr


def test_the_reader_gives_back_the_identical_file(home: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    zstd = shutil.which("zstd")
    assert zstd is not None, "the zstd program is needed: apt-get install zstd"
    (tools / "zstd").symlink_to(zstd)
    store = shutil.copytree(home / "store", tmp_path / "store")
    command = ["/usr/bin/env", "-i", f"PATH={tools}", os.path.realpath(sys.executable), "-I"]
    command += [str(store / "read_emeritus.py"), str(store)]
    done = subprocess.run(
        [*command, "restore", MODEL_NAME, str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sha256_hex((tmp_path / "out" / FILE_NAME).read_bytes()) == MODEL_SHA256
    listed = subprocess.run([*command, "list"], capture_output=True, text=True, check=True)
    assert MODEL_NAME in listed.stdout
    checked = subprocess.run([*command, "verify"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_it_runs_without_us(home: Path) -> None:
    last = show(home)["last_drill"]
    assert isinstance(last, dict)
    assert last["plain_run"] == "agrees", last["plain_run_said"]
    assert last["plain_run_said"].startswith("16 of 16 tokens are the same")


def test_a_stranger_restores_it_and_runs_it_with_numpy_alone(home: Path, tmp_path: Path) -> None:
    store = shutil.copytree(home / "store", tmp_path / "store")
    zstd = shutil.which("zstd")
    assert zstd is not None, "the zstd program is needed: apt-get install zstd"
    alone = ["/usr/bin/env", "-i", f"PATH={Path(zstd).parent}", "OPENBLAS_NUM_THREADS=1"]
    alone += [sys.executable, "-I"]

    def told(*words: str) -> str:
        done = subprocess.run(
            [*alone, *words], cwd=store, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    model = str(tmp_path / "out" / FILE_NAME)
    told("read_emeritus.py", ".", "restore", MODEL_NAME, str(tmp_path / "out"))
    said = told("run_emeritus.py", model, "--prompt", "The capital of France is", "--tokens", "2")
    assert said == " Paris.\n"
    objects = (path for path in (store / "objects").rglob("*") if path.is_file())
    (taken, *_) = (path for path in objects if path.read_bytes().startswith(b'{"answers":'))
    said = told("run_emeritus.py", model, "--against", str(taken.relative_to(store)))
    assert said.count("log-probabilities differ by") == 6
    assert said.endswith("This arithmetic agrees with what the engine answered.\n")


def test_restore_gives_back_one_file_or_all(home: Path, tmp_path: Path) -> None:
    done = emeritus("restore", MODEL_NAME, tmp_path / "all", home=home)
    assert done.returncode == 0, done.stderr
    assert sha256_hex((tmp_path / "all" / FILE_NAME).read_bytes()) == MODEL_SHA256
    one = emeritus("restore", MODEL_NAME, tmp_path / "one", "--file", FILE_NAME, home=home)
    assert one.returncode == 0, one.stderr
    again = emeritus("restore", MODEL_NAME, tmp_path / "all", home=home)
    assert again.returncode == 4
    assert "holds something already" in again.stderr
    other = emeritus("restore", MODEL_NAME, tmp_path / "no", "--file", "absent", home=home)
    assert other.returncode == 3
    assert not (tmp_path / "no").exists()


def test_rebuild_gives_the_same_answers(home: Path, tmp_path: Path) -> None:
    elsewhere = Path(shutil.copytree(home, tmp_path / "home"))
    before = show(elsewhere)
    for file in elsewhere.glob("index.sqlite*"):
        file.unlink()
    done = emeritus("rebuild", "--json", home=elsewhere)
    assert done.returncode == 0, done.stderr
    assert show(elsewhere) == before
