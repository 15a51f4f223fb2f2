"""Bundles: one spelling, opened by ordinary tools, and every flipped bit found."""

import errno
import hashlib
import io
import os
import random
import subprocess
import tarfile
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emeritus.foundation import Conflict, EmeritusError, Silent, UserError, canonical_json
from emeritus.vault import Damaged, NotInStore, StoreUnavailable
from emeritus.vault.bundle import (
    Listing,
    Member,
    bundle_bytes,
    looks_like_a_bundle,
    open_bundle,
    write_bundle,
    write_file,
)
from emeritus.vault.bundle.listing import LARGEST_LIST
from emeritus.vault.bundle.tar import BLOCK, header
from emeritus.vault.errors import BundleBroken, DestinationUnusable

GOLDEN = Path(__file__).parents[1] / "golden" / "vault" / "bundle.tar"
FILES = {
    "README.txt": b"A small bundle.\n",
    "closed/sealed/" + "k" * 64 + "/objects/ab/" + "ab" * 32: b"age-encryption.org/v1\n",
    "empty": b"",
    "log/checkpoint": b"emeritus/golden\n3\n" + b"x" * 513,
    "objects/cd/" + "cd" * 32: b"y" * 512,
}


def listing_of(files: dict[str, bytes], **more: object) -> Listing:
    members = tuple(
        Member(name, len(data), hashlib.sha256(data).hexdigest())
        for name, data in sorted(files.items())
    )
    known = {"origin": "emeritus/golden", "size": 3, "root": "0" * 64, "model": "", "models": ()}
    return msgspec.convert({**known, **more, "members": msgspec.to_builtins(members)}, Listing)


def raw(files: dict[str, bytes]) -> bytes:
    return b"".join(bundle_bytes(listing_of(files), lambda name: (files[name],), Silent()))


def problems(path: Path) -> list[str]:
    """Return the names of what is damaged, or why the file cannot be opened."""
    try:
        with open_bundle(path) as bundle:
            return [finding.file for finding in bundle.check(Silent())]
    except EmeritusError as problem:
        return [problem.about]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.tar"
    path.write_bytes(raw(FILES))
    return path


def test_the_golden_bundle_is_written_and_read_as_ever() -> None:
    assert raw(FILES) == GOLDEN.read_bytes()
    with open_bundle(GOLDEN) as bundle:
        assert list(bundle.check(Silent())) == []
        assert {name: bundle.read(name) for name in bundle.names()} == FILES
        assert bundle.listing == listing_of(FILES)
        assert bundle.listing.to_bytes() == canonical_json(msgspec.to_builtins(bundle.listing))


