from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emeritus.ledger import LogDamaged
from emeritus.ledger.tiles import (
    Tile,
    decode_bundle,
    edge_tile,
    encode_bundle,
    levels_of,
    tiles_of,
)

TILES = st.builds(
    Tile,
    st.none() | st.integers(0, 63),
    st.integers(0, 2**48),
    st.integers(1, 256),
)


@pytest.mark.parametrize(
    ("tile", "name"),
    [
        (Tile(0, 1234067), "log/tile/0/x001/x234/067"),
        (Tile(None, 0), "log/tile/entries/000"),
        (Tile(63, 999, 255), "log/tile/63/999.p/255"),
        (Tile(1, 1000, 1), "log/tile/1/x001/000.p/1"),
    ],
)
def test_names_of_the_specification(tile: Tile, name: str) -> None:
    assert tile.name == name
    assert Tile.parse(name) == tile


@given(TILES)
def test_every_tile_has_one_name(tile: Tile) -> None:
    assert Tile.parse(tile.name) == tile


@pytest.mark.parametrize(
    "name",
    [
        "log/checkpoint",
        "log/tile/0/1",
        "log/tile/00/001",
        "log/tile/64/001",
        "log/tile/0/x000/001",
        "log/tile/0/001.p/0",
        "log/tile/0/001.p/01",
        "log/tile/0/001.p/256",
        "log/tile/0/001.p/257",
        "log/tile/0/001.p",
        "log/tile/0/001.p/1/2",
        "log/tile/0/001/002",
        "log/tile/Entries/001",
        "log/tile/0/001\n",
        "log/tile/0/\u0660\u0660\u0661",
    ],
)
def test_names_that_no_tile_has(name: str) -> None:
    assert Tile.parse(name) is None


def test_the_tiles_of_seventy_thousand_entries() -> None:
    tiles = list(tiles_of(70_000))
    assert Counter((tile.level, tile.width) for tile in tiles) == {
        (None, 256): 273,
        (None, 112): 1,
        (0, 256): 273,
        (0, 112): 1,
        (1, 256): 1,
        (1, 17): 1,
        (2, 1): 1,
    }
    assert len({tile.name for tile in tiles}) == len(tiles)


def test_the_tiles_of_two_hundred_and_fifty_six_entries() -> None:
    assert [tile.name for tile in tiles_of(256)] == [
        "log/tile/entries/000",
        "log/tile/0/000",
        "log/tile/1/000.p/1",
    ]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, 2**24])
def test_levels_and_edges_fit_each_other(size: int) -> None:
    widths = [(edge_tile(size, level) or Tile(level, 0, 0)).width for level in levels_of(size)]
    assert sum(width << 8 * level for level, width in enumerate(widths)) == size
    assert not widths or widths[-1]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), Tile(None, 0, len(entries))) == entries


def test_the_longest_entry_fits() -> None:
    data = encode_bundle([b"x" * 65_535])
    assert data[:2] == b"\xff\xff"
    assert decode_bundle(data, Tile(None, 0, 1)) == [b"x" * 65_535]


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x01ab", b"\x00\x01a\x00\x01b"]
)
def test_bytes_that_are_no_bundle_of_one(data: bytes) -> None:
    with pytest.raises(LogDamaged) as caught:
        decode_bundle(data, Tile(None, 7, 1))
    assert caught.value.about == "log/tile/entries/007.p/1"
