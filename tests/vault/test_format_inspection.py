import ast
import os
import pickle  # noqa: TID251 - to write one that must never be read
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emeritus.testing.weights import (
    GGUF_TENSORS,
    SAFETENSORS_TENSORS,
    TinyTensor,
    tiny_gguf,
    tiny_safetensors,
)
from emeritus.vault import formats
from emeritus.vault.errors import FormatBroken, FormatUnknown, SourceUnusable
from emeritus.vault.formats import Layout, Segment, inspect
from emeritus.vault.formats.inspection import _checked
from emeritus.vault.formats.layout import covering


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, data: bytes) -> Path:
        file = tmp_path / name
        file.write_bytes(data)
        return file

    return write


Keep = Callable[[str, bytes], Path]


def check_covers(layout: Layout, data: bytes, tensors: tuple[TinyTensor, ...]) -> None:
    end = 0
    for segment in layout.segments:
        assert segment.offset == end
        assert segment.length > 0
        end += segment.length
    assert end == len(data)
    found = {s.name: data[s.offset : s.offset + s.length] for s in layout.segments}
    assert found | {tensor.name: tensor.data for tensor in tensors} == found
    named = {tensor.name for tensor in tensors}
    assert {s.element for s in layout.segments if s.name not in named} == {"opaque"}


@pytest.mark.parametrize("name", ["model.gguf", "model.GGUF", "model.bin"])
def test_gguf_is_known_by_its_first_bytes(keep: Keep, name: str) -> None:
    data = tiny_gguf()
    layout = inspect(keep(name, data))
    assert (layout.format, layout.facts["architecture"]) == ("gguf", "llama")
    assert layout.note == "GGUF version 3: 3 tensors, 9 metadata entries"
    check_covers(layout, data, GGUF_TENSORS)
    assert [s.name for s in layout.segments if s.element == "opaque"] == ["header"] + [
        "padding"
    ] * 3


@pytest.mark.parametrize("name", ["model.safetensors", "a0b1c2"])
def test_safetensors_is_known_by_its_suffix_or_by_its_look(keep: Keep, name: str) -> None:
    data = tiny_safetensors()
    layout = inspect(keep(name, data))
    assert layout.format == "safetensors"
    check_covers(layout, data, SAFETENSORS_TENSORS)


def test_a_link_is_judged_by_its_own_name(keep: Keep, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").symlink_to(keep("blob", b"no such thing"))
    with pytest.raises(FormatBroken, match=r"model\.safetensors"):
        inspect(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("config.json", b'{"a": 1}'),
        ("empty", b""),
        ("model.bin", b"\x80\x01..."),
        ("looks.bin", (2).to_bytes(8, "little") + b"{]" + b"x"),
        ("zip.bin", b"PK\x03\x04"),
    ],
)
def test_anything_else_is_opaque(keep: Keep, name: str, data: bytes) -> None:
    layout = inspect(keep(name, data))
    assert (layout.format, layout.facts) == ("opaque", {})
    assert layout.segments == ((Segment(0, len(data), "opaque", "file"),) if data else ())