def test_ordinary_tools_open_it(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run(
        ["tar", "xf", made, "-C", out], capture_output=True, text=True, check=True
    )
    assert not done.stderr
    subprocess.run(["sha256sum", "--quiet", "-c", "bundle.sha256"], cwd=out, check=True)
    assert {name: (out / name).read_bytes() for name in FILES} == FILES
    with tarfile.open(made) as tar:
        names = tar.getnames()
        assert all((one.mtime, one.uid, one.mode) == (0, 0, 0o644) for one in tar)
    assert names == ["bundle.json", *sorted(FILES), "bundle.sha256"]


def test_it_reads_as_a_store_does(made: Path) -> None:
    name = "log/checkpoint"
    with open_bundle(made) as bundle:
        assert list(bundle.names("log/")) == [name]
        assert bundle.size(name) == len(FILES[name])
        assert bundle.size("no") is None
        assert bundle.read_range(name, 3, 5) == FILES[name][3:8]
        assert bundle.read_range(name, 10_000, 5) == b""
        with pytest.raises(UserError):
            bundle.read_range(name, -1, 5)
        with bundle.open(name) as file:
            assert file.read(7) + file.read() == FILES[name]
        with pytest.raises(NotInStore):
            bundle.read("no")
        for call in (lambda: bundle.create("a", b""), bundle.upload, lambda: bundle.remove("a")):
            with pytest.raises(StoreUnavailable):
                call()


def flips(path: Path, step: int) -> None:
    """Flip a bit of every so many bytes, one at a time."""
    chance = random.Random(step)
    with path.open("r+b", buffering=0) as file:
        for at, byte in list(enumerate(path.read_bytes()))[::step]:
            os.pwrite(file.fileno(), bytes([byte ^ 1 << chance.randrange(8)]), at)
            found = problems(path)
            assert found, at
            assert all(found), at
            assert looks_like_a_bundle(path), at
            os.pwrite(file.fileno(), bytes([byte]), at)
    assert problems(path) == []


def test_a_flipped_bit_is_found_wherever_it_is(made: Path) -> None:
    flips(made, 23)


@pytest.mark.long
def test_a_flipped_bit_in_every_byte_is_found(made: Path) -> None:
    flips(made, 1)


def test_the_member_is_named_in_which_a_bit_flipped(made: Path) -> None:
    data = made.read_bytes()
    for name, content in FILES.items():
        if content:
            at = data.index(content)
            made.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
            assert problems(made) == [name]


def test_a_truncated_or_longer_file_is_no_bundle(made: Path) -> None:
    data = made.read_bytes()
    for length in range(0, len(data), 211):
        made.write_bytes(data[:length])
        assert problems(made), length
    made.write_bytes(data + b"\0")
    assert problems(made) == ["bundle.sha256"]


@pytest.mark.parametrize(
    "names",
    [
        ("../x",),
        ("/etc/passwd",),
        ("a//b",),
        ("a/./b",),
        (".hidden",),
        ("incoming/x",),
        ("bundle.json",),
        ("a", "a"),
        ("b", "a"),
        ("a", "a/b"),
        ("a", "a-b", "a/b"),
        ("x" * 256,),
        ("a\\b",),
        ("\u00e4",),
        ("",),
    ],
)
def test_names_that_no_store_has_are_refused(names: tuple[str, ...], tmp_path: Path) -> None:
    listing = listing_of({})
    members = tuple(Member(name, 0, hashlib.sha256().hexdigest()) for name in names)
    data = msgspec.json.encode(msgspec.structs.replace(listing, members=members), order="sorted")
    with pytest.raises(BundleBroken):
        Listing.from_bytes(data)
    path = tmp_path / "bad.tar"
    path.write_bytes(header("bundle.json", len(data)) + data + bytes(-len(data) % BLOCK))
    assert problems(path) == ["bundle.json"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_what_is_no_plain_file_is_found(made: Path, kind: bytes) -> None:
    data = bytearray(made.read_bytes())
    at = data.index(b"empty\0")
    member = tarfile.TarInfo("empty")
    member.type, member.linkname = kind, "/etc/passwd"
    data[at : at + BLOCK] = member.tobuf(tarfile.USTAR_FORMAT)
    made.write_bytes(data)
    assert problems(made) == ["empty"]


def test_the_tar_of_somebody_else_is_no_bundle(tmp_path: Path) -> None:
    path = tmp_path / "theirs.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo("bundle.txt"), io.BytesIO())
    assert not looks_like_a_bundle(path)
    with pytest.raises(UserError, match="another file"), open_bundle(path):
        pass
    with pytest.raises(UserError, match="found none"), open_bundle(tmp_path / "nothing"):
        pass


@pytest.mark.parametrize("count", [10_000, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_bomb_of_headers_stays_small(count: int, tmp_path: Path) -> None:
    empty = hashlib.sha256().hexdigest()
    listing = msgspec.structs.replace(
        listing_of({}), members=tuple(Member(f"a/{at:06}", 0, empty) for at in range(count))
    )
    path = tmp_path / "bomb.tar"
    with path.open("wb") as file:
        file.writelines(bundle_bytes(listing, lambda _: (), Silent()))
    del listing
    with path.open("r+b") as file:
        file.seek(-5000, io.SEEK_END)
        file.write(b"!")
    tracemalloc.start()
    assert problems(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1200 * count, peak


def test_a_list_that_claims_to_be_huge_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tar"
    with path.open("wb") as file:
        file.write(header("bundle.json", LARGEST_LIST + 1))
        file.truncate(LARGEST_LIST + 4096)
    with pytest.raises(BundleBroken, match="claims"), open_bundle(path):
        pass


NAMES = st.from_regex(
    r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,20}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,9})?", fullmatch=True
)


@settings(max_examples=40)
@given(st.dictionaries(NAMES, st.binary(max_size=700), max_size=6))
def test_what_is_written_is_read(files: dict[str, bytes]) -> None:
    listing = listing_of(files)
    try:
        listing.require_sound()
    except BundleBroken:
        return  # One name is the folder of another, or one that is reserved.
    assert Listing.from_bytes(listing.to_bytes()) == listing
    assert listing.to_bytes() == canonical_json(msgspec.to_builtins(listing))
    data = raw(files)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        inside = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr] # plain files
    assert {name: inside[name] for name in files} == files


@given(st.binary(max_size=200))
def test_bytes_that_are_no_list_are_refused(data: bytes) -> None:
    with pytest.raises(BundleBroken):
        Listing.from_bytes(data)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_happens_to_its_bytes_is_found_and_nothing_else_goes_wrong(
    tmp_path: Path, data: st.DataObject
) -> None:
    whole = GOLDEN.read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 3 * BLOCK))
    put = data.draw(st.one_of(st.binary(max_size=2 * BLOCK), st.just(whole[at - length : at])))
    changed = whole[:at] + put + whole[at + length :]
    path = tmp_path / "changed.tar"
    path.write_bytes(changed)
    assert bool(problems(path)) == (changed != whole)


