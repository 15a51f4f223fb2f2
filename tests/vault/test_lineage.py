"""Differences and where their bases come from."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emeritus.adapters.stores import LocalStore
from emeritus.foundation import Silent
from emeritus.vault import Kept, PackIndex, Source, check_pack, keep, read_part, restore
from emeritus.vault.codec.elements import ELEMENTS
from emeritus.vault.codec.piece_header import base_in
from emeritus.vault.codec.pieces import PIECE_BYTES, Base, decode, describe, encode, piece_id
from emeritus.vault.codec.planes import (
    ROTATED_SIZES,
    byte_difference,
    byte_restored,
    difference,
    restored,
)
from emeritus.vault.errors import Damaged
from emeritus.vault.reader import read_emeritus

Floats = npt.NDArray[np.float32]
HEAD = 80


def bf16(values: Floats) -> bytes:
    """Round to bfloat16, to nearest even."""
    bits = values.astype("<f4").view("<u4")
    rounded: npt.NDArray[np.uint16] = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
    return rounded.tobytes()


def safetensors(tensors: dict[str, bytes], kind: str = "BF16") -> bytes:
    head, body = {}, b""
    width = {"BF16": 2, "F32": 4}[kind]
    for name, data in tensors.items():
        place = [len(body), len(body) + len(data)]
        head[name] = {"dtype": kind, "shape": [len(data) // width], "data_offsets": place}
        body += data
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def weights(seed: int, layers: int = 4, size: int = 600_001) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    return {
        f"layer.{n}": rng.normal(0, 0.02, size + 7 * n).astype(np.float32) for n in range(layers)
    }


def tuned(tensors: dict[str, Floats], seed: int, by: float = 0.002) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    return {
        name: (one * (1 + rng.normal(0, by, one.shape))).astype(np.float32)
        for name, one in tensors.items()
    }


class Shop:
    """A store, and files that are kept in it one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = LocalStore(folder / "store")
        (folder / "store").mkdir()
        self.kept: list[Kept] = []

    def keep(self, name: str, data: bytes, relatives: Sequence[int] | None = None) -> Kept:
        file = self.folder / f"{name}.safetensors"
        file.write_bytes(data)
        chosen = range(len(self.kept)) if relatives is None else relatives
        kept = keep(
            self.store,
            [Source(file.name, file)],
            known_packs=frozenset(self.store.names("packs/")),
            opaque=False,
            progress=Silent(),
            relatives=[self.kept[one].package for one in chosen],
        )
        self.kept.append(kept)
        return kept

    def keep_numbers(self, name: str, tensors: dict[str, Floats]) -> Kept:
        return self.keep(name, safetensors({key: bf16(one) for key, one in tensors.items()}))

    def comes_back(self, name: str, kept: Kept) -> bool:
        out = self.folder / f"out-{name}"
        restore(PackIndex.load(self.store), kept.package, out, progress=Silent())
        file = f"{name}.safetensors"
        return (out / file).read_bytes() == (self.folder / file).read_bytes()

    def is_whole(self) -> bool:
        return not any(check_pack(self.store, one, Silent()) for one in self.store.names("packs/"))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@given(st.sampled_from(ROTATED_SIZES), st.data())
@settings(max_examples=200)
def test_every_difference_can_be_undone(size: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 40))
    new, base = (
        np.frombuffer(data.draw(st.binary(min_size=n, max_size=n)), np.uint8)
        for n in (count * size, count * size)
    )
    turned = difference(new, base, size)
    assert restored(turned, base, size).tobytes() == new.tobytes()
    again = read_emeritus.put_onto(  # type: ignore[no-untyped-call] # it has no types, to stand alone
        turned.tobytes() + b"t", base.tobytes() + b"u", size
    )
    assert again == new.tobytes() + b"t"


@pytest.mark.parametrize("base", [0x0000, 0x8000, 0x3F80, 0xBF80, 0x7F80, 0xFF80, 0x7FC1, 0xFFFF])
def test_it_is_a_bijection_on_every_half(base: int) -> None:
    every = np.arange(65_536, dtype="<u2")
    beside = np.full(65_536, base, "<u2").view(np.uint8)
    turned = difference(every.view(np.uint8), beside, 2)
    assert len(np.unique(turned.view("<u2"))) == 65_536
    assert (restored(turned, beside, 2).view("<u2") == every).all()


