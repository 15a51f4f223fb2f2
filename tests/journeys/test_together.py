"""Several commands in one home at once."""

import json
import os
import subprocess
from pathlib import Path

from tests.journeys.houses import command, emeritus, found, random_gguf, verify


def start(home: Path, *arguments: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*arguments),
        env={**os.environ, "EMERITUS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(processes: "list[subprocess.Popen[str]]") -> list[tuple[int, str]]:
    said = [process.communicate(timeout=120)[1] for process in processes]
    return [(one.returncode, text) for one, text in zip(processes, said, strict=True)]


def test_of_two_deposits_of_one_name_one_is_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    sources = [tmp_path / "a.gguf", tmp_path / "b.gguf"]
    for number, source in enumerate(sources):
        source.write_bytes(random_gguf(number, 1 << 20))
    ended = finish([start(home, "deposit", source, "same") for source in sources])
    assert sorted(status for status, _ in ended) == [0, 4]
    assert any("another name" in text for status, text in ended if status == 4)
    result = verify(home / "store")
    assert result.is_whole
    assert result.models == ["same"]


def test_deposits_audits_and_rebuilds_wait_for_each_other(tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    source = tmp_path / "model.gguf"
    source.write_bytes(random_gguf(7, 1 << 20))
    assert emeritus("deposit", source, "first", home=home).returncode == 0
    acts: list[tuple[str | Path, ...]] = [("deposit", source, f"model-{n}") for n in range(3)]
    acts += [("audit", "first"), ("rebuild",), ("models",), ("verify",)]
    ended = finish([start(home, *one) for one in acts])
    assert [status for status, _ in ended] == [0] * len(acts), ended
    assert verify(home / "store").is_whole
    rebuilt = json.loads(emeritus("rebuild", "--json", home=home).stdout)
    assert rebuilt["differing"] == []
    assert len(json.loads(emeritus("models", "--json", home=home).stdout)) == 4


def test_a_pack_that_became_a_link_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(home)
    source = tmp_path / "model.gguf"
    source.write_bytes(random_gguf(8, 1 << 20))
    assert emeritus("deposit", source, "model", home=home).returncode == 0
    pack = next((home / "store" / "packs").iterdir())
    pack.rename(tmp_path / "elsewhere.pack")
    pack.symlink_to(tmp_path / "elsewhere.pack")
    result = verify(home / "store")
    assert f"packs/{pack.name}" in {finding.file for finding in result.harmful}
