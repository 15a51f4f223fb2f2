"""Files that lie elsewhere: what is read of them to look at them, and which names are refused."""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from emeritus.foundation import Conflict, Silent
from emeritus.testing.weights import SAFETENSORS_TENSORS, TinyTensor, tiny_gguf, tiny_safetensors
from emeritus.vault import Damaged, NotInStore, gather, gathering
from emeritus.vault.errors import FormatBroken, ModelIncomplete, PathUnsafe, SourceUnusable
from emeritus.vault.found import FoundPieces, survey
from emeritus.vault.keep import layouts_of
from emeritus.vault.ports import Listed

LONG_WORDS = ["word" * 64] * 40_000
"""10 MB of vocabulary: more than the first part of a header that is read."""


class ElsewhereFiles:
    """Files in memory, read as `vault.Originals` are; counts what is read."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.read = 0
        self.marks: dict[str, str] = {}

    def listed(self) -> list[Listed]:
        return [Listed(path, len(data), self.mark(path)) for path, data in self.files.items()]

    def mark(self, path: str) -> str:
        return self.marks.get(path, "as it was") if path in self.files else ""

    def where(self, path: str) -> str:
        return f"far/{path}"

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.part(path, 0, len(self.files.get(path, b""))))

    def part(self, path: str, offset: int, length: int) -> bytes:
        if path not in self.files:
            raise NotInStore(f"{path} is not where it was found")
        data = self.files[path][offset : offset + length]
        self.read += len(data)
        return data


def large(header: int) -> dict[str, bytes]:
    """Return a model with a long header and 40 MB of tensors."""
    data = bytes(10_000_000)
    shape = (2_500_000,)
    tensors = tuple(TinyTensor(f"blk.{number}", 0, shape, data) for number in range(4))
    words = {"tokenizer.ggml.tokens": LONG_WORDS[:header]}
    safe = tuple(TinyTensor(one.name, "F32", shape, data) for one in tensors)
    return {
        "gguf/model.gguf": tiny_gguf(tensors=tensors, metadata=words),
        "safe/model.safetensors": tiny_safetensors(tensors=safe),
    }


@pytest.mark.parametrize("header", [10, 40_000])
def test_of_large_files_little_is_read_to_look_at_them(header: int, tmp_path: Path) -> None:
    files = ElsewhereFiles(large(header))
    for path, data in files.files.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(data)
    expected = layouts_of(gather(tmp_path).sources, opaque=False)
    with gathering(files, opaque=False) as gathered:
        assert layouts_of(gathered.sources, opaque=False) == expected
        taken = sum(one.file.stat().st_blocks * 512 for one in gathered.sources)
        folder = gathered.sources[0].file.parents[1]
    assert not folder.exists()
    assert max(files.read, taken) < (6 << 20 if header == 10 else 26 << 20)


def test_the_package_is_that_of_a_folder(tmp_path: Path) -> None:
    index = {"weight_map": {"embed.weight": "model.safetensors"}}
    files = {
        "model.safetensors": tiny_safetensors(),
        "model.safetensors.index.json": json.dumps(index).encode() + b" " * 100_000,
        "tiny.gguf": tiny_gguf(),
        "words": b"no suffix " * 20_000,
        "with space/ü.txt": b"text",
        "empty": b"",
        "old.bin": b"\x80\x04pickle" + bytes(70_000),
    }
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    far = ElsewhereFiles(files)
    with gathering(far, opaque=False) as gathered:
        package = survey(gathered.sources, opaque=False, progress=Silent())
    with gathering(tmp_path, opaque=False) as near:
        assert survey(near.sources, opaque=False, progress=Silent()) == package
    found = FoundPieces(far, package)
    assert found.check(Silent()) == []
    files["words"] = files["words"][:-1] + b"?"
    assert [one.file for one in found.check(Silent())] == ["words"]
    with pytest.raises(Damaged, match="far/words holds other bytes"):
        found.decoded(
            package.files[[one.path for one in package.files].index("words")].pieces[0].id
        )


def test_an_index_is_read_whole() -> None:
    index = {"pad": "x" * 200_000, "weight_map": {"a": "here.safetensors", "b": "gone.safetensors"}}
    files = {
        "here.safetensors": tiny_safetensors(tensors=SAFETENSORS_TENSORS[:1]),
        "model.safetensors.index.json": json.dumps(index).encode(),
    }
    with (
        gathering(ElsewhereFiles(files), opaque=False) as gathered,
        pytest.raises(ModelIncomplete, match=r"gone\.safetensors"),
    ):
        layouts_of(gathered.sources, opaque=False)


@pytest.mark.parametrize(
    "name", ["../up", "a\\b", "con", "a/aux.txt", "a\nb", "x" * 256, "/top", "a//b", "\u202egnp"]
)
def test_a_name_that_no_folder_could_hold_is_refused(name: str) -> None:
    files = ElsewhereFiles({"fine.gguf": tiny_gguf(), name: b"x"})
    with pytest.raises(PathUnsafe, match="rename"), gathering(files, opaque=False):
        pass


def test_what_stands_for_a_folder_is_no_file() -> None:
    files = {"a": b"", "a/b.gguf": tiny_gguf(), "a/.git/config": b"x", ".git": b""}
    with gathering(ElsewhereFiles(files), opaque=False) as gathered:
        assert [one.path for one in gathered.sources] == [".git", "a/b.gguf"]
        assert gathered.skipped == ("a/.git",)
    files["a"] = b"x"
    with (
        pytest.raises(PathUnsafe, match="found both"),
        gathering(ElsewhereFiles(files), opaque=False),
    ):
        pass


def test_nothing_there_is_said() -> None:
    with (
        pytest.raises(SourceUnusable, match="found none"),
        gathering(ElsewhereFiles({}), opaque=False),
    ):
        pass


def test_a_file_that_changes_meanwhile_is_not_taken() -> None:
    files = ElsewhereFiles({"a.gguf": tiny_gguf()})
    with gathering(files, opaque=False) as gathered:
        files.marks["a.gguf"] = "written again"
        with pytest.raises(Conflict, match=r"far/a\.gguf changed"):
            survey(gathered.sources, opaque=False, progress=Silent())
        del files.marks["a.gguf"]
        files.files["a.gguf"] = files.files["a.gguf"][:-1]
        with pytest.raises(Conflict, match="became shorter"):
            survey(gathered.sources, opaque=False, progress=Silent())


def test_what_was_read_of_a_hole_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emeritus.vault.originals._HEADER", 1 << 16)
    monkeypatch.setattr("emeritus.vault.originals.LONGEST_HEAD", 1 << 18)
    files = ElsewhereFiles({"a.gguf": large(4_000)["gguf/model.gguf"]})
    with pytest.raises(FormatBroken, match="--opaque"), gathering(files, opaque=False):
        pass
    with gathering(files, opaque=True) as gathered:
        (layout,) = layouts_of(gathered.sources, opaque=True)
    assert (layout.format, len(layout.segments)) == ("opaque", 1)
