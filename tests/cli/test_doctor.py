"""The doctor says what is missing, in words and as data, with a status that says so."""

import json
from pathlib import Path

import pytest

from tests.journeys.houses import emeritus, found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found(tmp_path / "home")
    return tmp_path / "home"


def looked_at(home: Path, **env: str) -> tuple[int, dict[str, bool]]:
    done = emeritus("doctor", "--json", home=home, env=env)
    assert "Traceback" not in done.stderr
    return done.returncode, {one["what"]: one["ok"] for one in json.loads(done.stdout)}


def test_a_healthy_home(home: Path) -> None:
    status, checks = looked_at(home)
    assert status == 0
    assert all(checks.values())
    assert {"codec", "disk", "zstd", "home", "ledger", "keys", "engine", "contact"} <= set(checks)


def test_missing_keys_and_a_missing_program(home: Path, tmp_path: Path) -> None:
    (home / "keys" / "oms.key").unlink()
    status, checks = looked_at(home, PATH=str(tmp_path))
    assert status == 8
    assert {what for what, ok in checks.items() if not ok} == {"keys", "zstd"}


def test_no_home(tmp_path: Path) -> None:
    done = emeritus("doctor", home=tmp_path / "absent")
    assert done.returncode == 8
    assert "emeritus init" in done.stdout
    assert "LOOK" in done.stderr
