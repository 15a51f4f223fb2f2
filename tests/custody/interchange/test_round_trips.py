"""Any folder that can be kept comes back through a bag and an object, whatever its names are."""

import contextlib
import json
import tempfile
from pathlib import Path

import bagit
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emeritus.assembly import House
from emeritus.custody.interchange import NotReceivable, read_bag, read_ocfl
from emeritus.custody.interchange.bag_text import (
    bag_info,
    manifest,
    plain_path,
    read_bag_info,
    read_manifest,
    spelled,
)
from emeritus.custody.interchange.inventory import parse_inventory
from emeritus.foundation import Silent
from emeritus.vault.errors import PathUnsafe
from emeritus.vault.sources import safe_path
from tests.custody.interchange.parcels import back, bag_of, content, ocfl_of, take
from tests.journeys.houses import deposit, found

MEMBER = st.sampled_from(
    ["id", "type", "digestAlgorithm", "head", "manifest", "versions", "v1", "state", "created", "x"]
)
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12
)
ODD = st.text(st.sampled_from("ab %\r\n\t*é\u0301モ\u2028\\'\"25AD0"), min_size=1, max_size=12)


def is_safe(path: str) -> bool:
    try:
        return bool(safe_path(path))
    except PathUnsafe:
        return False


NAMEABLE = st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="/\\")
PART = st.text(st.one_of(NAMEABLE, st.sampled_from("% 25AD0.")), min_size=1, max_size=12).filter(
    is_safe
)
PATH = st.lists(PART, min_size=1, max_size=3).map("/".join)


def could_lie_together(paths: dict[str, bytes]) -> bool:
    """No path may be a folder of another."""
    return not any(other.startswith(f"{path}/") for path in paths for other in paths)


FOLDER = st.dictionaries(PATH, st.binary(max_size=40), min_size=1, max_size=6).filter(
    could_lie_together
)


@given(st.one_of(TEXT, ODD))
def test_a_path_is_spelled_so_that_it_is_read_back(path: str) -> None:
    assert plain_path(spelled(path)) == path
    assert "\n" not in spelled(path)
    assert "\r" not in spelled(path)


@given(st.dictionaries(st.one_of(TEXT, ODD).map("data/{}".format), st.just("ab" * 32), max_size=6))
def test_a_manifest_is_read_back(digests: dict[str, str]) -> None:
    read = read_manifest(manifest(digests), "manifest-sha256.txt")
    assert {plain_path(path): digest for path, digest in read.items()} == digests


@given(st.dictionaries(st.text("AZaz-", min_size=1, max_size=9), st.text(max_size=40), max_size=4))
def test_bag_info_is_read_back_a_line_each(values: dict[str, str]) -> None:
    assert read_bag_info(bag_info(values)) == {
        label: " ".join(text.split()) for label, text in values.items()
    }


def test_bag_info_may_be_folded() -> None:
    text = b"Contact-Name: Ada\r\n  Lovelace\r\nBag-Size:  1 GB \r\n"
    assert read_bag_info(text) == {"Contact-Name": "Ada Lovelace", "Bag-Size": "1 GB"}


BROKEN = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(str.encode),
    st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=5)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBER, inner, max_size=6),
    ).map(lambda value: json.dumps(value).encode()),
)


@given(BROKEN)
def test_no_text_of_a_stranger_ends_otherwise_than_in_a_sentence(data: bytes) -> None:
    for read in (read_bag_info, parse_inventory, lambda text: read_manifest(text, "manifest.txt")):
        with contextlib.suppress(NotReceivable):
            read(data)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return found(tmp_path_factory.mktemp("home"))


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.mark.long
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(FOLDER)
def test_a_folder_comes_back_in_both_ways(house: House, files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        name = f"m{house.record.checkpoint().size}"
        deposit(house, write(place / "source", files), name, opaque=True)
        bag_of(house, place / "bag", name)
        if not any("%" in path or path != path.strip() for path in files):
            # bagit 1.9 reads neither %25 (RFC 8493 §2.1.3) nor white space at the end of a name.
            assert bagit.Bag(str(place / "bag")).is_valid()
        ocfl_of(house, place / "root", name)
        assert not ocfl_of(house, place / "root", name).is_new
        take(house, read_bag(place / "bag", Silent()), f"{name}-bag", opaque=True)
        take(house, read_ocfl(place / "root", Silent()), f"{name}-ocfl", opaque=True)
        for form in ("bag", "ocfl"):
            assert back(house, f"{name}-{form}", place / form / "back") == files


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(FOLDER)
def test_a_bag_of_the_library_of_congress_is_read(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        bag = write(Path(scratch) / "bag", files)
        bagit.make_bag(str(bag), checksums=["sha256", "md5"])
        parcel = read_bag(bag, Silent())
        assert {path: file.read_bytes() for path, (file, _) in parcel.files.items()} == files
        assert content(bag / "data") == files
