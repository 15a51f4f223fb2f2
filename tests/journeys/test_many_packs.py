"""A model of more packs than an entry can name is kept, checked and read like any other."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from emeritus.custody.entries import MOST_PACKS, Packed, PackRef
from emeritus.foundation import canonical_json
from tests.journeys.houses import deposit, found, random_gguf, verify


def test_packs_are_named_over_several_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emeritus.vault.packs.PACK_BYTES", 1)
    monkeypatch.setattr(sys.modules["emeritus.custody.deposit"], "MOST_PACKS", 3)
    source = tmp_path / "large.gguf"
    source.write_bytes(random_gguf(1, 8 << 20))
    house = found(tmp_path / "home")
    deposit(house, source)
    store = tmp_path / "home" / "store"
    assert len(list((store / "packs").iterdir())) > 6
    result = verify(store)
    assert result.is_whole
    assert not result.findings
    reading = [sys.executable, "-I", str(store / "read_emeritus.py"), str(store), "verify"]
    assert subprocess.run(reading, capture_output=True, check=False).returncode == 0
    lost = next((store / "packs").iterdir())
    lost.unlink()
    assert f"packs/{lost.name}" in {finding.file for finding in verify(store).harmful}
    said = subprocess.run(reading, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert lost.name in said.stdout + said.stderr


def test_the_most_packs_of_an_entry_fit_it() -> None:
    one = PackRef("sha256:" + "0" * 64, 2**53 - 1)
    body = msgspec.to_builtins(Packed((one,) * MOST_PACKS))
    assert len(canonical_json(body)) < 60_000