def test_neighbours_differ_by_little_across_zero_too() -> None:
    new = np.array([0x3F81, 0x3F7F, 0x0001, 0x8001], "<u2")
    base = np.array([0x3F80, 0x3F80, 0x8000, 0x0000], "<u2")
    turned = difference(new.view(np.uint8), base.view(np.uint8), 2).view("<u2")
    assert turned.tolist() == [2, 1, 4, 3]


@pytest.mark.parametrize("kind", ["bf16", "f32"])
@pytest.mark.parametrize("length", [2, 3, 4, 5, 1000, 300_001, PIECE_BYTES])
def test_a_piece_comes_back_from_its_difference(kind: str, length: int) -> None:
    rng = np.random.default_rng(length)
    numbers = rng.normal(0, 0.02, PIECE_BYTES).astype(np.float32)
    near = tuned({"x": numbers}, 1)["x"]
    data, other = (
        (bf16(one) if kind == "bf16" else one.tobytes())[:length] for one in (near, numbers)
    )
    base = Base(piece_id(other), other)
    encoded = encode(data, ELEMENTS[kind], base)
    assert decode(encoded, expected=piece_id(data), bases={base.piece: other}.__getitem__) == data
    assert len(encoded) <= len(encode(data, ELEMENTS[kind]))
    if length > 1000:
        assert describe(encoded).endswith("difference")
        assert base_in(encoded) == base.piece


@pytest.mark.parametrize(
    "other", [b"", b"\0" * 399, b"\0" * 401, bytes(range(200)) * 2], ids=["no", "-1", "+1", "far"]
)
def test_a_base_that_does_not_fit_costs_nothing(other: bytes) -> None:
    data = np.random.default_rng(5).normal(0, 0.02, 100).astype(np.float32).tobytes()
    base = Base(piece_id(other), other)
    assert len(encode(data, ELEMENTS["f32"], base)) <= len(encode(data, ELEMENTS["f32"]))
    for element in ("q4_1", "i8", "opaque", "i32"):
        encoded = encode(data, ELEMENTS[element], base)
        assert len(encoded) <= len(encode(data, ELEMENTS[element]))
    assert base_in(encode(data, ELEMENTS["opaque"], Base(piece_id(data[1:]), data[1:]))) is None


QUANTS = [name for name, element in ELEMENTS.items() if element.differs and not element.rotates]


@given(st.sampled_from(QUANTS), st.data())
@settings(max_examples=200)
def test_every_byte_difference_can_be_undone(name: str, data: st.DataObject) -> None:
    size = ELEMENTS[name].size
    count = data.draw(st.integers(0, 4)) * size + data.draw(st.integers(0, size - 1))
    new, base = (data.draw(st.binary(min_size=count, max_size=count)) for _ in range(2))
    whole = count - count % size
    turned = byte_difference(*(np.frombuffer(one[:whole], np.uint8) for one in (new, base)))
    undone = byte_restored(turned, np.frombuffer(base[:whole], np.uint8))
    assert undone.tobytes() == new[:whole]
    again = read_emeritus.put_bytes_onto(  # type: ignore[no-untyped-call] # as above
        turned.tobytes() + new[whole:], base, size
    )
    assert again == new
    encoded = encode(new, ELEMENTS[name], Base(piece_id(base), base))
    assert decode(encoded, bases=lambda _: base) == new


def test_a_byte_difference_is_a_bijection_that_puts_neighbours_low() -> None:
    new, base = (one.ravel().astype(np.uint8) for one in np.mgrid[0:256, 0:256])
    turned = byte_difference(new, base)
    assert (byte_restored(turned, base) == new).all()
    assert all(len(np.unique(row)) == 256 for row in turned.reshape(256, 256).T)
    near = byte_difference(np.array([7, 9, 6, 0, 255], np.uint8), np.array([7, 8, 7, 255, 0], "u1"))
    assert near.tolist() == [0, 2, 1, 2, 1]