def test_a_member_that_changed_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    wrong = FILES | {"empty": b"no more"}
    with pytest.raises(Damaged, match="empty"):
        write_bundle(listing_of(FILES), lambda n: (wrong[n],), path, over=False, progress=Silent())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert write_file(path, [b"one", b""], over=False) == 3
    with pytest.raises(Conflict, match="--force"):
        write_file(path, [b"two"], over=False)
    assert path.read_bytes() == b"one"
    write_file(path, [b"three"], over=True)
    assert path.read_bytes() == b"three"
    with pytest.raises(Conflict, match="folder"):
        write_file(tmp_path, [b""], over=True)
    assert list(tmp_path.iterdir()) == [path]


def test_of_two_writers_one_is_told_and_what_a_crash_left_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "x"
    (tmp_path / ".x.partial").write_bytes(b"left by a crash, and longer than what is written")
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> Iterator[bytes]:
        begun.set()
        assert go_on.wait(20)
        yield b"done"

    thread = threading.Thread(target=write_file, args=(path, slowly()), kwargs={"over": False})
    thread.start()
    assert begun.wait(20)
    with pytest.raises(Conflict, match="at this moment"):
        write_file(path, [b"other"], over=False)
    go_on.set()
    thread.join()
    assert path.read_bytes() == b"done"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_under_two_names_keeps_its_bytes(tmp_path: Path) -> None:
    path, partial, other = (tmp_path / name for name in ("x", ".x.partial", "other"))

    def failing() -> Iterator[bytes]:
        yield b"half"
        raise Damaged("a member is damaged")

    path.write_bytes(b"whole")
    partial.hardlink_to(path)
    with pytest.raises(Conflict):
        write_file(path, [b"new"], over=False)
    assert not partial.exists()
    other.write_bytes(b"of somebody else")
    partial.hardlink_to(other)
    with pytest.raises(Damaged):
        write_file(path, failing(), over=True)
    assert (path.read_bytes(), other.read_bytes()) == (b"whole", b"of somebody else")
    partial.symlink_to(other)
    with pytest.raises(DestinationUnusable):
        write_file(path, [b"new"], over=True)
    assert other.read_bytes() == b"of somebody else"


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    def full() -> Iterator[bytes]:
        yield b"half"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(DestinationUnusable, match="No space"):
        write_file(tmp_path / "x", full(), over=False)
    assert list(tmp_path.iterdir()) == []
