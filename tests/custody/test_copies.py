"""Stores that follow the record: added, brought up to date, damaged, repaired, gone."""

import io
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emeritus.adapters.databases import FileSequencer
from emeritus.adapters.stores import LocalStore
from emeritus.assembly import ENTRY_TYPES, House, open_house
from emeritus.custody import (
    Copy,
    PolicySet,
    Repairs,
    Replication,
    add_store,
    audit,
    collect,
    custody_of,
    drill,
    name_place,
    protect,
    remove_store,
    repair,
    replicate,
    restore_model,
    stores_of,
    verify_store,
)
from emeritus.custody.copies.entries import Packs
from emeritus.custody.errors import NoSuchStore, StoreNotOurs, TooMuchDamage
from emeritus.foundation import Conflict, Refused, Silent, UserError
from emeritus.ledger import LogDamaged, LogForked
from emeritus.record import SequencerBusy
from emeritus.testing import FaultyStore, MemoryStore
from emeritus.vault import NotInStore, Store, get_object
from emeritus.vault.errors import StoreUnavailable
from tests.journeys.houses import NAME, deposit, found, random_gguf, show, tiny_model, verify
from tests.journeys.houses import drill as drill_once

POLICY = PolicySet("demonstration", 1, 365)


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    return house


def follow(house: House, copy: Copy, place: str = "cellar", packs: Packs = "all") -> None:
    add_store(
        house.record,
        copy,
        kind="folder",
        place=place,
        packs=packs,
        actor="steward",
    )


def bring(house: House, copy: Copy) -> Replication:
    return replicate(house.record, copy, actor="steward", progress=Silent())


def mend(house: House, target: Copy, *others: Copy, many: bool = False) -> Repairs:
    return repair(house.record, target, others, actor="steward", progress=Silent(), many=many)


def look(house: House, copy: Copy) -> str:
    return audit(house.record, NAME, actor="steward", progress=Silent(), copy=copy).outcome


def primary(house: House) -> Copy:
    return Copy("primary", house.store)


def copies(house: House) -> dict[str, str]:
    with house.record.read() as index:
        held = custody_of(index, NAME, house.clock.now()).copies
    return {one.store: one.state for one in held}


def test_a_copy_counts_once_it_was_read_back(house: House, tmp_path: Path) -> None:
    second = Copy("second", LocalStore(tmp_path / "second"))
    follow(house, second)
    assert copies(house) == {"primary": "unverified"}
    done = bring(house, second)
    assert (done.models, done.findings) == ([NAME], [])
    assert copies(house) == {"primary": "unverified", "second": "verified"}
    whole = verify(tmp_path / "second")
    assert whole.is_whole
    assert whole.models == [NAME]
    assert look(house, second) == "good"
    assert house.record.rebuild().differing == ()


def test_bringing_up_to_date_comes_to_an_end(house: House) -> None:
    second = Copy("second", MemoryStore())
    follow(house, second)
    assert bring(house, second).position > 0
    assert bring(house, second).position == -1
    size = house.record.checkpoint().size
    bring(house, second)
    assert house.record.checkpoint().size == size


def test_a_second_model_is_brought_and_the_first_not_again(house: House, tmp_path: Path) -> None:
    second = Copy("second", MemoryStore())
    follow(house, second)
    bring(house, second)
    other = tmp_path / "other.gguf"
    other.write_bytes(random_gguf(1, 4096))
    deposit(house, other, "other")
    done = bring(house, second)
    assert done.models == ["other"]
    assert done.files == 4  # its pack, manifest, signature and run-kit
    assert done.findings == []


def test_a_store_without_weights_holds_all_else(house: House, tmp_path: Path) -> None:
    light = Copy("light", LocalStore(tmp_path / "light"))
    follow(house, light, packs="none")
    bring(house, light)
    assert copies(house) == {"primary": "unverified"}
    assert list(light.store.names("packs/")) == []
    assert light.store.read("log/checkpoint")
    assert mend(house, light, primary(house)).repaired == []
    size = house.record.checkpoint().size
    with pytest.raises(UserError, match="follows without packs"):
        audit(house.record, NAME, actor="steward", progress=Silent(), copy=light)
    assert house.record.checkpoint().size == size


