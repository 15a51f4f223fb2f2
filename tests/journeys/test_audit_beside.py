"""An audit reads what a drill needs beside the package, too."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from emeritus.custody.facts import recorded_fingerprint, run_kit
from emeritus.foundation import Digest
from emeritus.vault import object_name
from tests.journeys.houses import NAME, audit, deposit, drill, found, tiny_model

Finder = Callable[[Connection, str], Digest | None]


@pytest.mark.parametrize("find", [run_kit, recorded_fingerprint])
@pytest.mark.parametrize("lost", [True, False])
def test_a_damaged_run_kit_or_fingerprint_is_named(
    tmp_path: Path, find: Finder, lost: bool
) -> None:
    house = found(tmp_path / "home")
    deposit(house, tiny_model(tmp_path / "source"))
    drill(house)
    assert audit(house).outcome == "good"
    with house.record.read() as index:
        digest = find(index, NAME)
    assert digest is not None
    path = tmp_path / "home" / "store" / object_name(digest)
    data = path.read_bytes()
    path.unlink()
    if not lost:
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    result = audit(house)
    assert result.outcome == "damaged"
    assert {finding.file for finding in result.findings} == {object_name(digest)}
