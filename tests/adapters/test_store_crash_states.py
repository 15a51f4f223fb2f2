"""Every state that a power cut may leave of a `LocalStore` at work, and what must hold in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from emeritus.adapters.stores import LocalStore
from emeritus.adapters.stores.names import INCOMING
from emeritus.vault.ports import Store
from tests.adapters.recorded_disk import (
    File,
    Folder,
    QuickDisk,
    RecordedDisk,
    crash_states,
    lay_out,
)

ROOT = "home/store"
EXPECTED = {
    "objects/aa/one": b"1" * 5000,
    "objects/bb/two": b"2" * 3000,
    "objects/aa/three": b"3" * 10,
    "log/checkpoint": b"checkpoint 2",
    "packs/large": b"ABC" * 1000,
}


@dataclass
class Promises:
    """What was acknowledged of each name, and what is being done to it right now.

    Content None stands for: no such file.
    """

    acknowledged: dict[str, bytes | None] = field(default_factory=dict)
    under_way: tuple[str, bytes | None] | None = None

    @contextmanager
    def doing(self, name: str, content: bytes | None) -> Iterator[None]:
        self.under_way = (name, content)
        yield
        self.acknowledged[name] = content
        self.under_way = None

    def broken_by(self, state: dict[str, bytes]) -> set[str]:
        """Return `lost` and `torn` where the state breaks a promise.

        Lost: what was acknowledged is not there, or an older content is in its place.
        Torn: under a name lies what nobody ever wrote there as a whole.
        """
        broken = set()
        name, content = self.under_way or ("", None)
        for promised, whole in self.acknowledged.items():
            found = state.get(promised)
            if found != whole and not (promised == name and found == content):
                broken.add("lost")
        for visible, found in state.items():
            allowed = [self.acknowledged.get(visible), *([content] if visible == name else [])]
            if found not in allowed and found not in WRITTEN.get(visible, ()):
                broken.add("torn")
        return broken


WRITTEN: dict[str, tuple[bytes, ...]] = {
    **{name: (data,) for name, data in EXPECTED.items()},
    "log/checkpoint": (b"checkpoint 0", b"checkpoint 1", b"checkpoint 2"),
    "log/partial": (b"tile",),
}


def work(store: Store, promises: Promises) -> None:
    """Three objects in new folders, a checkpoint replaced twice, an upload, a removal."""
    for name in list(EXPECTED)[:3]:
        with promises.doing(name, EXPECTED[name]):
            store.create(name, EXPECTED[name])
    with promises.doing("log/checkpoint", b"checkpoint 0"):
        store.replace("log/checkpoint", b"checkpoint 0", expected=None)
    with promises.doing("log/partial", b"tile"):
        store.create("log/partial", b"tile")
    for turn in (1, 2):
        new = b"checkpoint %d" % turn
        with promises.doing("log/checkpoint", new):
            store.replace("log/checkpoint", new, expected=b"checkpoint %d" % (turn - 1))
    with promises.doing("packs/large", EXPECTED["packs/large"]), store.upload() as upload:
        for _ in range(2):
            upload.write(EXPECTED["packs/large"][:1500])
        upload.commit("packs/large")
    with promises.doing("log/partial", None):
        store.remove("log/partial")


def work_again(store: Store) -> None:
    """The same, as a program does it that starts after a crash and finds what there is."""
    for name in list(EXPECTED)[:3]:
        store.create(name, EXPECTED[name])
    present = store.read("log/checkpoint") if store.size("log/checkpoint") is not None else None
    store.replace("log/checkpoint", EXPECTED["log/checkpoint"], expected=present)
    with store.upload() as upload:
        upload.write(EXPECTED["packs/large"])
        upload.commit("packs/large")
    store.remove("log/partial")


@dataclass
class Verdict:
    """What was seen over all moments; `samples` are the first states."""

    states: int = 0
    broken: set[str] = field(default_factory=set)
    samples: list[dict[str, bytes]] = field(default_factory=list)


class JudgedDisk(RecordedDisk):
    """Looks at every state that is possible after each step."""

    def __init__(self, base: Path, promises: Promises) -> None:
        super().__init__(base)
        self.verdict = Verdict()
        self._promises = promises

    def changed(self) -> None:
        super().changed()
        for state in crash_states(self.root, INCOMING, self.steps):
            found = {
                name.removeprefix(f"{ROOT}/"): data
                for name, data in state.items()
                if name.startswith(ROOT)
            }
            self.verdict.states += 1
            self.verdict.broken |= self._promises.broken_by(found)
            if self.verdict.states <= 200:
                self.verdict.samples.append(state)


class WithoutFileFsync(JudgedDisk):
    def fsync(self, handle: int) -> None:
        pass


class WithoutFolderFsync(JudgedDisk):
    def fsync_folder(self, path: Path) -> None:
        pass


class WithoutFsyncOfNewFolders(JudgedDisk):
    """Syncs the folder that holds the file, and forgets the folders above it."""

    def fsync_folder(self, path: Path) -> None:
        if any(node.is_file() for node in path.iterdir()):
            super().fsync_folder(path)


def judged(kind: Callable[[Path, Promises], JudgedDisk], base: Path) -> Verdict:
    promises = Promises()
    base.mkdir()
    disk = kind(base, promises)
    work(LocalStore(base / ROOT, disk), promises)
    disk.changed()
    return disk.verdict


def test_no_state_loses_or_tears_anything(tmp_path: Path) -> None:
    verdict = judged(JudgedDisk, tmp_path / "disk")
    assert verdict.broken == set()
    assert verdict.states > 60


@pytest.mark.parametrize(
    ("kind", "broken"),
    [
        (WithoutFileFsync, {"lost", "torn"}),
        (WithoutFolderFsync, {"lost"}),
        (WithoutFsyncOfNewFolders, {"lost"}),
    ],
)
def test_a_forgotten_fsync_is_noticed(
    tmp_path: Path, kind: Callable[[Path, Promises], JudgedDisk], broken: set[str]
) -> None:
    assert judged(kind, tmp_path / "disk").broken == broken


def test_a_state_can_be_worked_on_without_repair(tmp_path: Path) -> None:
    samples = judged(JudgedDisk, tmp_path / "disk").samples
    assert len(samples) > 60
    for number, state in enumerate(samples):
        base = tmp_path / f"again{number}"
        lay_out(state, base)
        store = LocalStore(base / ROOT, QuickDisk())
        work_again(store)
        assert {name: store.read(name) for name in store.names()} == EXPECTED


def test_an_existing_file_is_made_durable_before_it_is_acknowledged(tmp_path: Path) -> None:
    """The maker died before its fsyncs; the next creator must not trust what it sees."""
    disk = RecordedDisk(tmp_path)
    for folder in (tmp_path / "store", tmp_path / "store/objects"):
        disk.mkdir(folder)
    handle = disk.open_new(tmp_path / "store/objects/a")
    disk.write(handle, memoryview(b"whole"))
    disk.close(handle)
    assert {} in crash_states(disk.root, INCOMING, 0)
    assert LocalStore(tmp_path / "store", disk).create("objects/a", b"whole") is False
    states = list(crash_states(disk.root, INCOMING, 0))
    assert states
    assert all(state == {"store/objects/a": b"whole"} for state in states)


def test_the_model_counts_what_posix_permits() -> None:
    file = File(b"0123", synced=0)
    folder = Folder(later=[("new", file), ("old", None)], sure={"old": File(b"x", 1)})
    states = [sorted(state.items()) for state in crash_states(folder, INCOMING, 0)]
    # Two changes of names, each done or not, times three fates of the bytes.
    assert len(states) == 12
    assert [("new", b"01")] in states
    assert [("new", b""), ("old", b"x")] in states
    assert [] in states