def test_places_are_counted(house: House) -> None:
    name_place(house.record, "lisbon", actor="steward")
    follow(house, Copy("second", MemoryStore()), place="porto")
    with house.record.read() as index:
        assert [(one.name, one.place) for one in stores_of(index)] == [
            ("primary", "lisbon"),
            ("second", "porto"),
        ]


def test_a_removed_store_stops_counting_and_keeps_its_files(house: House) -> None:
    second = Copy("second", MemoryStore())
    follow(house, second)
    bring(house, second)
    assert remove_store(house.record, "second", reason="sold", actor="steward") == 1
    assert copies(house) == {"primary": "unverified"}
    assert second.store.size("store.json")
    with pytest.raises(NoSuchStore, match="second"):
        bring(house, second)
    follow(house, second)
    assert bring(house, second).models == [NAME]
    with pytest.raises(Refused):
        remove_store(house.record, "primary", reason="", actor="steward")


def test_what_is_not_ours_is_left_alone(house: House, tmp_path: Path) -> None:
    foreign = found(tmp_path / "foreign")
    with pytest.raises(StoreNotOurs, match="emeritus/"):
        follow(house, Copy("second", foreign.store))
    photos = MemoryStore()
    photos.create("holiday.jpg", b"x")
    with pytest.raises(StoreNotOurs, match=r"holiday\.jpg"):
        follow(house, Copy("second", photos))
    assert list(photos.names()) == ["holiday.jpg"]
    with pytest.raises(Conflict):
        follow(house, Copy("primary", MemoryStore()))


@pytest.mark.parametrize("word", ["", "-x", "Über", "a b", "x" * 65, "a/b"])
def test_names_and_places_are_words(house: House, word: str) -> None:
    with pytest.raises(UserError, match="a word of"):
        follow(house, Copy(word, MemoryStore()))
    with pytest.raises(UserError, match="a word of"):
        follow(house, Copy("second", MemoryStore()), place=word)


def test_added_twice_with_other_words(house: House) -> None:
    second = Copy("second", MemoryStore())
    follow(house, second)
    follow(house, second)
    with pytest.raises(Conflict, match="cellar"):
        follow(house, second, place="attic")


def test_a_store_that_disappeared_is_not_filled_again(house: House) -> None:
    """An empty mount point must not be taken for the disk that should be there."""
    follow(house, Copy("second", MemoryStore()))
    bring(house, Copy("second", MemoryStore()))
    empty = MemoryStore()
    with pytest.raises(StoreUnavailable, match="mounted"):
        bring(house, Copy("second", empty))
    assert list(empty.names()) == []


def test_a_store_that_returns_old_data_is_brought_forward(house: House, tmp_path: Path) -> None:
    second = Copy("second", LocalStore(tmp_path / "second"))
    follow(house, second)
    bring(house, second)
    shutil.copytree(tmp_path / "second", tmp_path / "old")
    for _ in range(300):
        with house.record.act("steward") as act:
            act.enter(POLICY)
    bring(house, second)
    old = Copy("second", LocalStore(tmp_path / "old"))
    assert bring(house, old).findings == []
    assert verify(tmp_path / "old").is_whole


def test_a_store_with_another_history_is_refused(house: House, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "home", tmp_path / "fork")
    second = Copy("second", MemoryStore())
    follow(house, second)
    bring(house, second)
    other = open_house(tmp_path / "fork")
    with other.record.act("steward") as act:
        act.enter(POLICY)
    with pytest.raises((LogForked, NoSuchStore)):
        bring(other, second)
    follow(other, Copy("second", MemoryStore()))
    with pytest.raises(LogForked):
        bring(other, second)


