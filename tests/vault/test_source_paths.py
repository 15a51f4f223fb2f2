import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.vault.errors import PathUnsafe, SourceUnusable
from emeritus.vault.sources import SKIPPED_FOLDERS, gather, safe_path


def write(file: Path, data: bytes = b"x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def paths(folder: Path) -> list[str]:
    return [source.path for source in gather(folder).sources]


def test_one_file_gives_its_own_name(tmp_path: Path) -> None:
    file = write(tmp_path / "model.gguf")
    (source,) = gather(file).sources
    assert (source.path, source.file) == ("model.gguf", file)


def test_a_folder_gives_its_files_in_the_order_of_their_utf8_bytes(tmp_path: Path) -> None:
    names = [
        "a/b.bin",
        "a-b.bin",
        "a.txt",
        "README.md",
        "readme.md",
        ".gitattributes",
        "é",
        "\uffee",
    ]
    for name in [*names, "\U0001f600"]:
        write(tmp_path / name)
    found = gather(tmp_path)
    assert [source.path for source in found.sources] == sorted(
        [*names, "\U0001f600"], key=str.encode
    )
    assert all(source.file == tmp_path / source.path for source in found.sources)
    assert (found.skipped, found.outside) == ((), ())


def test_what_is_skipped_is_named(tmp_path: Path) -> None:
    write(tmp_path / "model.bin")
    for name in SKIPPED_FOLDERS:
        write(tmp_path / name / "config")
        write(tmp_path / "sub" / name / "config")
    write(tmp_path / ".cache" / "other")
    found = gather(tmp_path)
    assert [source.path for source in found.sources] == [".cache/other", "model.bin"]
    assert found.skipped == (".cache/huggingface", ".git", "sub/.cache/huggingface", "sub/.git")


def test_links_to_files_are_followed_and_those_that_leave_are_named(tmp_path: Path) -> None:
    blob = write(tmp_path / "blobs" / "0123", b"weights")
    snapshot = tmp_path / "snapshot"
    write(snapshot / "own.bin")
    (snapshot / "model.safetensors").symlink_to(blob)
    (snapshot / "same.bin").symlink_to("own.bin")
    found = gather(snapshot)
    read = {source.path: source.file.read_bytes() for source in found.sources}
    assert read == {"model.safetensors": b"weights", "own.bin": b"x", "same.bin": b"x"}
    assert found.outside == ("model.safetensors",)


def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").symlink_to("gone")
    with pytest.raises(SourceUnusable, match="a link that leads nowhere"):
        gather(tmp_path)
    with pytest.raises(SourceUnusable, match="a link that leads nowhere"):
        gather(tmp_path / "model.bin")


@pytest.mark.parametrize("target", [".", "..", "sub"])
def test_links_to_folders_are_refused_so_that_no_loop_is_walked(
    tmp_path: Path, target: str
) -> None:
    write(tmp_path / "sub" / "model.bin")
    (tmp_path / "again").symlink_to(target)
    with pytest.raises(SourceUnusable, match="a link to a folder"):
        gather(tmp_path)


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SourceUnusable):
        gather(tmp_path)


def test_a_pipe_a_socket_and_a_device_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceUnusable, match="a device, a pipe or a socket"):
        gather(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(write(tmp_path / "s" / "x").parent / "socket"))
        with pytest.raises(SourceUnusable):
            gather(tmp_path / "s")
    with pytest.raises(SourceUnusable, match="a device, a pipe or a socket"):
        gather(Path("/dev/null"))


def test_nothing_to_deposit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    write(tmp_path / "only" / ".git" / "config")
    for name in ("empty", "only"):
        with pytest.raises(SourceUnusable, match="an empty folder"):
            gather(tmp_path / name)
    with pytest.raises(SourceUnusable, match="No such file"):
        gather(tmp_path / "gone")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "model.bin").chmod(0)
    with pytest.raises(SourceUnusable, match="Permission denied"):
        gather(tmp_path)


@pytest.mark.parametrize("name", [b"not-utf8-\xff", b"line\nbreak", b"back\\slash", b"NUL.txt"])
def test_names_that_could_not_be_restored_are_refused(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).write_bytes(b"x")
    with pytest.raises(PathUnsafe):
        gather(tmp_path)


@pytest.mark.parametrize(
    "path",
    ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/..", "./a", "a/./b", "a\\b",
     "a\0b", "a\nb", "a\x7fb", "a\x85b", "a\u202eb", "a\ud800b", "a" * 256, "é" * 128,
     "b/" * 512 + "b", "con", "sub/Nul", "AUX.h", "com1.txt", "lpt9", "CON .txt"],
)  # fmt: skip
def test_unsafe_paths_are_refused(path: str) -> None:
    with pytest.raises(PathUnsafe):
        safe_path(path)


@pytest.mark.parametrize(
    "path", ["a", "a/b.c", "...", "..a", ".gitattributes", "é" * 127, "b/" * 511 + "b", "console",
             "a b", "モデル/重み.bin", "a:b", "nulls.txt"]
)  # fmt: skip
def test_safe_paths_are_returned_as_they_are(path: str) -> None:
    assert safe_path(path) == path


@given(st.text(alphabet=st.sampled_from("a./\\~\0é"), max_size=12))
def test_a_path_that_passes_stays_below_its_folder(path: str) -> None:
    try:
        safe_path(path)
    except PathUnsafe:
        return
    place = os.path.normpath(os.path.join("/restored/here", path))  # noqa: PTH118
    assert place == "/restored/here/" + path
