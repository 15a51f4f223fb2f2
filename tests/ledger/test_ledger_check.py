import pytest

from emeritus.foundation import Silent
from emeritus.ledger import Checkpoint, Log, LogCheck, NoteSigner, check_log
from emeritus.ledger.merkle import leaf_hash
from emeritus.ledger.tiles import Tile, decode_bundle, encode_bundle, full_root
from tests.ledger import naive_tree
from tests.ledger.plain_store import PlainStore

SIGNER = NoteSigner("example.org/log", bytes(range(32)))


def made(count: int) -> list[bytes]:
    return [b"entry %d" % i for i in range(count)]


def store_of(*counts: int) -> PlainStore:
    """A log appended to in steps, with every superseded partial file put back."""
    store = PlainStore()
    seen: dict[str, bytes] = {}
    entries = iter(made(sum(counts)))
    for count in counts:
        Log(store, SIGNER.verifier).append([next(entries) for _ in range(count)], SIGNER)
        seen.update(store.files)
    store.files.update({name: seen[name] for name in seen if name not in store.files})
    return store


def check(store: PlainStore) -> LogCheck:
    return check_log(store, SIGNER.verifier, Silent())


def harmful(store: PlainStore) -> list[str]:
    return [finding.file for finding in check(store).findings if finding.harmful]


def flipped(data: bytes, bit: int) -> bytes:
    spoiled = bytearray(data)
    spoiled[bit // 8] ^= 1 << bit % 8
    return bytes(spoiled)


def assert_every_flip_is_named(store: PlainStore, step: int, first: int = 0) -> None:
    for name, data in sorted(store.files.items()):
        for bit in range(first % step, len(data) * 8, 1 if name == "log/checkpoint" else step):
            store.files[name] = flipped(data, bit)
            assert harmful(store) == [name], f"bit {bit} of {name}"
        store.files[name] = data


class Listening:
    def __init__(self) -> None:
        self.told: list[object] = []

    def begin(self, stage: str, total: int | None, unit: str) -> None:
        self.told += [stage, total, unit]

    def advance(self, amount: int) -> None:
        self.told.append(amount)

    def end(self) -> None:
        self.told.append("end")


@pytest.mark.parametrize("counts", [(1,), (5, 1), (256,), (250, 50), (300,), (100, 412), (65_537,)])
def test_a_sound_log(counts: tuple[int, ...]) -> None:
    store = store_of(*counts)
    found = check(store)
    assert found.findings == []
    assert found.sound
    assert found.checkpoint == Log(store, SIGNER.verifier).checkpoint()


def test_progress_tells_of_every_entry() -> None:
    listener = Listening()
    check_log(store_of(300), SIGNER.verifier, listener)
    assert listener.told == ["checking the log", 300, "entries", 256, 44, "end"]


def test_nothing_at_all_is_sound() -> None:
    assert check(PlainStore()) == LogCheck(None, [])


def test_every_flipped_bit_of_a_small_log_is_named() -> None:
    assert_every_flip_is_named(store_of(2, 3), 1)


@pytest.mark.parametrize("counts", [(250, 50), (256,), (255, 257)])
def test_flipped_bits_of_a_larger_log_are_named(counts: tuple[int, ...]) -> None:
    assert_every_flip_is_named(store_of(*counts), 397)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_flipped_bit_of_three_hundred_entries_is_named() -> None:
    assert_every_flip_is_named(store_of(250, 50), 1)


@pytest.mark.parametrize("counts", [(5,), (300,), (512,)])
def test_every_missing_cut_or_longer_file_is_named(counts: tuple[int, ...]) -> None:
    sound = store_of(*counts)
    for name, data in sound.files.items():
        for spoiled in (None, b"", data[:-1], data + b"\x00"):
            store = PlainStore(sound.files)
            if spoiled is None:
                del store.files[name]
            else:
                store.files[name] = spoiled
            assert harmful(store) == [name]


def test_several_problems_are_all_named() -> None:
    store = store_of(700)
    names = ["log/tile/entries/000", "log/tile/0/001", "log/tile/entries/002.p/188", "log/stray"]
    for name in names:
        store.files[name] = flipped(store.files.get(name, b"stray"), 77 % 40)
    assert sorted(harmful(store)) == sorted(names)


def test_damage_below_a_bad_checkpoint_is_found_too() -> None:
    store = store_of(600)
    for name in ("log/checkpoint", "log/tile/entries/000", "log/tile/0/001"):
        store.files[name] = flipped(store.files[name], 300)
    del store.files["log/tile/entries/001"]
    assert set(harmful(store)) >= {
        "log/checkpoint",
        "log/tile/entries/000",
        "log/tile/entries/001",
        "log/tile/0/001",
    }
    assert check(store).checkpoint is None


def test_a_bundle_and_its_tile_both_wrong_are_both_named() -> None:
    for index in ("000", "001.p/44"):
        store = store_of(300)
        for kind in ("entries", "0"):
            name = f"log/tile/{kind}/{index}"
            store.files[name] = flipped(store.files[name], 90)
        assert {f"log/tile/entries/{index}", f"log/tile/0/{index}"} <= set(harmful(store))


@pytest.mark.parametrize(
    "name",
    ["log/x", "log/checkpoint.old", "log/tile/0/000.p/256", "log/tile/64/000", "log/tile/x/000"],
)
def test_a_file_that_no_log_has_is_named(name: str) -> None:
    store = store_of(5)
    store.files[name] = b"x"
    assert harmful(store) == [name]


def test_files_elsewhere_in_the_store_are_none_of_its_business() -> None:
    store = store_of(5)
    store.files |= {"logs": b"x", "objects/log": b"x"}
    assert check(store).findings == []


def test_files_beyond_the_checkpoint_are_harmless() -> None:
    store = store_of(5)
    beyond = ["log/tile/entries/000.p/6", "log/tile/0/000", "log/tile/1/000.p/1"]
    store.files |= dict.fromkeys(beyond, b"x")
    assert sorted(finding.file for finding in check(store).findings) == sorted(beyond)
    assert check(store).sound


def rewritten(count: int) -> PlainStore:
    """The store after somebody without the key changed an entry and every hash above it."""
    store, other = store_of(count), PlainStore()
    entries = made(count)
    entries[3] = b"another"
    Log(other, SIGNER.verifier).append(entries, SIGNER)
    return PlainStore({**other.files, "log/checkpoint": store.files["log/checkpoint"]})


@pytest.mark.parametrize("count", [5, 256, 300])
def test_a_history_rewritten_without_the_key_is_found(count: int) -> None:
    assert harmful(rewritten(count)) == ["log/checkpoint"]


def test_an_entry_and_its_tile_rewritten_without_the_key_are_named() -> None:
    store = store_of(300)
    bundle, tile = Tile(None, 0), Tile(0, 0)
    entries = decode_bundle(store.files[bundle.name], bundle)
    entries[3] = b"another"
    store.files[bundle.name] = encode_bundle(entries)
    store.files[tile.name] = b"".join(map(leaf_hash, entries))
    assert sorted(harmful(store)) == [tile.name, bundle.name]
    store.files["log/tile/1/000.p/1"] = full_root(store.files[tile.name])
    assert harmful(store)


def test_a_size_out_of_all_proportion_is_not_believed() -> None:
    store = store_of(5)
    claim = Checkpoint("example.org/log", 2**62, naive_tree.mth(made(5)))
    store.files["log/checkpoint"] = SIGNER.sign(claim.text())
    assert harmful(store) == ["log/checkpoint"]
    store.files["log/tile/entries/x999/x999/x999/999"] = b""
    assert "log/checkpoint" in harmful(store)