class Meanwhile(MemoryStore):
    """Lets something happen when it is listed to be filled: the second time."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens: list[Callable[[], object]] = [happens, lambda: None]

    def names(self, prefix: str = "") -> Iterator[str]:
        if self._happens:
            self._happens.pop()()
        return super().names(prefix)


def test_what_is_deposited_meanwhile_is_for_the_next_time(house: House, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(random_gguf(1, 4096))
    quiet = Copy("second", MemoryStore())
    follow(house, quiet)
    size = house.record.checkpoint().size
    busy = Copy("second", Meanwhile(lambda: deposit(house, other, "other")))
    done = bring(house, busy)
    assert (done.size, done.models, done.findings) == (size, [NAME], [])
    found = verify_store(busy.store, ENTRY_TYPES, vkey=None, progress=Silent())
    assert found.is_whole, found.findings
    assert found.models == [NAME]
    assert bring(house, busy).models == ["other"]


class Lying(MemoryStore):
    """Takes what it is given and gives back something else."""

    def open(self, name: str) -> io.BytesIO:
        data = self.read(name)
        return io.BytesIO(data[:-1] + b"?" if name.startswith("packs/") else data)


def test_a_store_that_lies_is_found_out(house: House) -> None:
    liar = Copy("liar", Lying())
    follow(house, liar)
    done = bring(house, liar)
    assert [one.file.split("/")[0] for one in done.findings] == ["packs"]
    assert done.models == []
    assert "liar" not in copies(house)


def test_damage_at_the_source_is_not_spread(house: House, tmp_path: Path) -> None:
    (pack,) = (tmp_path / "home/store/packs").iterdir()
    pack.write_bytes(b"x" + pack.read_bytes()[1:])
    second = Copy("second", MemoryStore())
    follow(house, second)
    done = bring(house, second)
    assert [one.file for one in done.findings] == [f"packs/{pack.name}"]
    assert list(second.store.names("packs/")) == []
    assert done.models == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_copying_can_fail_anywhere_and_goes_on(house: House, when: str) -> None:
    inner = MemoryStore()
    follow(house, Copy("second", inner))
    for fail_at in range(1, 200):
        faulty = FaultyStore(inner, fail_at=fail_at, when=when)  # type: ignore[arg-type] # one of two words
        try:
            bring(house, Copy("second", faulty))
        except StoreUnavailable:
            inner.files.clear() if fail_at % 3 == 0 else None
            continue
        assert not faulty.tripped
        break
    assert copies(house)["second"] == "verified"
    assert mend(house, Copy("second", inner), primary(house)).repaired == []


def damage(store: Store, name: str, chance: random.Random) -> None:
    """Spoil a file in one of many ways."""
    assert isinstance(store, MemoryStore)
    data = bytearray(store.files[name])
    way = chance.choice(["flip", "truncate", "grow", "zero", "remove", "empty", "other"])
    at = chance.randrange(len(data))
    if way == "flip":
        data[at] ^= 1 << chance.randrange(8)
    elif way == "truncate":
        del data[at:]
    elif way == "grow":
        data += b"\\0"
    elif way == "zero":
        data[at : at + 512] = bytes(len(data[at : at + 512]))
        data[at] ^= 1
    elif way == "empty":
        data.clear()
    elif way == "other":
        data = bytearray(store.files[chance.choice(sorted(store.files))])
    if way == "remove":
        del store.files[name]
    else:
        store.files[name] = bytes(data)


@pytest.fixture
def three(house: House) -> tuple[House, Copy, Copy]:
    second, third = Copy("second", MemoryStore()), Copy("third", MemoryStore())
    for one in (second, third):
        follow(house, one)
    bring(house, second)
    bring(house, third)
    bring(house, second)
    return house, second, third


def test_every_file_of_a_copy_is_repaired_from_another(three: tuple[House, Copy, Copy]) -> None:
    house, second, third = three
    assert isinstance(second.store, MemoryStore)
    good = dict(second.store.files)
    for name in sorted(good, key=lambda one: (one == "log/checkpoint", one)):
        second.store.files[name] = b"spoilt " + good[name]
        done = mend(house, second, primary(house), third)
        assert done.repaired[0].file == name
        if name == "log/checkpoint":  # A newer one came in its place.
            continue
        assert [one.file for one in done.repaired] == [name]
        assert second.store.files[name] == good[name]
        assert second.store.files[done.repaired[0].aside] == b"spoilt " + good[name]
        del second.store.files[name]
        done = mend(house, second, primary(house), third)
        assert [(one.file, one.aside) for one in done.repaired] == [(name, "")]


@pytest.mark.parametrize("seed", range(40))
def test_random_damage_is_found_and_repaired(three: tuple[House, Copy, Copy], seed: int) -> None:
    house, second, third = three
    assert isinstance(second.store, MemoryStore)
    good = dict(second.store.files)
    chance = random.Random(seed)
    for name in chance.sample(sorted(good), 3):
        damage(second.store, name, chance)
    spoilt = [name for name in good if second.store.files.get(name) != good[name]]
    done = mend(house, second, primary(house), third, many=True)
    assert {one.file for one in done.repaired} >= set(spoilt)
    if "log/checkpoint" in spoilt:  # A newer one came in its place, and what it covers with it.
        good["log/checkpoint"] = second.store.files["log/checkpoint"]
    assert {name: second.store.files[name] for name in good} == good
    assert done.lost == []


def test_a_damaged_copy_counts_again_once_it_is_whole(three: tuple[House, Copy, Copy]) -> None:
    house, second, third = three
    assert isinstance(second.store, MemoryStore)
    (pack,) = second.store.names("packs/")
    second.store.files[pack] = second.store.files[pack][:-9]
    assert look(house, second) == "damaged"
    assert copies(house)["second"] == "damaged"
    assert show(house)["custody"] == "degraded"
    done = mend(house, second, primary(house), third)
    assert NAME in done.models
    assert copies(house)["second"] == "verified"
    assert house.record.rebuild().differing == ()


def test_much_damage_is_not_repaired_unasked(three: tuple[House, Copy, Copy]) -> None:
    house, second, third = three
    assert isinstance(second.store, MemoryStore)
    good = dict(second.store.files)
    spoilt = [name for name in sorted(good) if name.startswith(("objects/", "specs/"))][:6]
    for name in spoilt:
        second.store.files[name] += b"x"
    before = dict(second.store.files)
    with pytest.raises(TooMuchDamage, match="6 of the"):
        mend(house, second, primary(house), third)
    assert second.store.files == before
    assert len(mend(house, second, primary(house), third, many=True).repaired) == 6


def test_what_is_lost_everywhere_is_said_loudly(three: tuple[House, Copy, Copy]) -> None:
    house, second, third = three
    stores = [second.store, third.store]
    (pack,) = second.store.names("packs/")
    for store in stores:
        assert isinstance(store, MemoryStore)
        store.files[pack] = b"gone"
    done = mend(house, second, third)
    (lost,) = done.lost
    assert (lost.file, lost.models, lost.looked_in) == (pack, (NAME,), ("third",))
    assert copies(house)["second"] == "damaged"
    assert second.store.read(pack) == b"gone"
    assert mend(house, second, primary(house), third).lost == []


def test_the_primarys_checkpoint_is_signed_again(three: tuple[House, Copy, Copy]) -> None:
    """Followers are behind: their checkpoint would take back what was acknowledged."""
    house, second, third = three
    checkpoint = house.store.root / "log/checkpoint"  # type: ignore[attr-defined] # a folder
    for cut in (0, -9, None):
        good = checkpoint.read_bytes()
        bad = None if cut is None else good[:cut]
        checkpoint.unlink() if bad is None else checkpoint.write_bytes(bad)
        (done,) = mend(house, primary(house), second, third).repaired
        assert (done.file, done.source) == ("log/checkpoint", "this home")
        whole = verify(checkpoint.parents[1])
        assert whole.is_whole, whole.findings
        before = int(good.splitlines()[1])
        assert whole.checkpoint is not None
        assert whole.checkpoint.size > before
    assert house.record.rebuild().differing == ()


def test_a_ledger_that_is_damaged_everywhere_is_named(three: tuple[House, Copy, Copy]) -> None:
    house, second, third = three
    name = next(one for one in second.store.names("log/tile/entries/"))
    for store in (second.store, third.store):
        assert isinstance(store, MemoryStore)
        for file in list(store.names(name.rpartition("/")[0])):
            store.files[file] = b"gone"
    with pytest.raises(LogDamaged, match="second"):
        mend(house, second, third)
    assert [one.file for one in mend(house, second, primary(house)).repaired]


def test_the_primary_is_repaired_from_a_copy(three: tuple[House, Copy, Copy]) -> None:
    house, second, _ = three
    root = house.store.root  # type: ignore[attr-defined] # a folder
    (pack,) = (root / "packs").iterdir()
    (root / "specs/pack.md").unlink()
    done = mend(house, primary(house), second)
    assert [one.file for one in done.repaired] == ["specs/pack.md"]
    pack.write_bytes(b"")
    assert [one.file for one in mend(house, primary(house), second).repaired] == [
        f"packs/{pack.name}"
    ]
    whole = verify(root)
    assert whole.is_whole, whole.findings


def test_files_come_back_from_whichever_copy_is_whole(
    three: tuple[House, Copy, Copy], tmp_path: Path
) -> None:
    house, second, third = three
    assert isinstance(second.store, MemoryStore)
    (pack,) = second.store.names("packs/")
    second.store.files[pack] = b""
    away = Copy("away", Unreachable())
    done = restore_model(
        house.record,
        NAME,
        tmp_path / "out",
        paths=None,
        progress=Silent(),
        copies=(away, second, third),
    )
    (file,) = done.files
    assert file.read_bytes() == (tmp_path / "source/tiny.gguf").read_bytes()
    assert set(done.rescued) == {"second", "third"}  # the manifest, and the pieces
    with pytest.raises(NotInStore):
        restore_model(
            house.record,
            NAME,
            tmp_path / "not",
            paths=None,
            progress=Silent(),
            copies=(second,),
        )
    assert not (tmp_path / "not").exists()


def test_a_drill_of_another_copy_says_so(three: tuple[House, Copy, Copy]) -> None:
    house, second, _ = three
    done = drill(
        house.record,
        NAME,
        engine=house.engine,
        slots=house.slots,
        work=house.work,
        actor="steward",
        progress=Silent(),
        copy=second,
    )
    assert done.outcome == "good"
    entry = house.record.types.place(done.position, house.record.log.entry(done.position))[1]
    assert entry.body.store == "second"


def test_a_drill_issues_a_statement_that_says_what_it_showed(house: House) -> None:
    first, second = drill_once(house), drill_once(house)
    assert first.statement is not None
    assert second.statement is not None
    told = json.loads(get_object(house.store, first.statement))
    assert told["subject"][0]["digest"]["sha256"] == deposit_identity(house)
    assert told["predicate"]["compared"] is None
    assert told["predicate"]["fingerprint"] == str(first.fingerprint)
    again = json.loads(get_object(house.store, second.statement))
    assert again["predicate"]["compared"]["outcome"] == "identical"
    assert again["predicate"]["compared"]["fingerprint"] == str(first.fingerprint)
    assert drill_once(house).statement == second.statement
    (show_drill,) = [show(house)["last_drill"]]
    assert isinstance(show_drill, dict)
    assert show_drill["statement"] == str(second.statement)
    assert verify(house.store.root).is_whole  # type: ignore[attr-defined] # a folder


def deposit_identity(house: House) -> str:
    return str(show(house)["identity"]).removeprefix("sha256:")


def test_what_nothing_needs_is_cleared_away(house: House) -> None:
    second = Copy("second", MemoryStore())
    follow(house, second)
    bring(house, second)
    assert isinstance(second.store, MemoryStore)
    for copy in (primary(house), second):
        assert collect(house.record, copy, remove=True).files == ()
        before = set(copy.store.names())
        left = (f"objects/00/{'0' * 64}", f"packs/{'1' * 64}.pack", f"parity/{'1' * 64}.par")
        for name in left:
            copy.store.create(name, b"left by a crash")
        copy.store.create("quarantine/packs/x", b"bad bytes are never removed")
        listed = collect(house.record, copy, remove=False)
        assert (set(listed.files), listed.bytes) == (set(left), 45)
        assert collect(house.record, copy, remove=True).removed
        assert set(copy.store.names()) == before | {"quarantine/packs/x"}
        assert look(house, copy) == "good"


def test_nothing_is_cleared_away_while_somebody_deposits(house: House) -> None:
    impatient = FileSequencer(house.home / "locks/sequencer", wait_seconds=0.1)
    with house.record.keeping(), pytest.raises(SequencerBusy), impatient.alone():
        pass
    with impatient.alone(), pytest.raises(SequencerBusy), impatient.share():
        pass


def test_a_pack_mends_itself_where_no_other_copy_is(house: House) -> None:
    (pack,) = (house.store.root / "packs").iterdir()  # type: ignore[attr-defined] # a folder
    assert protect(house.record, primary(house), progress=Silent()).new_bytes > 0
    assert protect(house.record, primary(house), progress=Silent()).new_bytes == 0
    good = pack.read_bytes()
    pack.write_bytes(good[:300] + b"?" * 100 + good[400:])
    (mended,) = mend(house, primary(house)).repaired
    assert (mended.file, mended.source) == (f"packs/{pack.name}", "parity")
    assert pack.read_bytes() == good
    assert collect(house.record, primary(house), remove=True).files == ()
    assert verify(house.store.root).is_whole  # type: ignore[attr-defined] # a folder
    # So small a pack comes back from nothing, as long as its parity is there.
    pack.write_bytes(bytes(len(good)))
    assert [one.source for one in mend(house, primary(house)).repaired] == ["parity"]
    assert pack.read_bytes() == good
    house.store.remove(f"parity/{pack.stem}.par")
    pack.write_bytes(bytes(len(good)))
    (lost,) = mend(house, primary(house)).lost
    assert lost.models == (NAME,)
    (finding,) = protect(house.record, primary(house), progress=Silent()).findings
    assert finding.file == f"packs/{pack.name}"


def test_damaged_parity_is_made_anew_from_a_whole_pack(house: House) -> None:
    folder = house.store.root  # type: ignore[attr-defined] # a folder
    protect(house.record, primary(house), progress=Silent())
    (pack,), (file,) = (folder / "packs").iterdir(), (folder / "parity").iterdir()
    whole, parity = pack.read_bytes(), file.read_bytes()
    file.write_bytes(parity[:-40] + b"?" * 40)
    pack.write_bytes(b"?" + whole[1:])
    found = protect(house.record, primary(house), progress=Silent())
    assert (found.packs, found.anew, len(found.findings)) == (0, 0, 2)
    assert file.read_bytes() == parity[:-40] + b"?" * 40
    pack.write_bytes(whole)
    done = protect(house.record, primary(house), progress=Silent())
    assert (done.packs, done.anew, done.findings) == (1, 1, [])
    assert file.read_bytes() == parity
    (aside,) = (folder / "quarantine/parity").iterdir()
    assert aside.read_bytes() == parity[:-40] + b"?" * 40
    assert protect(house.record, primary(house), progress=Silent()).anew == 0


class BadDisk(MemoryStore):
    """A disk that cannot read the first sector of some files, until they are written again."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: dict[str, bytes] = {}

    def spoil(self, name: str) -> None:
        self.bad[name] = self.files[name]

    def read(self, name: str) -> bytes:
        self.check(name, 0)
        return super().read(name)

    def read_range(self, name: str, offset: int, length: int) -> bytes:
        self.check(name, offset)
        return self.files[name][offset : offset + length]

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self.read(name))

    def check(self, name: str, offset: int) -> None:
        if offset < 4096 and name in self.bad and self.files.get(name) is self.bad[name]:
            raise StoreUnavailable(f"a sector of {name} cannot be read")


