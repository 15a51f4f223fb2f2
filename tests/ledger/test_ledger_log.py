from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.foundation import Silent
from emeritus.ledger import (
    Checkpoint,
    EntryTooLarge,
    Log,
    LogDamaged,
    LogForked,
    LogReadOnly,
    NoteSigner,
    NothingToAppend,
    NotInLog,
    check_extends,
    check_log,
    inclusion_root,
    leaf_hash,
    verify_consistency,
)
from emeritus.ledger.merkle import empty_root
from emeritus.ledger.tiles import tiles_of
from emeritus.vault.errors import StoreChanged
from tests.ledger import naive_tree
from tests.ledger.plain_store import PlainStore

SIGNER = NoteSigner("example.org/log", bytes(range(32)))


def made(count: int, *, first: int = 0) -> list[bytes]:
    return [b"entry %d" % i for i in range(first, first + count)]


def log_of(count: int) -> tuple[Log, PlainStore]:
    store = PlainStore()
    log = Log(store, SIGNER.verifier)
    if count:
        log.append(made(count), SIGNER)
    return log, store


def test_a_log_that_was_never_appended_to() -> None:
    log, store = log_of(0)
    assert log.checkpoint() is None
    assert list(log.entries()) == []
    assert log.consistency(0, 0) == []
    assert store.files == {}
    with pytest.raises(NotInLog):
        log.checkpoint_note()
    with pytest.raises(NotInLog):
        log.entry(0)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 300, 512, 1000])
def test_what_is_appended_is_read_and_its_root_is_that_of_the_rfc(size: int) -> None:
    log, store = log_of(size)
    assert log.checkpoint() == Checkpoint("example.org/log", size, naive_tree.mth(made(size)))
    assert list(log.entries()) == made(size)
    assert set(store.files) == {"log/checkpoint"} | {tile.name for tile in tiles_of(size)}


def test_seventy_thousand_entries_make_the_files_of_the_specification() -> None:
    log, store = log_of(70_000)
    assert set(store.files) == {"log/checkpoint"} | {tile.name for tile in tiles_of(70_000)}
    before = store.reads
    log.append([b"one more"], SIGNER)
    assert store.reads - before <= 5
    assert log.entry(70_000) == b"one more"
    size = 70_001
    for position in (0, 65_535, 65_536, 70_000):
        path = log.inclusion(position, size)
        checkpoint = log.checkpoint()
        assert checkpoint
        leaf = leaf_hash(log.entry(position))
        assert inclusion_root(leaf, position, size, path) == checkpoint.root


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_the_same_files_however_the_entries_came(counts: list[int]) -> None:
    log, store = log_of(0)
    for count in counts:
        present = log.checkpoint()
        log.append(made(count, first=present.size if present else 0), SIGNER)
    assert store.files == log_of(sum(counts))[1].files


def test_one_at_a_time_across_two_tiles() -> None:
    log, store = log_of(0)
    for i in range(520):
        log.append(made(1, first=i), SIGNER)
    assert store.files == log_of(520)[1].files


@pytest.mark.parametrize("size", [1, 5, 256, 300])
def test_proofs_of_a_log_are_those_of_the_rfc(size: int) -> None:
    log, _ = log_of(300)
    entries = made(size)
    for position in range(0, size, 17):
        assert log.inclusion(position, size) == naive_tree.path(position, entries)
    for old in range(1, size + 1, 13):
        path = log.consistency(old, size)
        assert path == naive_tree.proof(old, entries)
        roots = naive_tree.mth(entries[:old]), naive_tree.mth(entries)
        assert verify_consistency(old, size, *roots, path)


def test_parts_of_a_log() -> None:
    log, _ = log_of(600)
    for start, end in [(0, 0), (0, 1), (255, 257), (256, 512), (599, 600), (600, 600), (10, 590)]:
        assert list(log.entries(start, end)) == made(600)[start:end]
    assert list(log.entries(590)) == made(600)[590:]
    assert [log.entry(i) for i in (0, 255, 256, 599)] == [made(600)[i] for i in (0, 255, 256, 599)]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 11), (11, None)])
def test_parts_that_a_log_does_not_have(start: int, end: int | None) -> None:
    log, _ = log_of(10)
    with pytest.raises(NotInLog):
        log.entries(start, end)


def test_positions_and_sizes_that_a_log_does_not_have() -> None:
    log, _ = log_of(10)
    for position in (-1, 10, 256):
        with pytest.raises(NotInLog):
            log.entry(position)
    for pair in [(10, 10), (-1, 10), (0, 11), (0, 0)]:
        with pytest.raises(NotInLog):
            log.inclusion(*pair)
    for pair in [(0, 11), (5, 4), (-1, 3)]:
        with pytest.raises(NotInLog):
            log.consistency(*pair)


def test_what_cannot_be_appended() -> None:
    log, store = log_of(3)
    before = dict(store.files)
    with pytest.raises(EntryTooLarge):
        log.append([b"x" * 65_536], SIGNER)
    for nothing in ([], [b""], [b"x", b""]):
        with pytest.raises(NothingToAppend):
            log.append(nothing, SIGNER)
    with pytest.raises(LogReadOnly):
        log.append([b"x"], NoteSigner.generate("example.org/log"))
    assert store.files == before
    log.append([b"x" * 65_535], SIGNER)
    assert log.entry(3) == b"x" * 65_535