class Trap:
    """Unpickled, it makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_labelled_and_never_opened(keep: Keep, tmp_path: Path, protocol: int) -> None:
    sprung = tmp_path / "sprung"
    data = pickle.dumps(Trap(sprung), protocol=protocol)
    archive = tmp_path / "model.pt"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("archive/data.pkl", data)
    for file in (keep("pytorch_model.bin", data), archive):
        layout = inspect(file)
        assert layout.format == "pickle"
        assert [s.element for s in layout.segments] == ["opaque"]
    assert not sprung.exists()
    pickle.loads(data)
    assert sprung.exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.gguf", tiny_gguf()[:-40]),
        ("model.gguf", b""),
        ("model.gguf", b"GGML"),
        ("model.bin", b"GGUF"),
        ("model.safetensors", tiny_safetensors()[:-1]),
        ("model.safetensors", b""),
    ],
)
def test_a_file_that_breaks_what_it_claims_is_refused(keep: Keep, name: str, data: bytes) -> None:
    with pytest.raises(FormatBroken) as refused:
        inspect(keep(name, data))
    message = refused.value.message
    for part in (name, "expected", "found", "deposit it again from its source", "--opaque"):
        assert part in message


def test_a_version_that_is_not_read_here_is_told_apart(keep: Keep) -> None:
    with pytest.raises(FormatUnknown, match="version 2 or 3, found 1"):
        inspect(keep("model.gguf", tiny_gguf(version=1)))


def test_a_header_that_needs_more_than_the_memory_is_refused(keep: Keep) -> None:
    header = b'{"a":[' + b"[]," * 20_000_000 + b"[]]}"
    data = len(header).to_bytes(8, "little") + header
    with pytest.raises(FormatBroken, match="more than 512 MB of memory"):
        inspect(keep("model.safetensors", data))


@pytest.mark.parametrize("place", [".", "gone", "pipe"])
def test_what_is_no_file_is_refused(tmp_path: Path, place: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceUnusable):
        inspect(tmp_path / place)


@pytest.mark.parametrize(
    "tensors",
    [
        [(0, 0, "f32", "a")],
        [(-1, 4, "f32", "a")],
        [(8, 4, "f32", "a"), (8, 4, "f32", "b")],
        [(8, 4, "f32", "a"), (4, 4, "f32", "b")],
        [(96, 8, "f32", "a")],
        [(0, 2**70, "f32", "a")],
        [(0.0, 4, "f32", "a")],
        [(True, 4, "f32", "a")],
        [(0, 4, "../f32", "a")],
        [(0, 4, "f32", 5)],
        [(0, 4, "f32")],
        ["abcd"],
        [5],
        None,
    ],
)
def test_the_answer_of_the_limited_process_is_not_believed(tensors: object) -> None:
    said = {"size": 100, "tensors": tensors, "note": "", "facts": {}}
    with pytest.raises((TypeError, ValueError)):
        _checked("gguf", said, 100)
    assert _checked("gguf", said | {"tensors": [(0, 4, "f32", "a")]}, 100).segments


def test_an_answer_about_another_file_is_not_believed() -> None:
    with pytest.raises(ValueError, match="it read 99 bytes"):
        _checked("gguf", {"size": 99, "tensors": [], "note": "", "facts": {}}, 100)


def test_covering_fills_what_lies_between() -> None:
    tensors = [Segment(10, 5, "f32", "a"), Segment(15, 5, "f32", "b"), Segment(24, 6, "f16", "c")]
    covered = [(s.offset, s.length, s.name) for s in covering(tensors, 32)]
    assert covered == [
        (0, 10, "header"), (10, 5, "a"), (15, 5, "b"), (20, 4, "padding"), (24, 6, "c"),
        (30, 2, "padding"),
    ]  # fmt: skip
    assert covering([], 0) == ()


def test_the_limited_process_imports_nothing_but_the_standard_library() -> None:
    folder = Path(str(formats.__file__)).parent
    waiting, seen = ["bounded"], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text())):
            assert not isinstance(node, ast.Import) or {
                alias.name.partition(".")[0] for alias in node.names
            } <= set(sys.stdlib_module_names)
            if isinstance(node, ast.ImportFrom) and node.module:
                prefix, _, last = node.module.rpartition(".")
                if prefix == "emeritus.vault.formats" and last not in seen:
                    waiting.append(last)
                elif prefix != "emeritus.vault.formats":
                    assert node.module.partition(".")[0] in sys.stdlib_module_names
    assert seen == {"bounded", "cursor", "ggml", "gguf", "report", "safetensors"}


def test_the_limits_are_taken_on() -> None:
    code = (
        "import resource, emeritus.vault.formats.bounded as b\n"
        "b.limit_this_process()\n"
        "print([resource.getrlimit(getattr(resource, 'RLIMIT_' + n)) for n in"
        " ('AS', 'CPU', 'FSIZE', 'NOFILE', 'CORE')])\n"
        "try:\n    bytearray(2**29)\nexcept MemoryError:\n    print('no more')"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.splitlines()
    assert said[0] == str([(2**29,) * 2, (20, 20), (0, 0), (8, 8), (0, 0)])
    assert said[1] == "no more"
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 2**29