def test_what_the_disk_cannot_read_is_made_anew(house: House, tmp_path: Path) -> None:
    noise = tmp_path / "noise.gguf"
    noise.write_bytes(random_gguf(9, 20_000))
    deposit(house, noise, "noise")
    second, third = Copy("second", BadDisk()), Copy("third", MemoryStore())
    for one in (second, third):
        follow(house, one)
        bring(house, one)
    disk = second.store
    assert isinstance(disk, BadDisk)
    good = dict(disk.files)
    pack = max(second.store.names("packs/"), key=lambda name: len(good[name]))
    manifest = next(iter(second.store.names("objects/")))
    for name in (pack, manifest):
        disk.spoil(name)
        (done,) = mend(house, second, third).repaired
        assert (done.file, done.source) == (name, "third")
        assert disk.read(name) == good[name]
        # What could be read is kept, with zeros for what could not.
        assert disk.files[done.aside] == bytes(min(4096, len(good[name]))) + good[name][4096:]
    protect(house.record, second, progress=Silent())
    disk.spoil(pack)
    (done,) = mend(house, second).repaired
    assert (done.file, done.source) == (pack, "parity")
    assert disk.read(pack) == good[pack]
    disk.spoil(manifest)
    (lost,) = mend(house, second).lost
    assert lost.file == manifest
    disk.spoil("store.json")
    with pytest.raises(StoreUnavailable, match=r"store\.json"):
        mend(house, second, third)


def test_an_unreachable_copy_is_passed_by(three: tuple[House, Copy, Copy]) -> None:
    house, second, third = three
    assert isinstance(second.store, MemoryStore)
    (pack,) = second.store.names("packs/")
    second.store.files[pack] = b""
    away = Copy("away", Unreachable())
    done = mend(house, second, away, third)
    assert [one.source for one in done.repaired] == ["third"]


class Unreachable(MemoryStore):
    """A store whose network is down."""

    def open(self, name: str) -> io.BytesIO:
        raise StoreUnavailable(f"no route to {name}")

    def read(self, name: str) -> bytes:
        raise StoreUnavailable(f"no route to {name}")
