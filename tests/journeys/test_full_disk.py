"""A disk that is full: nothing is entered, one sentence is said, and the next run goes on."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.houses import command, emeritus, found, random_gguf, verify

pytestmark = pytest.mark.long


def test_a_deposit_on_a_full_disk(tmp_path: Path) -> None:
    home, disk = tmp_path / "home", tmp_path / "disk"
    found(home)
    disk.mkdir()
    small, large = tmp_path / "small.gguf", tmp_path / "large.gguf"
    small.write_bytes(random_gguf(1, 1 << 20))
    large.write_bytes(random_gguf(2, 24 << 20))
    # A file system of its own in a mount namespace of its own, which ends with the script.
    script = """
        set -e
        mount -t tmpfs -o size=16m tmpfs "$1"; cp -a "$2/." "$1"; shift 2
        set +e
        "$@"; echo "status $?"
    """
    arguments = [str(disk), str(home), *command("deposit", large, "large")]
    script += f'cp -a "{disk}/." "{tmp_path}/after"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *arguments],
        env={"EMERITUS_HOME": str(disk), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "status 7" in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "full" in done.stderr or "space" in done.stderr
    after = tmp_path / "after"
    result = verify(after / "store")
    assert result.is_whole
    assert result.models == []
    again = emeritus("deposit", small, "small", "--json", home=after)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["name"] == "small"
    shutil.rmtree(after)