def test_the_note_is_what_the_store_has() -> None:
    log, store = log_of(3)
    assert log.checkpoint_note() == store.files["log/checkpoint"]


def test_a_log_without_its_checkpoint_is_not_begun_again() -> None:
    log, store = log_of(3)
    del store.files["log/checkpoint"]
    for call in (log.checkpoint, lambda: log.append([b"x"], SIGNER), lambda: log.entry(0)):
        with pytest.raises(LogDamaged) as caught:
            call()
        assert caught.value.about == "log/checkpoint"


def test_a_checkpoint_of_another_key_or_another_log_is_refused() -> None:
    log, store = log_of(3)
    other = Checkpoint("example.org/other", 3, naive_tree.mth(made(3)))
    own = Checkpoint("example.org/log", 3, naive_tree.mth(made(3)))
    for note in (
        SIGNER.sign(other.text()),
        NoteSigner.generate("example.org/log").sign(own.text()),
    ):
        store.files["log/checkpoint"] = note
        with pytest.raises(LogDamaged):
            log.checkpoint()
    store.files["log/checkpoint"] = SIGNER.sign(own.text())
    assert log.checkpoint() == own


@pytest.mark.parametrize("size", [5, 300])
def test_nothing_is_read_or_signed_over_damage(size: int) -> None:
    _, sound = log_of(size)
    for name in sound.files:
        store = PlainStore(sound.files)
        spoiled = bytearray(store.files[name])
        spoiled[len(spoiled) // 2] ^= 1
        store.files[name] = bytes(spoiled)
        with pytest.raises(LogDamaged) as caught:
            list(Log(store, SIGNER.verifier).entries())
        assert caught.value.about
        edge = name == "log/checkpoint" or ".p/" in name
        if edge:
            with pytest.raises(LogDamaged):
                Log(store, SIGNER.verifier).append([b"x"], SIGNER)


@pytest.mark.parametrize("size", [5, 300])
def test_every_missing_file_is_named(size: int) -> None:
    _, sound = log_of(size)
    for name in set(sound.files) - {"log/checkpoint"}:
        store = PlainStore(sound.files)
        del store.files[name]
        with pytest.raises(LogDamaged) as caught:
            list(Log(store, SIGNER.verifier).entries())
        assert caught.value.about == name


class Overtaken(PlainStore):
    """Between the checkpoint and the next file, somebody else appends."""

    def __init__(self, files: dict[str, bytes], more: int) -> None:
        super().__init__(files)
        self.more = more

    def read(self, name: str) -> bytes:
        data = super().read(name)
        if name == "log/checkpoint" and self.more:
            more, self.more = self.more, 0
            log = Log(self, SIGNER.verifier)
            size = log.checkpoint()
            assert size
            log.append(made(more, first=size.size), SIGNER)
        return data


@pytest.mark.parametrize("more", [1, 250, 260, 600])
def test_a_reader_is_not_disturbed_by_a_writer(more: int) -> None:
    _, sound = log_of(300)
    assert list(Log(Overtaken(sound.files, more), SIGNER.verifier).entries()) == made(300)
    check = check_log(Overtaken(sound.files, more), SIGNER.verifier, Silent())
    assert check.sound
    assert check.checkpoint
    assert check.checkpoint.size == 300 + more


def test_two_writers_without_a_lock_do_not_both_win() -> None:
    _, sound = log_of(300)
    store = Overtaken(sound.files, 3)
    with pytest.raises(StoreChanged):
        Log(store, SIGNER.verifier).append([b"mine"], SIGNER)
    assert list(Log(store, SIGNER.verifier).entries()) == made(303)
    assert check_log(store, SIGNER.verifier, Silent()).sound


def checkpoints(*sizes: int) -> Iterator[Checkpoint]:
    for size in sizes:
        yield Checkpoint("example.org/log", size, naive_tree.mth(made(size)))


def test_a_log_extends_what_it_was() -> None:
    log, _ = log_of(300)
    for known in checkpoints(0, 1, 255, 256, 299, 300):
        check_extends(log, known)
    check_extends(log_of(0)[0], Checkpoint("example.org/log", 0, empty_root()))


def test_a_shortened_rewritten_or_other_log_is_a_fork() -> None:
    log, _ = log_of(300)
    (longer,) = checkpoints(301)
    with pytest.raises(LogForked, match="shortened"):
        check_extends(log, longer)
    with pytest.raises(LogForked, match="shortened"):
        check_extends(log_of(0)[0], longer)
    for size in (1, 256, 299, 300):
        with pytest.raises(LogForked, match="two histories"):
            check_extends(log, Checkpoint("example.org/log", size, bytes(32)))
    with pytest.raises(LogForked, match=r"other\.example"):
        check_extends(log, Checkpoint("other.example", 1, bytes(32)))
