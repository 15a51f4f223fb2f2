"""What every store must do: each promise of `emeritus.vault.ports.Store` is a test.

Subclass `StoreContract` and give it a `store` fixture that yields an empty store.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TypeVar

import pytest

from emeritus.foundation import UserError
from emeritus.vault.errors import NotInStore, StoreChanged, StoreUnavailable
from emeritus.vault.ports import Store

T = TypeVar("T")


def counted_by_clients(store: Store, client: Callable[[], Store]) -> int:
    """Return the count after four clients, each of its own, raised it by ten."""
    store.create("counter", b"0")

    def count(_: int) -> None:
        mine = client()
        for _ in range(10):
            while True:
                held = mine.read("counter")
                try:
                    mine.replace("counter", b"%d" % (int(held) + 1), expected=held)
                except StoreChanged:
                    continue
                break

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(4)))
    return int(store.read("counter"))


HOSTILE = [
    "",
    "/",
    "/x",
    "x/",
    "..",
    "../x",
    "a/../x",
    "a/./b",
    "./a",
    "a//b",
    ".hidden",
    "a/.hidden",
    "a\\b",
    "a\0b",
    "a b",
    "a\n",
    "ä",
    "a:b",
    "~",
    "x" * 300,
    "/".join(["x" * 100] * 11),
    "incoming",
    "incoming/x",
]


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    """Run `act(0)` … `act(count - 1)` in threads that start together."""
    gate = Barrier(count)

    def waiting(number: int) -> T:
        gate.wait(30)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(waiting, range(count)))


class StoreContract:
    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    # create

    def test_create_makes_a_file_that_reads_back(self, store: Store) -> None:
        assert store.create("objects/ab/cd", b"bytes") is True
        assert store.read("objects/ab/cd") == b"bytes"

    def test_create_is_idempotent(self, store: Store) -> None:
        assert [store.create("a", b"same") for _ in range(3)] == [True, False, False]

    def test_create_leaves_existing_bytes_alone(self, store: Store) -> None:
        store.create("a", b"first")
        assert store.create("a", b"second") is False
        assert store.read("a") == b"first"

    def test_an_empty_file_is_a_file(self, store: Store) -> None:
        assert store.create("empty", b"") is True
        assert store.create("empty", b"") is False
        assert store.read("empty") == b""
        assert store.size("empty") == 0
        assert list(store.names()) == ["empty"]

    def test_five_megabytes_read_back(self, store: Store) -> None:
        data = bytes(range(256)) * (5 * 4096)
        store.create("packs/large", data)
        assert store.size("packs/large") == len(data)
        assert store.read("packs/large") == data

    def test_of_sixteen_creators_exactly_one_made_it(self, store: Store) -> None:
        for name in ("race", "deep/new/folder/race"):
            made = at_once(16, lambda number, name=name: store.create(name, b"%d" % number))  # type: ignore[misc]
            assert made.count(True) == 1
            assert store.read(name) == b"%d" % made.index(True)

    def test_sixteen_creators_of_different_names_in_a_new_folder(self, store: Store) -> None:
        assert all(at_once(16, lambda number: store.create(f"new/f{number}", b"x")))
        assert len(list(store.names("new/"))) == 16

    # names

    @pytest.mark.parametrize("name", HOSTILE)
    def test_hostile_names_are_refused_everywhere(self, store: Store, name: str) -> None:
        with store.upload() as upload:
            acts: list[Callable[[], object]] = [
                lambda: store.create(name, b"x"),
                lambda: store.replace(name, b"x", expected=None),
                lambda: store.replace(name, b"x", expected=b"y"),
                lambda: store.read(name),
                lambda: store.read_range(name, 0, 1),
                lambda: store.open(name).__enter__(),
                lambda: store.size(name),
                lambda: store.remove(name),
                lambda: upload.commit(name),
            ]
            for act in acts:
                with pytest.raises(UserError):
                    act()
        assert list(store.names()) == []

    @pytest.mark.parametrize(
        "name", ["a", "A-Z_0.9", "a..b", "-", "x" * 255, "a/incoming", "incoming2", "a/b/c/d/e"]
    )
    def test_good_names_are_taken(self, store: Store, name: str) -> None:
        store.create(name, b"x")
        assert list(store.names()) == [name]

    def test_a_name_is_no_folder_too(self, store: Store) -> None:
        store.create("a/b", b"x")
        with pytest.raises(UserError):
            store.create("a", b"y")
        with pytest.raises(UserError):
            store.create("a/b/c", b"y")
        with pytest.raises(UserError):
            store.replace("a", b"y", expected=None)
        with store.upload() as upload, pytest.raises(UserError):
            upload.commit("a")
        with store.upload() as upload, pytest.raises(UserError):
            upload.commit("a/b/c")
        store.remove("a")
        for absent in ("a", "a/b/c"):
            assert store.size(absent) is None
            with pytest.raises(NotInStore):
                store.read(absent)
        assert list(store.names()) == ["a/b"]
        assert store.read("a/b") == b"x"

    def test_listing_is_sorted_by_the_whole_name(self, store: Store) -> None:
        names = ["a-b", "a.b", "a/b", "a/b-c", "a/bd/e", "a0", "B", "z", "a/a"]
        for name in names:
            store.create(name, b"")
        assert list(store.names()) == sorted(names)

    @pytest.mark.parametrize(
        ("prefix", "found"),
        [
            ("log/", ["log/0", "log/tile/1"]),
            ("log", ["log-old", "log/0", "log/tile/1"]),
            ("log/t", ["log/tile/1"]),
            ("log/tile/1", ["log/tile/1"]),
            ("log/tile/1/", []),
            ("none/", []),
            ("l", ["log-old", "log/0", "log/tile/1"]),
            ("/", []),
            ("../", []),
            ("log/../", []),
            ("log//", []),
            (".", []),
            ("incoming/", []),
        ],
    )
    def test_a_prefix_is_a_plain_string(self, store: Store, prefix: str, found: list[str]) -> None:
        for name in ("log/0", "log/tile/1", "log-old", "other"):
            store.create(name, b"")
        assert list(store.names(prefix)) == found

    def test_an_empty_store_has_no_names(self, store: Store) -> None:
        assert list(store.names()) == []

    # reading

    def test_what_is_not_there(self, store: Store) -> None:
        for name in ("absent", "no/such/folder"):
            assert store.size(name) is None
            store.remove(name)
            with pytest.raises(NotInStore):
                store.read(name)
            with pytest.raises(NotInStore):
                store.read_range(name, 0, 1)
            with pytest.raises(NotInStore), store.open(name):
                pass
        assert list(store.names()) == []

    @pytest.mark.parametrize(
        ("offset", "length"),
        [
            *[(0, 0), (0, 1), (0, 10), (3, 4), (9, 1), (9, 5), (10, 1), (11, 1)],
            *[(0, 1 << 40), (1 << 70, 1), (2, 1 << 70)],
        ],
    )
    def test_a_range_is_a_slice(self, store: Store, offset: int, length: int) -> None:
        store.create("a", b"0123456789")
        assert store.read_range("a", offset, length) == b"0123456789"[offset : offset + length]

    @pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1)])
    def test_a_negative_range_is_refused(self, store: Store, offset: int, length: int) -> None:
        store.create("a", b"0123456789")
        with pytest.raises(UserError):
            store.read_range("a", offset, length)

    def test_an_open_file_is_read_from_start_to_end(self, store: Store) -> None:
        data = bytes(range(256)) * 2000
        store.create("a", data)
        with store.open("a") as file:
            assert file.read(10) == data[:10]
            assert file.read() == data[10:]
            assert file.read(1) == b""

    def test_an_open_file_keeps_its_content_while_it_is_replaced(self, store: Store) -> None:
        store.create("a", b"old" * 100_000)
        with store.open("a") as file:
            start = file.read(3)
            store.replace("a", b"new" * 100_000, expected=b"old" * 100_000)
            assert start + file.read() == b"old" * 100_000

    # uploads

    def test_an_upload_is_the_sum_of_its_writes(self, store: Store) -> None:
        with store.upload() as upload:
            upload.write(b"one ")
            upload.write(b"")
            upload.write(memoryview(b"and two"))
            assert upload.commit("packs/up") is True
        assert store.read("packs/up") == b"one and two"

    def test_an_upload_may_be_empty(self, store: Store) -> None:
        with store.upload() as upload:
            assert upload.commit("empty") is True
        assert store.read("empty") == b""

    def test_an_upload_has_no_name_before_its_commit(self, store: Store) -> None:
        with store.upload() as upload:
            upload.write(b"x" * 100_000)
            assert list(store.names()) == []
            upload.commit("up")
            assert list(store.names()) == ["up"]

    def test_an_upload_without_commit_is_forgotten(self, store: Store) -> None:
        with store.upload() as upload:
            upload.write(b"x")
        assert list(store.names()) == []

    def test_an_upload_left_by_an_error_is_forgotten(self, store: Store) -> None:
        def fail_midway() -> None:
            with store.upload() as upload:
                upload.write(b"x")
                raise KeyError

        with pytest.raises(KeyError):
            fail_midway()
        assert list(store.names()) == []

    def test_an_upload_leaves_an_existing_file_alone(self, store: Store) -> None:
        store.create("a", b"first")
        with store.upload() as upload:
            upload.write(b"second")
            assert upload.commit("a") is False
        assert store.read("a") == b"first"

    def test_an_upload_supersedes_what_is_there(self, store: Store) -> None:
        store.create("a/b", b"damaged")
        with store.upload() as upload:
            upload.write(b"whole")
            assert store.read("a/b") == b"damaged"
            upload.supersede("a/b")
        assert store.read("a/b") == b"whole"
        assert list(store.names()) == ["a/b"]

    def test_an_upload_supersedes_what_is_not_there(self, store: Store) -> None:
        with store.upload() as upload:
            upload.write(b"whole")
            upload.supersede("a/b")
        assert store.read("a/b") == b"whole"

    def test_an_upload_that_superseded_is_over(self, store: Store) -> None:
        with store.upload() as upload:
            upload.supersede("a")
            with pytest.raises(StoreUnavailable):
                upload.supersede("b")
        assert list(store.names()) == ["a"]

    def test_an_upload_that_is_over_takes_nothing(self, store: Store) -> None:
        with store.upload() as upload:
            upload.commit("a")
            with pytest.raises(StoreUnavailable):
                upload.write(b"more")
            with pytest.raises(StoreUnavailable):
                upload.commit("b")
        with store.upload() as left:
            pass
        with pytest.raises(StoreUnavailable):
            left.write(b"more")
        with pytest.raises(StoreUnavailable):
            left.commit("b")
        assert list(store.names()) == ["a"]
        assert store.read("a") == b""

    def test_uploads_side_by_side_do_not_mix(self, store: Store) -> None:
        with store.upload() as one, store.upload() as two:
            for _ in range(3):
                one.write(b"1")
                two.write(b"2")
            two.commit("two")
            one.commit("one")
        assert (store.read("one"), store.read("two")) == (b"111", b"222")

    def test_of_eight_uploads_exactly_one_made_it(self, store: Store) -> None:
        def send(number: int) -> bool:
            with store.upload() as upload:
                upload.write(b"%d" % number)
                return upload.commit("packs/race")

        made = at_once(8, send)
        assert made.count(True) == 1
        assert store.read("packs/race") == b"%d" % made.index(True)

    # replace

    def test_replace_makes_what_must_not_exist_yet(self, store: Store) -> None:
        store.replace("log/checkpoint", b"1", expected=None)
        assert store.read("log/checkpoint") == b"1"

    def test_replace_puts_new_for_old(self, store: Store) -> None:
        store.create("a", b"old and longer")
        store.replace("a", b"new", expected=b"old and longer")
        store.replace("a", b"", expected=b"new")
        store.replace("a", b"newer", expected=b"")
        store.replace("a", b"newer", expected=b"newer")
        assert store.read("a") == b"newer"

    def test_replace_with_another_expectation_writes_nothing(self, store: Store) -> None:
        store.create("a", b"present")
        for wrong in (None, b"", b"presen", b"present.", b"another"):
            with pytest.raises(StoreChanged):
                store.replace("a", b"new", expected=wrong)
        assert store.read("a") == b"present"

    def test_replace_of_what_is_not_there_writes_nothing(self, store: Store) -> None:
        for name in ("absent", "no/such/folder"):
            with pytest.raises(StoreChanged):
                store.replace(name, b"new", expected=b"old")
            assert store.size(name) is None

    def test_a_counter_that_four_threads_raise_misses_none(self, store: Store) -> None:
        store.create("counter", b"0")

        def count(_: int) -> None:
            done = 0
            while done < 20:
                present = store.read("counter")
                try:
                    store.replace("counter", b"%d" % (int(present) + 1), expected=present)
                    done += 1
                except StoreChanged:
                    continue

        at_once(4, count)
        assert store.read("counter") == b"80"

    def test_of_eight_first_replacers_exactly_one_wins(self, store: Store) -> None:
        def win(number: int) -> bool:
            try:
                store.replace("first", b"%d" % number, expected=None)
            except StoreChanged:
                return False
            return True

        won = at_once(8, win)
        assert won.count(True) == 1
        assert store.read("first") == b"%d" % won.index(True)

    def test_a_reader_never_sees_a_mixture(self, store: Store) -> None:
        states = [bytes([letter]) * 200_000 for letter in b"ab"]
        store.create("a", states[0])
        done = Event()

        def read_on() -> set[bytes]:
            seen = set()
            while not done.is_set():
                seen.add(store.read("a"))
                with store.open("a") as file:
                    seen.add(file.read(100_000) + file.read())
            return seen

        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read_on) for _ in range(2)]
            try:
                for turn in range(20):
                    store.replace("a", states[(turn + 1) % 2], expected=states[turn % 2])
            finally:
                done.set()
            for reader in readers:
                assert reader.result() <= set(states)

    # remove

    def test_remove_takes_a_file_away(self, store: Store) -> None:
        store.create("log/tile/1.p/3", b"x")
        store.create("log/tile/1.p/4", b"y")
        store.remove("log/tile/1.p/3")
        store.remove("log/tile/1.p/3")
        assert list(store.names()) == ["log/tile/1.p/4"]
        assert store.create("log/tile/1.p/3", b"again") is True