@pytest.mark.parametrize("name", ["i8", "q8_0"])
@pytest.mark.parametrize("length", [1, 34, 35, 1000, 500_001, PIECE_BYTES])
def test_quants_come_back_from_their_difference(name: str, length: int) -> None:
    rng = np.random.default_rng(length)
    numbers = rng.normal(0, 25, length)
    data, other = (
        np.round(one).clip(-127, 127).astype(np.int8).tobytes()
        for one in (numbers + rng.normal(0, 0.4, length), numbers)
    )
    base = Base(piece_id(other), other)
    encoded = encode(data, ELEMENTS[name], base)
    assert decode(encoded, expected=piece_id(data), bases={base.piece: other}.__getitem__) == data
    if length >= 1000:
        assert describe(encoded) == "byte difference"
        assert base_in(encoded) == base.piece
        assert len(encoded) < 0.6 * len(encode(data, ELEMENTS[name]))
        for offset, value in ((4, b"\1"), (4, b"\2"), (5, b"\0"), (5, b"\2"), (48, bytes(32))):
            wrong = bytearray(encoded)
            wrong[offset : offset + len(value)] = value
            with pytest.raises(Damaged):
                decode(bytes(wrong), bases=lambda _: other)


def _difference() -> tuple[bytes, bytes, bytes]:
    data = bf16(weights(1, 1, 3000)["layer.0"])
    other = bf16(tuned({"x": weights(1, 1, 3000)["layer.0"]}, 3)["x"])
    return encode(data, ELEMENTS["bf16"], Base(piece_id(other), other)), data, other


def test_a_difference_without_its_base_is_refused() -> None:
    encoded, data, other = _difference()
    assert base_in(encoded) == piece_id(other)
    with pytest.raises(Damaged, match="only a whole piece may"):
        decode(encoded)
    with pytest.raises(Damaged, match="another length"):
        decode(encoded, bases=lambda _: other[:-2])
    with pytest.raises(Damaged, match="it holds the bytes of"):
        decode(encoded, bases=lambda _: bytes(len(other)))
    assert decode(encoded, bases=lambda _: other) == data


@pytest.mark.parametrize(
    ("offset", "value"), [(4, b"\1"), (5, b"\0"), (5, b"\1"), (5, b"\3"), (48, bytes(32))]
)
def test_a_difference_is_spelt_in_one_way(offset: int, value: bytes) -> None:
    encoded, _, other = _difference()
    wrong = bytearray(encoded)
    wrong[offset : offset + len(value)] = value
    with pytest.raises(Damaged):
        decode(bytes(wrong), bases=lambda _: other)
    own = bytearray(encoded)
    own[48:80] = own[16:48]
    with pytest.raises(Damaged, match="another piece"):
        decode(bytes(own), bases=lambda _: other)


def test_every_bit_of_a_difference_counts() -> None:
    encoded, data, other = _difference()
    for bit in range(0, 8 * len(encoded), 13):
        flipped = bytearray(encoded)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            assert decode(bytes(flipped), expected=piece_id(data), bases=lambda _: other) == data
        except Damaged:
            continue


def test_a_fine_tune_is_kept_as_differences_and_comes_back(shop: Shop) -> None:
    first = weights(1)
    shop.keep_numbers("base", first)
    shop.keep_numbers("stranger", weights(2))
    child = shop.keep_numbers("child", tuned(first, 3))
    assert child.base is shop.kept[0].package
    assert child.differences == len({one.blake3 for one in child.package.files[0].pieces}) - 1
    assert child.piece_bytes < 0.13 * child.package.raw_bytes
    assert shop.kept[1].base is None
    assert shop.comes_back("child", child)
    assert shop.is_whole()


def test_a_child_of_a_child_rests_on_the_first(shop: Shop) -> None:
    first = weights(1)
    shop.keep_numbers("base", first)
    second = tuned(first, 3)
    shop.keep_numbers("child", second)
    third = shop.keep("grandchild", _file(tuned(second, 4)), relatives=[1])
    assert third.differences > 0
    index = PackIndex.load(shop.store)
    bases = {index.base(one.id) for one in third.package.files[0].pieces} - {None}
    assert all(one is not None and index.base(one) is None for one in bases)
    assert shop.comes_back("grandchild", third)


def _file(tensors: dict[str, Floats]) -> bytes:
    return safetensors({name: bf16(one) for name, one in tensors.items()})


