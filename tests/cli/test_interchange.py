"""A model goes to another archive and comes back, by the commands that a person would type."""

import json
from pathlib import Path

import pytest

from emeritus.cli.main import main
from tests.custody.interchange.parcels import content, unprepared
from tests.journeys.houses import deposit, found, verify

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    house = found(tmp_path / "home")
    deposit(house, unprepared(tmp_path / "source"))
    return house.home


def said(capsys: Capture, home: Path, *arguments: str | Path) -> str:
    main([*map(str, arguments), "--home", str(home)])
    return capsys.readouterr().out


def refused(capsys: Capture, home: Path, *arguments: str | Path) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments), "--home", str(home)])
    told = capsys.readouterr().err.splitlines()
    (sentence,) = [line for line in told if line.startswith("emeritus: ")]
    return ended.value.code, sentence


def test_a_person_hands_a_model_on_and_takes_it_back(
    tmp_path: Path, home: Path, capsys: Capture
) -> None:
    bag, root = tmp_path / "bag", tmp_path / "root"
    assert "tiny is a bag in" in said(capsys, home, "interchange", "to-bag", "tiny", bag)
    told = said(capsys, home, "interchange", "to-ocfl", "tiny", root, "--json")
    assert json.loads(told)["version"] == "v1"
    assert "nothing was written" in said(capsys, home, "interchange", "to-ocfl", "tiny", root)

    told = said(capsys, home, "interchange", "from-bag", bag, "one", "--json")
    assert json.loads(told)["form"] == "bagit"
    told = said(capsys, home, "interchange", "from-ocfl", root, "two", "--version", "v1")
    assert "matched the digests of the OCFL object" in told
    for name in ("one", "two"):
        said(capsys, home, "restore", name, tmp_path / name)
        assert content(tmp_path / name) == content(tmp_path / "source")
    assert verify(home / "store").models == ["tiny", "one", "two"]


def test_what_cannot_be_ends_with_a_sentence_and_its_status(
    tmp_path: Path, home: Path, capsys: Capture
) -> None:
    bag = tmp_path / "bag"
    said(capsys, home, "interchange", "to-bag", "tiny", bag)
    status, sentence = refused(capsys, home, "interchange", "to-bag", "tiny", bag)
    assert (status, "there already" in sentence) == (4, True)
    status, _ = refused(capsys, home, "interchange", "from-bag", bag, "tiny")
    assert status == 4
    (bag / "data/config.json").write_bytes(b"[]")
    status, sentence = refused(capsys, home, "interchange", "from-bag", bag, "three")
    assert (status, "config.json" in sentence) == (6, True)
    status, sentence = refused(capsys, home, "interchange", "from-bag", tmp_path / "source", "four")
    assert (status, "no bagit.txt" in sentence) == (2, True)
    status, _ = refused(capsys, home, "interchange", "to-ocfl", "nobody", tmp_path / "root")
    assert status == 3
    assert not (tmp_path / "root").exists()
    assert verify(home / "store").models == ["tiny"]
