"""What is kept as tensors, kept as bytes or refused; and that it comes back, by us and without us.

The same table stands in `docs/explanation/what-is-kept-as-what.md`.
"""

import json
import struct
from pathlib import Path

import gguf
import numpy as np
import pytest
import safetensors.numpy

from emeritus.foundation import NotFound, Silent, UserError
from emeritus.testing import MemoryStore
from emeritus.testing.weights import TinyTensor, framed_header, tiny_gguf, tiny_safetensors
from emeritus.vault import (
    PackIndex,
    Source,
    all_tensors,
    find_tensor,
    keep,
    read_tensor,
    restore,
    stream_file,
)
from emeritus.vault.errors import Damaged, FormatBroken, FormatUnknown, ModelIncomplete
from emeritus.vault.reader import read_emeritus

F32 = TinyTensor("a", 0, (8,), bytes(range(32)))
B = TinyTensor("b", 0, (8,), bytes(range(32, 64)))


def entry(begin: int, end: int, shape: list[int] | None = None) -> dict[str, object]:
    wanted = [(end - begin) // 4] if shape is None else shape
    return {"dtype": "F32", "shape": wanted, "data_offsets": [begin, end]}


def header(value: object, data: int, spaces: int = 0) -> bytes:
    return framed_header(json.dumps(value).encode() + b" " * spaces) + bytes(data)


def moved(place: int) -> bytes:
    data = tiny_gguf((F32, B), {})
    at = data.index(b"b" + struct.pack("<IQ", 1, 8)) + 17
    return data[:at] + struct.pack("<Q", place) + data[at + 8 :]


def by_safetensors(folder: Path) -> bytes:
    file = folder / "made"
    arrays = {"w": np.arange(12, dtype=np.float32).reshape(3, 4), "none": np.zeros((0, 4), "f4")}
    safetensors.numpy.save_file(arrays, file, {"format": "pt"})
    return file.read_bytes()


def by_gguf(folder: Path) -> bytes:
    file = folder / "made"
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_custom_alignment(64)
    numbers = np.arange(256, dtype=np.float32).reshape(2, 128)
    writer.add_tensor("w", numbers)
    for kind in (gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_0):
        writer.add_tensor(kind.name, gguf.quants.quantize(numbers, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file.read_bytes()


SOUND = {
    "no tensors.safetensors": header({}, 0),
    "tensor of no numbers.safetensors": header({"a": entry(0, 8), "e": entry(8, 8, [0])}, 8),
    "spaces after the header.safetensors": header({"a": entry(0, 8)}, 8, spaces=9),
    "out of order.safetensors": header({"b": entry(8, 16), "a": entry(0, 8)}, 16),
    "version 2.gguf": tiny_gguf(version=2),
    "version 3.gguf": tiny_gguf(),
    "alignment 8.gguf": tiny_gguf(alignment=8),
    "alignment 4096.gguf": tiny_gguf(alignment=4096),
    "no tensors.gguf": tiny_gguf((), {}),
}
REFUSED: dict[str, tuple[bytes, type[Exception]]] = {
    "overlap.safetensors": (header({"a": entry(0, 8), "b": entry(4, 12)}, 12), FormatBroken),
    "gap.safetensors": (header({"a": entry(0, 8), "b": entry(12, 20)}, 20), FormatBroken),
    "trailing.safetensors": (header({"a": entry(0, 8)}, 9), FormatBroken),
    "short.safetensors": (header({"a": entry(0, 8)}, 7), FormatBroken),
    "twice.safetensors": (
        framed_header(b'{"a":%b,"a":%b}' % ((json.dumps(entry(0, 8)).encode(),) * 2)) + bytes(8),
        FormatBroken,
    ),
    "spaces before.safetensors": (framed_header(b" {}"), FormatBroken),
    "overlap.gguf": (moved(0), FormatBroken),
    "gap.gguf": (moved(64), FormatBroken),
    "misaligned.gguf": (moved(33), FormatBroken),
    "trailing.gguf": (tiny_gguf((F32,), {}) + bytes(1), FormatBroken),
    "twice.gguf": (tiny_gguf((F32, F32), {}), FormatBroken),
    "no numbers.gguf": (tiny_gguf((TinyTensor("a", 0, (0,), b""),), {}), FormatBroken),
    "version 1.gguf": (tiny_gguf(version=1), FormatUnknown),
    "big-endian.gguf": (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), FormatUnknown),
    "unknown type.gguf": (tiny_gguf((TinyTensor("a", 99, (8,), bytes(32)),), {}), FormatUnknown),
}


class Shop:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = MemoryStore()

    def keep(self, files: dict[str, bytes], *, opaque: bool = False) -> list[str]:
        """Keep files, give them back in two ways, and return what they are kept as."""
        sources = []
        for path, data in files.items():
            file = self.folder / "in" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            sources.append(Source(path, file))
        self.package = keep(
            self.store, sources, known_packs=frozenset(), opaque=opaque, progress=Silent()
        ).package
        self.pieces = PackIndex.load(self.store)
        restore(self.pieces, self.package, self.folder / "out", progress=Silent())
        for path, data in files.items():
            assert (self.folder / "out" / path).read_bytes() == data
            assert b"".join(stream_file(self.pieces, self.package, path)) == data
            assert self.read_alone(path) == data
        return [file.format for file in self.package.files]

    def read_alone(self, path: str) -> bytes:
        """Decode a file's pieces with the stand-alone reader."""
        (file,) = (one for one in self.package.files if one.path == path)

        def fetch(piece: str) -> bytes:
            return self.pieces.read(next(r.id for r in file.pieces if r.blake3 == piece))

        wanted = [(self.pieces.read(ref.id), ref.blake3, ref.bytes) for ref in file.pieces]
        decoded: list[bytes] = read_emeritus.decode_pieces(wanted, fetch)  # type: ignore[no-untyped-call]
        return b"".join(decoded)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize("name", SOUND)
def test_sound_files_are_kept_as_what_they_are(shop: Shop, name: str) -> None:
    assert shop.keep({name: SOUND[name]}) == [name.rpartition(".")[2]]


def test_files_of_the_real_packages_are_kept_as_tensors(shop: Shop) -> None:
    made = {"a.safetensors": by_safetensors(shop.folder), "b.gguf": by_gguf(shop.folder)}
    assert shop.keep(made | {"tokenizer.json": b"{}", ".hidden": b""}) == [
        "opaque", "safetensors", "gguf", "opaque",
    ]  # fmt: skip
    found = {(one.file, one.name): one for one in all_tensors(shop.pieces, shop.package)}
    assert len(found) == 4
    expected = np.arange(12, dtype=np.float32).reshape(3, 4)
    one = found["a.safetensors", "w"]
    assert (one.element, one.shape) == ("f32", (3, 4))
    assert b"".join(read_tensor(shop.pieces, shop.package, one)) == expected.tobytes()
    reader = gguf.GGUFReader(shop.folder / "out" / "b.gguf")
    for tensor in reader.tensors:
        kept = found["b.gguf", tensor.name]
        data = b"".join(read_tensor(shop.pieces, shop.package, kept))
        assert data == tensor.data.tobytes()
        assert (kept.shape, kept.element) == (
            tuple(int(n) for n in tensor.shape), tensor.tensor_type.name.lower(),
        )  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_almost_valid_is_refused_or_kept_as_bytes(shop: Shop, name: str) -> None:
    data, kind = REFUSED[name]
    with pytest.raises(kind, match="--opaque"):
        shop.keep({name: data})
    assert not list(shop.store.names("packs/"))
    assert shop.keep({name: data}, opaque=True) == ["opaque"]
    assert all_tensors(shop.pieces, shop.package) == ()


def test_a_tensor_is_asked_for_by_name(shop: Shop) -> None:
    shop.keep({"a.safetensors": tiny_safetensors(), "b.safetensors": tiny_safetensors()})
    tensors = all_tensors(shop.pieces, shop.package)
    with pytest.raises(NotFound, match=r"there are embed\.weight"):
        find_tensor(tensors, "embed.weights")
    with pytest.raises(UserError, match="several files"):
        find_tensor(tensors, "embed.weight")
    only = all_tensors(shop.pieces, shop.package, ["b.safetensors"])
    assert find_tensor(only, "embed.weight").file == "b.safetensors"
    with pytest.raises(NotFound, match=r"'c\.safetensors'"):
        all_tensors(shop.pieces, shop.package, ["c.safetensors"])


def index(*files: str) -> bytes:
    return json.dumps({"weight_map": dict(enumerate(files))}).encode()


PART = "m-0000{}-of-00003.gguf"


def split(number: int, count: int) -> bytes:
    return tiny_gguf((F32,), {"split.no": number, "split.count": count})


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        (
            {"model.safetensors.index.json": index("a.safetensors", "b.safetensors"),
             "a.safetensors": tiny_safetensors()},
            r"b\.safetensors",
        ),
        ({PART.format(n): tiny_gguf((F32,), {}) for n in (1, 3)}, r"m-00002-of-00003\.gguf"),
        ({"x.gguf": split(0, 3), "y.gguf": split(2, 3)}, "all 3 parts"),
    ],
)  # fmt: skip
def test_a_model_that_lacks_a_part_is_refused(
    shop: Shop, files: dict[str, bytes], missing: str
) -> None:
    with pytest.raises(ModelIncomplete, match=missing):
        shop.keep(files)
    assert set(shop.keep(files, opaque=True)) == {"opaque"}


@pytest.mark.parametrize("broken", [b"{", b"[" * 100_000, b'{"weight_map":3}', b"\xff", index()])
def test_complete_models_are_kept_whatever_their_index_says(shop: Shop, broken: bytes) -> None:
    files = {PART.format(n): split(n - 1, 3) for n in (1, 2, 3)}
    files["x.index.json"] = broken
    files["pytorch_model.bin.index.json"] = index("of-another-variant.bin")
    assert shop.keep(files).count("gguf") == 3


def test_a_stream_of_damaged_pieces_stops_before_them(shop: Shop) -> None:
    shop.keep({"a.gguf": tiny_gguf()})
    (file,) = shop.package.files
    wrong = type(file)(file.path, file.bytes, "0" * 64, file.format, file.pieces)
    package = type(shop.package)((wrong,), shop.package.identity)
    with pytest.raises(Damaged, match="SHA-256"):
        list(stream_file(shop.pieces, package, "a.gguf"))
