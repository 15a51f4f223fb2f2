"""What is in no store is saved and comes back, and nothing that is there is replaced."""

import errno
import os
import stat
import tarfile
from pathlib import Path

import pytest

from emeritus.assembly import backup_home, open_house, restore_home
from emeritus.assembly.errors import HomeExists
from emeritus.assembly.private_files import write_private
from emeritus.foundation import Conflict, UserError
from tests.journeys.houses import found

PARTS = ("keys/ledger.key", "keys/oms.key", "private.sqlite")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found(tmp_path / "home").private.set_contact("steward", "desk@example.org")
    return tmp_path / "home"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_lost_part_comes_back(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "backup.tar"
    assert sorted(backup_home(home, target)) == list(PARTS)
    assert mode(target) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["backup.tar"]
    for part in PARTS:
        (home / part).unlink()
    assert open_house(home).record.is_read_only
    assert restore_home(home, target) == PARTS
    house = open_house(home)
    assert not house.record.is_read_only
    assert house.private.contact("steward") == "desk@example.org"
    assert {mode(home / part) for part in PARTS[:2]} == {0o600}
    assert restore_home(home, target) == ()


def test_an_existing_backup_is_not_replaced(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    target.write_bytes(b"mine")
    with pytest.raises(Conflict, match="new file"):
        backup_home(home, target)
    assert target.read_bytes() == b"mine"


def test_another_key_is_not_replaced_and_nothing_is_written(home: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    backup_home(home, target)
    (home / "keys" / "oms.key").unlink()
    (home / "keys" / "ledger.key").write_text("another")
    with pytest.raises(HomeExists, match=r"ledger\.key.*nothing was written"):
        restore_home(home, target)
    assert not (home / "keys" / "oms.key").exists()


def test_a_home_with_nothing_to_save(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--home"):
        backup_home(tmp_path, tmp_path / "backup.tar")


@pytest.mark.parametrize("name", ["../escaped", "store/store.json", "/etc/escaped"])
def test_a_strange_tar_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "part").write_bytes(b"x")
    with tarfile.open(tmp_path / "backup.tar", "w") as tar:
        tar.add(tmp_path / "part", arcname=name)
    with pytest.raises(UserError, match="not a backup"):
        restore_home(tmp_path / "home", tmp_path / "backup.tar")
    assert not (tmp_path / "home").exists()


def test_what_is_no_tar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "backup.tar").write_bytes(b"no tar")
    with pytest.raises(UserError, match="not a backup"):
        restore_home(tmp_path / "home", tmp_path / "backup.tar")


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        write_private(tmp_path / "secret", b"x")
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_synced_before_and_its_folder_after_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, bool]] = []

    def record(handle: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        seen.append((is_folder, (tmp_path / "secret").exists()))

    monkeypatch.setattr(os, "fsync", record)
    write_private(tmp_path / "secret", b"x")
    assert seen == [(False, False), (True, True)]


def test_what_a_model_has_not_published_comes_back_too(home: Path, tmp_path: Path) -> None:
    draft = home / "drafts" / "journal-7.json"
    draft.parent.mkdir()
    draft.write_bytes(b"{}")
    backup_home(home, tmp_path / "b.tar")
    draft.unlink()
    assert restore_home(home, tmp_path / "b.tar") == ("drafts/journal-7.json",)
    assert (draft.read_bytes(), mode(draft)) == (b"{}", 0o600)
