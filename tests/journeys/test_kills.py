"""`kill -9` at random moments: nothing acknowledged is lost, and nothing needs repair by hand."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.journeys.houses import command, emeritus, found, random_gguf, verify


def start(home: Path, *arguments: str | Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(*arguments),
        env={**os.environ, "EMERITUS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def storm(folder: Path, kills: int, seed: int) -> tuple[int, int]:
    """Deposit again and again, killing at random moments; return acknowledged and killed."""
    chance = random.Random(seed)
    home = folder / "home"
    found(home)
    source = folder / "model.gguf"
    acknowledged: list[str] = []
    killed = 0
    number = 0
    while killed < kills:
        number += 1
        name = f"model-{number}"
        source.write_bytes(random_gguf(number, 1 << 20))
        process = start(home, "deposit", source, name, "--json")
        time.sleep(chance.uniform(0.05, 1.4))
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate()
        if process.returncode == 0:
            assert json.loads(out)["name"] == name
            acknowledged.append(name)
        else:
            assert process.returncode == -signal.SIGKILL, err
            killed += 1
        if killed % 10 == 0:
            assert_whole(home, acknowledged)
    assert_whole(home, acknowledged)
    done = emeritus("deposit", source, "the-last", home=home)
    assert done.returncode == 0, done.stderr
    assert_whole(home, [*acknowledged, "the-last"])
    rebuilt = emeritus("rebuild", "--json", home=home)
    assert json.loads(rebuilt.stdout)["differing"] == []
    return len(acknowledged), killed


def assert_whole(home: Path, acknowledged: list[str]) -> None:
    result = verify(home / "store")
    assert result.is_whole, [str(finding) for finding in result.harmful]
    assert set(acknowledged) <= set(result.models)


def test_a_few_kills(tmp_path: Path) -> None:
    storm(tmp_path, 4, seed=1)


@pytest.mark.long
def test_sixty_kills(tmp_path: Path) -> None:
    _, killed = storm(tmp_path, 60, seed=2026)
    assert killed == 60
