"""Every write of deposit, replicate, repair and collect fails once, or is the process's last.

After each fault nothing acknowledged is lost and no good file is spoilt, and the same verb, run
again, ends well without anybody's help.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from emeritus.adapters.stores import LocalStore
from emeritus.assembly import House, open_house
from emeritus.catalogue import NameTaken
from emeritus.custody import Copy, add_store, collect, pack, repair, replicate
from emeritus.custody.errors import PackedAlready
from emeritus.foundation import Silent
from emeritus.testing import FrozenClock
from emeritus.vault.codec.elements import OPAQUE
from emeritus.vault.codec.pieces import encode, piece_id
from emeritus.vault.packs import PackWriter
from tests.journeys.faults import BROKE, CALLS, DONE, FAULTS, came, run_with_fault
from tests.journeys.houses import deposit, found, random_gguf, tiny_model, verify, with_fakes


def house_at(folder: Path) -> House:
    return with_fakes(open_house(folder / "home", FrozenClock()))


def second(folder: Path) -> Copy:
    return Copy("second", LocalStore(folder / "second"))


def do_deposit(folder: Path) -> None:
    deposit(house_at(folder), folder / "other.gguf", "other")


def do_replicate(folder: Path) -> None:
    replicate(house_at(folder).record, second(folder), actor="steward", progress=Silent())


def do_repair(folder: Path) -> None:
    house = house_at(folder)
    others = [Copy("primary", house.store)]
    repair(house.record, second(folder), others, actor="steward", progress=Silent(), many=True)


def do_collect(folder: Path) -> None:
    house = house_at(folder)
    collect(house.record, Copy("primary", house.store), remove=True)


@dataclass(frozen=True)
class Verb:
    """What is done, what was before it, and what must be so after it was done again."""

    do: Callable[[Path], None]
    before: Callable[[Path], None]
    after: Callable[[Path], bool]


def nothing(_: Path) -> None:
    """Leave the folder as it is."""


def damage_second(folder: Path) -> None:
    root = folder / "second"
    (pack,) = (root / "packs").iterdir()
    pack.write_bytes(pack.read_bytes()[:-5])
    (root / "specs/pack.md").unlink()
    tile = next((root / "log/tile/entries").rglob("*/*"))
    tile.write_bytes(b"x")


def leave_behind(folder: Path) -> None:
    """Pack something that no entry speaks of, as a deposit that was given up does."""
    data = bytes(range(256)) * 64
    with PackWriter(LocalStore(folder / "home/store")) as writer:
        writer.add(piece_id(data), encode(data, OPAQUE))
        writer.close()


def packs(store: Path) -> int:
    return len(list((store / "packs").iterdir()))


def do_pack(folder: Path) -> None:
    house = house_at(folder)
    pack(house.record, "placed", house.stores, actor="steward", progress=Silent())


def deposit_in_place(folder: Path) -> None:
    house = house_at(folder)
    deposit(house, folder / "other.gguf", "placed", in_place="here")
    house.stores.remember_found("placed", folder / "other.gguf")


def do_mend_primary(folder: Path) -> None:
    house = house_at(folder)
    repair(
        house.record,
        Copy("primary", house.store),
        [second(folder)],
        actor="steward",
        progress=Silent(),
        many=True,
    )


def damage_primary(folder: Path) -> None:
    root = folder / "home/store"
    (root / "specs/pack.md").write_bytes(b"")
    (pack_file,) = (root / "packs").iterdir()
    pack_file.unlink()


VERBS = {
    "deposit": Verb(do_deposit, nothing, lambda at: "other" in verify(at / "home/store").models),
    "replicate": Verb(do_replicate, do_deposit, lambda at: "other" in verify(at / "second").models),
    "repair": Verb(do_repair, damage_second, lambda at: verify(at / "second").is_whole),
    "repair of the primary": Verb(
        do_mend_primary, damage_primary, lambda at: verify(at / "home/store").is_whole
    ),
    "pack": Verb(do_pack, deposit_in_place, lambda at: packs(at / "home/store") == 2),
    "collect": Verb(do_collect, leave_behind, lambda at: packs(at / "home/store") == 1),
}


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: the faults are in calls, not in a disk."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(prefix="emeritus-faults-", dir=place) as folder:
        yield Path(folder)


def prepare(at: Path, verb: Verb) -> None:
    """Make a home with one model and a store that follows it."""
    house = found(at / "home")
    deposit(house, tiny_model(at / "source"))
    (at / "second").mkdir()
    add_store(house.record, second(at), kind="folder", place="cellar", packs="all", actor="steward")
    do_replicate(at)
    (at / "other.gguf").write_bytes(random_gguf(7, 300_000))
    verb.before(at)


def sweep(memory: Path, verb: Verb, *, every: int) -> int:
    """Spoil every `every`-th call of each kind in each way; return how many were spoilt."""
    prepare(memory / "template", verb)
    spoilt = 0
    for calls in CALLS:
        for fault in FAULTS:
            turn = 1
            while one_fault(memory, verb, calls, fault, turn):
                spoilt += 1
                turn += every
    return spoilt


def one_fault(memory: Path, verb: Verb, calls: str, fault: str, turn: int) -> bool:
    """Run a verb with one fault, and again without; say whether the fault came."""
    at, trace = memory / "now", memory / "trace"
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(memory / "template", at)
    ended = run_with_fault(lambda: verb.do(at), trace, calls, fault, turn)
    said = f"{calls} {fault} {turn}"
    assert ended != BROKE, said
    if not came(trace):
        assert ended == DONE, said
        assert verb.after(at), said
        return False
    primary = verify(at / "home/store")
    assert "tiny" in primary.models, said
    if verb.do is not do_mend_primary:
        assert primary.is_whole, (said, primary.findings)
    if ended == DONE:
        assert verb.after(at), f"{said}: acknowledged, and not so"
    try:
        verb.do(at)
    except NameTaken:
        assert "other" in primary.models, said  # It was entered before the fault.
    except PackedAlready:
        assert packs(at / "home/store") == 2, said  # The same.
    assert verb.after(at), said
    assert verify(at / "home/store").is_whole, said
    assert house_at(at).record.rebuild().differing == (), said
    return True


@pytest.mark.parametrize("name", VERBS)
def test_some_faults_of_every_kind(memory: Path, name: str) -> None:
    assert sweep(memory, VERBS[name], every=23) > 5


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_fault_of_every_verb(memory: Path) -> None:
    counts = {}
    for name, verb in VERBS.items():
        counts[name] = sweep(memory / name, verb, every=1)
    assert sum(counts.values()) >= 2000, counts
