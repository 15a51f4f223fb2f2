"""`LocalStore`: the contract, two processes, strangers' folders, and what it says of failures."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from emeritus.adapters.stores import LocalStore, OsDisk
from emeritus.foundation import UserError
from emeritus.vault.errors import Damaged, NotInStore, StoreUnavailable
from emeritus.vault.ports import Store
from tests.contracts.store_contract import StoreContract, at_once


class TestLocalStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path / "home" / "store")

    @pytest.fixture(autouse=True)
    def nothing_is_left_over(self, tmp_path: Path) -> Iterator[None]:
        yield
        left = [path.name for path in (tmp_path / "home/store/incoming").glob("*")]
        assert left in ([], [".swap"])


class WithoutLinks(OsDisk):
    def link(self, source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(source), None, str(target))


class TestLocalStoreWithoutHardLinks(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Store:
        return LocalStore(tmp_path, WithoutLinks())


class FailingDisk(OsDisk):
    """Fails one kind of call with one errno as long as `on` is set."""

    def __init__(self, call: str, number: int) -> None:
        self.on = True
        self._call = call
        self._number = number

    def _fail(self, call: str) -> None:
        if self.on and call == self._call:
            raise OSError(self._number, os.strerror(self._number))

    def write(self, handle: int, data: memoryview) -> int:
        self._fail("write")
        return super().write(handle, data[:3])

    def fsync(self, handle: int) -> None:
        self._fail("fsync")
        super().fsync(handle)

    def fsync_folder(self, path: Path) -> None:
        if path.name == "objects":
            self._fail("fsync_folder")
        super().fsync_folder(path)

    def mkdir(self, path: Path) -> None:
        self._fail("mkdir")
        super().mkdir(path)

    def link(self, source: Path, target: Path) -> None:
        self._fail("link")
        super().link(source, target)

    def rename(self, source: Path, target: Path) -> None:
        self._fail("rename")
        super().rename(source, target)


def leftovers(root: Path) -> list[Path]:
    return [path for path in (root / "incoming").glob("*") if path.name != ".swap"]


def test_nothing_is_made_before_the_first_write(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")
    assert list(store.names()) == []
    assert store.size("a/b") is None
    store.remove("a/b")
    assert store.sweep() == 0
    assert list(tmp_path.iterdir()) == []


def test_open_existing_wants_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="mounted"):
        LocalStore.open_existing(tmp_path / "unplugged")
    LocalStore(tmp_path / "store").create("a", b"x")
    assert LocalStore.open_existing(tmp_path / "store").read("a") == b"x"


def test_modes_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        LocalStore(tmp_path / "store").create("folder/file", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "store/folder").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "store/folder/file").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("call", ["write", "fsync", "fsync_folder", "mkdir", "link"])
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EACCES])
def test_a_failed_call_acknowledges_nothing(tmp_path: Path, call: str, number: int) -> None:
    disk = FailingDisk(call, number)
    store = LocalStore(tmp_path / "store", disk)
    with pytest.raises(StoreUnavailable) as caught:
        store.create("objects/a", b"0123456789")
    assert str(tmp_path) in str(caught.value)
    assert list(store.names()) in ([], ["objects/a"])
    assert leftovers(tmp_path / "store") == []
    disk.on = False
    LocalStore(tmp_path / "store").create("objects/a", b"0123456789")
    assert store.read("objects/a") == b"0123456789"


def test_a_full_disk_is_told_with_what_was_needed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, FailingDisk("write", errno.ENOSPC))
    with pytest.raises(StoreUnavailable, match=r"is full: writing a needed 10 bytes; free some"):
        store.create("a", b"0123456789")
    with store.upload() as upload:
        with pytest.raises(StoreUnavailable, match=r"is full: .* needed 4 bytes"):
            upload.write(b"more")
        with pytest.raises(StoreUnavailable, match="begin a new one"):
            upload.commit("a")
    assert list(store.names()) == []


def test_a_really_full_file_is_not_half_there(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.create("a", b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(StoreUnavailable):
            store.create("b", bytes(100_000))
        with pytest.raises(StoreUnavailable):
            store.replace("a", bytes(100_000), expected=b"old")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(store.names()) == ["a"]
    assert store.read("a") == b"old"
    assert leftovers(tmp_path) == []


def test_a_forbidden_write_says_whose_right_is_missing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, FailingDisk("mkdir", errno.EACCES))
    with pytest.raises(StoreUnavailable, match="let the user that runs Emeritus"):
        store.create("a/b", b"x")


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC])
def test_a_failed_fsync_of_a_folder_is_never_retried(tmp_path: Path, number: int) -> None:
    disk = FailingDisk("fsync_folder", number)
    store = LocalStore(tmp_path, disk)
    with pytest.raises(StoreUnavailable):
        store.create("objects/a", b"x")
    disk.on = False
    with pytest.raises(StoreUnavailable, match="earlier fsync"):
        store.create("objects/a", b"x")
    assert store.create("elsewhere/a", b"x") is True


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_failed_replace_leaves_the_old_content(tmp_path: Path, call: str) -> None:
    LocalStore(tmp_path).create("a", b"old")
    disk = FailingDisk(call, errno.EIO)
    store = LocalStore(tmp_path, disk)
    # Settling the folders is not what fails here.
    disk.on = False
    store.create("other", b"x")
    disk.on = True
    with pytest.raises(StoreUnavailable):
        store.replace("a", b"new", expected=b"old")
    assert store.read("a") == b"old"
    assert leftovers(tmp_path) == []


def test_a_folder_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.create("folder/a", b"x")
    (tmp_path / "folder/a").unlink()
    (tmp_path / "folder").rmdir()
    with suppress(StoreUnavailable):
        store.create("folder/a", b"x")
    store.create("folder/a", b"x")
    assert store.read("folder/a") == b"x"


def reads(store: LocalStore, name: str) -> list[Callable[[], object]]:
    return [
        lambda: store.read(name),
        lambda: store.read_range(name, 0, 1),
        lambda: store.open(name),
        lambda: store.size(name),
    ]


def writes(store: LocalStore, name: str) -> list[Callable[[], object]]:
    return [
        lambda: store.create(name, b"x"),
        lambda: store.replace(name, b"x", expected=None),
        lambda: store.replace(name, b"x", expected=b"secret"),
        lambda: store.remove(name),
    ]


@pytest.mark.parametrize("outside", [True, False])
def test_a_linked_file_is_never_followed(tmp_path: Path, *, outside: bool) -> None:
    target = tmp_path / ("secret" if outside else "store/real")
    (tmp_path / "store").mkdir()
    target.write_bytes(b"secret")
    (tmp_path / "store/link").symlink_to(target)
    store = LocalStore(tmp_path / "store")
    for act in reads(store, "link") + writes(store, "link"):
        with pytest.raises(Damaged, match="symbolic link"):
            act()
    assert "link" in list(store.names())
    assert target.read_bytes() == b"secret"


def test_a_linked_folder_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_bytes(b"secret")
    (tmp_path / "store").mkdir()
    (tmp_path / "store/folder").symlink_to(tmp_path / "outside")
    store = LocalStore(tmp_path / "store")
    for act in reads(store, "folder/file") + writes(store, "folder/new"):
        with pytest.raises(Damaged, match="symbolic link"):
            act()
    with pytest.raises(Damaged, match="symbolic link"):
        list(store.names("folder/"))
    assert list(store.names()) == ["folder"]
    assert [path.name for path in (tmp_path / "outside").iterdir()] == ["file"]


def test_a_pipe_neither_blocks_nor_reads(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    store = LocalStore(tmp_path)
    for act in reads(store, "pipe"):
        with pytest.raises(Damaged):
            act()


def test_a_root_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    LocalStore(tmp_path / "link").create("a", b"x")
    assert (tmp_path / "real/a").read_bytes() == b"x"


def test_what_no_store_wrote_is_passed_over(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.create("a", b"x")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / os.fsdecode(b"\xff")).write_bytes(b"x")
    (tmp_path / "with space").write_bytes(b"x")
    assert list(store.names()) == ["a"]


def test_a_folder_below_a_file_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    store = LocalStore(tmp_path / "file" / "store")
    with pytest.raises((UserError, StoreUnavailable)):
        store.create("a", b"x")
    with pytest.raises(NotInStore):
        store.read("a")


def test_sweep_removes_the_dead_and_spares_the_living(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    with store.upload() as living:
        living.write(b"living")
        (tmp_path / "incoming/deadbeef").write_bytes(b"of a process that died")
        assert LocalStore(tmp_path).sweep() == 1
        assert living.commit("a") is True
    assert store.read("a") == b"living"
    assert store.sweep() == 0
    assert leftovers(tmp_path) == []


def test_sweepers_never_spoil_writers(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)

    def act(number: int) -> bool:
        if number % 2:
            return all(LocalStore(tmp_path).sweep() >= 0 for _ in range(100))
        return all(store.create(f"{number}/{turn}", b"x") for turn in range(15))

    assert all(at_once(4, act))


RACER = """
import sys
from pathlib import Path
from emeritus.adapters.stores import LocalStore
from emeritus.vault.errors import StoreChanged
root, mark, turns = Path(sys.argv[1]), sys.argv[2].encode(), int(sys.argv[3])
store = LocalStore(root)
print("ready", flush=True)
sys.stdin.readline()
won = sum(store.create(f"race/{turn}", mark) for turn in range(turns))
done = 0
while done < turns:
    present = store.read("counter")
    try:
        store.replace("counter", b"%d" % (int(present) + 1), expected=present)
        done += 1
    except StoreChanged:
        pass
print(won)
"""


def test_two_processes_race_and_both_tell_the_truth(tmp_path: Path) -> None:
    turns = 25
    store = LocalStore(tmp_path / "store")
    store.create("counter", b"0")
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(store.root), mark, str(turns)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for mark in "ab"
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = dict(zip("ab", (int(racer.communicate(timeout=60)[0]) for racer in racers), strict=True))
    contents = [store.read(f"race/{turn}").decode() for turn in range(turns)]
    assert won == {mark: contents.count(mark) for mark in "ab"}
    assert store.read("counter") == b"%d" % (2 * turns)
    assert leftovers(store.root) == []
