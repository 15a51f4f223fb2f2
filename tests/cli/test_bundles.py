"""The commands export and import: what they answer, and what they refuse."""

import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emeritus.assembly import open_house
from emeritus.cli.main import main
from tests.journeys.houses import deposit, found, tiny_model

Run = Callable[..., tuple[int, str, str]]
"""Runs a command here; returns its exit status, and what it wrote to its two streams."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    house = found(folder / "home")
    deposit(house, tiny_model(folder / "source"), "one")
    (folder / "source" / "more.txt").write_text("more", encoding="utf-8")
    deposit(house, folder / "source", "two")
    return house.home


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Run:
    def call(*arguments: str | Path, at: Path = home) -> tuple[int, str, str]:
        try:
            main([*map(str, arguments), "--home", str(at)])
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_out_checked_and_in(run: Run, tmp_path: Path, home: Path) -> None:
    bundle, new = tmp_path / "one.tar", tmp_path / "new"
    status, out, err = run("export", "one", bundle)
    assert status == 0
    assert "the record of one up to entry" in out
    assert "Left out, since other models need it and not one:" in out
    assert "writing: " in err
    status, out, _ = run("verify", bundle)
    assert status == 0
    assert out.startswith("A bundle: the record of one up to entry")
    assert "the weights of two" in out
    status, out, _ = run("import", bundle, at=new)
    assert status == 0
    assert "It has no keys" in out
    status, out, _ = run("import", bundle, "--json", at=new)
    said = json.loads(out)
    assert (status, said["founded"], said["files"], said["models"]) == (0, False, 0, ["one"])
    assert run("verify", at=new)[0] == 0
    assert run("restore", "one", tmp_path / "back", at=new)[0] == 0
    status, _, err = run("restore", "two", tmp_path / "no", at=new)
    assert status == 3
    status, _, err = run("deposit", tmp_path / "back", "three", at=new)
    assert status == 8
    assert open_house(home).record.rebuild().differing == ()


def test_a_store_without_packs_is_checked_as_such(run: Run, tmp_path: Path, home: Path) -> None:
    store = shutil.copytree(home / "store", tmp_path / "store")
    shutil.rmtree(store / "packs")
    status, out, err = run("verify", store)
    assert status == 6
    assert "packs/" in err
    status, out, _ = run("verify", store, "--no-weights", "--json")
    assert status == 0
    assert json.loads(out)["without"] == ["one", "two"]
    status, out, _ = run("verify", store, "--no-weights")
    assert "Left out on purpose, and so not checked: the weights of one, two" in out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("export",), 2, "expected 'emeritus export NAME FILE'"),
        (("export", "one"), 2, "expected 'emeritus export NAME FILE'"),
        (("export", "--all"), 2, "expected 'emeritus export NAME FILE'"),
        (("export", "--all", "a", "b"), 2, "expected 'emeritus export NAME FILE'"),
        (("export", "one", "a.tar", "--site", "folder"), 2, "expected 'emeritus export NAME"),
        (("export", "nobody", "a.tar"), 3, "nobody"),
        (("export", "nobody", "--site", "folder"), 3, "nobody"),
        (("export", "one", "there"), 4, "--force"),
        (("import", "nothing.tar"), 2, "found none"),
        (("import", "there"), 2, "another file"),
        (("import", "theirs.tar"), 2, "another file"),
        (("verify", "theirs.tar"), 2, "found another file"),
        (("import", "good.tar", "--key", "x"), 2, "another key"),
    ],
)
def test_what_is_refused(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_bytes(b"mine")
    with tarfile.open("theirs.tar", "w") as tar:
        tar.add("there")
    if "good.tar" in arguments:
        assert run("export", "--all", "good.tar")[0] == 0
    before = sorted(tmp_path.iterdir())
    found_, out, err = run(*arguments)
    assert (found_, out) == (status, "")
    (sentence,) = [line for line in err.splitlines() if line.startswith("emeritus: ")]
    assert said in sentence
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_with_other_things_becomes_no_home(run: Run, tmp_path: Path) -> None:
    assert run("export", "--all", tmp_path / "all.tar")[0] == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine", encoding="utf-8")
    status, out, err = run("import", tmp_path / "all.tar", at=tmp_path / "mine")
    assert (status, out, "holds something already" in err) == (4, "", True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
    (tmp_path / "begun" / "store").mkdir(parents=True)
    assert run("import", tmp_path / "all.tar", at=tmp_path / "begun")[0] == 0


def test_an_address_without_a_site_is_refused(run: Run, tmp_path: Path) -> None:
    status, out, err = run("export", "one", tmp_path / "x.tar", "--address", "https://a.example/")
    assert (status, out, "say --site FOLDER too" in err) == (2, "", True)
    assert not (tmp_path / "x.tar").exists()
    status, _, err = run("export", "one", "--site", tmp_path / "s", "--address", "a place")
    assert (status, "expected an address such as" in err) == (2, True)
    assert not (tmp_path / "s").exists()


def test_what_lies_in_place_is_no_leftover(run: Run, tmp_path: Path) -> None:
    house = found(tmp_path / "home")
    source = tiny_model(tmp_path / "source")
    assert run("deposit", source, "old", "--in-place", "oslo", at=house.home)[0] == 0
    status, out, _ = run("verify", at=house.home)
    assert (status, "its files lie in oslo" in out, "leftover" in out) == (0, True, False)


def test_a_site_is_written_and_its_address_told(run: Run, tmp_path: Path) -> None:
    status, out, _ = run(
        "export", "--all", "--site", tmp_path / "s", "--address", "https://a.example/x/", "--json"
    )
    assert status == 0
    assert json.loads(out)["pages"] > 5
    assert (tmp_path / "s" / "index.html").is_file()
    ends = (tmp_path / "s" / ".well-known" / "model-eol.json").read_text(encoding="utf-8")
    assert "https://a.example/x/models/one/" in ends