def test_tensors_of_other_shapes_stand_for_themselves(shop: Shop) -> None:
    first = weights(1)
    shop.keep_numbers("base", first)
    changed = tuned(first, 3)
    changed["layer.1"] = np.concatenate([changed["layer.1"], changed["layer.1"][:64]])
    changed["new"] = weights(9, 1)["layer.0"]
    child = shop.keep("child", _file(dict(reversed(changed.items()))))
    assert 0 < child.differences < len(child.package.files[0].pieces)
    assert shop.comes_back("child", child)


def test_a_wrong_hint_costs_no_byte(shop: Shop) -> None:
    shop.keep_numbers("base", weights(1))
    alone = Shop(_folder(shop, "alone")).keep_numbers("other", weights(2))
    hinted = shop.keep_numbers("other", weights(2))
    assert hinted.piece_bytes == alone.piece_bytes
    assert hinted.base is None


def _folder(shop: Shop, name: str) -> Path:
    folder = shop.folder / name
    folder.mkdir()
    return folder


def test_one_tensor_that_is_the_same_makes_no_parent(shop: Shop) -> None:
    """Two models of one family share a table of positions; the nearer one is the parent."""
    shared = weights(9, layers=1, size=2000)["layer.0"]
    base = {**weights(1), "positions": shared}
    shop.keep_numbers("base", base)
    shop.keep_numbers("stranger", {**weights(2), "positions": shared})
    child = shop.keep_numbers("child", {**tuned(weights(1), 3), "positions": shared})
    assert child.base is not None
    assert child.base == shop.kept[0].package
    assert child.new_bytes < 0.2 * child.package.raw_bytes


def test_the_base_is_found_behind_many_of_another_size(shop: Shop) -> None:
    base = weights(1)
    whole = {key: one.tobytes() for key, one in base.items()}
    shop.keep("base", safetensors(whole, "F32"))
    for number in range(5):
        shop.keep_numbers(f"half-{number}", weights(10 + number))
    tune = {key: one.tobytes() for key, one in tuned(base, 3, 0.0001).items()}
    newest_first = [5, 4, 3, 2, 1, 0]
    child = shop.keep("child", safetensors(tune, "F32"), newest_first)
    assert child.base is not None
    assert child.base == shop.kept[0].package


def test_what_is_the_same_is_kept_once_and_is_no_difference(shop: Shop) -> None:
    first = weights(1)
    shop.keep_numbers("base", first)
    half = {**first, "layer.0": tuned(first, 5)["layer.0"]}
    child = shop.keep_numbers("child", half)
    assert 0 < child.differences <= 3
    assert child.new_bytes < 0.05 * child.package.raw_bytes
    assert shop.comes_back("child", child)


def test_parts_of_a_difference_are_read(shop: Shop) -> None:
    first = weights(1)
    shop.keep_numbers("base", first)
    child = shop.keep_numbers("child", tuned(first, 3))
    (file,) = child.package.files
    data = (shop.folder / "child.safetensors").read_bytes()
    index = PackIndex.load(shop.store)
    for start, end in ((0, 10), (PIECE_BYTES - 5, PIECE_BYTES + 5), (len(data) - 9, len(data))):
        assert b"".join(read_part(index, file, start, end)) == data[start:end]


def test_a_damaged_base_is_named_and_nothing_new_rests_on_it(shop: Shop) -> None:
    first = weights(1)
    shop.keep_numbers("base", first)
    child = shop.keep_numbers("child", tuned(first, 3))
    (pack,) = shop.kept[0].packs
    name = f"packs/{pack.digest.hex}.pack"
    path = shop.folder / "store" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.chmod(0o600)
    path.write_bytes(bytes(data))
    assert check_pack(shop.store, name, Silent())
    with pytest.raises(Damaged):
        shop.comes_back("child", child)
    again = shop.keep_numbers("again", tuned(first, 8))
    assert shop.comes_back("again", again)


def test_a_child_names_the_packs_of_its_base(shop: Shop) -> None:
    first = weights(1)
    base = shop.keep_numbers("base", first)
    child = shop.keep_numbers("child", tuned(first, 3))
    assert {one.digest for one in base.packs} < {one.digest for one in child.packs}
