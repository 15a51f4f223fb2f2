"""The two files without which no command begins are made anew by the home's own key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from emeritus.assembly import mend_front, open_house
from emeritus.foundation import EmeritusError, Misconfigured
from emeritus.vault import Damaged
from tests.journeys.houses import deposit, emeritus, found, tiny_model, verify

FILES = ("store.json", "keys/ledger.vkey")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:9])


def flip(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"1", b"q").replace(b"+", b"-", 1))


def fill(file: Path) -> None:
    file.write_bytes(b"\xff" * 80)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    return house.home


@pytest.mark.parametrize("spoil", [cut, flip, fill, Path.unlink])
@pytest.mark.parametrize("name", FILES)
def test_what_cannot_be_read_is_made_anew(
    home: Path, name: str, spoil: Callable[[Path], None]
) -> None:
    file = home / "store" / name
    before = file.read_bytes()
    spoil(file)
    with pytest.raises(EmeritusError):
        open_house(home)
    (done,) = mend_front(home)
    assert (done.store, done.file, done.source) == ("primary", name, "key")
    assert bool(done.aside) == (spoil is not Path.unlink)
    assert file.read_bytes() == before
    assert mend_front(home) == []
    open_house(home)


def test_by_the_command_it_is_entered(home: Path) -> None:
    for name in FILES:
        cut(home / "store" / name)
    assert emeritus("show", "tiny", home=home).returncode != 0
    done = emeritus("repair", home=home)
    assert done.returncode == 0, done.stderr
    for name in FILES:
        assert f"{name} from key" in done.stdout
    assert verify(home / "store").is_whole
    assert emeritus("repair", home=home).stdout.startswith("Nothing is damaged")


def test_anothers_store_is_left_alone(home: Path, tmp_path: Path) -> None:
    other = found(tmp_path / "other").home
    (other / "keys/ledger.key").rename(home / "keys/ledger.key")
    cut(home / "store/store.json")
    assert mend_front(home) == []
    with pytest.raises(Damaged):
        open_house(home)
    (home / "keys/ledger.key").unlink()
    assert mend_front(home) == []
    (home / "keys/ledger.key").write_text("no key")
    with pytest.raises(Misconfigured):
        mend_front(home)
