"""A manifest is signed by somebody, and may still ask for what no disk can hold."""

import pytest

from emeritus.vault.errors import Damaged
from emeritus.vault.package import Package, PackagedFile

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def manifest(*paths: str) -> bytes:
    return Package.of(
        tuple(PackagedFile(path, 0, EMPTY, "opaque", ()) for path in paths)
    ).to_bytes()


@pytest.mark.parametrize("below", ["a/b", "a/b/c"])
def test_a_file_below_a_file_is_refused(below: str) -> None:
    with pytest.raises(Damaged, match="below a file"):
        Package.from_bytes(manifest("a", "a.txt", below))


def test_names_that_begin_alike_are_taken() -> None:
    assert len(Package.from_bytes(manifest("a.txt", "a/b", "ab")).files) == 3
